# Whether this broker answers and is in sync for every partition that it has a replica of. One without a leader does not count: as
# long as its last leader is away nobody can catch up with it, and the other partitions need this broker.
. /etc/kafka-config/ready.sh || exit 1
behind=$(KAFKA_HEAP_OPTS="-Xmx64m" /opt/kafka/bin/kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --describe --under-replicated-partitions) || exit 1
id=${HOSTNAME##*-}
! awk -v id="$id" '
  function has(list, i, n, part) { n = split(list, part, ","); for (i = 1; i <= n; i++) if (part[i] == id) return 1; return 0 }
  { leader = ""; replicas = ""; isr = ""
    for (i = 1; i < NF; i++) {
      if ($i == "Leader:") leader = $(i + 1)
      if ($i == "Replicas:") replicas = $(i + 1)
      if ($i == "Isr:") isr = $(i + 1)
    }
  }
  leader != "none" && has(replicas) && !has(isr) { found = 1 }
  END { exit !found }' <<<"$behind"

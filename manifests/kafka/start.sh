# Starts a server in KRaft mode, a broker or a controller. Its number is its pod's, and FIRST_ID more.
set -e
number=${HOSTNAME##*-}
file=/etc/kafka-config/server.properties
# Without controllers of their own pods the first broker is the controller, too.
if [ "$number" = 0 ] && [ -f /etc/kafka-config/combined.properties ]; then file=/etc/kafka-config/combined.properties; fi
config=/tmp/server.properties
{ cat "$file" && echo "node.id=$((${FIRST_ID:-0} + number))"; } >"$config"
# The first is for Kafka 3, the second for Kafka 4.
export KAFKA_LOG4J_OPTS="-Dlog4j.configuration=file:/etc/kafka-config/log4j.properties -Dlog4j2.configurationFile=/etc/kafka-config/log4j2.properties"
# A new volume is given the cluster's id, once: this file is what the tool writes last.
[ -f /var/lib/kafka/data/meta.properties ] || /opt/kafka/bin/kafka-storage.sh format --cluster-id "$CLUSTER_ID" --config "$config"
export EXTRA_ARGS="-name kafkaServer"
exec /opt/kafka/bin/kafka-server-start.sh "$config"

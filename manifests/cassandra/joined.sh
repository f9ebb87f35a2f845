# Whether this node serves clients and has joined the ring.
. /etc/cassandra-config/ready.sh || exit 1
nodetool netstats 2>/dev/null | grep -q '^Mode: NORMAL'

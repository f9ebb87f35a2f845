# Starts the node with the command that follows: decides whom it asks for the ring, and whether it takes the place of its
# former self, whose volume is gone. The operator lists in `members` who has joined, each with its last address, and names in
# `grown` the ring that has settled after nodes were added.
members=/etc/cassandra-ring/members
grown=/etc/cassandra-ring/grown
data=/var/lib/cassandra/data
export JVM_EXTRA_OPTS="-Dcassandra.config=file:///tmp/cassandra.yaml -Dcassandra.reset_bootstrap_progress=true"
names=$(awk '{ print $1 }' "$members" 2>/dev/null)
others=$(grep -vx "$HOSTNAME" <<<"$names")
former=$(awk -v own="$HOSTNAME" '$1 == own { print $2 }' "$members" 2>/dev/null)
if [ -z "$former" ]; then
  # It has never joined: a node that is its own seed would join without the rows that become its own.
  seeds=$others
elif compgen -G "$data/system/local-*/*-Data.db" >/dev/null; then
  # After an outage of all it may be the first to start.
  seeds=$names
elif [ -n "$others" ]; then
  seeds=$others
  echo "the volume of $HOSTNAME is empty: it takes the place of its former self, $former"
  JVM_EXTRA_OPTS+=" -Dcassandra.replace_address_first_boot=$former"
fi
seeds=$(sed 's/$/.cassandra-headless/' <<<"${seeds:-cassandra-0}" | paste -sd,)
sed "s/seeds: .*/seeds: $seeds/" /etc/cassandra-config/cassandra.yaml >/tmp/cassandra.yaml || exit 1
# Nodes keep the rows that have become others' until they are told that all is well.
cleaned=/var/lib/cassandra/cleaned
while sleep 60; do
  ring=$(cat "$grown" 2>/dev/null)
  [ -n "$ring" ] && [ "$ring" != "$(cat "$cleaned" 2>/dev/null)" ] || continue
  echo "frees the rows that are others' in the ring of $ring"
  nodetool cleanup -j 1 && echo "$ring" >"$cleaned"
done &
exec "$@"

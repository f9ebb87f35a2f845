#!/usr/bin/env bash
# docker-entrypoint.sh [-OPTION... | COMMAND...]: as the public image's, it writes CASSANDRA_* variables into the
# configuration, which must be writable, and runs Cassandra as its own user when it is root.
set -e

if [[ $# == 0 || $1 == -* ]]; then set -- cassandra -f "$@"; fi

if [[ $1 == cassandra && $(id -u) == 0 ]]; then
  find "$CASSANDRA_CONF" /var/lib/cassandra \! -user cassandra -exec chown cassandra '{}' +
  exec setpriv --reuid=cassandra --regid=cassandra --init-groups "${BASH_SOURCE[0]}" "$@"
fi

# replace FILE EXPRESSION: not by renaming, which a mounted file does not allow.
replace() {
  local text
  text=$(sed -r "$2" "$1")
  printf '%s\n' "$text" >"$1"
}

if [[ $1 == cassandra ]]; then
  own=$(hostname -i | cut -d ' ' -f 1)
  : "${CASSANDRA_RPC_ADDRESS=0.0.0.0}"
  : "${CASSANDRA_LISTEN_ADDRESS=auto}"
  [[ $CASSANDRA_LISTEN_ADDRESS != auto ]] || CASSANDRA_LISTEN_ADDRESS=$own
  : "${CASSANDRA_BROADCAST_ADDRESS=$CASSANDRA_LISTEN_ADDRESS}"
  [[ $CASSANDRA_BROADCAST_ADDRESS != auto ]] || CASSANDRA_BROADCAST_ADDRESS=$own
  : "${CASSANDRA_BROADCAST_RPC_ADDRESS:=$CASSANDRA_BROADCAST_ADDRESS}"
  : "${CASSANDRA_SEEDS:=$CASSANDRA_BROADCAST_ADDRESS}"

  replace "$CASSANDRA_CONF/cassandra.yaml" "s/(- seeds:).*/\\1 \"$CASSANDRA_SEEDS\"/"
  for key in broadcast_address broadcast_rpc_address cluster_name endpoint_snitch listen_address num_tokens rpc_address; do
    variable=CASSANDRA_${key^^}
    [[ -z ${!variable} ]] || replace "$CASSANDRA_CONF/cassandra.yaml" "s/^(# )?($key:).*/\\2 ${!variable}/"
  done
  for key in dc rack; do
    variable=CASSANDRA_${key^^}
    [[ -z ${!variable} ]] || replace "$CASSANDRA_CONF/cassandra-rackdc.properties" "s/^($key=).*/\\1${!variable}/"
  done
fi

exec "$@"

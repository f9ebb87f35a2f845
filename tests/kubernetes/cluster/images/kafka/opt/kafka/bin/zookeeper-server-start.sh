#!/usr/bin/env bash
# zookeeper-server-start.sh FILE
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx512M -Xms512M}
# shellcheck disable=SC2086 # several arguments
exec "$(dirname "${BASH_SOURCE[0]}")/kafka-run-class.sh" ${EXTRA_ARGS--name zookeeper -loggc} \
  org.apache.zookeeper.server.quorum.QuorumPeerMain "$@"

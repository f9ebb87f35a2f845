#!/usr/bin/env bash
# zookeeper-server-start.sh FILE
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx512M -Xms512M}
exec "$(dirname "${BASH_SOURCE[0]}")/kafka-run-class.sh" -name zookeeper -loggc \
  org.apache.zookeeper.server.quorum.QuorumPeerMain "$@"

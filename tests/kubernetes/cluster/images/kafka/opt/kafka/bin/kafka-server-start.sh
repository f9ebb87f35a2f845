#!/usr/bin/env bash
# kafka-server-start.sh FILE [--override KEY=VALUE]...
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}
# shellcheck disable=SC2086 # several arguments
exec "$(dirname "${BASH_SOURCE[0]}")/kafka-run-class.sh" ${EXTRA_ARGS--name kafkaServer -loggc} kafka.Kafka "$@"

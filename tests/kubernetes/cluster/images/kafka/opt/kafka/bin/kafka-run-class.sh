#!/usr/bin/env bash
# kafka-run-class.sh [-name NAME] [-loggc] CLASS ARGS...: takes its settings from the variables that Kafka's own takes.
base=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LOG_DIR=${LOG_DIR:-$base/logs}
[[ -d $LOG_DIR ]] || mkdir -p "$LOG_DIR"

name=tool
configuration=tools-log4j.properties
while [[ $1 == -* ]]; do
  case $1 in
    -name) name=$2 configuration=log4j.properties && shift ;;
    # As with Kafka's own, Java does not start when the folder cannot be written.
    -loggc) KAFKA_GC_LOG_OPTS=${KAFKA_GC_LOG_OPTS:--Xlog:gc*:file=$LOG_DIR/$name-gc.log:time,tags:filecount=10,filesize=100M} ;;
  esac
  shift
done

# The compiler is told to save work: tests run on small machines.
performance=${KAFKA_JVM_PERFORMANCE_OPTS:--server -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true}
logging=${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$base/config/$configuration}
# shellcheck disable=SC2086 # several options in each
exec java ${KAFKA_HEAP_OPTS:--Xmx256M} $performance $KAFKA_GC_LOG_OPTS "-Dkafka.logs.dir=$LOG_DIR" $logging $KAFKA_OPTS \
  -cp "${CLASSPATH:+$CLASSPATH:}$base/libs/*" "$@"

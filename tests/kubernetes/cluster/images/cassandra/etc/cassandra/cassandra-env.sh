# Sourced by bin/cassandra: what depends on the environment.
if [[ -n ${MAX_HEAP_SIZE:-} ]]; then
  JVM_OPTS="$JVM_OPTS -Xms$MAX_HEAP_SIZE -Xmx$MAX_HEAP_SIZE${HEAP_NEWSIZE:+ -Xmn$HEAP_NEWSIZE}"
fi
mkdir -p "$CASSANDRA_LOG_DIR"
# As with the public image, Java does not start when the folder cannot be written.
JVM_OPTS="$JVM_OPTS -Xlog:gc=info:file=$CASSANDRA_LOG_DIR/gc.log:time,uptime,pid,tid,level:filecount=10,filesize=10485760"
JVM_OPTS="$JVM_OPTS -Dcassandra.jmx.local.port=${JMX_PORT:-7199}"
JVM_OPTS="$JVM_OPTS ${JVM_EXTRA_OPTS:-}"

#!/usr/bin/env bash
# cassandra.sh ROOT TREE JVM_OPTIONS JAR...: Cassandra, laid out as in cassandra:5.0. Of the file JVM_OPTIONS it takes what
# Cassandra needs of Java, and not what makes a lone node start soon.
set -euo pipefail
root=$1 tree=$2 options=$3
shift 3

cp -r "$tree/." "$root"
for file in server clients; do
  grep '^--add' "$options" >>"$root/etc/cassandra/jvm17-$file.options"
done
chmod 755 "$root"/opt/cassandra/bin/* "$root/usr/local/bin/docker-entrypoint.sh"
mkdir -p "$root/opt/cassandra/lib" "$root"/var/{lib,log}/cassandra
cp "$@" "$root/opt/cassandra/lib"
ln -s /etc/cassandra "$root/opt/cassandra/conf"
ln -s /var/lib/cassandra "$root/opt/cassandra/data"
ln -s /var/log/cassandra "$root/opt/cassandra/logs"
chown -R 999:999 "$root/etc/cassandra" "$root"/var/{lib,log}/cassandra
chmod 777 "$root/etc/cassandra" "$root"/var/{lib,log}/cassandra

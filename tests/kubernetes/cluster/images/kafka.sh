#!/usr/bin/env bash
# kafka.sh ROOT TREE JAR...: Kafka and ZooKeeper, laid out as in apache/kafka 3.9.
set -euo pipefail
root=$1 tree=$2
shift 2

cp -r "$tree/." "$root"
chmod 755 "$root"/opt/kafka/bin/*
mkdir -p "$root"/opt/kafka/{libs,logs} "$root/var/lib/kafka/data" "$root/etc/kafka/secrets" "$root/home/appuser"
cp "$@" "$root/opt/kafka/libs"
chown -R 1000:1000 "$root/opt/kafka" "$root/var/lib/kafka" "$root/etc/kafka" "$root/home/appuser"

#!/usr/bin/env bash
# java.sh ROOT: a small Debian with Java, the lowest layer of the servers' images.
set -euo pipefail
root=$1

debootstrap --variant=minbase --include=openjdk-17-jre-headless bookworm "$root"
rm -rf "$root"/usr/share/{doc,info,locale,man} "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*
# Where the public images have it.
mkdir -p "$root/opt/java"
ln -s /usr/lib/jvm/java-17-openjdk-amd64 "$root/opt/java/openjdk"
cat >>"$root/etc/passwd" <<'USERS'
appuser:x:1000:1000::/home/appuser:/bin/bash
cassandra:x:999:999::/home/cassandra:/bin/sh
USERS
cat >>"$root/etc/group" <<'GROUPS'
appuser:x:1000:
cassandra:x:999:
GROUPS

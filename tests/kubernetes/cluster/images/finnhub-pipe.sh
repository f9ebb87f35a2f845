#!/usr/bin/env bash
# finnhub-pipe.sh ROOT BINARY: our executable with the libraries that it is linked to, and nothing else.
set -euo pipefail
root=$1 binary=$2

install -D -m 755 "$binary" "$root/finnhub-pipe"
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
  install -D -m 755 "$(readlink -f "$library")" "$root$library"
done
mkdir -p "$root/etc"
install -d -m 1777 "$root/tmp"
echo 'nonroot:x:65532:65532::/tmp:/sbin/nologin' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"

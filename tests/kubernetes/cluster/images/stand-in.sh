#!/usr/bin/env bash
# stand-in.sh ROOT TREE: a program that answers for a page which cannot be had here.
set -euo pipefail
root=$1 tree=$2

cp -r "$tree/." "$root"
chmod 755 "$root"/usr/local/bin/{stand-in,wget}

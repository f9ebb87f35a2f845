#!/usr/bin/env bash
# cgroups.sh make|remove NAME: the control group under which a node's pods are, in each hierarchy.
set -euo pipefail
action=$1 name=$2

if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
  roots=(/sys/fs/cgroup)
else
  roots=(/sys/fs/cgroup/*/)
fi
for root in "${roots[@]%/}"; do
  [[ -L $root ]] && continue
  case $action in
    make) mkdir -p "$root/$name" ;;
    remove) [[ ! -d $root/$name ]] || find "$root/$name" -depth -type d -exec rmdir {} + ;;
  esac
done

#!/usr/bin/env bash
# cgroups.sh make|remove LINK: the control group under which a node's pods are, in each hierarchy. It is named after the
# node's link, so that groups of nodes that ended by SIGKILL are known by their link being gone.
set -euo pipefail
action=$1 link=$2
prefix=finnhub-pipe-

remove() {
  [[ ! -d $1 ]] || find "$1" -depth -type d -exec rmdir {} +
}

if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
  roots=(/sys/fs/cgroup)
else
  roots=(/sys/fs/cgroup/*/)
fi
for root in "${roots[@]%/}"; do
  [[ -L $root ]] && continue
  if [[ $action == remove ]]; then
    remove "$root/$prefix$link"
    continue
  fi
  for old in "$root/$prefix"*; do
    [[ -e /sys/class/net/${old##*/"$prefix"} ]] || remove "$old"
  done
  mkdir "$root/$prefix$link"
done

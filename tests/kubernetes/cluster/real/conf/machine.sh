#!/usr/bin/env bash
# machine.sh: the first process of a node's own namespaces, in which all that the node does to the machine is undone when
# this process ends: mounts, network, rules of the packet filter, containers.
set -euo pipefail

# Programs with fixed paths write here: not beside those of the machine's own containerd.
for folder in /run /var/log /var/lib; do
  mount -t tmpfs tmpfs "$folder"
done
mkdir /run/lock
# A kubelet sets these for the whole machine, and there is one machine. It is shown what it wants to see.
show() {
  local file=/proc/sys/${1//.//}
  [[ -e $file ]] || return 0
  echo "$2" >"/run/$1"
  mount --bind "/run/$1" "$file"
}
show vm.overcommit_memory 1
show vm.panic_on_oom 0
show kernel.panic 10
show kernel.panic_on_oops 1
show kernel.keys.root_maxkeys 1000000
show kernel.keys.root_maxbytes 25000000

ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo "the namespaces are ready"

# Bash reaps the shims of containers, whose parent is this process.
while true; do
  sleep 3600 &
  wait $!
done

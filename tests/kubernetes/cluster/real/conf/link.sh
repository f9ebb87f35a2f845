#!/usr/bin/env bash
# link.sh NAME PID HOST_ADDRESS NODE_ADDRESS POD_NETWORK: a cable between this machine and the namespaces of process PID,
# in which the pods are.
set -euo pipefail
name=$1 pid=$2 host=$3 node=$4 pods=$5

ip link add "$name" type veth peer name eth0 netns "$pid"
ip address add "$host/30" dev "$name"
ip link set "$name" up
ip route add "$pods" via "$node"
inside=(nsenter "--target=$pid" --net)
"${inside[@]}" ip address add "$node/30" dev eth0
"${inside[@]}" ip link set eth0 up
"${inside[@]}" ip route add default via "$host"

# Asks the node for its CQL options (native protocol v4, OPTIONS): it answers SUPPORTED (06) once it serves clients.
exec 3<>"/dev/tcp/${HOSTNAME}/9042" || exit 1
printf '\x04\x00\x00\x00\x05\x00\x00\x00\x00' >&3
[ "$(head -c 9 <&3 | od -An -tx1 -j4 -N1 | tr -d ' ')" = 06 ]

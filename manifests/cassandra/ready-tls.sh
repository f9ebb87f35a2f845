# In the place of ready.sh where the node speaks nothing but TLS: the same question through openssl. Where the image has none,
# an open port has to do: Cassandra opens it when it serves clients.
if command -v openssl >/dev/null; then
  # It ends before the probe does: whatever outlives a probe, nobody in the container ends or waits for.
  coproc TLS {
    exec timeout 4 openssl s_client -quiet -verify_return_error -CAfile /etc/cassandra-tls/ca.crt -verify_hostname cassandra \
      -connect "${HOSTNAME}:9042" 2>/dev/null
  }
  client=$TLS_PID
  exec 3<&"${TLS[0]}" 4>&"${TLS[1]}"
  printf '\x04\x00\x00\x00\x05\x00\x00\x00\x00' >&4
  answer=$(head -c 9 <&3 | od -An -tx1 -j4 -N1 | tr -d ' ')
  kill "$client" 2>/dev/null
  wait "$client" 2>/dev/null
else
  exec 3<>"/dev/tcp/${HOSTNAME}/9042" || exit 1
  answer=06
fi
[ "$answer" = 06 ]

# Asks the broker which API versions it speaks (ApiVersions, version 0): it answers once it serves requests.
exec 3<>/dev/tcp/127.0.0.1/9092 || exit 1
printf '\x00\x00\x00\x0f\x00\x12\x00\x00\x00\x00\x00\x07\x00\x05probe' >&3
# The answer's length and the number of the request that it belongs to.
[ "$(head -c 8 <&3 | tail -c 4 | od -An -tx1 | tr -d ' \n')" = 00000007 ]

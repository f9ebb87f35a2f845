# Asks the controller which API versions it speaks (ApiVersions, version 3). It tells the epoch of the cluster's features (tag 1)
# from when it has learnt from the quorum's leader what had been decided, and read all of it.
exec 3<>/dev/tcp/127.0.0.1/9094 || exit 1
printf '\x00\x00\x00\x19\x00\x12\x00\x03\x00\x00\x00\x07\x00\x05probe\x00\x06probe\x021\x00' >&3
length=$((16#$(dd bs=1 count=4 <&3 2>/dev/null | od -An -tx1 | tr -d ' \n')))
head -c "$length" <&3 | od -An -v -tu1 | awk '
  function number(  value, place, byte) {
    place = 1
    do { byte = bytes[at++]; value += byte % 128 * place; place *= 128 } while (byte >= 128)
    return value
  }
  { for (i = 1; i <= NF; i++) bytes[count++] = $i }
  END {
    # The number of the request, and no error.
    if (bytes[3] != 7 || bytes[4] != 0 || bytes[5] != 0) exit 1
    at = 6
    keys = number() - 1
    at += 7 * keys + 4
    for (fields = number(); fields > 0; fields--) {
      tag = number()
      size = number()
      if (tag == 1) exit 0
      at += size
    }
    exit 1
  }'

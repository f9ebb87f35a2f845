#!/usr/bin/env bash
# .ci/deno.sh ARGS...: runs Deno with ARGS; gets it first if need be.
#
# A Deno from 2.6 to before 3 on the PATH is used as it is. Otherwise Deno is taken out of two Python wheels into the
# cache, for machines that reach a Python package index and not Deno's download host:
#   deno                 ships the official command line;
#   bids-validator-deno  ships a program that the same release of Deno compiled. It is denort, the base to which
#                        `deno compile` appends a program, then its own payload, then a trailer of 16 bytes: the magic
#                        number 0x501e, a hash and the payload's length. Cut at its end as an ELF file, it is denort.
# Both releases belong together, and DENORT_BIN makes `deno compile` use it.
set -euo pipefail

release=2.6.10
carrier=2.4.1
# SHA-256 of the wheels, for each machine that they are made for: what comes otherwise is refused.
hashes() {
  cat <<'HASHES'
deno==2.6.10 x86_64 d1600f4ee7b4a9699b7057841bdb5d7b7eac3fb073df072540064166841c2f4c
deno==2.6.10 aarch64 b98d6fc98a9cbc10219f6c6d6f2a6e10d1954416bbcd4371d317fc9c20050576
bids-validator-deno==2.4.1 x86_64 5087fcd13341f529b5404792a74e22f570e50f17e5ea4cabe9c91b1caf74cbf4
bids-validator-deno==2.4.1 aarch64 f09c1e600cae71293ab5ae9ddc30aa56a871463837a020eb23b246fa2024c462
HASHES
}

folder=${FINNHUB_PIPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/finnhub-pipe}/deno/$release

# Package indexes behind a company's certificate are trusted when the system trusts them.
export DENO_TLS_CA_STORE=${DENO_TLS_CA_STORE:-system}
export DENO_NO_UPDATE_CHECK=1

say() {
  echo "deno.sh: $*" >&2
}

fail() {
  say "$*"
  exit 1
}

version_of() {
  "$1" --version 2>/dev/null | sed -n '1s/^deno \([0-9.]*\).*/\1/p' || true
}

usable() {
  local major minor
  IFS=. read -r major minor _ <<<"$1"
  [[ $major == 2 && ${minor:-0} -ge 6 ]]
}

# wheel NAME VERSION FOLDER: unpacks a wheel for this machine. It is only read as an archive: any Python will do.
wheel() {
  local machine sha
  machine=$(uname -m)
  [[ $machine == arm64 ]] && machine=aarch64
  sha=$(hashes | awk -v want="$1==$2 $machine" '$1 " " $2 == want { print $3 }')
  [[ -n $sha ]] || fail "no hash of $1 $2 for $machine is known here: install Deno $2 and put it on the PATH"
  say "fetching $1 $2"
  mkdir -p "$3"
  printf '%s==%s --hash=sha256:%s\n' "$1" "$2" "$sha" >"$3/requirements.txt"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
    --platform "manylinux_2_28_$machine" --platform "manylinux_2_27_$machine" --platform "manylinux2014_$machine" \
    --dest "$3" --requirement "$3/requirements.txt" >&2
  python3 -m zipfile -e "$3"/*.whl "$3"
}

cut_denort() {
  python3 - "$1" "$2" <<'PYTHON'
import struct, sys

source, target = sys.argv[1:]
with open(source, "rb") as file:
    program = file.read()
magic, _, _ = struct.unpack("<IIQ", program[-16:])
if program[:4] != b"\x7fELF" or magic != 0x501E:
    sys.exit("not a program made by deno compile")
sections_at, = struct.unpack_from("<Q", program, 0x28)
section_size, section_count = struct.unpack_from("<HH", program, 0x3A)
with open(target, "wb") as file:
    file.write(program[: sections_at + section_size * section_count])
PYTHON
}

fetch() {
  [[ $(uname -s) == Linux ]] || fail "install Deno $release or newer (below 3) and put it on the PATH"
  python3 -m pip --version >/dev/null 2>&1 ||
    fail "needs Deno $release or newer (below 3) on the PATH, or python3 with pip to fetch it"
  mkdir -p "${folder%/*}"
  temporary=$(mktemp -d "${folder%/*}/.unfinished-XXXXXX")
  trap 'rm -rf -- "$temporary"' EXIT
  wheel deno "$release" "$temporary/cli"
  wheel bids-validator-deno "$carrier" "$temporary/carrier"
  mkdir "$temporary/done"
  install -m 755 "$temporary"/cli/deno-*.data/scripts/deno "$temporary/done/deno"
  cut_denort "$temporary"/carrier/bids_validator_deno-*.data/scripts/bids-validator-deno "$temporary/done/denort"
  chmod 755 "$temporary/done/denort"
  [[ $(version_of "$temporary/done/deno") == "$release" ]] || fail "the fetched deno does not run here"
  # In one step. Another run may have been faster: then its folder is as good.
  mv -T "$temporary/done" "$folder" 2>/dev/null || [[ -x $folder/denort ]] || fail "cannot write $folder"
  rm -rf -- "$temporary"
  trap - EXIT
  say "Deno $release is in $folder"
}

deno=$(command -v deno || true)
found=${deno:+$(version_of "$deno")}
if ! usable "${found:-0.0}"; then
  [[ -x $folder/denort ]] || fetch
  deno=$folder/deno
  found=$release
elif [[ $found == "$release" && ${1:-} == compile && -z ${DENORT_BIN:-} && ! -x $folder/denort ]]; then
  # This very release came another way, without its denort. Deno can still try its own download host.
  (fetch) || true
fi
if [[ $found == "$release" && -x $folder/denort ]]; then
  export DENORT_BIN=${DENORT_BIN:-$folder/denort}
fi
exec "$deno" "$@"

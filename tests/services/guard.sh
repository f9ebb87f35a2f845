#!/usr/bin/env bash
# guard.sh LOG FOLDER COMMAND...: becomes COMMAND (same pid), with its output in LOG. A child of it stays behind and
# reads the pipe that its starter holds on standard input:
#   a line   the starter needs the guard no more;
#   the end  the starter is gone, even by SIGKILL: COMMAND is killed and FOLDER removed.
set -euo pipefail
log=$1 folder=$2
shift 2
exec 3<&0 </dev/null >>"$log" 2>&1

(
  trap '' HUP INT TERM
  if read -r _ <&3; then exit; fi
  # While $$ is still our parent, its pid cannot have been given to another process.
  while read -ra fields <"/proc/$BASHPID/stat" && [[ ${fields[3]} == "$$" ]]; do
    kill -KILL "$$" || true
    sleep 0.05
  done
  rm -rf -- "$folder"
  rmdir --ignore-fail-on-non-empty -- "$(dirname -- "$folder")"
) &
exec 3<&-
exec "$@"

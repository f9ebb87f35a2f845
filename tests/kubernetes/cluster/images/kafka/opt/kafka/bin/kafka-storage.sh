#!/usr/bin/env bash
# kafka-storage.sh format --cluster-id ID --config FILE: what a server in KRaft mode needs before its first start.
exec "$(dirname "${BASH_SOURCE[0]}")/kafka-run-class.sh" kafka.tools.StorageTool "$@"

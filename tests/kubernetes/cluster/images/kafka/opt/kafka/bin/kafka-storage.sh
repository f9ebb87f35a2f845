#!/usr/bin/env bash
# kafka-storage.sh format --cluster-id ID --config FILE
exec "$(dirname "${BASH_SOURCE[0]}")/kafka-run-class.sh" kafka.tools.StorageTool "$@"

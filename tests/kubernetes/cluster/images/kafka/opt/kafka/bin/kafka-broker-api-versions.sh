#!/usr/bin/env bash
# kafka-broker-api-versions.sh --bootstrap-server HOST:PORT
exec "$(dirname "${BASH_SOURCE[0]}")/kafka-run-class.sh" kafka.admin.BrokerApiVersionsCommand "$@"

# Every target does its own set-up: nothing is installed by hand first. See .ci/deno.sh and tests/services.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

DENO := .ci/deno.sh
BINARY := finnhub-pipe
SOURCES := main.ts deno.json .ci/compile.json $(wildcard deno.lock) $(shell find src schemas manifests grafana -type f -not -name '*.md')

.PHONY: help build release check test test-unit readme demo demo-servers faults simulate simulate-mutants fuzz compat compose lighthouse bench profile soak services cluster e2e clean

help: ## List the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1 \2/p' $(MAKEFILE_LIST) | \
		while read -r target text; do printf '  make %-12s %s\n' "$$target" "$$text"; done

build: $(BINARY) ## Compile ./finnhub-pipe, if sources changed

$(BINARY): $(SOURCES)
	$(DENO) task build

release: build ## Put the executable, its bill of materials, provenance and checksums into release/; RELEASE_KEY=FILE signs
	@$(DENO) run --allow-read --allow-write=release --allow-run=git --allow-env=RELEASE_KEY .ci/release.ts

check: ## Check format, lint rules, types and the links of the documents
	$(DENO) task check

test: check build ## Run all checks and tests against real servers; the last line has the counts
	@$(DENO) run -P=integration tests/run.ts

test-unit: ## Run the unit tests, in seconds; they may read the checkout and nothing else
	$(DENO) test --allow-read=. tests/unit

readme: build ## Make the tables of settings and metrics in the documents anew
	$(DENO) task readme
	@UPDATE_METRICS=1 $(DENO) run -P=integration tests/run.ts tests/e2e/metrics_test.ts
	@$(DENO) fmt --quiet manifests/monitoring/README.md

demo: build ## Run the whole pipeline in one process and show it as a live page until Ctrl-C; ARGS="--data DIR"
	@./$(BINARY) local $(ARGS)

demo-servers: build ## Run the whole pipeline on simulated trades and real servers until Ctrl-C
	@$(DENO) run -P=integration tests/services/demo.ts

faults: build ## Run the fault tests in full: servers stay away for a minute, a steady cluster is watched for five
	@FAULT_SECONDS=60 STEADY_SECONDS=300 $(DENO) run -P=integration tests/run.ts tests/e2e/crash_test.ts tests/e2e/outage_test.ts \
		tests/e2e/batch_outage_test.ts tests/e2e/late_test.ts tests/kubernetes/operator_test.ts tests/kubernetes/operator_faults_test.ts

simulate: ## Run histories of faults on virtual time; SEEDS=20000 for more, SEED=17 to see one again
	@$(DENO) run --no-check --allow-env=FIRST_ONLY tests/simulation/run.ts $(or $(SEED),1) $(if $(SEED),1,$(or $(SEEDS),5000))

simulate-mutants: ## Plant faults in a copy of the sources and see that the simulation finds each
	@$(DENO) run -A tests/simulation/mutants.ts

fuzz: ## Give every reader of outside input what is nearly good; FUZZ_SECONDS each, FUZZ=csv for one, FUZZ_SEED and FUZZ_CASES to see one again
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) FUZZ_SEED=$(or $(FUZZ_SEED),$(shell date +%s)) $(if $(FUZZ),FUZZ=$(FUZZ)) $(if $(FUZZ_CASES),FUZZ_CASES=$(FUZZ_CASES)) \
		$(DENO) test -P=integration --no-check tests/fuzz

compat: build ## Run the roles against each release of Kafka and Cassandra and make the table of tests/compat/README.md
	@$(DENO) run -P=integration tests/compat/run.ts
	@$(DENO) fmt --quiet tests/compat/README.md

compose: build ## Run manifests/compose with a real Docker engine, on images made here; needs root on Debian
	@$(DENO) test -P=integration --no-check tests/compose

lighthouse: build ## Audit the page of local by Lighthouse; needs Node.js, Chromium and a quiet machine
	@$(DENO) test -P=integration --no-check tests/lighthouse

bench: build ## Measure throughput, latency, memory and CPU against what bounds them; BENCH_TRADES, BENCH_PEER
	@$(DENO) run -A tests/bench/bench.ts

profile: build ## Say where the time of a drain goes, by stage of the processor; BENCH_TRADES
	@$(DENO) run -A tests/bench/profile/profile.ts

soak: build ## Run the pipeline for half an hour and watch its memory and log; SOAK_MINUTES, SOAK_RATE
	@$(DENO) run -A tests/bench/soak.ts

services: ## Fetch the servers for test and demo, so that later runs need no network
	@$(DENO) run -P=integration tests/services/prepare.ts

e2e: build ## Run the pipeline in real pods, on images made here; needs root on Debian
	@$(DENO) run -P=integration tests/run.ts tests/kubernetes/real

cluster: build ## Start a throw-away Kubernetes and print its KUBECONFIG, until Ctrl-C; CLUSTER_MODE=real for real pods, CLUSTER_NODES
	@$(DENO) run -P=integration tests/kubernetes/cluster/up.ts

clean: ## Remove what was built; downloads stay in the cache
	rm -rf -- $(BINARY) build dist release tests/output

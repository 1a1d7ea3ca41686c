# Every command a person types. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# What the tests run besides our own programs, as Debian names it.
COMPILER := gcc g++ libc6-dev ca-certificates curl
PACKAGES := $(COMPILER) wget openssl procps postgresql pgbouncer sqlite3 redis-server redis-tools haproxy \
	squid-openssl tinyproxy dante-server libnss-wrapper faketime microsocks chromium libnss3-tools python3-venv \
	valgrind
NPM := nodejs npm
CLIENTS := target/clients
OCTOPROX := target/debug/octoprox

.PHONY: help
help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

.PHONY: run
run: compiler ## Build, start a node with three demo exits, print the curl line that proves rotation
	cargo build --locked -p node
	$(OCTOPROX) demo

# Where HAProxy listens in `make cluster-local`.
CLUSTER_HOST ?= 127.0.0.1
PROXY_PORT ?= 8080
API_PORT ?= 8000
STATS_PORT ?= 8404

.PHONY: cluster-local
cluster-local: PACKAGES := $(COMPILER) postgresql redis-server redis-tools haproxy
cluster-local: NPM :=
cluster-local: packages compiler ## Three nodes behind HAProxy with Postgres and Redis, as processes of this machine
	cargo build --locked -p node -p testbed --bins
	@exec target/debug/cluster-local $(CLUSTER_HOST):$(PROXY_PORT) $(CLUSTER_HOST):$(API_PORT) $(CLUSTER_HOST):$(STATS_PORT)

COMPOSE := docker compose --env-file .env.cluster -f docker-compose.cluster.yml

.PHONY: cluster-up cluster-logs cluster-down
cluster-up: .env.cluster ## The same with Docker; makes up secrets in .env.cluster
	$(COMPOSE) up --detach --build --wait
	@echo "Proxy :8080, API http://localhost:8000 (admin, password in .env.cluster), HAProxy http://localhost:8404/stats"
cluster-logs: .env.cluster ## Follow the logs of those containers
	$(COMPOSE) logs --follow --tail 100
cluster-down: .env.cluster ## End those containers; the database stays
	$(COMPOSE) down --timeout 330

# The database can be read with this key only, so it is made once.
.env.cluster:
	@umask 077; secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }; \
	for name in OCTOPROX_SECRET_KEY OCTOPROX_AUTH_PASSWORD POSTGRES_PASSWORD REDIS_PASSWORD; do \
		echo "$$name=$$(secret)"; \
	done > $@.new
	@mv $@.new $@

.PHONY: test
test: deps ## Run every test, on real services, clients and proxies
	cargo build --locked -p node
	cargo nextest run --locked --workspace
	cargo test --locked -q --workspace --bench '*'

# Besides what everything needs, BoringSSL is built with these.
DISGUISE_PACKAGES := cmake clang libclang-dev binutils

.PHONY: disguise
disguise: PACKAGES := $(COMPILER) $(DISGUISE_PACKAGES)
disguise: NPM :=
disguise: tools packages ## Build and test disguises as browsers, which nothing else does: minutes
	cargo clippy --locked -p disguise --features browsers --all-targets -- -D warnings
	cargo nextest run --locked -p disguise --features browsers

.PHONY: chaos
chaos: deps ## Every fault of crates/FAULTS.md, for as long as it says: about an hour
	cargo build --locked -p node
	OCTOPROX_CHAOS=long cargo nextest run --locked --profile chaos -p testbed --test chaos

.PHONY: check
check: deny ## Format, lints, docs, licences, house rules, generated files
	cargo fmt --all --check
	cargo fmt --manifest-path crates/testbed/fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items
	cargo test --locked -q -p testbed --test tidy
	cargo test --locked -q -p node the_example_file_is_up_to_date

# What `make bench` measures: rounds=5 ms=2000 tunnels=20000 works=kept,tunnel peers=octoprox,squid ..
BENCH ?=

.PHONY: bench bench-select
bench: PACKAGES := $(COMPILER) openssl haproxy squid-openssl tinyproxy mitmproxy
bench: NPM :=
bench: packages compiler ## Measure the node beside other proxies; prints tables
	cargo build --locked --release -p node -p testbed --bins
	target/release/bench $(BENCH)
bench-select: compiler ## Measure choices and rosters
	cargo bench --locked -p rotation

# Half an hour by default.
SOAK_SECONDS ?= 1800

.PHONY: soak
soak: compiler ## Everything at once over exits that misbehave; what the node holds must not grow
	cargo build --locked --release -p node -p testbed --bins
	target/release/bench works=soak peers=octoprox rounds=1 ms=$(SOAK_SECONDS)000

INSTRUCTIONS := cargo run --locked -q -p testbed --bin instructions --

.PHONY: instructions instructions-check
instructions instructions-check: PACKAGES := $(COMPILER) valgrind
instructions instructions-check: NPM :=
instructions: packages compiler ## Count what requests cost in instructions, and store it
	$(INSTRUCTIONS) write
instructions-check: packages compiler ## Count it and compare: a rise of more than 5 % fails
	$(INSTRUCTIONS) check

FUZZ := crates/testbed/fuzz
FUZZ_SECONDS ?= 600
FUZZ_TARGETS := request_head response_head chunked differential username authority socks exit_answer list_import \
	client_hello http2_preface

.PHONY: fuzz fuzz-short
fuzz: $(FUZZ_TARGETS:%=fuzz-%) ## Fuzz every parser, FUZZ_SECONDS (600) each
fuzz-short: ## Fuzz every parser for ten seconds
	$(MAKE) fuzz FUZZ_SECONDS=10

.PHONY: $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: fuzz-tools
	mkdir -p target/fuzz/corpus/$*
	RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir $(FUZZ) --target-dir target/fuzz --sanitizer none $* \
		target/fuzz/corpus/$* $(FUZZ)/seeds/$* -- -max_total_time=$(FUZZ_SECONDS) -timeout=20

.PHONY: fuzz-tools
fuzz-tools: compiler
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz

.PHONY: generate
generate: ## Write generated files anew: .env.example
	OCTOPROX_GENERATE=1 cargo test -q -p node the_example_file_is_up_to_date

.PHONY: format
format: ## Format the code
	cargo fmt --all

.PHONY: deny
deny: tools
	cargo deny --locked --config .cargo/deny.toml check licenses bans sources

# What must be there to build.
.PHONY: compiler
compiler:
	@command -v cc >/dev/null || $(MAKE) packages
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust, see https://rustup.rs" >&2; exit 1; }

.PHONY: tools
tools: compiler
	@cargo nextest --version >/dev/null 2>&1 || cargo install --locked cargo-nextest
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny

.PHONY: deps
deps: tools packages $(CLIENTS)/venv/.done $(CLIENTS)/node_modules/.done ## Install what the tests need

# Services come without starting: tests run their own, on ports of their own.
.PHONY: packages
packages:
	@missing=(); for package in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing+=($$package); \
	done; \
	command -v npm >/dev/null || missing+=($(NPM)); \
	if [ $${#missing[@]} -gt 0 ]; then \
		sudo=; [ $$(id -u) = 0 ] || sudo=sudo; \
		$$sudo apt-get update -q; \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}"; \
	fi

$(CLIENTS)/venv/.done: Makefile | packages
	python3 -m venv $(CLIENTS)/venv
	$(CLIENTS)/venv/bin/pip install -q requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
	touch $@

$(CLIENTS)/node_modules/.done: Makefile | packages
	npm install --silent --no-audit --no-fund --prefix $(CLIENTS) undici@6.29.1
	touch $@

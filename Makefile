# Every command a person types. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# What the tests run besides our own programs, as Debian names it.
COMPILER := gcc g++ libc6-dev ca-certificates curl
PACKAGES := $(COMPILER) wget openssl procps postgresql pgbouncer sqlite3 redis-server redis-tools haproxy \
	squid-openssl tinyproxy dante-server libnss-wrapper faketime microsocks chromium libnss3-tools python3-venv \
	valgrind prometheus golang-go default-jdk-headless
NPM := nodejs npm
CLIENTS := target/clients
OCTOPROX := target/debug/octoprox

.PHONY: help
help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

# Vite needs a newer Node than Debian 12 has: where there is none, one of the registry's goes first.
NODE_VERSION := 24.21.0
export PATH := $(CURDIR)/target/node/bin:$(PATH)

.PHONY: run
run: compiler web ## Build, start a node with three demo exits, print the curl line that proves rotation
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
cluster-local: packages compiler web ## Three nodes behind HAProxy with Postgres and Redis, as processes of this machine
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

# Which features a dependency has depends on what is built together, and on whether tests are in it: what
# CI builds is always of all crates with their tests, so that nothing is compiled twice.
ALL := --locked --workspace

.PHONY: test
test: deps web ## Run every test, on real services, clients, proxies and a browser
	cargo build $(ALL) --bins --tests
	cargo nextest run $(ALL)
	cargo test $(ALL) -q --bench '*'
	cd web && npm run --silent e2e

# Besides what everything needs, BoringSSL is built with these.
DISGUISE_PACKAGES := cmake clang libclang-dev binutils
DISGUISED := --features disguise/browsers,relay/disguise,node/disguise

.PHONY: disguise
disguise: PACKAGES := $(COMPILER) $(DISGUISE_PACKAGES)
disguise: NPM :=
disguise: tools packages ## Build and test disguises as browsers, which nothing else does: minutes
	cargo clippy $(ALL) $(DISGUISED) --all-targets -- -D warnings
	cargo nextest run $(ALL) $(DISGUISED) --lib --test wire --test relay -E 'package(disguise) | package(relay)'

.PHONY: chaos
chaos: deps ## Every fault of crates/FAULTS.md, for as long as it says: about an hour
	cargo build --locked -p node
	OCTOPROX_CHAOS=long cargo nextest run --locked --profile chaos -p testbed --test chaos

.PHONY: check
check: deny web ## Format, lints, docs, licences, house rules, generated files, the console's components
	cargo fmt --all --check
	cargo fmt --manifest-path crates/testbed/fuzz/Cargo.toml --check
	cargo clippy $(ALL) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(ALL) --no-deps --document-private-items
	cargo test $(ALL) -q --test tidy
	cargo test $(ALL) -q --bin octoprox is_up_to_date
	cargo test $(ALL) -q --test api the_consoles_copy_of_the_document_is_up_to_date
	cd web && npm run --silent check && npm test --silent

# The node as it is released: a first build counts how often what happens, the second is made with its counts.
COUNTING := target/training
TRAINED := target/trained
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
LLVM = $(shell rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
# Everything that the bench has for it: what never happens there is made small instead of fast.
LESSONS := rounds=1 ms=3000 tunnels=100 peers=octoprox \
	works=idle,kept,tunnel,socks,down-8,up-8,latency,admin,https-kept,https-kept-h2,https-new,https-unseen,soak

.PHONY: release always
release: web ## Build the node as it is released, trained by what the bench does: half an hour
	$(MAKE) $(TRAINED)/octoprox
always:

$(TRAINED)/octoprox: $(COUNTING)/counts always
	RUSTFLAGS=-Cprofile-use=$(CURDIR)/$< \
		cargo build --locked --release --target $(HOST) --target-dir $(TRAINED) -p node
	cp -pf $(TRAINED)/$(HOST)/release/octoprox $@

# Where the first build is as old as it was, so are its counts, and cargo builds nothing anew with them.
$(COUNTING)/counts: $(COUNTING)/octoprox | target/release/bench
	$(MAKE) packages PACKAGES=llvm-$(LLVM) NPM=
	rm -rf $(COUNTING)/raw
	target/release/bench node=$< $(LESSONS)
	llvm-profdata-$(LLVM) merge --output $@ $(COUNTING)/raw

$(COUNTING)/octoprox: compiler always
	RUSTFLAGS=-Cprofile-generate=$(CURDIR)/$(COUNTING)/raw \
		cargo build --locked --release --target $(HOST) --target-dir $(COUNTING) -p node
	cp -pf $(COUNTING)/$(HOST)/release/octoprox $@

# The same without training, in a third of the time.
target/release/octoprox: compiler always
	cargo build --locked --release -p node

target/release/bench: compiler always
	cargo build --locked --release -p testbed --bin bench

# What `make bench` measures: rounds=5 ms=2000 tunnels=20000 works=kept,tunnel peers=octoprox,squid ..
BENCH ?=
# Which build of the node; target/release/octoprox is the one without training.
NODE ?= $(TRAINED)/octoprox

.PHONY: bench bench-tunnels bench-select bench-charts
bench: PACKAGES := $(COMPILER) openssl haproxy squid-openssl tinyproxy mitmproxy wrk
bench: NPM :=
bench: packages $(NODE) target/release/bench ## Measure the node beside other proxies; prints tables
	target/release/bench node=$(NODE) $(BENCH)
bench-tunnels: PACKAGES := $(COMPILER) qemu-system-x86 busybox-static cpio
bench-tunnels: NPM :=
bench-tunnels: packages $(NODE) target/release/bench ## Hold 20,000 idle tunnels, in a virtual machine that allows the files
	crates/testbed/machine/run target/release/bench $(NODE) works=idle peers=octoprox rounds=1 tunnels=20000

bench-select: compiler ## Measure choices and rosters
	cargo bench --locked -p rotation

bench-charts: compiler ## Measure charts over a month of 100,000 proxies; needs Postgres
	cargo bench --locked --profile dev -p store --bench charts -- full

# Half an hour by default.
SOAK_SECONDS ?= 1800

.PHONY: soak
soak: $(NODE) target/release/bench ## Everything at once over exits that misbehave; what the node holds must not grow
	target/release/bench node=$(NODE) works=soak peers=octoprox rounds=1 ms=$(SOAK_SECONDS)000

INSTRUCTIONS := cargo build $(ALL) -q --bin instructions --test tidy && target/debug/instructions

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
fuzz-short: ## Fuzz every parser for five seconds
	$(MAKE) fuzz FUZZ_SECONDS=5

.PHONY: $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: fuzz-tools
	mkdir -p target/fuzz/corpus/$*
	RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir $(FUZZ) --target-dir target/fuzz --sanitizer none $* \
		target/fuzz/corpus/$* $(FUZZ)/seeds/$* -- -max_total_time=$(FUZZ_SECONDS) -timeout=20

.PHONY: fuzz-tools
fuzz-tools: compiler
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz

.PHONY: generate
generate: web/node_modules/.done ## Write generated files anew: .env.example, METRICS.md, the API's document, the console's types
	OCTOPROX_GENERATE=1 cargo test $(ALL) -q --bin octoprox is_up_to_date
	OCTOPROX_GENERATE=1 cargo test $(ALL) -q --test api the_consoles_copy_of_the_document_is_up_to_date
	cd web && npm run --silent types

.PHONY: format
format: ## Format the code
	cargo fmt --all

.PHONY: deny
deny: tools
	cargo deny --locked --config .cargo/deny.toml check licenses bans sources

WEB_SOURCES := $(shell find web/src web/public -type f) web/index.html web/package.json web/vite.config.ts web/tsconfig.json \
	$(wildcard web/scripts/*)

.PHONY: web
web: web/dist/index.html.gz ## Build the web console, where it has changed

# What the build writes last.
web/dist/index.html.gz: $(WEB_SOURCES) web/node_modules/.done
	cd web && npm run --silent build

web/node_modules/.done: web/package-lock.json | javascript
	cd web && npm ci --silent --no-audit --no-fund
	touch $@

.PHONY: javascript
javascript:
	@command -v npm >/dev/null || $(MAKE) packages PACKAGES= NPM='nodejs npm'
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' || { \
		case $$(uname -m) in x86_64) arch=x64;; aarch64) arch=arm64;; *) echo "install Node 20.19 or newer" >&2; exit 1;; esac; \
		npm install --silent --no-audit --no-fund --prefix target/node node-linux-$$arch@$(NODE_VERSION); \
		mkdir -p target/node/bin; \
		ln -sf ../node_modules/node-linux-$$arch/bin/node target/node/bin/node; \
	}

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
	$(CLIENTS)/venv/bin/python -m pip install -q requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 scrapy==2.19.0
	touch $@

$(CLIENTS)/node_modules/.done: Makefile | packages
	npm install --silent --no-audit --no-fund --prefix $(CLIENTS) undici@6.29.1 puppeteer-core@24.43.1
	touch $@

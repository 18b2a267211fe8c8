# The few commands of the house. `make` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Where `make run` listens, and where it keeps what people write.
PORT ?= 8080
DATA ?= ./data

# What `make bench` is asked besides: names of workloads, --strict, --scale smoke.
BENCH ?=

# What `make simulate` runs: how many seeds, and from which one on.
SEEDS ?= 1000000
FROM ?= 1

# What `make test` runs: nothing here means everything; `.ci/test --list` shows the names.
STAGES ?=

web_installed := web/node_modules/.package-lock.json
web_sources := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

# What `make fuzz` runs, of `fuzz/run list`, and for how long; nothing means each.
TARGET ?=
SECONDS ?= 300

.PHONY: help run test lint web bench faults simulate fuzz

help: ## Lists the commands
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: ## Builds everything and serves it on http://localhost:8080 (PORT=, DATA=)
	@.ci/need run
	@$(MAKE) web/dist/index.html
	@echo '==> Building the server (some minutes the first time, seconds afterwards)'
	@cargo build --release --locked --package tidings-server
	@echo '==> Starting on http://localhost:$(PORT), data in $(DATA); Ctrl-C stops'
	@exec target/release/tidings serve --listen 127.0.0.1:$(PORT) --data '$(DATA)'

test: ## Runs every check and test, installing what they need (STAGES="tidy clippy" for some)
	@.ci/test $(STAGES)

bench: ## Measures everything at full size, twenty minutes; the results go to docs/performance.md
	@.ci/need run
	@$(MAKE) web/dist/index.html
	@cargo build --release --locked --package tidings-server --package tidings-bench
	@exec target/release/tidings bench --document docs/performance.md --picture docs/images/performance.svg $(BENCH)

# What `make faults` does: which rows, from which seed, and how large.
ROWS ?= all
SEED ?= 1
SCALE ?= full
LASTING ?=

faults: ## Does to the server what can go wrong, as root (ROWS="f1 f2", SEED=, SCALE=smoke)
	@.ci/need test --install
	@$(MAKE) web/dist/index.html
	@cargo build --release --locked --package tidings-server --package tidings-faults
	@target/release/tidings-faults $(ROWS) --seed $(SEED) --scale $(SCALE) \
	  $(if $(LASTING),--seconds $(LASTING)) --write docs/reliability.md

simulate: ## A million seeds of simulated faults on all cores (SEEDS=, FROM=); one that breaks a rule is told
	@.ci/need run
	@cargo build --release --locked --package tidings-sim
	@exec target/release/tidings-sim --seeds $(SEEDS) --from $(FROM)

fuzz: $(web_installed) ## Fuzzes every decoder, or one, for SECONDS each (TARGET=, SECONDS=300)
	@$(if $(TARGET),fuzz/run one $(TARGET),fuzz/run all) $(SECONDS)

lint: ## Formatting, house rules and lints only
	@.ci/test rustfmt tidy web clippy

web: web/dist/index.html ## Builds the web client into web/dist

web/dist/index.html: $(web_installed) $(web_sources)
	@echo '==> Building the web client'
	@cd web && npm run build
	@touch $@

$(web_installed): web/package.json web/package-lock.json
	@echo '==> Installing the packages of the web client (npm ci)'
	@cd web && npm ci --no-audit --no-fund
	@touch $@

# Everything one does with this project. `make` alone lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Where cargo builds; keep it outside the checkout to reuse it: CARGO_TARGET_DIR=~/.cache/ncrs/target make run
export CARGO_TARGET_DIR ?= $(CURDIR)/target
# `release` is what an organisation runs; `dev` is there sooner.
PROFILE ?= dev
# How many patients `make bench` searches.
PATIENTS ?= 1000000

export NCRS_SITE_ROOT ?= $(CARGO_TARGET_DIR)/site
export NCRS_BINARY ?= $(CARGO_TARGET_DIR)/$(PROFILE:dev=debug)/ncrs

.PHONY: help run dev test bench setup site server fmt lint clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup site server ## Build what is missing, fill the training database once, and serve on http://localhost:3000
	@.ci/serve

dev: setup ## Rebuild and restart on every change
	@.ci/dev

test: ## Check, build and test everything, and end with a summary
	@.ci/test

bench: setup site ## Measure the release build and write bench.json; PATIENTS=1000000 of them
	@.ci/step "System packages of the tests" .ci/setup-debian test
	@.ci/step "Build the server, release" cargo build --package server --release
	@.ci/step "Measure the searches" env NCRS_BENCH_PATIENTS=$(PATIENTS) NCRS_BENCH_OUT="$(CARGO_TARGET_DIR)/bench-search.json" \
		.ci/with-postgres cargo bench --package server --bench search
	@.ci/step "Measure the audit" env NCRS_BENCH_PATIENTS=10000 NCRS_BENCH_OUT="$(CARGO_TARGET_DIR)/bench-audit.json" \
		NCRS_TEST_POSTGRES_DURABLE=yes .ci/with-postgres cargo bench --package server --bench audit
	@.ci/step "Measure in the browser" env NCRS_BINARY="$(CARGO_TARGET_DIR)/release/ncrs" \
		NCRS_BENCH_FILES="$(CARGO_TARGET_DIR)/bench-search.json:$(CARGO_TARGET_DIR)/bench-audit.json" npm --prefix end2end run bench

setup: ## Install what is missing: system packages, the WASM target, the Node libraries
	@.ci/step "System packages" .ci/setup-debian run
	@.ci/step "WASM target" .ci/setup-wasm
	@.ci/step "Node libraries" .ci/setup-node

site: ## Build what a browser loads
	@.ci/step "Build what a browser loads" .ci/site

server: ## Build the server
	@.ci/step "Build the server" cargo build --package server --profile $(PROFILE)

fmt: ## Format everything
	@cargo fmt --all
	@test ! -f end2end/package.json || npm --prefix end2end run --if-present format

lint: ## Check format and lints
	@.ci/lint

clean: ## Remove what was built; the training database in data/ stays
	@cargo clean
	@rm -rf frontend/bundle/node_modules end2end/node_modules

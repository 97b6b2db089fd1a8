# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)

BELLCRANK := .build/release/bellcrank
SWIFT_FOLDERS := Package.swift Sources Tests
say = @echo "==> $(1)" >&2

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: packages
packages: ## Install the Debian packages that are missing
	@Scripts/install-packages

.PHONY: build
build: packages ## Build the release binary
	$(call say,Building the release binary; the first time every dependency is compiled (many minutes))
	swift build -c release --product bellcrank --disable-index-store

.PHONY: run
run: build ## Build and serve dev on 127.0.0.1:4566, data in ./data
	$(call say,Serving; stop it with Ctrl-C)
	@exec $(BELLCRANK) serve --env dev --data data

.PHONY: demo
demo: build ## Play a day of an environment in seconds, without a network
	@$(BELLCRANK) demo

.PHONY: test
test: packages clients ## Build and run all tests
	$(call say,Building the tests; the first time every dependency is compiled (many minutes))
	swift build --build-tests
	$(call say,Running the tests)
	@swift test --skip-build --disable-xctest

.PHONY: clients
clients: ## Install what only tests need: boto3, the AWS CLI, selenium and Chromium, if they are missing
	@Scripts/install-clients

.PHONY: lint
lint: ## Check the format of all Swift files
	swift format lint --strict --parallel --recursive $(SWIFT_FOLDERS)

.PHONY: format
format: ## Format all Swift files
	swift format --in-place --parallel --recursive $(SWIFT_FOLDERS)

.PHONY: e2e
e2e: build clients ## Hold the specification against the release binary, with the AWS CLI and boto3
	@python3 Tests/EndToEnd/specification.py --binary $(BELLCRANK)

.PHONY: walk
walk: build clients ## Walk every screen of the console in a real browser, and keep the pictures of Docs/Screens
	@python3 Tests/EndToEnd/console.py --binary $(BELLCRANK) --screens Docs/Screens

.PHONY: kill9
kill9: build clients ## Kill a busy server 50 times and count what it lost
	@python3 Tests/EndToEnd/kill9.py --binary $(BELLCRANK)

.PHONY: bench
bench: packages ## Measure speed; prints JSON lines
	@Benchmarks/run

.PHONY: docs
docs: packages ## Build the reference of the library modules with DocC into .build/docs
	@Scripts/build-docs

.PHONY: clean-data
clean-data: ## Delete ./data, everything that make run has stored
	rm -rf data

# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)

BELLCRANK := .build/release/bellcrank
SWIFT_FOLDERS := Package.swift Sources Tests
say = @echo "==> $(1)" >&2

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

.PHONY: infrastructure
infrastructure: ## Install CDK and the local AWS that tests deploy to, if they are missing
	@Scripts/install-infrastructure >/dev/null

.PHONY: test
test: packages clients infrastructure ## Build and run all tests
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

.PHONY: month
month: build clients ## Play a month of dev, staging and prod on virtual clocks, and kill one in the middle
	@python3 Tests/EndToEnd/clock.py --binary $(BELLCRANK)

.PHONY: bench
bench: packages ## Measure speed; prints JSON lines
	@Benchmarks/run

.PHONY: bench-patterns
bench-patterns: ## Measure the matching of patterns next to simdjson; prints JSON lines and a table
	@Benchmarks/Patterns/run

.PHONY: bench-scheduler
bench-scheduler: packages ## Measure a million schedules: memory, inserts, a start, lateness; prints JSON lines and a table
	@Benchmarks/Scheduler/run

.PHONY: bench-schedules
bench-schedules: ## Measure schedule expressions next to Quartz and aws-croniter; prints JSON lines and a table
	@Benchmarks/Schedules/run

.PHONY: fuzz
fuzz: ## Fuzz patterns, events and the matcher for SECONDS (60)
	@Tests/Fuzz/run $(SECONDS)

.PHONY: docs
docs: packages ## Build the reference of the library modules with DocC into .build/docs
	@Scripts/build-docs

# What follows is for AWS. CONTEXT and PARAMETERS hold pairs, as in CONTEXT="architecture=arm64" and
# PARAMETERS="TriggerIngestion=true TestSymbols=AAPL,MSFT"; infrastructure/README.md says which there are.
ENV ?= dev
STACK := CustomerDataIngestionStack
# BOOTSTRAP names a binary that was built elsewhere, in a container for instance.
context = -c environment=$(ENV) $(foreach pair,$(CONTEXT),-c $(pair)) $(if $(BOOTSTRAP),-c bootstrap=$(BOOTSTRAP))

.PHONY: bootstrap-zip
bootstrap-zip: ## Build the functions' binary into .build/lambda
	@Scripts/build-bootstrap

.PHONY: synth
synth: ## Write the CloudFormation template of ENV (dev) into .build/infrastructure/cdk.out
	$(call say,Synthesising $(ENV))
	@Scripts/cdk synth $(STACK) --quiet $(context) -c allow_placeholder=true
	$(call say,The template is .build/infrastructure/cdk.out/$(STACK).template.json)

.PHONY: diff
diff: ## Show what deploying ENV (dev) would change
	@Scripts/cdk diff $(STACK) $(context) -c allow_placeholder=true

.PHONY: deploy
deploy: $(if $(BOOTSTRAP),,bootstrap-zip) ## Deploy ENV (dev) to the AWS account of the credentials at hand
	$(call say,Deploying $(ENV))
	@Scripts/cdk deploy $(STACK) $(context) $(foreach pair,$(PARAMETERS),--parameters $(pair))

.PHONY: infra-test
infra-test: ## Test the infrastructure: templates, policies, and a deployment to a local AWS
	$(call say,Testing the infrastructure)
	@bin=$$(Scripts/install-infrastructure) && cd infrastructure && exec "$$bin/pytest"

.PHONY: chain
chain: build $(if $(BOOTSTRAP),,bootstrap-zip) clients ## Drive the whole chain on a local AWS, its roles enforced
	$(call say,Driving the chain)
	@bin=$$(Scripts/install-infrastructure) && exec "$$bin/python" Tests/EndToEnd/chain.py --bellcrank $(BELLCRANK) \
	  $(if $(BOOTSTRAP),--bootstrap $(BOOTSTRAP))

.PHONY: lambda-bench
lambda-bench: bootstrap-zip infrastructure ## Measure start, decisions and memory of the functions' binary
	@"$$(Scripts/install-infrastructure)/python3" Benchmarks/Lambda/measure.py .build/lambda/bootstrap

.PHONY: clean-data
clean-data: ## Delete ./data, everything that make run has stored
	rm -rf data

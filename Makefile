# The two commands to know are `make up` and `make test`; `make help` lists the rest.
# Settings: CONFIGURATION=release, LANYARD_PORT, LANYARD_REPLICAS, DATABASE_URL (see docs/local-stack.md).

STACK := python3 deploy/local/stack.py
FORMATTED := Package.swift Services Shared Tests Benchmarks

.DEFAULT_GOAL := help
.PHONY: help up down status build test check fmt bench faults soak clean-data

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Build Lanyard, start it on this machine and do the main job once
	@scripts/install-prerequisites run
	@$(STACK) up

down: ## Stop everything; the data stays
	@$(STACK) down

status: ## Show what runs
	@$(STACK) status

build: ## Build everything, tests included
	@scripts/install-prerequisites run
	swift build --build-tests

test: ## Run every test: Swift, contracts, end to end
	@scripts/install-prerequisites test
	@scripts/test

check: ## Check formatting, house rules, scripts, images and API documents
	@scripts/install-prerequisites test
	@scripts/check

fmt: ## Format the Swift code
	swift format format --in-place --parallel --recursive $(FORMATTED)

bench: ## Measure beside references and print a table of ratios (release build)
	@scripts/install-prerequisites bench
	@scripts/bench

faults: ## Kill, stop and cut off the engine at every named point and print what came of it (debug build)
	@scripts/install-prerequisites test
	swift build
	@scripts/faults

soak: ## Random faults for MINUTES (10) while members use their accounts; SEED repeats a run (debug build)
	@scripts/install-prerequisites test
	swift build
	SOAK_MINUTES=$(or $(MINUTES),10) SOAK_SEED=$(SEED) .venv/bin/python -m pytest -p no:cacheprovider -s Tests/EndToEnd/faults/test_soak.py

clean-data: ## Stop everything and erase the local data and keys
	@$(STACK) down --erase

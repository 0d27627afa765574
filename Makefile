# `make` alone lists the targets. Only python3 (>= 3.11, with venv) and make are needed to begin with.
.DEFAULT_GOAL := help
.PHONY: help up doctor web check test lint types format imports unit client audit bench lock jars clean distclean runtime dev
MAKEFLAGS += --no-print-directory

PYTHON ?=
VENV := .venv/bin
DOSKA := $(VENV)/python -m jobs
PYTEST := $(VENV)/python -m pytest

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: runtime ## start everything and print the address; Ctrl-C stops it
	@exec $(DOSKA) up

doctor: runtime ## say what is wrong with this machine or this installation
	@exec $(DOSKA) doctor

web: runtime ## build the web client
	@exec $(VENV)/python -m compose.webclient build

# Side by side, each with its output in one piece; all of them are run, whatever the first one says.
check: dev ## the fast checks: format, lint, types, imports, unit tests, web client, audit
	@$(MAKE) --jobs=$$(nproc 2>/dev/null || echo 2) --output-sync=target --keep-going unit client lint types imports audit

test: check ## everything: the checks, then all tests on real parts and in a real browser
	$(PYTEST) --durations=40 -m "integration or browser or chaos"

lint: dev ## format and lint, without changing anything
	@$(VENV)/ruff format --check --quiet
	@$(VENV)/ruff check --quiet

types: dev ## mypy, strict
	@$(VENV)/mypy .

imports: dev ## who may import whom
	@$(VENV)/lint-imports

unit: dev ## the tests that need no parts
	$(PYTEST) -q -m "not integration and not browser and not chaos"

client: dev ## the checks of the web client: lint, types, tests
	@$(VENV)/python -m compose.webclient run check

audit: dev ## known vulnerabilities of what is locked, as far as the network lets one ask
	@$(VENV)/python -m compose.audit

format: dev ## format and fix what can be fixed
	@$(VENV)/ruff format --quiet
	@$(VENV)/ruff check --fix --quiet || true
	@$(VENV)/python -m compose.webclient run format

bench: runtime ## measure the product: one table, ready for the README
	@exec $(DOSKA) bench

lock: dev ## write the lock files anew from pyproject.toml
	@sh compose/lock.sh

jars: runtime ## write the lock of Kafka's jars anew
	@exec $(VENV)/python -m compose.embedded.kafka_fetch lock

clean: ## remove what was built and cached, but neither .venv nor the data
	@rm -rf edge/web/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist artifacts
	@find . -name __pycache__ -not -path './.venv/*' -not -path '*/node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv and node_modules too; the data in .doska stay
	@rm -rf .venv edge/web/node_modules

runtime:
	@PYTHON='$(PYTHON)' sh compose/bootstrap.sh runtime

dev:
	@PYTHON='$(PYTHON)' sh compose/bootstrap.sh dev

# Attest. `make` alone lists what can be made.
#
# PYTHON=… chooses the interpreter for the virtual environment, ATTEST_PORT and ATTEST_DATA_DIR are for the
# program; all three may be given in the environment or behind `make run`.

PYTHON ?=
UV     ?= uv

VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# A lock names all that is needed. pip must not look for more itself: asked for a package with an extra, older ones
# (before 23.3) take its newest release instead of the locked one, and then miss its hash.
INSTALL := $(PIP) install --no-deps --require-hashes --requirement
# The project itself: nothing but the lock decides what else is installed, and the build backend is in the lock.
EDITABLE := $(PIP) install --no-deps --no-build-isolation --editable .
# Where the environment forbids Python to keep what it compiles, as in many containers, each start would do it again.
COMPILED := $(BIN)/python -m compileall -q app migrations
COMPILE := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test quick cover check lint bench bench-full lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: $(VENV)/runtime.stamp ## install, migrate, import seed_data and serve
	@$(COMPILED)
	$(BIN)/attest db upgrade
	$(BIN)/attest import --if-empty seed_data
	@exec $(BIN)/attest serve

test: $(VENV)/dev.stamp ## run the tests, on SQLite and on PostgreSQL
	@$(COMPILED)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

quick: $(VENV)/dev.stamp ## run the fast tests, on SQLite only, in under two minutes
	@$(COMPILED)
	$(BIN)/python -m pytest -m 'not slow' -k 'not postgresql' $(PYTEST_ARGS)

# What decides who may do what, what becomes of a proposal, and whether the log proves it: see docs/testing.md.
cover: $(VENV)/dev.stamp ## the tests of permissions, workflow and log, and whether they take every branch of these
	$(BIN)/python -m pytest --cov=app --cov-report=term-missing:skip-covered $(COVER) $(PYTEST_ARGS)

COVER := tests/api/http tests/formats/proofs tests/services/audit tests/services/log tests/services/people \
	tests/services/policy tests/services/claims/test_claim_merging.py tests/services/desk/test_proposals.py

check: lint test ## everything that has to hold before a change is taken

# The static half of `check`. The last line compares the models with a database that the migrations have made:
# a fresh one, so that it says nothing about, and does nothing to, the data of whoever runs it.
lint: $(VENV)/dev.stamp ## the checks that run no tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy app tests migrations benchmarks
	$(BIN)/lint-imports --no-logo
	$(PIP) check
	@unset ATTEST_DATABASE_URL; ATTEST_DATA_DIR=$$(mktemp -d) && export ATTEST_DATA_DIR && \
	trap 'rm -rf "$$ATTEST_DATA_DIR"' EXIT && \
	echo 'attest db check' && $(BIN)/attest db upgrade >/dev/null && $(BIN)/attest db check

bench: $(VENV)/bench.stamp ## measure on 20,000 claims, both engines; some minutes
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

bench-full: $(VENV)/bench.stamp ## measure on a million claims and write docs/performance.md; an hour and more
	$(BIN)/python -m benchmarks --full $(BENCH_ARGS)

# Present pins are kept where they still fit; UPGRADE=--upgrade takes the newest versions.
lock: ## write the lock files again from pyproject.toml (needs uv)
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: pip install uv, or UV=<path>' >&2; exit 1; }
	$(COMPILE) $(UPGRADE) --group build --extra styles --extra parquet --output-file requirements.lock >/dev/null
	$(COMPILE) $(UPGRADE) --group build --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock >/dev/null
	$(COMPILE) $(UPGRADE) --group build --extra dev --extra bench --constraint requirements-dev.lock \
		--output-file requirements-bench.lock >/dev/null

clean: ## remove the environment and the caches, never data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- installation: each step is repeated only when what it was made from has changed ---

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing what Attest runs on ...'
	@$(INSTALL) requirements.lock
	@$(EDITABLE)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	@echo 'Installing what the tests and checks need ...'
	@$(INSTALL) requirements-dev.lock
	@touch $@

$(VENV)/bench.stamp: requirements-bench.lock $(VENV)/dev.stamp
	@echo 'Installing what the benchmarks need ...'
	@$(INSTALL) requirements-bench.lock
	@touch $@

# Each candidate is tried out: a name on the PATH may be a shim for a version that is not installed.
# Debian splits venv off into a package of its own; as root we can install it.
$(BIN)/python:
	@for candidate in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3); do \
		"$$candidate" -c 'import sys, sqlite3, ssl; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
			&& python=$$candidate && break; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'Attest needs Python 3.11 or newer, with its sqlite3 and ssl modules. Tried without success: $(or $(PYTHON),python3.13 python3.12 python3.11 python3).' >&2; \
		echo 'Debian, Ubuntu: apt-get install python3 python3-venv.  macOS: brew install python@3.13.' >&2; \
		echo 'If it is somewhere else: make PYTHON=<path> ...' >&2; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
		package=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing the system package $$package ..."; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$$package"; } >/dev/null; \
		fi; \
		if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
			echo "$$python cannot make virtual environments: a system package is missing." >&2; \
			echo "Debian, Ubuntu: apt-get install $$package (or python3-venv).  Then run make again." >&2; \
			exit 1; \
		fi; \
	fi; \
	echo "Making $(VENV) with $$("$$python" -c 'import sys; print("Python %d.%d.%d" % sys.version_info[:3])') ..."; \
	"$$python" -m venv --clear $(VENV)

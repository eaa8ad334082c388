# Kumiai ID. `make demo` and `make test` do their own set-up.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Tests start hundreds of processes: none of them should compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check setup setup-dev bench bench-data lock screenshots faults races overload alterations rotation states feed promises letters timing interop packages api-fuzz clean

help: ## Show these targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: setup ## Run provider, portal, card and mail catcher with fictional members
	$(BIN)/idp demo --host localhost

setup: $(VENV)/.runtime ## Make .venv from the hash-locked requirements
setup-dev: $(VENV)/.dev

$(VENV)/.runtime: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# The locks are complete: nothing is left to resolve. (pip before 23.3 resolves "name[extra]" past its
	@# pin, and so fails as soon as the index has a newer release.)
	$(BIN)/python -m pip install -q --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install -q --no-index --no-deps --no-build-isolation -e .
	@if [ -n "$(NATIVE_ARGON2)" ]; then CFLAGS="-O3 -march=native" $(BIN)/python -m pip install -q \
	  --force-reinstall --no-deps --no-binary :all: argon2-cffi-bindings; fi
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/python -m pip install -q --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/python -m pip check
	@touch $@

packages: ## Browser, fonts and Redis of the distribution, for the tests
	@sh deploy/test-packages.sh

test: setup-dev packages ## Run all tests (slow suites have targets of their own)
	@# What failed beside a busy neighbour is run once more, alone; what fails again has failed.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	  || { echo "failed tests, once more, alone:"; $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

check: setup-dev ## Format, lint, types, import contracts, translations, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m idp.web.translations_check
	$(BIN)/python -m tests.architecture.generated

bench: setup-dev packages ## Measure; ratios within one run
	$(BIN)/python -m bench
	$(BIN)/python -m bench.protection

bench-data: setup-dev packages ## Fill an audit log of ten million events outside the tree, then search it
	$(BIN)/python -m bench.audit_data --events $(or $(EVENTS),10000000)
	$(BIN)/python -m bench.audit_search

races: setup-dev packages ## The long form of the parallel attacks
	RACES=long $(BIN)/python -m pytest tests/races tests/selfservice/test_races.py tests/registration/test_registration_races.py tests/flows/test_change_races.py

overload: setup-dev packages ## Ten times the sign-ins that can be served, and clients that stall; ratios within one run
	OVERLOAD=long $(BIN)/python -m pytest tests/overload -rP

faults: setup-dev packages ## The long form of the kills
	FAULTS=long $(BIN)/python -m pytest tests/faults

alterations: setup-dev ## Ten thousand altered packs, and 300 more through the command
	ALTERATIONS=long $(BIN)/python -m pytest tests/audit/test_audit_alterations.py

rotation: setup-dev packages ## Keys rotate every few seconds under load, for 5 minutes
	ROTATION=long $(BIN)/python -m pytest tests/faults/test_rotation.py

states: setup-dev ## Random walks through a member's life, 20,000 of them
	STATES=long $(BIN)/python -m pytest tests/lifecycle

feed: setup-dev packages ## 100,000 members through SCIM and through CSV
	FEED=long $(BIN)/python -m pytest tests/provisioning

promises: setup-dev packages ## Each promise of the FAQ at a desk, on a phone and without scripts
	PROMISES=long $(BIN)/python -m pytest tests/promises

letters: setup-dev packages ## 5,000 letters in one run, on a terminal
	LETTERS=long $(BIN)/python -m pytest -s tests/registration/test_many_letters.py

timing: setup-dev ## What time tells a stranger; figures only
	$(BIN)/python -m bench.timing

interop: setup-dev ## Client libraries that are not ours, and the examples, as real programs
	@sh deploy/interop-packages.sh
	sh tests/interop/build.sh "$(CURDIR)/var/interop"
	INTEROP="$(CURDIR)/var/interop" $(BIN)/python -m pytest tests/interop

api-fuzz: setup-dev packages ## Thousands of made-up calls of the admin API, checked against its description
	@test -x var/api-fuzz/bin/schemathesis || { $(PYTHON) -m venv var/api-fuzz \
	  && var/api-fuzz/bin/pip install -q schemathesis==4.32.5; }
	$(BIN)/python -m tests.admin_api.fuzz var/api-fuzz/bin/schemathesis $(or $(CASES),100)

screenshots: setup-dev packages ## A contact sheet of every page
	$(BIN)/python -m tests.browser.contact_sheet screenshots
	PAGES=long $(BIN)/python -m pytest tests/web/browser

lock: setup-dev ## Renew the hash-locked requirements
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --group build pyproject.toml -o requirements.lock -q
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --group build --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock -q

clean: ## Remove what was built here (never data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache

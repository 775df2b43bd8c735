# What a person does with this checkout. `make help` lists it.
# Everything happens in .venv, which `setup` fills from the hash-pinned requirements.txt.

BIN := .venv/bin
STAMP := .venv/.installed
PEER_STAMP := .venv-bench/.installed
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$python; break; fi; done)
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input

# Bytecode written once at install time: without it large libraries are compiled again at every start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test faults lint bench lock clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## create .venv and install into it what requirements.txt pins
	@:

$(STAMP): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Penstock needs Python 3.11 or newer: install it, or name it with" \
		"'make setup PYTHON=/path/to/python3'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot create virtual" \
		"environments: install its venv package (on Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --compile --only-binary :all: --require-hashes -r requirements.txt
	@$(PIP) install --compile --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## trade examples/demo.json on a synthetic market; results in out/demo
	$(BIN)/penstock execute examples/demo.json --market synthetic --out out/demo --seed 2 --overwrite

test: setup ## run every test
	$(BIN)/pytest $(PYTEST_ARGS)

faults: setup ## trade 500 seeds against venues and a network that do everything wrong
	$(BIN)/penstock faults --seeds 0:500 --jobs 2

lint: setup ## check style, types and the layering of the packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup $(PEER_STAMP) ## measure what matters; prints a table and writes bench.json
	$(BIN)/python -m benchmarks

# The system we are compared with is none of our dependencies. Without it, its rows say so.
$(PEER_STAMP): benchmarks/peer/requirements.txt
	@echo "Setting up .venv-bench with the peer that benchmarks compare with"
	@rm -rf .venv-bench && $(PYTHON) -m venv .venv-bench && .venv-bench/bin/python -m pip --quiet --quiet \
		--disable-pip-version-check --no-input install --only-binary :all: --require-hashes -r $< \
		&& touch $@ || { rm -rf .venv-bench; echo "The peer cannot be installed here." >&2; }

lock: ## pin pyproject.toml's dependencies anew in requirements.txt (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --upgrade --quiet --output-file requirements.txt

clean: ## remove what was made, but keep .venv
	rm -rf .venv-bench out build dist bench.json .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

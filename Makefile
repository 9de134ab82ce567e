# Two commands do all the set-up: `make demo` and `make test`. Python 3.11 or newer, git and make suffice.
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
# Twice the cores that it is meant for: most tests wait more than they compute.
JOBS ?= 4

# Tests start the package hundreds of times: without bytecode each start would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint types tests bench clean

demo: $(VENV)/.installed
	@cd examples/quickstart && { $(BIN)/pytest --sync-stack -p no:cacheprovider; code=$$?; \
	  printf '\n$$ syncguard status\n'; $(BIN)/syncguard status; \
	  printf '\n$$ syncguard down\n'; $(BIN)/syncguard down; exit $$code; }

test: lint types tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .

types: $(VENV)/.dev
	$(BIN)/mypy

tests: $(VENV)/.dev
	PATH="$(BIN):$$PATH" $(BIN)/pytest -n $(JOBS) --maxschedchunk 1

bench: $(VENV)/.dev
	PATH="$(BIN):$$PATH" $(BIN)/python -m bench

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

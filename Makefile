# Two commands do all the set-up: `make demo` and `make test`. Python 3.11 or newer, git and make suffice.
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
# Twice the cores that it is meant for: most tests wait more than they compute.
JOBS ?= 4
# The lowest versions that pyproject.toml allows, in an environment of their own; neighbours may call them old.
LOWEST := tests/constraints-lowest.txt
LOWEST_TESTS := tests/settings tests/report tests/cli/test_sync.py tests/cli/test_doctor.py tests/plugin/test_fixture.py \
  tests/plugin/test_options.py tests/plugin/test_timeouts.py tests/plugin/test_xdist.py \
  tests/stack/drivers/process/test_serve.py tests/testing/airtable/formulas/test_syntax.py \
  tests/testing/airtable/test_tokens.py tests/testing/airtable/test_limits.py tests/contract/airtable/test_api.py

# Tests start the package hundreds of times: without bytecode each start would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-lowest lint types tests bench clean

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

test-lowest: $(VENV)-lowest/.dev
	PATH="$(abspath $(VENV)-lowest)/bin:$$PATH" $(abspath $(VENV)-lowest)/bin/pytest -n $(JOBS) \
	  -W ignore::DeprecationWarning $(LOWEST_TESTS)

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

$(VENV)-lowest/.dev: pyproject.toml $(LOWEST)
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(VENV)-lowest/bin/pip install --quiet --constraint $(LOWEST) --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-lowest build dist .mypy_cache .ruff_cache .pytest_cache

# make demo: a model city, built and served on this machine. make test: every check. make bench: figures.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test bench lint types docs unit browser setup compiled clean help

help:
	@echo "make demo | test | bench | clean"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "Python %d.%d found; Anxing needs 3.11. Run make PYTHON=python3.11." % sys.version_info[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Kernels are compiled once, and again when a file of theirs has changed.
compiled: $(READY)
	@$(BIN)/python -m etl.precompile

setup: compiled

demo: compiled
	$(BIN)/anxing demo

browser:
	@.ci/browser

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/numpydoc lint $$(git ls-files 'geo/*.py' 'etl/*.py')

unit: compiled browser
	$(BIN)/python -m pytest -n 2 --dist loadfile

test: lint types docs unit

bench: compiled
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# make demo   set up .venv, build the graph, run the shipped vignettes
# make test   set up .venv, lint, type-check, run every test
# make bench  set up .venv, print the benchmarks (minutes)
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test bench lint clean
.DEFAULT_GOAL := test

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: .venv/.installed
	$(BIN)/medreason demo

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest

bench: .venv/.installed
	$(BIN)/python -m benchmarks.hpo

clean:
	rm -rf .venv build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache

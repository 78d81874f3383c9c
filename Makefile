# make demo   set up .venv, build the graph, run the shipped vignettes
# make test   set up .venv, lint, type-check, run every test
# make test-train  set up .venv-train with torch and TRL, run the tests of what training reads (minutes at first)
# make bench  set up .venv, print the benchmarks (minutes)
PYTHON ?= python3
BIN := .venv/bin
TRAIN ?= .venv-train

.PHONY: demo test test-train bench lint clean
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
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# Only what needs torch or Inspect: make test runs the rest. The loop, the longest, comes first.
# torch first and by version: what is installed after it takes the one that is there.
$(TRAIN)/.installed: pyproject.toml
	$(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check pytest pytest-xdist hypothesis --editable '.[export,train,eval,plots]'
	touch $@

test-train: $(TRAIN)/.installed
	$(TRAIN)/bin/python -m pytest --numprocesses auto --dist loadfile tests/test_loop.py tests/dataset/export/test_libraries.py \
	  $(patsubst %,tests/training/test_%.py,chat dpo errors grpo plan recipe scratch sft) tests/training/tiny/test_study.py \
	  $(patsubst %,tests/evaluation/test_%.py,evaluate inference_server tasks) tests/cli/test_train.py \
	  tests/llm/test_inference_server.py

bench: .venv/.installed
	$(BIN)/python -m benchmarks.hpo

clean:
	rm -rf .venv .venv-train build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache

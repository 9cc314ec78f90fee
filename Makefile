# Two commands do all the set-up: `make demo` and `make test`. Each makes .venv if it is missing.
PYTHON ?= python3
BIN := .venv/bin
BOOK := demo.duckdb
EXTRAS ?= test

.PHONY: demo test bench lint pictures clean

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@

demo: .venv/installed
	CLIENTOPS_BOOK=$(BOOK) PATH="$(CURDIR)/$(BIN):$$PATH" bash data/first_steps.sh
	CLIENTOPS_BOOK=$(BOOK) $(BIN)/clientops app

test: .venv/installed lint
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python -m tests.benchmarks $(BENCH)

pictures: .venv/installed
	$(BIN)/python -m tests.pictures

clean:
	rm -rf .venv $(BOOK) $(BOOK).lock demo-truth.csv demo-statements

# Two commands do all the set-up: `make demo` and `make test`. Each makes .venv if it is missing.
PYTHON ?= python3
BIN := .venv/bin
BOOK := demo.duckdb
EXTRAS ?= test
# One more than processors: tests also wait, for browsers, servers and the disk.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")

.PHONY: demo test bench lint pictures docs clean

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@

demo: .venv/installed
	CLIENTOPS_BOOK=$(BOOK) PATH="$(CURDIR)/$(BIN):$$PATH" bash data/first_steps.sh
	CLIENTOPS_BOOK=$(BOOK) $(BIN)/clientops app

test: .venv/installed lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# An environment of its own: a rival that is measured beside us keeps pandas at an older version.
.venv-bench/installed: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade pip
	.venv-bench/bin/python -m pip install --quiet --editable '.[test,bench]'
	touch $@

bench: .venv-bench/installed
	.venv-bench/bin/python -m tests.benchmarks $(BENCH)

# Wants Chromium and fonts for all scripts: fonts-noto-core and fonts-noto-cjk in Debian; else Japanese names are boxes.
pictures: .venv/installed
	$(BIN)/python -m tests.pictures

# A site that can be read without a network: open site/index.html.
docs: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	$(BIN)/python docs/generate_reference.py docs/reference
	$(BIN)/mkdocs build --strict

clean:
	rm -rf .venv .venv-bench site docs/reference $(BOOK) $(BOOK).lock demo-truth.csv demo-statements

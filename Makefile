# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
PORT ?= 8000
DATA ?= ../shared/data
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo setup test check bench

$(VENV)/.run: requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Tuoju and what it needs (a minute or two the first time) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.run

demo: setup
	@$(BIN)/tuoju demo --port $(PORT)

test: $(VENV)/.dev
	@command -v $${CHROMIUM:-chromium} >/dev/null || command -v google-chrome >/dev/null || \
		echo "No Chromium found: the browser tests will be left out (set CHROMIUM to its path)."
	@$(BIN)/pytest -n 2 --dist worksteal

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.matching
	@$(BIN)/python -m benchmarks.assignment
	@$(BIN)/python -m benchmarks.match_page
	@$(BIN)/python -m benchmarks.notifications --count 400 --kills 1 --rate 10 --workers 1 --burst 200
	@$(BIN)/python -m benchmarks.learning --seeds 5
	@for set in $(DATA)/retrieval_zh_policy $(DATA)/directory_miami211; do \
		test -d $$set && $(BIN)/python -m benchmarks.retrieval --lexical --collection $$set || echo "$$set is not there: left out"; done
	@test -f $(DATA)/messages_zh/labelled495.jsonl && \
		$(BIN)/python -m benchmarks.messages --file $(DATA)/messages_zh/labelled495.jsonl || echo "$(DATA)/messages_zh is not there: left out"

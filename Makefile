# Two commands do all the set-up: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8000
DATA ?= ../shared/data
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo setup test quick check coverage lock bench

help: ## List the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

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

setup: $(VENV)/.run ## Only install

demo: setup ## Run a demo city on this machine (PORT=8000)
	@$(BIN)/tuoju demo --port $(PORT)

test: $(VENV)/.dev ## Run all tests
	@command -v $${CHROMIUM:-chromium} >/dev/null || command -v google-chrome >/dev/null || \
		echo "No Chromium found: the browser tests will be left out (set CHROMIUM to its path)."
	@$(BIN)/pytest -n 2 --dist worksteal

quick: $(VENV)/.dev ## Format, lint, types, import contracts and house tests, in under a minute
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/djlint platform notifications --check --quiet
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/pytest tests/house

check: quick test ## Everything of `quick`, then all tests

coverage: $(VENV)/.dev ## Run all tests but the browser's and fail below the floor of coverage
	@rm -f .coverage .coverage.*
	@$(BIN)/pytest -n 2 --dist worksteal -m "not browser" --cov --cov-report=
	@$(BIN)/coverage report --format=total

lock: ## Write requirements/*.txt anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra build pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra dev pyproject.toml -o requirements/dev.txt

bench: $(VENV)/.dev ## Measure matching, assignment, retrieval, delivery and learning beside their peers
	@$(BIN)/python -m benchmarks.matching
	@$(BIN)/python -m benchmarks.assignment
	@$(BIN)/python -m benchmarks.match_page
	@$(BIN)/python -m benchmarks.notifications --count 400 --kills 1 --rate 10 --workers 1 --burst 200
	@$(BIN)/python -m benchmarks.learning --seeds 5
	@for set in $(DATA)/retrieval_zh_policy $(DATA)/directory_miami211; do \
		test -d $$set && $(BIN)/python -m benchmarks.retrieval --lexical --collection $$set || echo "$$set is not there: left out"; done
	@test -f $(DATA)/messages_zh/labelled495.jsonl && \
		$(BIN)/python -m benchmarks.messages --file $(DATA)/messages_zh/labelled495.jsonl || echo "$(DATA)/messages_zh is not there: left out"

# Two commands do all the set-up: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8000
DATA ?= ../shared/data
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo setup test lint quick check coverage lock bench sbom audit-dependencies secrets

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 28

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
	@$(BIN)/pytest -n 2 --dist worksteal $(PYTEST_OPTIONS)

lint: $(VENV)/.dev ## Format, lint, templates, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/djlint platform notifications --check
	@$(BIN)/lint-imports
	@$(BIN)/mypy

quick: lint ## `lint` and the house tests
	@$(BIN)/pytest tests/house

check: quick secrets test ## Everything of `quick` and `secrets`, then all tests

coverage: $(VENV)/.dev ## Run all tests and fail below the floor of coverage
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory test PYTEST_OPTIONS="--cov --cov-report="
	@$(BIN)/coverage report --format=total

lock: ## Write requirements/*.txt anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra build pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra build --extra production --extra s3 --extra telemetry --constraint requirements/run.txt pyproject.toml -o requirements/production.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra dev pyproject.toml -o requirements/dev.txt

sbom: $(VENV)/.dev ## Write dist/sbom.json: what runs, from the lock (CycloneDX)
	@$(BIN)/python -m supply_chain.sbom dist/sbom.json

audit-dependencies: $(VENV)/.dev ## Look the locked libraries up in OSV or a mirror (ADVISORIES=https://...)
	@$(BIN)/python -m supply_chain.advisories $(ADVISORIES)

secrets: $(VENV)/.dev ## Look for keys, tokens and passwords in the tracked files
	@$(BIN)/python -m supply_chain.secrets

bench: $(VENV)/.dev ## Measure matching, assignment, portfolios, retrieval, delivery and learning beside their peers
	@$(BIN)/python -m benchmarks.matching
	@$(BIN)/python -m benchmarks.assignment
	@test -f $(DATA)/assignment/FY16_size.csv && for capacity in 1.0 1.1; do \
		$(BIN)/python -m benchmarks.online --capacity $$capacity; done || echo "$(DATA)/assignment is not there: left out"
	@$(BIN)/python -m benchmarks.portfolio
	@$(BIN)/python -m benchmarks.match_page
	@$(BIN)/python -m benchmarks.notifications --count 400 --kills 1 --rate 10 --workers 1 --burst 200
	@$(BIN)/python -m benchmarks.learning --seeds 5
	@for set in $(DATA)/retrieval_zh_policy $(DATA)/directory_miami211; do \
		test -d $$set && $(BIN)/python -m benchmarks.retrieval --lexical --collection $$set || echo "$$set is not there: left out"; done
	@test -f $(DATA)/messages_zh/labelled495.jsonl && \
		$(BIN)/python -m benchmarks.messages --file $(DATA)/messages_zh/labelled495.jsonl || echo "$(DATA)/messages_zh is not there: left out"

# wanLLMDB: the commands of the repository. `make help` explains them.

PYTHON  := .venv/bin/python
PYTEST  := $(PYTHON) -m pytest
# Most tests wait: for a process to start, for a time to pass. So twice as many as there are processors.
WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))))
PARALLEL = -n $(WORKERS)
SOURCES := sdk server tests bench demo scripts

.DEFAULT_GOAL := help
.PHONY: help setup up demo test test-integrations test-clients conformance soak check fix bench bench-ui screenshots ui dist docs lock clean

help:  ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

setup:  ## Make .venv with both distributions and all tools, install npm packages, build the page.
	@scripts/setup.sh

up: setup  ## Start the server alone at http://127.0.0.1:8000 (Ctrl-C stops it).
	@.venv/bin/wanllmdb server

demo: setup  ## Start the server and train a small network on digits, live on the page.
	@$(PYTHON) demo/demo.py

test: setup  ## Run every test: Python, contracts, faults, journeys in Chromium, frontend.
	@scripts/chromium.sh >/dev/null
	npm --prefix frontend test
	$(PYTEST) $(PARALLEL)

test-integrations: setup  ## Run the libraries that people use wandb with, unmodified, against a real server.
	@scripts/integrations.sh
	.venv-integrations/bin/python -m pytest -m libraries tests/integrations tests/corpus tests/examples tests/surface $(PARALLEL)

test-clients: setup  ## Run the unmodified wandb client against the server, each check a process of its own.
	@scripts/clients.sh $(shell ls requirements/wandb | sed -n 's/\.txt//p' | sort -rV | head -1)
	$(PYTEST) -m clients tests/conformance $(PARALLEL)

conformance: setup  ## The same with every version of the client; writes docs/reference/wandb-conformance.md.
	@scripts/clients.sh
	WANLLMDB_ALL_CLIENTS=1 $(PYTEST) -m clients tests/conformance $(PARALLEL) --junit-xml=.conformance.xml; \
	  $(PYTHON) -m tests.conformance.page .conformance.xml docs/reference/wandb-conformance.md

soak: setup  ## Try every fault as often as the fault matrix says (hours); figures at the end.
	WANLLMDB_SOAK=1 $(PYTEST) tests/faults -n 2

check: setup  ## Lint, format, types, import contracts, spelling, page boundaries; changes nothing.
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/basedpyright
	.venv/bin/lint-imports
	.venv/bin/codespell README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs sdk/python/src server/src frontend/src demo bench
	npm --prefix frontend run check

fix: setup  ## Format the code and mend what the linters can mend.
	.venv/bin/ruff check --fix $(SOURCES)
	.venv/bin/ruff format $(SOURCES)
	npm --prefix frontend run fix

bench: setup  ## Measure log(), its peers, ingest, curves, start-up and memory; print a table.
	@$(PYTHON) -m bench.run

bench-ui: setup  ## Measure the page in Chromium against its budgets; print a table.
	@scripts/chromium.sh >/dev/null
	@$(PYTHON) -m bench.ui.run

screenshots: setup  ## Take pictures of every page, light and dark, into docs/images.
	@$(PYTHON) -m demo.gallery "$$(scripts/chromium.sh)"

ui: setup  ## Serve the page from its sources with hot reload, against a server on port 8000.
	npm --prefix frontend run dev

dist: setup  ## Build the wheels into dist/ (the server's carries the page).
	@scripts/dist.sh

docs: setup  ## Write the machine-readable API description to docs/reference/openapi.json.
	.venv/bin/wanllmdb-server openapi > docs/reference/openapi.json

lock:  ## Resolve the dependencies anew and write requirements/*.txt with hashes.
	@for name in uv server dev; do .venv/bin/uv pip compile -q --universal --python-version 3.11 \
	  --upgrade --generate-hashes --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt; done
	@scripts/integrations.sh lock
	@scripts/clients.sh lock

clean:  ## Remove everything that setup, dist and demo made.
	rm -rf .venv .venv-integrations .venv-wandb-* dist .demo bench/.peers frontend/node_modules server/src/wanllmdb_server/page

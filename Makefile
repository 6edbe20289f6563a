# wanLLMDB: the commands of the repository. `make help` explains them.

PYTHON  := .venv/bin/python
PYTEST  := $(PYTHON) -m pytest
SOURCES := sdk server tests bench demo scripts

.DEFAULT_GOAL := help
.PHONY: help setup up demo test soak check fix bench ui dist docs lock clean

help:  ## Show this list.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup:  ## Make .venv with both distributions and all tools, install npm packages, build the page.
	@scripts/setup.sh

up: setup  ## Start the server alone at http://127.0.0.1:8000 (Ctrl-C stops it).
	@.venv/bin/wanllmdb server

demo: setup  ## Start the server and train a small network on digits, live on the page.
	@$(PYTHON) demo/demo.py

test: setup  ## Run every test: Python, contracts, faults, journeys in Chromium, frontend.
	@scripts/chromium.sh >/dev/null
	npm --prefix frontend test
	$(PYTEST) -n 2 --dist loadgroup

soak: setup  ## Try every fault as often as the fault matrix says (hours); figures at the end.
	WANLLMDB_SOAK=1 $(PYTEST) tests/faults -n 2 --dist loadgroup

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

ui: setup  ## Serve the page from its sources with hot reload, against a server on port 8000.
	npm --prefix frontend run dev

dist: setup  ## Build both wheels into dist/ (the server's carries the page).
	@scripts/dist.sh

docs: setup  ## Write the machine-readable API description to docs/reference/openapi.json.
	.venv/bin/wanllmdb-server openapi > docs/reference/openapi.json

lock:  ## Resolve the dependencies anew and write requirements/*.txt with hashes.
	@for name in uv server dev; do .venv/bin/uv pip compile -q --universal --python-version 3.11 \
	  --upgrade --generate-hashes --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt; done

clean:  ## Remove everything that setup, dist and demo made.
	rm -rf .venv dist .demo bench/.peers frontend/node_modules server/src/wanllmdb_server/page

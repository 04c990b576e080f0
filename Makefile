# The project's commands; `make help` lists them.

PYTHON ?= python3
PY := .venv/bin/python
# Tests share the machine's cores; those of one file share what it prepares.
PYTEST_FLAGS ?= -n auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help run test test-containers check bench soak sql demo browser

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: .venv/.run  ## start CRPM on http://127.0.0.1:7860 (DATABASE_URL=... to use your own server)
	@exec $(PY) -m app $(ARGS)

# Compiled once, also where the environment forbids it: the tests start Python dozens of times.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.dev browser  ## run every test on a real PostgreSQL and a real browser
	@$(PY) -m pytest $(PYTEST_FLAGS) $(ARGS)

test-containers: .venv/.dev browser  ## build the image, walk through it, and test on PostgreSQL in a container
	@$(PY) -m tests.containers $(ARGS)

check: .venv/.dev  ## format, lint, types, security and the import rule
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m sqlfluff lint --processes 2 db tests/shop.sql
	@$(PY) -m mypy
	@$(PY) -m bandit --quiet --recursive --configfile pyproject.toml app db loader
	@$(PY) -m tests.advisories
	@$(PY) -c 'from importlinter.cli import lint_imports; raise SystemExit(lint_imports())'

bench: .venv/.dev  ## measure purchases per second, loads against \copy and pandas, and long lists
	@$(PY) -m tests.bench $(ARGS)

soak: .venv/.dev  ## let 30 people work for 10 minutes, and see that nothing fails, leaks or gets lost
	@$(PY) -m tests.soak $(ARGS)

sql: .venv/.run  ## open psql on the app's database, as an analyst
	@exec $(PY) -m db psql --analyst

demo: .venv/.run  ## write the demo data as CSV files into ./demo-data
	@$(PY) -m loader demo demo-data

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: CRPM needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "error: Python cannot make a virtual environment; on Debian install python3-venv" >&2; exit 1; }

.venv/.run: .venv/bin/python requirements.txt constraints.txt
	@echo "Installing what CRPM runs on ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "Installing what its tests need ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The tests drive a real browser: Debian's headless shell of Chromium, the lightest, which root installs;
# else the system's whole Chromium; else Playwright's own.
has_shell = command -v chromium-headless-shell >/dev/null
has_browser = $(has_shell) || command -v chromium >/dev/null || $(PY) -c 'import os, sys; from playwright.sync_api import sync_playwright; \
	sys.exit(not os.path.exists(sync_playwright().start().chromium.executable_path))'

browser: .venv/.dev
	@$(has_shell) && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium ..."; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y chromium-headless-shell; } >/dev/null; \
	elif ! { $(has_browser); }; then \
		$(PY) -m playwright install chromium; \
	fi; \
	{ $(has_browser); } \
		|| { echo "error: no browser for the tests: install the package chromium, or allow 'playwright install chromium'" >&2; exit 1; }

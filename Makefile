# The commands of this repository. `make serve` and `make test` need nothing but Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: serve worker test test-server check format openapi lock bench clean
.DEFAULT_GOAL := help

help:
	@echo "make serve   start the server on this machine      make test    run the test suite"
	@echo "make check   lint, types and OpenAPI drift         make bench   print ratios against controls"

# An environment is up to date when its stamp is newer than the lock file that it was made from.
.venv/.installed: requirements.lock
	@test -x $(BIN)/python || $(if $(UV),$(UV) venv -q --python $(PYTHON) .venv,$(PYTHON) -m venv .venv)
	$(if $(UV),$(UV) pip install -q --python $(BIN)/python --require-hashes -r $<,$(BIN)/python -m pip install -q --require-hashes -r $<)
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	$(if $(UV),$(UV) pip install -q --python $(BIN)/python --require-hashes -r $<,$(BIN)/python -m pip install -q --require-hashes -r $<)
	@touch $@

# Packages that some tests compare with; those tests are skipped where there is no node.
tests/node/node_modules/.installed: tests/node/package-lock.json
	@! command -v npm >/dev/null || { cd tests/node && npm ci --silent --no-audit --no-fund && touch node_modules/.installed; }

serve: .venv/.installed
	@exec $(BIN)/python -m hogapi.serve

worker: .venv/.installed
	@exec $(BIN)/python manage.py worker

test: .venv/.installed-dev tests/node/node_modules/.installed
	$(BIN)/python -m pytest

# The same suite on a PostgreSQL server, e.g. make test-server DATABASE_URL=postgresql://user:password@localhost/hogapi
test-server: .venv/.installed-dev tests/node/node_modules/.installed
	@test -n "$(DATABASE_URL)" || { echo "Set DATABASE_URL to a PostgreSQL server whose user may create databases."; exit 1; }
	DATABASE_URL=$(DATABASE_URL) $(BIN)/python -m pytest

check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	@mkdir -p build
	$(BIN)/python manage.py spectacular --format openapi-json --validate --fail-on-warn --file build/openapi.json
	diff -u openapi.json build/openapi.json

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: .venv/.installed-dev
	$(BIN)/python manage.py spectacular --format openapi-json --validate --fail-on-warn --file openapi.json

# Versions and hashes for every platform; no registry is named in what is written.
lock:
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml --group dev -o requirements-dev.lock

bench: .venv/.installed-dev tests/node/node_modules/.installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf build .venv .data

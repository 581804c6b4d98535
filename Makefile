# Everything goes through these words; `make help` lists them. Python 3.11 or newer with venv, git and make are enough.

# The first one that is new enough; evaluated only when something is set up.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
PORT ?= 8000
ARGS ?=

PY := .venv/bin/python
FOR_RUNNING := .venv/.ready-to-run
FOR_TESTING := .venv/.ready-to-test
COMPILE := UV_SYSTEM_CERTS=1 $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help demo test check setup bench lock clean lint format types imports tidy unused docs vendor

help:  ## list these words
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r word does; do \
		printf '  make %-9s %s\n' "$$word" "$$does"; done

demo: $(FOR_RUNNING)  ## run the demo city live and print its address (PORT=8000)
	$(PY) -m doorstep demo --port $(PORT) $(ARGS)

test: $(FOR_TESTING)  ## run every test (ARGS="-k window" for some)
	$(PY) -m pytest $(ARGS)

check: lint format types imports tidy unused  ## run every check that needs no test: style, types, rings, tidiness

setup: $(FOR_TESTING)  ## install everything, locked and hash-checked, into .venv

bench: $(FOR_TESTING)  ## run every benchmark; each prints JSON
	@for bench in benchmarks/[a-z]*.py; do echo "# $$bench" >&2; $(PY) "$$bench" $(ARGS) || exit 1; done

lint: $(FOR_TESTING)
	$(PY) -m ruff check --quiet
format: $(FOR_TESTING)
	$(PY) -m ruff format --check --quiet
types: $(FOR_TESTING)
	$(PY) -m mypy --no-error-summary
imports: $(FOR_TESTING)
	.venv/bin/lint-imports --no-logo
tidy: $(FOR_TESTING)
	$(PY) tools/tidy.py
unused: $(FOR_TESTING)
	$(PY) -m deptry --no-ansi src

lock:  ## solve the requirements anew (ARGS=--upgrade for newer ones)
	test -x $(PY) || $(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	$(COMPILE) $(ARGS) requirements/uv.in --output-file requirements/uv.txt
	$(COMPILE) $(ARGS) pyproject.toml requirements/build.in --output-file requirements/run.txt
	$(COMPILE) $(ARGS) pyproject.toml requirements/build.in --extra dev --constraint requirements/run.txt \
		--output-file requirements/dev.txt

docs: $(FOR_TESTING)  ## write the reference pages anew from the code
	$(PY) tools/reference.py

vendor: $(FOR_TESTING)  ## fetch the pages' vendored files anew (needs npm)
	$(PY) tools/vendor.py

clean:  ## remove everything that can be made again
	rm -rf .venv build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(FOR_RUNNING): requirements/run.txt requirements/uv.txt pyproject.toml tools/install.py
	@$(PYTHON) tools/install.py run
	@touch $@

$(FOR_TESTING): requirements/dev.txt requirements/uv.txt pyproject.toml tools/install.py
	@$(PYTHON) tools/install.py dev
	@touch $@ $(FOR_RUNNING)

# Every target works as the first command after a clone. Needed: Python 3.11 or later with pip and venv, and make.
# Where uv is on PATH it does the installing, only faster; `make UV= ...` does without it.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
DATA ?=

SHELL := /bin/sh
VENV := .venv
# One process a core; the examples of a page stay together, since later ones use names of earlier ones.
PARALLEL := -n auto --dist loadfile
RUN := $(VENV)/bin/python -m
VENVS := .venv .venv-wheel .venv-lowest .venv-mutation .venv-uv
SOURCES := $(shell find src -name '*.py' -o -name py.typed 2>/dev/null)
EXAMPLE := $(firstword $(wildcard examples/channel_review.py examples/first_attribution.py))

export NO_MKDOCS_2_WARNING := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SECONDARY:
.PHONY: help setup demo test test-engines test-lowest check check-style check-types check-surface check-layers \
	bench docs docs-serve schemas notebooks mutation fuzz constraints build format clean

help:  ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# --- virtual environments ---------------------------------------------------------------------------------------------

# $(call install,<environment>): the command that installs into it.
install = $(if $(UV),"$(UV)" pip install --quiet --python $(1)/bin/python,$(1)/bin/python -m pip install --quiet)
# $(call ready,<environment>): the file that says it can be installed into.
ready = $(if $(UV),$(1)/pyvenv.cfg,$(1)/.pip)

$(VENVS:%=%/pyvenv.cfg):
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "no $(PYTHON) on PATH: install Python 3.11 or later, or name it: make PYTHON=/path/to/python3 ..." >&2; \
		exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is older than Python 3.11: name a newer one, e.g. make PYTHON=python3.12 ..." >&2; \
		exit 1; }
	@$(if $(UV),:,"$(PYTHON)" -c 'import ensurepip, venv') 2>/dev/null || { \
		echo "$(PYTHON) has no venv module. Either install it (Debian, Ubuntu: apt install python3-venv)" >&2; \
		echo "or use uv: $(PYTHON) -m pip install --target .tools uv; PATH=\"\$$PWD/.tools/bin:\$$PATH\" make ..." >&2; \
		exit 1; }
	$(if $(UV),"$(UV)" venv --quiet --allow-existing --python "$$(command -v "$(PYTHON)")" $(@D),"$(PYTHON)" -m venv $(@D))

# Dependency groups came with pip 25.1. An environment made by uv has no pip yet.
$(VENVS:%=%/.pip): %/.pip: %/pyvenv.cfg
	@$(@D)/bin/python -m pip --version >/dev/null 2>&1 || $(@D)/bin/python -m ensurepip >/dev/null
	$(@D)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

# One stamp per set of groups, so that a second run installs nothing.
SETS := run test engines check docs lint bench
GROUPS_run :=
GROUPS_test := test
GROUPS_engines := test engines
GROUPS_check := test types docs lint
GROUPS_docs := docs
GROUPS_lint := lint
GROUPS_bench := test bench
GROUPS_dev := dev

STAMPS := $(SETS:%=$(VENV)/.installed-%)

$(STAMPS) $(VENV)/.installed-dev: $(VENV)/.installed-%: pyproject.toml constraints.txt | $(call ready,$(VENV))
	$(call install,$(VENV)) -c constraints.txt -e . $(GROUPS_$*:%=--group %)
	@touch $@

setup: $(VENV)/.installed-dev  ## install everything for development into .venv
	@touch $(STAMPS)

# --- what users run ---------------------------------------------------------------------------------------------------

demo: $(VENV)/.installed-run  ## run the main job on sample exports, or on yours: make demo DATA=<folder>
	@test -n "$(EXAMPLE)" || { echo "there is no example to run in examples/" >&2; exit 1; }
	$(VENV)/bin/python $(EXAMPLE) $(if $(DATA),"$(DATA)")

test: $(VENV)/.installed-test  ## run the tests (core, Polars, DuckDB) with their coverage
	$(RUN) coverage erase
	$(RUN) coverage run -m pytest $(PARALLEL)
	$(RUN) coverage combine --quiet
	$(RUN) coverage report

test-engines: $(VENV)/.installed-engines  ## run the tests with pandas and PyArrow too
	PARTNEROPS_ENGINES=pandas,pandas-arrow,pyarrow $(RUN) pytest $(PARALLEL)

test-lowest: .venv-lowest/.installed  ## run the tests with the oldest supported dependencies
	.venv-lowest/bin/python -m pytest $(PARALLEL)

# `>=` of a direct dependency becomes `==`; all the rest stays as in constraints.txt.
FLOORS := import tomllib; \
	p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	floors = [d.replace(">=", "==") for d in p["dependencies"] + p["optional-dependencies"]["frames"] if ">=" in d]; \
	names = [floor.split("==")[0] for floor in floors]; \
	pins = open("constraints.txt").read().splitlines(); \
	print(*floors, *(pin for pin in pins if pin.split("==")[0] not in names), sep="\n")

.venv-lowest/.installed: pyproject.toml constraints.txt | $(call ready,.venv-lowest)
	.venv-lowest/bin/python -c '$(FLOORS)' > .venv-lowest/floors.txt
	$(call install,.venv-lowest) -c .venv-lowest/floors.txt -e . --group test
	@touch $@

# --- what contributors run --------------------------------------------------------------------------------------------

check: check-style check-types check-surface check-layers docs  ## style, types, typed surface, layers, documentation

check-style: $(VENV)/.installed-check
	$(RUN) ruff check
	$(RUN) ruff format --check

check-types: $(VENV)/.installed-check
	$(RUN) mypy
	$(RUN) pyright

# Judges what a user gets: a plain installation, seen from outside the source tree.
check-surface: $(VENV)/.installed-check .venv-wheel/.package
	cd .venv-wheel && PATH="$$PWD/bin:$$PATH" ../$(RUN) pyright --verifytypes partnerops --ignoreexternal

.venv-wheel/.requirements: pyproject.toml constraints.txt | $(call ready,.venv-wheel)
	$(call install,.venv-wheel) -c constraints.txt '.[frames,testing]'
	@touch $@

.venv-wheel/.package: .venv-wheel/.requirements $(SOURCES)
	$(call install,.venv-wheel) --no-deps --force-reinstall .
	@touch $@

check-layers: $(VENV)/.installed-check
	$(VENV)/bin/lint-imports

format: $(VENV)/.installed-lint  ## format the code and apply the safe fixes
	$(RUN) ruff check --fix
	$(RUN) ruff format

docs: $(VENV)/.installed-docs  ## build the documentation into site/
	$(RUN) mkdocs build --strict

docs-serve: $(VENV)/.installed-docs  ## show the documentation while you write it
	$(RUN) mkdocs serve

schemas: $(VENV)/.installed-run  ## renew schemas/ after a change of fields or docstrings
	$(VENV)/bin/python scripts/generate_schemas.py

notebooks: $(VENV)/.installed-run  ## run the notebooks and store what they show
	$(VENV)/bin/python scripts/run_notebooks.py

bench: $(VENV)/.installed-bench  ## measure speed and memory, side by side
	$(VENV)/bin/python benchmarks/run.py

fuzz: $(VENV)/.installed-test  ## maul files for a minute each (by atheris where installed): only our errors may come out
	$(VENV)/bin/python scripts/fuzz.py --seconds $(or $(SECONDS),60)

# Mutants are imported from their own tree, so the package itself must not be installed.
# All of them take hours.
mutation: .venv-mutation/.installed  ## find out which mistakes the tests would miss; some: make mutation ONLY='partnerops._rounding*'
	PYTHONPATH=src HYPOTHESIS_PROFILE=mutation .venv-mutation/bin/python -m mutmut run $(if $(ONLY),'$(ONLY)')

.venv-mutation/.installed: pyproject.toml constraints.txt | .venv-mutation/.pip
	$(call install,.venv-mutation) -c constraints.txt -e . --group test --group mutation
	.venv-mutation/bin/python -m pip uninstall --quiet --yes partnerops
	@touch $@

# The extras `sql` and `holidays` stay out: they hold python-dateutil below 3, and no test needs them.
COMPILE := pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --quiet \
	--upgrade --group dev --extra frames --extra testing --output-file constraints.txt pyproject.toml

constraints: $(if $(UV),,.venv-uv/.installed)  ## renew constraints.txt with the newest versions
	$(if $(UV),"$(UV)",.venv-uv/bin/uv) $(COMPILE) >/dev/null

.venv-uv/.installed: | .venv-uv/.pip
	$(call install,.venv-uv) uv
	@touch $@

build: $(call ready,.venv-wheel)  ## build the source distribution and the wheel into dist/
	$(call install,.venv-wheel) 'hatchling>=1.27'
	.venv-wheel/bin/python -m hatchling build

clean:  ## remove what was built, and the environments
	rm -rf $(VENVS) build dist site mutants .coverage .coverage.* htmlcov
	rm -rf __pycache__ .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests typing_tests examples benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || :

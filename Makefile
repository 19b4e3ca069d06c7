# Two commands set up everything on a machine that has Python 3.10 or later and make:
#
#   make demo    the main job, run against the bundled mock server
#   make test    every check there is
#
# Another Python: `make test PYTHON=python3.13`. Arguments for pytest: `make test PYTEST_ARGS="-k multipart"`.

PYTHON ?= python3
PYTEST_ARGS ?=

# Every path here is relative, so that the checkout may lie in a folder with a space in its name.
ifeq ($(OS),Windows_NT)
BIN := Scripts
else
BIN := bin
endif
TOOLS := .venv/$(BIN)
# The stamps bear the version, so that another PYTHON makes the environment anew.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
READY := .venv/ready-$(VERSION)
DEMO_READY := .venv-demo/ready-$(VERSION)
LOWEST_READY := .venv-lowest/ready-$(VERSION)
BENCH_READY := .venv-bench/ready-$(VERSION)
DOCS_READY := .venv-docs/ready-$(VERSION)
DIST_READY := .venv-dist/ready-$(VERSION)
METADATA := setup.cfg setup.py pyproject.toml

.PHONY: help demo test lowest lint format types check pytest docs dist pythons licences corpus bench soak fuzz kill clean
help:
	@echo "make demo    see the main job done, against the bundled mock server"
	@echo "make test    run every check: lint, types, check, pytest"
	@echo "make lint    style and layout of the code"
	@echo "make types   mypy, strict"
	@echo "make check   the bundled data files against their schemas and rules"
	@echo "make pytest  the tests alone"
	@echo "make lowest  the tests with the lowest versions of the dependencies; best with PYTHON=python3.10"
	@echo "make docs    the documentation as a site, in build/site"
	@echo "make dist    the source archive and the wheel, in dist; the same bytes from any clone of one commit"
	@echo "make pythons  the archives installed and tried on every Python from 3.10 on that is found: takes minutes"
	@echo "make licences  docs/licences.rst against what is installed, with all that it needs in turn"
	@echo "make corpus  every operation of some 3,200 published descriptions, which it installs first: takes minutes"
	@echo "make soak    calls, uploads, walks and logins in 16 threads against faults: MINUTES=1 unless said otherwise"
	@echo "make fuzz    any bytes against whatever reads what others wrote: SECONDS=20 for each target unless said otherwise"
	@echo "make kill    processes killed in the middle of what they write: TIMES=100 rounds for each kind of file unless said otherwise"
	@echo "make bench   how long things take, against requests and others, which it installs first: takes minutes"
	@echo "make format  put the code into its layout"
	@echo "make clean   remove what the other targets made"

demo: $(DEMO_READY)
	.venv-demo/$(BIN)/restpath demo

test: lint types check pytest

lint: $(READY)
	$(TOOLS)/python -m ruff check .
	$(TOOLS)/python -m ruff format --check .

format: $(READY)
	$(TOOLS)/python -m ruff check --fix .
	$(TOOLS)/python -m ruff format .

types: $(READY)
	$(TOOLS)/python -m mypy

check: $(READY)
	for folder in resources/*/; do \
		case $$folder in */__pycache__/ | */schema/) ;; *) $(TOOLS)/restpath check $$folder || exit 1 ;; esac; \
	done

pytest: $(READY)
	$(TOOLS)/python -m pytest -rs $(PYTEST_ARGS)

lowest: $(LOWEST_READY)
	.venv-lowest/$(BIN)/python -m pytest -rs $(PYTEST_ARGS)

# Whatever is amiss in the pages fails it. Nothing is fetched. All pages are made anew (-E -a), for they depend on the code.
docs: $(DOCS_READY)
	.venv-docs/$(BIN)/python -m sphinx -W --keep-going -n -q -E -a -b html -d build/doctrees docs build/site
	@echo "build/site/index.html"

# The time in the archives is that of the last commit, unless SOURCE_DATE_EPOCH says another.
dist: $(DIST_READY)
	rm -rf dist
	.venv-dist/$(BIN)/python tools/archives.py dist
	.venv-dist/$(BIN)/python -m twine check --strict dist/*

# Arguments: `make pythons PYTHONS_ARGS="--python /opt/python3.14/bin/python3"`.
pythons: $(READY)
	$(TOOLS)/python tools/pythons.py $(PYTHONS_ARGS)

licences: $(READY)
	$(TOOLS)/python tools/licences.py

# Arguments: `make corpus CORPUS_ARGS="--sample 100"`.
corpus: $(READY)
	$(TOOLS)/python tools/corpus.py $(CORPUS_ARGS)

# `make soak MINUTES=60`
MINUTES ?= 1
soak: $(READY)
	$(TOOLS)/python tools/soak.py --minutes $(MINUTES)

# `make fuzz SECONDS=600`. Where there is no atheris (Windows, the newest Python), inputs are made by chance.
SECONDS ?= 20
fuzz: $(READY)
	-$(TOOLS)/python -m pip install --quiet --disable-pip-version-check atheris
	$(TOOLS)/python tools/fuzz.py --seconds $(SECONDS)

# `make kill TIMES=500`. More arguments: `make kill KILL_ARGS="--kinds tokens,history --small /mnt/empty"`.
TIMES ?= 100
kill: $(READY)
	$(TOOLS)/python tools/kill.py --times $(TIMES) $(KILL_ARGS)

# Arguments: `make bench BENCH_ARGS="--rows get,post --rounds 0.2"`.
# Measured is what users get: an installed package. An editable one brings a finder, and what that imports, into every
# process; so would the checkout, if it were the working directory.
bench: $(BENCH_READY)
	rm -rf build/lib build/bdist.* .venv-bench/run && mkdir .venv-bench/run && cp -R benchmarks .venv-bench/run
	.venv-bench/$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
	cd .venv-bench/run && ../$(BIN)/python -m benchmarks $(BENCH_ARGS)

# One recipe for all environments. The installation is an editable one: a change in the code needs no new one,
# a change in the metadata makes it anew.
$(READY): EXTRAS := test
$(DEMO_READY): EXTRAS := cli
$(DOCS_READY): EXTRAS := docs
$(LOWEST_READY): EXTRAS := cli,yaml,mock
$(LOWEST_READY): FLOORS := --requirement .venv-lowest/requirements.txt
$(BENCH_READY): FLOORS := --requirement benchmarks/requirements.txt
$(BENCH_READY): benchmarks/requirements.txt
$(DIST_READY): FLOORS := --requirement tools/archives.txt
$(DIST_READY): tools/archives.txt
$(READY) $(DEMO_READY) $(LOWEST_READY) $(BENCH_READY) $(DOCS_READY) $(DIST_READY): $(METADATA)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "restpath needs Python 3.10 or later, and '$(PYTHON)' is not one. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv --clear $(@D) || { \
		echo "'$(PYTHON)' cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(if $(filter $(LOWEST_READY),$@),$(PYTHON) tools/lowest.py >$(@D)/requirements.txt)
	$(@D)/$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".$(if $(EXTRAS),[$(EXTRAS)])" $(FLOORS)
	@touch $@

clean:
	rm -rf .venv .venv-demo .venv-lowest .venv-bench .venv-docs .venv-dist .node .fuzz build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

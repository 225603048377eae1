# make check-bounds   every theorem against exact laws        make test   the tests
# make check-bounds STORE=--store   the same, without what is kept in results/measurements.sqlite
# make plots          figures of the committed rows           make regress SAMPLER=module:Class
# make report         one page to read of the committed verdicts: build/report.html
# make docs           the documents as a site: build/docs
# make test-slow      what seldom breaks or takes longest
# make check-rounding  as above with rounding errors in every law: the ledger must stand
# make check-kernels   as above under other kernels and instruction sets
# make mutants     built-in samplers and theorems broken: which of them regress kills; hours
# make wheel          wheel and sdist in dist/, tried in a clean environment outside the tree
# make check-full     the long sweeps too: S to 50,257, d to 1,000
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
SAMPLER ?=
QUIETLY := --quiet --disable-pip-version-check -c constraints.txt
TORCH := torch==2.13.0+cpu
WHEELS := https://download.pytorch.org/whl/cpu
# Tells of a command that says little; needs nothing that is to be installed.
TELL := $(PYTHON) -m harness.foundation.telling
# Small matrix products are slower with threads, and two cores are soon busy.
export OPENBLAS_NUM_THREADS ?= 1
# Most of a short run is compilation; what was compiled is kept for the next one.
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.cache/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0

.PHONY: install mutants check-bounds check-full check-rounding check-kernels test test-slow plots report docs regress bench bench-long bench-gpu wheel lint clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "leapcheck needs Python 3.11 or newer")'
	$(TELL) 'making .venv' $(PYTHON) -m venv .venv
	$(TELL) 'installing into .venv' \
		$(BIN)/pip install $(QUIETLY) -e '.[dev]'
	# PyPI has PyTorch with gigabytes for GPUs, so one exact wheel without, from where it is.
	$(TELL) 'installing PyTorch into .venv' \
		sh -c '$(BIN)/pip install $(QUIETLY) $(TORCH) || $(BIN)/pip install $(QUIETLY) $(TORCH) --index-url $(WHEELS)' \
		|| echo 'no PyTorch: tests of code that draws by it are skipped'
	touch $@

check-bounds: install
	$(BIN)/leapcheck check $(STORE)

check-full: install
	$(BIN)/leapcheck check experiments/full/*.toml --results results/full

check-rounding: install
	$(BIN)/leapcheck check-rounding

check-kernels: install
	$(BIN)/leapcheck check-kernels

test: install
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: install
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

plots: install
	$(BIN)/leapcheck plot
	$(BIN)/leapcheck plot --results results/full --out results/figures/full
	cp results/figures/step_even-ring.png results/step_even/ring.png  # the README's figures
	cp results/figures/calls-equal_calls.png results/equal_calls/calls.png
	cp results/figures/calls-equal_cost.png results/equal_cost/calls.png
	cp results/figures/reveal_sets.png results/reveal_sets/coupling.png
	cp results/figures/lost_jumps-product.png results/lost_jumps/length.png
	$(BIN)/leapcheck ladder step_geometric --target ring --sampler "tau_leaping (wrap)" --sampler tweedie --out results/figures/ladder
	cp results/figures/ladder.png results/step_geometric/ladder.png
	cp results/figures/full/growth.png results/full/growth.png
	cp results/figures/full/critical_point.png results/full/critical_point/magnet.png
	cp results/figures/full/decoders_long.png results/full/decoders_long/calls.png
	cp results/figures/full/decoders_letters.png results/full/decoders_letters/calls.png

report: install
	$(BIN)/leapcheck report --results results --results results/full --out build/report.html

docs: .venv/installed-docs
	NO_MKDOCS_2_WARNING=1 $(TELL) 'making pages' $(BIN)/mkdocs build --strict
	@echo wrote build/docs/index.html

.venv/installed-docs: .venv/installed
	$(TELL) 'installing mkdocs into .venv' \
		$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

regress: install
	@test -n "$(SAMPLER)" || { echo "usage: make regress SAMPLER=package.module:Class"; exit 2; }
	$(BIN)/leapcheck regress $(SAMPLER)

mutants: install
	$(BIN)/python -m tests.teeth.mutants
	$(BIN)/python -m tests.teeth.theorem_mutants

bench: install
	$(BIN)/leapcheck bench --keep results/bench/speeds.csv

bench-long: install
	$(BIN)/leapcheck bench --long

bench-gpu: install
	$(BIN)/python -m harness.bench.on_gpu

wheel: install
	rm -rf dist
	LEAPCHECK_DIST=$(CURDIR)/dist $(TELL) 'building and trying wheel and sdist' \
		$(BIN)/python -m pytest -m slow tests/test_wheel.py

lint: install
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyright

clean:
	rm -rf .venv .cache build dist results/figures

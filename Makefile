# `make run` solves a problem, `make test` runs every test; each first does what is needed, and only that.

P = Write a Python function that returns the n-th prime number, counting 2 as the first. f(1)=2, f(10)=29. Call it nth_prime.
SUITE = ../shared/data/humaneval.jsonl
LIMIT = 20
TEST_MODELS = smollm2-135m-instruct-q4_1 qwen2.5-coder-0.5b-instruct-q4_k_m gemma-3-270m-q4_k_m
BENCH_MODEL = qwen2.5-coder-1.5b-instruct-q4_k_m qwen2.5-coder-0.5b-instruct-q4_k_m
RUNS = 5
ENGINE_SUITE = $(wildcard ../shared/data/humaneval.jsonl)
ATTACKS = ../shared/attacks.jsonl

PYTHON = .venv/bin/python
PONDER = .venv/bin/ponder
INSTALL = $(PYTHON) -m pip install -qq --no-input --disable-pip-version-check
# As it was given: a dollar sign in a problem is no variable.
export PROBLEM := $(value P)

.PHONY: help run test fast check fix bench bench-engine bench-sandbox bench-view clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:
	@echo 'make run              set up, then solve an example;  make run P="your problem"  solves yours'
	@echo 'make test             set up, then run every test'
	@echo 'make fast             the tests of pure logic alone, in seconds'
	@echo 'make check | fix      formatting, lint and types | mend what can be mended'
	@echo 'make bench            score a suite:  make bench SUITE=suite.jsonl LIMIT=20'
	@echo 'make bench-engine     the engine against llama.cpp'"'"'s own tools, in one to two hours:  RUNS=5 BENCH_MODEL=... ONLY=fork_ms'
	@echo 'make bench-sandbox    the sandbox against a bare interpreter and fresh containers;  ATTACKS=hostile.jsonl'
	@echo 'make bench-view       what share of the processor time of a solve the live view takes'
	@echo 'make clean            remove what was made here; models and builds stay in the cache folder'

run: .venv/ponder
	@$(PONDER) sandbox build
	@$(PONDER) models pull auto
	@$(PONDER) -- "$$PROBLEM"

test: .venv/ponder .venv/development
	@for model in $(TEST_MODELS); do $(PONDER) models pull $$model || exit; done
	@$(PYTHON) -m pytest

fast: .venv/ponder .venv/development
	@$(PYTHON) -m pytest -q -m "not real"

check: .venv/ponder .venv/development
	@.venv/bin/ruff check . .ci/pin
	@.venv/bin/ruff format --check . .ci/pin
	@.venv/bin/basedpyright

fix: .venv/development
	@.venv/bin/ruff check --fix . .ci/pin
	@.venv/bin/ruff format . .ci/pin

bench: .venv/ponder
	@$(PONDER) models pull auto
	@$(PONDER) bench "$(SUITE)" --limit $(LIMIT)

# The last line on standard output is one JSON object; llama.cpp's tools are built from the wheel's own source the first time.
bench-engine: .venv/ponder
	@for model in $(BENCH_MODEL) smollm2-135m-instruct-q4_1; do $(PONDER) models pull "$$model" >&2 || exit; done
	@$(PYTHON) -m tests.benchmarks.engine --runs $(RUNS) $(BENCH_MODEL:%=--model %) $(ONLY:%=--only %) \
		$(if $(ENGINE_SUITE),--suite $(ENGINE_SUITE)) $(if $(JOIN),--join $(JOIN))

bench-sandbox: .venv/ponder
	@$(PONDER) sandbox build
	@$(PYTHON) -m tests.benchmarks.sandbox --attacks "$(ATTACKS)"

bench-view: .venv/ponder
	@$(PONDER) sandbox build
	@$(PYTHON) -m tests.benchmarks.view --model $(firstword $(BENCH_MODEL))

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Stamps: each is newer than all that it was made from. A step that was interrupted has none, and is done again.

# What is installed knows where it lies and which Python it is for: a checkout that was moved or copied begins anew, as one does
# whose Python is gone.
MADE_FOR := $(shell $(PYTHON) -c 'print(open(".venv/made").read(), end="")' 2>/dev/null)
ifneq ($(MADE_FOR),$(CURDIR))
.PHONY: .venv/made
endif

.venv/made:
	@if [ -s $@ ] || ! $(PYTHON) -m pip --version >/dev/null 2>&1; then \
		old=; without=; \
		for name in python3.13 python3.12 python3.11 python3; do \
			"$$name" -c '' >/dev/null 2>&1 || continue; \
			"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { old="$$("$$name" -V)"; continue; }; \
			"$$name" -c 'import ensurepip, venv' 2>/dev/null || { without=$$name; continue; }; \
			echo "making the environment .venv with $$("$$name" -V)"; \
			"$$name" -m venv --clear .venv && printf %s "$(CURDIR)" >$@ && exit; \
			exit 1; \
		done; \
		if [ "$$without" ]; then \
			echo "$$without cannot make virtual environments; install that part (Debian, Ubuntu: apt-get install python3-venv)" >&2; \
		else \
			echo "Python 3.11 or newer is needed$${old:+, and $$old is here} (Debian, Ubuntu: apt-get install python3 python3-venv)" >&2; \
		fi; \
		exit 1; \
	fi; \
	printf %s "$(CURDIR)" >$@

.venv/runtime: .venv/made constraints.txt
	@echo 'installing what ponder needs'
	@$(INSTALL) --require-hashes -r constraints.txt
	@touch $@

.venv/llama: .venv/runtime agent/engine/build.py
	@$(PYTHON) -I agent/engine/build.py --python $(PYTHON)
	@touch $@

.venv/ponder: .venv/llama pyproject.toml
	@$(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/development: .venv/runtime constraints-dev.txt
	@echo 'installing what the tests and checks need'
	@$(INSTALL) --require-hashes -r constraints-dev.txt
	@touch $@

# Everything a person does with a checkout. `make` alone lists it. Every target sets up what it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
PYTEST := .venv/bin/pytest
TRUESHELF := .venv/bin/trueshelf
# What `make test` and `make check` look at; ARGS narrows a run: make test ARGS="tests/unit/qa -x"
ARGS ?=
PHOTOS ?=
MASKS ?=
BACKING ?= local
export TRUESHELF_TEST_BACKING := $(BACKING)
LEVELS := tests/unit tests/contracts tests/architecture $(sort $(wildcard tests/integration/*))
WHOLE_STACK := tests/e2e tests/chaos
MEMBERS := contracts/trueshelf_contracts $(wildcard services/*/trueshelf_*) deploy/cli/trueshelf_cli

.PHONY: help setup demo test check contracts format lock up down status doctor chaos bench-stack bench-flow bench-bus bench-drift bench-cutout bench-review clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## system packages (as root), uv, .venv and jars; does nothing when nothing changed
	@deploy/setup/setup.sh

demo: setup ## photos from intake to packs on a real stack, which stays up; PHOTOS=DIR takes your own
	@$(TRUESHELF) demo $(if $(PHOTOS),--photos "$(PHOTOS)")

up: setup ## start the local stack
	@$(TRUESHELF) up $(ARGS)

down: ## stop the local stack
	@test -x $(TRUESHELF) && $(TRUESHELF) down || echo "nothing is set up, nothing runs"

status: setup ## what runs, how it fares, what waits
	@$(TRUESHELF) status

doctor: setup ## check machine and stack, with advice
	@$(TRUESHELF) doctor

test: setup ## every test, on real servers started for it; BACKING=containers takes them from Docker
ifeq ($(ARGS),)
	@deploy/setup/levels.sh $(PYTEST) "$(WHOLE_STACK)" "$(LEVELS)"
else
	@$(PYTEST) $(ARGS)
endif

check: setup ## lint, types (Python, and the scripts of the pages), import rules, contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy $(MEMBERS) services/_imaging/training
	@deploy/setup/tsc.sh -p services/console
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m trueshelf_contracts check

format: setup ## let ruff format everything
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix-only --quiet .

contracts: setup ## write schemas, examples and the AsyncAPI document from the models
	@$(PY) -m trueshelf_contracts write

lock: setup ## resolve all members' dependencies anew and write requirements.lock
	@.trueshelf/uv/bin/uv lock
	@.trueshelf/uv/bin/uv export --quiet --frozen --no-emit-workspace --no-header --no-annotate --all-packages --all-groups -o requirements.lock

chaos: setup ## 300 SKUs through the whole path under 100 kills, then an independent check
	@$(PY) tests/chaos/run.py $(ARGS)

bench-stack: setup ## start-up time and memory against their targets
	@$(PY) tests/bench/bench_stack.py $(ARGS)

bench-flow: setup ## SKUs per minute and delay per stage, and the ratio to the bare functions
	@$(PY) tests/bench/bench_flow.py $(ARGS)

bench-bus: setup ## inbox + state + outbox transactions per second
	@$(PY) tests/bench/bench_bus.py $(ARGS)

bench-drift: setup ## how often qa sees drift, how often it cries wolf, with intervals; PHOTOS=DIR takes your own
	@$(PY) tests/bench/bench_drift.py $(if $(PHOTOS),--photos "$(PHOTOS)" )$(ARGS)

bench-review: setup ## what a reviewer waits for: next case, decision, 200 cases without a leak, 50,000 SKUs
	@$(PY) tests/bench/bench_review.py $(ARGS)

bench-cutout: setup ## how good the cut-out is, beside three textbook methods; PHOTOS=DIR MASKS=DIR takes your own
	@OPENBLAS_NUM_THREADS=1 $(PY) tests/bench/bench_cutout.py $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(MASKS),--masks "$(MASKS)") $(ARGS)

clean: down ## remove .venv and .trueshelf, the stack's data included
	rm -rf .venv .trueshelf

# `make demo` and `make test` are all that is needed to begin; `make help` lists the rest.
.DEFAULT_GOAL := help
PYTHON ?= python3

.PHONY: help demo up down status compose-demo compose-down test test-compose test-compose-backup test-compose-restart check format journeys bench mutants canaries faults faults-planted docs freeze requirements venv dev clean test-cluster bundle bundle-test

# Compiled modules are kept, also where the environment says otherwise: every worker and server would compile all again.
export PYTHONDONTWRITEBYTECODE :=
RUN := .venv/bin/python -m
DATA_DIR ?= .onevisit
COMPOSE_DIR ?= .onevisit-compose
BUNDLE ?= build/bundle
PORT ?= 8080
# Tests share two workers' worth of machine by default; TESTS narrows them: make test TESTS=tests/identity
WORKERS ?= 2
TESTS ?= tests
BLACK_BOX := $(addprefix tests/journeys/test_,killed.py edge.py loop.py client.py events_cli.py bad_input.py)
EVENTS ?= 50000
MINUTES ?= 5
RATE ?= 200
LOAD_SECONDS ?= 120
REPLIES ?= 100000
N ?= 10000

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-21s %s\n", $$1, $$2 }' Makefile

demo: venv ## watch a newborn's whole registration: sets up, starts everything, drives it, takes it down
	@.venv/bin/onevisit demo

up: venv ## start the platform and leave it running (PORT=8080, DATA_DIR=.onevisit)
	@.venv/bin/onevisit up --detach --port "$(PORT)" --data-dir "$(DATA_DIR)"

down: venv ## stop it; the data stays
	@.venv/bin/onevisit down --data-dir "$(DATA_DIR)"

status: venv ## what runs, where, and how much memory it takes
	@.venv/bin/onevisit status --data-dir "$(DATA_DIR)"

compose-demo: venv ## the same in containers: builds the image, starts deploy/compose.yaml, drives it; leaves it running
	@deploy/compose.sh build
	@deploy/compose.sh up
	@deploy/compose.sh keys "$(abspath $(COMPOSE_DIR))"
	@SSL_CERT_FILE="$(COMPOSE_DIR)/trust.pem" .venv/bin/onevisit demo --data-dir "$(COMPOSE_DIR)"

compose-down: ## stop those containers and forget their data
	@deploy/compose.sh down
	@rm -rf "$(COMPOSE_DIR)"

test: dev ## every test, on a real PostgreSQL and a real NATS
	@$(RUN) pytest -n "$(WORKERS)" --dist worksteal -q $(TESTS)

# Limits are per caller, and here one caller asks for everybody.
define on-compose
if ! docker info >/dev/null 2>&1; then echo "no container engine answers: not tried: $(1)"; exit 0; fi; \
export ONEVISIT_LIMITS_ENFORCED=false SSL_CERT_FILE="$(abspath $(COMPOSE_DIR))/trust.pem" \
	ONEVISIT_TEST_PLATFORM="$(abspath $(COMPOSE_DIR))" ONEVISIT_TEST_COMPOSE=deploy/compose.sh; \
deploy/compose.sh up && deploy/compose.sh keys "$(abspath $(COMPOSE_DIR))" && $(RUN) pytest -q -n 0 $(1)
endef

test-compose: dev ## the journeys against those containers, as a black box, a service killed in their midst
	@$(call on-compose,$(BLACK_BOX))

# Each a test of its own: the first brings another stack up, the second leaves no container of ours in its place.
test-compose-backup: dev ## back up those containers, restore them under another project name, and compare
	@$(call on-compose,tests/deploy/backup/test_in_containers.py)

test-compose-restart: dev ## replace those containers one by one while they are used: nobody is refused who tries again once
	@$(call on-compose,-s tests/deploy/test_restart_in_containers.py)

check: dev ## style, types, imports, and what the public AsyncAPI parser says of our document
	@$(RUN) ruff check .
	@$(RUN) ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(RUN) mypy
	@.venv/bin/lint-imports --no-logo
	@tests/contracts/npm/check.sh

format: dev ## put the code into the one format
	@$(RUN) ruff check --fix --quiet .
	@$(RUN) ruff format .

journeys: dev ## the whole platform as a black box, alone
	@$(RUN) pytest -q tests/journeys

bench: dev ## our speed beside the floor, measured in one run (EVENTS=1000000 replays so many)
	@$(RUN) tests.bench --replayed "$(EVENTS)"

mutants: dev ## ten thousand changes to every form of a certificate: none believed (FORM=pdf N=10000 SEED=1)
	@$(RUN) tests.mutants --number "$(N)" --seed "$(or $(SEED),1)" $(addprefix --form ,$(FORM))

faults: dev ## kill -9 of everything under load, then count: MINUTES=5, SEED=, RATE=200, REPORT=file.json
	@$(RUN) tests.faults --minutes "$(MINUTES)" --rate "$(RATE)" $(if $(SEED),--seed "$(SEED)") \
		$(if $(REPORT),--json "$(REPORT)")

test-cluster: RATE = 50
test-cluster: dev ## kill -9 of two of deploy/cluster's machines under load, then count: RATE=50, LOAD_SECONDS=120, REPORT=
	@$(RUN) tests.cluster events --rate "$(RATE)" --seconds "$(LOAD_SECONDS)"
	@$(RUN) tests.cluster applications --rate "$(RATE)" --seconds "$(LOAD_SECONDS)" $(if $(REPORT),--json "$(REPORT)")

faults-planted: dev ## plant the mistakes that others have made, one at a time; each must be caught
	@$(RUN) tests.faults.planting

canaries: dev ## 200 people at once, 100,000 replies in every form: each must be the right person's (REPLIES=)
	@CANARIES="$(REPLIES)" $(RUN) pytest -q -s -n 0 tests/certificates/test_canaries.py

docs: dev ## write the pages that the code itself can tell: problems, settings, metrics, events, AsyncAPI
	@$(RUN) tests.architecture.generate

freeze: dev ## write down the events as they are, for ever: adds what is new, changes nothing
	@$(RUN) tests.contracts.published

bundle: venv ## a folder that installs without any network: packages, images, catalogue, checksums (BUNDLE=folder)
	@deploy/bundle.sh "$(BUNDLE)"

bundle-test: dev ## make one, and install it where there is no network
	@BUNDLE_TEST=1 $(RUN) pytest -q -n 0 tests/deploy/test_bundle.py

requirements: dev ## pin and hash every package again, for every platform
	@deploy/pin.sh

venv:
	@PYTHON="$(PYTHON)" deploy/venv.sh runtime

dev:
	@PYTHON="$(PYTHON)" deploy/venv.sh dev

clean: ## forget the environment, caches and the data of `make up`
	@[ ! -x .venv/bin/onevisit ] || .venv/bin/onevisit down --data-dir "$(DATA_DIR)"
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build onevisit.egg-info "$(DATA_DIR)"
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

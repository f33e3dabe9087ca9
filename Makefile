# Verbs. `make run` and `make test` need nothing but Debian 12: they install what is missing.
APP  ?= apps/wwhd
PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= data/$(notdir $(APP))
JOBS ?= $(shell nproc)
export PORT HOST DATA

.PHONY: help run build test forget-calls test-unit test-end-to-end test-deploy bench counts soak lint format fuzz tsan clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: build ## Build and serve $(APP) (APP=, PORT=, HOST=, DATA= choose)
	build/release/slipway serve $(APP)

build: ## Build build/release/slipway
	@scripts/install.sh build
	@cmake --preset release $(QUIET)
	@cmake --build --preset release --parallel $(JOBS)

# What the program asks of AWS meanwhile is held against the roles of the stacks at the end (tests/deploy/test_calls.py).
test: export SLIPWAY_AWS_CALLS := $(CURDIR)/build/aws_calls.tsv
test: forget-calls test-unit test-end-to-end test-deploy ## Build with sanitizers and run all tests

forget-calls:
	@rm -f build/aws_calls.tsv

test-unit: build-dev
	ctest --preset dev --parallel $(JOBS)

build-dev:
	@scripts/install.sh test
	@cmake --preset dev $(QUIET)
	@cmake --build --preset dev --parallel $(JOBS)

# One more than there are cores, here and below: tests wait for what sleeps, comes back, or never comes, and the provider of AWS for minutes.
test-end-to-end: build-dev
	SLIPWAY_BINARY=$(CURDIR)/build/dev/slipway /usr/bin/python3 -m pytest -q -n $$(($(JOBS) + 1)) --dist loadfile tests/end_to_end

test-deploy: build-dev # What is deployed, read and rehearsed without an account
	SLIPWAY_BINARY=$(CURDIR)/build/dev/slipway /usr/bin/python3 -m pytest -q -n $$(($(JOBS) + 1)) --dist loadfile tests/deploy

tsan: ## Build with the thread sanitizer and run the unit tests
	@scripts/install.sh test
	cmake --preset tsan $(QUIET)
	cmake --build --preset tsan --parallel $(JOBS)
	ctest --preset tsan --parallel $(JOBS)

lint: ## clang-format and clang-tidy
	@scripts/install.sh lint
	@cmake --preset dev $(QUIET)
	@cmake --build --preset dev --target room_base --parallel $(JOBS)
	scripts/lint.sh

format: ## Format all sources
	@scripts/install.sh lint
	git ls-files -z '*.cpp' '*.h' ':!tests/house/fixtures' | xargs -0 clang-format-19 -i

bench: build ## Measure beside others, BENCH_ONLY=, BENCH_SCALE= (bench/README.md)
	@scripts/install.sh bench
	@cmake --build --preset release --target scripted-provider store-writers store-bench --parallel $(JOBS)
	/usr/bin/python3 bench/run.py

counts: build ## Compare the instructions of a request, a token and a search with bench/counts.json
	@scripts/install.sh bench
	@cmake --build --preset release --target scripted-provider --target store-bench --parallel $(JOBS)
	/usr/bin/python3 bench/counts.py

fuzz: ## Run each fuzz target for FUZZ_SECONDS (10)
	@scripts/install.sh test
	cmake --preset fuzz $(QUIET)
	cmake --build --preset fuzz --parallel $(JOBS)
	scripts/fuzz.sh $${FUZZ_SECONDS:-10}

soak: build ## Long tests: kill -9, load, memory, fuzzing (bench/README.md; under 3 h)
	@scripts/install.sh test
	@scripts/install.sh bench
	@cmake --build --preset release --target scripted-provider --target store-bench --parallel $(JOBS)
	/usr/bin/python3 bench/soak/soak.py

clean: ## Remove build/
	rm -rf build

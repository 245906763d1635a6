# Each target does its own set-up in .venv, from the versions in constraints.txt.
#   make demo    a batch of audited model queries, proved and verified, on real data (about five minutes)
#   make test    lint, Python tests, interop tests against the pinned npm oracles; with valgrind (apt install valgrind) those of constant time
#   make gate    three kernels against the commit before, exact counts against the stored ones (a minute; four if that commit must be built)
#   make crash   the faults of ledger and store, twenty times each: writers, leaders and nodes killed, networks cut, disks and quotas full, bytes flipped
#                (a quarter of an hour on two cores; ROUNDS=1 for one round)
#   make bench   the benchmarks, then each kernel and the rollup beside their peers (about 15 minutes)
#   make ifma-trap  the kernel tests of the levels that this processor lacks (AVX-512 IFMA, SHA extensions), emulated
#   make fuzz    arithmetic of all levels against each other, CASES=10^9 in fields and a tenth of that with big numbers (an hour on two cores)
#   make aarch64 the kernel tests cross-compiled for AArch64, under qemu (apt install g++-12-aarch64-linux-gnu qemu-user; about 15 minutes)
#   make asan    the tests of the kernels and of the C interface under AddressSanitizer and UndefinedBehaviorSanitizer

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
BUILD := build/wheel
INSTALL = PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install -c constraints.txt --no-build-isolation --config-settings=build-dir=$(BUILD)
INTEROP := tests/interop
SOURCES := $(shell find cpp bindings cmake python -type f -not -name '*.so' -not -name '*.pyc' 2>/dev/null) CMakeLists.txt pyproject.toml
CXX_SOURCES := $(shell find cpp bindings tests benchmarks -name node_modules -prune -o \( -name '*.h' -o -name '*.cpp' \) -print)

.PHONY: demo test crash gate bench lint ifma-trap fuzz aarch64 asan stubs format clean

demo: $(VENV)/.installed-ml
	$(BIN)/assay rollup demo --out demo-out --json demo-out/demo.json $(ARGS)

test: $(VENV)/.installed-dev $(INTEROP)/node_modules/.ready $(BIN)/etcd lint
	$(MAKE) --no-print-directory fuzz CASES=2000000
	$(TRAP) $(TRAP_SHORT)
	ASSAY_REQUIRE_INTEROP=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder tests

# Not in parallel: they measure outages, and fill disks.
ROUNDS ?= 20
CRASH = $(patsubst %,tests/contract/test_%.py,ledger_crash embedded_faults etcd_faults store_crash)
crash: $(VENV)/.installed-dev $(BIN)/etcd
	ASSAY_CRASH_REPEATS=$(ROUNDS) ASSAY_REQUIRE_INTEROP=1 $(BIN)/python -m pytest -s $(CRASH)

bench: $(VENV)/.installed-dev $(INTEROP)/node_modules/.ready
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-disable-gc
	for name in field ntt msm pairing groth16 rollup modexp paillier merkle ledger; do $(BIN)/assay bench $$name || exit 1; done

# Kernel tests under tests/support/trap.py, at the levels that need it. The short form is part of `make test`.
TRAP = $(BIN)/python tests/support/trap.py $(BIN)/python -m pytest -n auto -k "ifma or sha256"
TRAP_SHORT = $(patsubst %,tests/kernels/test_%.py,levels sha256 field ntt msm msm_precomputed poseidon bigint_lanes ed25519)

ifma-trap: $(VENV)/.installed-dev
	$(TRAP) tests/kernels

aarch64: $(VENV)/.tools $(INTEROP)/node_modules/.ready
	PYTHON=$(CURDIR)/$(BIN)/python ASSAY_REQUIRE_INTEROP=1 tools/aarch64.sh test -n 2 tests/kernels $(ARGS)

# tests/fuzz. Under the trap the ifma level takes part where the processor lacks it.
CASES ?= 1000000000
FUZZ = $(BUILD)/tests/fuzz
BIG_CASES ?= $(shell expr $(CASES) / 10)
fuzz: $(VENV)/.installed-dev  # in the build folder of the wheel, whose kernels it links
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cmake --preset fuzz -B $(BUILD)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cmake --build $(BUILD) --target fuzzers
	$(FUZZ)/bigint_constant_time
	$(FUZZ)/field_levels --cases $(CASES)
	$(BIN)/python tests/support/trap.py $(FUZZ)/field_levels --cases $(CASES) --level ifma
	$(FUZZ)/ed25519_levels --cases $(BIG_CASES)
	$(BIN)/python tests/support/trap.py $(FUZZ)/ed25519_levels --cases $(shell expr $(BIG_CASES) / 10) --level ifma
	$(FUZZ)/bigint_words --cases $(shell expr $(BIG_CASES) / 10)
	$(FUZZ)/bigint_levels --cases $(BIG_CASES)
	$(BIN)/python tests/support/trap.py $(FUZZ)/bigint_levels --cases $(BIG_CASES) --level ifma

# The merge base with the main branch, or the commit before where we are on it.
BASE ?= $(shell base=$$(git merge-base HEAD origin/main 2>/dev/null); \
  [ -n "$$base" ] && [ "$$base" != "$$(git rev-parse HEAD)" ] && echo $$base || echo HEAD~1)
gate: $(VENV)/.installed-dev
	$(BIN)/assay bench --against $(BASE) --allow-missing --case ntt --case msm-g1 --case pairing $(ARGS)
	$(BIN)/assay bench counts --check

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check python tests benchmarks
	$(BIN)/ruff format --check python tests benchmarks
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $(CXX_SOURCES)
	$(BIN)/lint-imports
	$(BIN)/python tools/stubs.py --check

stubs: $(VENV)/.installed-dev
	$(BIN)/python tools/stubs.py

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix python tests benchmarks
	$(BIN)/ruff format python tests benchmarks
	$(BIN)/clang-format -i $(CXX_SOURCES)

asan: $(VENV)/.installed-dev
	$(BIN)/cmake --preset asan -G Ninja -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python \
	  -Dpybind11_DIR="$$($(BIN)/python -m pybind11 --cmakedir)" -DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(BIN)/ninja
	$(BIN)/cmake --build --preset asan
	trap 'rm -f python/assay/_native*.so python/assay/capi/libassay.so*' EXIT; \
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1 PYTHONPATH=python $(BIN)/python -m pytest --capture=sys tests/kernels \
	  $(filter-out %_example.py,$(wildcard tests/contract/test_capi_*.py))

# --- set-up -----------------------------------------------------------------------------------------------------------

$(VENV)/.tools: constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 with venv is missing: apt install python3 python3-venv"; exit 1; }
	@command -v g++ >/dev/null || { echo "a C++20 compiler is missing: apt install g++"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt scikit-build-core pybind11 cmake ninja pathspec
	@touch $@

$(VENV)/.installed-ml: $(VENV)/.tools $(SOURCES)
	$(INSTALL) ".[ml]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.tools $(SOURCES)
	$(INSTALL) ".[test,lint]"
	@touch $@ $(VENV)/.installed-ml

$(INTEROP)/node_modules/.ready: $(INTEROP)/package-lock.json
	@command -v node >/dev/null || { echo "node is missing: apt install nodejs npm"; exit 1; }
	cd $(INTEROP) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BIN)/etcd: | $(VENV)/.tools
	tools/etcd.sh $(VENV)

clean:
	rm -rf $(VENV) build $(INTEROP)/node_modules

# What people and CI run. `make help` lists it.

SWIFT ?= swift
PYTHON ?= python3
# What the package links against, and what its tests run for real (a Git server over ssh, openssl, a Python client).
BUILD_PACKAGES := libgit2-dev libssl-dev libprotobuf-c-dev libyaml-dev libsqlite3-dev pkg-config
TEST_PACKAGES := git openssl openssh-server openssh-client protobuf-compiler protobuf-c-compiler python3 python3-venv
# Swift's own libraries are in the programs, so that a host needs only Debian's. What nothing refers to is left out, which
# it cannot be while every symbol is exported; packed, the relocations of the agent are 22 KB instead of 2.5 MB.
RELEASE := -c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker -s -Xlinker --gc-sections \
  -Xlinker --icf=safe -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs
# The agent shares small hosts with others: its code is compiled for size, in a folder of its own.
SMALL := $(RELEASE) -Xswiftc -Osize -Xcc -Os --scratch-path .build/small
# The agent that is handed out needs nothing of its host, so that it runs in an image with nothing else in it. Its code lies
# at fixed addresses, and in one segment with what it only reads: less of it is mapped before it is used.
STATIC := -c release --static-swift-stdlib -Xswiftc -static-executable -Xswiftc -use-ld=lld -Xlinker -s \
  -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker --no-export-dynamic -Xlinker --no-rosegment \
  -Xswiftc -Osize -Xcc -Os --scratch-path .build/static
PROGRAMS := .build/programs
DIST := .build/dist
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.swift' ':!:*/Generated/*')

# The suites that throw dice within one process.
DICE := Fuzz|Damaged|Random|TreeChangesTests|FleetRendersTests|FleetReadingTests|ClusterChecksTests|KubeconfigTests

.PHONY: help demo test fuzz build dist bench format check packages test-packages

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: packages ## build, then show the whole path on six clusters (under two minutes after the build)
	$(SWIFT) build --product flotilla
	$(SWIFT) build --product flotilla-hub
	$(SWIFT) build --product flotilla-agent
	$(SWIFT) build --product flotilla-demo-node
	"$$($(SWIFT) build --show-bin-path)/flotilla" demo

test: packages test-packages ## build and run all tests
	$(SWIFT) build --build-tests
	@SWIFT="$(SWIFT)" .ci/run-tests

fuzz: packages test-packages ## run the tests that throw dice with seeds not tried before, ROUNDS times (10)
	$(SWIFT) build --build-tests
	@set -e; for round in $$(seq $(or $(ROUNDS),10)); do \
	  FLOTILLA_TEST_SEED=fresh FLOTILLA_SEED=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') \
	    SWIFT="$(SWIFT)" .ci/run-tests --filter '$(DICE)'; \
	done

build: packages ## build the three programs for release, into .build/programs
	$(SWIFT) build $(RELEASE) --product flotilla
	$(SWIFT) build $(RELEASE) --product flotilla-hub
	$(SWIFT) build $(SMALL) --product flotilla-agent
	@install -D -t $(PROGRAMS) $(addprefix .build/release/,flotilla flotilla-hub) .build/small/release/flotilla-agent

dist: packages ## build what is handed out: tarballs of the programs with checksums, in .build/dist
	$(SWIFT) build $(RELEASE) --product flotilla
	$(SWIFT) build $(RELEASE) --product flotilla-hub
	$(SWIFT) build $(STATIC) --product flotilla-agent
	.ci/make-dist $(DIST) .build/release/flotilla .build/release/flotilla-hub .build/static/release/flotilla-agent
	.ci/check-dist $(DIST)

bench: build ## build for release and measure; BENCH=name chooses one
	$(SWIFT) build $(RELEASE) --product flotilla-demo-node
	$(SWIFT) build $(RELEASE) --product flotilla-kubernetes-double
	$(SWIFT) build $(RELEASE) --product flotilla-load
	$(SWIFT) build $(RELEASE) --product flotilla-bench
	@install -D -t $(PROGRAMS) $(addprefix .build/release/,flotilla-demo-node flotilla-kubernetes-double flotilla-load flotilla-bench)
	$(PROGRAMS)/flotilla-bench $(BENCH)

format: ## format every Swift source
	$(SWIFT) format format --in-place --parallel $(SOURCES)

check: test-packages ## generated code up to date, formatting
	Proto/generate --check
	@$(SWIFT) format lint --strict --parallel $(SOURCES)

packages:
	@.ci/install-packages $(BUILD_PACKAGES)

test-packages:
	@.ci/install-packages $(TEST_PACKAGES)

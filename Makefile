# commentary: live match commentary with PostgreSQL at the centre.
# What each target does, in one line each: make help

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
STACK := regress/stack
export PG PG_PORT RELAY_PORT RELAY_HOST RELAY DEMO PACKAGES STEP SUITE T J TIMES FUZZ_SECONDS BROWSER MIRROR OLD_MIRROR BENCH BENCH_FORCE \
	SOAK_MINUTES SOAK_DATA ENTRIES FAULTS_MINUTES FAULTS_EVERY FAULTS_SEED HOSTILE_MINUTES HOSTILE_SEED HOSTILE_ONLY
STUDIES := $(addprefix bench-,$(shell cat bench/studies))

.PHONY: all help run up down env reset check check-deep check-pg check-valgrind fuzz lint format bench $(STUDIES) install uninstall deb check-deb clean

all: ## build the extension and the relay (the default)
	@$(STACK)/build

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile
	@printf '\n'
	@printf '%s\n' \
		"  PG_PORT=54329 RELAY_PORT=8080   ports of run and up" \
		"  RELAY_HOST=127.0.0.1            0.0.0.0 lets other machines see the page" \
		"  DEMO=lords-2019                 another demo match: lords-2019, wimbledon-2008, interlagos-2008" \
		"  DEMO=no RELAY=no                up without the demo match, without the relay" \
		"  SUITE=unit|web|bench|sql|isolation|tap|fuzz|tools|docs|relay|sanitized, T=name, J=jobs   what check runs" \
		"  TIMES=1                         check names what each file took, of time and of CPU" \
		"  FUZZ_SECONDS=60                 how long fuzz runs each target" \
		"  FAULTS_MINUTES=3, FAULTS_EVERY=20, FAULTS_SEED=   check-deep's random faults: how long," \
		"                                  every how many seconds, and which: those of an earlier run" \
		"  HOSTILE_MINUTES=3, HOSTILE_SEED=, HOSTILE_ONLY=   its hostile day: how long, and which:" \
		"                                  those of an earlier run, or some attacks by their names" \
		"  BROWSER=no, BROWSER=firefox|webkit   check without the tests in a browser, or with all of them in that one" \
		"  MIRROR=URL, OLD_MIRROR=1        where check-pg gets its Debian; lists may have expired" \
		"  $(STUDIES)" \
		"                                  its studies, each alone" \
		"  BENCH=quick, BENCH_FORCE=1      a short benchmark; one on a busy machine" \
		"  SOAK_MINUTES=30, SOAK_DATA=FOLDER   how long bench-soak, with which commentary" \
		"  ENTRIES=1000000                 how large a log in bench-database" \
		"  PACKAGES=list                   name missing Debian packages, install none" \
		"  PG=15                           PostgreSQL's major version"

run: ## from nothing to a match live in the browser; Ctrl-C stops it
	@$(STACK)/run

up: ## the same in the background
	@$(STACK)/up

down: ## stop what `up` started
	@$(STACK)/down

env: ## settings for psql: eval "$(make -s env)"
	@$(STACK)/env

reset: ## stop, and throw the private cluster away
	@$(STACK)/reset

check: ## run every test; SUITE= and T= choose
	@$(STACK)/check

check-deep: ## the long experiments: faults, fuzzing, sanitizers, in about half an hour
	@$(STACK)/check --deep

check-valgrind: ## the regression tests with the server under valgrind
	@$(STACK)/valgrind

fuzz: ## look for inputs that break a parser, a minute for each
	@SUITE=fuzz FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(STACK)/check

check-pg: ## make check with another PostgreSQL (PG=17, PG=18), in its Debian
	@$(STACK)/check-pg

lint: ## style, warnings, analysers, documentation
	@regress/lint/run

format: ## write the C files in the project's style
	@regress/lint/format --write

bench: ## every study, in about 50 minutes; bench/README.md says how to read it
	@bench/run all

$(STUDIES): bench-%:
	@bench/run study $*

install: ## into the system's PostgreSQL and /usr/local, for those who want that
	@$(STACK)/install

uninstall: ## take away what install installed
	@$(STACK)/uninstall

deb: ## Debian packages, into build/deb
	@$(STACK)/deb

check-deb: ## the packages: build, install, upgrade, purge, and the guide, in a bare Debian (root)
	@$(STACK)/check-deb

clean: ## stop the stack, and remove everything that was made
	@$(STACK)/clean

# `make up` deploys the stack ENV on offline AWS, `make test` runs the whole suite. Each target sets up what it needs.
BENCH_ENV := $(if $(filter undefined,$(origin ENV)),prod,$(value ENV))
PR_ENV := $(if $(filter undefined,$(origin ENV)),,$(value ENV))
ENV ?= dev
# make takes any name on its command line: a stack that is named in small letters would be dev without a word.
ifeq ($(origin env),command line)
$(error write ENV=$(env): variables of make are in capitals)
endif
PYTHON ?= python3
VENV := .venv/bin/python
LONG := tests/review/test_planted.py tests/program/life tests/journeys tests/local/test_run.py tests/policies/test_engine.py tests/services/web/test_browser.py tests/offline/api/test_engine.py tests/providers/test_life.py
SOAK := tests/journeys/long/test_crowd.py tests/program/life/test_promotion.py tests/program/life/test_side_by_side.py
AS_FUNCTIONS := $(addprefix tests/services/,test_requests.py carts catalogue customers inventory orders payments)
# Recipes read them from the environment, so that neither make nor the shell runs what stands in them.
override ENV := $(value ENV)
override BASE := $(value BASE)
override MARKDOWN := $(value MARKDOWN)
override ARGS := $(value ARGS)
override PROJECT := $(value PROJECT)
override REPOSITORY := $(value REPOSITORY)
override URL := $(value URL)
override RATE := $(value RATE)
override FOR := $(value FOR)
override PORT := $(value PORT)
override TOKENS := $(value TOKENS)
export ENV BASE MARKDOWN ARGS PROJECT REPOSITORY URL RATE FOR TOKENS PORT
# A module of the caller's path would stand in for one of the project.
unexport PYTHONPATH PYTHONHOME
# Set in many containers; the program, its plugins and each run of tests would be compiled anew, a second each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up run pr preview destroy refresh export pulumi shell consumer consumer-destroy test test-life test-soak check format docs doctor deploy-policy bootstrap packs bench smoke load requirements engine setup
.DEFAULT_GOAL := help

.PHONY: help
help:
	@sed -n 's/^#: *//p' $(MAKEFILE_LIST)

#: make up [ENV=dev|prod|...]   deploy the stack on offline AWS, under the combined policy pack
#: make preview                 what `up` would change, and what the policies say
#: make pr [BASE=main] [ENV=...] what this branch changes in each stack, against the stack as BASE deploys it (JSON=1, MARKDOWN=file)
#: make destroy                 remove the stack (refused while protection is on)
#: make refresh                 compare the state with offline AWS
#: make export                  state of the stack as JSON, on standard output
#: make pulumi ARGS="..."       any command of Pulumi on the stack: ARGS="stack graph graph.dot", ARGS="preview --diff"
#: make shell                   a shell in which `pulumi` works on the stack
#: make run [PORT=8080]         run what `make up` deployed on this machine, until Ctrl-C: its services behind its own API and edge
#: make consumer [PROJECT=DIR]  deploy another team's project that reads our outputs
#: make consumer-destroy        remove that project's stack again
up preview destroy refresh export shell: setup
	@$(VENV) -m offline $@ --env "$$ENV"

pulumi: setup
	@$(VENV) -m offline pulumi --env "$$ENV" --args="$$ARGS"

pr: override ENV := $(PR_ENV)
pr: setup
	@$(VENV) -m review --base="$${BASE:-main}" --env="$$ENV" $(if $(JSON),--json) $(if $(MARKDOWN),--markdown="$$MARKDOWN")

run: setup .venv/.development
	@$(VENV) -m local --env="$$ENV" --port="$${PORT:-8080}"

consumer consumer-destroy: setup
	@$(VENV) -m offline $@ --env "$$ENV" --project="$$PROJECT"

#: make test                    the test suite, offline
test: setup .venv/.development
	@$(VENV) -m pytest $(addprefix --ignore=,$(LONG))

#: make test-life               its long part: deployed stacks that are changed, killed and removed; customers' journeys
test-life: setup .venv/.development
	@$(VENV) -m pytest $(LONG) $(addprefix --ignore=,$(SOAK))

#: make test-soak               what runs each night: 200 orders at once, promotion of images, two stacks of one environment; services as functions, with 2,000 made-up requests
test-soak: setup .venv/.development
	@STORE_TEST_REQUESTS=70 STORE_TEST_FORM=functions $(VENV) -m pytest $(SOAK) $(AS_FUNCTIONS)

#: make check                   format, lint, types, workflows, sizes, imports, dead code, and whether generated pages are current
check: .venv/.development
	@$(VENV) -m ruff format --check .
	@$(VENV) -m ruff check .
	@$(VENV) -m basedpyright
	@.venv/bin/zizmor --offline --quiet --min-severity=medium .github
	@$(VENV) -m pytest --numprocesses=0 tests/contracts/test_dead_code.py tests/contracts/test_sizes.py tests/contracts/test_imports.py
	@$(VENV) -m docs.generate --check

#: make format                  format the code and repair what the linter can
format: .venv/.development
	@$(VENV) -m ruff format .
	@$(VENV) -m ruff check --fix .

#: make docs                    write the generated pages anew
docs: .venv/.development
	@$(VENV) -m docs.generate

#: make packs                   build each policy pack as a folder of its own, in dist/packs
packs: .venv/.development
	@$(VENV) -m tools.build_packs

#: make bench                   what the policies add to previews of prod and of 1,300 resources
bench: override ENV := $(BENCH_ENV)
bench: setup
	@$(VENV) -m offline bench --env "$$ENV"

#: make doctor                  what the AWS account lacks before `pulumi up`; also duration and idle price (JSON=1)
doctor: .venv/.runtime
	@$(VENV) -m doctor --env "$$ENV" $(if $(JSON),--json)

#: make deploy-policy           write the least-privilege policies of the deployer, in dist/deploy-policy
deploy-policy: .venv/.runtime
	@$(VENV) -m doctor policy --env "$$ENV"

#: make bootstrap [YES=1]       make the state's bucket, its key and the deployer's role in AWS (REPOSITORY=owner/name)
bootstrap: .venv/.runtime
	@$(VENV) -m bootstrap --env "$$ENV" --repository="$$REPOSITORY" $(if $(YES),--yes)

#: make smoke URL=...           what must be true of a store that has just been deployed, asked from outside
smoke: .venv/.development
	@$(VENV) -m load.smoke "$$URL"

#: make load URL=... [RATE=20]  visitors of a store, by Locust, for [FOR=60] seconds; TOKENS=file: customers' access tokens
load: .venv/.load
	@$(VENV) -m load "$$URL" --env="$$ENV" --rate="$${RATE:-20}" --seconds="$${FOR:-60}" --tokens="$$TOKENS"

#: make engine                  get the Pulumi engine (built from Go modules where no CLI is installed)
engine: .venv/.runtime
	@$(VENV) -m engine.build

setup: .venv/.runtime engine

.venv/.runtime: requirements.txt
	@$(PYTHON) engine/environment.py requirements.txt $@

.venv/.development: requirements-dev.txt .venv/.runtime
	@$(PYTHON) engine/environment.py requirements-dev.txt $@

.venv/.load: load/requirements.txt .venv/.development
	@$(PYTHON) engine/environment.py load/requirements.txt $@

COMPILE := $(VENV) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-find-links --no-emit-index-url
#: make requirements            compile the pinned requirements anew
requirements: .venv/.development
	@$(COMPILE) --output-file=requirements.txt requirements.in
	@$(COMPILE) --output-file=services/requirements.txt services/requirements.in
	@$(COMPILE) --output-file=requirements-dev.txt requirements-dev.in
	@$(COMPILE) --output-file=load/requirements.txt load/requirements.in

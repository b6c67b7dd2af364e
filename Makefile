# Every target sets up what it needs; dev.py knows how, and is what to call where there is no make.
.DEFAULT_GOAL := help
PYTHON ?= python3
DEV := $(PYTHON) dev.py $(if $(YES),--yes)
BIN := .venv/bin
ARGS ?=

.PHONY: help run test lint shot shots bench package prove wheel strings lock clean

help:            ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 16

run:             ## open the window
	$(DEV) run $(ARGS)

test:            ## run every test that takes seconds; ARGS="tests/cli -x" runs some, with pytest's options
	$(DEV) test $(ARGS)

lint:            ## format, lint, types, and the rules of the house
	$(DEV) prepare
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

shot:            ## write a picture of the window; PAGE=downloads LANG=de SCHEME=dark SCALE=2 say of what
	$(DEV) prepare test
	$(BIN)/python -m tests.stands.window_shot --page $(or $(PAGE),chat) \
		--language $(if $(filter command,$(origin LANG)),$(LANG),en) \
		--scheme $(or $(SCHEME),light) --scale $(or $(SCALE),1)

shots:           ## write pictures of every page and dialog, in both schemes and three widths; LANG=de SCALE=2
	$(DEV) prepare test
	for state in new full away; do $(BIN)/python -m tests.stands.window_shots --state $$state \
		--language $(if $(filter command,$(origin LANG)),$(LANG),en) --scale $(or $(SCALE),1) || exit 1; done

bench:           ## measure, and write docs/benchmarks.md
	$(DEV) prepare prove
	$(BIN)/python -m benchmarks

prove:           ## the long form of the proofs that `make test` runs short
	$(DEV) prepare prove
	STUDIOLO_PROVE=1 $(BIN)/python -m pytest -m proof --timeout 3600 $(ARGS)

package:         ## build the frozen program and smoke-test it
	$(DEV) prepare package
	$(BIN)/python packaging/build.py
	$(BIN)/python packaging/smoke.py

wheel:           ## build the wheel, with resources and translations
	$(DEV) prepare run
	$(BIN)/uv build --quiet --wheel

strings:         ## collect the texts to translate; NEW=fr begins a language
	$(DEV) prepare run
	$(BIN)/pyside6-lupdate -recursive -extensions py app/studiolo/desktop -locations none \
		-ts translations/*.ts $(NEW:%=translations/studiolo_%.ts)

lock:            ## resolve the dependencies anew: hashes, no addresses
	$(DEV) prepare
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --output-file requirements.txt

clean:           ## remove what was built
	rm -rf .venv app/studiolo/translations build dist .mypy_cache .ruff_cache .pytest_cache

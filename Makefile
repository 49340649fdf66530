# `make demo` runs the main job, `make test` passes the tests; each sets up its own .venv first.
# On Windows use the pip lines in README.md.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint format bench bench-peers fuzz kill soak lock clean

demo: $(READY)
	$(BIN)/yidi demo --out out/demo

test: $(READY)
	$(BIN)/pytest -n 2 $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(READY)
	$(BIN)/python -m tests.campaigns --seeds $(or $(SEEDS),500) --start $(or $(START),1) --workers $(or $(WORKERS),1) $(ARGS)

kill: $(READY)
	$(BIN)/python tests/kill --rounds $(or $(ROUNDS),10) $(ARGS)

soak: $(READY)
	$(BIN)/python -m tests.soak --messages $(or $(MESSAGES),1000000) $(ARGS)

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

# the same requests in other tools, which live in an environment of their own
bench-peers: $(READY)
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/benchmarks/peers/requirements.lock
	$(BIN)/python -m tests.benchmarks.peers --peers .venv-peers/bin

lock: $(READY)
	$(BIN)/pip-compile --quiet --extra dev,planning,postgresql,sm,test --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml
	cd tests/benchmarks/peers && ../../../$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.lock requirements.in

$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version). Name another with: make PYTHON=..."; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf .venv .venv-peers out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

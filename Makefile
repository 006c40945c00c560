# The two commands a newcomer needs are `make demo` and `make test`; everything they need goes into .venv.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN = .venv/bin
READY = .venv/.ready
# of make test; many tests wait for a terminal or a server, so three keep two cores busy
WORKERS ?= 3
COVERING = tests/wire tests/rules tests/desk tests/faults/test_outbox_machine.py

# the tests start the program hundreds of times, which then need not be compiled anew each time
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check audit bench backtest soak plant planted cover schema openapi keys man screenshot recording snapshots pins clean

demo: $(READY)  ## the reference server with a seeded book, and the app
	@$(BIN)/triage demo $(ARGS)

test: check  ## format, lint, types, import contracts, dead code, known vulnerabilities (where reachable), all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak" $(ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/vulture
	@$(BIN)/python .ci/audit.py --if-reachable

audit: $(READY)  ## known vulnerabilities of the pinned packages; needs the network, fails where it cannot tell
	@$(BIN)/python .ci/audit.py

bench: $(READY)  ## docs/benchmarks.md, in turns with peers; ARGS="--rows start,push --rounds 3", ARGS=--million
	PYTHONPATH=tests $(BIN)/python tests/bench/run.py $(ARGS)

backtest: $(READY)  ## docs/backtest.md: the health index on two public tables, fetched from the package index
	$(BIN)/python docs/backtest.py

soak: $(READY)  ## the long sweeps, into docs/soak.md; SOAK_MINUTES=35 makes each stop at its share of the time
	SOAK_MINUTES=$(SOAK_MINUTES) $(BIN)/python -m pytest -n 2 --dist worksteal -m soak --soak-report=docs/soak.md $(ARGS)

cover: $(READY)  ## branch coverage of push, pull, outbox and rules by the tests that are about them; the goal is 95 %
	$(BIN)/python -m coverage run --data-file .coverage -m pytest -m "not soak" $(COVERING) $(ARGS)
	$(BIN)/python -m coverage report --data-file .coverage --fail-under=95

plant: $(READY)  ## one bug in a scratch copy, and the whole of its test files: make plant NAME="global FIFO"
	PYTHONPATH=tests $(BIN)/python -m kit.planted "$(NAME)"

planted: $(READY)  ## docs/planted-bugs.md from tests/kit/planted
	PYTHONPATH=tests $(BIN)/python -m kit.planted

schema: $(READY)  ## data/schema.py from data/tables.py
	$(BIN)/python -m data.tables > data/schema.py.new && mv data/schema.py.new data/schema.py

openapi: $(READY)  ## docs/openapi.json from the reference server's models
	$(BIN)/python -m triage.sandbox.openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

keys: $(READY)  ## triage/keys.txt, the ids of [keys], from the screens' bindings
	PYTHONPATH=tests $(BIN)/python -m kit.key_book

man: $(READY)  ## docs/triage.1, the man page, from the parser
	$(BIN)/python -m triage.commands.manual > docs/triage.1.new && mv docs/triage.1.new docs/triage.1

screenshot: $(READY)  ## the pictures of docs from the running app
	PYTHONPATH=tests $(BIN)/python tests/screenshot.py $(ARGS)

recording: $(READY)  ## docs/demo.cast, the demo typed by a script; `asciinema play docs/demo.cast` shows it
	PYTHONPATH=tests $(BIN)/python tests/record.py

snapshots: $(READY)  ## tests/ui/snapshots anew, after the screens have been looked at
	$(BIN)/python -m pytest -q tests/ui/test_snapshots.py --renew

pins: $(READY)  ## .ci/requirements.txt anew; needs uv, names no index
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --all-extras \
	  --upgrade pyproject.toml -o .ci/requirements.txt

$(READY): pyproject.toml .ci/requirements.txt
	@test -n "$(PYTHON)" || { echo "triage needs Python 3.11 or newer; none found on PATH." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Everything a person types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help up rehearsal test chaos contract pictures cover check bench audit assets lock keys clean prepare prepare-dev
export PATH := $(CURDIR)/.venv/bin:$(PATH)
ifdef PORT
export PORT
endif

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: prepare ## start Loumass on this machine; Ctrl-C stops it (PORT=8001 for another port)
	@exec python -m loumass.starting

rehearsal: prepare ## run a mailbox and a Twilio on this machine, to try everything for real (README)
	@exec python -m tests.rehearsal

test: prepare-dev ## run every test (TESTS=tests/contacts for some)
	@exec python -m pytest --numprocesses=auto $(TESTS)

chaos: prepare-dev ## kill workers in 20 campaigns of 2,000 messages and say what came of each (CHAOS_RUNS=3, CHAOS_SEED=...)
	@CHAOS_RUNS=$${CHAOS_RUNS:-20} CHAOS_MESSAGES=$${CHAOS_MESSAGES:-2000} CHAOS_KILLS=$${CHAOS_KILLS:-12} CHAOS_ROWS=$${CHAOS_ROWS:-60000} python -m pytest tests/chaos/test_killed_workers.py tests/chaos/test_killed_imports.py

contract: prepare-dev ## send 50 requests to each endpoint of the API and see that it keeps what its document promises (API_EXAMPLES=200, API_ONLY=/contacts)
	@API_EXAMPLES=$${API_EXAMPLES:-50} python -m pytest -o timeout=0 -n 0 tests/house/test_api_contract.py

pictures: prepare-dev ## make the pictures of the README anew, from the real pages (docs/pictures)
	@exec python -m pytest tests/browser/readme_pictures.py

cover: prepare-dev ## run tests and tell which lines none of them reached (TESTS=... as above)
	@coverage erase && coverage run -m pytest --numprocesses=auto $(TESTS) && coverage combine --quiet && coverage report

check: prepare-dev ## format, lint, types, import contracts, templates, links in docs, locks
	@exec python tools/check.py

bench: prepare-dev ## print figures as JSON lines (NAME=imports for one)
	@exec python -m bench $(NAME)

audit: prepare-dev ## ask the network whether what we lock has known weaknesses
	@exec pip-audit --requirement requirements.txt --require-hashes --disable-pip

assets: prepare-dev ## build what pages load from others anew and compare (WRITE=1 keeps it)
	@exec python tools/assets.py $(if $(WRITE),--write)

lock: prepare-dev ## compile pyproject.toml into the two lock files
	@exec python tools/lock.py

keys: prepare ## print fresh secrets for an installation (NAME=k2 names the sealing key)
	@exec python -m loumass.starting.keys $(NAME)

clean: ## remove what was generated, except .local and its data
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov test-output *.egg-info
	find . -name __pycache__ -type d -not -path './frontend/*' -prune -exec rm -rf {} +

prepare:
	@tools/python.sh tools/prepare.py

prepare-dev:
	@tools/python.sh tools/prepare.py --dev

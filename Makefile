# The front door. `make help` lists the verbs; what they do stands in `outlay`, the command.
PYTHON ?=
RUN := $(if $(PYTHON),$(PYTHON),.venv/bin/python)
FIND := for p in python3.11 python3.12 python3.13 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done
.DEFAULT_GOAL := all
.SECONDARY:
.PHONY: all figures test lab check update clean help

all: $(if $(PYTHON),,.venv/run)  ## make the environment if there is none, run what changed, build charts and pages
	@$(RUN) -m outlay build

figures: $(if $(PYTHON),,.venv/run)  ## the same, and every chart as PDF too
	@$(RUN) -m outlay build --pdf

test: $(if $(PYTHON),,.venv/dev)  ## run all tests: the library, its examples, the ledger, the notebooks, the pages
	@$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile

lab: $(if $(PYTHON),,.venv/run)  ## open the notebooks in JupyterLab
	@$(RUN) -m jupyter lab --notebook-dir=notebooks --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

check: $(if $(PYTHON),,.venv/run)  ## check the ledger, and name notebooks that are out of date
	@$(RUN) -m outlay check && $(RUN) -m outlay build --check

update: $(if $(PYTHON),,.venv/run)  ## bring in what the SEC's company facts hold and the ledger does not (set OUTLAY_CONTACT to your mail address)
	@$(RUN) -m outlay update

clean:  ## take out what was built; the environment stays
	@rm -rf build

help:  ## list these verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10
	@echo 'An environment of your own instead of .venv: make PYTHON=python'

.venv/run .venv/dev: .venv/%: requirements/%.txt pyproject.toml
	@found=$$($(FIND)); test -n "$$found" || { echo 'Outlay needs Python 3.11 or newer, and none was found: install it, or name it with make PYTHON=/path/to/python' >&2; exit 1; }; \
	echo "environment: .venv, from requirements/$*.txt"; \
	test -x .venv/bin/python || $$found -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/$*.txt
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@ $(if $(filter dev,$*),.venv/run)

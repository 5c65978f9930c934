# The verbs of who works on gear.  They use the environment of CONTRIBUTING.md, or PYTHON=….

PYTHON ?= .venv/bin/python

.PHONY: help test lint types bench generate pictures

help:               ## this list
	@sed -n 's/^\([a-z]*\): *## /\1\t/p' Makefile

test:               ## the tests
	$(PYTHON) -m pytest

lint:               ## ruff, both of it
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:              ## mypy, strict
	$(PYTHON) -m mypy

bench:              ## this server beside those that are installed
	$(PYTHON) -m tests.bench servers

generate:           ## what the app can say about itself: completions, manual, reference
	$(PYTHON) -m completions
	$(PYTHON) -m tools.manual
	$(PYTHON) -m tools.reference

pictures:           ## screens of gear for the documents, taken anew
	$(PYTHON) -m tools.pictures

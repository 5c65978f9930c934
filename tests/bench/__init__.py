"""Benchmarks of this project, side by side with others; see `python -m tests.bench --help`."""

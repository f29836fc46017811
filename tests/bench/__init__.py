"""Benchmarks: `python -m tests.bench`; a module's `run()` returns its figures by name."""

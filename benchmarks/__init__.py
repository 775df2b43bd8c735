"""What matters, measured: each `bench_*.py` module has `run()`, which returns rows of figures."""

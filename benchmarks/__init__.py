"""What is measured against what. `make bench` writes docs/benchmarks.md."""

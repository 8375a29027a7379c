"""What `make bench` measures, each beside its reference. See docs/benchmarks.md."""

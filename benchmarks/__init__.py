"""Benchmarks: QMS histories made from a seed, and measurements of ours against yardsticks (see docs/performance.md)."""

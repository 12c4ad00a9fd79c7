"""Benchmarks of the forecast: families left out in turn, against a reference."""

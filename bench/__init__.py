"""Slow measurements; results in bench/results."""

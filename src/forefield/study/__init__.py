"""Thousands of nights, many mandates. Empty until its command works."""

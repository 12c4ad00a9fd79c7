"""Mandates: what is agreed, by whom, and what they say of an option."""

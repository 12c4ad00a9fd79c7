"""The record: what was known, said and decided, append-only and provable."""

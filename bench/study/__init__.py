"""Measurements of studies: one night, engines, memory, a peer."""

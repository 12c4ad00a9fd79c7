"""Forefield: is it rational, and is it feasible, to intercept before the border?

It models, warns, advises named humans and records. See `forefield.__all__` for
the few functions one starts from; the rest is imported by its module's path.
"""

__version__ = "0.1.0"

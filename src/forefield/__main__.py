"""`python -m forefield`."""

from forefield.apps.cli import main

main()

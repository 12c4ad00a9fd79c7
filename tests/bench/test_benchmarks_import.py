"""Benchmarks are slow and run seldom; that each can start is told here."""

import importlib
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
PEERS = {"stonesoup_imm"}  # need the peer's own benchmark beside the project
NAMES = sorted(
    ".".join(p.relative_to(BENCH.parent).with_suffix("").parts)
    for p in BENCH.rglob("*.py")
    if p.stem not in {"__init__", *PEERS}
)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_all_it_imports(name: str) -> None:
    assert importlib.import_module(name).__doc__

"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

# A first call may compile a kernel: no deadline on one example.
hypothesis.settings.register_profile("ours", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ours")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a real recording, or skip: the recordings are not ours to ship."""
    folder = Path(os.environ.get("FOREFIELD_TEST_DATA", ROOT.parent / "shared/data"))

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"{name} is not in {folder} (set FOREFIELD_TEST_DATA)")
        return path

    return find

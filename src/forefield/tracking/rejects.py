"""Rows that could not be used, counted by reason, with the first example of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Reject", "Rejects"]


@dataclass(frozen=True)
class Reject:
    """Rows that could not be used, or were used with a reservation."""

    reason: str
    count: int
    example: str
    used: bool


class Rejects:
    """Rows counted by reason, with the first example of each."""

    def __init__(self) -> None:
        self._by_reason: dict[str, Reject] = {}

    def add(self, reason: str, count: int, example: str, *, used: bool = False) -> None:
        """Count rows under a reason; the first example given stays."""
        if count <= 0:
            return
        old = self._by_reason.get(reason)
        self._by_reason[reason] = (
            dataclasses.replace(old, count=old.count + count)
            if old
            else Reject(reason, count, example, used)
        )

    def __iter__(self) -> Iterator[Reject]:
        return iter(sorted(self._by_reason.values(), key=lambda r: r.reason))

    def __len__(self) -> int:
        return len(self._by_reason)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by reason."""
        return {r.reason: r.count for r in self}

    @property
    def dropped(self) -> int:
        """Rows that took no part."""
        return sum(r.count for r in self if not r.used)

    def lines(self) -> list[str]:
        """One line for a reader per reason."""
        return [
            f"{r.count} rows: {r.reason}{'' if r.used else ' (not used)'}; "
            f"first: {r.example}"
            for r in self
        ]

"""Why a track is what it is: its birth, confirmation, coasts and end, and its plots."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from forefield.columns import Floats, Ints
from forefield.errors import InputError

__all__ = ["Chronicle", "Event", "History"]

_WHAT = ("", "born", "confirmed", "coasted", "resumed", "ended")
_WHY = ("", "not seen for too long", "existence became unlikely",
        "position became too uncertain", "came to one end with a rival track",
        "left the region")  # fmt: skip


class Event(NamedTuple):
    """Something in the life of a track."""

    t_s: float
    what: str
    because: str
    p_exist: float


class History(NamedTuple):
    """The life of one track: its events, and which plots made it.

    rows  number of each plot, counted over all rows ever handed to the tracker
    """

    track_id: int
    events: tuple[Event, ...]
    rows: Ints


class Chronicle:
    """Keeps what the tracker says of every track."""

    def __init__(self) -> None:
        self._events: list[Floats] = []
        self._links: list[Ints] = []

    def add(self, events: Floats, links: Ints, numbers: Ints) -> None:
        """Keep a batch.

        events   (E, 6) of `kernels.track_rows`; links (N, 2) of `kernels.pmb.process`
        numbers  (N,) number of each plot
        """
        self._events.append(events.copy())
        self._links.append(np.column_stack([links, numbers]))

    @property
    def events(self) -> Floats:
        """(E, 6) time, track, code, reason, existence, first plot."""
        return np.concatenate([np.zeros((0, 6)), *self._events])

    @property
    def links(self) -> Ints:
        """(N, 3) track (-1: none), whether it began there, number of the plot."""
        return np.concatenate([np.zeros((0, 3), dtype=np.int64), *self._links])

    def of(self, track_id: int, newest: int) -> History:
        """The life of one track; `newest` is the highest number given so far."""
        events, links = self.events, self.links
        mine = events[events[:, 1] == track_id]
        if not len(mine):
            raise InputError(f"No track {track_id}: numbers run from 1 to {newest}.")
        began = mine[mine[:, 5] >= 0.0, 5].astype(np.int64)
        rows = np.union1d(began, links[links[:, 0] == track_id, 2])
        told = tuple(
            Event(float(e[0]), _WHAT[int(e[2])], _because(e), float(e[4])) for e in mine
        )
        return History(track_id, told, rows)


def _because(e: Floats) -> str:
    code = int(e[2])
    if code == 1:
        return "plots that no other track explains better"
    if code == 2:
        return f"existence reached {e[4]:.3f}"
    if code == 3:
        return "looks that should have seen it did not, for some time"
    if code == 4:
        return "seen again"
    return _WHY[int(e[3])]

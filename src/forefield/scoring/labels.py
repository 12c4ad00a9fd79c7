"""Truth of entry: when, where, or that it never came, or that nobody saw.

The caller finds where flights cross the border (`world.borders`); this module turns
that into one answer for each forecast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Bool, Floats, Ints, Texts
from forefield.scoring.censoring import ENDED, ENTERED, LOST

__all__ = ["GAP_S", "TRUE_ENDS", "Labels", "Pieces", "label"]

#: Ends after which a flight can no longer enter. Anything else ("lost", or nothing
#: said) means that the record ends, not the flight.
TRUE_ENDS = ("target", "crash", "downed")

#: Between fixes farther apart than this nobody saw where the flight was: the record is
#: cut there and what comes before is censored at the gap.
GAP_S = 600.0


@dataclass(frozen=True)
class Pieces:
    """True flights cut where their record has a gap; fixes in order of time.

    Per fix: t_s, lat_deg, lon_deg. Per piece: the slice start:stop of its fixes, its
    first and last time, the index of its flight in `names`, and whether it ended
    truly.
    """

    t_s: Floats
    lat_deg: Floats
    lon_deg: Floats
    start: Ints
    stop: Ints
    flight: Ints
    ended: Bool
    names: Texts

    def __len__(self) -> int:
        return len(self.start)

    @property
    def first_s(self) -> Floats:
        return self.t_s[self.start]

    @property
    def last_s(self) -> Floats:
        return self.t_s[self.stop - 1]

    @classmethod
    def of(
        cls,
        t_s: ArrayLike,
        flight_id: ArrayLike,
        lat_deg: ArrayLike,
        lon_deg: ArrayLike,
        end: ArrayLike,
        *,
        gap_s: float = GAP_S,
    ) -> Pieces:
        """Cut a table of flights, (N,) each, in any order, into pieces."""
        time = np.asarray(t_s, dtype=np.float64)
        names, flight = np.unique(np.asarray(flight_id), return_inverse=True)
        order = np.lexsort((time, flight))
        time, flight = time[order], flight[order]
        lat = np.asarray(lat_deg, dtype=np.float64)[order]
        lon = np.asarray(lon_deg, dtype=np.float64)[order]
        n = len(time)
        other = np.diff(flight) != 0
        cut = other | (np.diff(time) > gap_s)
        start: Ints = np.append([0], np.flatnonzero(cut) + 1)[: max(n, 0)].astype(
            np.int64
        )
        stop: Ints = np.append(start[1:], n)[: len(start)].astype(np.int64)
        # Only a flight's last piece ends as the flight does.
        last = np.append(other, True)[stop - 1] if n else np.zeros(0, dtype=np.bool_)
        true = np.isin(np.asarray(end, dtype=np.str_)[order][stop - 1], TRUE_ENDS)
        return cls(time, lat, lon, start, stop, flight[start], last & true, names)


@dataclass(frozen=True)
class Labels:
    """What came of it, from each row's time on."""

    time_s: Floats  # (N,) seconds to the first of entry, true end, loss from view
    status: Ints  # (N,) LOST, ENTERED or ENDED
    entry: Ints  # (N,) index into the caller's entries, -1 where none


def label(
    t_s: ArrayLike,
    piece: ArrayLike,
    pieces: Pieces,
    entry_piece: ArrayLike,
    entry_t_s: ArrayLike,
) -> Labels:
    """The answer to "when does it enter?" for each row.

    t_s piece        (N,) time of the row and the piece of flight it belongs to
    entry_piece entry_t_s  (E,) every inward crossing, in any order
    A flight that entered and left may enter again; the first entry at or after the
    row's time counts. Rows later than the end of their piece (a track that outlives
    its flight) have time 0.
    """
    t, which = np.asarray(t_s, np.float64), np.asarray(piece, np.int64)
    e_piece, e_t = np.asarray(entry_piece, np.int64), np.asarray(entry_t_s, np.float64)
    left = np.maximum(pieces.last_s[which] - t, 0.0)
    status = np.where(pieces.ended[which], ENDED, LOST).astype(np.int64)
    entry = np.full(len(t), -1, dtype=np.int64)
    order = np.lexsort((e_t, e_piece))
    lo = np.searchsorted(e_piece[order], which, side="left")
    hi = np.searchsorted(e_piece[order], which, side="right")
    for row in np.flatnonzero(hi > lo):
        own = order[lo[row] : hi[row]]
        k = int(np.searchsorted(e_t[own], t[row], side="left"))
        if k < len(own):
            entry[row] = own[k]
    came = entry >= 0
    status[came] = ENTERED
    left[came] = e_t[entry[came]] - t[came]
    return Labels(left, status, entry)

"""Which true flight a track is: optimal assignment at each time, within 5 km."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Floats, Ints
from forefield.errors import InputError
from forefield.kernels.frames import ecef_from_geodetic
from forefield.scoring.labels import Pieces

__all__ = ["GATE_M", "match", "positions_at"]

#: A track farther than this from every flight is nobody's (a false track).
GATE_M = 5000.0


def positions_at(
    pieces: Pieces, piece: ArrayLike, t_s: ArrayLike
) -> tuple[Floats, Floats]:
    """Latitude and longitude of pieces of flights at times, linear between fixes.

    Times before a piece's first fix or after its last give that fix.
    """
    which, t = np.asarray(piece, dtype=np.int64), np.asarray(t_s, dtype=np.float64)
    lat, lon = np.empty(len(t)), np.empty(len(t))
    order = np.argsort(which, kind="stable")
    cuts = np.flatnonzero(np.diff(which[order])) + 1
    for rows in np.split(order, cuts) if len(order) else []:
        span = slice(pieces.start[which[rows[0]]], pieces.stop[which[rows[0]]])
        lat[rows] = np.interp(t[rows], pieces.t_s[span], pieces.lat_deg[span])
        lon[rows] = np.interp(t[rows], pieces.t_s[span], pieces.lon_deg[span])
    return lat, lon


def match(
    t_s: ArrayLike,
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    pieces: Pieces,
    *,
    gate_m: float = GATE_M,
) -> tuple[Ints, Floats]:
    """The piece of flight that each track state is, and how far apart they are.

    t_s lat_deg lon_deg  (N,) track states; states of equal time compete
    Returns piece (N,), -1 where none, and distance_m (N,), NaN where none. At each
    time the sum of min(distance, gate) is smallest (Kuhn 1955; as in the OSPA and
    GOSPA metrics with p = 1, Schuhmacher et al. 2008), so a pair beyond the gate is
    never preferred to none. Distances are horizontal.
    """
    from scipy.optimize import linear_sum_assignment

    t = np.asarray(t_s, dtype=np.float64)
    lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
    if not (len(t) == len(lat) == len(lon)):
        raise InputError("Matching needs as many positions as times.")
    found, apart = np.full(len(t), -1, dtype=np.int64), np.full(len(t), np.nan)
    if len(t) == 0 or len(pieces) == 0:
        return found, apart
    # All candidate pairs first, so that positions are interpolated once and in bulk.
    order = np.argsort(t, kind="stable")
    moments, start = np.unique(t[order], return_index=True)
    groups = np.split(order, start[1:])
    alive = [
        np.flatnonzero((pieces.first_s <= now) & (pieces.last_s >= now))
        for now in moments
    ]
    at_s = np.repeat(moments, [len(a) for a in alive])
    where = positions_at(pieces, np.concatenate(alive), at_s)
    flights_m = ecef_from_geodetic(*where, 0.0)
    tracks_m = ecef_from_geodetic(lat, lon, 0.0)
    done = 0
    for rows, here in zip(groups, alive, strict=True):
        part = flights_m[done : done + len(here)]
        done += len(here)
        if len(here) == 0:
            continue
        # A chord is shorter than the arc by less than a millimetre at 5 km.
        gap = np.linalg.norm(tracks_m[rows][:, None] - part[None], axis=-1)
        one, other = linear_sum_assignment(np.minimum(gap, gate_m))
        near = gap[one, other] <= gate_m
        found[rows[one[near]]] = here[other[near]]
        apart[rows[one[near]]] = gap[one, other][near]
    return found, apart

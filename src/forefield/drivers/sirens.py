"""A replayed night beside the real sirens of that night, by oblast.

The chain's own tracks are taken once more through threat areas and an alert desk, now
for Ukraine's oblasts: when would the same rule have spoken there? The sirens sounded at
launches and for whole regions, our rule waits for a track that may come; beside a
documented flight the rest of the night is drawn. So this compares two kinds of
warning, and does not say who was right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats, Texts
from forefield.drivers.build import Cast
from forefield.drivers.night import Night
from forefield.world.districts import Districts, districts

__all__ = ["BesideSirens", "beside_sirens"]

#: A siren counts for a night when it sounded at any time from its first to this long
#: after its last second.
_AFTER_S = 1800.0


@dataclass(frozen=True)
class BesideSirens:
    """One oblast: real siren, our first alert, first true flight over it; NaN: none."""

    code: str
    name: str
    siren_start_s: float
    siren_end_s: float
    alert_s: float
    over_s: float


def beside_sirens(
    night: Night, cast: Cast, code: Texts, start_s: Floats, end_s: Floats
) -> tuple[BesideSirens, ...]:
    """Oblasts that were flown over or alerted by our rule, in order of that alert.

    Only oblasts on the map of the first guard are asked about: to 400 km from its box.

    code, start_s, end_s  (N,) the sirens: oblast, UTC seconds
    """
    units = districts("UA")
    shown = _covered(units, cast)
    first = _alerts(night, replace(cast, districts=units))
    f = night.flights
    where = units.locate(f.lat_deg, f.lon_deg)
    out = []
    for k, (iso, name) in enumerate(zip(units.codes, units.names, strict=True)):
        over = f.t_s[where == k]
        if not shown[k] or (not len(over) and iso not in first):
            continue
        mine = (
            (code == iso) & (start_s <= night.t1_s + _AFTER_S) & (end_s >= night.t0_s)
        )
        at = int(np.flatnonzero(mine)[0]) if mine.any() else -1
        out.append(
            BesideSirens(
                iso,
                name,
                float(start_s[at]) if at >= 0 else np.nan,
                float(end_s[at]) if at >= 0 else np.nan,
                first.get(iso, np.nan),
                float(over.min()) if len(over) else np.nan,
            )
        )
    return tuple(sorted(out, key=lambda r: (not r.alert_s < np.inf, r.alert_s, r.code)))


def _covered(units: Districts, cast: Cast) -> NDArray[np.bool_]:
    """Land whose middle is on the map of the first guard's field."""
    f = cast.guards[0].field()
    middle = [s.representative_point() for s in units.shapes]
    x, y = f.plane.forward(
        np.array([p.y for p in middle]), np.array([p.x for p in middle])
    )
    ny, nx = f.signed_m.shape
    on = (x > f.x0_m) & (x < f.x0_m + nx * f.cell_m)
    on &= (y > f.y0_m) & (y < f.y0_m + ny * f.cell_m)
    return np.asarray(on & units.land)


def _alerts(night: Night, cast: Cast) -> dict[str, float]:
    """Oblast -> first alert of the chain's rule, UTC seconds."""
    mechanism = cast.mechanism("EXERCISE", "Europe/Kyiv", night.seed)
    every = max(1, round(cast.forecast_every_s / cast.cycle_s))
    first: dict[str, float] = {}
    times, cuts = np.unique(night.tracks.t_s, return_index=True)
    ends = np.append(cuts[1:], len(night.tracks))
    for k, now in enumerate(times):
        tracks = night.tracks.take(slice(int(cuts[k]), int(ends[k])))
        if (k + 1) % every:
            mechanism.remember(tracks, float(now))
            continue
        _, said = mechanism.warned(tracks, float(now))
        for code in np.unique(said.district[said.msg_type == "Alert"]):
            first.setdefault(str(code), float(now))
    return first

"""Motion of many tracks at once is that of each alone."""

from __future__ import annotations

import numpy as np

from forefield.kernels.past_motion import past_motion, past_motions


def test_many_tracks_at_once_are_each_track_alone() -> None:
    rng = np.random.default_rng(4)
    n = 60
    track = rng.integers(0, 7, n)
    t = rng.uniform(0.0, 300.0, n).round(1)
    lat, lon = 50.0 + 1e-3 * t + 1e-4 * rng.normal(size=n), 24.0 - 1e-3 * t
    north, east = np.full(n, 111_000.0), np.full(n, 71_000.0)
    given_e = np.where(rng.random(n) < 0.3, 70.0, np.nan)
    given_n = np.where(np.isnan(given_e), np.nan, 5.0)
    order = np.lexsort((t, track))
    cuts = np.flatnonzero(np.diff(track[order])) + 1
    bounds = np.concatenate([[0], cuts, [n]]).astype(np.int64)
    out = np.zeros((n, 7))
    past_motions(
        order, bounds, t, lat, lon, north, east, given_e, given_n, 60.0, 90.0, out
    )
    for one in np.unique(track):
        k = order[track[order] == one]
        alone = np.empty((len(k), 7))
        past_motion(
            t[k], lat[k], lon[k], north[k], east[k], given_e[k], given_n[k], 60.0,
            90.0, alone,
        )  # fmt: skip
        assert np.array_equal(out[k], alone, equal_nan=True)
    assert np.isfinite(out[:, 0]).mean() > 0.5

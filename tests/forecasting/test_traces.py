"""Traces: where a track was a while ago, from its own past alone."""

import numpy as np

from forefield.forecasting.traces import AGES_S, trace_of
from forefield.tracking.tracks import Tracks


def two_tracks(n: int = 60) -> Tracks:
    """Two tracks in turn, a row of each every 20 s."""
    t = np.repeat(20.0 * np.arange(n), 2)
    ids = np.tile([4, 9], n)
    return Tracks.build(
        2 * n, t_s=t, track_id=ids, lat_deg=50.0 + 0.001 * np.arange(2 * n),
        lon_deg=24.0 + 0.001 * ids, alt_m=100.0 + t,
    )  # fmt: skip


def slow(tracks: Tracks, i: int, age_s: float) -> int:
    mine = [
        j for j in range(len(tracks))
        if tracks.track_id[j] == tracks.track_id[i]
        and 0.0 <= tracks.t_s[i] - tracks.t_s[j] <= age_s
    ]  # fmt: skip
    return min(mine, key=lambda j: tracks.t_s[j])


def test_the_trace_is_the_oldest_row_within_each_age() -> None:
    tracks = two_tracks()
    trace = trace_of(tracks)
    for i in range(0, len(tracks), 7):
        for k, age_s in enumerate(AGES_S):
            j = slow(tracks, i, age_s)
            assert trace.lat_deg[i, k] == tracks.lat_deg[j]
            assert trace.ago_s[i, k] == tracks.t_s[i] - tracks.t_s[j]


def test_the_present_with_its_past_has_the_trace_of_the_whole() -> None:
    tracks = two_tracks()
    whole = trace_of(tracks)
    now = tracks.take(np.arange(100, 120))
    apart = trace_of(now, past=tracks.take(np.arange(100)))
    for name in ("lat_deg", "lon_deg", "alt_m", "ago_s"):
        assert (getattr(apart, name) == getattr(whole, name)[100:120]).all()


def test_later_rows_change_no_trace() -> None:
    tracks = two_tracks()
    cut = trace_of(tracks.take(np.arange(80)))
    assert (cut.lat_deg == trace_of(tracks).lat_deg[:80]).all()

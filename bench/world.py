"""What the world answers in a second of one core.

    python bench/world.py [PL]

Each figure is the best of five runs of processor time; nothing here uses threads.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from forefield.world import fields
from forefield.world.borders import guard
from forefield.world.districts import districts
from forefield.world.places import people_within


def best(work: Callable[[], object], runs: int = 5) -> float:
    """Least processor time of some runs [s]; the first, which may compile, is extra."""
    work()
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main(iso: str) -> None:
    border = guard(iso)
    west, south, east, north = border.bbox_deg
    draw = np.random.default_rng(1)
    n = 2_000_000
    lat, lon = draw.uniform(south, north, n), draw.uniform(west, east, n)
    far, turn = 1_000 * np.sqrt(draw.uniform(0, 1, n)), draw.uniform(0, 2 * np.pi, n)
    near_lat, near_lon = border.point_at(draw.uniform(0, border.length_m, n))
    near_lon = near_lon + far * np.cos(turn) / 111_200 / np.cos(np.radians(near_lat))
    near_lat = near_lat + far * np.sin(turn) / 111_200
    m = 200_000
    some, other = slice(0, m), slice(m, 2 * m)

    def rate(count: int, seconds: float) -> str:
        return f"{count / seconds / 1e6:8.2f} million a second"

    print(
        f"{iso}: {len(border.prepared.edge):,} edges, {border.length_m / 1e3:,.0f} km"
    )
    rows = {
        "inside, uniform in the box": (n, lambda: border.inside(lat, lon)),
        "inside, within 1 km of the line": (
            n,
            lambda: border.inside(near_lat, near_lon),
        ),
        "nearest, uniform": (m, lambda: border.nearest(lat[some], lon[some])),
        "nearest, within 1 km": (
            m,
            lambda: border.nearest(near_lat[some], near_lon[some]),
        ),
        "first crossing, 2 km segments": (
            m,
            lambda: border.crossing(
                near_lat[some], near_lon[some], near_lat[some] + 0.018, near_lon[some]
            ),
        ),
        "first crossing, across the box": (
            m,
            lambda: border.crossing(lat[some], lon[some], lat[other], lon[other]),
        ),
        "people within 3 km": (
            m,
            lambda: people_within(lat[some], lon[some], 3_000.0),
        ),
        "district": (m, lambda: districts(iso).locate(lat[some], lon[some])),
    }
    for title, (count, work) in rows.items():
        print(f"{title:34s}{rate(count, best(work))}")

    def load() -> None:
        guard.cache_clear()
        guard(iso)

    print(f"{'load the border':34s}{best(load):8.3f} s")
    field = border.field()
    ny, nx = field.signed_m.shape
    seconds = best(
        lambda: fields._compute(border, 1000.0, field.x0_m, field.y0_m, nx, ny), 2
    )
    print(f"{f'distance field {ny} x {nx}':34s}{seconds:8.2f} s, then kept")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "PL")

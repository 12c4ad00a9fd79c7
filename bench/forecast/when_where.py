"""When, where, and what then: the other things a belief says, held against what came.

    .venv/bin/python -m bench.forecast.when_where [--nights 24] [--write]

The nights of `bench.verify_forecast` (true positions once a minute). Of rows whose flight entered
within the horizon: how often the entry came before, within and after the times between
which it was to come with 90 %; how far from the place named, in kilometres and in its spread; and whether
it left again, against `p_leave`. Of all rows in reach: how many ended inside within the
horizon, against `p_end_inside`. Flights lost from view tell what was seen of them until then: that
they left, or that they had not ended. Intervals draw flights again.
Roles tune and report, each with 8 % of the objects sent to Poland as in `bench.verify_forecast`, and
with none: whoever was sent stays, a stray mostly leaves.
"""

from __future__ import annotations

import argparse
import itertools
from typing import Any

import numpy as np

from bench.forecast.verification import RESULTS
from bench.verify_forecast import as_tracks, entering, flights_of, write_rows
from forefield.chance import Stream
from forefield.columns import Bool, Floats, Ints
from forefield.forecasting.beliefs import Beliefs
from forefield.forecasting.forecast import HORIZONS_S, forecast
from forefield.scoring.bootstrap import Resample
from forefield.threats.flights import Flights
from forefield.world.borders import guard

OUT = RESULTS / "forecast_when_where.csv"
MODELS = ("corrected", "field", "turning")
FAR_M = 350_000.0


def came(flights: Flights, beliefs: Beliefs) -> dict[str, Floats | Bool]:
    """What became of each belief's flight, (N,): see the keys.

    entry_s   seconds to the next crossing inwards, inf: none; lat, lon of it
    left      whether it crossed outwards after that
    end_s     seconds to its last row; ended_inside; told: it was followed to its end
    """
    border = guard("PL")
    ids, first = np.unique(flights.flight_id, return_index=True)
    stop = np.append(first[1:], len(flights))
    inside = border.inside(flights.lat_deg, flights.lon_deg)
    a = np.flatnonzero(flights.flight_id[1:] == flights.flight_id[:-1])
    lat, lon, t = flights.lat_deg, flights.lon_deg, flights.t_s
    c = border.crossing(lat[a], lon[a], lat[a + 1], lon[a + 1])
    met = np.isfinite(c.fraction)
    when = t[a] + c.fraction * (t[a + 1] - t[a])
    into, out = a[met & c.inward], a[met & ~c.inward]
    t_into, t_out = when[met & c.inward], when[met & ~c.inward]
    place = np.stack([c.lat_deg, c.lon_deg])[:, met & c.inward]
    n = len(beliefs)
    got: dict[str, Any] = {k: np.full(n, np.inf) for k in ("entry_s", "end_s")}
    got |= {k: np.full(n, np.nan) for k in ("lat", "lon")}
    got |= {k: np.zeros(n, dtype=bool) for k in ("left", "ended_inside", "told")}
    order = np.argsort(beliefs.source_id, kind="stable")
    bounds = np.searchsorted(beliefs.source_id[order], ids, side="left")
    bounds_end = np.searchsorted(beliefs.source_id[order], ids, side="right")
    for i in range(len(ids)):
        mine = order[bounds[i] : bounds_end[i]]
        rows = slice(*np.searchsorted(into, [first[i], stop[i]]))
        outs = t_out[slice(*np.searchsorted(out, [first[i], stop[i]]))]
        now = beliefs.t_s[mine]
        last = stop[i] - 1
        got["end_s"][mine] = t[last] - now
        got["ended_inside"][mine] = inside[last]
        got["told"][mine] = flights.end[last] != "lost"
        if rows.start == rows.stop:
            continue
        k = np.searchsorted(t_into[rows], now)
        there = k < rows.stop - rows.start
        k = rows.start + np.minimum(k, rows.stop - rows.start - 1)
        got["entry_s"][mine] = np.where(there, t_into[k] - now, np.inf)
        got["lat"][mine], got["lon"][mine] = place[0, k], place[1, k]
        later = np.array([(outs > x).any() for x in t_into[k]], dtype=bool)
        got["left"][mine] = there & later
    return got


def _share(of: Bool, flight: Ints) -> tuple[float, float, float]:
    """Mean and its 95 % interval, flights drawn again."""
    drawn = Resample.draw(flight, Stream(29, "when-where"))
    found = drawn.ratio(of, np.ones(len(of)))
    return found.value, found.lo, found.hi


def told(b: Beliefs, flights: Flights, role: str, sent: float) -> list[dict[str, Any]]:
    """A row per model, class and horizon."""
    border = guard("PL")
    c = came(flights, b)
    model = np.array([m.split("/")[0] for m in b.model])
    ex, ey = border.plane.forward(b.entry_lat_deg, b.entry_lon_deg)
    tx, ty = border.plane.forward(c["lat"], c["lon"])
    off = np.hypot(ex - tx, ey - ty)
    out = []
    for name in MODELS:
        for h in HORIZONS_S:
            mine = (model == name) & (b.horizon_s == h)
            mine &= b.dist_m <= b.reach_mps * h
            use = mine & (c["entry_s"] <= h) & np.isfinite(b.t_enter_p50_s)
            flight, t = b.track_id[use], c["entry_s"][use]
            early, late = t < b.t_enter_p05_s[use], t > b.t_enter_p95_s[use]
            row: dict[str, Any] = {
                "role": role, "sent": sent, "model": name, "horizon_s": int(h), "rows": int(use.sum()),
                "flights": len(np.unique(flight)), "early": early.mean(),
                "late": late.mean(),
                "before_median": (t <= b.t_enter_p50_s[use]).mean(),
            }  # fmt: skip
            row["within"], row["within_low"], row["within_high"] = _share(
                ~early & ~late, flight
            )
            d, s = off[use], b.entry_sigma_m[use]
            row |= {"off_km": float(np.median(d)) / 1e3,
                    "sigma_km": float(np.median(s)) / 1e3}  # fmt: skip
            row["in_2_sigma"], row["in_2_low"], row["in_2_high"] = _share(
                d <= 2.0 * s, flight
            )
            known = (c["told"] | c["left"])[use]
            p, y = b.p_leave[use][known], c["left"][use][known]
            row |= {"leave": p.mean(), "left": y.mean(), "leave_brier": ((p - y) ** 2).mean(),
                    "leave_base": y.mean() * (1.0 - y.mean())}  # fmt: skip
            use = mine & (c["told"] | (c["end_s"] >= h))
            y = (c["entry_s"] <= h) & c["ended_inside"] & (c["end_s"] <= h)
            row |= {"end_rows": int(use.sum()), "end_expected": b.p_end_inside[use].sum(),
                    "end_came": int(y[use].sum())}  # fmt: skip
            out.append(row)
    return out


def main() -> None:
    """Print the table; with --write also bench/results/forecast_when_where.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=24, help="with objects sent")
    parser.add_argument("--strays", type=int, default=100, help="nights without")
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    border, rows = guard("PL"), []
    for role, (sent, nights) in itertools.product(
        ("tune", "report"), ((0.08, args.nights), (0.0, args.strays))
    ):
        flights = flights_of(role, args.seed, nights, sent)
        flights = flights.take(np.lexsort((flights.t_s, flights.flight_id)))
        tracks = as_tracks(flights)
        near = border.distance_m(tracks.lat_deg, tracks.lon_deg) <= FAR_M
        share = entering(flights)
        beliefs = Beliefs.concat(
            [
                forecast(tracks.take(near), [border], model=m, base_rate=share)
                for m in MODELS
            ]
        )
        rows += told(beliefs, flights, role, sent)
    for r in rows:
        print(*(round(v, 3) if isinstance(v, float) else v for v in r.values()),
              sep="\t")  # fmt: skip
    if args.write:
        write_rows(OUT, rows)


if __name__ == "__main__":
    main()

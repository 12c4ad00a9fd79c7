"""The forecast beside both straight lines on recorded airliners, censored properly.

    .venv/bin/python -m bench.forecast.real_flights [--write]

Guards FR, IT, DE and AT; every tenth row of every flight outside a guard and within reach
of it, with all that its flight had sent before. Entries are crossings between two reports.
A recording that ends says nothing of what came after: rows whose answer was not seen count
nothing, and the others for them, by the chance to be still in view (`scoring.censoring`,
by distance band). Guards are pooled; intervals of the ratios draw flights again. The parameters
of airliners were chosen on one half of the flights (by a hash of the id): "other half" is the
rest. The recordings (OpenSky Network, as sampled in the package traffic) are not part of
this project: FOREFIELD_TEST_DATA names their folder.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from bench.forecast.verification import RESULTS
from bench.verify_forecast import write_rows
from forefield.chance import Stream
from forefield.columns import Bool, Floats, Ints, Texts
from forefield.forecasting.forecast import HORIZONS_S, forecast
from forefield.forecasting.motion import as_tracks
from forefield.scoring.bootstrap import Resample
from forefield.scoring.censoring import ENTERED, LOST, Censoring, weights_by
from forefield.scoring.climatology import bands
from forefield.tracking.tracks import Tracks
from forefield.world.borders import Border, guard

OUT = RESULTS / "forecast_real_flights.csv"
ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FOREFIELD_TEST_DATA", ROOT.parent / "shared" / "data"))
GUARDS = ("FR", "IT", "DE", "AT")
MODELS = ("turning", "straight-gauss", "straight")
EVERY = 10


def recording(file: Path) -> tuple[Tracks, Texts]:
    """All rows by flight and time, and the flights' names by track id."""
    t = pq.read_table(file)
    names, ids = np.unique(
        np.asarray(t["id"].to_pylist(), dtype=np.str_), return_inverse=True
    )
    tracks = as_tracks(
        {
            "t_s": t["time"], "track_id": ids, "lat_deg": t["lat"], "lon_deg": t["lon"],
            "alt_m": t["alt_m"], "speed_mps": t["groundspeed_mps"],
            "track_deg": t["track_deg"],
        }
    )  # fmt: skip
    return tracks.take(np.lexsort((tracks.t_s, tracks.track_id))), names


def other_half(names: Texts) -> Bool:
    """The half of the flights on which nothing was chosen, by a hash of their names."""
    first = [hashlib.blake2b(n.encode(), digest_size=2).digest()[0] for n in names]
    return (np.array(first) & 1).astype(bool)


def to_come(tracks: Tracks, border: Border) -> tuple[Floats, Ints]:
    """Seconds to the first crossing inwards or to the last report, and which it is."""
    same = np.flatnonzero(np.diff(tracks.track_id) == 0)
    lat, lon, t = tracks.lat_deg, tracks.lon_deg, tracks.t_s
    c = border.crossing(lat[same], lon[same], lat[same + 1], lon[same + 1])
    when = np.full(len(t), np.inf)
    into = same[np.isfinite(c.fraction) & c.inward]
    share = c.fraction[np.isfinite(c.fraction) & c.inward]
    when[into] = t[into] + share * (t[into + 1] - t[into])
    last = np.append(np.flatnonzero(np.diff(tracks.track_id)), len(t) - 1)
    first = np.append(0, last[:-1] + 1)
    time_s, status = np.empty(len(t)), np.empty(len(t), dtype=np.int64)
    for a, b in zip(first, last + 1, strict=True):
        entry = np.minimum.accumulate(when[a:b][::-1])[::-1]
        enters = np.isfinite(entry)
        time_s[a:b] = np.where(enters, entry, t[b - 1]) - t[a:b]
        status[a:b] = np.where(enters, ENTERED, LOST)
    return time_s, status


def losses(tracks: Tracks) -> dict[str, dict[float, list[Floats]]]:
    """By model and horizon: flight, weight, answer, belief of the rows of all guards."""
    n = np.arange(len(tracks))
    begin = np.maximum.accumulate(
        np.where(np.append(True, np.diff(tracks.track_id) != 0), n, 0)
    )
    asked = (n - begin) % EVERY == EVERY - 1
    at = {k: i for i, k in enumerate(zip(tracks.track_id, tracks.t_s, strict=True))}
    out: dict[str, dict[float, list[Floats]]] = {m: {} for m in MODELS}
    for iso in GUARDS:
        border = guard(iso)
        time_s, status = to_come(tracks, border)
        for model in MODELS:
            b = forecast(tracks, [border], model=model)
            row = np.array([at[k] for k in zip(b.track_id, b.t_s, strict=True)])
            b, row = b.take(asked[row]), row[asked[row]]
            for h in HORIZONS_S:
                use = (b.horizon_s == h) & (b.dist_m <= b.reach_mps * h)
                r = row[use]
                fit = Censoring.fit(time_s[r], status[r], bands(b.dist_m[use]))
                w, _ = weights_by(fit, time_s[r], status[r], h)
                y = (status[r] == ENTERED) & (time_s[r] <= h)
                part = np.stack([tracks.track_id[r], w, y, b.p_enter[use]])
                out[model].setdefault(h, []).append(part[:, w > 0.0])
    return out


def table(tracks: Tracks, other: Bool) -> list[dict[str, Any]]:
    """A row per sample, horizon and model."""
    parts = losses(tracks)
    rows = []
    for sample in ("all", "other half"):
        for h in HORIZONS_S:
            lost = {}
            for model in MODELS:
                flight, w, y, p = np.concatenate(parts[model][h], axis=1)
                flight = flight.astype(int)
                if sample != "all":
                    flight, w, y, p = (x[other[flight]] for x in (flight, w, y, p))
                lost[model] = w * (p - y) ** 2
                rows.append(
                    {"sample": sample, "horizon_s": int(h), "model": model,
                     "rows": len(y), "flights": len(np.unique(flight)),
                     "entering": len(np.unique(flight[y > 0])), "base": (w * y).sum() / w.sum(),
                     "brier": lost[model].sum() / w.sum(),
                     "e_over_o": (w * p).sum() / (w * y).sum()}
                )  # fmt: skip
            # The same rows for every model: ratios are paired.
            drawn = Resample.draw(flight, Stream(23, "real-flights", sample, h))
            for line in MODELS[1:]:
                found = drawn.ratio(lost[MODELS[0]], lost[line])
                rows[-len(MODELS)] |= {
                    f"to_{line}": found.value, f"to_{line}_low": found.lo,
                    f"to_{line}_high": found.hi,
                }  # fmt: skip
    return [{k: r.get(k, "") for k in rows[0]} for r in rows]


def main() -> None:
    """Print the table; with --write also bench/results/forecast_real_flights.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    file = DATA / "real_tracks.parquet"
    if not file.exists():
        sys.exit(f"{file} is not there: set FOREFIELD_TEST_DATA to the folder of it.")
    tracks, names = recording(file)
    rows = table(tracks, other_half(names))
    for r in rows:
        shown = {k: round(v, 4) if isinstance(v, float) else v for k, v in r.items()}
        print(*shown.values(), sep="\t")
    if args.write:
        write_rows(OUT, rows)


if __name__ == "__main__":
    main()

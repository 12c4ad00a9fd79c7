"""`forefield track` on real flights with simulated radars laid over them.

    python -m bench.tracking.real_flights [--write]

(a) The flights around Paris that manoeuvre (at least 90 degrees of turning, ten minutes
    or more), recorded on 7 October 2021, as three simulated radars see them.
(b) The spoofed airliner of 17 September 2024: its ADS-B reports as received, and three
    simulated radars that see the aircraft where it was. Between the last report before
    its positions froze and the first one after them nobody knows where it was: a great
    circle at one speed is assumed.

Both go through the command on files. Scores are those of EUROCONTROL's specification of
ATM surveillance performance: completeness, gaps, changes of number, RMS errors by axis,
over the rows with the picture at a whole cycle. The recordings (OpenSky Network, as
sampled in the package traffic) are not part of this project: FOREFIELD_TEST_DATA names
their folder. Heights are pressure heights, taken as heights above the ellipsoid.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from forefield.apps.cli import main as forefield
from forefield.chance import Stream
from forefield.io.sensors import sensors_toml
from forefield.io.tables import read, write
from forefield.scoring.air_picture import follow, quality, siap
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.sensing.observe import observe
from forefield.threats.flights import Flights
from forefield.tracking.tracks import Tracks
from forefield.world.plane import Plane

ROOT = Path(__file__).parents[2]
OUT = ROOT / "bench" / "results" / "tracking_real_flights.csv"
DATA = Path(os.environ.get("FOREFIELD_TEST_DATA", ROOT.parent / "shared" / "data"))
#: A pair farther apart than this is none [m].
CUT_M = 3000.0
LEAST_TURN_DEG, LEAST_S = 90.0, 600.0
FROZEN = (1_726_563_930.0, 1_726_567_090.0)  # 09:05:30 to 09:58:10 UTC


def radar(name: str, lat: float, lon: float, **own: Any) -> Sensor:
    """An en-route or approach radar; figures are those of no radar in particular."""
    given: dict[str, Any] = {
        "kind": "radar3d", "owner": "FR", "alt_m": 180.0, "ground_m": 150.0,
        "period_s": 8.0, "max_range_m": 300e3, "sigma_range_m": 70.0,
        "sigma_azimuth_deg": 0.08, "sigma_elevation_deg": 0.25, "p_detect": 0.9,
        "clutter_per_scan": 10.0,
    } | own  # fmt: skip
    return Sensor(id=name, lat_deg=lat, lon_deg=lon, **given)


def table(name: str) -> dict[str, Any]:
    """A recording as columns, or an end with one line."""
    file = DATA / name
    if not file.exists():
        sys.exit(f"{file} is not there: set FOREFIELD_TEST_DATA to the folder of it.")
    rows = pq.read_table(file)
    return {k: rows[k].to_numpy(zero_copy_only=False) for k in rows.column_names}


def manoeuvring(d: dict[str, Any]) -> Flights:
    """The flights around Paris that turn."""
    keep = []
    for name in np.unique(d["id"]):
        if not str(name).startswith("PA"):
            continue
        mine = np.flatnonzero(d["id"] == name)
        turn = np.diff(np.unwrap(np.radians(d["track_deg"][mine].astype(float))))
        turn = turn[np.isfinite(turn)]
        # Courses are reported in whole degrees or so: small changes are no turning.
        turned = np.degrees(np.abs(turn[np.abs(turn) > np.radians(2.0)]).sum())
        whole = np.isfinite(d["alt_m"][mine].astype(float)).all()
        if whole and turned >= LEAST_TURN_DEG and np.ptp(d["time"][mine]) >= LEAST_S:
            keep.append(mine)
    rows = np.concatenate(keep)
    return Flights.build(
        len(rows), t_s=d["time"][rows].astype(float), flight_id=d["id"][rows],
        lat_deg=d["lat"][rows], lon_deg=d["lon"][rows],
        alt_m=d["alt_m"][rows].astype(float), klass="civil",
    )  # fmt: skip


def run(
    plots: Detections, scans: Scans, sensors: list[Sensor], cycle_s: float
) -> Tracks:
    """`forefield track` on files."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        write(plots, at / "plots.parquet")
        write(scans, at / "scans.parquet")
        (at / "sensors.toml").write_text(sensors_toml(sensors), encoding="utf-8")
        code = forefield(
            ["track", str(at / "plots.parquet"), "--sensors", str(at / "sensors.toml"),
             "--scans", str(at / "scans.parquet"), "--out", str(at / "tracks.parquet"),
             "--cycle", str(cycle_s)]
        )  # fmt: skip
        assert code == 0
        tracks = read(at / "tracks.parquet", Tracks)
    return tracks.take(np.isin(tracks.status, ("confirmed", "coasting")))


def truth_at(flights: Flights, t_s: Any, plane: Plane) -> tuple[Any, Any, Any]:
    """Times, names and states (east, north, up and their rates) at whole cycles."""
    out_t, out_id, out = [], [], []
    for name in np.unique(flights.flight_id):
        mine = flights.take(flights.flight_id == name)
        x, y = plane.forward(mine.lat_deg, mine.lon_deg)
        at = t_s[(t_s >= mine.t_s[0] + 10.0) & (t_s <= mine.t_s[-1])]
        # The recording must be there on both sides: gaps are not flown through.
        where = np.searchsorted(mine.t_s, at)
        near = mine.t_s[where] - mine.t_s[np.maximum(where - 1, 0)] <= 30.0
        at = at[near]
        state = np.column_stack(
            [np.interp(at, mine.t_s, c) for c in (x, y, mine.alt_m)]
            + [
                (np.interp(at + 5.0, mine.t_s, c) - np.interp(at - 5.0, mine.t_s, c))
                / 10.0
                for c in (x, y, mine.alt_m)
            ]
        )
        out_t.append(at)
        out_id.append(np.full(len(at), name))
        out.append(state)
    return np.concatenate(out_t), np.concatenate(out_id), np.concatenate(out)


def states(tracks: Tracks, plane: Plane) -> Any:
    """States of tracks in the plane; near its centre its scale is 1."""
    x, y = plane.forward(tracks.lat_deg, tracks.lon_deg)
    return np.column_stack(
        [x, y, tracks.alt_m, tracks.v_east_mps, tracks.v_north_mps, tracks.v_up_mps]
    )


def paris() -> list[dict[str, Any]]:
    """Scene (a): one row a figure."""
    flights = manoeuvring(table("real_tracks.parquet"))
    flights = flights.take(np.lexsort((flights.t_s, flights.flight_id)))
    sensors = [
        radar("north", 49.3, 2.4), radar("south", 48.2, 2.0, period_s=10.0),
        radar("west", 48.8, 1.2, kind="radar2d", period_s=5.0, max_range_m=150e3,
              p_detect=0.85),
    ]  # fmt: skip
    plots, scans = observe(flights, sensors, Stream(1, "paris"))
    cycle_s = 10.0
    tracks = run(plots, scans, sensors, cycle_s)
    tracks = tracks.take(tracks.p_exist >= 0.5)
    plane = Plane.at(48.7, 2.2)
    # What no radar can see, far below the horizon, is not asked for.
    t, who, state = truth_at(flights, np.unique(tracks.t_s), plane)
    seen = np.zeros(len(t), dtype=np.bool_)
    for name in np.unique(who):
        mine = who == name
        when = np.sort(plots.t_s[plots.truth_id == name])
        if len(when) < 3:
            continue
        at = np.searchsorted(when, t[mine])
        before = t[mine] - when[np.maximum(at - 1, 0)]
        seen[mine] = (t[mine] > when[2]) & (before < 30.0) & (at > 0)
    t, who, state = t[seen], who[seen], state[seen]
    mine = states(tracks, plane)
    pairs = follow(t, state[:, :2], tracks.t_s, mine[:, :2], CUT_M)
    found = quality(t, who, state, tracks.t_s, tracks.track_id, mine, pairs, gap_s=25.0)
    flat = np.array([0, 1, 3, 4])
    picture = siap(
        t, who, state[:, flat], tracks.t_s, tracks.track_id, mine[:, flat], pairs
    )
    told = [
        ("flights", len(np.unique(who)), ""),
        ("plots", len(plots), ""),
        ("rows of truth", len(t), f"every {cycle_s:g} s"),
        ("completeness", found.completeness, "share of rows with a track"),
        ("gaps", found.gaps, ""),
        ("longest gap", found.longest_gap_s, "s"),
        ("changes of number", found.number_changes, ""),
        ("longest segment (SIAP)", picture.longest_segment, "share of a life"),
        ("ambiguity (SIAP)", picture.ambiguity, "tracks a flight"),
        ("delay to the first state, median", found.delay_s, "s"),
        ("position along track, RMS", found.along_m, "m"),
        ("position across track, RMS", found.across_m, "m"),
        ("height, RMS", found.up_m, "m"),
        ("speed, RMS", found.speed_mps, "m/s"),
        ("course, RMS", found.course_deg, "degrees"),
        ("tracks of nothing", found.false_track_hours, "at a time"),
    ]
    return [
        {"scene": "manoeuvring flights", "what": what, "value": f"{value:.4g}",
         "unit": unit}
        for what, value, unit in told
    ]  # fmt: skip


def spoofed_scene() -> tuple[Detections, Scans, list[Sensor], Flights]:
    """Scene (b): reports as received, simulated radars on the bridged path."""
    d = table("real_spoofed_flight.parquet")
    t = d["time"].astype(float)
    use = np.flatnonzero(np.append(True, np.diff(t) >= 1.0))[::5]
    use = use[(t[use] >= 1_726_563_000.0) & (t[use] <= 1_726_568_400.0)]
    honest = use[(t[use] < FROZEN[0]) | (t[use] > FROZEN[1] + 150.0)]
    last = honest[t[honest] < FROZEN[0]][-1]
    first = honest[t[honest] > FROZEN[1]][0]
    start = np.array([d["lat"][last], d["lon"][last]])
    end = np.array([d["lat"][first], d["lon"][first]])
    steps = np.arange(t[last] + 10.0, t[first], 10.0)
    share = (steps - t[last]) / (t[first] - t[last])
    bridge = great_circle(start, end, share)
    flights = Flights.build(
        len(honest) + len(steps),
        t_s=np.concatenate([t[honest], steps]), flight_id="airliner",
        lat_deg=np.concatenate([d["lat"][honest], bridge[:, 0]]),
        lon_deg=np.concatenate([d["lon"][honest], bridge[:, 1]]),
        alt_m=np.concatenate(
            [d["alt_m"][honest].astype(float), np.full(len(steps), 11_000.0)]
        ),
        klass="civil",
    )  # fmt: skip
    flights = flights.take(np.argsort(flights.t_s, kind="stable"))
    receiver = Sensor(
        id="adsb-1", kind="adsb", owner="PL", lat_deg=50.0, lon_deg=22.0, alt_m=100.0,
        period_s=5.0, max_range_m=1.5e6, sigma_range_m=30.0, sigma_azimuth_deg=0.1,
        p_detect=0.95,
    )  # fmt: skip
    far = {"owner": "PL", "max_range_m": 400e3, "clutter_per_scan": 3.0}
    radars = [
        radar("S", 48.2, 24.6, **far), radar("M", 50.6, 22.8, **far),
        radar("N", 53.2, 20.6, **far),
    ]  # fmt: skip
    reports = Detections.build(
        len(use), t_s=t[use], sensor="adsb-1", lat_deg=d["lat"][use],
        lon_deg=d["lon"][use], alt_m=d["alt_m"][use].astype(float), sigma_m=30.0,
        speed_mps=d["groundspeed_mps"][use].astype(float),
        track_deg=d["track_deg"][use].astype(float), plot_type="adsb", icao24="4b1814",
    )  # fmt: skip
    plots, scans = observe(flights, radars, Stream(1, "spoofed"))
    both = Detections.concat([plots, reports])
    both = both.take(np.argsort(both.t_s, kind="stable"))
    return both, scans, [*radars, receiver], flights


def great_circle(start: Any, end: Any, share: Any) -> Any:
    """(N, 2) latitude and longitude [degrees] on a sphere, between two places."""

    def unit(place: Any) -> Any:
        lat, lon = np.radians(place)
        return np.array(
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        )

    a, b = unit(start), unit(end)
    arc = np.arccos(a @ b)
    v = (
        np.sin((1 - share) * arc)[:, None] * a + np.sin(share * arc)[:, None] * b
    ) / np.sin(arc)
    lat = np.degrees(np.arcsin(v[:, 2]))
    return np.column_stack([lat, np.degrees(np.arctan2(v[:, 1], v[:, 0]))])


def spoofed() -> list[dict[str, Any]]:
    """Scene (b): are there two tracks while the reports are false, and which is flagged?"""
    plots, scans, sensors, flights = spoofed_scene()
    tracks = run(plots, scans, sensors, 10.0)
    plane = Plane.at(51.0, 22.5)
    x, y = plane.forward(tracks.lat_deg, tracks.lon_deg)
    fx, fy = plane.forward(flights.lat_deg, flights.lon_deg)
    real = np.hypot(
        x - np.interp(tracks.t_s, flights.t_s, fx),
        y - np.interp(tracks.t_s, flights.t_s, fy),
    )
    reports = plots.take(plots.sensor == "adsb-1")
    rx, ry = plane.forward(reports.lat_deg, reports.lon_deg)
    claimed = np.hypot(
        x - np.interp(tracks.t_s, reports.t_s, rx),
        y - np.interp(tracks.t_s, reports.t_s, ry),
    )
    # Two minutes from the freeze on the two are far apart.
    span = (tracks.t_s >= FROZEN[0] + 120.0) & (tracks.t_s <= FROZEN[1])
    moments = np.unique(tracks.t_s[span])
    of_radar = span & (real < 3000.0)
    of_report = span & (claimed < 3000.0) & (real > 10_000.0)
    both = np.isin(moments, tracks.t_s[of_radar]) & np.isin(
        moments, tracks.t_s[of_report]
    )
    told = [
        ("moments while the reports are false", len(moments), "every 10 s"),
        ("with two tracks, one at the aircraft and one at the report", both.mean(),
         "share"),
        ("existence of the report's track, which no radar sees, median",
         np.median(tracks.p_exist[of_report]), ""),
        ("existence of the aircraft's track, median",
         np.median(tracks.p_exist[of_radar]), ""),
        ("rows of the report's track that are flagged",
         tracks.inconsistent[of_report].mean(), "share"),
        ("rows of the aircraft's track that are flagged",
         tracks.inconsistent[of_radar].mean(), "share"),
        ("track numbers of the aircraft",
         len(np.unique(tracks.track_id[of_radar])), ""),
        ("distance of the aircraft's track from the path, RMS",
         np.sqrt((real[of_radar] ** 2).mean()), "m"),
    ]  # fmt: skip
    return [
        {"scene": "spoofed airliner", "what": what, "value": f"{value:.4g}",
         "unit": unit}
        for what, value, unit in told
    ]  # fmt: skip


def main() -> None:
    """Print the figures; with --write also bench/results/tracking_real_flights.csv."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows = paris() + spoofed()
    for r in rows:
        print(f"{r['scene']:20s} {r['what']:60s} {r['value']:>9s}  {r['unit']}")
    if args.write:
        with OUT.open("w", newline="", encoding="utf-8") as file:
            file.write("# python -m bench.tracking.real_flights --write\n")
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()

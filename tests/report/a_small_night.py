"""A small night made by hand, resembling 24 March 2024 near Oserdów.

One cruise missile cuts a corner of Poland, a drone passes far off, one track near the
border was never established, the rest is clutter. The beliefs are plausible figures
written by hand, no forecast: the page is under test here, not the chain.
"""

from __future__ import annotations

import json
import math

import numpy as np

from forefield.drivers.night import Night, PublicEvent
from forefield.engagement.option_table import Options
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.mandate.verdict_table import Verdicts
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.threats.flights import Assumption, Flights
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.warning.alert_table import Alerts

T0_S = 1_711_249_200.0  # 2024-03-24T03:00:00Z
HORIZONS_S = (120.0, 300.0, 600.0, 900.0)
_MISSILE = np.array(
    # minutes after T0, latitude, longitude
    [
        [2, 50.98, 27.60],
        [6, 50.72, 26.95],
        [12, 50.78, 25.80],
        [18, 50.62, 24.82],
        [22, 50.49, 24.15],
        [23, 50.4255, 24.002],
        [23.35, 50.416, 23.955],
        [23.65, 50.405, 23.918],
        [26, 50.12, 23.96],
        [31, 49.66, 23.90],
        [34, 49.32, 23.72],
    ]
)
_LUBELSKIE, _PODKARPACKIE = "PL-06", "PL-18"


def _fly(points: np.ndarray, step_s: float) -> tuple[np.ndarray, ...]:
    t = np.arange(points[0, 0] * 60, points[-1, 0] * 60 + 1e-6, step_s)
    return (
        T0_S + t,
        np.interp(t, points[:, 0] * 60, points[:, 1]),
        np.interp(t, points[:, 0] * 60, points[:, 2]),
    )


def _drone(k: int) -> np.ndarray:
    rng = np.random.default_rng(100 + k)
    lat, lon = 51.6 - 0.5 * k, 30.4 + rng.uniform(0, 1.5)
    points = []
    for minute in range(0, 61, 10):
        points.append([minute, lat, lon])
        lat += rng.normal(0, 0.12)
        lon -= 0.38 + rng.normal(0, 0.1)
    return np.array(points)


def small_night(kind: str = "replay") -> Night:
    """The night. The same every time: the only chance is from fixed seeds."""
    flights = []
    missile = _fly(_MISSILE, 1.0)
    drones = [_fly(_drone(k), 10.0) for k in range(5)]
    for name, (t, lat, lon), klass, end in [
        ("cruise-1", missile, "kh101_kh555", "target"),
        *(
            (f"drone-{k + 1}", d, "shahed136_geran2", "lost")
            for k, d in enumerate(drones)
        ),
    ]:
        flights.append(
            Flights.build(
                len(t), t_s=t, flight_id=name, lat_deg=lat, lon_deg=lon,
                alt_m=400.0, klass=klass, end=end, intent="target in Ukraine",
            )
        )  # fmt: skip
    tracks, beliefs = [], []
    rng = np.random.default_rng(7)

    def add_track(
        number: int,
        path: tuple[np.ndarray, ...],
        klass: str,
        p_exist: float,
        from_s: float,
    ) -> None:
        t, lat, lon = (c[::10] if len(c) > 900 else c for c in path)
        seen = t >= T0_S + from_s
        t, lat, lon = t[seen], lat[seen], lon[seen]
        n = len(t)
        p_class = np.full((n, len(CLASSES)), 0.02)
        p_class[:, CLASSES.index(klass)] = 1 - 0.02 * (len(CLASSES) - 1)
        tracks.append(
            Tracks.build(
                n, t_s=t, track_id=number,
                lat_deg=lat + rng.normal(0, 0.002, n),
                lon_deg=lon + rng.normal(0, 0.003, n),
                alt_m=400.0,
                v_east_mps=np.gradient(lon, t) * 71_000,
                v_north_mps=np.gradient(lat, t) * 111_200,
                p_exist=p_exist, p_class=p_class,
                status=np.where(np.arange(n) < 3, "tentative", "confirmed")
                if p_exist > 0.9 else "tentative",
                n_sensors=2,
            )
        )  # fmt: skip

    def add_beliefs(
        number: int, path: tuple[np.ndarray, ...], peak: float, at_s: float
    ) -> None:
        t = path[0][::10] if len(path[0]) > 900 else path[0]
        for now in t[t >= T0_S + 240]:
            left = at_s - (now - T0_S)
            if -40 < left <= 0:
                continue
            for h in (*HORIZONS_S, math.inf):
                if left > 0:
                    reach = 1 / (1 + math.exp((left - min(h, 1500)) / 60))
                    p = peak * reach * (0.25 + 0.75 * math.exp(-left / 500))
                else:
                    p = 0.03 * peak * math.exp(left / 200) * (1.2 - math.exp(-h / 900))
                wait = max(left, 60.0)
                beliefs.append(
                    (now, number, h, p, wait * 0.72, wait, wait * 1.5, 50.4 + left * 2e-4,
                     23.96, 2_000 + 22 * max(left, 0))
                )  # fmt: skip

    add_track(12, missile, "cruise", 0.99, 180)
    add_beliefs(12, missile, 0.94, 23 * 60)
    for k, d in enumerate(drones):
        add_track(20 + k, d, "drone", 0.97, 60)
        add_beliefs(20 + k, d, 0.02 + 0.01 * k, 5_000)
    ghost = _fly(
        np.array([[14, 50.72, 24.5], [20, 50.60, 24.05], [24, 50.62, 23.8]]), 10.0
    )
    add_track(31, ghost, "unknown", 0.42, 0)
    add_beliefs(31, ghost, 0.66, 18.5 * 60)
    for k in range(40):
        lat, lon, at = rng.uniform(49.5, 52), rng.uniform(23.2, 27), rng.uniform(0, 50)
        bit = _fly(np.array([[at, lat, lon], [at + 1.5, lat + 0.02, lon - 0.03]]), 10.0)
        add_track(100 + k, bit, "bird", 0.2, 0)
    rows = np.array(beliefs)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    n = len(rows)
    all_tracks = Tracks.concat(tracks)
    all_tracks = all_tracks.take(np.lexsort((all_tracks.track_id, all_tracks.t_s)))

    areas = []
    for now in np.arange(T0_S + 900, T0_S + 1_500, 10.0):
        left = T0_S + 1_380 - now
        for code, most in ((_LUBELSKIE, 0.9), (_PODKARPACKIE, 0.22)):
            p = most / (1 + math.exp((left - 240) / 60))
            for who in ("12", "*"):
                areas.append(
                    (now, who, code, 900.0, p, p * 0.06, left * 0.8, left, left * 1.5)
                )
    options, verdicts = [], []
    for now in np.arange(T0_S + 1_200, T0_S + 1_381, 10.0):
        moment = int(now - T0_S)
        for name, action, over, fires, late in (
            ("nothing", "nothing", "", "", math.nan),
            ("ground-unit-hrubieszow", "intercept", "UA", "PL", T0_S + 1_330),
            ("fighter-patrol-1", "intercept", "PL", "PL", T0_S + 1_290),
        ):
            option_id = f"12:{moment}:{name}"
            shut = action != "nothing" and now > late
            options.append((now, option_id, action, name, over, fires, late, shut))
            if name == "nothing":
                continue
            code = "NOT_FEASIBLE" if shut else (
                "NO_AGREED_PROCEDURE" if over == "UA" else "HOLD_DEBRIS"
            )  # fmt: skip
            grounds = [
                {
                    "code": code,
                    "clause": "Security cooperation agreement of 8 July 2024, section III",
                    "source": "facts/agreement",
                    "value": "true",
                    "sentence": "The parties said they would examine this; no procedure "
                    "has been agreed, so no option over Ukraine is free of a bar."
                    if over == "UA"
                    else "Debris and the interceptor's remains would fall on villages.",
                },
                {
                    "code": "NO_HOST_CONSENT",
                    "clause": "ARSIWA Article 20",
                    "source": "International Law Commission 2001",
                    "value": "unknown",
                    "sentence": "Consent of the competent authority is not on file.",
                },
                {
                    "code": "HOLD_EVIDENCE",
                    "clause": "mandate limit on p_enter",
                    "source": "mandate documented",
                    "value": "false",
                    "sentence": "p_enter 0.91 is above the limit 0.90.",
                },
            ]
            verdicts.append((now, option_id, code, late, json.dumps(grounds)))
    alerts = []
    for code, at, arrive in ((_LUBELSKIE, 1_130, 1_380), (_PODKARPACKIE, 1_300, 1_420)):
        for channel, delay in (("siren", 35.0), ("sms", 95.0)):
            lead = float(arrive - at)
            alerts.append(
                (T0_S + at, f"EX-7-{code}-1", code, T0_S + arrive, lead, lead - 15,
                 lead - 15 - delay, channel)
            )  # fmt: skip

    def col(table: list[tuple[object, ...]], k: int) -> list[object]:
        return [r[k] for r in table]

    banner = "REPLAY OF 2024-03-24" if kind == "replay" else "SIMULATION"
    return Night(
        kind=kind,
        name="pl-2024-03-24-oserdow" if kind == "replay" else "quick",
        title="Cruise missile clips Polish airspace at Oserdów for 39 seconds",
        banner=banner,
        seed=7,
        guards=("PL",),
        mandate="documented",
        timezone="Europe/Warsaw",
        t0_s=T0_S,
        t1_s=T0_S + 3_600,
        horizons_s=HORIZONS_S,
        flights=Flights.concat(flights),
        assumptions=(
            Assumption("Start of the approach", "27.6° E, 03:02 UTC",
                       "nobody published where it was first seen", "drawn from the seed"),
            Assumption("Speed", "222 m/s (800 km/h)", "as the command reported",
                       "https://example.org/a-rather-long-address/that-has-to-wrap-on-a-"
                       "phone/without-pushing-the-page-wide.html"),
        ),
        sensors=(
            Sensor("chelm", "radar3d", "PL", 51.13, 23.47, 220.0, 10.0, 250_000.0, 60.0, 0.15),
            Sensor("rzeszow", "radar2d", "PL", 50.05, 22.0, 260.0, 6.0, 180_000.0, 80.0, 0.2),
            Sensor("lviv-net", "acoustic", "UA", 50.3, 24.4, 250.0, 5.0, 60_000.0, 900.0, 2.0),
            Sensor("awacs", "airborne", "XN", 51.0, 22.3, 9_000.0, 10.0, 400_000.0, 150.0, 0.2,
                   path=((0, 51.4, 22.2, 9e3), (600, 50.6, 22.2, 9e3), (1200, 51.4, 22.2, 9e3)),
                   note="orbit assumed"),
        ),
        detections=Detections.build(
            200, t_s=T0_S + np.arange(200.0), sensor="chelm",
            truth_id=np.where(np.arange(200) % 4 == 0, "clutter:uniform", "cruise-1"),
        ),
        scans=Scans.build(1, t_start_s=T0_S, t_end_s=T0_S + 10, sensor="chelm", status="ok"),
        tracks=all_tracks,
        beliefs=Beliefs.build(
            n, t_s=rows[:, 0], track_id=rows[:, 1].astype(int), guard="PL",
            horizon_s=rows[:, 2], p_enter=rows[:, 3], p_via=rows[:, [3]], via=("UA",),
            p_leave=0.55, p_end_inside=rows[:, 3] * 0.3, t_enter_p05_s=rows[:, 4],
            t_enter_p50_s=rows[:, 5], t_enter_p95_s=rows[:, 6], entry_lat_deg=rows[:, 7],
            entry_lon_deg=rows[:, 8], entry_sigma_m=rows[:, 9], age_s=2.0, model="by hand",
        ),
        areas=ThreatAreas.build(
            len(areas), t_s=col(areas, 0), track_id=col(areas, 1), district=col(areas, 2),
            horizon_s=col(areas, 3), p_over=col(areas, 4), p_fall=col(areas, 5),
            t_p05_s=col(areas, 6), t_p50_s=col(areas, 7), t_p95_s=col(areas, 8),
        ),
        options=Options.build(
            len(options), t_s=col(options, 0), option_id=col(options, 1), track_id=12,
            action=col(options, 2), effector=col(options, 3), owner="PL",
            fires_from=col(options, 5), over=col(options, 4),
            t_intercept_s=np.array(col(options, 6), dtype=float) + 45,
            lat_deg=50.42, lon_deg=24.05, alt_m=400.0,
            p_success=np.where(np.array(col(options, 2)) == "nothing", np.nan, 0.61),
            harm=np.tile([0.002, 0.03, 0.21, 0.004, 0.05, 0.4], (len(options), 1)),
            harm_names=("pl_p05", "pl_p50", "pl_p95", "ua_p05", "ua_p50", "ua_p95"),
            latest_decision_s=col(options, 6),
            barred_by=["out of time" if shut else "" for shut in col(options, 7)],
        ),
        verdicts=Verdicts.build(
            len(verdicts), t_s=col(verdicts, 0), option_id=col(verdicts, 1), track_id=12,
            mandate="documented", verdict=col(verdicts, 2), decide_by_s=col(verdicts, 3),
            grounds=col(verdicts, 4),
        ),
        alerts=Alerts.build(
            len(alerts), t_s=col(alerts, 0), alert_id=col(alerts, 1), district=col(alerts, 2),
            severity="Severe", certainty="Likely", t_arrival_p50_s=col(alerts, 3),
            lead_decide_s=col(alerts, 4), lead_release_s=col(alerts, 5),
            lead_delivery_s=col(alerts, 6), channel=col(alerts, 7), status="Exercise",
            msg_type="Alert", text_en=f"{banner}: an object may fly over in 4 minutes.",
            text_pl=f"{banner}: obiekt może przelecieć za 4 minuty.",
            text_uk=f"{banner}: об'єкт може пролетіти за 4 хвилини.",
        ),
        journal=({"n": 1, "at": "2024-03-24T03:00:00Z", "kind": "start", "actor": "system",
                  "body": {}, "assumes": [], "prev": "", "hash": "5b1d" * 16},),
        district_names={_LUBELSKIE: "lubelskie", _PODKARPACKIE: "podkarpackie"},
        public=(
            PublicEvent(T0_S + 1_380, "enters north-east of Oserdów", "entry", True,
                        "Operational Command, 24 March 2024"),
            PublicEvent(T0_S + 1_419, "leaves after 39 seconds", "exit", True,
                        "Operational Command, 24 March 2024"),
            PublicEvent(T0_S + 3_300, "statement of the Operational Command (minute not "
                        "found)", "public_told", True, "https://tass.com/world/1765017"),
        ) if kind == "replay" else (),
        unknowns=("The object's path before it neared the border was never published.",
                  "Which sensors saw it, and when, is not public."),
        sources=("https://tass.com/world/1765017", "Operational Command, 24 March 2024"),
        summary={"scores": {"turning": {"PL": {"600": {
            "n": 812, "flights": 6, "entering": 1, "base": 0.05, "brier": 0.021,
            "bss": 0.31, "log": 0.08}}}}},
        timings_s={"sensing": 0.5},
    )  # fmt: skip

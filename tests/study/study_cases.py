"""A night of one object, perfect sensors and people who answer at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forefield.chance import Stream
from forefield.drivers.build import Cast
from forefield.engagement.effectors import Band, Effector
from forefield.mandate.rules import parse
from forefield.mechanism import Settings
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.sensing.observe import observe
from forefield.threats.flights import Flights
from forefield.world import borders
from forefield.world.districts import districts

T0_S = 1_755_000_000.0

#: A rule table with nothing in it but the question, for arithmetic alone.
BARE = """
[meta]
id = "bare"
status = "supposed"
timezone = "Europe/Warsaw"
in_force = { from = 2022-02-24 }
sources = ["ASSUMPTION: a table for a test, and no document's"]
[meta.title]
en = "x"
pl = "x"
uk = "x"
[meta.summary]
en = "x"
pl = "x"
uk = "x"
[[fact]]
name = "feasible"
type = "bool"
about = "option"
meaning = "can it be met"
[[fact]]
name = "over"
type = "zone"
about = "option"
meaning = "country below"
[[ground]]
id = "feasible"
code = "NOT_FEASIBLE"
order = 800
when.any = [{ not = { fact = "feasible" } }, { not = { fact = "over", is = "UA" } }]
clause = "none"
source = "none"
owner = "nobody"
[ground.text]
en = "x"
pl = "x"
uk = "x"
[[ground]]
id = "awaiting"
code = "AWAITING_ANSWER"
order = 900
when = { fact = "answer_one", is = "awaited" }
clause = "none"
source = "none"
owner = "nobody"
[ground.text]
en = "x"
pl = "x"
uk = "x"
[[holder]]
id = "one"
may_refuse = true
delay = { p50_s = DELAY, p95_s = DELAY, no_answer = 0.0, basis = "ASSUMPTION" }
source = "none"
[holder.organ]
en = "x"
pl = "x"
uk = "x"
[holder.question]
en = "x"
pl = "x"
uk = "x"
"""


def one_flight(*, enters: bool, minutes: float = 10.0) -> Flights:
    """A missile at 230 m/s, due west over Volyn; it turns back if it shall not enter."""
    t = np.arange(0.0, 60.0 * minutes + 1, 2.0)
    east_m = -230.0 * t
    if not enters:
        back = t > 300.0
        east_m[back] = -230.0 * 300.0 + 230.0 * (t[back] - 300.0)
    lon = 25.4 + np.degrees(east_m / (6_371_000.0 * np.cos(np.radians(51.0))))
    return Flights.build(
        len(t), t_s=T0_S + t, flight_id="m1", lat_deg=np.full(len(t), 51.0),
        lon_deg=lon, alt_m=400.0, klass="kh101_kh555", end="target",
    )  # fmt: skip


def perfect_sensor() -> Sensor:
    """It sees everything, at once, every five seconds."""
    return Sensor(
        id="all", kind="radar3d", owner="PL", lat_deg=51.0, lon_deg=24.6, alt_m=9000.0,
        ground_m=200.0, period_s=5.0, max_range_m=400_000.0, sigma_range_m=10.0,
        sigma_azimuth_deg=0.01, sigma_height_m=30.0, p_detect=1.0,
        clutter_per_scan=0.0, min_elevation_deg=-30.0, latency_s=0.0,
    )  # fmt: skip


def sure_effector(p: float) -> Effector:
    """It reaches everything at once and hits with one known chance; it has one round."""
    one = Band(p, p)
    return Effector(
        id="sure", kind="sam_long", owner="PL", lat_deg=51.0, lon_deg=23.0,
        reach_m=Band(300_000.0, 300_000.0), height_m=Band(0.0, 30_000.0),
        speed_mps=Band(2_000.0, 2_000.0), reaction_s=Band(1.0, 1.0),
        p_hit=(("other", one),), magazine=1, fires_from="PL",
    )  # fmt: skip


def cast(delay_s: float, p: float) -> Cast:
    """The people and things of that night."""
    border = borders.guard("PL")
    return Cast(
        guards=(border,), sensors=(perfect_sensor(),), districts=districts("PL"),
        mandate=parse(BARE.replace("DELAY", f"{delay_s:g}"), where="bare"),
        effectors=(sure_effector(p),), settings=Settings(belief_floor=0.01),
    )  # fmt: skip


def seen(flights: Flights, sensor: Sensor, minutes: float) -> tuple[Detections, Scans]:
    """What the perfect sensor saw."""
    return observe(flights, (sensor,), Stream(1, "test"), t0_s=T0_S,
                   t1_s=T0_S + 60.0 * minutes)  # fmt: skip


TINY = """
scenario = "quick"
minutes = 6
raid = { counts = { kh101_kh555 = 2 }, headed_to_guard = 1.0 }
chain = { forecast_every_s = 60, cycle_s = 20 }
[[factor]]
name = "mandate"
kind = "policy"
values = ["documented", "pre-delegated"]
[[factor]]
name = "shared_by_ukraine"
kind = "policy"
values = [true, false]
[design]
nights = 6
batch = 2
"""


def tiny_study(folder: Path, text: str = TINY) -> str:
    """A study of six short nights, as a file."""
    path = folder / "tiny.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)

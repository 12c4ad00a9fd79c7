"""The kernels of a night, compiled stage by stage by running a tiny one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.engagement.effectors import default as effectors_of
from forefield.engagement.options import options
from forefield.forecasting.areas import threat_areas
from forefield.forecasting.forecast import forecast
from forefield.sensing import laydown
from forefield.sensing.observe import observe
from forefield.threats.flights import Flights
from forefield.tracking.tracker import Tracker
from forefield.world import borders
from forefield.world.districts import districts

__all__ = ["STAGES", "steps"]

STAGES = ("borders", "flights", "sensing", "tracking", "forecasting", "options")


def _flight(t0_s: float) -> Flights:
    """One drone flying west over Volyn for two minutes, headed to the border."""
    t = t0_s + 5.0 * np.arange(25)
    return Flights.build(
        len(t),
        t_s=t,
        flight_id="warm:1",
        lat_deg=np.full(len(t), 51.0),
        lon_deg=24.6 - 0.0007 * (t - t0_s),
        alt_m=500.0,
        klass="shahed136_geran2",
        end="lost",
    )


def steps() -> Iterator[tuple[str, Callable[[], None]]]:
    """(stage, what to run) pairs; each leaves what the next one needs."""
    t0_s = 1_711_248_000.0
    held: dict[str, Any] = {}

    def world() -> None:
        border = borders.guard("PL")
        border.field()
        border.inside(np.array([51.0]), np.array([23.0]))

    def flights() -> None:
        from forefield.threats import raids
        from forefield.threats.fly import fly

        stream = Stream(0, "warm")
        fly(
            raids.plan(
                name="warm",
                date="2024-03-24",
                guard="PL",
                t0_s=t0_s,
                minutes=5.0,
                counts={"shahed136_geran2": 4, "kh101_kh555": 2},
                stream=stream,
            ),
            stream,
        )

    def sensing() -> None:
        sensors = laydown.default("PL")
        held["sensors"] = sensors
        held["seen"] = observe(
            _flight(t0_s), sensors, Stream(0, "warm"), t0_s=t0_s, t1_s=t0_s + 120.0
        )

    def tracking() -> None:
        tracker = Tracker(held["sensors"], borders.guard("PL").plane)
        plots, looks = held["seen"]
        held["tracks"] = tracker.update(plots, looks, t0_s + 120.0)

    def forecasting() -> None:
        guard = borders.guard("PL")
        held["beliefs"] = forecast(held["tracks"], [guard], model="turning")
        threat_areas(held["tracks"], [guard], districts("PL"))

    def engagement() -> None:
        options(
            held["tracks"],
            held["beliefs"],
            effectors_of("PL"),
            guards=[borders.guard("PL")],
            now_s=t0_s + 120.0,
            belief_floor=0.0,
        )

    work = (world, flights, sensing, tracking, forecasting, engagement)
    yield from zip(STAGES, work, strict=True)

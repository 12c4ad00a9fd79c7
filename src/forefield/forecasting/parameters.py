"""What the forecast assumes about each class of object: turns, ends, errors.

The defaults below are starting values with a reason each. Values fitted on
simulated families are shipped in `data/forecast_parameters.toml`, which names the
command and the seeds that made them, and replace the defaults class by class.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from forefield.columns import Floats
from forefield.errors import InputError, nearest
from forefield.threats.classes import TRACK_CLASSES, speed_band_mps

__all__ = [
    "DEFAULT_BASE_RATE",
    "PRIOR_GUARDS",
    "STYLES",
    "ClassMotion",
    "Parameters",
    "shipped",
]

#: Share of a night's objects that enter the guard, where nobody gives one. Public
#: counts: 0.1 to 1 % of tracks on ordinary nights, 5 % on the worst (9-10 September
#: 2025: Poland counted 19-21 of 415 launched; docs/rooms/forecasting.md).
DEFAULT_BASE_RATE = 0.01

#: Guards for which that rate is documented: the neighbours of the war. For other
#: guards (the real flights of the verification) the share of the flights that
#: enters is not known beforehand, and nothing is shifted.
PRIOR_GUARDS = frozenset(
    {"PL", "RO", "MD", "SK", "HU", "LT", "LV", "EE", "BY", "FI", "BG", "HR"}
)

#: How a flight moves: the classes of `tracks` but for "unknown", which is told by
#: its speed and height into one of these.
STYLES = tuple(c for c in TRACK_CLASSES if c != "unknown")


@dataclass(frozen=True)
class ClassMotion:
    """Motion and end of one class of object.

    leg_s             mean time between two turns; inf: never
    turn_scale_deg    Laplace scale of a turn's angle
    turn_rate_dps     how fast it is turned, degrees a second
    wander_sigma_deg  spread of the course about its leg
    wander_tau_s      correlation time of that
    course_sigma_deg  error of the initial course beyond its covariance
    speed_sigma       relative error of the speed
    keep_turn_s       mean time that a turn seen in progress goes on
    downed_per_s      rate of ends over a neighbour that defends itself (Ukraine)
    end_out_per_s     rate of other ends outside the guard
    end_in_per_s      rate of ends inside it
    return_per_s      rate, while inside, of turning back to the nearest way out
    diffusion_m2ps    diffusion of the position (drifting things)
    gauss_course_deg  course error of the model "straight-gauss"
    gauss_speed       relative speed error of the model "straight-gauss"
    """

    leg_s: float = 900.0
    turn_scale_deg: float = 40.0
    turn_rate_dps: float = 2.0
    wander_sigma_deg: float = 3.0
    wander_tau_s: float = 60.0
    course_sigma_deg: float = 2.0
    speed_sigma: float = 0.05
    keep_turn_s: float = 15.0
    downed_per_s: float = 0.0
    end_out_per_s: float = 0.0
    end_in_per_s: float = 1.0 / 3600.0
    return_per_s: float = 0.0
    diffusion_m2ps: float = 0.0
    gauss_course_deg: float = 15.0
    gauss_speed: float = 0.05

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if not (value >= 0.0) or (f.name == "leg_s" and value == 0.0):
                raise InputError(
                    f"Forecast parameter {f.name} is {value}: it must not be negative"
                    " (leg_s: positive)."
                )
        if not self.wander_tau_s > 0.0:
            raise InputError("Forecast parameter wander_tau_s must be positive.")


def _rate(share: float, seconds: float) -> float:
    """The constant rate at which `share` of flights has ended after `seconds`."""
    return -math.log(1.0 - share) / seconds


# Ukraine's air force reports, for 2026: about half of the drones downed and 40 % lost
# or jammed; about 70 % of cruise missiles downed (see facts of raids). Spread over a
# flight of 5.5 h (1000 km at 50 m/s) and 1.2 h (1000 km at 230 m/s): our arithmetic.
# Turn rates: a coordinated turn at 25 degrees of bank is 1.1 deg/s at 240 m/s and
# 5 deg/s at 50 m/s. Legs and angles are assumptions until the fit replaces them.
_DRONE = ClassMotion(
    leg_s=900.0,
    turn_scale_deg=40.0,
    turn_rate_dps=4.0,
    wander_sigma_deg=6.0,
    wander_tau_s=90.0,
    course_sigma_deg=5.0,
    speed_sigma=0.08,
    keep_turn_s=8.0,
    downed_per_s=_rate(0.9, 5.5 * 3600.0),
    end_out_per_s=1.0 / 28800.0,
    end_in_per_s=1.0 / 5400.0,
    gauss_course_deg=25.0,
    gauss_speed=0.1,
)
_CRUISE = ClassMotion(
    leg_s=400.0,
    turn_scale_deg=40.0,
    turn_rate_dps=1.5,
    wander_sigma_deg=3.0,
    course_sigma_deg=3.0,
    keep_turn_s=15.0,
    downed_per_s=_rate(0.7, 1.2 * 3600.0),
    end_out_per_s=1.0 / 7200.0,
    end_in_per_s=1.0 / 2400.0,
    return_per_s=1.0 / 120.0,
    gauss_course_deg=25.0,
    gauss_speed=0.08,
)
# Airliners: chosen by Brier score on one half of 887 recorded flights (by a hash of
# their ids; FR, DE, IT, AT), reported on the other half in the room's page.
_CIVIL = ClassMotion(
    leg_s=600.0,
    turn_scale_deg=10.0,
    turn_rate_dps=1.0,
    wander_sigma_deg=0.0,
    course_sigma_deg=1.0,
    speed_sigma=0.02,
    keep_turn_s=2.0,
    end_in_per_s=1.0 / 7200.0,
    end_out_per_s=1.0 / 14400.0,
    gauss_course_deg=3.0,
    gauss_speed=0.02,
)
_DEFAULTS: dict[str, ClassMotion] = {
    "cruise": _CRUISE,
    "ballistic": ClassMotion(
        leg_s=math.inf,
        wander_sigma_deg=0.0,
        course_sigma_deg=1.5,
        speed_sigma=0.15,
        keep_turn_s=0.0,
        downed_per_s=_rate(0.3, 180.0),
        end_out_per_s=1.0 / 200.0,
        end_in_per_s=1.0 / 150.0,
        gauss_course_deg=5.0,
        gauss_speed=0.15,
    ),
    "drone": _DRONE,
    "jet_drone": dataclasses.replace(
        _DRONE,
        leg_s=600.0,
        turn_rate_dps=2.0,
        keep_turn_s=12.0,
        downed_per_s=_rate(0.8, 2.2 * 3600.0),
    ),
    "decoy": _DRONE,
    "aircraft": dataclasses.replace(_CIVIL, leg_s=200.0, turn_scale_deg=50.0),
    "interceptor": ClassMotion(
        leg_s=math.inf,
        wander_sigma_deg=5.0,
        wander_tau_s=20.0,
        course_sigma_deg=5.0,
        speed_sigma=0.2,
        end_out_per_s=1.0 / 60.0,
        end_in_per_s=1.0 / 60.0,
        gauss_course_deg=10.0,
        gauss_speed=0.2,
    ),
    "civil": _CIVIL,
    # Drift with the wind: an hour's change of wind turns the course by tens of degrees.
    "balloon": ClassMotion(
        leg_s=math.inf,
        wander_sigma_deg=25.0,
        wander_tau_s=3600.0,
        course_sigma_deg=5.0,
        speed_sigma=0.2,
        keep_turn_s=0.0,
        end_out_per_s=1.0 / 36000.0,
        end_in_per_s=1.0 / 36000.0,
        diffusion_m2ps=200.0,
        gauss_course_deg=30.0,
        gauss_speed=0.3,
    ),
    "bird": ClassMotion(
        leg_s=600.0,
        turn_scale_deg=40.0,
        turn_rate_dps=10.0,
        wander_sigma_deg=20.0,
        course_sigma_deg=10.0,
        speed_sigma=0.3,
        keep_turn_s=3.0,
        end_out_per_s=1.0 / 7200.0,
        end_in_per_s=1.0 / 7200.0,
        gauss_course_deg=40.0,
        gauss_speed=0.3,
    ),
}


@dataclass(frozen=True)
class Parameters:
    """Everything a forecast may be told. `motions` overrides classes by name.

    particles         per track row
    implied_base_rate the share of objects entering that the particles alone imply; a
                      given base rate is compared to it. It depends on how the border
                      lies to the flights: `implied_by_guard` where it was fitted
    defended          neighbours over which `downed_per_s` holds
    stay_share        share of the objects that enter and do not leave again, however
                      the border runs: sent there, or about to fall
    stay_m            mean way that they fly inside
    max_s             no flight is followed longer (only horizon inf comes near)
    field_cells       most cells of a first-passage field (model "field"); fewer are
                      solved sooner and read less exactly
    window_s, gap_s   past used for velocities; a longer gap cuts it off
    sigma_pos_m       position error where a track tells none
    sigma_vel_mps     velocity error where a track tells none
    """

    motions: Mapping[str, ClassMotion] = field(default_factory=dict)
    particles: int = 192
    implied_base_rate: float = DEFAULT_BASE_RATE
    implied_by_guard: Mapping[str, float] = field(default_factory=dict)
    defended: tuple[str, ...] = ("UA",)
    stay_share: float = 0.23
    stay_m: float = 90_000.0
    max_s: float = 4.0 * 3600.0
    field_cells: int = 150_000
    window_s: float = 60.0
    gap_s: float = 180.0
    sigma_pos_m: float = 50.0
    sigma_vel_mps: float = 1.0
    version: str = "0.1"

    def __post_init__(self) -> None:
        for name in self.motions:
            if name not in STYLES:
                close = nearest(name, STYLES)
                hint = f" (did you mean {close!r}?)" if close else ""
                raise InputError(f"No class {name!r} to set forecast parameters{hint}.")
        if self.particles < 1:
            raise InputError(f"A forecast needs particles; {self.particles} given.")
        if not 0.0 <= self.stay_share <= 1.0 or not self.stay_m > 0.0:
            raise InputError(
                f"stay_share is {self.stay_share}, stay_m {self.stay_m}; give a share "
                "of 1 and metres above 0."
            )
        if self.field_cells < 100:
            raise InputError(f"field_cells is {self.field_cells}; give 100 or more.")
        for rate in (self.implied_base_rate, *self.implied_by_guard.values()):
            if not 0.0 < rate < 1.0:
                raise InputError(f"implied_base_rate is {rate}; give a share of 1.")

    def motion(self, style: str) -> ClassMotion:
        """The parameters of one class."""
        return self.motions.get(style, _DEFAULTS[style])

    def matrix(self, model: str) -> Floats:
        """(C, 15) for `kernels.first_passage.walk`, a row per style."""
        rows = []
        for style in STYLES:
            m, band = self.motion(style), speed_band_mps(style)
            low, high = max(band.low, 1.0), max(band.high, 1.0)
            rad = math.radians
            if model == "turning":
                row = [
                    m.leg_s, rad(m.turn_scale_deg), rad(m.turn_rate_dps),
                    rad(m.wander_sigma_deg), m.wander_tau_s, rad(m.course_sigma_deg),
                    m.speed_sigma, m.keep_turn_s, m.downed_per_s, m.end_out_per_s,
                    m.end_in_per_s, m.return_per_s, m.diffusion_m2ps, low, high,
                ]  # fmt: skip
            else:
                gauss = model == "straight-gauss"
                row = [math.inf, 0.0, 0.0, 0.0, 1.0] + [0.0] * 8 + [low, high]
                row[5] = rad(m.gauss_course_deg) if gauss else 0.0
                row[6] = m.gauss_speed if gauss else 0.0
            rows.append(row)
        return np.array(rows)


@cache
def shipped() -> Parameters:
    """The parameters a forecast uses when none are given."""
    from forefield.world.facts import table

    try:
        data: dict[str, Any] = table("forecast_parameters")
    except FileNotFoundError:
        return Parameters()
    motions = {
        name: dataclasses.replace(_DEFAULTS[name], **values)
        for name, values in data.get("class", {}).items()
    }
    return Parameters(motions=motions, **data.get("settings", {}))

"""Options: what could be done about a track, doing nothing first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forefield.columns import Columns, Floats, Ints, Texts, column, wide

__all__ = ["HARM_QUANTILES", "Options"]

HARM_QUANTILES = ("p05", "p50", "p95")


@dataclass(frozen=True)
class Options(Columns):
    """A row per track, time and thing that could be done.

    `harm_names` are labels like "pl_p05", "pl_p50", "pl_p95", "ua_p05", …; harm is
    expected casualties in that country. Countries are never summed.
    """

    TABLE: ClassVar[str] = "options"

    t_s: Floats = column("float", "UTC seconds since 1970")
    option_id: Texts = column("text", "unique name of the option")
    track_id: Ints = column("int", "the track")
    action: Texts = column("text", "nothing or intercept")
    effector: Texts = column("text", "id of the effector", optional=True)
    owner: Texts = column("text", "ISO code of its owner", optional=True)
    fires_from: Texts = column("text", "ISO code of where it fires from", optional=True)
    over: Texts = column(
        "text", "ISO code of the country below the intercept", optional=True
    )
    t_intercept_s: Floats = column(
        "float", "UTC seconds of the intercept", optional=True
    )
    lat_deg: Floats = column("float", "intercept point", optional=True)
    lon_deg: Floats = column("float", "intercept point", optional=True)
    alt_m: Floats = column("float", "intercept height", optional=True)
    p_success: Floats = column("float", "median of the stated interval", optional=True)
    p_success_p05: Floats = column(
        "float", "low end of the published interval", optional=True
    )
    p_success_p95: Floats = column(
        "float", "high end of the published interval", optional=True
    )
    feasible_share: Floats = column(
        "float",
        "share of low, middle and high reach, speed and reaction that allow it",
        optional=True,
    )
    harm: Floats = wide(
        "expected casualties", names_from="harm_names", pattern="harm_{}", optional=True
    )
    latest_decision_s: Floats = column("float", "UTC seconds", optional=True)
    barred_by: Texts = column(
        "text", "what makes it infeasible, if anything", optional=True
    )
    harm_names: tuple[str, ...] = ()

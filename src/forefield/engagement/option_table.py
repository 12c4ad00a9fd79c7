"""Options: what could be done about a track, doing nothing first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

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
        "float", "UTC seconds of the earliest intercept there", optional=True
    )
    t_latest_intercept_s: Floats = column(
        "float", "UTC seconds of the latest intercept there", optional=True
    )
    lat_deg: Floats = column("float", "place of the earliest intercept", optional=True)
    lon_deg: Floats = column("float", "place of the earliest intercept", optional=True)
    alt_m: Floats = column("float", "height of the earliest intercept", optional=True)
    shots: Ints = column(
        "int", "shots there is time for, each after the look at the last", optional=True
    )
    p_success: Floats = column(
        "float", "of all the shots, their luck shared; middle", optional=True
    )
    p_success_p05: Floats = column(
        "float", "the same at the low end of what is published", optional=True
    )
    p_success_p95: Floats = column(
        "float", "the same at the high end of what is published", optional=True
    )
    feasible_share: Floats = column(
        "float",
        "share of low, middle and high reach, speed and delays that allow it",
        optional=True,
    )
    cost_eur: Floats = column(
        "float", "of the shots, at the middle of the interval", optional=True
    )
    harm: Floats = wide(
        "expected casualties", names_from="harm_names", pattern="harm_{}", optional=True
    )
    p_casualty: Floats = wide(
        "chance of at least one casualty",
        names_from="harm_names",
        pattern="p_casualty_{}",
        optional=True,
    )
    risk: Floats = wide(
        "chance for the one person most exposed, at most",
        names_from="harm_names",
        pattern="risk_{}",
        optional=True,
    )
    latest_decision_s: Floats = column("float", "UTC seconds", optional=True)
    links: Texts = column(
        "text", "JSON: [link, low, middle, high seconds] after the yes", optional=True
    )
    conflict: Texts = column(
        "text", "civil or friendly traffic that is too near", optional=True
    )
    reasons: Texts = column(
        "text", "JSON: reasons not to fire, each with code and words", optional=True
    )
    barred_by: Texts = column(
        "text", "what makes it infeasible, if anything", optional=True
    )
    harm_names: tuple[str, ...] = ()

    def of_effectors(self, ids: Sequence[str]) -> Self:
        """What `options` gives of these effectors alone, in their order.

        Doing nothing stays; of each track, rows go by effector, then as they stand.
        """
        place = {"": -1} | {name: k for k, name in enumerate(ids)}
        gone = len(ids)
        rank = np.array([place.get(e, gone) for e in self.effector.tolist()], int)
        order = np.lexsort((rank, self.track_id))  # stable
        return self.take(order[rank[order] < gone])

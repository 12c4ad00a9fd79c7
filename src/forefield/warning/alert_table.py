"""Alerts: who must be told, and how much time is left when they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forefield.columns import Columns, Floats, Texts, column

__all__ = ["Alerts"]


@dataclass(frozen=True)
class Alerts(Columns):
    """A row per message and channel; it is always an exercise, a test or a draft.

    The lead of a channel is split: `t_s` is when the limit was reached, the decision
    follows after the delay to decide, release after that to release, and people have
    it after the channel's own. A negative lead is a warning that came too late.
    """

    TABLE: ClassVar[str] = "alerts"

    t_s: Floats = column("float", "UTC seconds since 1970 of the decision")
    alert_id: Texts = column("text", "EX-…, unique and stable for a seed")
    district: Texts = column("text", "district code")
    severity: Texts = column("text", "CAP: Extreme, Severe, Moderate, Minor, Unknown")
    certainty: Texts = column(
        "text", "CAP: Observed, Likely, Possible, Unlikely, Unknown"
    )
    t_arrival_p50_s: Floats = column("float", "UTC seconds, median arrival")
    lead_decide_s: Floats = column("float", "arrival minus decision")
    lead_release_s: Floats = column("float", "arrival minus release")
    lead_delivery_s: Floats = column("float", "arrival minus delivery to people")
    channel: Texts = column("text", "sms, siren, radio, …")
    status: Texts = column("text", "Exercise, Test or Draft")
    msg_type: Texts = column("text", "Alert, Update or Cancel")
    text_en: Texts = column("text", "English")
    text_pl: Texts = column("text", "Polish")
    text_uk: Texts = column("text", "Ukrainian")
    duty_en: Texts = column(
        "text", "for the duty officer: what to decide, by when", optional=True
    )
    duty_pl: Texts = column("text", "the same, Polish", optional=True)
    duty_uk: Texts = column("text", "the same, Ukrainian", optional=True)
    headline_en: Texts = column(
        "text", "begins EXERCISE, TEST or REPLAY OF", optional=True
    )
    headline_pl: Texts = column("text", "Polish headline", optional=True)
    headline_uk: Texts = column("text", "Ukrainian headline", optional=True)
    expires_s: Floats = column("float", "UTC seconds, when it lapses", optional=True)
    references: Texts = column("text", "alert_ids it updates or cancels", optional=True)
    p_over: Floats = column("float", "probability that decided it", optional=True)
    lead_delivery_slow_s: Floats = column(
        "float", "arrival minus delivery at the slow end of the delays", optional=True
    )
    lead_delivery_quick_s: Floats = column(
        "float", "arrival minus delivery at the quick end of the delays", optional=True
    )
    reached_low: Floats = column(
        "float", "share of people this channel reaches in time, unlucky", optional=True
    )
    reached_middle: Floats = column("float", "the same, to be expected", optional=True)
    reached_high: Floats = column("float", "the same, lucky", optional=True)
    lead_cell_broadcast_s: Floats = column(
        "float", "what if: arrival minus delivery by cell broadcast", optional=True
    )

"""The alert desk: which district is told, when, and how much time is left.

It reads the combined threat areas of each step and opens, updates and cancels alerts
by district. What it writes is an exercise, a test or a draft, and says so in its first
word; the type of `status` leaves no other choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from forefield.errors import InputError
from forefield.forecasting.beliefs import ThreatAreas
from forefield.warning import wording
from forefield.warning.alert_table import Alerts
from forefield.warning.delays import CHANNELS, Delays
from forefield.warning.reach import reached, shares

if TYPE_CHECKING:
    from forefield.world.districts import Districts

__all__ = [
    "ALERT_CONFIRM_S",
    "ALERT_LIMIT",
    "ALERT_LOOK_S",
    "AlertDesk",
    "Status",
    "check_prefix",
    "check_status",
]

#: The chain's own rule: the chance of being flown over within ALERT_LOOK_S reaches
#: ALERT_LIMIT and stays there for ALERT_CONFIRM_S. Chosen on simulated raids of
#: families with role "tune" so that at most one district a raid is alerted for nothing
#: (0.8); on families never met it gives 1.5 (bench/warning.py, docs/warning.md). To
#: wait costs little: people need some minutes, and what looks likely a quarter of an
#: hour ahead often turns away.
ALERT_LIMIT = 0.1
ALERT_LOOK_S = 540.0
ALERT_CONFIRM_S = 15.0

#: The only CAP statuses this program knows.
Status = Literal["Exercise", "Test", "Draft"]
STATUSES: tuple[str, ...] = get_args(Status)
_PREFIX = re.compile(r"(EXERCISE|TEST|REPLAY OF \d{4}-\d{2}-\d{2})")


def check_status(status: str) -> str:
    """`status` if it is Exercise, Test or Draft; InputError otherwise."""
    if status not in STATUSES:
        raise InputError(
            f"Alert status {status!r} is not written by this program; use Exercise, "
            "Test or Draft."
        )
    return status


def check_prefix(prefix: str) -> str:
    """`prefix` if it is EXERCISE, TEST or REPLAY OF and a date; else InputError."""
    if not _PREFIX.fullmatch(prefix):
        raise InputError(
            f"A headline cannot begin with {prefix!r}; use EXERCISE, TEST or REPLAY OF "
            "and a date such as 2024-03-24."
        )
    return prefix


@dataclass(frozen=True)
class _Seen:
    """Chance of being flown over soon and at all, of a fall, and the median arrival."""

    soon: float
    p: float
    fall: float
    arrival_s: float


_NOTHING = _Seen(0.0, 0.0, 0.0, np.nan)


@dataclass
class _Open:
    """One open alert: its messages so far and what the last one said."""

    stem: str
    number: int
    severity: str
    certainty: str
    arrival_s: float
    expires_s: float
    below_since_s: float = np.inf
    ids: list[str] = field(default_factory=list)


class AlertDesk:
    """Alerts by district from combined threat areas, with hysteresis and expiry.

    districts  whose people are told; others in the areas are left alone
    delays     None for the shipped assumptions, `Delays`, or a mapping that replaces
               some of decide_s, release_s, siren_s, sms_s, radio_s
    limit      an alert opens when the chance of being flown over within look_s
               reaches it
    look_s     horizon that opens an alert; where the areas do not have it, their
               next longer one, else their longest
    status     Exercise, Test or Draft
    prefix     first words of every headline: EXERCISE, TEST or REPLAY OF (date)
    timezone   IANA name of the local time in the texts
    close_at   share of `limit` below which the chance, at the longest horizon, must
               stay to cancel
    hold_s     for how long it must stay there
    valid_s    an alert lapses after this time unless it is renewed
    confirm_s  an alert opens only when the chance has stayed at the limit for so
               long, or has reached `at_once`
    shift_s    a change of the median arrival by more than this is told

    All of these limits are assumptions of the exercise.
    """

    def __init__(
        self,
        districts: Districts,
        delays: Delays | Mapping[str, Any] | None = None,
        *,
        limit: float = ALERT_LIMIT,
        look_s: float = ALERT_LOOK_S,
        status: Status = "Exercise",
        prefix: str = "EXERCISE",
        timezone: str = "Europe/Warsaw",
        close_at: float = 0.25,
        hold_s: float = 300.0,
        valid_s: float = 1800.0,
        shift_s: float = 180.0,
        confirm_s: float = 0.0,
        at_once: float = 0.6,
    ) -> None:
        if not 0.0 < limit <= 1.0:
            raise InputError(
                f"The alert limit is {limit}; give a number above 0, to 1."
            )
        if not look_s > 0.0:
            raise InputError(f"The alert looks {look_s} s ahead; give seconds above 0.")
        self.look_s = look_s
        self.status = check_status(status)
        self.prefix = check_prefix(prefix)
        try:
            self.zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise InputError(
                f"No time zone {timezone!r}; use a name such as Europe/Warsaw."
            ) from None
        self.delays, self._shares = Delays.of(delays), shares()
        self.limit, self.close_below = limit, close_at * limit
        self.hold_s, self.valid_s, self.shift_s = hold_s, valid_s, shift_s
        self.confirm_s, self.at_once = confirm_s, at_once
        self._above_since: dict[str, float] = {}
        self._looks = np.zeros(0)  # horizons that the areas have been seen to have
        self._within_s = look_s  # the longest of them
        self._names = {
            str(code): str(name)
            for code, name in zip(districts.codes, districts.names, strict=True)
            if not str(code).endswith("-SEA")  # nobody lives there
        }
        self._open: dict[str, _Open] = {}
        self._last_s = -np.inf

    @property
    def rule(self) -> tuple[Any, ...]:
        """By what it speaks: desks with one rule and one history say the same."""
        return (
            self.limit, self.look_s, self.close_below, self.hold_s, self.valid_s,
            self.shift_s, self.confirm_s, self.at_once, self.status, self.prefix,
            self.zone.key, self.delays,
        )  # fmt: skip

    @property
    def open_districts(self) -> tuple[str, ...]:
        """Codes of the districts with an open alert."""
        return tuple(sorted(self._open))

    def update(self, areas: ThreatAreas, now_s: float) -> Alerts:
        """The messages that follow from the threat areas of now [UTC s].

        Rows of `areas` with track_id "*" count, those of the latest t_s up to now. A
        district without a row has chance 0. Call with times that do not go back.
        """
        if now_s < self._last_s:
            raise InputError(
                f"The alert desk was at {self._last_s:.0f} s and is asked about "
                f"{now_s:.0f} s: call it with times that do not go back."
            )
        self._last_s = now_s
        rows: list[dict[str, Any]] = []
        picture = self._picture(areas, now_s)
        known = picture.keys() | self._open.keys() | self._above_since.keys()
        for code in sorted(self._names.keys() & known):
            seen = picture.get(code, _NOTHING)
            rows += self._district(code, seen, now_s)
        if not rows:
            return Alerts.empty()
        return Alerts.build(
            len(rows), **{k: np.array([r[k] for r in rows]) for k in rows[0]}
        )

    def _picture(self, areas: ThreatAreas, now_s: float) -> dict[str, _Seen]:
        """District -> what its combined rows say, those of the latest t_s."""
        rows = areas.take((areas.track_id == "*") & (areas.t_s <= now_s))
        self._looks = np.union1d(self._looks, areas.horizon_s)
        if not len(rows):
            return {}
        self._within_s = float(self._looks[-1])
        rows = rows.take(rows.t_s == rows.t_s.max())
        at = np.searchsorted(self._looks, self.look_s)
        look_s = self._looks[min(int(at), len(self._looks) - 1)]
        age_s = now_s - float(rows.t_s[0])
        out: dict[str, _Seen] = {}
        # The longest horizon is the last to be written; the look's chance is kept.
        rows = rows.take(np.lexsort((rows.horizon_s, rows.district)))
        for d, h, p, f, t in zip(
            rows.district.tolist(), rows.horizon_s, rows.p_over, rows.p_fall,
            rows.t_p50_s, strict=True,
        ):  # fmt: skip
            soon = float(p) if h == look_s else out.get(d, _NOTHING).soon
            wait_s = max(0.0, float(t) - age_s) if t == t else 0.0
            out[d] = _Seen(soon, float(p), float(f), now_s + wait_s)
        return out

    def _district(self, code: str, seen: _Seen, now_s: float) -> list[dict[str, Any]]:
        p, fall, arrival_s = seen.p, seen.fall, seen.arrival_s
        o = self._open.get(code)
        severity, certainty = _severity(p, fall), _certainty(p, arrival_s - now_s)
        if o is None:
            if seen.soon < self.limit:
                self._above_since.pop(code, None)
                return []
            since_s = self._above_since.setdefault(code, now_s)
            if seen.soon < self.at_once and now_s - since_s < self.confirm_s:
                return []
            del self._above_since[code]
            stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%SZ")
            o = _Open(f"EX-{stamp}-{_plain(code)}", 0, "", "", np.inf, 0.0)
            self._open[code] = o
            return self._message(
                "Alert", code, o, p, severity, certainty, arrival_s, now_s
            )
        if p < self.close_below:
            o.below_since_s = min(o.below_since_s, now_s)
        else:
            o.below_since_s = np.inf
        if now_s - o.below_since_s >= self.hold_s or (
            now_s >= o.expires_s and p < self.limit
        ):
            out = self._message(
                "Cancel", code, o, p, "Minor", "Unlikely", np.nan, now_s
            )
            del self._open[code]
            return out
        if p < self.limit:
            return []
        worse = (
            _RANK[severity] > _RANK[o.severity] or _RANK[certainty] > _RANK[o.certainty]
        )
        sooner = o.arrival_s > now_s and o.arrival_s - arrival_s > self.shift_s
        ageing = o.expires_s - now_s < self.valid_s / 3.0
        if worse or sooner or ageing:
            # An update never plays a danger down before it is cancelled.
            severity = max(severity, o.severity, key=_RANK.__getitem__)
            return self._message(
                "Update", code, o, p, severity, certainty, arrival_s, now_s
            )
        return []

    def _message(
        self,
        kind: str,
        code: str,
        o: _Open,
        p: float,
        severity: str,
        certainty: str,
        arrival_s: float,
        now_s: float,
    ) -> list[dict[str, Any]]:
        o.number += 1
        before = " ".join(o.ids)
        alert_id = f"{o.stem}-{o.number}"
        o.ids.append(alert_id)
        o.severity, o.certainty, o.arrival_s = severity, certainty, arrival_s
        o.expires_s = now_s + self.valid_s
        said = wording.compose(
            kind, self._names[code], self.prefix, arrival_s, now_s, self.zone
        )
        d = self.delays
        before_s = arrival_s - d.middle("release_s")
        ask = wording.duty(
            kind, self._names[code], self.prefix,
            self.close_below if kind == "Cancel" else p, self._within_s, arrival_s,
            now_s, (before_s - d.middle("siren_s"), before_s - d.middle("sms_s")),
            self.zone,
        )  # fmt: skip
        decided = arrival_s - now_s - d.middle("decide_s")
        released = decided - d.middle("release_s")
        wait_s = arrival_s - now_s
        slow = wait_s - d.slow("decide_s") - d.slow("release_s")
        quick = wait_s - d.quick("decide_s") - d.quick("release_s")
        have = {c: reached(wait_s, d, (c,), share=self._shares) for c in CHANNELS}
        return [
            {
                "t_s": now_s,
                "alert_id": alert_id,
                "district": code,
                "severity": severity,
                "certainty": certainty,
                "t_arrival_p50_s": arrival_s,
                "lead_decide_s": decided,
                "lead_release_s": released,
                "lead_delivery_s": released - d.middle(f"{channel}_s"),
                "lead_delivery_slow_s": slow - d.slow(f"{channel}_s"),
                "lead_delivery_quick_s": quick - d.quick(f"{channel}_s"),
                "lead_cell_broadcast_s": released - d.middle("cell_broadcast_s"),
                "reached_low": have[channel].low,
                "reached_middle": have[channel].middle,
                "reached_high": have[channel].high,
                "channel": channel,
                "status": self.status,
                "msg_type": kind,
                **said,
                **ask,
                "expires_s": o.expires_s,
                "references": before,
                "p_over": p,
            }
            for channel in CHANNELS
        ]


def _plain(code: str) -> str:
    """A district's code as part of a name of a message and of its file.

    >>> _plain("PL-06"), _plain("../a b")
    ('PL-06', '_2e__2e__2f_a_20_b')
    """
    return "".join(
        c if c.isascii() and (c.isalnum() or c == "-") else f"_{ord(c):x}_"
        for c in code
    )


_RANK = {
    "": -1, "Unknown": 0, "Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4,
    "Unlikely": 1, "Possible": 2, "Likely": 3, "Observed": 4,
}  # fmt: skip


def _severity(p: float, fall: float) -> str:
    """CAP 1.2 §3.2.2: the threat to life or property, not its chance.

    Moderate: it may be flown over. Severe: at least one in ten of those who fly over
    come down there, and at least one in fifty does. Extreme: something comes down
    there, more likely than not.
    """
    if fall > 0.5:
        return "Extreme"
    return "Severe" if fall >= max(0.02, 0.1 * p) else "Moderate"


def _certainty(p: float, wait_s: float) -> str:
    """CAP 1.2 §3.2.2: Observed; Likely above 50 %; Possible; Unlikely about 0."""
    if p >= 0.95 and wait_s <= 0.0:
        return "Observed"
    if p > 0.5:
        return "Likely"
    return "Possible" if p >= 0.01 else "Unlikely"

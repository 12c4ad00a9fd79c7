"""Words and figures of the page: two clocks, chances, codes in plain English."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

__all__ = [
    "ALERT_CHANNELS",
    "CLASS_WORDS",
    "CODE_WORDS",
    "END_WORDS",
    "NBSP",
    "PUBLIC_WORDS",
    "SENSOR_WORDS",
    "Clock",
    "casualties",
    "country",
    "horizon",
    "join",
    "kilometres",
    "percent",
    "plural",
    "span",
    "with_times",
]

NBSP = "\u00a0"

#: What each verdict code says, for a reader who has never seen the code.
CODE_WORDS = {
    "OUT_OF_SCOPE": "Outside what the mandate covers",
    "NATIONAL_LAW": "National law decides, not this mandate",
    "REFUSE_PROTECTED": "Refused: a protected or civil object cannot be excluded",
    "NO_HOST_CONSENT": "No consent of the country the intercept would be over",
    "NO_DOMESTIC_BASIS": "No basis in the acting country's own law",
    "NO_AGREED_PROCEDURE": "No procedure has been agreed",
    "HOLD_EVIDENCE": "Hold: the evidence is below the mandate's limit",
    "HOLD_DEBRIS": "Hold: falling debris endangers people",
    "NOT_FEASIBLE": "Cannot be done in time or in reach",
    "AWAITING_ANSWER": "Waiting for the answer of a named holder of authority",
    "REFUSED_BY_HOLDER": "Refused by a holder of authority",
    "LAPSED": "The time to decide has passed",
    "NO_BAR_FOUND_FOR_HUMAN_DECISION": "No bar found: a human may now decide",
}

CLASS_WORDS = {
    "cruise": "cruise missile",
    "ballistic": "ballistic missile",
    "drone": "propeller drone",
    "jet_drone": "jet drone",
    "decoy": "decoy drone",
    "aircraft": "military aircraft",
    "interceptor": "air-defence missile",
    "civil": "civil aircraft",
    "balloon": "balloon",
    "bird": "birds",
    "unknown": "unknown object",
}

SENSOR_WORDS = {
    "radar2d": "radar (range and bearing)",
    "radar3d": "radar (range, bearing and height)",
    "acoustic": "acoustic sensors (microphones)",
    "airborne": "airborne radar",
    "adsb": "ADS-B receiver (aircraft report themselves)",
}

END_WORDS = {
    "target": "reached its target",
    "crash": "crashed",
    "downed": "was shot down",
    "lost": "was lost from sight",
}

PUBLIC_WORDS = {
    "entry": "entered",
    "exit": "left",
    "impact": "impact",
    "public_told": "public told",
    "alert": "alert",
    "event": "event",
}

ALERT_CHANNELS = {
    "sms": "text message",
    "siren": "siren",
    "radio": "radio",
    "app": "phone app",
    "cell": "cell broadcast",
    "cell_broadcast": "cell broadcast",
    "tv": "television",
}

_COUNTRIES = {
    "PL": "Poland",
    "UA": "Ukraine",
    "RO": "Romania",
    "MD": "Moldova",
    "LT": "Lithuania",
    "LV": "Latvia",
    "EE": "Estonia",
    "SK": "Slovakia",
    "HU": "Hungary",
    "HR": "Croatia",
    "BG": "Bulgaria",
    "FI": "Finland",
    "BY": "Belarus",
    "RU": "Russia",
    "FR": "France",
    "IT": "Italy",
    "DE": "Germany",
    "AT": "Austria",
    "CH": "Switzerland",
    "XS": "the sea or elsewhere",
    "XN": "NATO",
    "NATO": "NATO",
    "US": "the United States",
}


def country(iso: str) -> str:
    """The country's English name; the code itself where we have none.

    >>> country("pl")
    'Poland'
    """
    return _COUNTRIES.get(iso.upper(), iso)


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "object"), plural(2, "object"), plural(0, "district")
    ('1 object', '2 objects', 'no districts')
    """
    many = many or f"{one}s"
    if n == 0:
        return f"no {many}"
    return f"1 {one}" if n == 1 else f"{n:,} {many}"


def join(parts: list[str]) -> str:
    """
    >>> join(["a"]), join(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def percent(p: float) -> str:
    """A chance as people read it; never 0 % or 100 % for what is only near it.

    The space before the sign does not break.

    >>> percent(0.624), percent(0.0004), percent(0.9999), percent(0.031)
    ('62\\xa0%', 'under 0.1\\xa0%', 'over 99.9\\xa0%', '3.1\\xa0%')
    """
    if not math.isfinite(p):
        return "–"
    if p < 0.001:
        return f"under 0.1{NBSP}%" if p > 0 else f"0{NBSP}%"
    if p > 0.999:
        return f"over 99.9{NBSP}%" if p < 1 else f"100{NBSP}%"
    value = 100 * p
    digits = 1 if value < 9.95 or value > 99 else 0
    return f"{value:.{digits}f}{NBSP}%"


def span(seconds: float) -> str:
    """A stretch of time.

    >>> [span(s).replace(NBSP, " ") for s in (39, 280, 7261, -45)]
    ['39 s', '4 min 40 s', '2 h 1 min', '−45 s']
    """
    if not math.isfinite(seconds):
        return "–"
    sign = "−" if seconds <= -0.5 else ""
    whole = round(abs(seconds))
    if whole < 120:
        return f"{sign}{whole}{NBSP}s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        text = f"{sign}{minutes} min" + (f" {rest} s" if rest else "")
    else:
        hours, rest = divmod(whole, 3600)
        text = f"{sign}{hours} h" + (f" {rest // 60} min" if rest // 60 else "")
    return text.replace(" ", NBSP)


def horizon(seconds: float) -> str:
    """
    >>> horizon(600), horizon(90), horizon(math.inf)
    ('10 min', '90 s', 'before it ends')
    """
    if not math.isfinite(seconds):
        return "before it ends"
    return f"{seconds / 60:g} min" if seconds % 60 == 0 else f"{seconds:g} s"


def kilometres(metres: float) -> str:
    """
    >>> kilometres(860), kilometres(12_345), kilometres(123_456)
    ('0.9 km', '12.3 km', '123 km')
    """
    if not math.isfinite(metres):
        return "–"
    km = metres / 1000
    return f"{km:.0f} km" if km >= 100 or km == int(km) else f"{km:.1f} km"


def casualties(value: float) -> str:
    """Expected casualties with a sensible number of digits.

    >>> casualties(0.0), casualties(0.00042), casualties(0.0712), casualties(3.14)
    ('0', 'under 0.001', '0.07', '3.1')
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if value < 0.001:
        return "under 0.001"
    if value < 0.01:
        return f"{value:.3f}"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}"


_TWO_TIMES = re.compile(r"(\d\d:\d\d(?::\d\d)?) \((\d\d:\d\d(?::\d\d)?) UTC\)")


def with_times(text: str) -> Markup:
    """Prose as HTML, with every `Clock.words` in it set like `Clock.markup`.

    >>> with_times("at 04:23 (03:23 UTC) & later")
    Markup('at <b>04:23</b> <span class="utc">03:23&nbsp;UTC</span> &amp; later')
    """
    return Markup(
        _TWO_TIMES.sub(
            r'<b>\1</b> <span class="utc">\2&nbsp;UTC</span>', str(escape(text))
        )
    )


class Clock:
    """Local time and UTC, side by side, for one night."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)

    def _local(self, t_s: float) -> datetime:
        return datetime.fromtimestamp(round(t_s), tz=UTC).astimezone(self.zone)

    def _utc(self, t_s: float) -> datetime:
        return datetime.fromtimestamp(round(t_s), tz=UTC)

    def local(self, t_s: float) -> str:
        return self._local(t_s).strftime("%H:%M:%S")

    def utc(self, t_s: float) -> str:
        return self._utc(t_s).strftime("%H:%M:%S")

    def iso(self, t_s: float) -> str:
        return self._utc(t_s).strftime("%Y-%m-%dT%H:%M:%SZ")

    def day(self, t_s: float) -> str:
        local = self._local(t_s)
        return f"{local.day} {local.strftime('%B %Y')}"

    def days(self, t0_s: float, t1_s: float) -> str:
        """`9–10 September 2025` for a night over midnight."""
        first, last = self._local(t0_s), self._local(t1_s)
        if first.date() == last.date():
            return self.day(t0_s)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{self.day(t1_s)}"
        return f"{self.day(t0_s)} – {self.day(t1_s)}"

    def words(self, t_s: float, *, minute: bool = False) -> str:
        """`04:23:00 (03:23:00 UTC)`; to the minute where no more is known."""
        if not math.isfinite(t_s):
            return "–"
        form = "%H:%M" if minute else "%H:%M:%S"
        return (
            f"{self._local(t_s).strftime(form)} ({self._utc(t_s).strftime(form)} UTC)"
        )

    def markup(self, t_s: float, *, minute: bool = False) -> Markup:
        """The same as HTML: local large, UTC beside it."""
        if not math.isfinite(t_s):
            return Markup("–")
        form = "%H:%M" if minute else "%H:%M:%S"
        return Markup(
            '<time datetime="{}"><b>{}</b> <span class="utc">{}&nbsp;UTC</span></time>'
        ).format(
            self.iso(t_s),
            escape(self._local(t_s).strftime(form)),
            escape(self._utc(t_s).strftime(form)),
        )

    def about(self, t_s: float) -> str:
        """The zone in words: `Europe/Warsaw (CET, UTC+1)`."""
        local = self._local(t_s)
        offset_s = self.offset_s(t_s)
        sign = "+" if offset_s >= 0 else "−"
        hours, minutes = divmod(abs(offset_s) // 60, 60)
        figure = f"{hours}" + (f":{minutes:02d}" if minutes else "")
        return f"{self.timezone} ({local.tzname()}, UTC{sign}{figure})"

    def offset_s(self, t_s: float) -> int:
        offset = self._local(t_s).utcoffset()
        return int(offset.total_seconds()) if offset else 0

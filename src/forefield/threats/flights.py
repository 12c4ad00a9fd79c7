"""True flights: what really flew, for scoring and for the sensors to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from forefield.columns import Columns, Floats, Texts, column
from forefield.threats.phantoms import Phantoms

__all__ = ["ENDS", "Assumption", "Flights", "Flown"]

ENDS = ("target", "crash", "downed", "lost")


@dataclass(frozen=True)
class Flights(Columns):
    """Truth, a row per flight and time; rows sorted by flight_id, then t_s.

    A flight that ends inside a guard ends there. `end` is the same on every row
    of a flight and says how it ended at its last row.
    """

    TABLE: ClassVar[str] = "flights"

    t_s: Floats = column("float", "UTC seconds since 1970")
    flight_id: Texts = column("text", "which flight")
    lat_deg: Floats = column("float", "WGS-84 latitude")
    lon_deg: Floats = column("float", "WGS-84 longitude")
    alt_m: Floats = column("float", "height above the ellipsoid", optional=True)
    klass: Texts = column(
        "text", "object class, as in object_classes.toml", optional=True
    )
    intent: Texts = column("text", "where it was meant to go", optional=True)
    end: Texts = column("text", "target, crash, downed or lost", optional=True)
    family: Texts = column("text", "behaviour family it was drawn from", optional=True)


@dataclass(frozen=True)
class Assumption:
    """One quantity nobody published, and what was drawn or chosen for it."""

    name: str
    value: str
    because: str
    source: str = ""


@dataclass(frozen=True)
class Flown:
    """What `fly` gives: the true flights and every assumption behind them.

    `phantoms` are sources of false plots that several sensors see alike; they are
    no flights and end in no score as one.
    """

    flights: Flights
    assumptions: tuple[Assumption, ...] = ()
    phantoms: Phantoms = field(default_factory=Phantoms.empty)

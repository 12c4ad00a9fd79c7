"""The rest of a documented night: what was launched, and what of it is flown beside.

Only a few numbers by night are given here, as they stand in the daily reports and
the press; the series by day is not shipped.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NIGHTS", "NightCount", "beside_counts"]

_REPORT = "Ukrainian Air Force, daily report"


@dataclass(frozen=True)
class NightCount:
    """Missiles and drones launched at Ukraine in one night, as reported."""

    missiles: int
    drones: int
    source: str = _REPORT


NIGHTS: dict[str, NightCount] = {
    "pl-2022-11-15-przewodow": NightCount(98, 10),
    "by-2022-12-29-harbacha": NightCount(70, 0),
    "pl-2023-12-29-lubelskie": NightCount(122, 36),
    "pl-2024-03-24-oserdow": NightCount(
        29,
        28,
        f"{_REPORT}; https://brusselssignal.eu/2024/03/poland-says-russian-missile-"
        "enters-its-airspace-as-kremlin-targets-ukraine/",
    ),
    "pl-2024-08-26-tyszowce": NightCount(127, 109),
    "pl-2025-09-10-mass-incursion": NightCount(43, 415),
    "md-2022-10-10-three-kalibr": NightCount(84, 24),
    "ro-2025-11-25-vaslui": NightCount(22, 464),
}


def beside_counts(name: str, date: str, n: int) -> dict[str, int]:
    """n objects by class, missiles and drones in that night's proportion.

    Where the night's numbers are unknown, all are drones. Within missiles and
    drones the mix is assumed; ballistic missiles are left to the rest of Ukraine.
    """
    night = NIGHTS.get(name)
    share = 0.0 if night is None else night.missiles / (night.missiles + night.drones)
    missiles = round(n * share)
    drones = n - missiles
    kalibr = missiles // 4
    gerbera = drones // 3 if date >= "2024-07" else 0
    counts = {
        "kh101_kh555": missiles - kalibr,
        "kalibr": kalibr,
        "shahed136_geran2": drones - gerbera,
        "gerbera": gerbera,
    }
    return {k: v for k, v in counts.items() if v}

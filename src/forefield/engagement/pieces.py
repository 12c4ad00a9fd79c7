"""What objects and interceptors come apart into, packed for the kernels.

The figures are those of data/debris.toml. Doubt about them is carried by a fixed set of
draws of seven dimensions (an additive recurrence, so every run has the same): pieces'
areas, charges' areas, interceptors' areas, sheltering, people, the hit probability, and
what an object does when it flies on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.engagement.wind import Wind, climatology
from forefield.kernels import fall
from forefield.world.facts import table

__all__ = [
    "Catalogue",
    "Falls",
    "catalogue",
    "compute_falls",
    "falls",
    "falls_key",
    "footprint",
    "in_wind",
    "nodes",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Draws of the doubt: few enough for 10 us an option, even enough for 5 and 95 %.
DRAWS = 32
#: Points of a class's mixture over its ballistic coefficient, of equal weight, with the
#: variance of a standard normal; and points of each normal spread.
_MIX = np.array([-1.6076, -0.8685, -0.4017, 0.0, 0.4017, 0.8685, 1.6076])
_SPOTS = 4
_Z95 = 1.6448536269514722
_SHELTERS = ("light", "heavy", "blast")
_KEY_VERSION = 4


@dataclass(frozen=True)
class Falls:
    """A table of falls by class of piece; see `kernels.fall.fill_table`.

    table (F, B, H, V, 11); heights [m] even in their square root; speeds [m/s]
    """

    table: Floats
    heights: Floats
    speeds: Floats


@dataclass(frozen=True)
class Catalogue:
    """Profiles of objects and interceptors as arrays for `kernels.casualties`.

    objects, interceptors   names of the profiles, in order
    pieces    names of the classes of pieces;  betas (F, B);  log_sd, kicks (F,)
    *_items   (I, 7) package, piece, number, radius, shelter, blast area, is blast
    *_start   where each profile's items begin
    *_weight  (profiles, 3) middle weights of the packages
    *_draw    (profiles, 3, 3, D) by package, shelter, draw
    """

    objects: tuple[str, ...]
    interceptors: tuple[str, ...]
    pieces: tuple[str, ...]
    betas: Floats
    log_sd: Floats
    kicks: Floats
    obj_items: Floats
    obj_start: Ints
    obj_weight: Floats
    obj_draw: Floats
    int_items: Floats
    int_start: Ints
    int_weight: Floats
    int_draw: Floats
    int_speed: Floats
    shelter_mid: Floats
    people_draw: Floats
    p_draw: Floats
    blast_mid: Floats
    blast_draw: Floats
    wreck_mid: Floats
    wreck_draw: Floats
    downed_mid: Floats
    downed_draw: Floats
    aimed_mid: float
    aimed_draw: Floats
    person: Floats

    def object_of(self, klass: str) -> int:
        """The profile of a class column of `tracks`."""
        known = self.objects
        return known.index(klass if klass in known else "other")


def _draws() -> Floats:
    # Roberts' additive recurrence in 7 dimensions, shifted by a half.
    g = 1.0
    for _ in range(60):
        g = (1.0 + g) ** (1.0 / 8.0)
    alpha = g ** -np.arange(1.0, 8.0)
    return np.asarray((0.5 + np.arange(1, DRAWS + 1)[:, None] * alpha) % 1.0)


def _mid(low: float, high: float) -> float:
    return float(np.sqrt(low * high)) if low > 0.0 else 0.5 * high


def _log_sd(low: float, high: float) -> float:
    return float(np.log(high / low) / (2.0 * _Z95)) if low > 0.0 else 0.0


def _between(pair: list[float], u: Floats) -> Floats:
    return np.asarray(pair[0] + (pair[1] - pair[0]) * u)


@cache
def nodes() -> Floats:
    """(7, 4, 2) standard normals of equal weight: where the pieces of a spread lie."""
    from scipy.special import ndtri

    n = len(_MIX) * _SPOTS
    k = np.arange(1, n + 1)[:, None]
    u = (0.5 + k * np.array([0.7548776662466927, 0.5698402909980532])) % 1.0
    z = np.asarray(ndtri(u))
    # Neighbours of the recurrence go to different members of the mixture.
    out = z.reshape(_SPOTS, len(_MIX), 2).transpose(1, 0, 2)
    out = out - out.mean(axis=1, keepdims=True)
    return np.ascontiguousarray(out / out.std(axis=1, keepdims=True))


@cache
def catalogue() -> Catalogue:
    """The shipped figures, packed."""
    from scipy.special import ndtri

    data = table("debris")
    u = _draws()
    z = np.asarray(ndtri(u))
    piece = data["piece"]
    names = tuple(piece)
    betas = np.array([
        [_mid(*p["beta_kgm2"]) * np.exp(_log_sd(*p["beta_kgm2"]) * m) for m in _MIX]
        for p in piece.values()
    ])  # fmt: skip
    shelter = [data["shelter"][s] for s in _SHELTERS]
    open_draw = np.stack([1.0 - _between(s, u[:, 3]) for s in shelter], axis=1)
    shelter_mid = np.array([0.5 * (s[0] + s[1]) for s in shelter])

    def items(parts: list[Any], package: int) -> list[list[float]]:
        return [
            [package, names.index(f), _mid(lo, hi), _mid(*piece[f]["radius_m"]),
             _SHELTERS.index(piece[f]["shelter"]), 0.0, 0.0]
            for f, lo, hi in parts
        ]  # fmt: skip

    def blast(f: str, package: int, number: float, area: float) -> list[float]:
        return [package, names.index(f), number, 0.0, 2, area, 1.0]

    # How far the numbers and sizes of pieces may be off, all in one direction: the
    # interval of a profile's biggest entry says it.
    def pieces_sd(parts: list[Any]) -> float:
        return max((_log_sd(lo, hi) for _, lo, hi in parts if lo > 0.0), default=0.3)

    objects, obj = tuple(data["object"]), list(data["object"].values())
    obj_items: list[list[float]] = []
    obj_start, obj_weight, obj_draw = [0], [], []
    blast_mid, blast_draw, wreck_mid, wreck_draw = [], [], [], []
    for o in obj:
        area = _mid(*o["blast_m2"])
        obj_items += items(o["air"], 0)
        obj_items += [blast(o["live"], 1, 1.0, area)]
        obj_items += items(o["inert"], 2)
        obj_start.append(len(obj_items))
        a, b = _between(o["p_air"], u[:, 6]), _between(o["p_live"], u[:, 6])
        am, bm = sum(o["p_air"]) / 2, sum(o["p_live"]) / 2
        obj_weight.append([am, (1 - am) * bm, (1 - am) * (1 - bm)])
        by_blast = np.exp(_log_sd(*o["blast_m2"]) * z[:, 1])
        weight = np.stack([a, (1 - a) * b, (1 - a) * (1 - b)], axis=1)
        factor = np.stack([
            np.exp(pieces_sd(o["air"]) * z[:, 0]), by_blast,
            np.exp(pieces_sd(o["inert"]) * z[:, 0]),
        ], axis=1)  # fmt: skip
        obj_draw.append((weight * factor)[:, :, None] * open_draw[:, None, :])
        blast_mid.append(area * (1 - shelter_mid[2]))
        blast_draw.append(area * by_blast * open_draw[:, 2])
        wreck = sum(
            i[2] * np.pi * (i[3] + data["person"]["radius_m"]) ** 2
            for i in items(o["inert"], 2)
        )
        wreck_mid.append(wreck * (1 - shelter_mid[1]))
        wreck_draw.append(
            wreck * np.exp(pieces_sd(o["inert"]) * z[:, 0]) * open_draw[:, 1]
        )
    interceptors, rounds = tuple(data["interceptor"]), data["interceptor"].values()
    int_items: list[list[float]] = []
    int_start, int_weight, int_draw = [0], [], []
    for r in rounds:
        e = sum(r["p_explodes"]) / 2
        int_items += items(r["hit"], 0) + items(r["self"], 1)
        int_items += items([[r["intact"], 1.0 - e, 1.0 - e]], 2)
        int_items += [blast(r["intact"], 2, e, _mid(*r["blast_m2"]))]
        int_start.append(len(int_items))
        s = _between(r["p_self"], 1.0 - u[:, 6])
        sm = sum(r["p_self"]) / 2
        int_weight.append([1.0, sm, 1.0 - sm])
        sd = np.exp(pieces_sd(r["hit"]) * z[:, 2])
        weight = np.stack([np.ones(DRAWS), s, 1.0 - s], axis=1) * sd[:, None]
        int_draw.append(weight[:, :, None] * open_draw[:, None, :])
    downed = data["fly"]["downed_in_ua"]
    pairs = [downed.get(k, downed["other"]) for k in objects]
    aimed = data["fly"]["aimed_share"]
    return Catalogue(
        objects=objects,
        interceptors=interceptors,
        pieces=names,
        betas=betas,
        log_sd=np.array([_log_sd(*p["beta_kgm2"]) for p in piece.values()]),
        kicks=np.array([p["kick_mps"] for p in piece.values()]),
        obj_items=np.array(obj_items, dtype=np.float64),
        obj_start=np.array(obj_start),
        obj_weight=np.array(obj_weight),
        obj_draw=np.ascontiguousarray(np.moveaxis(np.array(obj_draw), 1, 3)),
        int_items=np.array(int_items, dtype=np.float64),
        int_start=np.array(int_start),
        int_weight=np.array(int_weight),
        int_draw=np.ascontiguousarray(np.moveaxis(np.array(int_draw), 1, 3)),
        int_speed=np.array([_mid(*r["speed_mps"]) for r in rounds]),
        shelter_mid=shelter_mid,
        people_draw=np.exp(_log_sd(*data["people"]["factor"]) * z[:, 4]),
        p_draw=np.ascontiguousarray(u[:, 5]),
        blast_mid=np.array(blast_mid),
        blast_draw=np.array(blast_draw),
        wreck_mid=np.array(wreck_mid),
        wreck_draw=np.array(wreck_draw),
        downed_mid=np.array([sum(p) / 2 for p in pairs]),
        downed_draw=np.array([_between(p, u[:, 6]) for p in pairs]),
        aimed_mid=sum(aimed) / 2,
        aimed_draw=_between(aimed, u[:, 6]),
        person=np.array([data["person"]["radius_m"], data["person"]["height_m"]]),
    )


_HEIGHTS = np.linspace(0.0, np.sqrt(24_000.0), 32) ** 2
_SPEEDS = np.array(
    [0.0, 30.0, 60.0, 120.0, 180.0, 240.0, 320.0, 450.0, 650.0, 1000.0, 1600.0]
)


_LEVELS = np.array([0.0, 500.0, 1500.0, 3000.0, 5500.0, 9000.0, 12000.0])


def falls_key() -> str:
    """A hash of all that the table of falls depends on."""
    cat = catalogue()
    parts = (cat.betas, cat.kicks, _HEIGHTS, _SPEEDS, _LEVELS)
    text = repr((_KEY_VERSION, [p.tolist() for p in parts]))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def compute_falls(heights: Floats = _HEIGHTS, speeds: Floats = _SPEEDS) -> Floats:
    """The table of falls of every piece, in no wind and by level of wind: a minute."""
    cat = catalogue()
    columns = len(fall.CALM) + 2 * len(_LEVELS)
    out = np.zeros((*cat.betas.shape, len(heights), len(speeds), columns))
    fall.fill_table(
        cat.betas, cat.kicks, heights, speeds, _LEVELS, fall.RHO0, fall.SCALE_M, out
    )
    return out


def in_wind(table: Floats, wind: Wind) -> Floats:
    """Falls in a wind (`kernels.fall.COLUMNS`) from those by level of wind."""
    n = len(_LEVELS)
    across, along = table[..., 5 : 5 + n], table[..., 5 + n :]
    east, north, sigma = (
        np.interp(_LEVELS, wind.height_m, v)
        for v in (wind.east_mps, wind.north_mps, wind.sigma_mps)
    )
    return np.stack(
        [
            table[..., 0], table[..., 1], table[..., 2], across @ east, across @ north,
            (across @ sigma) ** 2, table[..., 3], table[..., 4], along @ east,
            along @ north, (along @ sigma) ** 2,
        ],
        axis=-1,
    )  # fmt: skip


@cache
def falls(wind: Wind | None = None) -> Falls:
    """The falls of every class of piece in a wind; default: the climatology.

    They are shipped for every level of the wind, so another wind costs nothing. A wind
    is taken at seven heights from 0 to 12 km.
    """
    with files("forefield").joinpath("data", "falls.npz").open("rb") as f:
        data = np.load(f, allow_pickle=False)
        table_ = data["table"].astype(np.float64)
    return Falls(in_wind(table_, wind or climatology()), _HEIGHTS, _SPEEDS)


def footprint(
    piece: str, height_m: float, speed_mps: float, wind: Wind | None = None
) -> Floats:
    """(7, 4) a class's footprint as seven normal spreads of equal weight.

    Mean along and to the left, and standard deviation along and across [m], of level
    flight to the east, from where it came apart.
    """
    from forefield.kernels.casualties import footprint_1

    made = falls(wind)
    shape = np.empty((len(_MIX), len(fall.COLUMNS)))
    at = catalogue().pieces.index(piece)
    footprint_1(made.table, made.heights, made.speeds, at, height_m, speed_mps, shape)
    return np.stack(
        [shape[:, 0] + shape[:, 8], -shape[:, 4], np.sqrt(shape[:, 1] + shape[:, 10]),
         np.sqrt(shape[:, 2] + shape[:, 5])], axis=1,
    )  # fmt: skip

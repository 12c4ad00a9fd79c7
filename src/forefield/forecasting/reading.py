"""Beliefs of track rows from first-passage fields.

Classes that turn read their field; those that never do (missiles on an arc,
interceptors) are a fan of straight flights and need none. What has no field
(balloons, birds, airliners) is flown as particles, where it is likely enough to
matter: rows with at least `_UNSERVED` of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.forecasting.fields import ground_of, key_of_field, passages_of
from forefield.forecasting.parameters import STYLES, Parameters
from forefield.forecasting.sights import sight_of
from forefield.kernels.passage_reading import read
from forefield.kernels.sight import blind

if TYPE_CHECKING:
    from forefield.forecasting.forecast import Answer, Task

__all__ = ["read_fields", "served"]

#: A row is flown as particles when it is something without a field with at least
#: this probability; below, what it may be is shared among the others.
_UNSERVED = 0.05

#: Horizons worked out beside the asked ones where one of these is `inf` [s].
_LATER_S = (900.0, 1800.0, 3600.0, 7200.0)


def served(par: Parameters) -> Bool:
    """(S,) whether a class is answered without particles."""
    out = []
    for name in STYLES:
        m = par.motion(name)
        straight = math.isinf(m.leg_s) and m.diffusion_m2ps == 0.0
        out.append(straight or key_of_field(name, par) is not None)
    return np.array(out)


def read_fields(task: Task, particles: Callable[[Task], Answer]) -> Answer:
    """The answer of the model "field"; `particles` answers what has no field."""
    from forefield.forecasting.forecast import blank, starts

    par, motion, border = task.parameters, task.motion, task.border
    answer = blank(task)
    asked, within = task.horizons_s, task.within_reach().any(axis=1)
    ours = served(par)
    style = motion.style
    by_field = within & (style[:, ~ours].sum(axis=1) < _UNSERVED * style.sum(axis=1))
    # Beyond its grid a field knows nothing.
    start = starts(task.tracks, motion, border, task.dist_m)
    f = task.field
    ny, nx = f.signed_m.shape
    inside_grid = (start[:, 0] >= f.x0_m) & (start[:, 1] >= f.y0_m)
    inside_grid &= start[:, 0] <= f.x0_m + f.cell_m * (nx - 1)
    inside_grid &= start[:, 1] <= f.y0_m + f.cell_m * (ny - 1)
    by_field &= inside_grid

    rest: Ints = np.flatnonzero(within & ~by_field)
    if rest.size:
        part = particles(task.take(rest))
        answer.out[rest], answer.via[rest] = part.out, part.via
    rows: Ints = np.flatnonzero(by_field)
    if not rows.size:
        return answer
    # Neighbours in turn, because they read the same cells; no row sees another.
    near_m = 8.0 * f.cell_m
    strip = np.floor((start[rows, 1] - f.y0_m) / near_m)
    rows = rows[np.lexsort((start[rows, 0], strip))]
    shares: Floats = np.ascontiguousarray(np.where(ours, style, 0.0)[rows])
    shares /= shares.sum(axis=1, keepdims=True)
    used = [STYLES[k] for k in np.flatnonzero((shares >= 1e-3).any(axis=0))]
    which, passages = passages_of(border, par, used)
    inner = [h for h in asked if math.isfinite(h)]
    if len(inner) < len(asked):
        inner += [h for h in _LATER_S if h > (inner[-1] if inner else 0.0)]
    horizons = np.array([*sorted(inner), math.inf])
    back = np.searchsorted(horizons, asked)
    shot = tuple(par.defended)
    turning = bool((which >= 0).any())
    sight = sight_of(border, shot, par.field_cells) if turning else blind()
    out = np.empty((len(rows), len(asked), 9))
    via = np.empty((len(rows), len(asked), len(border.neighbours)))
    read(
        start[rows], motion.known[rows], shares, par.matrix("turning"), which, passages,
        ground_of(border, shot), sight, float(task.odds), horizons, back, out, via,
    )  # fmt: skip
    answer.out[rows], answer.via[rows] = out, via
    return answer

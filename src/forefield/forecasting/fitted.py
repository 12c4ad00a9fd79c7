"""Models fitted on simulated families: the reference to beat, and the correction.

Both are sums of trees by gradient boosting, one for each of four horizons, shipped as
arrays (`data/forecast_*.npz`, made by `tools/fit_learned.py`, which names families
and seeds) and read by a kernel of ours.

`reference` knows the present alone: place, course, speed, the last change of course and
the ways to the border along eleven courses. `corrected` weighs the field's log odds
with those of trees that see the same and the descent besides, and lowers them for what
a flight could have done and did not (`forecasting.exposure`). Classes that were not
flown in the fit keep the field's answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats
from forefield.forecasting.exposure import discount
from forefield.forecasting.features import Geometry, logit, memoryless, seen
from forefield.forecasting.forest import Forest
from forefield.forecasting.parameters import STYLES
from forefield.kernels.trees import sum_of_trees

if TYPE_CHECKING:
    from forefield.forecasting.forecast import Answer, Task

__all__ = [
    "FLOWN",
    "KNOTS_S",
    "Fitted",
    "Trees",
    "as_arrays",
    "corrected",
    "load",
    "mixed",
    "odds_of",
    "reference_p",
    "shift",
    "weight_of",
]

#: Classes whose flights the trees have seen.
FLOWN = ("cruise", "drone", "jet_drone", "decoy")

#: Horizons that are fitted; between them log odds are interpolated in log time.
KNOTS_S = (120.0, 300.0, 600.0, 900.0)


@dataclass(frozen=True)
class Trees:
    """Trees of one horizon, as `kernels.trees.sum_of_trees` reads them."""

    baseline: float
    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: Floats

    def log_odds(self, x: Floats) -> Floats:
        """(N,) log odds of rows x (N, F)."""
        out = np.full(len(x), self.baseline)
        sum_of_trees(
            np.ascontiguousarray(x), self.roots, self.feature, self.threshold,
            self.left, self.right, self.missing_left, self.value, out,
        )  # fmt: skip
        return out

    @classmethod
    def of_sklearn(cls, model: Any) -> Trees:
        """The trees of a fitted HistGradientBoostingClassifier of two classes."""
        nodes = [p[0].nodes for p in model._predictors]
        sizes = np.array([len(n) for n in nodes])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        shift = np.repeat(roots, sizes)
        whole = np.concatenate(nodes)
        leaf = whole["is_leaf"].astype(bool)
        return cls(
            float(np.ravel(model._baseline_prediction)[0]),
            roots,
            np.where(leaf, -1, whole["feature_idx"]).astype(np.int16),
            whole["num_threshold"].astype(np.float64),
            (whole["left"] + shift).astype(np.int32),
            (whole["right"] + shift).astype(np.int32),
            whole["missing_go_to_left"].astype(bool),
            whole["value"].astype(np.float64),
        )


@dataclass(frozen=True)
class Fitted:
    """A model: trees by horizon, the share of its flights that entered, its weight.

    mix  share of the trees' log odds in the answer; the rest is the field's
    """

    trees: tuple[Trees, ...]
    share: float
    mix: float

    @cached_property
    def forest(self) -> Forest | None:
        """The trees of all horizons for one pass; None where one is too large."""
        return Forest.of(self.trees)

    def log_odds(self, x: Floats) -> Floats:
        """(N, K) log odds of rows x (N, F) by the trees of each horizon."""
        if self.forest is not None:
            return self.forest.log_odds(x)
        return np.column_stack([t.log_odds(x) for t in self.trees])


_NAMES = ("roots", "feature", "threshold", "left", "right", "missing_left", "value")


def as_arrays(fitted: Fitted) -> dict[str, Any]:
    """What `load` reads back; thresholds and values in single precision."""
    out: dict[str, Any] = {
        "share": np.array(fitted.share),
        "mix": np.array(fitted.mix),
        "baseline": np.array([t.baseline for t in fitted.trees]),
    }
    for k, t in enumerate(fitted.trees):
        for name in _NAMES:
            a = getattr(t, name)
            out[f"{name}_{k}"] = a.astype(np.float32) if a.dtype == np.float64 else a
    return out


@cache
def load(name: str) -> Fitted:
    """A shipped model, `reference` or `corrected`."""
    with (files("forefield") / "data" / f"forecast_{name}.npz").open("rb") as file:
        z = np.load(file)
        trees = []
        for k, base in enumerate(z["baseline"]):
            got = {n: z[f"{n}_{k}"] for n in _NAMES}
            for n in ("threshold", "value"):
                got[n] = got[n].astype(np.float64)
            trees.append(Trees(float(base), **got))
        return Fitted(tuple(trees), float(z["share"]), float(z["mix"]))


def mixed(p_field: Floats, trees_log_odds: Floats, mix: Floats | float) -> Floats:
    """Log odds of the field and of the trees, weighed. Broadcasts."""
    got: Floats = (1.0 - mix) * logit(p_field) + mix * trees_log_odds
    return got


def weight_of(style: Floats, mix: float) -> Floats:
    """(N,) weight of the trees: none for classes that nobody flew in the fit."""
    flown = np.array([s in FLOWN for s in STYLES])
    got: Floats = mix * style[:, flown].sum(axis=1) / style.sum(axis=1)
    return got


def _between(log_odds: Floats, asked_s: Floats) -> Floats:
    """(N, H) from (N, 4) at `KNOTS_S`: linear in log time, level beyond the ends."""
    at = np.log(np.clip(asked_s, KNOTS_S[0], KNOTS_S[-1]))
    knots = np.log(KNOTS_S)
    k = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    u = (at - knots[k]) / (knots[k + 1] - knots[k])
    got: Floats = log_odds[:, k] * (1.0 - u) + log_odds[:, k + 1] * u
    return got


def _expit(z: Floats) -> Floats:
    got: Floats = 1.0 / (1.0 + np.exp(-z))
    return got


def shift(p: Floats, p_ever: Floats, odds: Floats | float) -> Floats:
    """Chances (N, H) when flights that enter are `odds` times as frequent.

    p_ever  (N, 1) chance of entering before the flight ends
    """
    got: Floats = odds * p / (1.0 + (odds - 1.0) * np.maximum(p_ever, p))
    return got


#: Power of the odds by which a base rate is told. Of flights that do not enter most are
#: far away: where there are more of them, not as many more come near. Chosen on nights
#: of roles fit and tune, with objects sent to the guard and with none.
_TOLD = 0.8


def odds_of(task: Task, fitted: Fitted) -> float:
    """Odds of the base rate asked for over those of the flights fitted on, damped."""
    if task.base_rate is None:
        return 1.0
    own = fitted.share / (1.0 - fitted.share)
    told = task.base_rate / (1.0 - task.base_rate) / own
    return float(told**_TOLD)


def reference_p(task: Task, fitted: Fitted) -> Floats:
    """(N, H) chances of the reference. At inf as at its last horizon."""
    x = memoryless(task, Geometry(task))
    z = fitted.log_odds(x)
    np.maximum.accumulate(z, axis=1, out=z)
    got = _expit(_between(z, task.horizons_s))
    # Below its first horizon a chance in proportion to time.
    got *= np.minimum(task.horizons_s / KNOTS_S[0], 1.0)
    return shift(got, _expit(z[:, -1:]), odds_of(task, fitted))


def corrected_p(task: Task, fitted: Fitted, p_field: Floats) -> Floats:
    """(N, H) chances of the corrected field.

    p_field  (N, 5 + H) the field's chances, unshifted, at `KNOTS_S`, inf and the
             asked horizons
    """
    n = len(KNOTS_S)
    ever = p_field[:, n]
    x = seen(task, Geometry(task))
    # Rows without a course have nothing that trees could look at.
    flown = np.where(task.motion.known, weight_of(task.motion.style, 1.0), 0.0)
    weight = fitted.mix * flown
    z = mixed(p_field[:, :n], fitted.log_odds(x), weight[:, None])
    np.maximum.accumulate(z, axis=1, out=z)
    if task.exposure is not None:
        z -= (flown * discount(task.exposure))[:, None]
    moved = z - logit(p_field[:, :n])
    asked = p_field[:, n + 1 :]
    got = _expit(logit(asked) + _between(moved, task.horizons_s))
    got = np.where(asked > 0.0, got, 0.0)
    last = _expit(logit(ever) + moved[:, -1])[:, None]
    # A base rate moves each part by the odds it was fitted at.
    own = task.odds ** (1.0 - flown) * odds_of(task, fitted) ** flown
    return shift(got, last, own[:, None])


def corrected(task: Task, field: Callable[[Task], Answer]) -> Answer:
    """The field's answer with corrected chances; `field` answers a task unshifted.

    What is out of reach by a horizon is 0 there, whatever else is asked.
    """
    from forefield.forecasting.forecast import blank

    answer = blank(task)
    near = task.within_reach()
    rows = np.flatnonzero(near.any(axis=1))
    if not rows.size:
        return answer
    part = _corrected_near(task.take(rows), field)
    there = near[rows]
    answer.out[rows] = np.where(there[:, :, None], part.out, answer.out[rows])
    answer.via[rows] = np.where(there[:, :, None], part.via, 0.0)
    return answer


def _corrected_near(task: Task, field: Callable[[Task], Answer]) -> Answer:
    asked = task.horizons_s
    every = np.unique(np.concatenate([KNOTS_S, [np.inf], asked]))
    whole = field(dataclasses.replace(task, horizons_s=every))
    own = np.searchsorted(every, asked)
    at = np.concatenate([np.searchsorted(every, [*KNOTS_S, np.inf]), own])
    p = corrected_p(task, load("corrected"), whole.out[:, at, 0])
    answer = dataclasses.replace(whole, out=whole.out[:, own], via=whole.via[:, own])
    rescaled(answer, p)
    return answer


def rescaled(answer: Answer, p: Floats) -> None:
    """Give an answer other chances of entry; what hangs on them follows."""
    old = answer.out[:, :, 0]
    ratio = np.divide(p, old, out=np.zeros_like(p), where=old > 0.0)
    answer.out[:, :, 0] = p
    answer.out[:, :, 2] = np.minimum(answer.out[:, :, 2] * ratio, p)
    answer.via[...] *= ratio[:, :, None]

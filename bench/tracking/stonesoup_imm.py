"""Stone Soup with an interacting-multiple-model (IMM) filter, to compare with.

    python bench/tracking/stonesoup_imm.py small_1.npz [--max-seconds S]

Needs Stone Soup 1.9 in its own environment and the benchmark's runner
(FOREFIELD_TRACKING_BENCH). Stone Soup 1.9.1 has particle filters of several models but
no IMM Kalman filter (its issues 129 and 1238 ask for one), so the pair below is built
from its own predictors and updaters, one a model: straight flight and a turn either way
at 2 degrees a second. The mixing is that of Blom and Bar-Shalom, "The interacting
multiple model algorithm for systems with Markovian switching coefficients", IEEE TAC
33(8), 1988. Everything else is the runner's gnn-kd. Tuned by hand on seed 101.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import multivariate_normal
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    ConstantVelocity,
    KnownTurnRate,
)
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.prediction import GaussianStatePrediction
from stonesoup.types.state import GaussianState
from stonesoup.types.update import GaussianStateUpdate
from stonesoup.updater.kalman import KalmanUpdater

HERE = Path(__file__).parents[2]
FOLDER = Path(
    os.environ.get(
        "FOREFIELD_TRACKING_BENCH", HERE.parent / "shared" / "bench" / "tracking"
    )
)
sys.path.insert(0, str(FOLDER))
import run_stonesoup  # type: ignore[import-not-found]  # noqa: E402
from gospa import score  # type: ignore[import-not-found]  # noqa: E402

#: Mean seconds of straight flight and of a turn; noise of each [m²/s³]; rate of turn.
STRAIGHT_S, TURN_S, Q, Q_TURN, TURN = 360.0, 30.0, 0.5, 5.0, np.radians(2.0)


def parts(state: Any) -> tuple[list[Any], Any]:
    """Means and covariances of the models, and their shares, of any state."""
    last = getattr(state, "state", state)
    told = getattr(last, "models", None)
    if told is None:
        one = GaussianState(last.state_vector, last.covar, timestamp=last.timestamp)
        return [one] * 3, np.array([0.9, 0.05, 0.05])
    return told


def joined(states: list[Any], share: Any) -> tuple[Any, Any]:
    """Mean and covariance of a mixture."""
    means = np.array([np.asarray(s.state_vector, float)[:, 0] for s in states])
    mean = share @ means
    gap = means - mean
    covar = sum(
        w * (np.asarray(s.covar, float) + np.outer(g, g))
        for w, s, g in zip(share, states, gap, strict=True)
    )
    return mean[:, None], covar


class Predictor(KalmanPredictor):  # type: ignore[misc]
    """Mixes the models, then predicts each."""

    def predict(self, prior: Any, timestamp: Any = None, **kwargs: Any) -> Any:
        states, share = parts(prior)
        dt = (timestamp - prior.timestamp).total_seconds()
        stay, out = np.exp(-dt / STRAIGHT_S), np.exp(-dt / TURN_S)
        go = np.array(
            [
                [stay, (1 - stay) / 2, (1 - stay) / 2],
                [1 - out, out, 0.0],
                [1 - out, 0.0, out],
            ]
        )
        ahead = share @ go
        predicted = []
        for m, predictor in enumerate(PREDICTORS):
            mean, covar = joined(states, share * go[:, m] / ahead[m])
            mixed = GaussianState(mean, covar, timestamp=prior.timestamp)
            predicted.append(predictor.predict(mixed, timestamp=timestamp))
        mean, covar = joined(predicted, ahead)
        prediction = GaussianStatePrediction(
            mean, covar, timestamp=timestamp, transition_model=self.transition_model,
            prior=prior,
        )  # fmt: skip
        prediction.models = (predicted, ahead)
        return prediction


class Updater(KalmanUpdater):  # type: ignore[misc]
    """Corrects each model, and weighs it by how well it foretold the plot."""

    def update(self, hypothesis: Any, **kwargs: Any) -> Any:
        predicted, share = parts(hypothesis.prediction)
        corrected, like = [], np.empty(len(predicted))
        plot = hypothesis.measurement
        for m, state in enumerate(predicted):
            told = super().predict_measurement(state, plot.measurement_model)
            one = SingleHypothesis(state, plot, told)
            corrected.append(super().update(one, **kwargs))
            like[m] = multivariate_normal.pdf(
                np.asarray(plot.state_vector, float)[:, 0],
                np.asarray(told.state_vector, float)[:, 0],
                np.asarray(told.covar, float),
            )
        share = share * (like + 1e-300)
        share /= share.sum()
        mean, covar = joined(corrected, share)
        update = GaussianStateUpdate(mean, covar, hypothesis, timestamp=plot.timestamp)
        update.models = (corrected, share)
        return update


PREDICTORS: list[Any] = []


def settle(q: float, q_turn: float) -> None:
    """The three models."""
    straight = CombinedLinearGaussianTransitionModel(
        [ConstantVelocity(q), ConstantVelocity(q)]
    )
    turns = [KnownTurnRate([q_turn, q_turn], w) for w in (TURN, -TURN)]
    PREDICTORS[:] = [KalmanPredictor(m) for m in (straight, *turns)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--max-seconds", type=float)
    parser.add_argument("--q", type=float, default=Q)
    parser.add_argument("--q-turn", type=float, default=Q_TURN)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    args = parser.parse_args()
    scenario = dict(np.load(args.scenario))
    four = json.loads(str(scenario["meta"]))["name"] == "four"
    settle(*((0.01, 0.01) if four else (args.q, args.q_turn)))
    run_stonesoup.KalmanPredictor = Predictor
    run_stonesoup.KalmanUpdater = Updater
    known = run_stonesoup.DEFAULTS
    overrides = {
        k: type(known[k])(float(v)) for k, v in (s.split("=") for s in args.set)
    }
    found = run_stonesoup.run(
        scenario, "gnn-kd", max_seconds=args.max_seconds, **overrides
    )
    np.savez_compressed(args.scenario.with_suffix(".gnn-imm.npz"), **found)
    result = score(scenario, found)
    print(
        json.dumps(
            {"scenario": args.scenario.stem, "tracker": "gnn-imm"}
            | {k: float(f"{v:.5g}") for k, v in result.items()}
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()

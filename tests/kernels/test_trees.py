"""Sums of trees: what scikit-learn fitted is what our kernel reads."""

import numpy as np
import pytest

from forefield.forecasting.fitted import Trees
from forefield.forecasting.forest import Forest
from forefield.kernels.trees import sum_of_trees

sklearn = pytest.importorskip("sklearn.ensemble")


def slow(x, trees):
    """One row and one tree at a time."""
    out = np.full(len(x), trees.baseline)
    for i, row in enumerate(x):
        for node in trees.roots:
            while trees.feature[node] >= 0:
                at = row[trees.feature[node]]
                if np.isnan(at):
                    left = trees.missing_left[node]
                else:
                    left = at <= trees.threshold[node]
                node = trees.left[node] if left else trees.right[node]
            out[i] += trees.value[node]
    return out


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.Generator(np.random.Philox(3))
    x = rng.normal(size=(3000, 4))
    x[rng.uniform(size=x.shape) < 0.05] = np.nan
    y = np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1]) + rng.normal(size=3000) > 0.3
    model = sklearn.HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8)
    return model.fit(x, y), x


def test_our_trees_say_what_the_library_says(fitted) -> None:
    model, x = fitted
    ours = Trees.of_sklearn(model).log_odds(x)
    assert np.allclose(ours, model.decision_function(x), rtol=0.0, atol=1e-12)


def test_the_compiled_sum_equals_the_slow_one(fitted) -> None:
    model, x = fitted
    trees = Trees.of_sklearn(model)
    assert np.isnan(x[:200]).any()
    assert np.allclose(trees.log_odds(x[:200]), slow(x[:200], trees), atol=1e-12)


def test_a_tree_of_one_leaf_adds_its_value() -> None:
    out = np.zeros(2)
    zero = np.zeros(1, np.int32)
    sum_of_trees(
        np.ones((2, 1)), zero, np.array([-1], np.int16), np.zeros(1), zero, zero,
        np.zeros(1, bool), np.array([0.25]), out,
    )  # fmt: skip
    assert (out == 0.25).all()


def test_trees_as_masks_say_what_they_say_node_by_node(fitted) -> None:
    model, x = fitted
    trees = Trees.of_sklearn(model)
    trees.threshold[:] = trees.threshold.astype(np.float32)
    forest = Forest.of([trees, trees])
    # Rows on the thresholds themselves, and just beyond what single precision tells.
    on = np.nan_to_num(x[:130])
    inner = np.flatnonzero(trees.feature >= 0)[: len(on)]
    on[np.arange(len(inner)), trees.feature[inner]] = trees.threshold[inner]
    beyond = np.nextafter(on, np.inf)
    for rows in (x[:200], on, beyond, x[:1]):
        told = forest.log_odds(rows)
        assert np.allclose(told[:, 0], slow(rows, trees), rtol=0.0, atol=1e-12)
        assert np.array_equal(told[:, 0], told[:, 1])


def test_a_tree_with_more_leaves_than_bits_is_left_to_the_plain_reading(fitted) -> None:
    x = fitted[1]
    y = np.sin(9.0 * np.nan_to_num(x[:, 0])) > 0.0
    model = sklearn.HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=60)
    assert Forest.of([Trees.of_sklearn(model.fit(x, y))]) is None

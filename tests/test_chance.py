"""Chance: a draw belongs to what it is for, not to when it was asked."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forefield.chance import Stream

FIVE = 5.0  # standard errors


@given(st.permutations(list(range(12))))
def test_order_cannot_move_a_draw(order):
    stream = Stream(7, "night", 3)["detection"]
    whole = stream.uniform(np.arange(12), 2, 5)
    assert [stream.uniform(i, 2, 5).item() for i in order] == whole[
        list(order)
    ].tolist()


def test_a_new_part_disturbs_no_other():
    night = Stream(7, "night", 3)
    before = night["hit"].uniform(np.arange(5))
    night["something new"].uniform(np.arange(5))
    assert (night["hit"].uniform(np.arange(5)) == before).all()
    assert (
        night["hit"].uniform(np.arange(5)) != night["miss"].uniform(np.arange(5))
    ).all()


def test_a_path_may_be_walked_in_steps_or_at_once():
    assert Stream(7, "a", 1, "b").key == Stream(7)["a"][1, "b"].key
    assert Stream(7, "1").key != Stream(7, 1).key


def test_generators_of_equal_paths_draw_equally():
    one = Stream(7, "route", 4).generator().normal(size=9)
    assert (Stream(7, "route", 4).generator().normal(size=9) == one).all()
    assert (Stream(8, "route", 4).generator().normal(size=9) != one).any()


def test_lanes_and_identities_give_unrelated_uniforms():
    n = 40_000
    stream = Stream(1, "law")
    u = stream.uniform(np.arange(n), 0)
    for other in (
        stream.uniform(np.arange(n), 1),
        stream.uniform(np.arange(n), 0, lane=1),
        Stream(2, "law").uniform(np.arange(n), 0),
    ):
        assert abs(np.corrcoef(u, other)[0, 1]) < FIVE / np.sqrt(n)
    assert abs(u.mean() - 0.5) < FIVE * np.sqrt(1 / 12 / n)


def test_normals_are_normal():
    n = 40_000
    z = Stream(1, "law").normal(np.arange(n))
    assert abs(z.mean()) < FIVE / np.sqrt(n)
    assert abs(z.var() - 1) < FIVE * np.sqrt(2 / n)
    assert abs((np.abs(z) < 1.959964).mean() - 0.95) < FIVE * np.sqrt(0.05 * 0.95 / n)

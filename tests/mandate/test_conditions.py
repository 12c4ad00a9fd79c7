"""Conditions against Kleene's tables (Introduction to Metamathematics, 1952, §64)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forefield.mandate.conditions import (
    FALSE,
    TRUE,
    UNKNOWN,
    All,
    AnyOf,
    Atom,
    Condition,
    Not,
    atoms,
    evaluate,
    in_words,
)

T, U, F = TRUE, UNKNOWN, FALSE
KLEENE_AND = {(T, T): T, (T, U): U, (T, F): F, (U, U): U, (U, F): F, (F, F): F}
KLEENE_OR = {(T, T): T, (T, U): T, (T, F): T, (U, U): U, (U, F): U, (F, F): F}


@pytest.mark.parametrize(("pair", "answer"), KLEENE_AND.items())
def test_and_is_kleenes(pair: tuple[int, int], answer: int) -> None:
    for one, other in itertools.permutations(pair):
        known = {"a": one, "b": other}
        tree = All((Atom("a"), Atom("b")))
        assert evaluate(tree, lambda atom, known=known: known[atom.fact]) == answer


@pytest.mark.parametrize(("pair", "answer"), KLEENE_OR.items())
def test_or_is_kleenes(pair: tuple[int, int], answer: int) -> None:
    for one, other in itertools.permutations(pair):
        known = {"a": one, "b": other}
        tree = AnyOf((Atom("a"), Atom("b")))
        assert evaluate(tree, lambda atom, known=known: known[atom.fact]) == answer


NAMES = "abcd"
trees = st.recursive(
    st.sampled_from([Atom(n) for n in NAMES]),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
worlds = st.fixed_dictionaries({n: st.sampled_from([T, U, F]) for n in NAMES})


@given(trees, worlds)
def test_a_sure_answer_stays_whatever_the_unknown_turns_out_to_be(
    tree: Condition, world: dict[str, int]
) -> None:
    answer = evaluate(tree, lambda atom: world[atom.fact])
    open_names = [n for n in NAMES if world[n] == U]
    if answer == U:
        return
    for filling in itertools.product([T, F], repeat=len(open_names)):
        full = world | dict(zip(open_names, filling, strict=True))
        assert evaluate(tree, lambda atom, full=full: full[atom.fact]) == answer


@given(trees, worlds, st.sampled_from(NAMES))
def test_taking_a_fact_away_never_turns_an_answer_round(
    tree: Condition, world: dict[str, int], name: str
) -> None:
    before = evaluate(tree, lambda atom: world[atom.fact])
    less = world | {name: U}
    after = evaluate(tree, lambda atom: less[atom.fact])
    assert after in (before, U)


@given(trees)
def test_every_tree_can_be_read_aloud(tree: Condition) -> None:
    said = in_words(tree)
    assert all(atom.fact in said for atom in atoms(tree))

"""The model that a chain believes by is named in the scenario."""

from __future__ import annotations

import pytest

from forefield.errors import InputError
from forefield.scenario import CHAIN_MODELS, parse

NIGHT = {"date": "2026-02-14", "start_utc": "02:30", "minutes": 4.0}


def test_a_model_that_is_a_yardstick_is_no_chains() -> None:
    with pytest.raises(InputError, match=r"chain\.model is 'straight'; write turning"):
        parse({"night": NIGHT, "chain": {"model": "straight"}}, "mine")
    assert [
        parse({"night": NIGHT, "chain": {"model": m}}, "mine").chain.model
        for m in CHAIN_MODELS
    ] == list(CHAIN_MODELS)

"""Signed journals: every byte is vouched for, and what is taken away is missed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.record.digest import night_digest
from forefield.record.exporting import SEAL
from forefield.record.heads import (
    TreeHead,
    Witness,
    consistency,
    inclusion,
    last_head,
    seal,
)
from forefield.record.journal import Entry, Journal, export, find, verify
from forefield.record.signing import EXERCISE, WITNESS, ExerciseKeys, HeldKeys

T_S = 1_711_250_560.0
KEYS = ExerciseKeys(7)


def night(n: int = 9) -> list[Entry]:
    """An opening that declares exercise keys, what three actors say, a closing."""
    opening = {"name": "a night", "real": False, "seed": 7, "signing": EXERCISE}
    said = [
        Entry(
            "answer" if i % 3 else "track",
            T_S + i,
            ("software:tracker", "holder:commander", "holder:shooter")[i % 3],
            {"i": i, "p": i / 7, "é": "ą", "big": 1e21, "small": 1e-7},
        )
        for i in range(n - 2)
    ]
    return [
        Entry("opening", T_S, "software:record", opening),
        *said,
        Entry("closing", T_S + n, "software:record", {"tables": {}}),
    ]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed")
    with Journal.create(folder) as journal:
        entries = night()
        journal.append_many(entries[:4])
        journal.append_many(entries[4:5])
        journal.append_many(entries[5:])
    return folder


def test_a_simulated_night_signs_with_exercise_keys_unasked(signed: Path) -> None:
    found = verify(signed)
    assert found.ok, found
    assert found.signers == ("holder:commander", "holder:shooter", "software")
    assert (found.heads, found.countersigned, found.exercise) == (1, 1, True)
    head = last_head(signed)
    assert head is not None
    assert (head.size, head.root, head.head) == (9, found.root, found.head)


def test_the_digest_of_a_night_is_that_of_its_journal(signed: Path) -> None:
    digest, found = night_digest(night()), verify(signed)
    assert (digest.n, digest.head, digest.root) == (found.n, found.head, found.root)


def test_how_a_night_was_batched_changes_no_entry(signed: Path, tmp_path: Path) -> None:
    with Journal.create(tmp_path) as journal:
        journal.append_many(night())
    assert list(export(tmp_path, seals=False)) == list(export(signed, seals=False))
    assert verify(tmp_path).root == verify(signed).root


def test_the_same_night_exports_the_same_bytes(tmp_path: Path) -> None:
    texts = []
    for name in "ab":
        (tmp_path / name).mkdir()
        with Journal.create(tmp_path / name) as journal:
            journal.append_many(night())
        texts.append(b"".join(export(tmp_path / name)))
    assert texts[0] == texts[1]
    assert texts[0].count(SEAL) == 9  # five keys, three batches, one head


# -- flipped bytes ------------------------------------------------------------------


def _copied(signed: Path, path: Path) -> sqlite3.Connection:
    path.write_bytes(find(signed).read_bytes())
    db = sqlite3.connect(path)
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    for (name,) in db.execute(triggers).fetchall():
        db.execute(f"DROP TRIGGER {name}")
    return db


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n=st.integers(1, 9), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7)
)
def test_any_flipped_byte_of_any_entry_is_placed(
    signed: Path, tmp_path: Path, n: int, place: float, bit: int
) -> None:
    db = _copied(signed, tmp_path / "flipped.sqlite")
    (line,) = db.execute("SELECT line FROM entry WHERE n = ?", (n,)).fetchone()
    flipped = bytearray(line)
    flipped[int(place * len(line))] ^= 1 << bit
    db.execute("UPDATE entry SET line = ? WHERE n = ?", (bytes(flipped), n))
    db.commit()
    db.close()
    found = verify(tmp_path / "flipped.sqlite")
    assert not found.ok
    assert (found.entry, found.n, found.kind) == (n, n - 1, "altered")
    assert f"entry {n}:" in found.problem


def test_every_flipped_byte_of_a_signed_export_is_placed_exactly(
    signed: Path, tmp_path: Path
) -> None:
    """One bit of every byte; the place is the entry, or the seal, that was hit."""
    lines = list(export(signed))
    text = b"".join(lines)
    starts = np.cumsum([0, *map(len, lines)])
    n = verify(signed).n
    path = tmp_path / "journal.jsonl"
    for at in range(len(text)):
        flipped = bytearray(text)
        flipped[at] ^= 1 << (at % 8)
        path.write_bytes(flipped)
        found = verify(path)
        line = int(np.searchsorted(starts, at, side="right"))
        assert not found.ok, at
        if line <= n:
            assert found.entry == line, (at, line, found)
        else:
            about_seal = f"seal {line - n}" in found.problem
            assert about_seal or found.entry == n + 1, (at, line, found)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE seal SET line = replace(line, '\"by\"', '\"bY\"') WHERE id = 4", "seal 4"),
        ("DELETE FROM seal WHERE kind = 'batch' AND n = 5", "a seal is missing"),
        ("DELETE FROM seal WHERE kind = 'batch' AND n = 9", "signed by nobody"),
        ("DELETE FROM seal WHERE kind = 'batch' AND n = 4 AND owner = 'holder:shooter'",
         "has not signed"),
        ("DELETE FROM seal", "signed by nobody"),
        ("DELETE FROM seal WHERE kind = 'key' AND owner = 'holder:shooter'", "no key of"),
        ("UPDATE seal SET owner = 'x' WHERE kind = 'batch' AND n = 5", "does not say"),
        ("UPDATE head SET edge = replace(edge, 'a', 'b')", "edge kept beside"),
    ],
)  # fmt: skip
def test_seals_altered_or_taken_away_are_missed(
    signed: Path, tmp_path: Path, statement: str, told: str
) -> None:
    db = _copied(signed, tmp_path / "s.sqlite")
    statement = statement.replace("replace(line,", "replace(CAST(line AS TEXT),")
    db.execute(statement)
    db.execute("UPDATE seal SET line = CAST(line AS BLOB)")
    db.commit()
    db.close()
    found = verify(tmp_path / "s.sqlite")
    assert not found.ok
    assert told in found.problem, found.problem


def test_a_journal_rewritten_as_a_whole_is_told_by_its_signatures(
    signed: Path, tmp_path: Path
) -> None:
    """The forger has every tool but the keys: the old seals do not fit."""
    other = night()
    other[3] = Entry("answer", T_S + 2, "holder:shooter", {"said": "yes"})
    (tmp_path / "forged").mkdir()
    with Journal.create(tmp_path / "forged") as journal:
        journal.append_many(other)
    seals = [line for line in export(signed) if line.startswith(SEAL)]
    lines = list(export(tmp_path / "forged", seals=False))
    path = tmp_path / "forged.jsonl"
    path.write_bytes(b"".join([*lines, *seals]))
    found = verify(path)
    assert not found.ok
    assert found.kind == "altered"
    assert "entries 1 to 4 are not those that" in found.problem


def test_a_key_noted_elsewhere_tells_a_journal_signed_anew(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    secrets = {"holder:a": bytes(range(32))}
    for name, secret in (("good", secrets), ("forged", {"holder:a": bytes(32)})):
        (tmp_path / name).mkdir()
        with Journal.create(tmp_path / name, HeldKeys(secret)) as journal:
            journal.append("answer", T_S, "holder:a", {"said": "no"})
    noted = {"holder:a": HeldKeys(secrets).public("holder:a").hex()}
    assert verify(tmp_path / "good", keys=noted).ok
    assert not verify(tmp_path / "good", keys=noted).exercise
    assert verify(tmp_path / "forged").ok  # on its own it fits itself
    found = verify(tmp_path / "forged", keys=noted)
    assert not found.ok
    assert "the key noted elsewhere" in found.problem


def test_another_seed_is_another_key(signed: Path, tmp_path: Path) -> None:
    lines = list(export(signed))
    with Journal.create(tmp_path / "o.sqlite", ExerciseKeys(8)) as journal:
        journal.append_many(night())
    found = verify(tmp_path / "o.sqlite")
    assert not found.ok
    assert "of the night's seed" in found.problem
    assert lines


# -- who may write ----------------------------------------------------------------------


def test_a_signed_journal_takes_no_unsigned_entry(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    keys = HeldKeys({"holder:a": bytes(32)})
    with Journal.create(tmp_path, keys) as journal:
        journal.append("answer", T_S, "holder:a", {"said": "no"})
        with pytest.raises(InputError, match="no key to sign for holder:b"):
            journal.append("answer", T_S, "holder:b", {"said": "yes"})
    with (
        Journal.open(tmp_path) as journal,
        pytest.raises(InputError, match="open it with your keys"),
    ):
        journal.append("answer", T_S, "holder:a", {"said": "yes"})
    assert verify(tmp_path).n == 1


def test_a_night_taken_up_again_is_signed_on(tmp_path: Path) -> None:
    for part in (night()[:3], night()[3:]):
        opened = (
            Journal.open if (tmp_path / "journal.sqlite").exists() else Journal.create
        )
        with opened(tmp_path) as journal:
            journal.append_many(part)
    assert verify(tmp_path).ok
    assert verify(tmp_path).countersigned == 1


# -- heads and proofs ---------------------------------------------------------------------


def test_a_witness_signs_growth_and_refuses_a_rewritten_journal(tmp_path: Path) -> None:
    witness = Witness(KEYS)
    (tmp_path / "a").mkdir()
    with Journal.create(tmp_path / "a", KEYS) as journal:
        journal.append_many(night()[1:4])
        first = seal(journal, KEYS, witness)
        journal.append_many(night()[4:8])
        second = seal(journal, KEYS, witness)
    found = verify(tmp_path / "a")
    assert (found.ok, found.heads, found.countersigned) == (True, 2, 2)
    assert (first.size, second.size) == (3, 7)
    assert witness.seen == second
    # A keeper hands the witness another past, and the same keys.
    (tmp_path / "b").mkdir()
    with Journal.create(tmp_path / "b", KEYS) as journal:
        journal.append_many([*night()[2:8], *night()[1:4]])
        with pytest.raises(InputError, match="did not grow from the last one"):
            seal(journal, KEYS, witness)
    assert verify(tmp_path / "b").heads == 0
    (tmp_path / "c").mkdir()
    with Journal.create(tmp_path / "c", KEYS) as journal:
        journal.append_many(night()[1:4])
        with pytest.raises(InputError, match="has become shorter"):
            seal(journal, KEYS, witness)
    with pytest.raises(InputError, match="no proof of consistency"):
        witness.countersign(second, None)
    other = TreeHead(9, second.root, second.head, second.at)
    with pytest.raises(InputError, match="about other heads"):
        witness.countersign(other, consistency(tmp_path / "a", 7))


def test_a_head_without_its_witness_says_so(tmp_path: Path) -> None:
    with Journal.create(tmp_path, KEYS) as journal:
        journal.append_many(night()[1:4])
        seal(journal, KEYS)
    found = verify(tmp_path)
    assert (found.ok, found.heads, found.countersigned) == (True, 1, 0)


def test_an_empty_journal_has_no_head(tmp_path: Path) -> None:
    with (
        Journal.create(tmp_path) as journal,
        pytest.raises(InputError, match="no entry to sign"),
    ):
        seal(journal, KEYS)
    assert last_head(tmp_path) is None


def test_proofs_about_a_journal_hold_and_ask_for_what_is_there(signed: Path) -> None:
    for n in range(1, 10):
        proof = inclusion(signed, n)
        assert proof.holds()
        assert proof.root == verify(signed).root
        assert consistency(signed, n).holds()
    assert inclusion(signed, 2, 5).size == 5
    for ask in ((0, None), (10, None), (6, 5)):
        with pytest.raises(InputError):
            inclusion(signed, *ask)
    with pytest.raises(InputError, match="has 9 entries"):
        consistency(signed, 2, 10)
    wrong = inclusion(signed, 3)
    assert not type(wrong)(**{**vars(wrong), "first": 4}).holds()


# -- names ------------------------------------------------------------------------------


def test_an_erased_name_is_gone_from_the_bytes_and_the_journal_holds(
    tmp_path: Path,
) -> None:
    name = "Zażółć Gęślą-Jaźń"
    with Journal.create(tmp_path) as journal:
        journal.append_many(night())
        journal.store.call("holder:commander", name)
        journal.store.call("holder:shooter", "Another")
        before = list(export(tmp_path))
        assert name.encode() not in b"".join(before)
    with Journal.open(tmp_path) as journal:
        assert journal.store.name_of("holder:commander") == name
        assert any(name.encode() in p.read_bytes() for p in tmp_path.iterdir())
        assert journal.store.erase("holder:commander")
        assert not any(name.encode() in p.read_bytes() for p in tmp_path.iterdir())
        assert journal.store.name_of("holder:commander") == ""
        assert journal.store.name_of("holder:shooter") == "Another"
        assert not journal.store.erase("holder:commander")
    assert list(export(tmp_path)) == before
    assert verify(tmp_path).ok
    assert not any(name.encode() in p.read_bytes() for p in tmp_path.iterdir())


def test_the_witness_of_an_exercise_is_another_key_than_the_keepers() -> None:
    assert KEYS.public(WITNESS) != KEYS.public("log:keeper")

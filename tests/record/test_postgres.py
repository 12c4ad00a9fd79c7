"""A journal on a real PostgreSQL behaves as the one in a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from forefield.errors import InputError
from forefield.record.heads import consistency, inclusion, seal
from forefield.record.journal import Entry, Journal, export, verify, write_entries
from forefield.record.postgres_store import PostgresStore, without_password
from forefield.record.signing import ExerciseKeys

T_S = 1_711_250_560.0
Url = Callable[[], str]


def entries(n: int) -> list[Entry]:
    return [
        Entry("note", T_S + i, f"duty-{i % 2}", {"i": i, "é": "ą"}) for i in range(n)
    ]


def test_both_stores_hold_the_same_bytes(tmp_path: Path, pg_url: Url) -> None:
    exports = []
    for where in (str(tmp_path), pg_url()):
        with Journal.create(where, ExerciseKeys(7)) as journal:
            journal.append_many(entries(5))
            for entry in entries(3):
                journal.append_many([entry])
            seal(journal, ExerciseKeys(7))
            assert len(journal) == 8
        found = verify(where)
        assert found.ok, found
        assert found.signers == ("duty-0", "duty-1")
        assert found.heads == 1
        exports.append(list(export(where)))
        assert inclusion(where, 3).holds()
        assert consistency(where, 5).holds()
    assert exports[0] == exports[1]


def test_a_journal_goes_on_where_it_was_left(pg_url: Url) -> None:
    url = pg_url()
    Journal.create(url).close()
    assert verify(url).ok
    for i in range(3):
        with Journal.open(url) as journal:
            assert journal.append("note", T_S, "a", {"i": i}) == i + 1
    with Journal.open(url) as journal:
        assert [e["body"]["i"] for e in journal.entries("note")] == [0, 1, 2]


def test_the_server_refuses_to_change_or_delete(pg_url: Url) -> None:
    url = pg_url()
    with Journal.create(url) as journal:
        journal.append_many(entries(3))
        store = journal.store
        assert isinstance(store, PostgresStore)
        s = store._schema
        from pg8000.native import DatabaseError

        for statement in (
            f"UPDATE {s}.entry SET sha256 = ''",
            f"DELETE FROM {s}.entry",
            f"TRUNCATE {s}.entry",
            f"DELETE FROM {s}.seal",
            f"UPDATE {s}.head SET n = 0",
            f"DELETE FROM {s}.head",
        ):
            with pytest.raises(DatabaseError, match=r"never|follows"):
                store._run(statement)
    assert verify(url).ok


@pytest.mark.parametrize(
    ("statement", "entry", "kind"),
    [
        ("DELETE FROM {s}.entry WHERE n = 3", 3, "removed"),
        (
            "UPDATE {s}.entry SET line = set_byte(line, 40, 33) WHERE n = 4",
            4,
            "altered",
        ),
        ("DELETE FROM {s}.entry WHERE n = 6", 6, "truncated"),
        ("UPDATE {s}.head SET edge = ''", 7, "damaged"),
        (
            "UPDATE {s}.entry SET n = CASE n WHEN 2 THEN 95 ELSE 92 END WHERE n IN (2, 5);"
            "UPDATE {s}.entry SET n = n - 90 WHERE n > 90",
            2,
            "reordered",
        ),
    ],
)
def test_tampering_is_placed(pg_url: Url, statement: str, entry, kind) -> None:
    url = pg_url()
    with Journal.create(url) as journal:
        journal.append_many(entries(6))
        store = journal.store
        assert isinstance(store, PostgresStore)
        store._run("SET session_replication_role = replica")  # no triggers
        for part in statement.format(s=store._schema).split(";"):
            store._run(part)
    found = verify(url)
    assert not found.ok
    assert (found.entry, found.kind) == (entry, kind)
    assert found.problem


def test_many_writers_make_one_chain(pg_url: Url) -> None:
    url = pg_url()
    Journal.create(url).close()

    def write(who: int) -> None:
        with Journal.open(url) as journal:
            for i in range(10):
                journal.append("note", T_S, f"w{who}", {"i": i})

    threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify(url)
    assert found.ok
    assert found.n == 40
    said = [json.loads(line) for line in export(url)]
    for w in range(4):
        assert [e["body"]["i"] for e in said if e["actor"] == f"w{w}"] == list(
            range(10)
        )


def test_names_are_kept_apart_and_can_be_erased(pg_url: Url) -> None:
    url = pg_url()
    with Journal.create(url) as journal:
        journal.append_many(entries(2))
        journal.store.call("duty-0", "Anna Kowalska")
        assert journal.store.name_of("duty-0") == "Anna Kowalska"
        before = list(export(url))
        assert journal.store.erase("duty-0")
        assert not journal.store.erase("duty-0")
        assert journal.store.name_of("duty-0") == ""
    assert list(export(url)) == before
    assert verify(url).ok


def test_what_cannot_be_is_one_line_without_the_password(pg_url: Url) -> None:
    url = pg_url()
    with pytest.raises(InputError, match="holds no journal"):
        Journal.open(url)
    Journal.create(url).close()
    with pytest.raises(InputError, match="exists already"):
        Journal.create(url)
    with pytest.raises(InputError, match="entry 1"):
        write_entries(pg_url(), [{"n": 1}, {"n": 2}])
    secret = "postgresql://u:hunter2@localhost:1/db"
    with pytest.raises(InputError, match="cannot connect") as caught:
        Journal.open(secret)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert without_password(secret) == "postgresql://u:***@localhost:1/db"
    for bad, why in (
        ("postgresql:///db?sslmode=x", "unknown option 'sslmode'"),
        ("postgresql:///db?schema=a;b", "no plain name"),
        ("postgresql://host/", "names no database"),
        ("postgresql://host:no/db", "port is no number"),
    ):
        with pytest.raises(InputError, match=why):
            Journal.open(bad)

"""No output and no code path says that an alert is real.

The word is put together here so that a search of the whole tree finds the standard's
schema alone.
"""

import ast
import sqlite3
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import etree

import forefield
from forefield.errors import InputError
from forefield.forecasting.beliefs import ThreatAreas
from forefield.io.cap import NAMESPACE
from forefield.record.entries import _of_alerts
from forefield.report.folder import write_night
from forefield.warning.alert_table import Alerts
from forefield.warning.desk import STATUSES, AlertDesk
from forefield.world.districts import districts

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from a_small_night import T0_S, small_night

WORD = "Actu" + "al"
CAP = f"{{{NAMESPACE}}}"


def alerts_of_a_desk(status):
    desk = AlertDesk(districts("PL"), status=status, prefix="REPLAY OF 2024-03-24")
    out = []
    for k, p in enumerate((0.3, 0.7, 0.0, 0.0, 0.0)):
        now = T0_S + 200.0 * k
        seen = ThreatAreas.build(
            2, t_s=now, track_id="*", district=np.array(["PL-06", "PL-18"]),
            horizon_s=900.0, p_over=p, p_fall=0.1 * p, t_p50_s=300.0,
        )  # fmt: skip
        out.append(desk.update(seen, now))
    return Alerts.concat(out)


@pytest.fixture(scope="module", params=STATUSES)
def folder(request, tmp_path_factory):
    alerts = alerts_of_a_desk(request.param)
    journal = tuple(e for t in np.unique(alerts.t_s)
                    for e in _of_alerts(float(t), alerts.take(alerts.t_s == t)))  # fmt: skip
    assert len(journal) == 6
    night = replace(small_night(), alerts=alerts, journal=journal)
    return write_night(night, tmp_path_factory.mktemp("out") / "night", inputs={})


def texts_of(path):
    """Everything that a reader of a file can read in it."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield str(table.schema.metadata)
        for name in table.column_names:
            yield name
            if pa.types.is_string(table[name].type):
                yield from filter(None, table[name].unique().to_pylist())
    elif path.suffix == ".sqlite":
        with sqlite3.connect(path) as db:
            yield "\n".join(db.iterdump())
    else:
        yield path.read_text(encoding="utf-8")


def test_no_file_of_a_night_holds_the_word(folder):
    seen = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            seen += 1
            for text in texts_of(path):
                assert WORD.lower() not in text.lower().replace("actually", ""), path
    assert seen >= 15


def test_every_message_has_one_of_three_statuses_and_is_restricted(folder):
    files_ = sorted((folder / "alerts").iterdir())
    assert len(files_) == 6
    for path in files_:
        root = etree.fromstring(path.read_bytes())
        assert root.findtext(f"{CAP}status") in STATUSES
        assert root.findtext(f"{CAP}scope") == "Restricted"
        assert root.findtext(f"{CAP}restriction")
        assert root.findtext(f"{CAP}identifier").startswith("EX-")
        for headline in root.iter(f"{CAP}headline"):
            assert headline.text.startswith("REPLAY OF 2024-03-24")


def test_updates_and_cancels_form_a_chain_to_their_alert(folder):
    chains = {}
    for path in sorted((folder / "alerts").iterdir()):
        root = etree.fromstring(path.read_bytes())
        mine = root.findtext(f"{CAP}identifier")
        sent = root.findtext(f"{CAP}sent")
        stem, number = mine.rsplit("-", 1)
        before = (root.findtext(f"{CAP}references") or "").split()
        assert len(before) == int(number) - 1
        assert before == chains.get(stem, [])
        sender = root.findtext(f"{CAP}sender")
        chains[stem] = [*before, f"{sender},{mine},{sent}"]
    assert {len(c) for c in chains.values()} == {3}


def test_only_one_module_writes_cap_and_it_checks_every_message():
    root = Path(str(files(forefield)))
    writers = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "emergency:cap" in path.read_text(encoding="utf-8")
    ]
    assert writers == ["io/cap.py"]
    tree = ast.parse((root / "io/cap.py").read_text(encoding="utf-8"))
    (to_xml,) = (n for n in ast.walk(tree)
                 if isinstance(n, ast.FunctionDef) and n.name == "to_xml")  # fmt: skip
    calls = [n.func.id for n in ast.walk(to_xml)
             if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]  # fmt: skip
    assert calls[0] == "_check"


def test_nothing_of_ours_holds_the_word_but_where_it_is_denied():
    root = Path(str(files(forefield)))
    found = set()
    for path in root.rglob("*"):
        if path.suffix in (".py", ".toml", ".html", ".js", ".css", ".json", ".cedar"):
            text = path.read_text(encoding="utf-8")
            for line in text.splitlines():
                if WORD in line:
                    found.add((path.name, line.strip()[:60]))
    assert {name for name, _ in found} <= {"__init__.py"}
    assert all("Never" in line for _, line in found)


@pytest.mark.parametrize("status", [WORD, WORD.upper(), "System", "exercise", ""])
def test_no_desk_can_be_made_with_another_status(status):
    with pytest.raises(InputError):
        AlertDesk(districts("PL"), status=status)


def test_a_table_that_was_tampered_with_is_not_written(tmp_path):
    night = replace(small_night(), journal=())
    bad = alerts_of_a_desk("Test")
    bad = replace(bad, status=np.full(len(bad), WORD))
    with pytest.raises(InputError):
        write_night(replace(night, alerts=bad), tmp_path / "night", inputs={})
    assert not (tmp_path / "night").exists()

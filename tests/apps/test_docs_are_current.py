"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_tables_is_current() -> None:
    made = runpy.run_path(str(ROOT / "tools/make_tables_page.py"))["page"]()
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == made


def test_the_page_of_results_is_current() -> None:
    made = runpy.run_path(str(ROOT / "tools/make_results_page.py"))["page"]()
    assert (ROOT / "docs/rooms/results.md").read_text(encoding="utf-8") == made


def test_the_page_of_warnings_is_current() -> None:
    made = runpy.run_path(str(ROOT / "tools/make_warning_page.py"))
    page = (ROOT / "docs/warning.md").read_text(encoding="utf-8")
    assert page == made["page"]()
    chart = (ROOT / "docs/pictures/warning-curve.svg").read_text(encoding="utf-8")
    assert chart == made["chart"]()


def test_the_pages_about_the_forecast_are_current() -> None:
    made = runpy.run_path(str(ROOT / "tools/make_forecast_pages.py"))["files"]()
    for path, text in made.items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, path

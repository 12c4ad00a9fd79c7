"""The page of a night, in a real browser and without one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from a_small_night import small_night

from forefield.mandate.verdict_table import CODES
from forefield.report import wording
from forefield.report.page import render, write_report
from forefield.report.picture import keep_rows
from forefield.report.story import stories
from forefield.tracking.tracks import CLASSES

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def replay_page() -> str:
    return render(small_night("replay"))


# -- without a browser --------------------------------------------------------------


def test_the_same_night_gives_the_same_bytes(replay_page: str) -> None:
    assert render(small_night("replay")) == replay_page


def test_the_page_refers_to_nothing_outside_itself(replay_page: str) -> None:
    outside = re.findall(r"""(?:src|href)=["'](?!#|data:|https?://)""", replay_page)
    assert not outside
    loading = r"""<(?:script|img|iframe|link)[^>]+(?:src|href)=["']https?:"""
    assert not re.search(loading, replay_page)
    assert not re.search(r"@import|url\(\s*['\"]?https?:", replay_page)


@pytest.mark.parametrize(
    ("kind", "banner"), [("replay", "REPLAY OF 2024-03-24"), ("run", "SIMULATION")]
)
def test_the_banner_says_what_the_page_is_and_that_it_is_no_warning(
    kind: str, banner: str
) -> None:
    page = render(small_night(kind))
    head = page[page.index('class="banner"') :][:200]
    assert banner in head
    assert "not a real warning" in head


def test_the_essentials_read_without_script(replay_page: str) -> None:
    text = re.sub(r"<script.*?</script>", "", replay_page, flags=re.S)
    for essential in (
        "verdict of the night",
        "lubelskie",
        "NO_AGREED_PROCEDURE",
        "No consent of the country the intercept would be over",
        "Start of the approach",
        "What is not known",
        "© OpenStreetMap contributors, ODbL",
        "GeoNames, CC BY 4.0",
        "--seed 7",
        "plot (detection)",
        "never confirmed",
        "Poisson multi-Bernoulli",
    ):
        assert essential in text, essential


def test_every_time_in_the_prose_has_its_utc_beside_it(replay_page: str) -> None:
    body = re.sub(r"<(script|style).*?</\1>", "", replay_page, flags=re.S)
    body = re.sub(r'<b>[\d:]+</b> <span class="utc">[\d:]+&nbsp;UTC</span>', "", body)
    alone = re.findall(r">[^<]*\b\d\d:\d\d(?::\d\d)?\b[^<]*<", body)
    # What remains is quoted from the sources or drawn by the script.
    assert [a for a in alone if "UTC" not in a] == []


def test_what_a_source_says_cannot_break_out_of_the_page() -> None:
    import dataclasses

    night = dataclasses.replace(
        small_night(), title="</script><script>alert(1)</script>", unknowns=("<b>x",)
    )
    page = render(night)
    assert "<script>alert" not in page
    assert "<b>x" not in page
    assert page.count("</script>") == 2


def test_embedded_data_are_json_and_small(replay_page: str) -> None:
    found = re.search(r'id="night">(.*?)</script>', replay_page, flags=re.S)
    assert found
    data = json.loads(found.group(1))
    assert {"areas", "base", "chapters", "tracks", "truth"} <= set(data)
    assert len(replay_page.encode()) < 3_000_000


def test_the_missile_has_a_chapter_and_clutter_has_none() -> None:
    told, truths = stories(small_night())
    chapters = {s.track_id: s for s in told if s.is_chapter}
    assert set(chapters) == {12, 31}
    missile = chapters[12]
    assert missile.truth_id == "cruise-1"
    (stay,) = missile.truth_passages
    assert stay.guard == "PL"
    assert 15 < stay.left_s - stay.entered_s < 45
    assert not chapters[31].confirmed
    assert len(truths) == 6


def test_every_verdict_code_and_every_class_has_plain_words() -> None:
    assert set(CODES) == set(wording.CODE_WORDS)
    assert set(CLASSES) == set(wording.CLASS_WORDS)
    script = (ROOT / "web" / "src" / "colours.ts").read_text(encoding="utf-8")
    for code in CODES:
        assert f"{code}:" in script


def test_a_left_out_point_lay_near_the_drawn_line_at_its_time() -> None:
    rng = np.random.default_rng(3)
    t_s = np.arange(400.0)
    where_m = np.cumsum(rng.normal(0, 20, (400, 2)), axis=0)
    kept = keep_rows(t_s, where_m, np.full(400, np.nan), 50.0)
    drawn = np.stack([np.interp(t_s, t_s[kept], where_m[kept, k]) for k in (0, 1)], 1)
    assert len(kept) < 300
    assert np.abs(drawn - where_m).max() <= 50.0 + 1e-9


def test_the_bundle_fits_and_keeps_its_licences() -> None:
    static = ROOT / "src/forefield/report/static"
    script = (static / "report.js").read_text(encoding="utf-8")
    assert len(script.encode()) < 250_000
    for owner in ("Mike Bostock", "milsymbol", "Måns Beckman"):
        assert owner in script[:800]
    lock = (ROOT / "web/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock


def test_the_bundle_is_what_its_source_builds(tmp_path: Path) -> None:
    web, node = ROOT / "web", shutil.which("node")
    if not node or not (web / "node_modules" / "esbuild").exists():
        pytest.skip("Node or the build tools are not installed (cd web && npm ci)")
    symbols = tmp_path / "symbols.gen.ts"
    for command in (["scripts/symbols.mjs", symbols], ["scripts/build.mjs", tmp_path]):
        subprocess.run([node, *map(str, command)], cwd=web, check=True, timeout=60)
    assert symbols.read_bytes() == (web / "src/symbols.gen.ts").read_bytes()
    for name in ("report.js", "report.css"):
        shipped = ROOT / "src/forefield/report/static" / name
        assert (tmp_path / name).read_bytes() == shipped.read_bytes(), name


# -- in a real Chromium -------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    found = CHROMIUM if CHROMIUM.exists() else shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=str(found), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Opened:
    """A page on disk, opened at a width, with what it said and asked for."""

    def __init__(self, browser: Any, path: Path, width: int, **options: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_page(
            viewport={"width": width, "height": 900}, **options
        )
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("load")


@pytest.fixture(scope="module")
def page_file(
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(small_night(), path)
    return path


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_fits_keeps_quiet_and_asks_nobody(
    chromium: Any, page_file: Path, width: int
) -> None:
    opened = Opened(chromium, page_file, width)
    page = opened.page
    boxes = page.evaluate(
        "[...document.querySelectorAll('svg.map .country, svg.map .true.chapter,"
        " svg.map .track.chapter .piece[d^=M]')].map(e => e.getBoundingClientRect())"
        ".map(b => [b.width, b.height])"
    )
    assert len(boxes) > 4
    assert all(w > 0 or h > 0 for w, h in boxes)
    assert page.locator(".timeline svg[role=img]").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('svg') &&"
        " !e.closest('.scroll') && !e.matches('.skip') &&"
        " e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"
    )
    assert wide == []
    assert opened.said == []
    assert opened.asked == [page_file.as_uri()]
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_barrier(chromium: Any, page_file: Path, width: int) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (cd web && npm ci)")
    page = Opened(chromium, page_file, width).page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]
    assert told == []
    page.close()


@pytest.mark.browser
def test_the_slider_moves_the_picture_and_keys_move_the_map(
    chromium: Any, page_file: Path
) -> None:
    page = Opened(chromium, page_file, 1280).page
    drawn = "document.querySelectorAll('.track .piece[d^=M]').length"
    slider = page.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("End")
    at_the_end = page.evaluate(drawn)
    page.keyboard.press("Home")
    assert page.evaluate(drawn) < at_the_end
    assert page.locator(".readout b").inner_text() == "04:00:00"
    assert "03:00:00 UTC" in page.locator(".readout span").inner_text()
    page.locator("svg.map").focus()
    before = page.evaluate(
        "document.querySelector('.ground').getAttribute('transform')"
    )
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("+")
    after = page.evaluate("document.querySelector('.ground').getAttribute('transform')")
    assert before != after
    page.get_by_label("True paths").uncheck()
    assert not page.locator("svg.map .true.chapter").first.is_visible()
    page.close()


@pytest.mark.browser
def test_without_script_the_page_still_tells_the_night(
    chromium: Any, page_file: Path
) -> None:
    page = Opened(chromium, page_file, 390, java_script_enabled=False).page
    assert page.get_by_text("switched off here").is_visible()
    assert page.get_by_role("heading", name="The verdict of the night").is_visible()
    page.close()


@pytest.mark.browser
def test_every_printed_page_carries_the_banner(chromium: Any, page_file: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pypdf reads the printed pages")
    from io import BytesIO

    page = Opened(chromium, page_file, 1280).page
    printed = pypdf.PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) > 3
    for number, leaf in enumerate(printed.pages, 1):
        assert "REPLAY OF 2024-03-24" in leaf.extract_text(), f"page {number}"
    page.close()

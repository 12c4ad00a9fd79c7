import re
from pathlib import Path

import numpy as np
import pytest

from forefield.report.verification import render_verification
from forefield.scoring.verify import ESTIMAND, Forecasts, Sample, verify

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def scores():
    """A small sample with two horizons and rare entries."""

    def sample(horizon_s):
        g = np.random.Generator(np.random.Philox(1))
        n = 1200
        flight, p = np.repeat(np.arange(300), 4), np.repeat(g.beta(0.4, 3, 300), 4)
        came = np.repeat(g.uniform(size=300), 4) < p
        blank = np.full(n, np.nan)

        def model(chance):
            return Forecasts(chance, blank, blank, blank, blank, blank, blank)

        models = {"turning/1": model(p), "straight/1": model(np.round(p))}
        return Sample(
            "PL", horizon_s, flight, flight // 30, np.full(n, 9e3), np.full(n, 250.0),
            np.where(came, 60.0, 2000.0), came.astype(np.int64), blank, blank, models,
        )  # fmt: skip

    about = {
        "simulated": True, "sample": "", "matched_by": "position", "gate_m": 5000.0,
        "states": 1200, "states_unmatched": 3, "states_outlived": 1, "states_inside": 0,
        "rows_not_of_all_models": 0, "tracks": 301, "tracks_never_matched": 1,
        "unmatched_mean_p": 0.02, "flights": 300, "baselines_added": ["straight/1"],
        "reach_assumed": False, "reach_mps": 300.0, "first_s": 1.7e9, "last_s": 1.7e9,
        "infinite_skipped": False, "seed": 0,
    }  # fmt: skip
    return verify([sample(300.0), sample(600.0)], about=about)


def test_the_page_tells_the_estimand_the_sample_and_the_source_of_borders(scores):
    page = render_verification(scores)
    assert ESTIMAND.split("'")[0] in page
    assert "OpenStreetMap contributors" in page
    assert "never counted as “no”" in page
    assert "What this page cannot know" in page


def test_a_simulated_sample_is_marked_and_a_recorded_one_is_not(scores):
    assert "<title>SIMULATION" in render_verification(scores)
    real = render_verification(scores, simulated=False)
    assert "SIMULATION" not in real
    assert "RECORDED FLIGHTS" in real


def test_the_page_needs_nothing_but_itself(scores):
    page = render_verification(scores)
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)
    assert "<script" not in page
    assert "url(" not in page


def test_every_chart_has_a_title_and_a_description(scores):
    page = render_verification(scores)
    charts = page.count("<svg ")
    assert charts >= 5  # two diagrams, two of the baseline, one forest
    assert page.count("<title id=") == page.count("<desc id=") == charts
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))


def test_equal_scores_give_equal_bytes(scores):
    assert render_verification(scores) == render_verification(scores)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_in_a_real_browser(scores, tmp_path, width):
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    path = tmp_path / "verification.html"
    path.write_text(render_verification(scores), encoding="utf-8")
    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": width, "height": 900})
        said: list[str] = []
        page.on("console", lambda m: said.append(m.text))
        page.goto(path.as_uri())
        page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = true)"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert said == []

"""Pictures of report pages for the documentation, at 1280 and 390 pixels.

    python tools/report_pictures.py runs/*/report.html --out docs/pictures

Needs Playwright and a Chromium (`test` extra; Debian: apt-get install chromium). The
pictures show the map with its time line, as a reader first meets it.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"


def name_of(page: Path) -> str:
    """The night's name: the folder's manifest knows it, else the folder."""
    summary = page.parent / "manifest.json"
    if summary.exists():
        name = json.loads(summary.read_text(encoding="utf-8")).get("name")
        if name:
            return re.sub(r"[^\w.-]", "-", str(name))
    return page.parent.name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path in given.pages:
            for width, height in ((1280, 1180), (390, 844)):
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    reduced_motion="reduce",
                )
                page.goto(path.resolve().as_uri())
                page.evaluate("document.querySelector('#map').scrollIntoView()")
                page.wait_for_timeout(300)
                target = given.out / f"{name_of(path)}-{width}.jpg"
                page.screenshot(path=target, type="jpeg", quality=82)
                print(target)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()

"""Replay the six documented nights; write docs/replays.md and its pictures.

    .venv/bin/python tools/make_replays_page.py [folder]

The folder keeps the runs (default runs/replays). Needs Chromium for the pictures.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from forefield.apps.nights import replay_night

ROOT = Path(__file__).resolve().parent.parent
SEED = 1
SIX = (
    "pl-2024-03-24-oserdow",
    "pl-2023-12-29-lubelskie",
    "pl-2025-09-10-mass-incursion",
    "pl-2024-08-26-tyszowce",
    "ro-2026-05-29-galati-block",
    "ro-2026-02-27-chilia-shotdown-ua-side",
)
HEAD = """# Six documented nights

Each of these was flown again by `forefield replay ID --seed {seed}`: the published facts are kept, what
nobody published is drawn from the seed and listed in the report as an assumption, and the sensors
are illustrative. So the times below say what a mechanism *like this one* would have said of a night
*like that one*; another seed is another guess. The tracker was the first one, of nearest
neighbours; it has been replaced since. Nothing here was sent to anybody: every alert has the status Exercise.

Made by `.venv/bin/python tools/make_replays_page.py`.
"""


def clock(t_s: float, zone: str) -> str:
    """Local time and UTC."""
    t = datetime.fromtimestamp(round(t_s), UTC)
    return f"{t.astimezone(ZoneInfo(zone)):%H:%M:%S} ({t:%H:%M:%S} UTC)"


def ahead(seconds: float) -> str:
    """A lead or a delay in words."""
    m, s = divmod(round(abs(seconds)), 60)
    h, m = divmod(m, 60)
    span = f"{h} h {m} min" if h else (f"{m} min {s} s" if m else f"{s} s")
    return f"{span} {'before' if seconds >= 0 else 'after'}"


def section(name: str, folder: Path) -> str:
    """One night as Markdown."""
    s = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    zone = s["timezone"]
    out = [f"\n## {s['title']}\n", f"`forefield replay {name}`\n"]
    out.append(f"![The report of this night](pictures/{name}-1280.png)\n")
    words: dict[str, int] = {}
    for f in s["final_states"]:
        words[f["state"]] = words.get(f["state"], 0) + 1
    tracks = "; ".join(
        f"{n} {s['final_state_words'][k]}" for k, n in sorted(words.items())
    )
    c = s["counts"]
    out.append(
        f"{c['flights']} true flights near the guard, {c['detections']} plots (detections), "
        f"{c['tracks_held_to_exist']} tracks ever held to exist: {tracks or 'none'}.\n"
    )
    if s["entries"]:
        out += ["| entered | district | stay | it caused a warning there | reaches people |",
                "| --- | --- | --- | --- | --- |"]  # fmt: skip
        for e in s["entries"]:
            stay = (
                f"{e['seconds_inside']:.0f} s, then left"
                if e["t_exit_s"] is not None
                else f"ended inside ({e['end']}) after {e['seconds_inside']:.0f} s"
            )
            lead = e["lead_decide_s"]
            told = "none" if lead is None else f"{ahead(lead)} entry"
            reach = e["lead_delivery_s"]
            people = "–" if reach is None else f"{ahead(reach)} entry"
            out.append(
                f"| {clock(e['t_enter_s'], zone)} | {e['district_name']} | {stay} "
                f"| {told} | {people} |"
            )
        out.append("")
    else:
        out.append("Nothing entered.\n")
    districts = len({a["district"] for a in s["first_alerts"]})
    real = len({e["district"] for e in s["entries"]})
    out.append(
        f"Districts alerted in all: {districts}; districts a true flight entered first: {real}.\n"
    )
    told = [p for p in s["public"] if p["kind"] in ("public_told", "alert")]
    if told:
        out.append("On record, for comparison:\n")
        out += [
            f"- {clock(p['t_s'], zone)}{', about' if p['approx'] else ''}: {p['what']}"
            for p in told
        ]
        out.append("")
    else:
        out.append(
            "When the public was told in fact is not known: the record gives no hour.\n"
        )
    return "\n".join(out)


def pictures(name: str, folder: Path) -> None:
    """Screenshots of the report at 1280 and 390 pixels."""
    from playwright.sync_api import sync_playwright

    place = ROOT / "docs/pictures"
    place.mkdir(exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for width, height in ((1280, 2240), (390, 1900)):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto((folder / "report.html").resolve().as_uri())
            page.wait_for_timeout(1500)
            page.screenshot(path=str(place / f"{name}-{width}.png"))
        browser.close()


def main() -> None:
    """Everything."""
    runs = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "runs/replays"
    parts = [HEAD.format(seed=SEED)]
    for name in SIX:
        done = replay_night(name, mandate="documented", guard="", seed=SEED, districts="",
                            sensors="", scans="", out=str(runs / name),
                            progress=lambda *_: None)  # fmt: skip
        print("\n".join(done["lines"]), flush=True)
        pictures(name, runs / name)
        parts.append(section(name, runs / name))
    (ROOT / "docs/replays.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The wheel installs and runs outside the checkout, in a home that was never used."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_runs_outside_the_checkout(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 20e6
    site, home = tmp_path / "site", tmp_path / "home"
    home.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(site)
    assert any(n.endswith("licenses/LICENSES/ODbL-1.0.txt") for n in names)
    assert any(n.endswith("report/static/report.js") for n in names)
    meta = next(site.glob("forefield-*.dist-info/METADATA")).read_text(encoding="utf-8")
    assert "License-Expression: Apache-2.0 AND ODbL-1.0 AND CC-BY-4.0" in meta

    def run(*argv: str) -> str:
        env = {k: v for k, v in os.environ.items() if not k.startswith("FOREFIELD")}
        env |= {"PYTHONPATH": str(site), "HOME": str(home)}
        env.pop("XDG_CACHE_HOME", None)
        done = subprocess.run([sys.executable, *argv], cwd=home, env=env, check=False,
                              capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run("-c", "import forefield; print(forefield.__file__)")
    assert where.startswith(str(site))
    assert "forefield 0." in run("-m", "forefield", "--version")
    assert "UA-PL" in run("-m", "forefield", "pacts", "list")
    (home / "t.csv").write_text(
        "t_s,track_id,lat_deg,lon_deg\n"
        + "".join(f"{1.7e9 + 10 * i},1,50.6,{24.6 - 0.03 * i}\n" for i in range(12))
    )
    run("-m", "forefield", "forecast", "t.csv", "--guard", "PL", "--out", "b.csv",
        "--model", "straight")  # fmt: skip
    assert "p_enter" in (home / "b.csv").read_text(encoding="utf-8").splitlines()[0]

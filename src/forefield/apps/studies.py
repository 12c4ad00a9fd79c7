"""Commands that run a study, play one of its nights, or say what it would cost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from forefield.errors import InputError
from forefield.studies.design import design_notes
from forefield.studies.engine import Task, run_study, seconds_a_night, shard_path
from forefield.studies.findings import write_findings
from forefield.studies.manifest import finish
from forefield.studies.night import of_night, scenario_of
from forefield.studies.outcomes import PER_100
from forefield.studies.shards import read_shards
from forefield.studies.study_file import load
from forefield.studies.tables import Results, results_of, write_tables

__all__ = ["against", "dry_run", "one_night", "study_files"]

Progress = Callable[[str, float], None]


def _task(name: str, nights: int, seed: int | None) -> Task:
    import msgspec

    shown, study, folder = load(name)
    design = study.design
    if nights:
        design = msgspec.structs.replace(design, nights=nights)
    if seed is not None:
        design = msgspec.structs.replace(design, seed=seed)
    changed = msgspec.structs.replace(study, design=design)
    given = (f" --nights {nights}" if nights else "") + (
        f" --seed {seed}" if seed is not None else ""
    )
    return Task(shown, changed, folder, name, given)


def study_files(
    name: str,
    *,
    out: str,
    engine: str = "processes",
    workers: int = 0,
    resume: bool = False,
    nights: int = 0,
    seed: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """`forefield study`: run what is missing, then write tables and the page."""
    from forefield.report.folder import digests

    task = _task(name, nights, seed)
    folder = Path(out)
    ran = run_study(
        task, folder, engine=engine, workers=workers, resume=resume, progress=progress
    )
    if progress:
        progress("findings", 0.95)
    design = task.design()
    shards = folder / "shards"
    rows = read_shards([shard_path(shards, k) for k in range(ran.batches)])
    first = design.meetings(0)[0].environment
    _, scenario = scenario_of(task.study, task.folder, first)
    results = results_of(rows, design, task.study, scenario.night.guard)
    if not len(results.nights):
        first = results.failures[0]
        raise InputError(
            f"{folder}: every night failed, the first with {first['failure']}; play it "
            f"with: {task.command(first['night'])}"
        )
    for failure in results.failures:
        failure["again"] = task.command(failure["night"])
    write_tables(results, folder)
    command = f"forefield study {name} --out DIR{task.given}"
    write_findings(folder / "findings.html", task.name, results, command)
    finish(
        folder,
        {
            "files_sha256": digests(folder),
            "nights_run": len(results.nights) + len(results.failures),
            "nights_failed": len(results.failures),
            "batches": ran.batches,
            "computed_batches": ran.computed,
            "seconds": round(ran.seconds, 1),
            "engine": engine,
            "workers": workers or os.cpu_count() or 1,
            "stopped_early": ran.stopped_early,
        },
    )
    return {
        "lines": _lines(task, results, ran.seconds, ran.stopped_early, folder),
        "out": str(folder),
        "banner": "SIMULATION",
        "nights": len(results.nights),
        "failed": results.failures,
        "ranking": results.ranking,
        "outcomes": [o for o in results.outcomes if o["outcome"] in PER_100],
        "seconds": ran.seconds,
    }


def _lines(
    task: Task, results: Results, seconds: float, early: bool, folder: Path
) -> list[str]:
    main = task.study.outcomes.main
    lines = [
        f"SIMULATION: {task.study.title or task.name}",
        f"{len(results.nights)} nights, {len(results.design.alternatives)} alternatives"
        + (", ended by the stated interval" if early else ""),
        *design_notes(task.study, results.laid_out),
        f"{PER_100[main][0]}, per 100 that would enter (95 % interval), rank:",
    ]
    for k in results.ranking:
        rank = str(k["best"]) + (f"-{k['worst']}" if k["worst"] != k["best"] else "")
        held = f"{k['lo']:.1f} to {k['hi']:.1f}" if k["lo"] == k["lo"] else "too few"
        lines.append(f"  {k['name']}: {k['value']:.1f} ({held}), {rank}")
    if results.laid_out.rows:
        lines.append("total effects, % of the variance (95 % interval):")
        lines += [
            f"  {e.name}: {100 * e.total:.0f} ({100 * e.total_lo:.0f} to "
            f"{100 * e.total_hi:.0f})"
            for e in results.effects
            if e.outcome == main
        ] or ["  too few nights, or nothing varied"]
    for f in results.failures[:5]:
        lines.append(f"failed: night {f['night']} (seed {f['seed']}): {f['failure']}")
        lines.append(f"  again: {task.command(f['night'])}")
    if len(results.failures) > 5:
        lines.append(f"… and {len(results.failures) - 5} more failed nights")
    lines.append(f"Findings: {folder / 'findings.html'}")
    lines.append(f"Seconds: {seconds:.1f}")
    return lines


def one_night(
    name: str, night: int, seed: int | None = None, nights: int = 0
) -> dict[str, Any]:
    """`forefield study --night N`: one night again, its outcomes told."""
    task = _task(name, nights, seed)
    design = task.design()
    if not 0 <= night < design.nights:
        raise InputError(f"--night {night}: the study has nights 0 to "
                         f"{design.nights - 1}.")  # fmt: skip
    rows = of_night(task.study, design, task.folder, night)
    stratum = design.strata[design.stratum_of(night)].name
    lines = [f"SIMULATION: night {night}, seed {rows[0]['seed']}, {stratum}"]
    for row in rows:
        lines.append(
            f"  {row['name']}: {row['entering']} would enter, "
            f"{row['decided']} decided in time, {row['prevented']:.2f} prevented; "
            f"verdicts {row['verdicts']}; lost {row['links']}"
        )
    return {"lines": lines, "rows": rows}


def against(first: str, second: str, out: str) -> dict[str, Any]:
    """`forefield study DIR --against DIR`: two finished studies on one page."""
    from forefield.studies.compare import compare, line, write_comparison

    found = compare(Path(first), Path(second))
    page = Path(out) if out.endswith(".html") else Path(out or first) / "compared.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    write_comparison(page, (first, second), found)
    main = [c for c in found if c.outcome == "prevented"]
    how = "paired by night" if main[0].is_paired else "on nights of their own"
    n = min(main[0].nights)
    return {
        "lines": [
            f"SIMULATION: {first} against {second}, {n} nights, {how}",
            "prevented, per 100 that would enter (95 % interval):",
            *(f"  {line(c)}" for c in main),
            f"Page: {page}",
        ],
        "banner": "SIMULATION",
        "compared": [asdict(c) for c in found],
    }


def dry_run(name: str, workers: int, nights: int, seed: int | None) -> dict[str, Any]:
    """`forefield study --dry-run`: what there is to do, and what it would cost."""
    from forefield.studies.night import checked

    task = _task(name, nights, seed)
    design = task.design()
    checked(task.study, design, task.folder)
    each_s, size = seconds_a_night(task, design)
    n = workers or os.cpu_count() or 1
    total_s = each_s * design.nights / n
    lines = [
        f"{task.study.title or task.name}: {len(design.alternatives)} alternatives, "
        f"{len(design.strata)} strata, {design.nights} nights in "
        f"{len(design.batches())} batches",
        *design_notes(task.study, design),
        *(f"  {a.name}" for a in design.alternatives[:20]),
        f"The first night took {each_s:.1f} s here; all on {n} workers about "
        f"{total_s / 60:.1f} min, {size * design.nights / 1e6:.1f} MB at most",
        "Nothing was written.",
    ]
    return {
        "lines": lines,
        "alternatives": json.loads(json.dumps([a.values for a in design.alternatives])),
        "nights": design.nights,
        "seconds_a_night": each_s,
        "seconds": total_s,
    }

"""The command line. Each command is a few lines: read, call one entry, write, say.

Exit codes: 0 done, 1 the answer is "no", 2 the input cannot be used (one line says
what, where and what to do), 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from forefield.apps.console import progress, say, say_json, table
from forefield.errors import InputError
from forefield.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="forefield",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A test bench for intercepting before the border: it models, warns, advises "
    "named humans and records. Simulated and exercise output is marked so everywhere.",
)
mandates = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Rule tables: who may say yes, on what evidence.",
)
pacts = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The 28 security agreements and their provisions.",
)
journals = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The record of a night: read it, check it, export it.",
)
app.add_typer(mandates, name="mandate")
app.add_typer(pacts, name="pacts")
app.add_typer(journals, name="journal")

# Typer carries its own copy of click; its errors are reached through the one it shows.
_UsageError: Any = typer.BadParameter.__mro__[1]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Seed = Annotated[int, typer.Option(help="Seed of everything drawn.", min=0)]
MandateName = Annotated[
    str, typer.Option("--mandate", help="Rule table: name or .toml.")
]
Districts = Annotated[
    str, typer.Option("--districts", help="GeoJSON of districts (fields id, nazwa).")
]


def _version(shown: bool) -> None:
    if shown:
        say(f"forefield {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show version."
        ),
    ] = False,
) -> None:
    """Forefield."""


# -- nights ----------------------------------------------------------------------


@app.command(epilog="Example: forefield run quick --seed 7 --out runs/quick")
def run(
    scenario: Annotated[str, typer.Argument(help="Shipped name or .toml file.")] = "",
    mandate: MandateName = "",
    guard: Annotated[str, typer.Option(help="Guarded country, ISO code.")] = "",
    seed: Seed = 1,
    districts: Districts = "",
    out: Annotated[str, typer.Option(help="Folder for the results.")] = "",
    new: Annotated[str, typer.Option(help="Write a commented scenario and stop.")] = "",
    schema: Annotated[bool, typer.Option("--schema", help="Print the schema.")] = False,
    as_json: AsJson = False,
) -> None:
    """Simulate one night through the whole chain."""
    from forefield import scenario as scenarios

    if schema:
        say_json(scenarios.schema())
        return
    if new:
        _write_new(new, scenarios.TEMPLATE)
        return
    if not scenario:
        raise InputError(
            f"run needs a scenario; shipped: {', '.join(scenarios.names())}; "
            "or write one with --new S.toml."
        )
    from forefield.apps.nights import run_night

    with progress() as bar:
        _done(
            run_night(
                scenario,
                mandate=mandate,
                guard=guard,
                seed=seed,
                districts=districts,
                out=out or f"runs/{Path(scenario).stem}",
                progress=bar,
            ),
            as_json,
        )


@app.command(
    epilog="Example: forefield replay pl-2024-03-24-oserdow --out runs/oserdow"
)
def replay(
    incident: Annotated[
        str, typer.Argument(help="An incident's id, or a file of detections.")
    ],
    mandate: MandateName = "documented",
    guard: Annotated[str, typer.Option(help="Guarded country, ISO code.")] = "",
    seed: Seed = 1,
    districts: Districts = "",
    sensors: Annotated[str, typer.Option(help="sensors.toml of a recording.")] = "",
    scans: Annotated[str, typer.Option(help="Scans of a recording.")] = "",
    sirens: Annotated[
        str, typer.Option(help="Record of Ukraine's sirens, shown beside our times.")
    ] = "",
    out: Annotated[str, typer.Option(help="Folder for the results.")] = "",
    as_json: AsJson = False,
) -> None:
    """Replay a documented incident, or recorded detections, through the whole chain."""
    from forefield.apps.nights import replay_night

    with progress() as bar:
        _done(
            replay_night(
                incident,
                mandate=mandate,
                guard=guard,
                seed=seed,
                districts=districts,
                sensors=sensors,
                scans=scans,
                sirens=sirens,
                out=out or f"runs/{Path(incident).stem}",
                progress=bar,
            ),
            as_json,
        )


@app.command(epilog="Example: forefield demo --out runs/demo")
def demo(
    out: Annotated[str, typer.Option(help="Folder for both nights.")] = "runs/demo",
    seed: Seed = 1,
) -> None:
    """Replay 24 March 2024 and simulate a raid of its size; say where and how long."""
    from forefield.apps.nights import run_demo

    run_demo(Path(out), seed)


def _done(written: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say_json({k: v for k, v in written.items() if k != "lines"})
        return
    for line in written["lines"]:
        say(line)


def _write_new(path: str, text: str, command: str = "run") -> None:
    from forefield.io.files import new_file

    if Path(path).exists():
        raise InputError(f"{path}: exists already; name a new file.")
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    say(f"Wrote {path}. Run it with: forefield {command} {path}")


# -- studies -----------------------------------------------------------------------


@app.command(epilog="Example: forefield study quick --out runs/study --workers 2")
def study(
    name: Annotated[
        str, typer.Argument(metavar="STUDY", help="Shipped name or .toml file.")
    ] = "",
    out: Annotated[str, typer.Option(help="Folder for the results.")] = "",
    engine: Annotated[str, typer.Option(help="processes, or ray.")] = "processes",
    workers: Annotated[int, typer.Option(help="At once; 0: one a core.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what the folder holds.")
    ] = False,
    nights: Annotated[int, typer.Option(help="Instead of the study's own.")] = 0,
    seed: Annotated[
        int | None, typer.Option(help="Instead of the study's own.", min=0)
    ] = None,
    night: Annotated[
        int | None, typer.Option(help="Play this one night again and stop.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost and stop.")
    ] = False,
    against: Annotated[
        str,
        typer.Option(help="STUDY and this are folders of finished studies: compare."),
    ] = "",
    new: Annotated[str, typer.Option(help="Write a commented study and stop.")] = "",
    schema: Annotated[bool, typer.Option("--schema", help="Print the schema.")] = False,
    as_json: AsJson = False,
) -> None:
    """Many simulated nights under several policies, compared with intervals."""
    from forefield.studies import study_file

    if schema:
        say_json(study_file.schema())
        return
    if new:
        _write_new(new, study_file.TEMPLATE, "study")
        return
    if not name:
        raise InputError(
            f"study needs a study; shipped: {', '.join(study_file.names())}; "
            "or write one with --new S.toml."
        )
    from forefield.apps import studies

    if against:
        _done(studies.against(name, against, out), as_json)
        return
    if night is not None:
        _done(studies.one_night(name, night, seed, nights), as_json)
        return
    if dry_run:
        _done(studies.dry_run(name, workers, nights, seed), as_json)
        return
    with progress() as bar:
        done = studies.study_files(
            name,
            out=out or f"runs/{Path(name).stem}",
            engine=engine,
            workers=workers,
            resume=resume,
            nights=nights,
            seed=seed,
            progress=bar,
        )
    _done(done, as_json)


# -- one stage ---------------------------------------------------------------------


@app.command(
    epilog="Example: forefield track plots.parquet --sensors S.toml "
    "--out tracks.parquet"
)
def track(
    detections: Annotated[str, typer.Argument(help="Plots (detections): a table.")],
    sensors: Annotated[str, typer.Option(help="sensors.toml")],
    out: Annotated[str, typer.Option(help="Tracks: .parquet .csv .arrow .geojson")],
    scans: Annotated[str, typer.Option(help="What was looked at: a table.")] = "",
    cycle: Annotated[float, typer.Option(help="Seconds between output states.")] = 10.0,
    why: Annotated[
        int | None,
        typer.Option(help="Also tell one track's life: why, and from which plots."),
    ] = None,
    history: Annotated[
        str, typer.Option(help="Also write every track's life here, as JSON.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Track recorded plots (detections): only the tracker."""
    from forefield.apps.stages import track_file

    with progress() as bar:
        _done(
            track_file(
                detections, sensors, scans, out,
                cycle_s=cycle, why=why, history=history, progress=bar,
            ),
            as_json,
        )  # fmt: skip


@app.command(
    epilog="Example: forefield forecast tracks.parquet --guard PL,RO "
    "--out beliefs.parquet"
)
def forecast(
    tracks: Annotated[str, typer.Argument(help="Tracks, or a recording.")],
    guard: Annotated[str, typer.Option(help="Guarded countries: PL or PL,RO.")],
    out: Annotated[str, typer.Option(help="Beliefs: .parquet .csv .arrow .geojson")],
    horizons: Annotated[str, typer.Option(help="Seconds.")] = "120,300,600,900",
    base_rate: Annotated[
        float | None,
        typer.Option(help="Share of the night's objects expected to enter."),
    ] = None,
    model: Annotated[str, typer.Option(help="A model's name, best, or all.")] = "best",
    areas: Annotated[str, typer.Option(help="Also write threat areas here.")] = "",
    districts: Districts = "",
    why: Annotated[
        int | None,
        typer.Option(help="Also tell what moved this track's last belief."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Believe: will each track enter the guard, when, where, and leave again?"""
    from forefield.apps.stages import forecast_file

    with progress() as bar:
        _done(
            forecast_file(
                tracks,
                guard,
                horizons,
                out,
                base_rate=base_rate,
                model=model,
                areas=areas,
                districts=districts,
                why=why,
                progress=bar,
            ),
            as_json,
        )


@app.command(epilog="Example: forefield verify beliefs.parquet --truth flights.parquet")
def verify(
    beliefs: Annotated[str, typer.Argument(help="Beliefs: a table.")],
    truth: Annotated[str, typer.Option(help="True flights: a table.")],
    out: Annotated[str, typer.Option(help="Folder for the page and scores.")] = "",
    areas: Annotated[
        str, typer.Option(help="Threat areas of the same tracks: scores lead time.")
    ] = "",
    districts: Districts = "",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Verify beliefs against what flew: verification.html and scores.json."""
    from forefield.apps.stages import verify_file

    with progress() as bar:
        written = verify_file(
            beliefs,
            truth,
            out,
            areas=areas,
            districts=districts,
            seed=seed,
            progress=bar,
        )
    _done(written, as_json)
    if not written["passed"]:
        raise typer.Exit(1)


@app.command(
    epilog="Example: forefield judge examples/facts-2024-03-24.json "
    "--mandate documented"
)
def judge(
    facts: Annotated[str, typer.Argument(help="FACTS.json")],
    mandate: MandateName = "documented",
    lang: Annotated[str, typer.Option(help="en, pl or uk")] = "en",
    html: Annotated[str, typer.Option(help="Also write a page here.")] = "",
    every: Annotated[
        bool, typer.Option("--all", help="Under every shipped mandate.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Judge one option under a mandate, explained clause by clause."""
    from forefield.apps.rules import judge_file

    _done(judge_file(facts, mandate, lang, html, every), as_json)


# -- rules and pacts ----------------------------------------------------------------


@mandates.command("list", epilog="Example: forefield mandate list")
def mandate_list(as_json: AsJson = False) -> None:
    """The shipped rule tables."""
    from forefield.apps.rules import list_mandates

    _show(list_mandates(), as_json)


@mandates.command("show", epilog="Example: forefield mandate show documented")
def mandate_show(
    name: Annotated[str, typer.Argument(help="Name or .toml file.")],
    lang: Annotated[str, typer.Option(help="en, pl or uk")] = "en",
    toml: Annotated[
        bool, typer.Option("--toml", help="The whole table as a file to copy.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """One rule table, whole: grounds, clauses, sources, people."""
    from forefield.apps.rules import show_mandate

    _done(show_mandate(name, lang, toml), as_json)


@mandates.command(
    "diff", epilog="Example: forefield mandate diff documented joint-allied"
)
def mandate_diff(
    one: Annotated[str, typer.Argument(help="Name or .toml file.")],
    other: Annotated[str, typer.Argument(help="Name or .toml file.")],
    as_json: AsJson = False,
) -> None:
    """What one rule table has otherwise than another."""
    from forefield.apps.rules import diff_mandates

    _done(diff_mandates(one, other), as_json)


@mandates.command("prove", epilog="Example: forefield mandate prove documented")
def mandate_prove(
    name: Annotated[str, typer.Argument(help="Name or .toml file.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every shipped one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove what must hold of a rule table in every case; needs the extra prove."""
    from forefield.apps.proofs import prove_mandates

    if bool(name) == every:
        raise InputError("mandate prove: name one mandate, or give --all.")
    found = prove_mandates((name,) if name else ())
    _done(found, as_json)
    if not found["holds"]:
        raise typer.Exit(1)


@mandates.command(
    "cedar", epilog="Example: forefield mandate cedar documented --day 2024-07-08"
)
def mandate_cedar(
    name: Annotated[str, typer.Argument(help="Name or .toml file.")],
    day: Annotated[str, typer.Option(help="The day whose rules are written.")],
    as_json: AsJson = False,
) -> None:
    """A rule table as Cedar policies, for other tools; --json has the schema."""
    from forefield.apps.proofs import write_cedar

    _done(write_cedar(name, day), as_json)


@pacts.command("list", epilog="Example: forefield pacts list")
def pacts_list(
    having: Annotated[str, typer.Option(help="Only those with a provision.")] = "",
    html: Annotated[str, typer.Option(help="Write the whole matrix as a page.")] = "",
    as_json: AsJson = False,
) -> None:
    """The 28 agreements; what no source tells is unknown, never "no"."""
    from forefield.apps.rules import list_pacts

    _show(list_pacts(having, html), as_json)


@pacts.command("show", epilog="Example: forefield pacts show UA-PL")
def pacts_show(
    pact: Annotated[str, typer.Argument(help="Id, such as UA-PL.")],
    as_json: AsJson = False,
) -> None:
    """One agreement with its provisions, sources and unknowns."""
    from forefield.apps.rules import show_pact

    _done(show_pact(pact), as_json)


@pacts.command("compare", epilog="Example: forefield pacts compare consult_24h")
def pacts_compare(
    names: Annotated[
        list[str],
        typer.Argument(help="A provision, such as airspace_intercept; or agreements."),
    ],
    as_json: AsJson = False,
) -> None:
    """One provision across all agreements, or some agreements side by side."""
    from forefield.apps.rules import compare_pacts

    _done(compare_pacts(names), as_json)


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say_json(found["rows"])
        return
    headings = found["headings"]
    table(headings, [[str(row[h]) for h in headings] for row in found["rows"]])
    for line in found.get("lines", ()):
        say(line)


# -- the record ----------------------------------------------------------------------


@journals.command("show", epilog="Example: forefield journal show runs/demo/replay")
def journal_show(
    where: Annotated[
        str, typer.Argument(help="A run's folder, journal.sqlite, export or URL.")
    ],
    kind: Annotated[str, typer.Option(help="Only entries of this kind.")] = "",
    as_json: AsJson = False,
) -> None:
    """The entries of a journal, in order."""
    from forefield.apps.records import show_journal

    _done(show_journal(where, kind), as_json)


@journals.command("verify", epilog="Example: forefield journal verify runs/demo/replay")
def journal_verify(
    where: Annotated[
        str, typer.Argument(help="A run's folder, journal.sqlite, export or URL.")
    ],
    head: Annotated[str, typer.Option(help="The head noted elsewhere.")] = "",
    keys: Annotated[str, typer.Option(help="JSON of public keys known.")] = "",
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Give every verdict again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check hashes and signatures: nothing removed, reordered or altered."""
    from forefield.apps.records import verify_journal

    found = verify_journal(where, head, recompute=recompute, keys=keys)
    _done(found, as_json)
    if not found["ok"]:
        raise typer.Exit(1)


@journals.command("export", epilog="Example: forefield journal export runs/demo/replay")
def journal_export(
    where: Annotated[
        str, typer.Argument(help="A run's folder, journal.sqlite, export or URL.")
    ],
    out: Annotated[str, typer.Option(help="File; default standard output.")] = "",
) -> None:
    """The journal as canonical JSON lines: entries, then seals."""
    from forefield.apps.records import export_journal

    export_journal(where, out)


# -- the machine -----------------------------------------------------------------------


@app.command(epilog="Example: forefield doctor")
def doctor(as_json: AsJson = False) -> None:
    """Is this machine ready?"""
    from forefield.apps.doctor import examine

    found = examine()
    if as_json:
        say_json(found)
    else:
        for check in found["checks"]:
            say(
                f"{'ok  ' if check['ok'] else 'MISS'} {check['what']}: {check['found']}"
            )
    if not found["ready"]:
        raise typer.Exit(1)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns (and exits with) the code."""
    command = typer.main.get_command(app)
    code = 0
    try:
        result = command.main(args=argv, prog_name="forefield", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        if code == 130:  # an interrupt comes back as a code, not as an exception
            _complain("interrupted", code)
    except InputError as error:
        code = _complain(str(error), 2)
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            say(error.format_message())
        else:
            path = error.ctx.command_path if error.ctx else "forefield"
            code = _complain(f"{error.format_message()} (see {path} --help)", 2)
    except typer.Exit as error:
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = _complain("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as error:
        at = f"{error.filename}: " if error.filename else ""
        code = _complain(f"{at}{(error.strerror or str(error)).lower()}", 2)
    if argv is None:
        sys.exit(code)
    return code


def _complain(problem: str, code: int) -> int:
    line = " ".join(problem.split())
    print(f"forefield: {line}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    main()

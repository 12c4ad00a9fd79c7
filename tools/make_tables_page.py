"""Write docs/tables.md from the declarations of the tables, so that it cannot lag."""

from __future__ import annotations

from pathlib import Path

from forefield.columns import Columns
from forefield.engagement.option_table import Options
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.mandate.verdict_table import Verdicts
from forefield.sensing.detections import Detections, Scans
from forefield.threats.flights import Flights
from forefield.tracking.tracks import Tracks
from forefield.warning.alert_table import Alerts

TABLES: tuple[type[Columns], ...] = (
    Flights,
    Detections,
    Scans,
    Tracks,
    Beliefs,
    ThreatAreas,
    Options,
    Verdicts,
    Alerts,
)
HEAD = """# Tables

Every table is a file of columns: `.parquet`, `.csv`, `.arrow` or `.geojson` by its ending. SI units,
UTC seconds since 1970, degrees at the edge; "?" marks a column that may be empty or absent. Columns
we do not know are ignored. `forefield` reads Polars, pandas and Arrow alike in Python.

A recording with the columns `id, time, lat, lon` and, if present, `alt_m, groundspeed_mps,
track_deg, vertical_rate_mps` is accepted wherever tracks or flights are: `id` becomes `source_id`
(tracks, numbered by first appearance) or `flight_id` (flights, whose end is "lost": the recording
just stops), ground speed and course become velocity.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for table in TABLES:
        first = (table.__doc__ or "").strip().replace("\n    ", "\n")
        parts.append(
            f"\n## `{table.TABLE}`\n\n{first}\n\n| column | meaning |\n| --- | --- |"
        )
        for f in table._fields():
            meta = f.metadata
            names = [f.name]
            if meta["kind"] == "wide":
                given, source, pattern, as_list = meta["wide"]
                if given:
                    names = list(given)
                elif not as_list:
                    label = {"via": "<iso>", "harm_names": "<iso>_p05, …_p50, …_p95"}
                    names = [pattern.format(label[source])]
            mark = "?" if meta["optional"] else ""
            shown = " ".join(f"`{n}`{mark}" for n in names)
            parts.append(f"| {shown} | {meta['about']} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(__file__).parent.parent.joinpath("docs/tables.md").write_text(
        page(), encoding="utf-8"
    )

"""Common Alerting Protocol 1.2: exercises, tests and drafts, and nothing else.

The writer makes messages that validate against the OASIS schema; `scope` is always
Restricted, `status` one of Exercise, Test, Draft, and every headline begins with
EXERCISE, TEST or REPLAY OF and a date. The reader is as strict: no document type, no
entities, no network, no unknown element, and it refuses any other status.

Positions in a CAP polygon are latitude first. A district with a hole is cut into
pieces, because a CAP polygon has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forefield.errors import InputError
from forefield.warning.desk import check_prefix, check_status

if TYPE_CHECKING:
    from forefield.drivers.night import Night
    from forefield.warning.alert_table import Alerts
    from forefield.world.districts import Districts

__all__ = [
    "NAMESPACE",
    "CapArea",
    "CapInfo",
    "CapMessage",
    "from_alerts",
    "read_cap",
    "rings_of",
    "to_xml",
    "write_alerts",
]

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SENDER = "exercise@forefield.invalid"  # .invalid never resolves (RFC 2606)
_LANGUAGES = {"en": "en", "pl": "pl", "uk": "uk"}
_RESTRICTION = "For exercise participants only; not for the public"
_MAX_BYTES = 4_000_000
_ISO_3166_2 = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_FORBIDDEN_IN_ID = set(" ,<&")
_IDENTIFIER = re.compile(r"EX-[A-Za-z0-9._-]{1,200}")

Ring = tuple[tuple[float, float], ...]  # (lat, lon), closed


@dataclass(frozen=True)
class CapArea:
    """A described area: closed rings of (lat_deg, lon_deg) and its official codes."""

    description: str
    polygons: tuple[Ring, ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CapInfo:
    """One language of a message. Times are UTC seconds; onset may be NaN."""

    language: str
    event: str
    response: str
    urgency: str
    severity: str
    certainty: str
    onset_s: float
    expires_s: float
    headline: str
    description: str
    instruction: str
    areas: tuple[CapArea, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CapMessage:
    """One CAP message. `references`: (sender, identifier, sent_s) of earlier ones."""

    identifier: str
    sent_s: float
    status: str
    msg_type: str
    infos: tuple[CapInfo, ...]
    references: tuple[tuple[str, str, float], ...] = ()
    sender: str = SENDER
    source: str = "Forefield, simulated or replayed"
    restriction: str = _RESTRICTION
    note: str = ""
    cleaned: int = field(default=0, compare=False)  # characters left out on writing


def _iso(t_s: float) -> str:
    # CAP wants an offset and refuses the letter Z (CAP 1.2, §3.3.2).
    return datetime.fromtimestamp(round(t_s), UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _clean(text: str) -> tuple[str, int]:
    """`text` without characters that XML 1.0 forbids, and how many there were."""
    kept = "".join(
        c
        for c in text
        if c in "\t\n\r"
        or ("\x20" <= c <= "\ud7ff" and not "\x7f" <= c <= "\x9f")
        or "\ue000" <= c <= "\ufffd"
        or c >= "\U00010000"
    )
    return kept, len(text) - len(kept)


@cache
def _schema() -> Any:
    from importlib.resources import files

    from lxml import etree

    text = files("forefield").joinpath("data", "schema", "CAP-v1.2.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text, _parser()))


def _parser() -> Any:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip


def rings_of(shape: Any, *, tolerance_deg: float = 0.003) -> tuple[Ring, ...]:
    """Closed (lat, lon) rings, together covering a shapely shape in lon-lat.

    Simplified to about `tolerance_deg` and to four decimals (11 m), valid after that;
    shapes with holes are cut until no piece has one.
    """
    import shapely

    plain = shapely.simplify(shapely.make_valid(shape), tolerance_deg)
    neat = shapely.set_precision(plain, 1e-4)
    todo = [p for p in shapely.get_parts(neat) if p.geom_type == "Polygon"]
    done: list[Ring] = []
    while todo:
        polygon = todo.pop()
        if polygon.is_empty or polygon.area < 1e-6:
            continue
        if len(polygon.interiors):
            x = round(float(polygon.interiors[0].centroid.x), 4)
            west, south, east, north = polygon.bounds
            for a, b in ((west - 1, x), (x, east + 1)):
                piece = shapely.set_precision(
                    polygon.intersection(shapely.box(a, south - 1, b, north + 1)), 1e-4
                )
                todo += [
                    q for q in shapely.get_parts(piece) if q.geom_type == "Polygon"
                ]
            continue
        ring = [
            (round(float(y), 4), round(float(x), 4)) for x, y in polygon.exterior.coords
        ]
        done.append(tuple(ring))
    return tuple(sorted(done))


def _check_ring(ring: Ring, at: str) -> None:
    import shapely

    if len(ring) < 4 or ring[0] != ring[-1]:
        raise InputError(
            f"{at}: a polygon needs at least 4 points, the last the first."
        )
    if any(not (abs(la) <= 90.0 and abs(lo) <= 180.0) for la, lo in ring):
        raise InputError(f"{at}: a polygon leaves the globe; CAP is latitude first.")
    if not shapely.Polygon([(lo, la) for la, lo in ring]).is_valid:
        raise InputError(f"{at}: a polygon crosses itself; repair the district.")


def _check(m: CapMessage) -> None:
    at = f"CAP message {m.identifier!r}"
    check_status(m.status)
    for word in (m.identifier, m.sender):
        if not word or _FORBIDDEN_IN_ID & set(word) or _clean(word)[1]:
            raise InputError(
                f"{at}: {word!r} cannot name it: no blanks, commas, < or & (CAP 3.2.1)."
            )
    if not _IDENTIFIER.fullmatch(m.identifier):
        raise InputError(
            f"{at}: identifiers begin EX- and hold letters, digits, - _ and . only."
        )
    if not m.restriction.strip():
        raise InputError(f"{at}: scope Restricted needs a restriction (CAP 3.2.1).")
    if m.msg_type not in ("Alert", "Update", "Cancel"):
        raise InputError(f"{at}: msgType {m.msg_type!r}; use Alert, Update or Cancel.")
    if (m.msg_type == "Alert") == bool(m.references):
        raise InputError(
            f"{at}: an Alert has no references, an Update or Cancel at least one."
        )
    if not m.infos:
        raise InputError(f"{at}: no info block; write at least one language.")
    for info in m.infos:
        check_prefix(_prefix_of(info.headline))
        if not info.expires_s > m.sent_s:
            raise InputError(f"{at}: it expires before it is sent.")
        for area in info.areas:
            for ring in area.polygons:
                _check_ring(ring, at)


def _prefix_of(headline: str) -> str:
    return headline.split(" /", 1)[0].split(":", 1)[0]


def to_xml(message: CapMessage) -> tuple[bytes, int]:
    """The XML of a message, and how many forbidden characters were left out.

    Raises InputError for anything that could pass for a real alert, for polygons that
    are open, invalid or off the globe, and for a message that the OASIS schema refuses.
    """
    from lxml import etree

    _check(message)
    dropped = 0

    def put(parent: Any, tag: str, text: str | None) -> Any:
        nonlocal dropped
        element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
        if text is not None:
            element.text, n = _clean(text)
            dropped += n
        return element

    def named(parent: Any, tag: str, name: str, value: str) -> None:
        pair = put(parent, tag, None)
        put(pair, "valueName", name)
        put(pair, "value", value)

    m = message
    default: Any = {None: NAMESPACE}
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap=default)
    put(root, "identifier", m.identifier)
    put(root, "sender", m.sender)
    put(root, "sent", _iso(m.sent_s))
    put(root, "status", m.status)
    put(root, "msgType", m.msg_type)
    put(root, "source", m.source)
    put(root, "scope", "Restricted")
    put(root, "restriction", m.restriction)
    if m.note:
        put(root, "note", m.note)
    if m.references:
        put(
            root,
            "references",
            " ".join(f"{s},{i},{_iso(t)}" for s, i, t in m.references),
        )
    for i in m.infos:
        info = put(root, "info", None)
        put(info, "language", i.language)
        put(info, "category", "Safety")
        put(info, "event", i.event)
        put(info, "responseType", i.response)
        put(info, "urgency", i.urgency)
        put(info, "severity", i.severity)
        put(info, "certainty", i.certainty)
        put(info, "effective", _iso(m.sent_s))
        if np.isfinite(i.onset_s):
            put(info, "onset", _iso(i.onset_s))
        put(info, "expires", _iso(i.expires_s))
        put(info, "senderName", "Forefield exercise desk")
        put(info, "headline", i.headline)
        put(info, "description", i.description)
        put(info, "instruction", i.instruction)
        for name, value in i.parameters:
            named(info, "parameter", name, value)
        for area in i.areas:
            part = put(info, "area", None)
            put(part, "areaDesc", area.description)
            for ring in area.polygons:
                put(part, "polygon", " ".join(f"{la:.4f},{lo:.4f}" for la, lo in ring))
            for name, value in area.geocodes:
                named(part, "geocode", name, value)
    schema = _schema()
    if not schema.validate(root):
        said = " ".join(str(schema.error_log[0].message).split())
        raise InputError(f"CAP message {m.identifier!r}: {said}")
    text = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return text, dropped


def _text(parent: Any, tag: str) -> str:
    return str(parent.findtext(f"{{{NAMESPACE}}}{tag}") or "").strip()


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() if text else np.nan


def read_cap(source: str | Path | bytes) -> CapMessage:
    """A CAP 1.2 message from a file or bytes, checked against schema and rules.

    Raises InputError, one line, for a document type or entities, a file that is no CAP
    1.2, a status other than Exercise, Test or Draft, and polygons that are not closed,
    valid and latitude first.
    """
    from lxml import etree

    where = "CAP message" if isinstance(source, bytes) else str(source)
    if isinstance(source, bytes):
        data = source
    else:
        try:
            data = Path(source).read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"{where}: {reason}; check the path.") from None
    if len(data) > _MAX_BYTES:
        raise InputError(f"{where}: {len(data)} bytes is too much for an alert.")
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        said = " ".join(str(error.msg).split())  # lxml may say it in two lines
        raise InputError(f"{where}: no XML: {said}.") from None
    if root.getroottree().docinfo.doctype:
        raise InputError(f"{where}: has a document type; CAP has none. Remove it.")
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise InputError(f"{where}: is no CAP 1.2 alert; its root is {root.tag}.")
    schema = _schema()
    if not schema.validate(root):
        first = schema.error_log[0]
        said = " ".join(str(first.message).split())
        raise InputError(f"{where}: line {first.line}: {said}")
    references = []
    for triple in _text(root, "references").split():
        parts = triple.split(",")
        if len(parts) != 3:
            raise InputError(
                f"{where}: reference {triple!r} is not sender,identifier,sent."
            )
        references.append((parts[0], parts[1], _seconds(parts[2])))
    message = CapMessage(
        identifier=_text(root, "identifier"),
        sent_s=_seconds(_text(root, "sent")),
        status=check_status(_text(root, "status")),
        msg_type=_text(root, "msgType"),
        infos=tuple(_info(i, where) for i in root.iterfind(f"{{{NAMESPACE}}}info")),
        references=tuple(references),
        sender=_text(root, "sender"),
        source=_text(root, "source"),
        restriction=_text(root, "restriction"),
        note=_text(root, "note"),
    )
    _check(message)
    return message


def _info(e: Any, where: str) -> CapInfo:
    def pairs(parent: Any, tag: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (_text(p, "valueName"), _text(p, "value"))
            for p in parent.iterfind(f"{{{NAMESPACE}}}{tag}")
        )

    areas = []
    for a in e.iterfind(f"{{{NAMESPACE}}}area"):
        rings = []
        for p in a.iterfind(f"{{{NAMESPACE}}}polygon"):
            try:
                ring = tuple(
                    (float(la), float(lo))
                    for la, lo in (pair.split(",") for pair in (p.text or "").split())
                )
            except ValueError:
                raise InputError(
                    f"{where}: line {p.sourceline}: a polygon is not lat,lon lat,lon …"
                ) from None
            rings.append(ring)
        areas.append(CapArea(_text(a, "areaDesc"), tuple(rings), pairs(a, "geocode")))
    return CapInfo(
        language=_text(e, "language"),
        event=_text(e, "event"),
        response=_text(e, "responseType"),
        urgency=_text(e, "urgency"),
        severity=_text(e, "severity"),
        certainty=_text(e, "certainty"),
        onset_s=_seconds(_text(e, "onset")),
        expires_s=_seconds(_text(e, "expires")),
        headline=_text(e, "headline"),
        description=_text(e, "description"),
        instruction=_text(e, "instruction"),
        areas=tuple(areas),
        parameters=pairs(e, "parameter"),
    )


_EVENT = {
    "en": "danger from the air",
    "pl": "zagrożenie z powietrza",
    "uk": "загроза з повітря",
}


def _urgency(kind: str, wait_s: float) -> str:
    """CAP 1.2 §3.2.2: Immediate: act at once; Expected: within the next hour."""
    if kind == "Cancel":
        return "Past"
    if not np.isfinite(wait_s):
        return "Unknown"
    return "Immediate" if wait_s <= 600.0 else "Expected"


def _geocode(code: str) -> tuple[str, str]:
    if code.isdigit():
        return "TERYT", code
    made_up = code.endswith(("-SEA", "-REST")) or not _ISO_3166_2.fullmatch(code)
    return ("district" if made_up else "ISO 3166-2", code)


def from_alerts(
    alerts: Alerts, names: dict[str, str], shapes: dict[str, tuple[Ring, ...]]
) -> tuple[CapMessage, ...]:
    """CAP messages from an alert table, one for each alert_id, in its order.

    names   district code -> name; shapes: district code -> closed (lat, lon) rings;
            a district without a shape is told by its code alone
    """
    first: dict[str, int] = {}
    channels: dict[str, list[int]] = {}
    for row, name in enumerate(alerts.alert_id.tolist()):
        first.setdefault(name, row)
        channels.setdefault(name, []).append(row)
    out = []
    for identifier, k in first.items():
        code, kind = str(alerts.district[k]), str(alerts.msg_type[k])
        now_s, arrival_s = float(alerts.t_s[k]), float(alerts.t_arrival_p50_s[k])
        area = CapArea(names.get(code, code), shapes.get(code, ()), (_geocode(code),))
        leads = tuple(
            (f"lead_delivery_s_{alerts.channel[r]}", f"{alerts.lead_delivery_s[r]:.0f}")
            for r in channels[identifier]
            if np.isfinite(alerts.lead_delivery_s[r])
        )
        what_if_s = float(alerts.lead_cell_broadcast_s[k])
        if np.isfinite(what_if_s):
            leads += (("what_if_lead_delivery_s_cell_broadcast", f"{what_if_s:.0f}"),)
        expires_s = float(alerts.expires_s[k])
        infos = []
        for language in _LANGUAGES:
            text = str(getattr(alerts, f"text_{language}")[k])
            headline = str(getattr(alerts, f"headline_{language}")[k])
            mark = headline.split(":", 1)[0]
            cut = text.find(". ") + 1
            infos.append(
                CapInfo(
                    language=language,
                    event=f"{mark}: {_EVENT[language]}",
                    response="AllClear" if kind == "Cancel" else "Shelter",
                    urgency=_urgency(kind, arrival_s - now_s),
                    severity=str(alerts.severity[k]),
                    certainty=str(alerts.certainty[k]),
                    onset_s=max(arrival_s, now_s) if np.isfinite(arrival_s) else np.nan,
                    expires_s=expires_s if np.isfinite(expires_s) else now_s + 1800.0,
                    headline=headline,
                    description=text[:cut].strip(),
                    instruction=f"{mark}: {text[cut:].strip()}",
                    areas=(area,),
                    parameters=leads,
                )
            )
        references = tuple(
            (SENDER, r, float(alerts.t_s[first[r]]))
            for r in str(alerts.references[k]).split()
            if r in first
        )
        out.append(
            CapMessage(
                identifier=identifier,
                sent_s=now_s,
                status=str(alerts.status[k]),
                msg_type=kind,
                infos=tuple(infos),
                references=references,
                note="Simulated or replayed data. Not a real warning.",
            )
        )
    return tuple(out)


def write_alerts(
    night: Night, folder: str | Path, districts: Districts | None = None
) -> int:
    """Write one CAP file per message of a night; returns forbidden characters left out.

    folder     made if absent; files are called by the message's identifier
    districts  whose shapes go in; default: the shipped ones of the night's guards
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    wanted = set(night.alerts.district.tolist())
    names, shapes = dict(night.district_names), {}
    if wanted:
        tables = [districts] if districts is not None else _shipped(night.guards)
        for table in tables:
            codes = [str(c) for c in table.codes]
            for n, code in enumerate(codes):
                if code in wanted and code not in shapes:
                    shapes[code] = rings_of(table.shapes[n])
                    names.setdefault(code, str(table.names[n]))
    dropped = 0
    for message in from_alerts(night.alerts, names, shapes):
        text, n = to_xml(message)
        dropped += n
        (place / f"{message.identifier}.xml").write_bytes(text)
    return dropped


def _shipped(guards: tuple[str, ...]) -> list[Districts]:
    from forefield.world.districts import districts

    return [districts(iso) for iso in guards]

"""The texts of an alert: two plain sentences each, in three languages.

Every text and headline begins with the word that it is no real warning. Times are
given local and UTC. Names of districts stand in quotes, undeclined, so that no
language bends them wrongly.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

__all__ = ["LANGUAGES", "compose", "local_prefix"]

LANGUAGES = ("en", "pl", "uk")

_MARK = {
    "EXERCISE": {
        "en": "EXERCISE", "pl": "EXERCISE / ĆWICZENIE", "uk": "EXERCISE / НАВЧАННЯ",
    },
    "TEST": {"en": "TEST", "pl": "TEST / TEST", "uk": "TEST / ТЕСТ"},
}  # fmt: skip
_REPLAY = {"en": "{0}", "pl": "{0} / ODTWORZENIE", "uk": "{0} / ВІДТВОРЕННЯ"}

_HEAD = {
    "Alert": {
        "en": "{mark}: danger from the air, {name}",
        "pl": "{mark}: zagrożenie z powietrza, {name}",
        "uk": "{mark}: загроза з повітря, {name}",
    },
    "Update": {
        "en": "{mark}: update, danger from the air, {name}",
        "pl": "{mark}: aktualizacja, zagrożenie z powietrza, {name}",
        "uk": "{mark}: оновлення, загроза з повітря, {name}",
    },
    "Cancel": {
        "en": "{mark}: cancelled, danger from the air, {name}",
        "pl": "{mark}: odwołanie, zagrożenie z powietrza, {name}",
        "uk": "{mark}: скасовано, загроза з повітря, {name}",
    },
}
_COMING = {
    "en": (
        "{mark}, not a real warning: an object in the air may reach “{name}” at about "
        "{local} local time ({utc} UTC). Stay indoors, away from windows, and wait for "
        "the next message."
    ),
    "pl": (
        "{mark}, to nie jest prawdziwe ostrzeżenie: obiekt w powietrzu może dotrzeć "
        "nad obszar „{name}” około godziny {local} czasu lokalnego ({utc} UTC). "
        "Pozostań w budynku, z dala od okien, i czekaj na następny komunikat."
    ),
    "uk": (
        "{mark}, це не справжнє попередження: повітряний об’єкт може досягти території "
        "«{name}» близько {local} за місцевим часом ({utc} UTC). Залишайтеся в "
        "приміщенні, подалі від вікон, і чекайте на наступне повідомлення."
    ),
}
_OVER = {
    "en": (
        "{mark}, not a real warning: the alert for “{name}” was cancelled at {local} "
        "local time ({utc} UTC). Do not touch anything that fell from the sky; report "
        "it."
    ),
    "pl": (
        "{mark}, to nie jest prawdziwe ostrzeżenie: alert dla obszaru „{name}” "
        "odwołano o godzinie {local} czasu lokalnego ({utc} UTC). Nie dotykaj niczego, "
        "co spadło z nieba; zgłoś to."
    ),
    "uk": (
        "{mark}, це не справжнє попередження: тривогу для території «{name}» "
        "скасовано о {local} за місцевим часом ({utc} UTC). Не торкайтеся нічого, що "
        "впало з неба; повідомте про це."
    ),
}


def local_prefix(prefix: str, language: str) -> str:
    """The prefix with its translation beside it; the English word always first.

    >>> local_prefix("EXERCISE", "pl")
    'EXERCISE / ĆWICZENIE'
    >>> local_prefix("REPLAY OF 2024-03-24", "uk")
    'REPLAY OF 2024-03-24 / ВІДТВОРЕННЯ'
    """
    known = _MARK.get(prefix)
    return known[language] if known else _REPLAY[language].format(prefix)


def compose(
    kind: str,
    name: str,
    prefix: str,
    arrival_s: float,
    now_s: float,
    zone: tzinfo,
) -> dict[str, str]:
    """Columns headline_* and text_* of one message.

    kind  Alert, Update or Cancel; the time told is the arrival's, or now for a Cancel
    """
    over = kind == "Cancel"
    at = datetime.fromtimestamp(now_s if over else max(arrival_s, now_s), UTC)
    local = at.astimezone(zone).strftime("%H:%M")
    utc = at.strftime("%H:%M")
    out = {}
    for language in LANGUAGES:
        mark = local_prefix(prefix, language)
        sentences = (_OVER if over else _COMING)[language]
        out[f"headline_{language}"] = _HEAD[kind][language].format(mark=mark, name=name)
        out[f"text_{language}"] = sentences.format(
            mark=mark, name=name, local=local, utc=utc
        )
    return out

"""The texts of an alert: two plain sentences each, in three languages.

One text is for the people (`compose`), one for the duty officer who decides (`duty`).

Every text and headline begins with the word that it is no real warning. Times are
given local and UTC. Names of districts stand in quotes, undeclined, so that no
language bends them wrongly.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo

__all__ = ["LANGUAGES", "compose", "duty", "local_prefix"]

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


_DUTY = {
    "en": (
        "{mark}: “{name}” may be flown over at about {local} local time ({utc} UTC), "
        "chance {p} % within {m} minutes. To be in time, decide: siren {siren}, text "
        "messages {sms}, at the middle of the assumed delays."
    ),
    "pl": (
        "{mark}: nad obszar „{name}” około godziny {local} czasu lokalnego ({utc} UTC) "
        "może nadlecieć obiekt, prawdopodobieństwo {p} % w ciągu {m} minut. Decyzja na "
        "czas: syrena {siren}, SMS {sms}, przy środkowych założonych opóźnieniach."
    ),
    "uk": (
        "{mark}: над територією «{name}» близько {local} за місцевим часом ({utc} UTC) "
        "може пролетіти об’єкт, імовірність {p} % протягом {m} хвилин. Рішення вчасно: "
        "сирена {siren}, СМС {sms}, за середніх припущених затримок."
    ),
}
_DUTY_OVER = {
    "en": (
        "{mark}: the alert for “{name}” may be withdrawn, the chance fell below {p} %. "
        "Withdraw it unless you know more than this program."
    ),
    "pl": (
        "{mark}: alert dla obszaru „{name}” można odwołać, prawdopodobieństwo spadło "
        "poniżej {p} %. Odwołaj go, jeśli nie wiesz więcej niż ten program."
    ),
    "uk": (
        "{mark}: тривогу для території «{name}» можна скасувати, імовірність упала "
        "нижче {p} %. Скасуйте її, якщо не знаєте більше за цю програму."
    ),
}
_BY = {
    "en": ("by {t}", "too late already"),
    "pl": ("do {t}", "już za późno"),
    "uk": ("до {t}", "вже запізно"),
}


def duty(
    kind: str,
    name: str,
    prefix: str,
    p: float,
    within_s: float,
    arrival_s: float,
    now_s: float,
    decide_by_s: tuple[float, float],
    zone: tzinfo,
) -> dict[str, str]:
    """Columns duty_*: what to decide, by when, for siren and text messages.

    p, within_s  the chance and its horizon; of a Cancel, the chance it fell below
    decide_by_s  last moments at which siren and text messages still come before it
    """
    over = kind == "Cancel"
    at = datetime.fromtimestamp(now_s if over else max(arrival_s, now_s), UTC)
    out = {}
    for language in LANGUAGES:
        by, late = _BY[language]
        siren, sms = (
            by.format(
                t=datetime.fromtimestamp(t, UTC).astimezone(zone).strftime("%H:%M:%S")
            )
            if t > now_s
            else late
            for t in decide_by_s
        )
        out[f"duty_{language}"] = (_DUTY_OVER if over else _DUTY)[language].format(
            mark=local_prefix(prefix, language), name=name, p=math.ceil(100.0 * p),
            local=at.astimezone(zone).strftime("%H:%M"), utc=at.strftime("%H:%M"),
            m=max(1, round(within_s / 60.0)), siren=siren, sms=sms,
        )  # fmt: skip
    return out


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

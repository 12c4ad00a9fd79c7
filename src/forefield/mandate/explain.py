"""A verdict and a mandate in words: English, Polish or Ukrainian, or plain JSON.

Nothing is decided here. Every clause is told with its source, every fact with its
age, every number that nobody published with the word ASSUMPTION.
"""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from forefield.errors import InputError, nearest
from forefield.mandate.conditions import in_words
from forefield.mandate.judge import Finding, Verdict, sentence
from forefield.mandate.people import steps
from forefield.mandate.rules import LANGUAGES, Ground, Mandate, load, shipped

__all__ = [
    "CODE_WORDS",
    "describe",
    "describe_as_data",
    "differences",
    "explain",
    "explain_as_data",
    "overview",
]

#: What each code means, for people.
CODE_WORDS: dict[str, dict[str, str]] = {
    "OUT_OF_SCOPE": {
        "en": "outside what the mandate covers",
        "pl": "poza zakresem mandatu",
        "uk": "поза межами мандата",
    },
    "NATIONAL_LAW": {
        "en": "national law decides, not this mandate",
        "pl": "rozstrzyga prawo krajowe, nie ten mandat",
        "uk": "вирішує національне право, а не цей мандат",
    },
    "REFUSE_PROTECTED": {
        "en": "refused: the object is protected, or that is not excluded",
        "pl": "odmowa: obiekt jest chroniony albo tego nie wykluczono",
        "uk": "відмова: об’єкт є захищеним або цього не виключено",
    },
    "NO_HOST_CONSENT": {
        "en": "no consent of Ukraine",
        "pl": "brak zgody Ukrainy",
        "uk": "немає згоди України",
    },
    "NO_DOMESTIC_BASIS": {
        "en": "no basis in the law of the acting state",
        "pl": "brak podstawy w prawie państwa działającego",
        "uk": "немає підстави в праві держави, що діє",
    },
    "NO_AGREED_PROCEDURE": {
        "en": "no agreed procedure",
        "pl": "brak uzgodnionej procedury",
        "uk": "немає узгодженої процедури",
    },
    "HOLD_EVIDENCE": {
        "en": "hold: the evidence does not suffice",
        "pl": "wstrzymać: dane nie wystarczają",
        "uk": "утриматися: даних недостатньо",
    },
    "HOLD_DEBRIS": {
        "en": "hold: harm on the ground",
        "pl": "wstrzymać: szkody na ziemi",
        "uk": "утриматися: шкода на землі",
    },
    "NOT_FEASIBLE": {
        "en": "not feasible",
        "pl": "niewykonalne",
        "uk": "нездійсненно",
    },
    "AWAITING_ANSWER": {
        "en": "somebody has yet to answer",
        "pl": "oczekiwanie na odpowiedź",
        "uk": "очікується відповідь",
    },
    "REFUSED_BY_HOLDER": {
        "en": "refused by one of those asked",
        "pl": "odmowa jednej z zapytanych osób",
        "uk": "відмова когось із запитаних",
    },
    "LAPSED": {
        "en": "the time to decide has passed",
        "pl": "czas na decyzję minął",
        "uk": "час на рішення минув",
    },
    "NO_BAR_FOUND_FOR_HUMAN_DECISION": {
        "en": "the mandate knows no bar; a human decides; legality is not asserted",
        "pl": "mandat nie zna przeszkody; decyduje człowiek; nie stwierdza legalności",
        "uk": "мандат не знає перешкоди; вирішує людина; законності не стверджує",
    },
}

_SAID = {
    "en": {
        "mandate": "Mandate",
        "at": "Judged for",
        "day": "law of",
        "option": "Option",
        "verdict": "Verdict",
        "grounds": "Grounds that bar, the deciding one first",
        "true": "established",
        "unknown": "not excluded, so it bars",
        "false": "does not bar",
        "clause": "Clause",
        "source": "Source",
        "looked": "Looked at",
        "owner": "Who answers for it",
        "rest": "Evaluated, and not barring",
        "missing": "Not known",
        "change": "All of this would have to be so for the mandate to know no bar",
        "no_change": "No change of facts alone would do: the option would have to be "
        "another",
        "settled": "The mandate settles otherwise than the facts file",
        "assumed": "Assumed in this case",
        "parameters": "Parameters without a source (ASSUMPTION), not law",
        "questions": "Open questions, decided by nobody here",
        "people": "Who would be asked",
        "question": "Question",
        "delay": "Delay",
        "decide_by": "Decide by",
        "expires": "Holds for this track at this time only; the first fact ages out at",
        "expires_unknown": "Holds for this track at this time only",
        "advice": "Advice to named people about what documents say. It permits nothing "
        "and orders nothing.",
        "none": "none",
        "facts": "Facts",
        "in_force": "in force",
        "standing": "Settled by documents",
        "bars": "Bars unless certainly false",
        "sources": "Rests on",
        "refuse": "may refuse",
        "by_mandate": "settled by the mandate",
        "limits": "limits",
        "text": "Text (SHA-256)",
        "all_times": "at all times",
        "standing_stage": "Before any track, somebody would have to settle",
        "no_deadline": "No deadline on this scale: days to months",
        "by": "answer by",
        "unasked": "Stated and not asked for by this mandate",
    },
    "pl": {
        "mandate": "Mandat",
        "at": "Ocena na chwilę",
        "day": "stan prawny z",
        "option": "Wariant",
        "verdict": "Werdykt",
        "grounds": "Przeszkody, rozstrzygająca na początku",
        "true": "ustalono",
        "unknown": "nie wykluczono, więc stanowi przeszkodę",
        "false": "nie stanowi przeszkody",
        "clause": "Podstawa",
        "source": "Źródło",
        "looked": "Uwzględniono",
        "owner": "Kto za to odpowiada",
        "rest": "Zbadano i nie stanowi przeszkody",
        "missing": "Nie wiadomo",
        "change": "Wszystko to musiałoby zachodzić, by mandat nie znał przeszkody",
        "no_change": "Sama zmiana faktów nie wystarczy: wariant musiałby być inny",
        "settled": "Mandat ustala inaczej niż plik z faktami",
        "assumed": "Założono w tym przypadku",
        "parameters": "Parametry bez źródła (ASSUMPTION = założenie), nie prawo",
        "questions": "Pytania otwarte, których nikt tu nie rozstrzyga",
        "people": "Kogo należałoby zapytać",
        "question": "Pytanie",
        "delay": "Czas odpowiedzi",
        "decide_by": "Decyzja najpóźniej",
        "expires": "Dotyczy tylko tego śladu i tej chwili; pierwszy fakt wygasa",
        "expires_unknown": "Dotyczy tylko tego śladu i tej chwili",
        "advice": "Informacja dla wskazanych osób o tym, co mówią dokumenty. Na nic "
        "nie zezwala i niczego nie nakazuje.",
        "none": "brak",
        "facts": "Fakty",
        "in_force": "obowiązuje",
        "standing": "Ustalone przez dokumenty",
        "bars": "Stanowi przeszkodę, o ile na pewno nie jest fałszem",
        "sources": "Opiera się na",
        "refuse": "może odmówić",
        "by_mandate": "ustala mandat",
        "limits": "progi",
        "text": "Tekst (SHA-256)",
        "all_times": "zawsze",
        "standing_stage": "Zanim pojawi się jakikolwiek ślad, należałoby ustalić",
        "no_deadline": "Bez terminu w tej skali: dni do miesięcy",
        "by": "odpowiedź do",
        "unasked": "Podano, a ten mandat o to nie pyta",
    },
    "uk": {
        "mandate": "Мандат",
        "at": "Оцінка на момент",
        "day": "право станом на",
        "option": "Варіант",
        "verdict": "Висновок",
        "grounds": "Перешкоди, вирішальна перша",
        "true": "встановлено",
        "unknown": "не виключено, тому є перешкодою",
        "false": "не є перешкодою",
        "clause": "Положення",
        "source": "Джерело",
        "looked": "Враховано",
        "owner": "Хто за це відповідає",
        "rest": "Перевірено, не є перешкодою",
        "missing": "Невідомо",
        "change": "Усе це мало б бути так, щоб мандат не знав перешкоди",
        "no_change": "Самої зміни фактів не досить: варіант мав би бути іншим",
        "settled": "Мандат визначає інакше, ніж файл фактів",
        "assumed": "Припущено в цьому випадку",
        "parameters": "Параметри без джерела (ASSUMPTION = припущення), не право",
        "questions": "Відкриті питання, яких тут ніхто не вирішує",
        "people": "Кого слід було б запитати",
        "question": "Питання",
        "delay": "Час відповіді",
        "decide_by": "Рішення не пізніше",
        "expires": "Чинний лише для цієї цілі й цього моменту; перший факт застаріває",
        "expires_unknown": "Чинний лише для цієї цілі й цього моменту",
        "advice": "Порада названим особам про те, що кажуть документи. Нічого не "
        "дозволяє й нічого не наказує.",
        "none": "немає",
        "facts": "Факти",
        "in_force": "чинне",
        "standing": "Визначено документами",
        "bars": "Є перешкодою, якщо не є напевно хибним",
        "sources": "Спирається на",
        "refuse": "може відмовити",
        "by_mandate": "визначає мандат",
        "limits": "пороги",
        "text": "Текст (SHA-256)",
        "all_times": "завжди",
        "standing_stage": "До появи будь-якої цілі хтось мав би вирішити",
        "no_deadline": "Без строку в цьому масштабі: від днів до місяців",
        "by": "відповідь до",
        "unasked": "Подано, а цей мандат про це не питає",
    },
}


def words(lang: str) -> dict[str, str]:
    """The labels of a language; `InputError` for one we have not."""
    if lang not in LANGUAGES:
        close = nearest(lang, LANGUAGES)
        hint = f"did you mean {close!r}?" if close else ""
        raise InputError(f"no language {lang!r}; use {', '.join(LANGUAGES)}. {hint}")
    return _SAID[lang]


# -- a verdict ----------------------------------------------------------------------


def explain(verdict: Verdict, lang: str = "en") -> list[str]:
    """A verdict clause by clause, as lines of text of at most 88 columns."""
    say = words(lang)
    m = verdict.mandate
    out = [
        f"{say['mandate']} {m.id}: {m.title[lang]}",
        f"{say['at']} {_time(verdict.facts.at_s)} ({_local(verdict)} {m.timezone}), "
        f"{say['day']} {verdict.day}",
        f"{say['option']}: {_option(verdict)}",
        "",
        *_wrapped(
            f"{say['verdict']}: {verdict.code} ({CODE_WORDS[verdict.code][lang]})"
        ),
        *_wrapped(say["advice"]),
        "",
    ]
    if verdict.grounds:
        out.append(f"{say['grounds']}:")
    for i, found in enumerate(verdict.grounds, start=1):
        out += _finding(verdict, found, i, lang)
    rest = [f for f in verdict.trace if not f.bars]
    if rest:
        out += ["", f"{say['rest']}:"]
        for found in rest:
            g = found.ground
            looked = "; ".join(_fact(verdict, name, lang) for name in g.facts())
            out += _wrapped(f"- {g.code}, {g.id}: {looked}", 2)
    if verdict.missing:
        out += ["", f"{say['missing']}:"]
        for gap in verdict.missing:
            meaning = m.facts[gap.fact].meaning
            out += _wrapped(f"- {gap.fact} ({meaning}): {gap.why}", 2)
    if verdict.grounds:
        out.append("")
        if verdict.change:
            fixed = m.standing_on(verdict.day)
            out.append(f"{say['change']}:")
            for name, wanted in verdict.change:
                note = f" [{say['by_mandate']}]" if name in fixed else ""
                out += _wrapped(f"- {name}: {wanted}{note}", 2)
        else:
            out += _wrapped(say["no_change"] + ".")
    if verdict.settled:
        out += ["", f"{say['settled']}:"]
        for name, standing in verdict.settled:
            out += _wrapped(
                f"- {name} = {_value(standing.value)}: {standing.source}", 2
            )
    if verdict.assumed:
        out += ["", *_wrapped(f"{say['assumed']}: {', '.join(verdict.assumed)}")]
    if verdict.facts.unasked:
        out += ["", *_wrapped(f"{say['unasked']}: {', '.join(verdict.facts.unasked)}")]
    must = steps(verdict)
    before = [step for step in must if step.stage == "standing"]
    if before:
        out += ["", *_wrapped(f"{say['standing_stage']} ({say['no_deadline']}):")]
        for step in before:
            out += _wrapped(f"- {step.who[lang]}: {step.what[lang]}", 2)
    out += ["", f"{say['people']}:"]
    asked = (step for step in must if step.stage == "object")
    for i, step in enumerate(asked, start=1):
        by = "" if step.by_s is None else f"; {say['by']} {_time(step.by_s)}"
        out += _wrapped(f"{i}. {step.who[lang]}: {step.state}{by}", 3, first=2)
    out += ["", f"{say['parameters']}:"]
    for rule in m.assumed_parameters():
        out += _wrapped(f"- {rule.name}: {rule.limits_in_words()}. {rule.basis}", 2)
    out += ["", f"{say['questions']}:"]
    for question in m.questions:
        out += _wrapped(f"- {question.text[lang]}", 2)
    out.append("")
    if verdict.decide_by_s is not None:
        out.append(f"{say['decide_by']}: {_time(verdict.decide_by_s)}")
    if verdict.expires_s is not None:
        out += _wrapped(f"{say['expires']}: {_time(verdict.expires_s)}")
    else:
        out.append(f"{say['expires_unknown']}.")
    return out


def _finding(verdict: Verdict, found: Finding, i: int, lang: str) -> list[str]:
    say, g = words(lang), found.ground
    looked = "; ".join(_fact(verdict, name, lang) for name in g.facts())
    return [
        *_wrapped(f"{i}. {g.code}: {g.text[lang]} [{say[found.value]}]", 3, first=0),
        *_wrapped(f"{say['clause']}: {g.clause}", 3),
        *_wrapped(f"{say['source']}: {g.source}", 3),
        *_wrapped(f"{say['looked']}: {looked}", 3),
        *_wrapped(f"{say['owner']}: {g.owner}", 3),
    ]


def _option(verdict: Verdict) -> str:
    given = verdict.facts.given
    parts = []
    for name in ("action", "over", "owner", "fires_from", "guard"):
        if name in verdict.mandate.facts:
            one = given.get(name)
            parts.append(f"{name} {_value(one.value if one else None)}")
    return ", ".join(parts)


def _fact(verdict: Verdict, name: str, lang: str) -> str:
    """A fact as it was read: value, age, source, limits."""
    say, rule = words(lang), verdict.mandate.facts[name]
    fixed = verdict.mandate.standing_on(verdict.day).get(name)
    if fixed is not None:
        return f"{name} = {_value(fixed.value)} ({say['by_mandate']}: {fixed.source})"
    given = verdict.facts.given.get(name)
    value = None if given is None else given.value
    notes = []
    if given is not None:
        if given.assumed:
            notes.append("ASSUMPTION")
        if given.source:
            notes.append(given.source)
        if given.as_of_s is not None:
            notes.append(f"{verdict.facts.at_s - given.as_of_s:g} s")
    if rule.limits_in_words():
        notes.append(f"{say['limits']}: {rule.limits_in_words()}")
    told = f" ({'; '.join(notes)})" if notes else ""
    return f"{name} = {_value(value)}{told}"


def explain_as_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain JSON data, sentences in all languages."""
    m = verdict.mandate
    return {
        "mandate": m.id,
        "mandate_sha256": m.sha256,
        "at": _time(verdict.facts.at_s),
        "day": str(verdict.day),
        "option_id": verdict.facts.option_id,
        "track_id": verdict.facts.track_id if verdict.facts.track_id >= 0 else None,
        "verdict": verdict.code,
        "means": CODE_WORDS[verdict.code],
        "grounds": [_finding_data(f) for f in verdict.grounds],
        "trace": [_finding_data(f) for f in verdict.trace],
        "facts": {
            name: {
                "value": g.value,
                "as_of": None if g.as_of_s is None else _time(g.as_of_s),
                "source": g.source,
                "assumed": g.assumed,
            }
            for name, g in verdict.facts.given.items()
        },
        "missing": [{"fact": g.fact, "why": g.why} for g in verdict.missing],
        "change": [{"fact": name, "to": to} for name, to in verdict.change],
        "settled": [
            {"fact": name, "value": s.value, "source": s.source}
            for name, s in verdict.settled
        ],
        "assumed": list(verdict.assumed),
        "parameters": [
            {"fact": r.name, "limits": r.limits_in_words(), "basis": r.basis}
            for r in m.assumed_parameters()
        ],
        "questions": [
            {"id": q.id, "text": q.text, "source": q.source} for q in m.questions
        ],
        "unasked": list(verdict.facts.unasked),
        "who_must_act": [
            {
                "stage": s.stage,
                "who": s.who,
                "what": s.what,
                "state": s.state,
                "by": _time(s.by_s),
            }
            for s in steps(verdict)
        ],
        "decide_by": _time(verdict.decide_by_s),
        "expires": _time(verdict.expires_s),
        "advice": _SAID["en"]["advice"],
    }


def _finding_data(found: Finding) -> dict[str, Any]:
    g = found.ground
    return {
        "code": g.code,
        "id": g.id,
        "clause": g.clause,
        "source": g.source,
        "value": found.value,
        "sentence": sentence(g, found.value) if found.bars else g.text["en"],
        "text": g.text,
        "facts": list(g.facts()),
        "when": in_words(g.when),
        "in_force": str(g.in_force),
        "owner": g.owner,
    }


# -- a mandate ----------------------------------------------------------------------


def overview() -> list[dict[str, Any]]:
    """The shipped mandates, a row each."""
    rows = []
    for name in shipped():
        m = load(name)
        rows.append(
            {
                "id": m.id,
                "title": m.title["en"],
                "in_force": str(m.in_force),
                "grounds": len({g.id for g in m.grounds}),
                "facts": len(m.facts),
                "holders": len(m.holders),
                "assumed": len(m.assumed_parameters()),
                "sha256": m.sha256[:16],
            }
        )
    return rows


def describe(mandate: Mandate, lang: str = "en") -> list[str]:
    """A whole mandate for people: grounds, facts, what is settled, who is asked."""
    say = words(lang)
    out = [
        f"{say['mandate']} {mandate.id}: {mandate.title[lang]}",
        *_wrapped(mandate.summary[lang]),
        f"{say['in_force']}: {mandate.in_force} ({mandate.timezone})",
        f"{say['text']}: {mandate.sha256}",
        "",
        f"{say['bars']}:",
    ]
    for g in sorted(mandate.grounds, key=lambda g: (g.order, str(g.in_force.start))):
        out += _ground(g, lang)
    out += ["", f"{say['standing']}:"]
    for s in mandate.standing:
        line = f"- {s.fact} = {_value(s.value)} ({say['in_force']} {s.in_force}): "
        out += _wrapped(line + s.source, 2)
    for p in mandate.parameters:
        span = f"{p.low / 1000:g}-{p.high / 1000:g}"
        line = f"[parameter] {p.name} = {p.value / 1000:g} {p.unit} ({span}). {p.basis}"
        out += ["", *_wrapped(line, 2)]
    out += ["", f"{say['facts']}:"]
    for rule in mandate.facts.values():
        unit = f" [{rule.unit}]" if rule.unit else ""
        limits = rule.limits_in_words()
        told = f"; {limits}. {rule.basis}" if limits else ""
        out += _wrapped(f"- {rule.name}{unit}: {rule.meaning}{told}", 2)
    out += ["", f"{say['people']}:"]
    for i, h in enumerate(mandate.holders, start=1):
        may = f" ({say['refuse']})" if h.may_refuse else ""
        out += _wrapped(f"{i}. {h.organ[lang]}{may}", 3, first=0)
        out += _wrapped(f"{say['question']}: {h.question[lang]}", 3)
        delay = f"{h.delay_p50_s:g} s (50 %), {h.delay_p95_s:g} s (95 %). "
        out += _wrapped(f"{say['delay']}: {delay}{h.delay_basis}", 3)
        out += _wrapped(f"{say['source']}: {h.source}", 3)
    out += ["", f"{say['questions']}:"]
    for question in mandate.questions:
        out += _wrapped(f"- {question.text[lang]} ({question.source})", 2)
    out += ["", f"{say['sources']}:"]
    for source in mandate.sources:
        out += _wrapped(f"- {source}", 2)
    return out


def _ground(g: Ground, lang: str) -> list[str]:
    say = words(lang)
    span = say["all_times"]
    if g.in_force.start or g.in_force.until:
        span = str(g.in_force)
    return [
        *_wrapped(f"{g.order} {g.code} ({g.id}, {say['in_force']} {span})", 3, first=0),
        *_wrapped(g.text[lang], 3),
        *_wrapped(f"= {in_words(g.when)}", 3),
        *_wrapped(f"{say['clause']}: {g.clause}", 3),
        *_wrapped(f"{say['source']}: {g.source}", 3),
        *_wrapped(f"{say['owner']}: {g.owner}", 3),
    ]


def describe_as_data(mandate: Mandate) -> dict[str, Any]:
    """A whole mandate as plain JSON data."""
    return {
        "id": mandate.id,
        "title": mandate.title,
        "summary": mandate.summary,
        "status": mandate.status,
        "sources": list(mandate.sources),
        "in_force": str(mandate.in_force),
        "timezone": mandate.timezone,
        "sha256": mandate.sha256,
        "parameters": [
            {
                "name": p.name,
                "value": p.value / 1000,
                "low": p.low / 1000,
                "high": p.high / 1000,
                "unit": p.unit,
                "basis": p.basis,
            }
            for p in mandate.parameters
        ],
        "facts": [
            {
                "name": r.name,
                "type": r.type,
                "unit": r.unit,
                "about": r.about,
                "meaning": r.meaning,
                "values": list(r.values),
                "true_above": _thousandth(r.true_above),
                "false_below": _thousandth(r.false_below),
                "max_age_s": _thousandth(r.max_age_ms),
                "basis": r.basis,
            }
            for r in mandate.facts.values()
        ],
        "standing": [
            {
                "fact": s.fact,
                "value": "unknown" if s.value is None else s.value,
                "in_force": str(s.in_force),
                "source": s.source,
            }
            for s in mandate.standing
        ],
        "grounds": [
            {
                "id": g.id,
                "code": g.code,
                "order": g.order,
                "when": in_words(g.when),
                "clause": g.clause,
                "source": g.source,
                "basis": g.basis,
                "in_force": str(g.in_force),
                "text": g.text,
                "owner": g.owner,
            }
            for g in mandate.grounds
        ],
        "holders": [
            {
                "id": h.id,
                "organ": h.organ,
                "question": h.question,
                "may_refuse": h.may_refuse,
                "delay": {
                    "p50_s": h.delay_p50_s,
                    "p95_s": h.delay_p95_s,
                    "no_answer": h.no_answer,
                    "basis": h.delay_basis,
                },
                "source": h.source,
            }
            for h in mandate.holders
        ],
        "questions": [
            {"id": q.id, "text": q.text, "source": q.source} for q in mandate.questions
        ],
    }


def differences(one: Mandate, other: Mandate) -> list[dict[str, str]]:
    """What differs between two mandates: part, name, what the one and the other say.

    Parts are grounds and settled facts by their days, facts, holders, parameters and
    questions; "" is said of what a mandate has not.
    """
    parts = []
    for m in (one, other):
        part = {
            ("ground", f"{g.id} ({g.in_force})"): f"{g.order} {g.code}: "
            f"{in_words(g.when)}. {g.text['en']} [{g.clause} | {g.source} | {g.owner}]"
            for g in m.grounds
        }
        part |= {
            ("settled", f"{s.fact} ({s.in_force})"): f"{_value(s.value)}: {s.source}"
            for s in m.standing
        }
        part |= {
            ("fact", r.name): " ".join(
                filter(None, [r.type, r.unit, r.limits_in_words(), r.meaning])
            )
            for r in m.facts.values()
        }
        part |= {
            ("holder", h.id): f"{h.organ['en']} ({h.delay_p50_s:g} s, "
            f"{h.delay_p95_s:g} s, no answer {h.no_answer:g}): {h.question['en']}"
            for h in m.holders
        }
        part |= {
            ("parameter", p.name): f"{p.value / 1000:g} {p.unit}" for p in m.parameters
        }
        part |= {("question", q.id): q.text["en"] for q in m.questions}
        parts.append(part)
    names = list(dict.fromkeys([*parts[0], *parts[1]]))
    return [
        {"part": key[0], "name": key[1], "one": x, "other": y}
        for key in names
        if (x := parts[0].get(key, "")) != (y := parts[1].get(key, ""))
    ]


# -- small words --------------------------------------------------------------------


def _thousandth(value: int | None) -> float | None:
    return None if value is None else value / 1000


def _value(value: bool | float | str | None) -> str:
    if value is None or value == "":
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4g}" if isinstance(value, float | int) else str(value)


def _time(t_s: Any) -> Any:
    if t_s is None:
        return None
    moment = datetime.fromtimestamp(round(float(t_s), 3), UTC)
    kind = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=kind).replace("+00:00", "Z")


def _local(verdict: Verdict) -> str:
    moment = datetime.fromtimestamp(verdict.facts.at_s, UTC)
    zone = ZoneInfo(verdict.mandate.timezone)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _wrapped(text: str, indent: int = 0, first: int | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        width=88,
        initial_indent=" " * (indent if first is None else first),
        subsequent_indent=" " * (indent + (2 if first is None and indent else 0)),
        break_long_words=False,
        break_on_hyphens=False,
    )

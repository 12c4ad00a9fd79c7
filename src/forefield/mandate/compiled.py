"""A mandate on one day as a program: the same answers, fast.

`Compiled.judge` answers one case with its whole trace, `Compiled.judge_rows` the rows
of a table of facts, `Compiled.judge_planes` very many at once, 64 in a machine word.
All run one program, made from the rules; its kernels are compiled once for all
mandates and kept on the disk. The slow evaluator is `judge`; tests and
bench/verdicts.py hold them equal on generated cases.

Words
    plane   one bit a row: bit i of word w is row 64 w + i
    truth   of a comparison as two planes, certainly true and certainly false;
            UNKNOWN has neither bit
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats, Ints, Texts
from forefield.errors import InputError
from forefield.mandate.conditions import All, AnyOf, Atom, Condition, Not, atoms
from forefield.mandate.facts import Facts, FactTable
from forefield.mandate.judge import NO_BAR, in_text, sentence, stated
from forefield.mandate.rules import FactRule, Ground, Mandate, thousandths
from forefield.mandate.verdict_table import CODES

__all__ = ["Compiled", "Trace", "on"]

Words = NDArray[np.uint64]

#: What stands in a row for "not given" and "not dated".
ABSENT = np.iinfo(np.int64).min
_OPS = ("holds", "same_as", "is", "in", "above", "below", "at_least", "at_most")
_HOLDS, _SAME, _IS, _IN, _ABOVE, _BELOW, _AT_LEAST, _AT_MOST = range(8)
_FACT, _ATOM, _MASK = 3, 5, 6  # numbers per fact, comparison, ground in the program
_MOST = 62  # grounds, and comparisons: a bit each


@dataclass(frozen=True)
class Trace:
    """What a table says, every ground of it; prebuilt, and shared by equal answers.

    code     one of `verdict_table.CODES`
    barring  (ground, "true" or "unknown", sentence), the deciding one first
    trace    (ground, "true", "unknown" or "false") of every ground in force, in order
    """

    code: str
    barring: tuple[tuple[Ground, str, str], ...]
    trace: tuple[tuple[Ground, str], ...]


def on(mandate: Mandate, day: date) -> Compiled | None:
    """The mandate's program of a day, made once; None where it is too long for one.

    Raises `InputError` for a day the mandate says nothing about.
    """
    if day not in mandate.programs:
        grounds = mandate.grounds_on(day)
        compared = {atom for g in grounds for atom in atoms(g.when)}
        fits = max(len(grounds), len(compared)) <= _MOST
        mandate.programs[day] = Compiled(mandate, day) if fits else None
    return mandate.programs[day]  # type: ignore[no-any-return]


class Compiled:
    """A mandate on one day. Not for two threads at once.

    >>> from datetime import date
    >>> from forefield.mandate.rules import load
    >>> table = Compiled(load("documented"), date(2024, 7, 8))
    >>> table.judge(table.row(Facts(1_720_440_000.0))).code
    'OUT_OF_SCOPE'
    """

    def __init__(self, mandate: Mandate, day: date) -> None:
        self.mandate, self.day = mandate, day
        self.grounds = mandate.grounds_on(day)
        self.names = tuple(mandate.facts)
        self._place = {name: i for i, name in enumerate(self.names)}
        self._zones: dict[str, int] = {}
        found: dict[Atom, int] = {}
        for ground in self.grounds:
            for atom in atoms(ground.when):
                found.setdefault(atom, len(found))
        self.atoms = tuple(found)
        if max(len(self.grounds), len(self.atoms)) > _MOST:
            raise InputError(
                f"mandate {mandate.id}: {len(self.grounds)} grounds with "
                f"{len(self.atoms)} comparisons on {day}; the compiled form holds "
                f"{_MOST} of each: use judge."
            )
        self.program = self._program(found)
        self._traces: dict[tuple[int, int], Trace] = {}
        self._told: dict[tuple[int, int], tuple[str, str]] = {}
        self._codes: dict[str, dict[str, int]] = {}

    # -- the program -----------------------------------------------------------

    def _program(self, place: dict[Atom, int]) -> Ints:
        standing = self.mandate.standing_on(self.day)
        facts: list[int] = []
        for name, rule in self.mandate.facts.items():
            age = -1 if rule.max_age_ms is None else rule.max_age_ms
            row = [0, 0, age]
            if name in standing:
                value = standing[name].value
                row = (
                    [2, 0, age] if value is None else [1, self._word(name, value), age]
                )
            facts += row
        pool: list[int] = []
        compared: list[int] = []
        for atom in self.atoms:
            rule, operand = self.mandate.facts[atom.fact], atom.operand
            row = [_OPS.index(atom.op), self._place[atom.fact], 0, 0, 0]
            if atom.op == "holds" and rule.true_above is not None:
                row[2:] = [1, rule.true_above, rule.false_below or 0]
            elif atom.op == "same_as":
                row[2] = self._place[str(operand)]
            elif atom.op == "in":
                assert isinstance(operand, tuple)
                row[2:4] = [len(pool), len(operand)]
                pool += [self._word(atom.fact, word) for word in operand]
            elif atom.op != "holds":
                row[2] = self._word(atom.fact, operand)
            compared += row
        code: list[int] = []
        masks: list[int] = []
        starts_at: list[int] = []
        for ground in self.grounds:
            starts_at.append(len(code))
            code += [*_postfix(ground.when, place), -1]
            masks += [*_masks(ground.when, place), 0]
        head = [len(self.names), len(self.atoms), len(self.grounds)]
        sizes = [8, len(facts), len(compared), len(pool), len(code)]
        starts = np.cumsum(sizes).tolist()
        for g, at in enumerate(starts_at):
            masks[_MASK * g + 5] = starts[3] + at
        program = [*head, *starts, *facts, *compared, *pool, *code, *masks]
        return np.array(program, dtype=np.int64)

    def _word(self, name: str, value: Any) -> int:
        """A value as a whole number: enums by place, countries by a number each."""
        rule = self.mandate.facts[name]
        if rule.type == "enum":
            return rule.values.index(value)
        if rule.type == "zone":
            return self._zones.setdefault(value, len(self._zones))
        return int(value)

    # -- one case --------------------------------------------------------------

    def row(self, facts: Facts) -> Ints:
        """(2 F,) a case: the value of every fact, then its age [ms]; checks types."""
        n = len(self.names)
        out = np.full(2 * n, ABSENT, dtype=np.int64)
        for name, given in facts.given.items():
            if name not in self._place:
                raise InputError(
                    f"fact {name!r}: {self.mandate.id} does not ask for it."
                )
            value = stated(self.mandate.facts[name], given)
            if value is None:
                continue
            i = self._place[name]
            out[i] = self._word(name, value)
            if given.as_of_s is not None:
                out[n + i] = thousandths(facts.at_s - given.as_of_s)
        return out

    def judge(self, row: Ints) -> Trace:
        """The verdict on one case, as `row` gives it, with its whole trace."""
        key = _one(self.program, row)
        found = self._traces.get(key)
        if found is None:
            found = self._traces[key] = self._built(*key)
        return found

    def _built(self, yes: int, open_: int) -> Trace:
        barring, trace = [], []
        for i, ground in enumerate(self.grounds):
            word = "false"
            if (yes | open_) >> i & 1:
                word = "true" if yes >> i & 1 else "unknown"
                barring.append((ground, word, sentence(ground, word)))
            trace.append((ground, word))
        code = barring[0][0].code if barring else NO_BAR
        return Trace(code, tuple(barring), tuple(trace))

    # -- a table ---------------------------------------------------------------

    def judge_rows(self, table: FactTable) -> list[tuple[int, int]]:
        """For each row the bits of grounds certainly true, and those of UNKNOWN."""
        yes, open_ = _each(self.program, self.rows(table))
        return list(zip(yes.tolist(), open_.tolist(), strict=True))

    def told(self, yes: int, open_: int) -> tuple[str, str]:
        """The verdict's code and its grounds as text, for the bits of one row."""
        found = self._told.get((yes, open_))
        if found is None:
            trace = self._built(yes, open_)
            text = in_text([(ground, word) for ground, word, _ in trace.barring])
            found = self._told[yes, open_] = (trace.code, text)
        return found

    def rows(self, table: FactTable) -> Ints:
        """(N, 2 F) the cases of a table: the value of every fact, then its age [ms]."""
        n = len(self.names)
        out = np.full((table.n, 2 * n), ABSENT, dtype=np.int64)
        for name, column in table.values.items():
            i, rule = self._place[name], self.mandate.facts[name]
            if rule.type == "number":
                out[:, i] = table.made(_numbers, column)
            elif rule.type == "bool":
                out[:, i] = table.made(_truths, column)
            else:
                codes = self._codes.setdefault(name, {})
                words = table.made(_words, column)
                for word in set(words) - codes.keys():
                    codes[word] = self._word_of(rule, word)
                out[:, i] = list(map(codes.__getitem__, words))
            if name in table.as_of_s:
                out[:, n + i] = table.made(_ages_ms, table.as_of_s[name])
        return out

    def _word_of(self, rule: FactRule, word: str) -> int:
        """A word of a table as a whole number; an unknown one is like no other."""
        if not word:
            return ABSENT
        if rule.type == "enum":
            return rule.values.index(word) if word in rule.values else -1
        return self._word(rule.name, word)

    # -- many ------------------------------------------------------------------

    def planes(self, truths: NDArray[np.int8]) -> tuple[Words, Words]:
        """(A, W) certainly true and (A, W) certainly false, from (A, N) truths 0, 1, 2.

        A comparisons in the order of `atoms`, N rows, W = ceil(N / 64) words.
        """
        return _packed(truths == 2), _packed(truths == 0)

    def judge_planes(self, yes: Words, no: Words) -> tuple[Words, Words]:
        """Truth of every ground: (G, W) certainly true, (G, W) certainly false."""
        return _many(self.program, yes, no)  # type: ignore[no-any-return]

    def codes(self, yes: Words, no: Words, n: int) -> NDArray[np.uint8]:
        """(N,) the verdict of each row as its place in `verdict_table.CODES`."""
        out = np.empty(n, dtype=np.uint8)
        _deciding(self.program, self._code_of(), yes, no, out)
        return out

    def counts(self, yes: Words, no: Words, n: int) -> Ints:
        """(13,) how many of the N rows have each verdict, in the order of CODES."""
        out = np.zeros(len(CODES), dtype=np.int64)
        _counted(self.program, self._code_of(), yes, no, n, out)
        return out

    def _code_of(self) -> Ints:
        return np.array([CODES.index(g.code) for g in self.grounds], dtype=np.int64)


def _postfix(when: Condition, place: dict[Atom, int]) -> list[int]:
    """A condition for a stack: k pushes comparison k; -2 not; -3 and; -4 or."""
    if isinstance(when, Atom):
        return [place[when]]
    if isinstance(when, Not):
        return [*_postfix(when.part, place), -2]
    join = -3 if isinstance(when, All) else -4
    out = _postfix(when.parts[0], place)
    for part in when.parts[1:]:
        out += [*_postfix(part, place), join]
    return out


def _masks(when: Condition, place: dict[Atom, int]) -> list[int]:
    """A condition as bits: kind, then the comparisons it wants true and wants false.

    kind 0: all of the first two masks; 1: all of them, and one of the second two;
    -1: of another form.
    """
    out = [0, 0, 0, 0, 0]
    for part in when.parts if isinstance(when, All) else (when,):
        if isinstance(part, AnyOf):
            if out[0] == 1:
                return [-1, 0, 0, 0, 0]
            out[0], literals, at = 1, part.parts, 3
        else:
            literals, at = (part,), 1
        for literal in literals:
            if isinstance(literal, Atom):
                out[at] |= 1 << place[literal]
            elif isinstance(literal, Not) and isinstance(literal.part, Atom):
                out[at + 1] |= 1 << place[literal.part]
            else:
                return [-1, 0, 0, 0, 0]
    return out


def _packed(bits: NDArray[np.bool_]) -> Words:
    rows, n = bits.shape
    width = -(-n // 64) * 64
    padded = np.zeros((rows, width), dtype=np.bool_)
    padded[:, :n] = bits
    packed = np.packbits(padded, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view(np.uint64)


# -- columns of a table as whole numbers, for `FactTable.made` ------------------------


def _numbers(column: Floats, _at_s: float) -> Ints:
    return _thousandths(column)  # type: ignore[no-any-return]


def _ages_ms(as_of_s: Floats, at_s: float) -> Ints:
    return _thousandths(at_s - as_of_s)  # type: ignore[no-any-return]


def _truths(column: Floats, _at_s: float) -> Ints:
    return np.where(np.isnan(column), ABSENT, column != 0)


def _words(column: Texts, _at_s: float) -> list[str]:
    return column.tolist()  # type: ignore[no-any-return]


# -- kernels: plain loops over the program -------------------------------------------


@numba.njit(cache=True)
def _one(program, row):  # type: ignore[no-untyped-def]
    """(bits of grounds certainly true, bits of grounds UNKNOWN) for one case."""
    n_facts, n_atoms, n_grounds = program[0], program[1], program[2]
    at_fact, at_atom, at_pool, at_mask = program[3], program[4], program[5], program[7]
    sure = never = np.int64(0)  # a bit a comparison: certainly true, certainly false
    for k in range(n_atoms):
        a = at_atom + _ATOM * k
        op, fact = program[a], program[a + 1]
        known, value = _read(program, row, n_facts, at_fact, fact)
        if not known:
            continue
        x, bit = program[a + 2], np.int64(1) << k
        if op == _IS:
            holds = value == x
        elif op == _HOLDS:
            if x != 0:
                if value > program[a + 3]:
                    sure |= bit
                elif value < program[a + 4]:
                    never |= bit
                continue
            holds = value != 0
        elif op == _SAME:
            there, other = _read(program, row, n_facts, at_fact, x)
            if not there:
                continue
            holds = value == other
        elif op == _IN:
            holds = False
            for j in range(x, x + program[a + 3]):
                holds |= program[at_pool + j] == value
        else:
            holds = (
                (op == _ABOVE and value > x)
                or (op == _BELOW and value < x)
                or (op == _AT_LEAST and value >= x)
                or (op == _AT_MOST and value <= x)
            )
        if holds:
            sure |= bit
        else:
            never |= bit
    yes = open_ = np.int64(0)
    for g in range(n_grounds):
        m = at_mask + _MASK * g
        if program[m] < 0:
            answer = _walked(program, program[m + 5], sure, never)
        else:
            p, n = program[m + 1], program[m + 2]
            answer = 1
            if (never & p) | (sure & n):
                answer = 0
            elif (sure & p) == p and (never & n) == n:
                answer = 2
            if program[m] == 1 and answer != 0:
                p, n = program[m + 3], program[m + 4]
                if not ((sure & p) | (never & n)):
                    answer = 0 if (never & p) == p and (sure & n) == n else 1
        if answer == 2:
            yes |= np.int64(1) << g
        elif answer == 1:
            open_ |= np.int64(1) << g
    return yes, open_


@numba.njit(cache=True)
def _each(program, rows):  # type: ignore[no-untyped-def]
    """`_one` for every row."""
    n = len(rows)
    yes, open_ = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for i in range(n):
        yes[i], open_[i] = _one(program, rows[i])
    return yes, open_


@numba.njit(cache=True)
def _thousandths(column):  # type: ignore[no-untyped-def]
    """(N,) `rules.thousandths` of each; NaN becomes ABSENT."""
    out = np.empty(len(column), dtype=np.int64)
    most = np.int64(1) << 62
    for i in range(len(column)):
        x = column[i]
        if np.isnan(x):
            out[i] = ABSENT
        elif abs(x) > 4e15:
            out[i] = most if x > 0 else -most
        else:
            out[i] = np.int64(np.rint(x * 1000))
    return out


@numba.njit(cache=True)
def _walked(program, pc, sure, never):  # type: ignore[no-untyped-def]
    """One ground whose form no mask holds: its postfix program on a stack."""
    stack, top = np.empty(64, dtype=np.int64), 0
    while program[pc] != -1:
        step = program[pc]
        pc += 1
        if step >= 0:
            stack[top] = 1 + ((sure >> step) & 1) - ((never >> step) & 1)
            top += 1
        elif step == -2:
            stack[top - 1] = 2 - stack[top - 1]
        else:
            top -= 1
            one, other = stack[top - 1], stack[top]
            stack[top - 1] = min(one, other) if step == -3 else max(one, other)
    return stack[0]


@numba.njit(cache=True, inline="always")
def _read(program, row, n_facts, at_fact, fact):  # type: ignore[no-untyped-def]
    """(known, value) of one fact: settled, fresh, or neither."""
    f = at_fact + _FACT * fact
    mode = program[f]
    if mode == 1:
        return True, program[f + 1]
    if mode == 2:
        return False, np.int64(0)
    value, age, longest = row[fact], row[n_facts + fact], program[f + 2]
    if value == ABSENT or (age != ABSENT and age < 0):
        return False, np.int64(0)
    if longest >= 0 and (age == ABSENT or age > longest):
        return False, np.int64(0)
    return True, value


@numba.njit(cache=True)
def _ground(program, pc, yes, no, w, stack_yes, stack_no):  # type: ignore[no-untyped-def]
    """Run one ground on one word of rows; its planes end on the stack's bottom."""
    top = 0
    while program[pc] != -1:
        step = program[pc]
        pc += 1
        if step >= 0:
            stack_yes[top] = yes[step, w]
            stack_no[top] = no[step, w]
            top += 1
        elif step == -2:
            kept = stack_yes[top - 1]
            stack_yes[top - 1] = stack_no[top - 1]
            stack_no[top - 1] = kept
        else:
            top -= 1
            if step == -3:
                stack_yes[top - 1] &= stack_yes[top]
                stack_no[top - 1] |= stack_no[top]
            else:
                stack_yes[top - 1] |= stack_yes[top]
                stack_no[top - 1] &= stack_no[top]
    return pc + 1


@numba.njit(cache=True)
def _many(program, yes, no):  # type: ignore[no-untyped-def]
    n_grounds, words = program[2], yes.shape[1]
    out_yes = np.empty((n_grounds, words), dtype=np.uint64)
    out_no = np.empty((n_grounds, words), dtype=np.uint64)
    stack_yes = np.empty(64, dtype=np.uint64)
    stack_no = np.empty(64, dtype=np.uint64)
    for w in range(words):
        pc = program[6]
        for g in range(n_grounds):
            pc = _ground(program, pc, yes, no, w, stack_yes, stack_no)
            out_yes[g, w] = stack_yes[0]
            out_no[g, w] = stack_no[0]
    return out_yes, out_no


@numba.njit(cache=True)
def _deciding(program, code_of, yes, no, out):  # type: ignore[no-untyped-def]
    n, nobody = len(out), np.uint8(len(CODES) - 1)
    stack_yes = np.empty(64, dtype=np.uint64)
    stack_no = np.empty(64, dtype=np.uint64)
    one, none = np.uint64(1), np.uint64(0)
    for w in range(yes.shape[1]):
        first = 64 * w
        last = min(n, first + 64)
        for i in range(first, last):
            out[i] = nobody
        undecided = ~none
        pc = program[6]
        for g in range(program[2]):
            pc = _ground(program, pc, yes, no, w, stack_yes, stack_no)
            now = undecided & ~stack_no[0]
            undecided &= stack_no[0]
            code = np.uint8(code_of[g])
            i = first
            while now != none and i < last:
                if now & one:
                    out[i] = code
                now >>= one
                i += 1
            if undecided == none:
                break


@numba.njit(cache=True)
def _counted(program, code_of, yes, no, n, out):  # type: ignore[no-untyped-def]
    stack_yes = np.empty(64, dtype=np.uint64)
    stack_no = np.empty(64, dtype=np.uint64)
    none = np.uint64(0)
    words = yes.shape[1]
    for w in range(words):
        undecided = ~none
        if w == words - 1 and n % 64:
            undecided >>= np.uint64(64 - n % 64)
        pc = program[6]
        for g in range(program[2]):
            pc = _ground(program, pc, yes, no, w, stack_yes, stack_no)
            now = undecided & ~stack_no[0]
            undecided &= stack_no[0]
            out[code_of[g]] += _bits(now)
            if undecided == none:
                break
        out[len(out) - 1] += _bits(undecided)


@numba.njit(cache=True, inline="always")
def _bits(x):  # type: ignore[no-untyped-def]
    """Bits set in a word (Hacker's Delight, 2nd ed., §5-1)."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    low = x & np.uint64(0x3333333333333333)
    x = low + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))

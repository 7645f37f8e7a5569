"""Numbers in a text, in the ways in which reports of this war write them.

Digits with thousands set apart by comma, point, blank or apostrophe (11,000 / 11.000 / 11 000 / 11'000), decimals,
digits with a word for the rest (11 тис., 11 thousand, 1,5 млн, 1만1천, 3万), and numbers in English, Ukrainian and
Russian words. What can be read in two ways is given in both, unless one of them is far-fetched: 1.125 may be a decimal,
11.000 is not. Words that stand for no number in particular (dozens, сотни) are left alone. A blank joins groups of
three digits, as it does in searches (`words`); the price is the rare "on May 13 300 men".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import product
from typing import NamedTuple

from app.formats.captures.numeral_words import ADDED, ALONE, TIMES, TIMES_CJK

MOST_DIGITS = 15
"""Digits of the longest number; longer ones are no figures but identifiers."""

_GROUPED = r"[1-9]\d{0,2}(?:(?P<by>[,.' ])\d{3})(?:(?P=by)\d{3})*(?!\d)(?:[.,]\d+)?"
_INDIAN = r"[1-9]\d?(?:,\d\d)+,\d{3}(?!\d)"
_DIGITS = rf"(?<![\d.,])(?:{_GROUPED}|{_INDIAN}|\d+(?:[.,]\d+)?)(?![\d])"
_WORD = r"[^\W\d_\u1100-\u11ff\u3000-\u9fff\uac00-\ud7af]+(?:'[^\W\d_]+)*"
# Between the parts of one number: nothing, a blank, a hyphen, the point of an abbreviation, "and".
_BOND = re.compile(r"\.? ?-? ?|,? and ", re.IGNORECASE)
# Between the ends of a range, of which the second alone may have the word: "10 to 12 thousand", "10-12 тис."
_RANGE = re.compile(r" ?- ?| (?:to|or|до|або|чи|или) |~", re.IGNORECASE)


@cache
def _token() -> re.Pattern[str]:
    # When it is first needed: to compile it takes long.
    words = f"[{''.join(TIMES_CJK)}]|{_WORD}"
    return re.compile(rf"(?P<alone>\ba (?:hundred|thousand|million)\b)|(?P<digits>{_DIGITS})|{words}", re.IGNORECASE)


class Number(NamedTuple):
    """A number in a text: what it may mean, and where it stands."""

    readings: frozenset[Decimal]
    start: int
    end: int


@dataclass
class _Chain:
    """A number as far as it has been read."""

    start: int
    end: int = 0
    parts: list[tuple[str, tuple[Decimal, ...]]] = field(default_factory=list)
    """add or times, and what: several values if there are several readings."""
    room: Decimal = Decimal("Infinity")
    """What is still to be added must be less than this."""

    def take(self, act: str, values: tuple[Decimal, ...], room: Decimal, end: int) -> None:
        self.parts.append((act, values))
        self.room, self.end = room, end

    def number(self) -> Number:
        choices = product(*(values[:2] for _act, values in self.parts[:8]))
        acts = [act for act, _values in self.parts]
        return Number(frozenset(_worth(acts, values) for values in choices), self.start, self.end)


def _worth(acts: Sequence[str], values: Sequence[Decimal]) -> Decimal:
    """What parts come to: a word that multiplies takes all parts before it that are less than it is."""
    terms: list[Decimal] = []
    for act, value in zip(acts, values, strict=False):
        if act == "add":
            terms.append(value)
            continue
        taken = Decimal(0)
        while terms and terms[-1] < value:
            taken += terms.pop()
        terms.append((taken or Decimal(1)) * value)
    return sum(terms, Decimal(0))


def numbers(text: str) -> Iterator[Number]:
    """The numbers of a text in plain form (`passages.plain`), in their order."""
    chain: _Chain | None = None
    before: _Chain | None = None
    for token in _token().finditer(text):
        part = _part(token)
        if part is None:
            continue
        act, values, room = part
        bound = chain is not None and _BOND.fullmatch(text, chain.end, token.start()) is not None
        if chain is not None and bound and (act == "times" or max(values) < chain.room):
            chain.take(act, values, room, token.end())
            continue
        if chain is not None:
            yield from _told(before, chain, text)
            before, chain = chain, None
        alone = ALONE.get(token[0].casefold())
        if act == "add" or alone is not None:
            chain = _Chain(token.start())
            chain.take("add", values if act == "add" else (Decimal(alone or 0),), room, token.end())
    if chain is not None:
        yield from _told(before, chain, text)


def _told(before: _Chain | None, chain: _Chain, text: str) -> Iterator[Number]:
    multiplied = [part for part in chain.parts if part[0] == "times"]
    if before is not None and multiplied and len(before.parts) == 1 and _RANGE.fullmatch(text, before.end, chain.start):
        yield _Chain(before.start, before.end, [*before.parts, *multiplied]).number()
    yield chain.number()


def _part(token: re.Match[str]) -> tuple[str, tuple[Decimal, ...], Decimal] | None:
    """What a token does to a number, by which values, and what room it leaves behind; None if it is none of one."""
    if token["digits"]:
        values = readings(token["digits"])
        return ("add", values, Decimal(1)) if values else None
    word = token[0].casefold()
    if token["alone"]:
        return "add", (Decimal(ALONE[word]),), Decimal(ALONE[word])
    if (times := TIMES_CJK.get(word) or TIMES.get(word)) is not None:
        return "times", (Decimal(times),), Decimal(times)
    if (added := ADDED.get(word)) is not None:
        zeros = len(str(added)) - len(str(added).rstrip("0")) if added else 0
        return "add", (Decimal(added),), Decimal(10**zeros)
    return None


_PLAIN = re.compile(r"\d+")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_THOUSANDS = re.compile(r"(\d{1,3}(?:([,.' ])\d{3})(?:\2\d{3})*)(?:[.,](\d+))?|(\d{1,2}(?:,\d\d)+,\d{3})")


def readings(digits: str) -> tuple[Decimal, ...]:
    """What a number in digits may mean, the likelier first; nothing if it is too long for a figure."""
    if sum(map(str.isdigit, digits)) > MOST_DIGITS:
        return ()
    found: list[Decimal] = []
    if _PLAIN.fullmatch(digits):
        return (Decimal(digits),)
    if digits[0] != "0" and (form := _THOUSANDS.fullmatch(digits)):
        whole = re.sub(r"\D", "", form[1] or form[4])
        found.append(Decimal(f"{whole}.{form[3] or 0}"))
    form = _DECIMAL.fullmatch(digits)
    # 11.000 is eleven thousand: nobody gives a figure with three decimals that are nothing.
    if form and (not found or form[2].strip("0")):
        found.append(Decimal(f"{form[1]}.{form[2]}"))
    return tuple(found)

"""Recognition of numbers in text, in the notations that reports of this war use.

Digits with a comma, point, space or apostrophe between thousands (11,000 / 11.000 / 11 000 / 11'000), decimals, digits
followed by a word (11 тис., 11 thousand, 1,5 млн, 1만1천, 3万), and numbers in English, Ukrainian and Russian words. An
ambiguous number has all its readings, except implausible ones: 1.125 may be a decimal, 11.000 is not. Words for no
particular number (dozens, сотни) are ignored. A space joins groups of three digits, as in searches
(`app.formats.search_text`), which misreads the rare "on May 13 300 men".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import product
from typing import NamedTuple

from app.formats.captures.numeral_words import ADDENDS, CJK_MULTIPLIERS, MULTIPLIERS, STANDALONE

MAX_DIGITS = 15
"""The limit of digits in a number; a longer one is an identifier, not a figure."""

_GROUPED = r"[1-9]\d{0,2}(?:(?P<by>[,.' ])\d{3})(?:(?P=by)\d{3})*(?!\d)(?:[.,]\d+)?"
_INDIAN = r"[1-9]\d?(?:,\d\d)+,\d{3}(?!\d)"
_DIGITS = rf"(?<![\d.,])(?:{_GROUPED}|{_INDIAN}|\d+(?:[.,]\d+)?)(?![\d])"
_WORD = r"[^\W\d_\u1100-\u11ff\u3000-\u9fff\uac00-\ud7af]+(?:'[^\W\d_]+)*"
# Between the parts of one number: nothing, a space, a hyphen, the point of an abbreviation, "and".
_CONNECTOR = re.compile(r"\.? ?-? ?|,? and ", re.IGNORECASE)
# Between the ends of a range, where the multiplier may follow the second number only: "10 to 12 thousand", "10-12 тис."
_RANGE = re.compile(r" ?- ?| (?:to|or|до|або|чи|или) |~", re.IGNORECASE)


@cache
def _token() -> re.Pattern[str]:
    # Compiled on first use, because compiling takes long.
    words = f"[{''.join(CJK_MULTIPLIERS)}]|{_WORD}"
    return re.compile(
        rf"(?P<standalone>\ba (?:hundred|thousand|million)\b)|(?P<digits>{_DIGITS})|{words}", re.IGNORECASE
    )


class NumberMention(NamedTuple):
    """A number in a text: its possible values, and its position as character offsets."""

    readings: frozenset[Decimal]
    start: int
    end: int


@dataclass
class _PartialNumber:
    """A number that is being parsed, token by token."""

    start: int
    end: int = 0
    parts: list[tuple[str, tuple[Decimal, ...]]] = field(default_factory=list)
    """An operation ("add" or "multiply") and its operand, as all readings of it."""
    addend_limit: Decimal = Decimal("Infinity")
    """The next addend must be less than this."""

    def append(self, operation: str, values: tuple[Decimal, ...], addend_limit: Decimal, end: int) -> None:
        self.parts.append((operation, values))
        self.addend_limit, self.end = addend_limit, end

    def to_mention(self) -> NumberMention:
        choices = product(*(values[:2] for _operation, values in self.parts[:8]))
        operations = [operation for operation, _values in self.parts]
        return NumberMention(frozenset(_evaluate(operations, values) for values in choices), self.start, self.end)


def _evaluate(operations: Sequence[str], values: Sequence[Decimal]) -> Decimal:
    """The value of a number: a multiplier applies to all terms before it that are less than the multiplier."""
    terms: list[Decimal] = []
    for operation, value in zip(operations, values, strict=False):
        if operation == "add":
            terms.append(value)
            continue
        multiplicand = Decimal(0)
        while terms and terms[-1] < value:
            multiplicand += terms.pop()
        terms.append((multiplicand or Decimal(1)) * value)
    return sum(terms, Decimal(0))


def find_numbers(text: str) -> Iterator[NumberMention]:
    """Iterate over the numbers of a normalized text (`quote_match.normalize`), in text order."""
    number: _PartialNumber | None = None
    previous: _PartialNumber | None = None
    for token in _token().finditer(text):
        part = _parse_token(token)
        if part is None:
            continue
        operation, values, addend_limit = part
        is_adjacent = number is not None and _CONNECTOR.fullmatch(text, number.end, token.start()) is not None
        if number is not None and is_adjacent and (operation == "multiply" or max(values) < number.addend_limit):
            number.append(operation, values, addend_limit, token.end())
            continue
        if number is not None:
            yield from _mentions(previous, number, text)
            previous, number = number, None
        standalone = STANDALONE.get(token[0].casefold())
        if operation == "add" or standalone is not None:
            number = _PartialNumber(token.start())
            addends = values if operation == "add" else (Decimal(standalone or 0),)
            number.append("add", addends, addend_limit, token.end())
    if number is not None:
        yield from _mentions(previous, number, text)


def _mentions(previous: _PartialNumber | None, number: _PartialNumber, text: str) -> Iterator[NumberMention]:
    """A complete number. At the end of a range, also its start with the same multipliers: "10 to 12 thousand"."""
    multipliers = [part for part in number.parts if part[0] == "multiply"]
    if (
        previous is not None
        and multipliers
        and len(previous.parts) == 1
        and _RANGE.fullmatch(text, previous.end, number.start)
    ):
        yield _PartialNumber(previous.start, previous.end, [*previous.parts, *multipliers]).to_mention()
    yield number.to_mention()


def _parse_token(token: re.Match[str]) -> tuple[str, tuple[Decimal, ...], Decimal] | None:
    """The operation of a token, its readings, and the limit for the next addend; None if it is no part of a number."""
    if token["digits"]:
        values = parse_digits(token["digits"])
        return ("add", values, Decimal(1)) if values else None
    word = token[0].casefold()
    if token["standalone"]:
        return "add", (Decimal(STANDALONE[word]),), Decimal(STANDALONE[word])
    if (multiplier := CJK_MULTIPLIERS.get(word) or MULTIPLIERS.get(word)) is not None:
        return "multiply", (Decimal(multiplier),), Decimal(multiplier)
    if (addend := ADDENDS.get(word)) is not None:
        # The next addend must fit into the trailing zeros: "twenty one", but not "twenty thirty".
        zeros = len(str(addend)) - len(str(addend).rstrip("0")) if addend else 0
        return "add", (Decimal(addend),), Decimal(10**zeros)
    return None


_INTEGER = re.compile(r"\d+")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_THOUSANDS = re.compile(r"(\d{1,3}(?:([,.' ])\d{3})(?:\2\d{3})*)(?:[.,](\d+))?|(\d{1,2}(?:,\d\d)+,\d{3})")


def parse_digits(digits: str) -> tuple[Decimal, ...]:
    """Return the readings of a number in digits, the likelier first; empty beyond MAX_DIGITS."""
    if sum(map(str.isdigit, digits)) > MAX_DIGITS:
        return ()
    readings: list[Decimal] = []
    if _INTEGER.fullmatch(digits):
        return (Decimal(digits),)
    if digits[0] != "0" and (match := _THOUSANDS.fullmatch(digits)):
        integer = re.sub(r"\D", "", match[1] or match[4])
        readings.append(Decimal(f"{integer}.{match[3] or 0}"))
    match = _DECIMAL.fullmatch(digits)
    # 11.000 is eleven thousand: nobody writes a figure with three decimals that are all zero.
    if match and (not readings or match[2].strip("0")):
        readings.append(Decimal(f"{match[1]}.{match[2]}"))
    return tuple(readings)

"""A number that is being read, part by part, and the mention that results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from app.formats.numbers.number_tokens import NumberToken

MAX_READINGS = 8
"""The limit of values that one number may have."""


class NumberMention(NamedTuple):
    """A number in a text, and its position as character offsets."""

    readings: frozenset[Decimal]
    """Its possible values, any of which may be meant. Empty if all are doubtful."""
    start: int
    end: int
    doubts: frozenset[Decimal] = frozenset()
    """Values that it has if an uncertain word means what it seems to mean, or does not."""


@dataclass
class PartialNumber:
    """A number that is being parsed: what is multiplied, and by what."""

    start: int
    end: int
    bare: tuple[Decimal, ...]
    """The readings without multipliers."""
    is_words: bool = False
    is_numeral: bool = False
    has_fraction: bool = False
    multipliers: list[NumberToken] = field(default_factory=list)
    readings: tuple[Decimal, ...] = ()
    doubts: set[Decimal] = field(default_factory=set)
    shared_multipliers: list[NumberToken] = field(default_factory=list)
    """Those of the number after it, in a range or list."""
    may_be_separate: bool = False
    """True if a line ends between number and multiplier."""

    def evaluate(self) -> None:
        """Compute readings and doubts from the multipliers."""
        self.readings, self.doubts = multiply(self.bare, self.multipliers)
        if self.may_be_separate:
            self.doubts |= {*self.bare, *self.readings}
            self.readings = ()

    @property
    def factor(self) -> Decimal | None:
        """The factor of the last multiplier."""
        multiplier = self.multipliers[-1].multiplier if self.multipliers else None
        return multiplier.factors[0] if multiplier else None

    @property
    def has_symbol(self) -> bool:
        """True for 5k, 5M."""
        return any(token.multiplier is not None and token.multiplier.is_symbol for token in self.multipliers)

    def to_mention(self) -> NumberMention:
        """The number as a part of the text."""
        return NumberMention(frozenset(self.readings), self.start, self.end, frozenset(self.doubts - {*self.readings}))


def multiply(bare: tuple[Decimal, ...], multipliers: Sequence[NumberToken]) -> tuple[tuple[Decimal, ...], set[Decimal]]:
    """Return the readings and the doubts of a number with multipliers."""
    values, doubts, is_certain = bare, set[Decimal](), True
    for token in multipliers:
        if token.multiplier is None:
            continue
        if not token.multiplier.is_certain:
            doubts |= {*values}
            is_certain = False
        values = tuple(value * factor for value in values for factor in token.multiplier.factors)[:MAX_READINGS]
    return (values, doubts) if is_certain else ((), doubts | {*values})

"""Figures, exactly as their source limits them."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, PlainSerializer, StrictBool, model_validator

from app.schemas.base.fields import Language, Line, Read, Schema, Verbatim
from app.schemas.base.validation_errors import FieldFaultError
from app.vocabulary import Basis, Metric, Qualifier


def _a_number(value: object) -> object:
    # A bool is an int to Python, and "300" a number to pydantic; a figure is neither.
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


def _shortest(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(_a_number),
    Field(ge=0, max_digits=15, decimal_places=4),
    PlainSerializer(_shortest, return_type=int | float),
]
"""A number from 0 up, with at most 11 digits before the point and 4 behind it."""

_GIVES: dict[Qualifier, tuple[frozenset[str], frozenset[str]]] = {
    # qualifier: (must be given, may be given)
    Qualifier.EXACT: (frozenset({"best"}), frozenset()),
    Qualifier.ABOUT: (frozenset({"best"}), frozenset({"low", "high"})),
    Qualifier.AT_LEAST: (frozenset({"low"}), frozenset()),
    Qualifier.MORE_THAN: (frozenset({"low"}), frozenset()),
    Qualifier.AT_MOST: (frozenset({"high"}), frozenset()),
    Qualifier.FEWER_THAN: (frozenset({"high"}), frozenset()),
    Qualifier.UP_TO: (frozenset({"high"}), frozenset()),
    Qualifier.BETWEEN: (frozenset({"low", "high"}), frozenset({"best"})),
    Qualifier.VAGUE: (frozenset(), frozenset()),
}


class QuantityCreate(Schema):
    """A figure of a claim."""

    metric: Metric
    """What it counts."""
    unit: Line = Field(examples=["soldiers"])
    """In what: soldiers, tanks, km²."""
    population: Line | None = None
    """Which part of the topic's subject it counts; null: all of it."""
    qualifier: Qualifier
    """How the source limits it. It decides which of low, best and high are given."""
    low: Amount | None = Field(None, examples=[None])
    """Lower bound given by the source; null: none was given."""
    best: Amount | None = Field(None, examples=[11000])
    """The number given by the source."""
    high: Amount | None = Field(None, examples=[None])
    """Upper bound given by the source; null: none was given."""
    cumulative: StrictBool = False
    """Counted from a beginning up to the claim's time, rather than at it."""
    basis: Basis = Basis.UNSTATED
    """How the source came by it."""
    verbatim: Verbatim | None = Field(None, examples=["близько 11 тисяч"])
    """The figure's own words, in their own language. 'Dozens' stays 'dozens'."""
    verbatim_language: Language | None = Field(None, examples=["uk"])
    """Language of the verbatim words, BCP 47."""

    @model_validator(mode="after")
    def _as_qualified(self) -> Self:
        must, may = _GIVES[self.qualifier]
        given = {name for name in ("low", "best", "high") if getattr(self, name) is not None}
        for name in sorted(must - given):
            raise FieldFaultError(name, f"must be given for a figure that is '{self.qualifier}'")
        for name in sorted(given - must - may):
            raise FieldFaultError(name, f"does not go with '{self.qualifier}': never invent a bound")
        if self.qualifier is Qualifier.VAGUE and self.verbatim is None:
            raise FieldFaultError("verbatim", "must hold the words of a vague figure")
        ordered = [value for value in (self.low, self.best, self.high) if value is not None]
        if ordered != sorted(ordered):
            raise FieldFaultError("low" if self.low is not None else "best", "must not be above best or high")
        return self


class QuantityRead(Read):
    """A figure of a claim."""

    metric: Metric
    """What it counts."""
    unit: str
    """In what."""
    population: str | None
    """Which part of the topic's subject it counts; null: all of it."""
    qualifier: Qualifier
    """How the source limits it."""
    low: Amount | None
    """Lower bound given by the source."""
    best: Amount | None
    """The number given by the source."""
    high: Amount | None
    """Upper bound given by the source."""
    cumulative: bool
    """Counted from a beginning up to the claim's time."""
    basis: Basis
    """How the source came by it."""
    verbatim: str | None
    """The figure's own words."""
    verbatim_language: str | None
    """Language of the verbatim words, BCP 47."""

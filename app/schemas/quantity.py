"""Figures of claims, qualified exactly as their source qualifies them."""

import re
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, PlainSerializer, StrictBool, WithJsonSchema, model_validator

from app.schemas.base.fields import Language, Line, Read, Schema, Verbatim
from app.schemas.base.validation_errors import FieldFaultError
from app.vocabulary import Basis, Metric, Qualifier

_DECIMAL = r"^[0-9]{1,11}(\.[0-9]{1,4})?$"
"""Decimal strings that are accepted as amounts. Generated clients send decimals as strings to keep their digits."""


def _to_decimal(value: object) -> object:
    if isinstance(value, str):
        # Stricter than pydantic, which would also read "1e3", "1_000", " 5", "+5" and "NaN".
        if not re.fullmatch(_DECIMAL, value):
            raise ValueError(
                "must be a number such as 11000 or 2.5, with at most 11 digits before the point and 4 after it"
            )
        return Decimal(value.rstrip("0").rstrip(".") if "." in value else value)
    if isinstance(value, bool):  # which Python counts as an int
        raise ValueError("must be a number")
    return value


def _to_number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(_to_decimal),
    Field(ge=0, max_digits=15, decimal_places=4),
    PlainSerializer(_to_number, return_type=int | float),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": _DECIMAL}]}, mode="validation"
    ),
    WithJsonSchema({"type": "number", "minimum": 0}, mode="serialization"),
]
"""A number from 0, with at most 11 digits before the decimal point and 4 after it; in input also a decimal string."""

_BOUNDS: dict[Qualifier, tuple[frozenset[str], frozenset[str]]] = {
    # For each qualifier the bounds that are required, then those that are optional.
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
    """What the figure counts."""
    unit: Line = Field(examples=["soldiers"])
    """Unit of the figure: soldiers, tanks, km²."""
    population: Line | None = None
    """Part of the topic's subject that the figure counts; null if it counts all of it."""
    qualifier: Qualifier
    """How the source qualifies the figure. It determines which of `low`, `best` and `high` must be given."""
    low: Amount | None = Field(None, examples=[None])
    """Lower bound given by the source; null if it gave none."""
    best: Amount | None = Field(None, examples=[11000])
    """Number given by the source; null if it gave none."""
    high: Amount | None = Field(None, examples=[None])
    """Upper bound given by the source; null if it gave none."""
    cumulative: StrictBool = False
    """True if the figure is a running total up to the claim's time; false if it describes the situation at that
    time."""
    basis: Basis = Basis.UNSTATED
    """How the source arrived at the figure."""
    verbatim: Verbatim | None = Field(None, examples=["близько 11 тисяч"])
    """The figure in the source's own words and language. 'Dozens' stays 'dozens'."""
    verbatim_language: Language | None = Field(None, examples=["uk"])
    """Language of the verbatim words, BCP 47."""

    @model_validator(mode="after")
    def _as_qualified(self) -> Self:
        required, optional = _BOUNDS[self.qualifier]
        present = {name for name in ("low", "best", "high") if getattr(self, name) is not None}
        for name in sorted(required - present):
            raise FieldFaultError(name, f"must be given for the qualifier '{self.qualifier}'")
        for name in sorted(present - required - optional):
            raise FieldFaultError(
                name, f"must be null for the qualifier '{self.qualifier}'; record only numbers that the source gave"
            )
        if self.qualifier is Qualifier.VAGUE and self.verbatim is None:
            raise FieldFaultError("verbatim", "is required for the qualifier 'vague': give the source's words")
        bounds = [(name, value) for name in ("low", "best", "high") if (value := getattr(self, name)) is not None]
        for (lower, lower_value), (upper, upper_value) in pairwise(bounds):
            if lower_value > upper_value:
                raise FieldFaultError(lower, f"must not be greater than {upper}")
        return self


class QuantityRead(Read):
    """A figure of a claim."""

    metric: Metric
    """What the figure counts."""
    unit: str
    """Unit of the figure."""
    population: str | None
    """Part of the topic's subject that the figure counts; null if it counts all of it."""
    qualifier: Qualifier
    """How the source qualifies the figure."""
    low: Amount | None
    """Lower bound given by the source; null if it gave none."""
    best: Amount | None
    """Number given by the source; null if it gave none."""
    high: Amount | None
    """Upper bound given by the source; null if it gave none."""
    cumulative: bool
    """True if the figure is a running total up to the claim's time; false if it describes the situation at that
    time."""
    basis: Basis
    """How the source arrived at the figure."""
    verbatim: str | None
    """The figure in the source's own words and language."""
    verbatim_language: str | None
    """Language of the verbatim words, BCP 47."""

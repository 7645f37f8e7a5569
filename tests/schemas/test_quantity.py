"""Quantities: amounts are JSON numbers or decimal strings, and no digit is lost or added."""

import re
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.schemas.base import validation_errors
from app.schemas.quantity import QuantityCreate, QuantityRead


def exact_quantity(best: object) -> QuantityCreate:
    fields: dict[str, Any] = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": best}
    return QuantityCreate.model_validate(fields)


VALID_AMOUNTS: list[tuple[object, str]] = [
    (11000, "11000"),
    (2.5, "2.5"),
    ("11000", "11000"),
    ("2.5", "2.5"),
    ("2.50", "2.5"),
    ("100.0000", "100"),
    ("0", "0"),
    ("99999999999.9999", "99999999999.9999"),
]

INVALID_AMOUNTS: list[object] = [
    *("", " ", "5 ", " 5", "5\n", "+5", "-5", ".5", "5.", "1e3", "0x10", "1_000", "1,000", "1 000", "١٢"),
    *("NaN", "Infinity", "-Infinity", "dozens", "123456789012", "1.23456", "100.00000"),
    *(float("nan"), float("inf"), -1, 1.00001, 0.30000000000000004, 10**15, True, [1]),
]


@pytest.mark.parametrize(("amount", "value"), VALID_AMOUNTS, ids=repr)
def test_an_amount_is_a_number_or_a_decimal_string(amount: object, value: str) -> None:
    best = exact_quantity(amount).best

    assert isinstance(best, Decimal)
    assert str(best) == value


@pytest.mark.parametrize("amount", INVALID_AMOUNTS, ids=repr)
def test_other_amounts_are_refused(amount: object) -> None:
    with pytest.raises(ValidationError):
        exact_quantity(amount)


def test_the_schema_allows_exactly_the_strings_that_are_accepted() -> None:
    variants = QuantityCreate.model_json_schema()["properties"]["best"]["anyOf"]
    text = next(variant for variant in variants if variant["type"] == "string")

    assert [variant["type"] for variant in variants] == ["number", "string", "null"]
    pattern = text["pattern"]
    assert (pattern[0], pattern[-1]) == ("^", "$")
    # In JSON Schema, $ matches only at the very end, and \d only ASCII digits.
    matches = re.compile(pattern[:-1] + r"\Z", re.ASCII).match
    assert [amount for amount, _value in VALID_AMOUNTS if isinstance(amount, str) and not matches(amount)] == []
    assert [amount for amount in INVALID_AMOUNTS if isinstance(amount, str) and matches(amount)] == []


def test_an_amount_is_returned_as_a_number() -> None:
    fields = exact_quantity("2.5").model_dump() | {"best": Decimal("2.5")}

    assert '"best":2.5' in QuantityRead(**fields).model_dump_json()
    assert QuantityRead.model_json_schema(mode="serialization")["properties"]["best"]["anyOf"] == [
        {"type": "number", "minimum": 0},
        {"type": "null"},
    ]


@pytest.mark.parametrize(
    ("bounds", "field", "message"),
    [
        ({"low": 5, "best": 3, "high": 9}, "low", "must not be greater than best"),
        ({"low": 5, "high": 3}, "low", "must not be greater than high"),
        ({"low": 1, "best": 9, "high": 5}, "best", "must not be greater than high"),
        ({"low": 9, "best": 5, "high": 3}, "low", "must not be greater than best"),
    ],
)
def test_the_bound_that_is_out_of_order_is_named(bounds: dict[str, int], field: str, message: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        QuantityCreate.model_validate({"metric": "present", "unit": "soldiers", "qualifier": "between", **bounds})

    (problem,) = validation_errors.problems(refusal.value.errors())
    assert (problem.field, problem.message) == (field, message)

"""Canonical JSON, compared with another implementation of RFC 8785."""

import json
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from app.formats.proofs.canonical_json import LARGEST, decimal_text, encode, text_of_json

texts = st.text(st.characters(exclude_categories=["Cs"]))


def json_with(keys: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    """What JSON can say, with such keys."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner),
    )


plain = json_with(st.text(st.characters(max_codepoint=127)))
any_keys = json_with(texts)


def in_order(value: object) -> object:
    """The same with all keys in order, as whoever hashes a value gives it."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(one) for one in value] if isinstance(value, list) else value


@configured(deadline=None)
@given(plain)
def test_bytes_are_those_of_another_implementation(value: object) -> None:
    assert encode(in_order(value)) == rfc8785.dumps(value)  # type: ignore[arg-type]  # it is JSON


@configured(deadline=None)
@given(any_keys)
# By code point the first key would come last: it takes two units of UTF-16, which begin lower than the other one.
@example({"\U0001f600": 1, "\ufb33": 2})
def test_other_peoples_json_is_written_alike_whatever_its_keys(value: object) -> None:
    for written in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert text_of_json(written).encode() == rfc8785.dumps(value)  # type: ignore[arg-type]  # it is JSON


@pytest.mark.parametrize(
    ("one", "other", "canonical"),
    [
        ("1.0", "1", "1"),
        ("1e+22", "10000000000000000000000", "10000000000000000000000"),
        ("1e+4400", "1" + "0" * 4400, "1" + "0" * 4400),
        ("-0.0", "0", "0"),
        ("1.50", "15E-1", "1.5"),
        ("1e-7", "0.0000001", "0.0000001"),
        ("123456789012345678901234567890.125", "123456789012345678901234567890.1250", None),
        ('{"b": 1.0, "a": [2.0]}', '{"a":[2],"b":1}', '{"a":[2],"b":1}'),
    ],
)
def test_numbers_are_the_same_however_an_engine_keeps_them(one: str, other: str, canonical: str | None) -> None:
    assert text_of_json(one) == text_of_json(other) == (canonical or one)


def test_a_number_and_its_digits_as_text_are_two_things() -> None:
    assert text_of_json("5") != text_of_json('"5"')


@configured(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**11), max_value=10**11))
def test_decimal_text_holds_the_number_and_nothing_else(number: Decimal) -> None:
    text = decimal_text(number)

    assert Decimal(text) == number
    assert text == decimal_text(Decimal(text + ("0" if "." in text else ".0"))) == decimal_text(float(number))
    assert "E" not in text
    assert text == "0" or not text.endswith(".0")

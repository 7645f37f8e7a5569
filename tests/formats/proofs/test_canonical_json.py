"""Canonical JSON, compared with another implementation of RFC 8785."""

import json
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.formats.proofs.canonical_json import canonicalize, decimal_text, encode_canonical

texts = st.text(st.characters(exclude_categories=["Cs"]))


def json_with(keys: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    """Any JSON value whose objects have such keys."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner),
    )


ascii_json = json_with(st.text(st.characters(max_codepoint=127)))
any_json = json_with(texts)


def sort_keys(value: object) -> object:
    """Return the value with the keys of all objects sorted, as `encode_canonical` expects it."""
    if isinstance(value, dict):
        return {key: sort_keys(value[key]) for key in sorted(value)}
    return [sort_keys(item) for item in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(ascii_json)
def test_the_encoding_equals_that_of_another_implementation(value: object) -> None:
    assert encode_canonical(sort_keys(value)) == rfc8785.dumps(value)  # type: ignore[arg-type]  # it is JSON


@settings(deadline=None)
@given(any_json)
# Keys are sorted by UTF-16 code units. By code points, the first key would come last.
@example({"\U0001f600": 1, "\ufb33": 2})
def test_any_json_text_is_canonicalized_like_in_another_implementation(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert canonicalize(text).encode() == rfc8785.dumps(value)  # type: ignore[arg-type]  # it is JSON


@pytest.mark.parametrize(
    ("text", "equal_text", "canonical"),
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
def test_equal_numbers_have_one_canonical_form(text: str, equal_text: str, canonical: str | None) -> None:
    assert canonicalize(text) == canonicalize(equal_text) == (canonical or text)


def test_a_number_differs_from_its_digits_as_a_string() -> None:
    assert canonicalize("5") != canonicalize('"5"')


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**11), max_value=10**11))
def test_decimal_text_is_the_shortest_plain_notation(number: Decimal) -> None:
    text = decimal_text(number)

    assert Decimal(text) == number
    assert text == decimal_text(Decimal(text + ("0" if "." in text else ".0"))) == decimal_text(float(number))
    assert "E" not in text
    assert text == "0" or not text.endswith(".0")

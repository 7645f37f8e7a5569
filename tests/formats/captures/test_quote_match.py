"""Quotes and numbers are found in a text, and only where they occur."""

from decimal import Decimal

import pytest

from app.formats.captures.numerals import find_numbers
from app.formats.captures.quote_match import TextQuote, find_quote, normalize

TEXT = normalize(
    "The spy agency said: “About 11,000 soldiers—most of them young—are there.”\n"
    "Losses: 1,300, up from 1.300; 300² in all. Близько\u00a011\u202fтисяч військових КНДР. "
    "북한군 1만1천여 명이 있다. Don’t. naïve. The North-\nKorean sol-\ndiers left."
)

FOUND: list[tuple[str, str | None, str | None, bool]] = [
    # words, prefix, suffix, whether the match is loose
    ("About 11,000 soldiers", None, None, False),
    ('"About 11,000  soldiers - ', None, None, True),
    ("«About 11,000\nsoldiers–most", None, None, False),
    ("Близько 11 тисяч", None, None, False),
    ("북한군 1만1천", None, None, False),
    ("Don't.", None, None, False),
    ("nai\u0308ve", None, None, False),
    ("300", "Losses: 1,300, up from 1.300;", "in all", False),
    ("soldiers", "About 11,000", None, False),
    ("soldiers", " 11,000 ", "—most", False),
    ("The North-Korean soldiers left.", None, None, True),
    ("１１，０００ soldiers", None, None, False),
    ("1.300", None, None, False),
    ("in a\u00adll.", None, None, False),
]

NOT_FOUND: list[tuple[str, str | None, str | None]] = [
    ("About 12,000 soldiers", None, None),
    ("1,000 soldiers", None, None),
    ("00", None, None),
    ("1,30", None, None),
    ("soldiers", "About 12,000", None),
    ("soldiers", None, "least of them"),
    ("ABOUT 11,000 SOLDIERS", None, None),
    ("nothing of the kind", None, None),
    ("   ", None, None),
    ("3002", None, None),
]


@pytest.mark.parametrize(("words", "prefix", "suffix", "is_loose"), FOUND)
def test_a_quote_in_the_text_is_found(words: str, prefix: str | None, suffix: str | None, is_loose: bool) -> None:
    match = find_quote(TEXT, TextQuote(words, prefix, suffix))
    assert match is not None
    assert match.is_loose is is_loose
    if not is_loose:
        assert normalize(words).strip() in match.excerpt


def test_an_excerpt_has_80_characters_of_context_on_either_side() -> None:
    match = find_quote(f"{'a' * 100} needle {'b' * 100}", TextQuote("needle"))
    assert match is not None
    assert match.excerpt == f"{'a' * 79} needle {'b' * 79}"


def test_a_loose_match_needs_twelve_letters_or_digits() -> None:
    match = find_quote(TEXT, TextQuote("Korean soldie"))
    assert match is not None
    assert match.is_loose
    assert find_quote(TEXT, TextQuote("Korean soldi")) is None


@pytest.mark.parametrize(("words", "prefix", "suffix"), NOT_FOUND)
def test_other_words_are_not_found(words: str, prefix: str | None, suffix: str | None) -> None:
    assert find_quote(TEXT, TextQuote(words, prefix, suffix)) is None


NUMBERS: list[tuple[str, list[str]]] = [
    # A text and the numbers in it; an ambiguous number has both readings.
    ("11,000", ["11000"]),
    ("11.000 Mann", ["11000"]),
    ("11 000", ["11000"]),
    ("11\u202f000", ["11000"]),
    ("11'000", ["11000"]),
    ("11’000", ["11000"]),
    ("2,00,000", ["200000"]),
    ("697,680", ["697.68 697680"]),
    ("1.125 km²", ["1.125 1125"]),
    ("11,000.5", ["11000.5"]),
    ("11.000,5", ["11000.5"]),
    ("0.125", ["0.125"]),
    ("1,5 млн", ["1500000"]),
    ("11 тис. військових", ["11000"]),
    ("11тис", ["11000"]),
    ("11 тысяч", ["11000"]),
    ("11 thousand", ["11000"]),
    ("11k", ["11000"]),
    ("5 hundred thousand", ["500000"]),
    ("11 tys. żołnierzy", ["11000"]),
    ("1만1천여 명", ["11000"]),
    ("1만 1000여명", ["11000"]),
    ("1万1千", ["11000"]),
    ("3천만", ["30000000"]),
    ("1억 2천만", ["120000000"]),
    ("eleven thousand five hundred", ["11500"]),
    ("twenty-one", ["21"]),
    ("a hundred and five", ["105"]),
    ("двадцять п’ять тисяч триста", ["25300"]),
    ("одиннадцать тысяч", ["11000"]),
    ("понад тисячу", ["1000"]),
    ("10-12 thousand", ["10", "10000", "12000"]),
    ("10 до 12 тис.", ["10", "10000", "12000"]),
    ("１１，０００", ["11000"]),
    ("٣٠٠", ["300"]),
    ("in 2025, 300 were", ["2025", "300"]),
    ("on 3 November 2024, 697 680 men", ["3", "2024", "697680"]),
    ("300²", ["300"]),
    ("dozens of thousands, сотни тысяч, 하지만", []),
    ("123456789012345", ["123456789012345"]),
    ("1234567890123456", []),
    ("11,0000", ["11.0000"]),
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_numbers_are_read_in_every_notation(text: str, expected: list[str]) -> None:
    numbers = [number.readings for number in find_numbers(normalize(text))]
    assert numbers == [frozenset(map(Decimal, readings.split())) for readings in expected]

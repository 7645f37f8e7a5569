"""Quotes are found in a text, and only where they occur."""

import pytest

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
        assert normalize(words).replace("\n", " ").strip() in match.excerpt


def test_an_excerpt_has_80_characters_of_context_on_either_side() -> None:
    match = find_quote(f"{'a' * 100} needle {'b' * 100}", TextQuote("needle"))
    assert match is not None
    assert match.excerpt == f"{'a' * 79} needle {'b' * 79}"


def test_a_loose_match_needs_twelve_letters_or_digits() -> None:
    match = find_quote(TEXT, TextQuote("Kore an soldie"))
    assert match is not None
    assert match.is_loose
    assert find_quote(TEXT, TextQuote("Kore an soldi")) is None


@pytest.mark.parametrize(("words", "prefix", "suffix"), NOT_FOUND)
def test_other_words_are_not_found(words: str, prefix: str | None, suffix: str | None) -> None:
    assert find_quote(TEXT, TextQuote(words, prefix, suffix)) is None


SHORT_QUOTES: list[tuple[str, str, bool]] = [
    # A text, a short quote, and whether it is in the text
    ("Il dit : «\u00a0Non\u00a0» hier.", "«Non»", True),
    ("Il dit : «Non» hier.", "« Non »", True),
    ("He said: “ 300 men ”.", '"300 men"', True),
    ("the sol-\ndiers", "soldiers", True),
    ("the sol-\u2028diers", "soldiers", True),
    ("the North-\nKorean", "North-Korean", True),
    ("the North-Korean", "North-\nKorean", True),
    ("the soldiers", "sol-\ndiers", True),
    ("朝鮮\n軍の兵士", "朝鮮軍", True),
    ("朝鮮軍の 兵士", "軍の兵士", True),
    ("韩国\u2028情报院", "韩国情报院", True),
    ("북한\n군", "북한군", True),
    ("북한 군", "북한군", False),
    ("area: 5 km²", "5 km2", True),
    ("area: 5 km2", "5 km²", True),
    ("площа 5 км²", "5 км2", True),
    ("CO₂ levels", "CO2", True),
    ("soldiers² left", "soldiers left", True),
    ("a T-\n72 burns", "T-72", True),
    ("two Su-\u202857 jets", "Su-57", True),
    ("a T-72 burns", "T-\n72", True),
    ("брати С-\n300", "С-300", True),
    ("COVID-\n19", "COVID-19", True),
    ("a T- 72", "T72", False),
    ("a T-\n725 burns", "T-72", False),
    ("10-\n12 men", "10-12 men", True),
    ("10-12 men", "1012 men", False),
    ("10-\n12 men", "1012", False),
    ("no n", "non", False),
    ("2½ men", "2 ½ men", True),
    ("٣٠٠ جندي", "300 جندي", True),
]


@pytest.mark.parametrize(("text", "words", "is_found"), SHORT_QUOTES)
def test_short_quotes_match_whatever_the_typesetting(text: str, words: str, is_found: bool) -> None:
    assert (find_quote(normalize(text), TextQuote(words)) is not None) is is_found

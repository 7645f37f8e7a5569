"""Normal forms of names, titles and statements."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.equality.texts import abbreviations, normal_form, without_own_abbreviation

EQUAL = {
    "case": ("National Intelligence Service", "NATIONAL intelligence service"),
    "accents": ("Agence France-Presse, Liège", "Agence France Presse Liege"),
    "spacing": ("Kyiv  Independent ", " Kyiv\u00a0Independent"),
    "punctuation": ("Reuters.", "«Reuters»"),
    "apostrophes": ("People's Daily", "People\u2019s Daily"),
    "Ukrainian apostrophe": ("п'ять", "п\u02bcять"),
    "composition": (
        unicodedata.normalize("NFC", "Міністерство оборони Україї"),
        unicodedata.normalize("NFD", "Міністерство оборони Україї"),
    ),
    "width": ("ＮＩＳ", "NIS"),
    "ligatures": ("oﬃce", "office"),
    "invisible characters": ("Reu\u00adters\u200e", "Reuters"),
    "Korean spacing": ("국가 정보원", "국가정보원"),
    "Korean composition": (unicodedata.normalize("NFD", "국가정보원"), "국가정보원"),
    "Chinese punctuation": ("新华社。", "新華社".replace("華", "华")),
    "Arabic letters": ("على", "علی"),
    "Hebrew points": ("שָׁלוֹם", "שלום"),
    "Persian digits": ("۱۱۰۰۰ soldiers", "11000 soldiers"),
    "thousands, comma": ("About 11,000 soldiers.", "About 11000 soldiers"),
    "thousands, space": ("About 11 000 soldiers", "About 11000 soldiers"),
    "thousands, no-break space": ("About 11\u202f000 soldiers", "About 11000 soldiers"),
    "thousands, point": ("About 11.000 soldiers", "About 11000 soldiers"),
    "decimal comma": ("1,5 km", "1.5 km"),
    "dashes": ("Kursk – Sumy", "Kursk-Sumy"),
    "line breaks": ("Soldiers\nleft", "Soldiers left"),
    "emoji": ("Reuters 🗞", "Reuters"),
    "registered": ("Reuters®", "Reuters"),
}

DIFFERENT = {
    "numbers of units": ("5th Brigade", "15th Brigade"),
    "ordinal": ("95th Brigade", "9th, 5th Brigade"),
    "figures": ("11,000 soldiers", "1,100 soldiers"),
    "decimals": ("1.5 km", "15 km"),
    "a decimal and a range": ("1.5 km", "1-5 km"),
    "per cent": ("5% of soldiers", "5 of soldiers"),
    "currency": ("$5 million", "€5 million"),
    "sign": ("-5 degrees", "5 degrees"),
    "more than": (">300 killed", "300 killed"),
    "two languages": ("C++", "C"),
    "negation": ("They left.", "They have not left."),
    "scripts": ("Київ", "Kyiv"),
    "Cyrillic letters": ("і", "и"),
    "Korean figures": ("북한군 1만 1천 명", "북한군 1만 2천 명"),
    "only signs": ("???", "!!!"),
    "vowel signs": ("कि", "की"),
}


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL)
def test_writers_differences_do_not_count(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_says_something_else_is_different(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize(
    ("name", "expected", "rest"),
    [
        ("South Korean intelligence (NIS)", ["NIS"], None),
        ("National Intelligence Service (NIS)", ["NIS"], "National Intelligence Service"),
        ("Служба безпеки України (СБУ)", ["СБУ"], "Служба безпеки України"),
        ("Institute for the Study of War (ISW)", ["ISW"], "Institute for the Study of War"),
        ("Ministry of Defence (UK)", [], None),
        ("Ministry of Defence (DPRK)", ["DPRK"], None),
        ("Ministry of Defence (Ukraine)", [], None),
        ("NIS", [], None),
        ("Officials (2024)", [], None),
        ("Reuters (via TASS news)", [], None),
        ("국가정보원 (NIS)", ["NIS"], None),
        ("Front (3 BRIGADE", [], None),
    ],
)
def test_abbreviations_in_parentheses(name: str, expected: list[str], rest: str | None) -> None:
    assert (abbreviations(name), without_own_abbreviation(name)) == (expected, rest)


_WORDS = st.lists(st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=8), min_size=1, max_size=6)


@given(st.text(max_size=40))
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


@given(st.text(st.sampled_from("ab01 ,.;-'\"%$()_\n"), max_size=30))
def test_plain_texts_have_the_same_normal_form_as_in_other_scripts(text: str) -> None:
    normal = normal_form(text + " a")
    assert normal_form(text + " a ж") == f"{normal}\nж"


@given(
    _WORDS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from([" ", "  ", "\u00a0", ", ", " – ", "\n"])
)
def test_unicode_forms_and_punctuation_between_words_do_not_count(words: list[str], form: str, gap: str) -> None:
    # Letters at the ends of words, so that no two words are one number.
    joined = [f"x{word}x" for word in words]
    noisy = unicodedata.normalize(form, gap.join(joined))  # type: ignore[arg-type]  # a name of a form
    assert normal_form(f" {noisy}.") == normal_form(" ".join(joined))

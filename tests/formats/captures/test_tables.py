"""In random tables every figure is found, and none that is not there."""

import io
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.captures import media_types
from app.formats.captures.captured_text import extract_text
from app.formats.numbers.numerals import find_numbers
from tests.support.files import html

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Cell:
    """A cell of a table: what it shows, and the number that this means."""

    markup: str
    value: Decimal | None


SEPARATORS = {
    "en": ",",
    "de": ".",
    "fr": "\u202f",
    "uk": "\u00a0",
    "sv": "&nbsp;",
    "de-CH": "’",
    "ar": "\u066c",
    "none": "",
}
MULTIPLIERS = {
    "en": [("thousand", 1_000), ("million", 10**6), ("lakh", 10**5)],
    "de": [("Tsd.", 1_000), ("Mio.", 10**6), ("Mrd.", 10**9)],
    "fr": [("mille", 1_000), ("millions", 10**6)],
    "uk": [("тис.", 1_000), ("млн", 10**6), ("млрд", 10**9)],
    "sv": [("tusen", 1_000), ("miljoner", 10**6)],
    "ar": [("ألف", 1_000), ("مليون", 10**6)],
}
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
NOUNS = ["men", "танків", "soldats", "Panzer", "killed", "—", "n/a", "Unit", "도", "人", ""]
WRAPPINGS = [
    "{}",
    "<b>{}</b>",
    "<span><i>{}</i></span>",
    "<div>{}</div>",
    "<p>{}</p>",
    " {} ",
    "<a href=x>{}</a>",
    "<td>{}",
]
NEIGHBOURS = ["{}", "{}<sup>2</sup>", "{}<sup>[a]</sup>", "<img src=x>{}", "{}<br>", "<!-- 1 -->{}"]


def grouped(value: int, locale: str) -> str:
    """An integer with the thousands separator of a locale."""
    text = f"{value:,}".replace(",", SEPARATORS[locale])
    return text.translate(ARABIC_DIGITS) if locale == "ar" else text


@st.composite
def cells(draw: st.DrawFn, locale: str) -> Cell:
    """A cell with a number, a number and its multiplier, a word, or nothing."""
    value = draw(st.one_of(st.integers(1, 999), st.integers(1_000, 9_999_999)))
    kind = draw(st.sampled_from(["number", "number", "number", "multiplied", "noun", "range", "word"]))
    multipliers = MULTIPLIERS.get(locale, [])
    number: Decimal | None = Decimal(value)
    if kind == "multiplied" and multipliers and value < 1_000:
        word, factor = draw(st.sampled_from(multipliers))
        text, number = f"{grouped(value, locale)} {word}", Decimal(value * factor)
    elif kind == "noun":
        text = f"{grouped(value, locale)} {draw(st.sampled_from(NOUNS))}"
    elif kind == "word":
        text, number = draw(st.sampled_from(NOUNS)), None
    else:
        text = grouped(value, locale)
    markup = draw(st.sampled_from(NEIGHBOURS)).format(draw(st.sampled_from(WRAPPINGS)).format(text))
    return Cell(markup, number)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, set[Decimal]]:
    """A table or list in HTML, with the numbers that it shows."""
    locale = draw(st.sampled_from(sorted(SEPARATORS)))
    rows = draw(st.lists(st.lists(cells(locale), min_size=1, max_size=6), min_size=1, max_size=6))
    shape = draw(st.sampled_from(["table", "no end tags", "list", "lines", "divs", "definitions", "options", "nested"]))
    gap = draw(st.sampled_from(["", " ", "\n"]))
    spans = draw(st.sampled_from(["", " rowspan=2", " colspan=3", " rowspan=2 colspan=2"]))
    before, between, after = {
        "table": (f"<tr><td{spans}>", f"</td>{gap}<td>", "</td></tr>"),
        "no end tags": (f"<tr><th{spans}>", f"{gap}<td>", ""),
        "list": ("<ul><li>", f"</li>{gap}<li>", "</li></ul>"),
        "lines": ("", f"{gap}<br>", "<br>"),
        "divs": ("<div>", f"</div>{gap}<div>", "</div>"),
        "definitions": ("<dl><dt>", f"</dt>{gap}<dd>", "</dd></dl>"),
        "options": ("<select><option>", f"{gap}<option>", "</select>"),
        "nested": ("<tr><td><table><tr><td>", f"</td></tr></table></td>{gap}<td><table><tr><td>", "</table></td></tr>"),
    }[shape]
    body = gap.join(before + between.join(cell.markup for cell in row) + after for row in rows)
    values = {cell.value for row in rows for cell in row if cell.value is not None}
    return f"<p>{'' if shape == 'list' else '<table>'}{body}", values


@settings(max_examples=600, deadline=None)
@given(tables())
def test_all_figures_of_a_table_are_found_and_no_others(table: tuple[str, set[Decimal]]) -> None:
    source, values = table
    text = extract_text(io.BytesIO(html(source)), media_types.HTML)
    readings: set[Decimal] = set()
    for part in text.parts:
        for mention in find_numbers(part.text, part.languages):
            assert mention.readings & values or not mention.readings, (source, mention)
            readings |= mention.readings
    assert values <= readings, source
    # 1.234 and 1,234 may be decimals.
    assert all(value in values or value * 1_000 in values for value in readings), source

"""Dates in EDTF and ISO 8601 as English sentences give them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.english.edtf_parts import split_edtf, with_seconds
from app.formats.english.english_dates import format_edtf
from app.schemas.base import edtf


@pytest.mark.parametrize(
    ("text", "english", "without_times"),
    [
        ("2025-01-12", "12 January 2025", "12 January 2025"),
        ("2025-01~", "about January 2025", "about January 2025"),
        ("2025-XX", "2025", "2025"),
        ("2025-01-XX", "January 2025", "January 2025"),
        ("202X", "2020s", "2020s"),
        ("2025-21", "spring 2025", "spring 2025"),
        ("2025-21/2025-22", "spring 2025 to summer 2025", "spring 2025 to summer 2025"),
        ("2025-01-12/..", "from 12 January 2025", "from 12 January 2025"),
        ("../2025-01-12", "by 12 January 2025", "by 12 January 2025"),
        ("2025-01-12T23:00", "23:00 on 12 January 2025", "12 January 2025"),
        ("2025-01-12T23:00:30Z", "23:00 UTC on 12 January 2025", "12 January 2025"),
        ("2025-01-12T23:00+00:00", "23:00 UTC on 12 January 2025", "12 January 2025"),
        ("2025-01-12T23:00+02", "23:00 UTC+2 on 12 January 2025", "12 January 2025"),
        ("2025-01-12T23:00-03:30", "23:00 UTC−3:30 on 12 January 2025", "12 January 2025"),
        ("2025-01-12T18:00/2025-01-12T23:30", "18:00 to 23:30 on 12 January 2025", "12 January 2025"),
        ("2025-01-12T18:00Z/2025-01-12T23:30Z", "18:00 to 23:30 UTC on 12 January 2025", "12 January 2025"),
        ("2025-01-12T18:00+02/2025-01-12T23:30", "18:00 to 23:30 UTC+2 on 12 January 2025", "12 January 2025"),
        (
            "2025-01-12T18:00+02:00/2025-01-12T23:30+03:00",
            "18:00 UTC+2 to 23:30 UTC+3 on 12 January 2025",
            "12 January 2025",
        ),
        (
            "2025-01-12T18:00/2025-01-13T06:00",
            "18:00 on 12 January 2025 to 06:00 on 13 January 2025",
            "12 January 2025 to 13 January 2025",
        ),
        ("2025-01-12T18:00/..", "from 18:00 on 12 January 2025", "from 12 January 2025"),
        ("../2025-01-12T18:00Z", "by 18:00 UTC on 12 January 2025", "by 12 January 2025"),
        ("../..", "../..", "../.."),
    ],
)
def test_a_date_in_words(text: str, english: str, without_times: str) -> None:
    assert (format_edtf(text), format_edtf(text, with_times=False)) == (english, without_times)


days = st.sampled_from(["2025", "2025-01", "2025-01-12", "2025-01-12~", "2024-24", "202X", "2025-XX", "..", ""])
times = st.sampled_from(["", "T00:00", "T23:59:59", "T12:00Z", "T12:00-03:30", "T12:00:00+14"])


@given(st.lists(st.builds(str.__add__, days, times), min_size=1, max_size=2).map("/".join))
def test_every_accepted_date_has_the_day_of_its_bounds_in_every_form(text: str) -> None:
    try:
        earliest, latest = edtf.bounds(text)
    except ValueError:
        return
    edtf.bounds(with_seconds(text))
    parts = split_edtf(text)
    if parts is None:
        assert "X" in text or text == "../.."
        return
    assert parts.dates[0][0] in {earliest.year, latest.year}
    assert format_edtf(text) != text or text.isdecimal()
    assert re.search(r"\dT\d", format_edtf(text)) is None

"""Dates in EDTF (ISO 8601-2): their earliest and latest days, and which texts are refused."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.schemas.base.edtf import FIRST_MOMENT, LAST_MOMENT, OPEN, Bounds, Span, bounds, span

# The bounds are the same if the date is approximate or uncertain, and at either end of an interval.
DATES = [
    ("2025-01-12", "2025-01-12", "2025-01-12"),
    ("2024-02-29", "2024-02-29", "2024-02-29"),
    ("2024-02", "2024-02-01", "2024-02-29"),
    ("2024-12", "2024-12-01", "2024-12-31"),
    ("2023", "2023-01-01", "2023-12-31"),
    ("0001", "0001-01-01", "0001-12-31"),
    ("9999-12", "9999-12-01", "9999-12-31"),
    # seasons
    ("2024-21", "2024-03-01", "2024-05-31"),
    ("2024-22", "2024-06-01", "2024-08-31"),
    ("2024-23", "2024-09-01", "2024-11-30"),
    ("2024-24", "2024-12-01", "2024-12-31"),
    # unspecified digits, from the right
    ("202X", "2020-01-01", "2029-12-31"),
    ("20XX", "2000-01-01", "2099-12-31"),
    ("2024-XX", "2024-01-01", "2024-12-31"),
    ("2024-02-XX", "2024-02-01", "2024-02-29"),
    ("2024-XX-XX", "2024-01-01", "2024-12-31"),
]

INVALID_DATES = [
    "2025-02-30",
    "2025-13",
    "2025-00",
    "2025-01-00",
    "0000",
    "0000-01-01",
    "000X",
    "2024-21-03",
    "2024-25",
    "2024-XX-12",
    "202X-12",
    "XXXX",
    "2024-1X",
    "Y2024",
    "Y12024",
    "-0044",
    "?2024-10",
    "2024?-10",
    "2024-10?~",
    "2025-W02-1",
    "20250112",
    "12.1.2025",
    "12 January",
    "{2024,2025}",
    "[2024,2025]",
    "٢٠٢٥-٠١-١٢",
    "2025-01-12 ",
    "2025-01-12\n",
]


def bounds_of_days(earliest: str, latest: str) -> Bounds:
    return Bounds(date.fromisoformat(earliest), date.fromisoformat(latest))


@pytest.mark.parametrize("mark", ["", "~", "?", "%"])
@pytest.mark.parametrize(("text", "earliest", "latest"), DATES)
def test_the_bounds_of_a_date(text: str, mark: str, earliest: str, latest: str) -> None:
    assert bounds(text + mark) == bounds_of_days(earliest, latest)


def test_an_interval_has_the_earliest_bound_of_its_start_and_the_latest_of_its_end() -> None:
    for (start, first, _), (end, _, last) in product(DATES, DATES):
        if first <= last:
            assert bounds(f"{start}/{end}") == bounds_of_days(first, last)
        else:
            with pytest.raises(ValueError, match="must not end before it begins"):
                bounds(f"{start}/{end}")


@pytest.mark.parametrize(("text", "earliest", "latest"), DATES)
@pytest.mark.parametrize("end", ["", ".."])
def test_an_end_of_an_interval_may_be_open_or_unknown(text: str, earliest: str, latest: str, end: str) -> None:
    assert bounds(f"{end}/{text}") == bounds_of_days("0001-01-01", latest)
    assert bounds(f"{text}/{end}") == bounds_of_days(earliest, "9999-12-31")


def test_a_missing_date_has_open_bounds() -> None:
    assert bounds(None) == OPEN
    assert bounds("../..") == OPEN


@pytest.mark.parametrize(
    "moment", ["T23:59:59", "T00:00:00Z", "T12:00:00+02:00", "T12:00:00-11", "T23:00", "T00:00Z", "T23:00-14:00"]
)
def test_the_bounds_of_a_date_with_time_are_its_day(moment: str) -> None:
    assert bounds(f"2025-01-12{moment}") == bounds_of_days("2025-01-12", "2025-01-12")


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2025-01-12T18:00/2025-01-12T23:30", "2025-01-12", "2025-01-12"),
        ("2025-01-12T18:00/2025-01-12T18:00", "2025-01-12", "2025-01-12"),
        ("2025-01-12T22:00Z/2025-01-13T02:00Z", "2025-01-12", "2025-01-13"),
        ("2025-01-12T22:00+02:00/2025-01-13T02:00", "2025-01-12", "2025-01-13"),
        ("2025-01-12T22:00/..", "2025-01-12", "9999-12-31"),
        ("../2025-01-12T22:00", "0001-01-01", "2025-01-12"),
        ("2025-01/2025-01-12T22:00:30", "2025-01-01", "2025-01-12"),
        ("2025-01-12T22:00Z/2025-01", "2025-01-12", "2025-01-31"),
        # Ordered in UTC, although not as written.
        ("2025-01-13T01:00+10:00/2025-01-12T20:00Z", "2025-01-12", "2025-01-13"),
    ],
)
def test_the_bounds_of_an_interval_with_times_are_its_days(text: str, earliest: str, latest: str) -> None:
    assert bounds(text) == bounds_of_days(earliest, latest)


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-12T23:30/2025-01-12T18:00",
        "2025-01-12T18:00/2025-01-12T17:59",
        "2025-01-12T18:00Z/2025-01-12T17:59Z",
        "2025-01-12T18:00+02:00/2025-01-12T17:59",
        "2025-01-12T18:00Z/2025-01-12T18:30+02:00",
        "2025-01-13T00:00/2025-01-12",
    ],
)
def test_an_interval_with_times_must_not_end_before_it_begins(text: str) -> None:
    with pytest.raises(ValueError, match="must not end before it begins"):
        bounds(text)


def test_an_offset_at_the_end_alone_is_refused_with_the_right_form() -> None:
    with pytest.raises(ValueError, match=r"offset from UTC at the start .* 2025-01-12T18:00\+02:00/"):
        bounds("2025-01-12T18:00/2025-01-12T23:30Z")


def local(start: datetime, end: datetime, *, has_hours: bool = True) -> Span:
    return Span(start, end, is_zoned=False, has_hours=has_hours)


def utc(start: datetime, end: datetime) -> Span:
    return Span(start, end, is_zoned=True, has_hours=True)


def at(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A time in January 2025."""
    return datetime(2025, 1, day, hour, minute, second)  # noqa: DTZ001 - spans have no time zone of their own


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-12", local(at(12), at(13), has_hours=False)),
        ("2025-01-12/2025-01-13~", local(at(12), at(14), has_hours=False)),
        ("2025-01-12T18:00", local(at(12, 18), at(12, 18, 1))),
        ("2025-01-12T18:00:05", local(at(12, 18, 0, 5), at(12, 18, 0, 6))),
        ("2025-01-12T18:00/2025-01-12T23:30", local(at(12, 18), at(12, 23, 30))),
        ("2025-01-12T18:00/2025-01-12T18:00", local(at(12, 18), at(12, 18, 1))),
        ("2025-01-12/2025-01-13T06:00", local(at(12), at(13, 6))),
        ("2025-01-12T18:00/2025-01-13", local(at(12, 18), at(14))),
        ("2025-01-12T18:00Z", utc(at(12, 18), at(12, 18, 1))),
        ("2025-01-12T18:00+02:00/2025-01-12T23:30+02:00", utc(at(12, 16), at(12, 21, 30))),
        ("2025-01-12T18:00+02/2025-01-12T23:30", utc(at(12, 16), at(12, 21, 30))),
        ("2025-01-12T18:00-05:30", utc(at(12, 23, 30), at(12, 23, 31))),
        # The start of the day is in an unknown time zone.
        ("2025-01-12/2025-01-13T06:00Z", utc(at(11, 10), at(13, 6))),
        ("../2025-01-12T18:00", local(FIRST_MOMENT, at(12, 18))),
        ("2025-01-12T18:00/..", local(at(12, 18), LAST_MOMENT)),
        ("2025-01-12T18:00Z/..", utc(at(12, 18), LAST_MOMENT)),
    ],
)
def test_the_span_of_a_date_is_exact_where_the_date_is(text: str, expected: Span) -> None:
    assert span(text) == expected


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ("2025-01-12", "2025-01-12", True),
        ("2025-01-12", "2025-01-13", False),
        ("2025-01-12T18:00/2025-01-12T20:00", "2025-01-12T19:00/2025-01-12T21:00", True),
        ("2025-01-12T18:00/2025-01-12T20:00", "2025-01-12T20:00/2025-01-12T21:00", False),
        ("2025-01-12T18:00/2025-01-12T20:00", "2025-01-12", True),
        ("2025-01-12T18:00", "2025-01-12T18:00", True),
        ("2025-01-12T18:00", "2025-01-12T18:00:30", True),
        ("2025-01-12T18:00", "2025-01-12T18:01", False),
        # Both have an offset: compared in UTC.
        ("2025-01-12T18:00+02:00", "2025-01-12T16:00Z", True),
        ("2025-01-12T18:00+02:00", "2025-01-12T18:00Z", False),
        ("2025-01-13T01:00+10:00", "2025-01-12T15:00Z", True),
        # One is local time, from UTC−12 to UTC+14.
        ("2025-01-12T18:00", "2025-01-12T18:00Z", True),
        ("2025-01-12T18:00", "2025-01-12T04:00Z", True),
        ("2025-01-12T18:00", "2025-01-12T03:59Z", False),
        ("2025-01-12T18:00", "2025-01-13T06:00Z", True),
        ("2025-01-12T18:00", "2025-01-13T06:01Z", False),
        ("2025-01-12", "2025-01-13T11:59Z", True),
        ("2025-01-12", "2025-01-13T12:00Z", False),
        ("2025-01-12", "2025-01-11T10:00Z", True),
        ("2025-01-12", "2025-01-11T09:59Z", False),
        ("0001-01-01/..", "9999-12-31T23:59:59Z", True),
        ("9999-12-31", "0001-01-01T00:00:00-14:00", False),
    ],
)
def test_two_spans_are_apart_only_if_that_is_certain(first: str, second: str, overlap: bool) -> None:
    assert span(first).overlaps(span(second)) is overlap
    assert span(second).overlaps(span(first)) is overlap


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "..",
        "/..",
        "../",
        *INVALID_DATES,
        *(f"{date_text}/2025" for date_text in INVALID_DATES),
        *(f"../{date_text}" for date_text in INVALID_DATES),
        "2025-01-12/2025-01-13/2025-01-14",
        *(
            f"2025-01-12{date_text}"
            for date_text in ("T12", "T24:00", "T12:60", "T12:60:00Z", "T12:00+25:00", "T12:00-14:01", "T12:00:00~")
        ),
        "2025-01T12:00",
        "2025-01-12T18:00/23:30",
        "2025-01-12T18:00/T23:30",
        "2025-01-12T18:00/PT2H",
    ],
)
def test_an_invalid_date_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an EDTF date.* 2024-10/2025-01 "):
        bounds(text)


@given(st.dates(), st.dates())
def test_every_day_and_every_interval_of_days_is_accepted(start: date, end: date) -> None:
    first, last = sorted((start, end))
    assert bounds(str(first)) == (first, first)
    assert bounds(f"{first}/{last}") == (first, last)


@given(st.dates(max_value=date.max - timedelta(days=31)))
def test_a_month_ends_on_the_day_before_the_next_month(day: date) -> None:
    earliest, latest = bounds(str(day)[:7])
    assert (earliest.day, (latest + timedelta(days=1)).day) == (1, 1)
    assert earliest <= day <= latest < earliest + timedelta(days=31)


dates_and_others = st.one_of(
    st.sampled_from([date_text for date_text, _, _ in DATES]), st.sampled_from([*INVALID_DATES, "", ".."])
)
ends = st.builds(
    str.__add__,
    dates_and_others,
    st.sampled_from(["", "~", "?", "%", "X", "-", "T12:00:00Z", "T12:00", "T23:59+14:00", "T00:00-12"]),
)


@given(st.lists(ends, min_size=1, max_size=3).map("/".join))
def test_any_text_is_a_valid_date_or_refused(text: str) -> None:
    try:
        earliest, latest = bounds(text)
    except ValueError as error:
        assert "EDTF" in str(error) or str(error) == "must not end before it begins"  # noqa: PT017 - either is right
    else:
        assert earliest <= latest
        whole = span(text)
        assert whole.start < whole.end
        assert whole.overlaps(whole)
        if not whole.has_hours:
            assert (whole.start.date(), whole.is_zoned) == (earliest, False)

"""Values of third-party files: days, counts and slugs."""

from datetime import date

import pytest

from app.formats.english.english_dates import format_day
from app.formats.parsing import lenient_values
from app.formats.readers.slugs import slugify


def test_only_complete_iso_dates_are_days() -> None:
    days = ("2024-02-29", "2023-02-29", "2024-2-9", None, 20240229)
    assert [lenient_values.is_day(day) for day in days] == [True, False, False, False, False]
    assert format_day(date(2024, 11, 3)) == "3 November 2024"


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2018-06-15", "2018-06-15"),
        (" 2018-06-15T23:30:00+0200", "2018-06-15"),
        ("2018-06-15 10:00", "2018-06-15"),
        ("2018-06-15x", None),
        ("2018-06-31", None),
        (20180615, None),
    ],
)
def test_the_day_is_taken_from_a_date_or_timestamp(value: object, day: str | None) -> None:
    assert lenient_values.parse_day(value) == day


def test_counts_are_integers_below_a_hundred_billion() -> None:
    assert [lenient_values.is_count(count) for count in (0, 10**11 - 1)] == [True, True]
    assert not any(lenient_values.is_count(count) for count in (-1, 10**11, True, 1.0, "1", None))


def test_slugs_are_lower_case_words_joined_by_hyphens() -> None:
    assert slugify("Trucks, Vehicles, and Jeeps ") == "trucks-vehicles-and-jeeps"

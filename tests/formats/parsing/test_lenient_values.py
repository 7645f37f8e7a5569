"""Values of other people's files, and the words that days and names are given."""

from datetime import date

import pytest

from app.formats.english.wording import in_words, slug
from app.formats.parsing import lenient_values


def test_days() -> None:
    days = ("2024-02-29", "2023-02-29", "2024-2-9", None, 20240229)
    assert [lenient_values.is_day(day) for day in days] == [True, False, False, False, False]
    assert in_words(date(2024, 11, 3)) == "3 November 2024"


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2018-06-15", "2018-06-15"),
        (" 2018-06-15T23:30:00+0200", "2018-06-15"),
        ("2018-06-15 10:00", "2018-06-15"),
        ("2018-06-15x", None),
        ("2018-06-31", None),
        (20180615, None),
    ],
)
def test_the_day_of_a_date_or_time(given: object, day: str | None) -> None:
    assert lenient_values.day(given) == day


def test_counts() -> None:
    assert [lenient_values.is_count(count) for count in (0, 10**11 - 1)] == [True, True]
    assert not any(lenient_values.is_count(count) for count in (-1, 10**11, True, 1.0, "1", None))


def test_parts_of_keys() -> None:
    assert slug("Trucks, Vehicles, and Jeeps ") == "trucks-vehicles-and-jeeps"

"""Days and names in the words of a record: in its sentences and in its keys."""

import re
from datetime import date

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def in_words(day: date) -> str:
    """A day as an English sentence gives it: 3 November 2024."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def slug(text: str) -> str:
    """A text as a part of a key: small letters and digits of any script, with hyphens between words."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")

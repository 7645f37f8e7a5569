"""EDTF dates (ISO 8601-2:2019, levels 0 and 1) split into years, months and days for formats without EDTF."""

import re
from typing import NamedTuple

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([?~%]?)")
_FIRST_SEASON, _LAST_SEASON = 21, 24


class EdtfParts(NamedTuple):
    """The parts of a date, or of an interval between two dates."""

    dates: tuple[tuple[int, ...], ...]
    """One date, or the start and end of an interval; each is a year, a year and month, or a year, month and day."""
    season: int | None
    """Season of that year, from 1 (spring) to 4 (winter); None if the date is not a season."""
    uncertain: bool
    """True if any date is uncertain (`?`), approximate (`~`) or both (`%`)."""


def split_edtf(edtf: str) -> EdtfParts | None:
    """Split an EDTF date into its parts; None if it has an open end or unspecified digits, or is not a date."""
    matches = [_split_date(date) for date in edtf.split("/")]
    dates = tuple(match[0] for match in matches if match is not None)
    if len(dates) < len(matches) or len(matches) > 2:  # noqa: PLR2004 - an interval has two ends
        return None
    seasons = [date[1] - _FIRST_SEASON + 1 for date in dates if len(date) > 1 and date[1] >= _FIRST_SEASON]
    if seasons and len(dates) > 1:
        return None
    if seasons:
        dates = (dates[0][:1],)
    return EdtfParts(dates, seasons[0] if seasons else None, any(match is not None and match[1] for match in matches))


def _split_date(text: str) -> tuple[tuple[int, ...], bool] | None:
    """Return the numbers of one date and whether it is uncertain; None if it has no such parts."""
    match = _DATE.fullmatch(text)
    if match is None or (match[2] and 12 < int(match[2]) < _FIRST_SEASON) or int(match[2] or 1) > _LAST_SEASON:  # noqa: PLR2004 - months
        return None
    return tuple(int(number) for number in match.groups()[:3] if number), bool(match[4])

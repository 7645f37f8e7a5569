"""Dates in EDTF (ISO 8601-2:2019, levels 0 and 1) taken apart, for formats that have years, months and days."""

import re
from typing import NamedTuple

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([?~%]?)")
_FIRST_SEASON, _LAST_SEASON = 21, 24


class Parts(NamedTuple):
    """A date or a span of two."""

    dates: tuple[tuple[int, ...], ...]
    """Year; year and month; or year, month and day. A second one where it is a span."""
    season: int | None
    """1 (spring) to 4 (winter) of that year."""
    uncertain: bool
    """Uncertain, approximate, or both."""


def parts(edtf: str) -> Parts | None:
    """A date taken apart; None for one that has no such parts (an open end, digits left out)."""
    found = [_one(part) for part in edtf.split("/")]
    dates = tuple(one[0] for one in found if one is not None)
    if len(dates) < len(found) or len(found) > 2:  # noqa: PLR2004 - a span has two ends
        return None
    seasons = [date[1] - _FIRST_SEASON + 1 for date in dates if len(date) > 1 and date[1] >= _FIRST_SEASON]
    if seasons and len(dates) > 1:
        return None
    if seasons:
        dates = (dates[0][:1],)
    return Parts(dates, seasons[0] if seasons else None, any(one is not None and one[1] for one in found))


def _one(text: str) -> tuple[tuple[int, ...], bool] | None:
    found = _DATE.fullmatch(text)
    if found is None or (found[2] and 12 < int(found[2]) < _FIRST_SEASON) or int(found[2] or 1) > _LAST_SEASON:  # noqa: PLR2004 - months
        return None
    return tuple(int(part) for part in found.groups()[:3] if part), bool(found[4])

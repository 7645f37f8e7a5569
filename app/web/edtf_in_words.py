"""EDTF dates (ISO 8601-2:2019, levels 0 and 1) in the words of a language other than English."""

from datetime import date
from typing import Protocol

from babel.dates import get_month_names

from app.formats.english.edtf_parts import EdtfEnd, split_end

_OPEN_ENDS = ("", "..")


class Words(Protocol):
    """What this module needs of a localization."""

    @property
    def language(self) -> str:
        """The BCP 47 tag of the language."""

    def gettext(self, sentence: str) -> str:
        """Return the sentence in the language."""

    def day(self, day: date | str, *, short: bool = False) -> str:
        """Return a day in the language."""


def localize_edtf(text: str, words: Words) -> str:
    """Return an EDTF date in the language; a date that cannot be put into words is returned unchanged."""
    _ = words.gettext
    start, slash, end = text.partition("/")
    if slash and start in _OPEN_ENDS and end not in _OPEN_ENDS:
        return _("by {date}").format(date=localize_edtf(end, words))
    if slash and end in _OPEN_ENDS and start not in _OPEN_ENDS:
        return _("from {date}").format(date=localize_edtf(start, words))
    ends = [split_end(part) for part in ([start, end] if slash else [start])]
    known = [part for part in ends if part is not None]
    if len(known) < len(ends):
        return text
    parts = list(dict.fromkeys(_end(part, words) for part in known))
    joined = _("{start} to {end}").format(start=parts[0], end=parts[1]) if len(parts) > 1 else parts[0]
    return _("about {date}").format(date=joined) if any(part.uncertain for part in known) else joined


def _end(part: EdtfEnd, words: Words) -> str:
    _ = words.gettext
    year, month, day = (*part.numbers, 0, 0)[:3]
    if part.season is not None:
        season = (_("spring {year}"), _("summer {year}"), _("autumn {year}"), _("winter {year}"))[part.season - 1]
        return season.format(year=year)
    if day:
        text = words.day(date(year, month, day))
    elif month:
        text = f"{get_month_names('wide', context='stand-alone', locale=words.language)[month]} {year}"
    else:
        text = str(year)
    return text if part.time is None else f"{text}, {part.time}{' UTC' if part.offset else ''}"

"""The languages of the pages: translated sentences, and dates, numbers and counts as each language writes them.

Sentences are English in the code and templates. The catalogue `i18n/<language>/messages.po` translates them; it is
read when a language is first used, so that there is no step of compiling it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from app.formats.english.english_dates import format_edtf
from app.web.edtf_in_words import localize_edtf

CATALOGUES = Path(__file__).with_name("i18n")

LANGUAGES: Sequence[str] = ("en", "uk")
"""The languages of the pages; the first one is that of addresses without a prefix."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "ckb", "dv"})
"""Languages that are written from right to left."""


@dataclass(frozen=True)
class Localization:
    """A language of the pages, and how it writes what varies."""

    language: str
    """Its BCP 47 tag: `en` or `uk`."""
    translations: NullTranslations

    @property
    def prefix(self) -> str:
        """What the addresses of pages in this language begin with: nothing, or `/uk`."""
        return "" if self.language == LANGUAGES[0] else f"/{self.language}"

    def gettext(self, sentence: str) -> str:
        """Return the sentence in this language."""
        return self.translations.gettext(sentence)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Return the sentence in the form that this language has for the count."""
        return self.translations.ngettext(singular, plural, count)

    def number(self, value: float | Decimal) -> str:
        """Return a number with the separators of this language: '11,000', '11 000', '12.5'."""
        return str(format_decimal(value, locale=_locale(self.language), decimal_quantization=False))

    def small_number(self, value: int) -> str:
        """Return a count for a sentence: in words below ten, as newspapers write it, where the language allows it."""
        words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
        return words[value] if self.language == "en" and value < len(words) else self.number(value)

    def day(self, day: date | str, *, short: bool = False) -> str:
        """Return a day: '12 January 2025', or '12 Jan 2025' for tables."""
        value = date.fromisoformat(day[:10]) if isinstance(day, str) else day
        if self.language == "en":
            return f"{value.day} {format_date(value, 'MMM' if short else 'MMMM', locale='en')} {value.year}"
        return str(format_date(value, "d MMM y" if short else "d MMMM y", locale=_locale(self.language)))

    def moment(self, moment: datetime | str, *, short: bool = False) -> str:
        """Return the day and the time of a moment, in UTC: '12 January 2025, 18:00 UTC'."""
        value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        utc = value.astimezone(UTC)
        return f"{self.day(utc.date(), short=short)}, {format_time(utc, 'HH:mm', locale=_locale(self.language))} UTC"

    def edtf(self, text: str) -> str:
        """Return an EDTF date in words: 'about January 2025', 'by 12 January 2025'."""
        return format_edtf(text) if self.language == "en" else localize_edtf(text, self)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("en_GB" if language == "en" else language)


@cache
def localization_of(language: str) -> Localization:
    """The localization for one of `LANGUAGES`."""
    if language == LANGUAGES[0]:
        return Localization(language, NullTranslations())
    with (CATALOGUES / language / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Localization(language, GNUTranslations(compiled))


def language_of_path(path: str) -> str:
    """The language of the page at this path."""
    first = path[1:].partition("/")[0]
    return first if first in LANGUAGES[1:] else LANGUAGES[0]


def direction_of(language: str | None) -> str:
    """The writing direction of a text in this language: `rtl`, `ltr`, or `auto` if the language is not known."""
    if language is None:
        return "auto"
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"

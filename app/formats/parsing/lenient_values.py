"""Values as other people's files hold them: whether they will do, and what can be made of them."""

import json
import re
from datetime import date
from html import unescape

from pydantic import TypeAdapter, ValidationError

from app.schemas.base.fields import LONGEST_URL, Language, Url

_URL: TypeAdapter[str] = TypeAdapter(Url)
_LANGUAGE: TypeAdapter[str] = TypeAdapter(Language)

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_AND_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?=$|[T\s])")
_BARE_ADDRESS = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-zA-Z]{2,}([/?#]\S*)?")
_HOST = re.compile(r"https?://([^/?#:]+)")
_TOO_MANY = 10**11


def is_day(value: object) -> bool:
    """True for a text that is a day of the calendar, as 2025-01-12."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_count(value: object) -> bool:
    """True for a whole number that something can be counted with, zero among them."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_MANY


def text(value: object, *, keep_lines: bool = False) -> str | None:
    """A text without HTML entities and needless blanks; None for anything else, and for nothing."""
    if not isinstance(value, str):
        return None
    plain = unescape(value).strip()
    return (plain if keep_lines else " ".join(plain.split())) or None


def as_written(value: object) -> str | None:
    """A text exactly as it is; a number as its JSON; None for what is empty, or neither."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    return None


def day(value: object) -> str | None:
    """The day that a date or time speaks of, at its own place; None if it is none."""
    found = _DAY_AND_TIME.match(value.strip()) if isinstance(value, str) else None
    return found[1] if found and is_day(found[1]) else None


def address(value: object) -> str | None:
    """An http or https address, made whole if only its scheme is missing; None if it is none."""
    given = value.strip() if isinstance(value, str) else ""
    if len(given) <= LONGEST_URL and _BARE_ADDRESS.fullmatch(given):  # of a longer one it would keep every dot
        given = f"https://{given}"
    try:
        return _URL.validate_python(given)
    except ValidationError:
        return None


def host(whole: str) -> str:
    """The host of an address, in small letters; empty if it has none."""
    found = _HOST.match(whole)
    return found[1].lower() if found else ""


def language(value: object) -> str | None:
    """A language tag, as such or as the `alternateName` of a schema.org Language; None if it is none."""
    given = value.get("alternateName") if isinstance(value, dict) else value
    try:
        return _LANGUAGE.validate_python(given)
    except ValidationError:
        return None

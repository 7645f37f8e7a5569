"""Lenient parsing of values in third-party files: texts, days, counts, URLs and language tags."""

import json
import re
from datetime import date
from html import unescape

from pydantic import TypeAdapter, ValidationError

from app.schemas.base.fields import MAX_URL_LENGTH, Language, Url

_URL: TypeAdapter[str] = TypeAdapter(Url)
_LANGUAGE: TypeAdapter[str] = TypeAdapter(Language)

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_AND_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?=$|[T\s])")
_URL_WITHOUT_SCHEME = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-zA-Z]{2,}([/?#]\S*)?")
_HOST = re.compile(r"https?://([^/?#:]+)")
_COUNT_LIMIT = 10**11
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|ul|ol|li|h[1-6]|blockquote|tr|td|table)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|cite|em|font|i|mark|q|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>", re.IGNORECASE
)


def is_day(value: object) -> bool:
    """True for a string that is a calendar day in ISO 8601, such as 2025-01-12."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_count(value: object) -> bool:
    """True for an int from 0 up to, but not including, 10**11; False for a bool."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _COUNT_LIMIT


def clean_text(value: object, *, keep_lines: bool = False) -> str | None:
    """Return a string without HTML tags, with its entities decoded and whitespace collapsed; None if it is empty or not
    a string.

    `keep_lines` removes whitespace only at the ends. Only tags of HTML are removed, so that "a < b" stays.
    """
    if not isinstance(value, str):
        return None
    # Tags are often escaped as well: `&lt;p&gt;`.
    plain = _without_tags(unescape(_without_tags(value))).strip()
    return (plain if keep_lines else " ".join(plain.split())) or None


def _without_tags(text: str) -> str:
    return _INLINE_TAG.sub("", _BLOCK_TAG.sub(" ", text)) if "<" in text else text


def verbatim_text(value: object) -> str | None:
    """Return a string unchanged and a number as JSON; None for an empty string and any other value."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    return None


def parse_day(value: object) -> str | None:
    """Return the local day of an ISO 8601 date or date-time, as 2025-01-12; None if the value is neither."""
    match = _DAY_AND_TIME.match(value.strip()) if isinstance(value, str) else None
    return match[1] if match and is_day(match[1]) else None


def parse_url(value: object) -> str | None:
    """Return an http or https URL, with `https://` put before it if the scheme is missing; None if it is not a URL."""
    url = value.strip() if isinstance(value, str) else ""
    # The length is checked first, because the pattern records a backtracking position for every dot of a long text.
    if len(url) <= MAX_URL_LENGTH and _URL_WITHOUT_SCHEME.fullmatch(url):
        url = f"https://{url}"
    try:
        return _URL.validate_python(url)
    except ValidationError:
        return None


def url_host(url: str) -> str:
    """Return the host of a URL in lower case; empty if it has none."""
    match = _HOST.match(url)
    return match[1].lower() if match else ""


def parse_language_tag(value: object) -> str | None:
    """Return a BCP 47 language tag, from a string or a schema.org Language's `alternateName`; None if invalid."""
    tag = value.get("alternateName") if isinstance(value, dict) else value
    try:
        return _LANGUAGE.validate_python(tag)
    except ValidationError:
        return None

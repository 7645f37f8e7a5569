"""Types of the parameters of pages, which people type into forms."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from app.schemas.base.fields import Schema
from app.schemas.query_parameters import AsOf

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def end_of_day(value: Any) -> Any:
    """A day in a form means what was known by its end; today means now. An empty field means nothing."""
    if value == "":
        return None
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return value
    try:
        end = datetime.fromisoformat(value).replace(tzinfo=UTC) + timedelta(days=1) - timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return value
    now = datetime.now(UTC)
    if end <= now:
        return end.isoformat()
    return None if end - now < timedelta(days=1) else value


PageMoment = Annotated[AsOf | None, BeforeValidator(end_of_day)]
"""A moment; a day alone means its end, because a reader who asks what was known on a day means all of it."""


class PastQuery(Schema):
    """Parameters of the page of an object."""

    as_of: PageMoment | None = None
    """Show the object as it was on record at this moment, or at the end of this day (UTC)."""


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _without_unstorable_characters(text: str) -> str:
    if _UNSTORABLE.search(text):
        raise ValueError("must not contain NUL or unpaired surrogates")
    return text


FormText = Annotated[str, AfterValidator(_without_unstorable_characters)]
"""A field of a form as it was sent. What it means is checked when the query is made from it."""

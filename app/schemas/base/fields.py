"""Building blocks of all shapes: kinds of text, references, the rules that every shape follows."""

import math
import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from app.schemas.base import edtf
from app.schemas.base.described import Described

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_BREAKS = re.compile(r"[\r\n\t\x85\u2028\u2029]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_URL = re.compile(r"https?://[^\s/?#@<>\"\\^`{|}]+([/?#][^\s<>\"\\^`{|}]*)?")


def _clean(text: str) -> str:
    if text.isprintable():
        return text  # as nearly every text is: nothing of what follows is printable
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    if _SURROGATES.search(text):
        raise ValueError("must not contain lone surrogates")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    if _BREAKS.search(text):
        raise ValueError("must be a single line")
    return _clean(text)


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("must be a BCP 47 language tag such as en, uk, ko or zh-Hant")
    return text


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError("must be a whole http or https address, without blanks or a user name")
    return _clean(text)


def _edtf(text: str) -> str:
    edtf.bounds(text)
    return text


def _storable(kept: dict[str, Any]) -> dict[str, Any]:
    waiting: list[Any] = [kept]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and _NO_TEXT.search(item):
            raise ValueError("must not contain NUL or half of a pair of surrogates")
        elif isinstance(item, float) and not math.isfinite(item):
            raise ValueError("must not contain NaN or Infinity")
    return kept


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_one_line)]
"""A single line of up to 500 characters."""

LongLine = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(_one_line)
]
"""A single line that may run to 20,000 characters, as some titles do."""

Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50_000), AfterValidator(_clean)
]
"""Text of up to 50,000 characters that may break lines."""

Verbatim = Annotated[str, StringConstraints(min_length=1, max_length=50_000), AfterValidator(_clean)]
"""Somebody else's words, kept as they are, blanks at the ends included."""

LONGEST_URL = 2_000
"""Most characters of an address."""

Url = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_URL), AfterValidator(_url)]
"""An http or https address."""

Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_language)]
"""A language tag of BCP 47."""

Edtf = Annotated[str, StringConstraints(strip_whitespace=True, max_length=edtf.MAX_LENGTH), AfterValidator(_edtf)]
"""A date in EDTF."""

Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_one_line)]
"""The name of an object in the file that it comes from."""

Ref = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_one_line)]
"""An object by its id, or by the key under which it was imported."""

Kept = Annotated[dict[str, Any], AfterValidator(_storable)]
"""An object of JSON, kept as it came: anything that a database can store."""

Moment = Annotated[datetime, PlainSerializer(lambda moment: moment.isoformat().replace("+00:00", "Z"))]
"""A moment in UTC, RFC 3339."""


def _only_a_day(value: Any) -> Any:
    # Pydantic would also take a number and call it a moment of 1970.
    if isinstance(value, (int, float)):
        raise ValueError("must be a day such as 2025-01-12")
    return value


Day = Annotated[date, BeforeValidator(_only_a_day)]
"""A day, ISO 8601."""


def _only_digits(value: Any) -> Any:
    # Pydantic would also read "1.0", "1_0" and " +1": one thing would have many addresses.
    if isinstance(value, str) and not re.fullmatch(r"0|-?[1-9][0-9]*", value):
        raise ValueError("must be a whole number, in digits")
    return value


Whole = Annotated[int, BeforeValidator(_only_digits)]
"""A whole number in an address."""


# Shapes are built when they are first used (`defer_build`): most starts and commands need few of them.


class Schema(Described):
    """Base of every shape: an unknown field is an error, and nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Read(Described):
    """Base of every shape that goes out: all fields are always there."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Identified(Read):
    """What has an address of its own."""

    id: str = Field(examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Opaque identifier; sorts by the time it was made."""


class Stamp(Identified):
    """What every recorded object carries."""

    key: str | None
    """Name of the object in the file it was imported from."""
    version: int = Field(examples=[1])
    """1 for the first version, one more for each change."""
    recorded_at: Moment
    """When this version was recorded, UTC."""


class Recording(Schema):
    """What is asked of whoever records something."""

    reason: Prose = Field("Recorded.", examples=["Reported at the ministry's briefing."])
    """Why it is recorded, for every reader of the history."""


class Correction(Schema):
    """A correction: the fields that change, and why. A field left out stays as it is.

    Null empties a field, and `[]` a list.
    """

    reason: Prose = Field(examples=["The ministry corrected its own figure on 14 January."])
    """Why, for every reader of the history."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Make every inherited field optional; the whole is checked once the correction is laid over the object."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            if name != "reason":
                field.default = None
                field.default_factory = None
                # What checks a value must not be asked about null: it goes with the type, into the union.
                checked = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
                field.annotation = checked | None  # type: ignore[assignment,operator]  # X | None at run time
                field.metadata = []

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, without the reason."""
        return self.model_dump(exclude_unset=True, exclude={"reason"})


Item = TypeVar("Item")


class Page(Read, Generic[Item]):
    """One page of a list."""

    # Pydantic gives a docstring to the shape itself only, not to the page of something.
    model_config = ConfigDict(json_schema_extra={"description": "One page of a list."})

    items: list[Item]
    """The objects, in the order asked for."""
    next: str | None = Field(examples=[None])
    """Cursor of the next page; null on the last."""

"""Building blocks of all schemas: text types, references, dates, and the base classes that set the common rules."""

import math
import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from app.schemas.base import edtf
from app.schemas.base.described import Described

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DIRECTION = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Embeddings, overrides and isolates of the Unicode Bidirectional Algorithm (UAX 9). Marks (LRM, RLM) are not here."""
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)
)
_DECEPTIVE = re.compile(f"[{_DIRECTION}{_NONCHARACTERS}]")
_BREAKS = re.compile(r"[\r\n\t\x85\u2028\u2029]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_UNENCODED = re.compile(r"[<>{}|\"\\^`]")
_URL = re.compile(r"https?://[^\s/?#@<>\"\\^`{|}]+([/?#][^\s<>\"\\^`{|}]*)?")


def _clean(text: str) -> str:
    if text.isprintable():
        return text  # fast path: the checks below concern only characters that are not printable
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    if _SURROGATES.search(text):
        raise ValueError("must not contain unpaired surrogates")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    if _BREAKS.search(text):
        raise ValueError("must be a single line")
    return _clean(text)


def _own_words(text: str) -> str:
    """Check words of our own, which nobody needs to keep as they are; verbatim words of others are kept."""
    if text.isprintable():
        return text
    if match := _DECEPTIVE.search(text):
        kind = "changes the direction of text" if match[0] in _DIRECTION else "is no character of Unicode"
        raise ValueError(
            f"must not contain U+{ord(match[0]):04X}, which {kind} and can make words look like others; leave it out. "
            "Words of others may contain it, in quotes and verbatim figures"
        )
    return _clean(text)


def _own_line(text: str) -> str:
    return _own_words(_one_line(text))


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("must be a BCP 47 language tag such as en, uk, ko or zh-Hant")
    return text


def _url(text: str) -> str:
    # RFC 3986 does not allow these, but old DOIs have them, and browsers encode them in the same way.
    scheme, separator, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    text = f"{scheme}{separator}{host}{slash}{_UNENCODED.sub(lambda match: f'%{ord(match[0]):02X}', path)}"
    if not _URL.fullmatch(text):
        raise ValueError("must be a complete http or https address without spaces or a user name")
    return _clean(text)


def _edtf(text: str) -> str:
    edtf.bounds(text)
    return text


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    # A stack, not recursion: the depth of the input is up to the client.
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str) and _UNSTORABLE.search(item):
            raise ValueError("must not contain NUL or unpaired surrogates")
        elif isinstance(item, float) and not math.isfinite(item):
            raise ValueError("must not contain NaN or Infinity")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_own_line)]
"""A single line of up to 500 characters."""

LongLine = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(_one_line)
]
"""A single line of up to 20,000 characters; some titles are that long."""

Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50_000), AfterValidator(_own_words)
]
"""Text of up to 50,000 characters that may contain line breaks."""

Verbatim = Annotated[str, StringConstraints(min_length=1, max_length=50_000), AfterValidator(_clean)]
"""Somebody else's words, kept verbatim, including leading and trailing whitespace."""

MAX_URL_LENGTH = 2_000
"""Maximum length of an address, in characters."""

Url = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_URL_LENGTH), AfterValidator(_url)]
"""An http or https address."""

Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_language)]
"""A BCP 47 language tag."""

Edtf = Annotated[str, StringConstraints(strip_whitespace=True, max_length=edtf.MAX_LENGTH), AfterValidator(_edtf)]
"""A date in EDTF."""

Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_own_line)]
"""The key of an object in the file that it was imported from."""

Ref = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_one_line)]
"""A reference to an object: its id, or the key under which it was imported."""

StoredJson = Annotated[dict[str, Any], AfterValidator(_storable)]
"""A JSON object kept as it was received, limited to what both databases can store."""

Timestamp = Annotated[datetime, PlainSerializer(lambda moment: moment.isoformat().replace("+00:00", "Z"))]
"""A timestamp in UTC, RFC 3339."""


def _no_number(value: Any) -> Any:
    # Pydantic would accept a number as seconds since 1970.
    if isinstance(value, (int, float)):
        raise ValueError("must be a day such as 2025-01-12")
    return value


Day = Annotated[date, BeforeValidator(_no_number)]
"""A calendar day, ISO 8601."""


def _only_digits(value: Any) -> Any:
    # Pydantic would also accept "1.0", "1_0" and " +1", so that one object had many addresses.
    if isinstance(value, str) and not re.fullmatch(r"0|-?[1-9][0-9]*", value):
        raise ValueError("must be a whole number in digits")
    return value


StrictInteger = Annotated[int, BeforeValidator(_only_digits)]
"""A whole number in a path or query, in its canonical form only."""


# Schemas are built on first use (`defer_build`): most processes and commands need only a few of them.


class Schema(Described):
    """Base of all input schemas: an unknown field is an error, and nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Read(Described):
    """Base of all output schemas: every field is always present."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Identified(Read):
    """Base of objects that have an address of their own."""

    id: str = Field(examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Opaque identifier. Identifiers sort by the time at which they were created."""


class Stamp(Identified):
    """Fields that every recorded object has."""

    key: str | None
    """Key that identifies the object in import files, in addition to its id; null if it has none."""
    version: int = Field(examples=[1])
    """Version number: 1 for the first version, and one more for each change."""
    recorded_at: Timestamp
    """When this version was recorded, UTC."""


class RecordRequest(Schema):
    """Base of requests that record a new object."""

    reason: Prose = Field("Recorded.", examples=["Reported at the ministry's briefing."])
    """Why the object is recorded. It is shown to readers of the history."""


class Correction(Schema):
    """A correction: the fields that change, and why.

    Fields that are left out stay unchanged. `null` clears a field, `[]` clears a list.
    """

    reason: Prose = Field(examples=["The ministry corrected its own figure on 14 January."])
    """Why the object is corrected. It is shown to readers of the history."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Make every inherited field optional; the corrected object is validated as a whole afterwards."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            if name != "reason":
                field.default = None
                field.default_factory = None
                # Validators must not see null, so they move into the union together with the type.
                validated = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
                field.annotation = validated | None  # type: ignore[assignment,operator]  # X | None at run time
                field.metadata = []

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent, without the reason."""
        return self.model_dump(exclude_unset=True, exclude={"reason"})


Item = TypeVar("Item")


class Page(Read, Generic[Item]):
    """One page of a list."""

    # Pydantic uses the docstring for `Page` only, not for `Page[Item]`.
    model_config = ConfigDict(json_schema_extra={"description": "One page of a list."})

    items: list[Item]
    """The objects, in the requested order."""
    next: str | None = Field(examples=[None])
    """Cursor of the next page; null on the last page."""

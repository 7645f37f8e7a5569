"""Wikidata QuickStatements, version 1: commands that create an item for each cited document.

A command is one line with tab-separated parts. A text is in quotation marks and needs no escaping, because only tabs
and line breaks could end it, and these are replaced. A document that is cited several times is created once.

The output respects Wikidata's limits: a title of more than 1,500 characters is left out, and labels are cut at 250.
A date is as precise as the record: a day, month or year; for a span the smallest year, decade or century around it,
with its ends as qualifiers; and `circa` for an approximate date. An open span gives no date. A language is set only if
its item is unambiguous (the table below). Authors are strings, because only a person can say who they are.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.english.edtf_parts import split_edtf
from app.schemas.files.citation import Citation, Rendering

_MAX_TITLE_LENGTH = 1_500
_MAX_LABEL_LENGTH = 250
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WEB_URL = re.compile(r"https?://[^\s\"]+")
_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})*")
_REGIONAL_TAGS = frozenset(
    {"zh-cn", "zh-hans", "zh-hant", "zh-hk", "zh-mo", "zh-my", "zh-sg", "zh-tw", "de-at", "de-ch", "en-ca", "en-gb"}
    | {"en-us", "pt-br", "es-419", "fr-ca", "be-tarask", "nds-nl", "sr-ec", "sr-el", "kk-cyrl", "kk-latn", "kk-arab"}
)
"""Tags with a region or script that Wikidata has as languages of their own; of others it has the language only."""
_LANGUAGES: Mapping[str, str] = {
    "ar": "Q13955",
    "be": "Q9091",
    "de": "Q188",
    "en": "Q1860",
    "es": "Q1321",
    "fa": "Q9168",
    "fr": "Q150",
    "he": "Q9288",
    "it": "Q652",
    "ja": "Q5287",
    "ko": "Q9176",
    "nl": "Q7411",
    "pl": "Q809",
    "pt": "Q5146",
    "ru": "Q7737",
    "tr": "Q256",
    "uk": "Q8798",
    "zh": "Q7850",
}
_INSTANCE_OF, _TITLE, _AUTHOR_NAME, _PUBLISHED, _LANGUAGE = "P31", "P1476", "P2093", "P577", "P407"
_FULL_WORK, _ARCHIVE_URL, _ARCHIVE_DATE, _RETRIEVED, _DESCRIBED_AT = "P953", "P1065", "P2960", "P813", "P973"
_EARLIEST, _LATEST, _CIRCUMSTANCES, _CIRCA = "P1319", "P1326", "P1480", "Q5727902"
_KINDS: Mapping[str, str] = {"article-newspaper": "Q5707594", "webpage": "Q36774"}
"""The items for news article and web page. The description states the kind of any other document."""

_DESCRIPTIONS: Mapping[str, str] = {
    "article-newspaper": "news article",
    "post": "post on social media",
    "motion_picture": "video",
    "broadcast": "audio recording",
    "graphic": "photograph",
    "report": "report",
    "dataset": "data set",
    "webpage": "web page",
}
_CENTURY, _DECADE, _YEAR, _MONTH = 7, 8, 9, 10


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """Write the commands for each cited document, once per document."""
    created: set[str] = set()
    for citation in citations:
        if citation.key not in created:
            created.add(citation.key)
            yield "".join("\t".join(command) + "\n" for command in _commands(citation))


def _commands(citation: Citation) -> Iterator[tuple[str, ...]]:
    yield ("CREATE",)
    tag = (citation.language or "").lower()
    language = tag if tag in _REGIONAL_TAGS else tag.partition("-")[0] if _TAG.fullmatch(tag) else ""
    if citation.title is not None:
        # `mul` is Wikidata's code for all languages.
        yield "LAST", f"L{language.partition('-')[0] or 'mul'}", _text(_cut(citation.title))
    kind = citation.genre or _DESCRIPTIONS.get(citation.type, "document")
    description = kind if citation.issued is None else f"{kind}, {citation.issued}"
    yield "LAST", "Den", _text(_cut(description))
    if citation.type in _KINDS:
        yield "LAST", _INSTANCE_OF, _KINDS[citation.type]
    if citation.title is not None and len(citation.title) <= _MAX_TITLE_LENGTH:
        yield "LAST", _TITLE, f"{language or 'und'}:{_text(citation.title)}"
    for name in citation.authors:
        yield "LAST", _AUTHOR_NAME, _text(_name(name))
    yield from (("LAST", _PUBLISHED, *value) for value in _published(citation.issued))
    language_item = _LANGUAGES.get(language.partition("-")[0])
    if language_item is not None:
        yield "LAST", _LANGUAGE, language_item
    if citation.url is not None and _WEB_URL.fullmatch(citation.url):
        yield "LAST", _FULL_WORK, _text(citation.url), *_archive_references(citation)
    yield "LAST", _DESCRIBED_AT, _text(citation.address)


def _archive_references(citation: Citation) -> Iterator[str]:
    """Qualifiers of the URL: its archived copy, and the day on which the document was seen."""
    if citation.archive_url is not None and _WEB_URL.fullmatch(citation.archive_url):
        yield from (_ARCHIVE_URL, _text(citation.archive_url))
        if citation.archived is not None:
            yield from (_ARCHIVE_DATE, _wikidata_time(_day(citation.archived)))
    if citation.accessed is not None:
        yield from (_RETRIEVED, _wikidata_time(_day(citation.accessed)))


def _name(name: Mapping[str, str]) -> str:
    parts = (name.get("given"), name.get("particle"), name.get("family"), name.get("suffix"))
    return name.get("literal") or " ".join(part for part in parts if part)


def _text(text: str) -> str:
    return f'"{_CONTROL_CHARACTERS.sub(" ", text).strip()}"'


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_LABEL_LENGTH else f"{text[: _MAX_LABEL_LENGTH - 1].rstrip()}…"


# --- dates ---


def _published(edtf: str | None) -> Iterator[tuple[str, ...]]:
    parsed = None if edtf is None else split_edtf(edtf)
    if parsed is None or parsed.is_open:
        return
    circa = (_CIRCUMSTANCES, _CIRCA) if parsed.uncertain else ()
    if len(parsed.dates) == 1:
        yield _wikidata_time(parsed.dates[0]), *circa
        return
    first, last = parsed.dates
    yield _enclosing_period(first, last), _EARLIEST, _wikidata_time(first), _LATEST, _wikidata_time(last), *circa


def _enclosing_period(first: tuple[int, ...], last: tuple[int, ...]) -> str:
    """The smallest month, year, decade or century that contains both dates."""
    if first[0] != last[0]:
        is_same_decade = first[0] // 10 == last[0] // 10
        return _wikidata_time(first[:1], _DECADE if is_same_decade else _CENTURY)
    return _wikidata_time(first[:2] if first[1:2] == last[1:2] else first[:1])


def _day(day: str) -> tuple[int, ...]:
    return tuple(int(part) for part in day.split("-"))


def _wikidata_time(date: tuple[int, ...], precision: int | None = None) -> str:
    year, month, day = (*date, 0, 0)[:3]
    return f"+{year:04}-{month:02}-{day:02}T00:00:00Z/{precision or _YEAR + len(date) - 1}"

"""Wikidata QuickStatements, version 1: commands that create an item for each document that is cited.

A command is a line, its parts are parted by tabs, and a text is in quotation marks that need no escaping: only tabs and
line breaks could end it, and there are none in ours. A document that is cited several times is created once.

What Wikidata bounds is kept within it: a title of more than 1,500 characters is left out, and labels are cut at 250. Of
dates it takes as much as is certain: a day, month or year, for a span the smallest year, decade or century around it
with its ends as qualifiers, `circa` for what is approximate; an open end says nothing. Languages are set
where their item is beyond doubt (the table below). Authors are strings; whom they are is for a human being to say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.english.edtf_parts import parts
from app.schemas.files.citation import Citation, Rendering

_LONGEST_TITLE = 1_500
_LONGEST_LABEL = 250
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WEB_ADDRESS = re.compile(r"https?://[^\s\"]+")
_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})*")
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
"""News article, web page; what else a document is, its description says."""

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
    """The commands for these documents."""
    created: set[str] = set()
    for citation in citations:
        # Within a claim's citation the key ends with the document's id.
        document = citation.key.rpartition("-doc_")[2].partition("-v")[0] or citation.key
        if document not in created:
            created.add(document)
            yield "".join("\t".join(command) + "\n" for command in _commands(citation))


def _commands(citation: Citation) -> Iterator[tuple[str, ...]]:
    yield ("CREATE",)
    tag = (citation.language or "").lower()
    language = tag if _TAG.fullmatch(tag) else ""
    if citation.title is not None:
        # `mul` is what stands for all languages.
        yield "LAST", f"L{language.partition('-')[0] or 'mul'}", _text(_cut(citation.title))
    said = citation.genre or _DESCRIPTIONS.get(citation.type, "document")
    dated = None if citation.issued is None else f"{said}, {citation.issued}"
    yield "LAST", "Den", _text(_cut(dated or said))
    if citation.type in _KINDS:
        yield "LAST", _INSTANCE_OF, _KINDS[citation.type]
    if citation.title is not None and len(citation.title) <= _LONGEST_TITLE:
        yield "LAST", _TITLE, f"{language or 'und'}:{_text(citation.title)}"
    for name in citation.authors:
        yield "LAST", _AUTHOR_NAME, _text(_name(name))
    yield from (("LAST", _PUBLISHED, *value) for value in _published(citation.issued))
    known = _LANGUAGES.get(language.partition("-")[0])
    if known is not None:
        yield "LAST", _LANGUAGE, known
    if citation.url is not None and _WEB_ADDRESS.fullmatch(citation.url):
        yield "LAST", _FULL_WORK, _text(citation.url), *_kept(citation)
    yield "LAST", _DESCRIBED_AT, _text(citation.address)


def _kept(citation: Citation) -> Iterator[str]:
    if citation.archive_url is not None and _WEB_ADDRESS.fullmatch(citation.archive_url):
        yield from (_ARCHIVE_URL, _text(citation.archive_url))
        if citation.archived is not None:
            yield from (_ARCHIVE_DATE, _moment(_day(citation.archived)))
    if citation.accessed is not None:
        yield from (_RETRIEVED, _moment(_day(citation.accessed)))


def _name(name: Mapping[str, str]) -> str:
    inside = (name.get("given"), name.get("particle"), name.get("family"), name.get("suffix"))
    return name.get("literal") or " ".join(part for part in inside if part)


def _text(text: str) -> str:
    return f'"{_BREAKS.sub(" ", text).strip()}"'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1].rstrip()}…"


# --- dates ---


def _published(edtf: str | None) -> Iterator[tuple[str, ...]]:
    dated = None if edtf is None else parts(edtf)
    if dated is None:
        return
    circa = (_CIRCUMSTANCES, _CIRCA) if dated.uncertain else ()
    if len(dated.dates) == 1:
        yield _moment(dated.dates[0]), *circa
        return
    first, last = dated.dates
    yield _around(first, last), _EARLIEST, _moment(first), _LATEST, _moment(last), *circa


def _around(first: tuple[int, ...], last: tuple[int, ...]) -> str:
    """The smallest unit of the calendar in which both dates lie."""
    if first[0] != last[0]:
        decade = first[0] // 10 == last[0] // 10
        return _moment(first[:1], _DECADE if decade else _CENTURY)
    return _moment(first[:2] if first[1:2] == last[1:2] else first[:1])


def _day(day: str) -> tuple[int, ...]:
    return tuple(int(part) for part in day.split("-"))


def _moment(date: tuple[int, ...], precision: int | None = None) -> str:
    year, month, day = (*date, 0, 0)[:3]
    return f"+{year:04}-{month:02}-{day:02}T00:00:00Z/{precision or _YEAR + len(date) - 1}"

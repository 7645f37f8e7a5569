"""Files of BibTeX and BibLaTeX as documents: what our record holds of an entry is taken, the rest told in its note.

`docs/bibtex.md` lists field by field what becomes of it. A document is known by the entry's key together with all that
is taken of it: keys such as `smith2025` name different things in different files, and files that correct each other
would never come to rest. The note begins with the entry's own annotation; behind "From BibTeX:" stands what has no
place of its own. Publishers become sources of which nothing but the name is known.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.bibtex import bibtex_names, latex
from app.formats.bibtex.babel_languages import TAGS
from app.formats.bibtex.bibtex_inheritance import Kin
from app.formats.bibtex.bibtex_limits import FaultyError, Room
from app.formats.bibtex.bibtex_parser import Entry, decoded, entries
from app.formats.parsing import lenient_values
from app.formats.parsing.import_rows import Reading, Refused, Row, refusals
from app.schemas.base import edtf
from app.schemas.base.author_name import Name
from app.schemas.files.exchange_record import DocumentRecord, Record, SourceRecord
from app.vocabulary import DocumentKind, SourceKind

_KINDS: Mapping[str, DocumentKind] = {
    "article": DocumentKind.ARTICLE,
    "periodical": DocumentKind.ARTICLE,
    "suppperiodical": DocumentKind.ARTICLE,
    "report": DocumentKind.REPORT,
    "techreport": DocumentKind.REPORT,
    "dataset": DocumentKind.DATASET,
    "video": DocumentKind.VIDEO,
    "movie": DocumentKind.VIDEO,
    "audio": DocumentKind.AUDIO,
    "music": DocumentKind.AUDIO,
    "image": DocumentKind.IMAGE,
    "artwork": DocumentKind.IMAGE,
}
"""By the entry's type; any other is `other`, and the note has the type."""

_SUBTYPES: Mapping[str, DocumentKind] = {
    "newspaper": DocumentKind.ARTICLE,
    "post": DocumentKind.SOCIAL_MEDIA_POST,
    "motion_picture": DocumentKind.VIDEO,
    "broadcast": DocumentKind.AUDIO,
    "graphic": DocumentKind.IMAGE,
    "dataset": DocumentKind.DATASET,
    "document": DocumentKind.OTHER,
}
_GENRES: Mapping[str, DocumentKind] = {
    "press release": DocumentKind.OFFICIAL_RELEASE,
    "fact-check": DocumentKind.FACT_CHECK,
    "video": DocumentKind.VIDEO,
    "audio": DocumentKind.AUDIO,
    "photograph": DocumentKind.IMAGE,
    "data set": DocumentKind.DATASET,
    "physical object": DocumentKind.PHYSICAL,
}
"""By the words that our own citations use (`app.services.publishing.citations.TYPES`), in `type` or `howpublished`."""

_NO_DOCUMENTS = frozenset({"xdata", "set"})
_PUBLISHERS = ("publisher", "organization", "institution", "school", "journaltitle", "journal", "howpublished")
_OF_ARTICLES = ("journaltitle", "journal", "publisher", "organization", "institution", "school", "howpublished")
_HELPERS = frozenset(
    {
        *("crossref", "xref", "xdata", "ids", "entryset", "execute", "options", "presort", "related", "relatedtype"),
        *("relatedstring", "relatedoptions", "sortkey", "sortname", "sorttitle", "sortyear", "sortshorthand"),
        *("indextitle", "indexsorttitle", "langidopts", "gender", "label", "hyphenation", "entrysubtype"),
    }
)
"""Fields that tell a program how to sort and print, and say nothing of the document."""

_NAMES = frozenset(
    {
        *("editor", "editora", "editorb", "editorc", "translator", "annotator", "commentator", "introduction"),
        *("foreword", "afterword", "bookauthor", "holder", "shortauthor", "shorteditor", "namea", "nameb", "namec"),
        *("participant",),
    }
)
_ADDRESS = re.compile(r"\\url\s*\{([^{}]*)\}")
_MONTH = re.compile(r"\s*(?:([a-z]{3})[a-z.]*|0?([1-9]|1[0-2]))\s*", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEARS = re.compile(r"(\d{4})\s*(?:-{1,3}|–|/)\s*(\d{4})")
_TIME = re.compile(r"T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?")
_ARXIV = re.compile(r"[\w./-]+")
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"\\^`{|}]+")
_LONGEST_AUTHOR, _LONGEST_NOTE, _LONGEST_TITLE, _LONGEST_NAME = 500, 50_000, 20_000, 500
_LONGEST_KEY = 200


def read(stream: BinaryIO) -> Reading:
    """A document for each entry, after the publisher that it is the first to name.

    Entries that only hold fields for others, or a list of others, are none.
    """
    text = decoded(stream)
    room = Room(len(text))
    found = list(entries(text, room))
    kin = Kin((one for one in found if isinstance(one, Entry)), room)
    publishers: set[str] = set()
    lines: dict[str, int] = {}
    for one in found:
        if isinstance(one, Refused):
            yield one
        elif one.kind not in _NO_DOCUMENTS:
            yield from _row(one, kin, publishers, lines)


def _row(entry: Entry, kin: Kin, publishers: set[str], lines: dict[str, int]) -> Iterator[Row | Refused]:
    first = lines.setdefault(entry.key, entry.line)
    if first != entry.line:
        yield Refused(entry.line, "", f"has the key of the entry in line {first}")
        return
    try:
        records = tuple(_Document(entry, kin.fields(entry)).records())
    except FaultyError as fault:
        yield Refused(entry.line, fault.field, fault.reason)
        return
    except ValidationError as error:
        yield from refusals(entry.line, error)
        return
    new = tuple(one for one in records if not isinstance(one, SourceRecord) or one.key not in publishers)
    publishers.update(one.key for one in new if isinstance(one, SourceRecord) and one.key)
    yield Row(entry.line, new)


class _Document:
    """An entry whose fields are taken one after the other; what is left goes into the note."""

    def __init__(self, entry: Entry, fields: dict[str, str]) -> None:
        self._entry = entry
        self._left = {name: value for name, value in fields.items() if value.strip()}
        self._told: list[str] = []

    def records(self) -> Iterator[Record]:
        kind = self._kind()
        authors, author = self._authors()
        title = self._title()
        url = self._url()
        published = self._published()
        publisher = self._publisher(kind)
        accessed = self._day("urldate")
        archive_url, archived = self._address("archiveurl"), self._day("archivedate")
        language = self._language()
        remark = [latex.plain(self._left.pop(name)) for name in ("annotation", "annote") if name in self._left]
        if publisher is not None:
            yield publisher
        document = DocumentRecord(
            kind=kind,
            title=title,
            publisher=None if publisher is None else publisher.key,
            author=author,
            authors=authors or None,
            url=url,
            language=language,
            published=published,
            accessed_on=accessed,
            archive_url=archive_url,
            archived_on=archived,
            note=self._note(remark),
        )
        key = latex.line(self._entry.key)[:_LONGEST_KEY]
        yield document.model_copy(update={"key": f"bibtex/{key}-{_digest(document.model_dump_json())}"})

    def _take(self, name: str) -> str | None:
        """A field's text, in one line; it is then no longer left."""
        value = self._left.pop(name, None)
        return None if value is None else latex.line(value) or None

    def _kind(self) -> DocumentKind:
        entry = self._entry.kind
        for name in ("type", "howpublished"):
            genre = latex.line(self._left.get(name, "")).casefold()
            if genre in _GENRES:
                del self._left[name]
                return _GENRES[genre]
        subtype = latex.line(self._left.get("entrysubtype", "")).casefold()
        if subtype in _SUBTYPES:
            return _SUBTYPES[subtype]
        if entry not in _KINDS and entry not in ("misc", "online", "electronic", "www"):
            self._told.append(f"type {entry}")
        return _KINDS.get(entry, DocumentKind.OTHER)

    def _authors(self) -> tuple[list[Name], str | None]:
        names, left = bibtex_names.read(self._left.pop("author", ""))
        others = [one for one in left if one != "and others"]
        if others:
            self._told.append(f"author {', '.join(others)}")
        printed = [_printed(name) for name in names]
        author = ", ".join(printed) + (" and others" if "and others" in left else "")
        if len(author) > _LONGEST_AUTHOR:
            author = f"{printed[0]} and others"
        return [Name.model_validate(name) for name in names], author[:_LONGEST_AUTHOR] or None

    def _title(self) -> str | None:
        title, subtitle = self._take("title"), self._take("subtitle")
        if title is None:
            return subtitle
        if subtitle is not None:
            title = f"{title} {subtitle}" if title.endswith((".", ":", "?", "!")) else f"{title}: {subtitle}"
        if len(title) > _LONGEST_TITLE:
            self._told.append(f"title {title}")
            title = f"{title[: _LONGEST_TITLE - 1]}…"
        return title

    def _url(self) -> str | None:
        """The address: as given, or that of the DOI or the preprint."""
        found = self._address("url")
        how = _ADDRESS.search(self._left.get("howpublished", ""))
        if found is None and how is not None and (found := lenient_values.address(how[1])) is not None:
            del self._left["howpublished"]
        doi = latex.line(self._left.get("doi", "")).removeprefix("https://doi.org/")
        if found is None and _DOI.fullmatch(doi):
            del self._left["doi"]
            return f"https://doi.org/{doi}"
        archive = latex.line(self._left.get("eprinttype", self._left.get("archiveprefix", ""))).casefold()
        eprint = latex.line(self._left.get("eprint", ""))
        if found is None and archive == "arxiv" and _ARXIV.fullmatch(eprint):
            for name in ("eprint", "eprinttype", "archiveprefix"):
                self._left.pop(name, None)
            return f"https://arxiv.org/abs/{eprint}"
        return found

    def _address(self, name: str) -> str | None:
        # An address is no LaTeX; some programs escape it nevertheless.
        given = re.sub(r"\\([%#&_~$])(?:\{\})?", r"\1", self._left.get(name, "")).strip()
        given = _ADDRESS.sub(r"\1", given)
        found = lenient_values.address(given) if given else None
        if found is not None:
            del self._left[name]
        return found

    def _published(self) -> str | None:
        """The date, EDTF: of `date`, or of `year` and `month`."""
        given = _bare(self._left.get("date", ""))
        if (found := _edtf(given)) is not None:
            del self._left["date"]
            self._drop_repeated(found)
            return found
        year = _bare(self._left.get("year", ""))
        spans = _YEARS.fullmatch(year)
        found = f"{spans[1]}/{spans[2]}" if spans is not None else year
        month = _month(latex.line(self._left.get("month", "")))
        if month and re.fullmatch(r"\d{4}", found):
            found = f"{found}-{month:02}"
        if (found_year := _edtf(found)) is None:
            return None
        del self._left["year"]
        if month and found_year.endswith(f"-{month:02}"):
            del self._left["month"]
        return found_year

    def _drop_repeated(self, published: str) -> None:
        """Leave out a year and a month that say nothing but what the date says."""
        year, month = _bare(self._left.get("year", "")), latex.line(self._left.get("month", ""))
        if published.startswith(year):
            self._left.pop("year", None)
            if f"-{_month(month) or 0:02}" in published[4:7]:
                self._left.pop("month", None)

    def _day(self, name: str) -> date | None:
        given = _TIME.sub("", _bare(self._left.get(name, "")))
        if not lenient_values.is_day(given):
            return None
        del self._left[name]
        return date.fromisoformat(given)

    def _publisher(self, kind: DocumentKind) -> SourceRecord | None:
        for field in _OF_ARTICLES if kind is DocumentKind.ARTICLE else _PUBLISHERS:
            name = latex.line(self._left.get(field, ""))
            if name and len(name) <= _LONGEST_NAME:
                del self._left[field]
                return SourceRecord(key=f"bibtex/publisher-{_digest(name)}", name=name, kind=SourceKind.OTHER)
        return None

    def _language(self) -> str | None:
        for field in ("langid", "language", "hyphenation"):
            given = latex.line(self._left.get(field, ""))
            found = TAGS.get(given.casefold()) or (lenient_values.language(given) if _is_tag(given) else None)
            if found is not None:
                del self._left[field]
                return found
        return None

    def _note(self, remark: list[str]) -> str | None:
        told = [*self._told]
        for field, value in self._left.items():
            if field in _HELPERS:
                continue
            text = _bare(value) if field.endswith("date") else latex.line(value)
            if field in _NAMES:
                names, left = bibtex_names.read(value)
                text = ", ".join([*map(_printed, names), *left])
            if text:
                told.append(f"{field} {text}")
        whole = "\n".join([*remark, *([f"From BibTeX: {'; '.join(told)}."] if told else [])])
        if len(whole) > _LONGEST_NOTE:
            whole = f"{whole[: _LONGEST_NOTE - 1]}…"
        return whole.strip() or None


def _printed(name: Mapping[str, str]) -> str:
    """A name as one reads it."""
    inside = (name.get(part) for part in ("given", "particle", "family", "suffix"))
    return name.get("literal") or " ".join(part for part in inside if part)


def _bare(value: str) -> str:
    """A date without braces around it; a tilde in it says 'about', and is no blank."""
    return value.replace("{", "").replace("}", "").strip()


def _edtf(text: str) -> str | None:
    """A date as EDTF, without a time of day; None for what is none."""
    given = _TIME.sub("", text)
    try:
        edtf.bounds(given)
    except ValueError:
        return None
    return given


def _month(text: str) -> int | None:
    found = _MONTH.fullmatch(text)
    if found is None:
        return None
    if found[2]:
        return int(found[2])
    return _MONTHS.index(found[1].lower()) + 1 if found[1].lower() in _MONTHS else None


def _is_tag(text: str) -> bool:
    """True for what is a language tag and no name of a language: its first part has two or three letters."""
    return re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*+", text) is not None


def _digest(*parts: str | None) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:16]

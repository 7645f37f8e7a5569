"""Reader that imports BibTeX and BibLaTeX entries as documents.

Fields that a document has are mapped to it; all others go into its note. `docs/bibtex.md` lists the mapping field by
field. A document is identified by the entry's key together with a digest of everything taken from the entry: keys such
as `smith2025` name different things in different files, and two such files would overwrite each other's document on
every import. The note begins with the entry's own annotation, followed by the unmapped fields after "From BibTeX:".
Publishers become sources of which only the name is known.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.bibtex import bibtex_names, latex
from app.formats.bibtex.babel_languages import LANGUAGE_TAGS
from app.formats.bibtex.bibtex_inheritance import InheritanceResolver
from app.formats.bibtex.bibtex_limits import BibtexEntryError, FileBudget
from app.formats.bibtex.bibtex_parser import BibtexEntry, decode_file, parse_entries
from app.formats.parsing import lenient_values
from app.formats.parsing.import_rows import ImportRow, RowRefusal, RowStream, row_refusals
from app.schemas.base import edtf
from app.schemas.base.author_name import AuthorName
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
"""The kind of document for each entry type. Any other type becomes `other`, and the note names it."""

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
"""The kind for each genre in Attest's own citations (`app.services.publishing.citations.CSL_TYPES`).

The genre is in `type` or `howpublished`, in lower case here.
"""

_NOT_DOCUMENTS = frozenset({"xdata", "set"})
_PUBLISHER_FIELDS = ("publisher", "organization", "institution", "school", "journaltitle", "journal", "howpublished")
_ARTICLE_PUBLISHER_FIELDS = (
    "journaltitle",
    "journal",
    "publisher",
    "organization",
    "institution",
    "school",
    "howpublished",
)
_IGNORED_FIELDS = frozenset(
    {
        *("crossref", "xref", "xdata", "ids", "entryset", "execute", "options", "presort", "related", "relatedtype"),
        *("relatedstring", "relatedoptions", "sortkey", "sortname", "sorttitle", "sortyear", "sortshorthand"),
        *("indextitle", "indexsorttitle", "langidopts", "gender", "label", "hyphenation", "entrysubtype"),
    }
)
"""Fields that control sorting and printing, and hold no information on the document."""

_NAME_FIELDS = frozenset(
    {
        *("editor", "editora", "editorb", "editorc", "translator", "annotator", "commentator", "introduction"),
        *("foreword", "afterword", "bookauthor", "holder", "shortauthor", "shorteditor", "namea", "nameb", "namec"),
        *("participant",),
    }
)
_URL_COMMAND = re.compile(r"\\url\s*\{([^{}]*)\}")
_MONTH = re.compile(r"\s*(?:([a-z]{3})[a-z.]*|0?([1-9]|1[0-2]))\s*", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_RANGE = re.compile(r"(\d{4})\s*(?:-{1,3}|–|/)\s*(\d{4})")
_TIME = re.compile(r"T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?")
_ARXIV = re.compile(r"[\w./-]+")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_MAX_AUTHOR_LENGTH, _MAX_NOTE_LENGTH, _MAX_TITLE_LENGTH, _MAX_NAME_LENGTH = 500, 50_000, 20_000, 500
_MAX_KEY_LENGTH = 200


def read(stream: BinaryIO) -> RowStream:
    """Read one row per entry: its document, preceded by its publisher if no earlier entry has the same one.

    Entries that only hold fields for others (`@xdata`) or list others (`@set`) give no row.
    """
    text = decode_file(stream)
    budget = FileBudget(len(text))
    items = list(parse_entries(text, budget))
    resolver = InheritanceResolver((item for item in items if isinstance(item, BibtexEntry)), budget)
    publishers: set[str] = set()
    lines: dict[str, int] = {}
    for item in items:
        if isinstance(item, RowRefusal):
            yield item
        elif item.kind not in _NOT_DOCUMENTS:
            yield from _row(item, resolver, publishers, lines)


def _row(
    entry: BibtexEntry, resolver: InheritanceResolver, publishers: set[str], lines: dict[str, int]
) -> Iterator[ImportRow | RowRefusal]:
    """The row of an entry. Adds its publisher to `publishers` and its line to `lines`, by key."""
    first_line = lines.setdefault(entry.key, entry.line)
    if first_line != entry.line:
        yield RowRefusal(entry.line, "", f"has the same key as the entry on line {first_line}; give it another key")
        return
    try:
        records = tuple(_DocumentBuilder(entry, resolver.fields(entry)).records())
    except BibtexEntryError as error:
        yield RowRefusal(entry.line, error.field, error.reason)
        return
    except ValidationError as error:
        yield from row_refusals(entry.line, error)
        return
    new_records = tuple(
        record for record in records if not isinstance(record, SourceRecord) or record.key not in publishers
    )
    publishers.update(record.key for record in new_records if isinstance(record, SourceRecord) and record.key)
    yield ImportRow(entry.line, new_records)


class _DocumentBuilder:
    """Builds the records of one entry. Each step removes the fields that it uses, and the rest go into the note."""

    def __init__(self, entry: BibtexEntry, fields: dict[str, str]) -> None:
        self._entry = entry
        self._remaining = {name: value for name, value in fields.items() if value.strip()}
        self._note_parts: list[str] = []

    def records(self) -> Iterator[Record]:
        """The publisher, if the entry names one, and the document."""
        kind = self._kind()
        authors, author = self._authors()
        title = self._title()
        url = self._url()
        published = self._published()
        publisher = self._publisher(kind)
        accessed = self._day("urldate")
        archive_url, archived = self._url_field("archiveurl"), self._day("archivedate")
        language = self._language()
        annotations = [
            latex.to_text(self._remaining.pop(name)) for name in ("annotation", "annote") if name in self._remaining
        ]
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
            note=self._note(annotations),
        )
        key = latex.to_line(self._entry.key)[:_MAX_KEY_LENGTH]
        yield document.model_copy(update={"key": f"bibtex/{key}-{_digest(document.model_dump_json())}"})

    def _take(self, name: str) -> str | None:
        """Remove a field and return its text on one line; None if it is missing or empty."""
        value = self._remaining.pop(name, None)
        return None if value is None else latex.to_line(value) or None

    def _kind(self) -> DocumentKind:
        entry_type = self._entry.kind
        for name in ("type", "howpublished"):
            genre = latex.to_line(self._remaining.get(name, "")).casefold()
            if genre in _GENRES:
                del self._remaining[name]
                return _GENRES[genre]
        subtype = latex.to_line(self._remaining.get("entrysubtype", "")).casefold()
        if subtype in _SUBTYPES:
            return _SUBTYPES[subtype]
        if entry_type not in _KINDS and entry_type not in ("misc", "online", "electronic", "www"):
            self._note_parts.append(f"type {entry_type}")
        return _KINDS.get(entry_type, DocumentKind.OTHER)

    def _authors(self) -> tuple[list[AuthorName], str | None]:
        """The authors, and the same as one text for people."""
        names, other_items = bibtex_names.parse_names(self._remaining.pop("author", ""))
        references = [item for item in other_items if item != "and others"]
        if references:
            self._note_parts.append(f"author {', '.join(references)}")
        display_names = [_display_name(name) for name in names]
        author = ", ".join(display_names) + (" and others" if "and others" in other_items else "")
        if len(author) > _MAX_AUTHOR_LENGTH:
            author = f"{display_names[0]} and others"
        return [AuthorName.model_validate(name) for name in names], author[:_MAX_AUTHOR_LENGTH] or None

    def _title(self) -> str | None:
        title, subtitle = self._take("title"), self._take("subtitle")
        if title is None:
            return subtitle
        if subtitle is not None:
            title = f"{title} {subtitle}" if title.endswith((".", ":", "?", "!")) else f"{title}: {subtitle}"
        if len(title) > _MAX_TITLE_LENGTH:
            self._note_parts.append(f"title {title}")
            title = f"{title[: _MAX_TITLE_LENGTH - 1]}…"
        return title

    def _url(self) -> str | None:
        """The URL of the entry, or that of its DOI or arXiv preprint."""
        url = self._url_field("url")
        command = _URL_COMMAND.search(self._remaining.get("howpublished", ""))
        if url is None and command is not None and (url := lenient_values.parse_url(command[1])) is not None:
            del self._remaining["howpublished"]
        doi = latex.to_line(self._remaining.get("doi", "")).removeprefix("https://doi.org/")
        if url is None and _DOI.fullmatch(doi) and (address := lenient_values.parse_url(f"https://doi.org/{doi}")):
            del self._remaining["doi"]
            return address
        archive = latex.to_line(self._remaining.get("eprinttype", self._remaining.get("archiveprefix", ""))).casefold()
        eprint = latex.to_line(self._remaining.get("eprint", ""))
        if url is None and archive == "arxiv" and _ARXIV.fullmatch(eprint):
            for name in ("eprint", "eprinttype", "archiveprefix"):
                self._remaining.pop(name, None)
            return f"https://arxiv.org/abs/{eprint}"
        return url

    def _url_field(self, name: str) -> str | None:
        # A URL is not LaTeX, but some programs escape it nevertheless.
        text = re.sub(r"\\([%#&_~$])(?:\{\})?", r"\1", self._remaining.get(name, "")).strip()
        text = _URL_COMMAND.sub(r"\1", text)
        url = lenient_values.parse_url(text) if text else None
        if url is not None:
            del self._remaining[name]
        return url

    def _published(self) -> str | None:
        """The date as EDTF, from `date`, or from `year` and `month`."""
        date_text = _strip_braces(self._remaining.get("date", ""))
        if (published := _edtf(date_text)) is not None:
            del self._remaining["date"]
            self._drop_redundant_date_fields(published)
            return published
        year = _strip_braces(self._remaining.get("year", ""))
        year_range = _YEAR_RANGE.fullmatch(year)
        date_text = f"{year_range[1]}/{year_range[2]}" if year_range is not None else year
        month, day = self._month_and_day()
        if month and re.fullmatch(r"\d{4}", date_text):
            date_text = f"{date_text}-{month:02}"
            if day and _edtf(f"{date_text}-{day:02}") is not None:
                date_text = f"{date_text}-{day:02}"
        if (published := _edtf(date_text)) is None:
            return None
        self._drop_redundant_date_fields(published)
        return published

    def _month_and_day(self) -> tuple[int | None, int | None]:
        """The month, and the day of `month = jan # "~12"` or of the field `day`."""
        month, _space, day = latex.to_line(self._remaining.get("month", "")).partition("\xa0")
        day = day or _strip_braces(self._remaining.get("day", ""))
        return _month(month), int(day) if re.fullmatch(r"[0-9]{1,2}", day) else None

    def _drop_redundant_date_fields(self, published: str) -> None:
        """Remove `year`, `month` and `day` where they only repeat the date."""
        year = _YEAR_RANGE.sub(r"\1/\2", _strip_braces(self._remaining.get("year", "")))
        month, day = self._month_and_day()
        if published.startswith(year):
            self._remaining.pop("year", None)
            if f"-{month or 0:02}" in published[4:7] and (day is None or f"-{day:02}" in published[7:10]):
                self._remaining.pop("month", None)
                self._remaining.pop("day", None)

    def _day(self, name: str) -> date | None:
        text = _TIME.sub("", _strip_braces(self._remaining.get(name, "")))
        if not lenient_values.is_day(text):
            return None
        del self._remaining[name]
        return date.fromisoformat(text)

    def _publisher(self, kind: DocumentKind) -> SourceRecord | None:
        for field in _ARTICLE_PUBLISHER_FIELDS if kind is DocumentKind.ARTICLE else _PUBLISHER_FIELDS:
            name = latex.to_line(self._remaining.get(field, ""))
            if name and len(name) <= _MAX_NAME_LENGTH:
                del self._remaining[field]
                return SourceRecord(key=f"bibtex/publisher-{_digest(name)}", name=name, kind=SourceKind.OTHER)
        return None

    def _language(self) -> str | None:
        for field in ("langid", "language", "hyphenation"):
            text = latex.to_line(self._remaining.get(field, ""))
            tag = LANGUAGE_TAGS.get(text.casefold()) or (
                lenient_values.parse_language_tag(text) if _is_tag(text) else None
            )
            if tag is not None:
                del self._remaining[field]
                return tag
        return None

    def _note(self, annotations: list[str]) -> str | None:
        parts = [*self._note_parts]
        for field, value in self._remaining.items():
            if field in _IGNORED_FIELDS:
                continue
            text = _strip_braces(value) if field.endswith("date") else latex.to_line(value)
            if field in _NAME_FIELDS:
                names, other_items = bibtex_names.parse_names(value)
                text = ", ".join([*map(_display_name, names), *other_items])
            if text:
                parts.append(f"{field} {text}")
        note = "\n".join([*annotations, *([f"From BibTeX: {'; '.join(parts)}."] if parts else [])])
        if len(note) > _MAX_NOTE_LENGTH:
            note = f"{note[: _MAX_NOTE_LENGTH - 1]}…"
        return note.strip() or None


def _display_name(name: Mapping[str, str]) -> str:
    """A name in reading order: given name, particle, family name, suffix."""
    parts = (name.get(part) for part in ("given", "particle", "family", "suffix"))
    return name.get("literal") or " ".join(part for part in parts if part)


def _strip_braces(value: str) -> str:
    """A date without braces. It is not read as LaTeX, because a tilde in it means "about" and is no space."""
    return value.replace("{", "").replace("}", "").strip()


def _edtf(text: str) -> str | None:
    """A date in EDTF, without a time of day; None if it is not valid."""
    date_text = _TIME.sub("", text)
    try:
        edtf.bounds(date_text)
    except ValueError:
        return None
    return date_text


def _month(text: str) -> int | None:
    """The month from 1 to 12, by its number or the first three letters of its English name; None for anything else."""
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    if match[2]:
        return int(match[2])
    return _MONTHS.index(match[1].lower()) + 1 if match[1].lower() in _MONTHS else None


def _is_tag(text: str) -> bool:
    """True for a language tag, as opposed to the name of a language: its first part has two or three letters."""
    return re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*+", text) is not None


def _digest(*parts: str | None) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:16]

"""The text of captured files: HTML, plain text, PDF, and the pages within web archives.

Files come from anywhere, so that each may be made to do harm. Nothing in them is run and nothing is fetched; what is
unpacked is counted while it is unpacked; what cannot be read is named and passed over. A file may still make its reader
slow or large, and that is for whoever calls this to bound: see `capture_search`, a process for a file.

Standards: HTML Living Standard (encodings), ISO 32000 by way of pypdf, ISO 28500 (WARC) by way of warcio, WACZ 1.1.
"""

import codecs
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any, BinaryIO, Protocol, cast

from app.formats.captures import media_types
from app.formats.captures.quote_match import plain

MOST_BYTES = 100_000_000
"""Bytes that are unpacked from one file: 97 kB of archive can hold as many."""

MOST_TEXT = 5_000_000
"""Characters that are read from one file; a long book has a million."""

MOST_PAGES = 1_000
"""Pages of a PDF that are read."""

_PIECE = 65_536


class UnreadableError(ValueError):
    """A file, or a part of it, of which no text can be had; the message says why."""


@dataclass(frozen=True)
class Part:
    """A part of a file with a text of its own."""

    where: str | None
    """The page, or the address; None for a file that is one text."""
    text: str
    """In plain form (`passages.plain`)."""


@dataclass
class Text:
    """All text of a file, as far as it can be read."""

    parts: list[Part] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    """What could not be read: sentences."""
    _room: int = MOST_TEXT
    _bytes: int = MOST_BYTES

    def add(self, where: str | None, text: str) -> None:
        """Take a part. Raises UnreadableError once there is too much."""
        if len(text) > self._room:
            raise UnreadableError(f"It has more than the {MOST_TEXT:,} characters that are read.")
        self._room -= len(text)
        # Half a pair of surrogates is no character, and cannot be told to anybody.
        self.parts.append(Part(where, plain(text.encode(errors="replace").decode())))

    def unpack(self, stream: "_Reads") -> bytes:
        """What a stream gives. Raises UnreadableError once there is too much."""
        pieces = []
        while piece := stream.read(_PIECE):
            self._bytes -= len(piece)
            if self._bytes < 0:
                raise UnreadableError(f"It unpacks to more than the {MOST_BYTES:,} bytes that are read.")
            pieces.append(piece)
        return b"".join(pieces)


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read(stream: BinaryIO, media_type: str) -> Text:
    """The text of a file. `stream` is seekable; `media_type` is as `media_types.sniff` has it.

    Raises UnreadableError if it has none or none can be had; whatever the libraries raise for broken files is one.
    """
    text = Text()
    reader = _READERS.get(media_type)
    if reader is None:
        raise UnreadableError("It is a picture.")
    stream.seek(0)
    try:
        reader(stream, text)
    except UnreadableError as error:
        if not text.parts:
            raise
        text.gaps.append(str(error))
    except MemoryError:
        raise UnreadableError("To read it takes too much memory.") from None
    except Exception as error:
        # A broken file makes the libraries raise whatever there is; to have read some of it is still something.
        if not text.parts:
            raise UnreadableError(f"It is broken ({type(error).__name__}).") from error
        text.gaps.append(f"Its end is broken ({type(error).__name__}).")
    if not any(part.text.strip() for part in text.parts):
        raise UnreadableError(text.gaps[0] if text.gaps else "It has no text.")
    return text


# --- HTML and plain text ---

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 4_096  # bytes; the standard has 1,024, and pages have more before it

# Names that mean more than they say (WHATWG Encoding Standard, 4.2).
_ENCODINGS: Mapping[str, str] = {"iso-8859-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}


def _decoded(data: bytes, declared: str | None) -> str:
    """A text by its byte order mark, by what is declared, or as UTF-8. Raises UnreadableError if it is none of them."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if declared is not None:
        try:
            return data.decode(_ENCODINGS.get(declared.lower(), declared), errors="replace")
        except LookupError:
            raise UnreadableError(f"Its encoding is not known: {declared[:40]}.") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableError("Its encoding is not declared, and it is not UTF-8.") from None


class _Page(HTMLParser):
    """The text of a page, without what is not meant to be read."""

    _HIDDEN = frozenset({"script", "style", "template"})
    _INLINE = re.compile(
        "a|abbr|b|bd[io]|cite|code|em|font|i|ins|mark|q|s|small|span|strong|su[bp]|u|wbr"  # what does not part words
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []

    def finish(self) -> bool:
        """Take the last words; False if the page ends within a tag, comment or script: none of that is text.

        The parser would take it for text, and look for its end again from each "<" in it: in a page made for that, for
        minutes.
        """
        if self.rawdata.startswith("<") or self.cdata_elem is not None:
            return False
        self.close()
        return True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as the base has it
        if tag in self._HIDDEN and tag not in self._hidden:  # the end of the first one ends all of them
            self._hidden.append(tag)
        self._space(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        self._space(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)

    def _space(self, tag: str) -> None:
        if not self._INLINE.fullmatch(tag):
            self.pieces.append("\n")
        elif tag in ("sub", "sup"):
            self.pieces.append(" ")  # a footnote mark does not belong to the number before it


def _take_page(text: Text, where: str | None, data: bytes, declared: str | None) -> None:
    if declared is None and (found := _CHARSET.search(data[:_DECLARED_WITHIN])):
        declared = found[1].decode("ascii")
    page = _Page()
    page.feed(_decoded(data, declared))
    whole = page.finish()
    text.add(where, "".join(page.pieces))
    if not whole:
        raise UnreadableError("A tag, comment or script in it is not closed; nothing from there on was read.")


def _html(stream: BinaryIO, text: Text) -> None:
    _take_page(text, None, text.unpack(stream), None)


def _text(stream: BinaryIO, text: Text) -> None:
    text.add(None, _decoded(text.unpack(stream), None))


# --- PDF ---


def _pdf(stream: BinaryIO, text: Text, address: str | None = None) -> None:
    from pypdf import PdfReader

    reader = PdfReader(stream, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableError("It is encrypted.")
    for number, page in enumerate(reader.pages, 1):
        where = f"page {number}" if address is None else f"{address}, page {number}"
        if number > MOST_PAGES:
            raise UnreadableError(f"It has more than the {MOST_PAGES:,} pages that are read.")
        try:
            found = page.extract_text()
            pictured = not found.strip() and "/XObject" in page.get("/Resources", {})
        except UnreadableError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            text.gaps.append(f"{where[0].upper()}{where[1:]} is broken ({type(error).__name__}).")
            continue
        if pictured:
            text.gaps.append(f"{where[0].upper()}{where[1:]} is a picture.")
        text.add(where, found)


# --- web archives ---

_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/pdf"})
_KEPT_IN = frozenset({"response", "resource", "conversion"})
_PACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


def _warc(stream: BinaryIO, text: Text) -> None:
    from warcio.archiveiterator import ArchiveIterator

    for record in ArchiveIterator(stream):
        if record.rec_type not in _KEPT_IN:
            continue
        address = record.rec_headers.get_header("WARC-Target-URI") or "a page without an address"
        try:
            _archived(record, address[:2_000], text)
        except _TooMuchError:
            raise
        except UnreadableError as error:
            text.gaps.append(f"{address[:200]}: {error}")
        # warcio takes a record that breaks off for a shorter one.
        while record.raw_stream.read(_PIECE):
            pass
        if record.raw_stream.limit > 0:
            raise UnreadableError("It breaks off.")


class _TooMuchError(UnreadableError):
    """No more is read."""


def _archived(record: Any, address: str, text: Text) -> None:
    """Take a page of a web archive, if it is one that was there and that has text."""
    headers = record.http_headers or record.rec_headers
    if record.http_headers is not None and not str(record.http_headers.get_statuscode()).startswith("2"):
        return
    media_type, _, parameters = (headers.get_header("Content-Type") or "").partition(";")
    if media_type.strip().lower() not in _PAGES:
        return
    packed = (headers.get_header("Content-Encoding") or "").strip().lower() if record.http_headers else ""
    if packed not in _PACKED:
        raise UnreadableError(f"It is packed in a way that is not read ({packed[:20]}).")
    try:
        data = text.unpack(record.content_stream())
    except UnreadableError as error:
        raise _TooMuchError(str(error)) from error
    declared = _CHARSET.search(parameters.encode(errors="replace"))
    charset = declared[1].decode("ascii") if declared else None
    match media_type.strip().lower():
        case "application/pdf":
            _pdf(BytesIO(data), text, address)
        case "text/plain":
            text.add(address, _decoded(data, charset))
        case _:
            _take_page(text, address, data, charset)


def _wacz(stream: BinaryIO, text: Text) -> None:
    if not media_types.directory_is_small(stream):
        raise UnreadableError("Its directory is broken, or too large.")
    with zipfile.ZipFile(stream) as archive:
        for one in archive.infolist():
            if media_types.is_web_archive(one.filename):
                with archive.open(one) as inner:
                    _warc(cast(BinaryIO, inner), text)


_READERS: Mapping[str, Callable[[BinaryIO, Text], None]] = {
    media_types.HTML: _html,
    media_types.TEXT: _text,
    media_types.PDF: _pdf,
    media_types.WARC: _warc,
    media_types.WARC_GZ: _warc,
    media_types.WACZ: _wacz,
}


def parts(text: Text) -> Iterator[Part]:
    """The parts that have anything in them."""
    return (part for part in text.parts if part.text.strip())

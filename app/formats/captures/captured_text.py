"""Text extraction from captured files: HTML, plain text, PDF, and the pages in web archives.

Files come from anywhere, so any of them may be malicious. Nothing in them is executed or fetched, unpacked bytes are
counted while they are unpacked, and what cannot be read is reported and skipped. A file may still make its reader slow
or use much memory; callers must limit that: see `capture_search`, which uses one process per file.

Standards: HTML Living Standard (encodings), ISO 32000 through pypdf, ISO 28500 (WARC) through warcio, WACZ 1.1.
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
from app.formats.captures.quote_match import normalize

MAX_UNPACKED_BYTES = 100_000_000
"""The limit of bytes unpacked from one file; an archive of 97 kB can contain that many."""

MAX_CHARACTERS = 5_000_000
"""The limit of characters extracted from one file; a long book has a million."""

MAX_PDF_PAGES = 1_000
"""The limit of pages extracted from a PDF."""

_CHUNK_SIZE = 65_536


class UnreadableFileError(ValueError):
    """No text can be extracted from a file or a part of it; the message says why."""


@dataclass(frozen=True)
class TextPart:
    """The text of one part of a file, such as a page."""

    where: str | None
    """The page or the URL; None if the file is one text."""
    text: str
    """Normalized by `quote_match.normalize`."""


@dataclass
class CapturedText:
    """The text of a file, as far as it can be read."""

    parts: list[TextPart] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    """What could not be read, as sentences."""
    _characters_left: int = MAX_CHARACTERS
    _bytes_left: int = MAX_UNPACKED_BYTES

    def add(self, where: str | None, text: str) -> None:
        """Add a part. Raises UnreadableFileError beyond MAX_CHARACTERS."""
        if len(text) > self._characters_left:
            raise UnreadableFileError(f"The text is longer than the limit of {MAX_CHARACTERS:,} characters.")
        self._characters_left -= len(text)
        # A lone surrogate is not a character and cannot be encoded as UTF-8.
        self.parts.append(TextPart(where, normalize(text.encode(errors="replace").decode())))

    def unpack(self, stream: "_Readable") -> bytes:
        """Return all bytes of a stream. Raises UnreadableFileError beyond MAX_UNPACKED_BYTES."""
        chunks = []
        while chunk := stream.read(_CHUNK_SIZE):
            self._bytes_left -= len(chunk)
            if self._bytes_left < 0:
                raise UnreadableFileError(f"The file unpacks to more than the limit of {MAX_UNPACKED_BYTES:,} bytes.")
            chunks.append(chunk)
        return b"".join(chunks)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def extract_text(stream: BinaryIO, media_type: str) -> CapturedText:
    """Extract the text of a file. `stream` is seekable; `media_type` is the result of `media_types.sniff`.

    Raises UnreadableFileError if there is no text or none can be extracted, also for any exception of the libraries.
    """
    text = CapturedText()
    extract = _EXTRACTORS.get(media_type)
    if extract is None:
        raise UnreadableFileError("The file is an image, which has no text.")
    stream.seek(0)
    try:
        extract(stream, text)
    except UnreadableFileError as error:
        if not text.parts:
            raise
        text.gaps.append(str(error))
    except MemoryError:
        raise UnreadableFileError("Reading the file takes too much memory.") from None
    except Exception as error:
        # A corrupt file makes the libraries raise exceptions of any type. The parts read so far are still useful.
        if not text.parts:
            raise UnreadableFileError(f"The file is corrupt ({type(error).__name__}).") from error
        text.gaps.append(f"The end of the file is corrupt ({type(error).__name__}).")
    if not any(part.text.strip() for part in text.parts):
        raise UnreadableFileError(text.gaps[0] if text.gaps else "The file has no text.")
    return text


# --- HTML and plain text ---

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_CHARSET_SEARCH_BYTES = 4_096  # the standard says 1,024, but many pages declare it later

# Labels that mean a superset of the encoding they name (WHATWG Encoding Standard, section 4.2).
_ENCODINGS: Mapping[str, str] = {"iso-8859-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}


def _decode(data: bytes, declared: str | None) -> str:
    """Decode by the byte order mark, the declared encoding or else UTF-8. Raises UnreadableFileError if none fits."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if declared is not None:
        try:
            return data.decode(_ENCODINGS.get(declared.lower(), declared), errors="replace")
        except LookupError:
            raise UnreadableFileError(f"The declared encoding is unknown: {declared[:40]}.") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableFileError("The file declares no encoding, and it is not UTF-8.") from None


class _HtmlText(HTMLParser):
    """Collects the text of an HTML page, without scripts, styles and templates."""

    _HIDDEN = frozenset({"script", "style", "template"})
    _INLINE = re.compile(
        "a|abbr|b|bd[io]|cite|code|em|font|i|ins|mark|q|s|small|span|strong|su[bp]|u|wbr"  # these do not separate words
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []

    def finish(self) -> bool:
        """Process the rest of the page. Returns False, without doing so, if it ends in a tag, comment or script.

        The parser would treat the rest as text and search for an end again from each "<" in it, which takes minutes for
        a page made for that.
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


def _add_html(text: CapturedText, where: str | None, data: bytes, declared: str | None) -> None:
    if declared is None and (match := _CHARSET.search(data[:_CHARSET_SEARCH_BYTES])):
        declared = match[1].decode("ascii")
    page = _HtmlText()
    page.feed(_decode(data, declared))
    is_complete = page.finish()
    text.add(where, "".join(page.pieces))
    if not is_complete:
        raise UnreadableFileError("A tag, comment or script is not closed; the rest of the page was not read.")


def _extract_html(stream: BinaryIO, text: CapturedText) -> None:
    _add_html(text, None, text.unpack(stream), None)


def _extract_plain_text(stream: BinaryIO, text: CapturedText) -> None:
    text.add(None, _decode(text.unpack(stream), None))


# --- PDF ---


def _extract_pdf(stream: BinaryIO, text: CapturedText, url: str | None = None) -> None:
    from pypdf import PdfReader

    reader = PdfReader(stream, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableFileError("The PDF is encrypted.")
    for number, page in enumerate(reader.pages, 1):
        where = f"page {number}" if url is None else f"{url}, page {number}"
        if number > MAX_PDF_PAGES:
            raise UnreadableFileError(f"The PDF has more pages than the limit of {MAX_PDF_PAGES:,}.")
        try:
            page_text = page.extract_text()
            is_image = not page_text.strip() and "/XObject" in page.get("/Resources", {})
        except UnreadableFileError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            text.gaps.append(f"{where[0].upper()}{where[1:]} is corrupt ({type(error).__name__}).")
            continue
        if is_image:
            text.gaps.append(f"{where[0].upper()}{where[1:]} is an image without text.")
        text.add(where, page_text)


# --- web archives ---

_PAGE_MEDIA_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/pdf"})
_CONTENT_RECORD_TYPES = frozenset({"response", "resource", "conversion"})
_CONTENT_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


def _extract_warc(stream: BinaryIO, text: CapturedText) -> None:
    from warcio.archiveiterator import ArchiveIterator

    for record in ArchiveIterator(stream):
        if record.rec_type not in _CONTENT_RECORD_TYPES:
            continue
        url = record.rec_headers.get_header("WARC-Target-URI") or "a page without a URL"
        try:
            _extract_record(record, url[:2_000], text)
        except _LimitReachedError:
            raise
        except UnreadableFileError as error:
            text.gaps.append(f"{url[:200]}: {error}")
        # warcio does not report a truncated record, so the rest is read to see whether bytes are missing.
        while record.raw_stream.read(_CHUNK_SIZE):
            pass
        if record.raw_stream.limit > 0:
            raise UnreadableFileError("The file is truncated.")


class _LimitReachedError(UnreadableFileError):
    """The limit of unpacked bytes is reached, so no more of the file is read."""


def _extract_record(record: Any, url: str, text: CapturedText) -> None:
    """Extract the page in a record of a web archive; responses with an error status or without text are skipped."""
    headers = record.http_headers or record.rec_headers
    if record.http_headers is not None and not str(record.http_headers.get_statuscode()).startswith("2"):
        return
    media_type, _, parameters = (headers.get_header("Content-Type") or "").partition(";")
    if media_type.strip().lower() not in _PAGE_MEDIA_TYPES:
        return
    encoding = (headers.get_header("Content-Encoding") or "").strip().lower() if record.http_headers else ""
    if encoding not in _CONTENT_ENCODINGS:
        raise UnreadableFileError(f"The content encoding is not supported ({encoding[:20]}).")
    try:
        data = text.unpack(record.content_stream())
    except UnreadableFileError as error:
        raise _LimitReachedError(str(error)) from error
    declared = _CHARSET.search(parameters.encode(errors="replace"))
    charset = declared[1].decode("ascii") if declared else None
    match media_type.strip().lower():
        case "application/pdf":
            _extract_pdf(BytesIO(data), text, url)
        case "text/plain":
            text.add(url, _decode(data, charset))
        case _:
            _add_html(text, url, data, charset)


def _extract_wacz(stream: BinaryIO, text: CapturedText) -> None:
    if not media_types.has_small_directory(stream):
        raise UnreadableFileError("The archive's central directory is corrupt or too large.")
    with zipfile.ZipFile(stream) as archive:
        for entry in archive.infolist():
            if media_types.is_web_archive(entry.filename):
                with archive.open(entry) as warc_stream:
                    _extract_warc(cast(BinaryIO, warc_stream), text)


_EXTRACTORS: Mapping[str, Callable[[BinaryIO, CapturedText], None]] = {
    media_types.HTML: _extract_html,
    media_types.TEXT: _extract_plain_text,
    media_types.PDF: _extract_pdf,
    media_types.WARC: _extract_warc,
    media_types.WARC_GZ: _extract_warc,
    media_types.WACZ: _extract_wacz,
}


def non_blank_parts(text: CapturedText) -> Iterator[TextPart]:
    """Iterate over the parts that contain more than whitespace."""
    return (part for part in text.parts if part.text.strip())

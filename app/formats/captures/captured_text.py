"""Text extraction from captured files: HTML, plain text, messages, subtitles, JSON, PDF, and web archives.

Files come from anywhere, so any of them may be malicious. Nothing in them is executed or fetched, unpacked bytes are
counted while they are unpacked, and what cannot be read is reported and skipped. A file may still make its reader slow
or use much memory; callers must limit that: see `capture_search`, which uses one process per file.

Standards: HTML Living Standard, WHATWG Encoding Standard, MIME (RFC 2045, 2557, 5322), WebVTT, ISO 32000 through pypdf,
ISO 28500 (WARC) through warcio, WACZ 1.1.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from app.formats.captures import documents, media_types, recordings, web_archives
from app.formats.captures.extraction import CapturedText, TextPart, UnreadableFileError


def extract_text(stream: BinaryIO, media_type: str, language: str | None = None) -> CapturedText:
    """Extract the text of a file. `stream` is seekable; `media_type` is the result of `media_types.sniff`; `language`
    is that of the document.

    Raises UnreadableFileError if there is no text or none can be extracted, also for any exception of the libraries.
    """
    text = CapturedText(language=language)
    extract = _EXTRACTORS.get(media_type)
    if extract is None:
        kind = "a recording" if recordings.is_recording(media_type) else "an image"
        raise UnreadableFileError(f"The file is {kind}, which has no text.")
    text.limit_expansion(stream.seek(0, 2))
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


def _extract_html(stream: BinaryIO, text: CapturedText) -> None:
    documents.add_html(text, None, text.unpack(stream), None)


def _extract_plain_text(stream: BinaryIO, text: CapturedText) -> None:
    documents.add_text_file(text, None, text.unpack(stream), None)


def _extract_pdf(stream: BinaryIO, text: CapturedText) -> None:
    documents.add_pdf(text, None, stream)


_EXTRACTORS: Mapping[str, Callable[[BinaryIO, CapturedText], None]] = {
    media_types.HTML: _extract_html,
    media_types.TEXT: _extract_plain_text,
    media_types.PDF: _extract_pdf,
    media_types.WARC: web_archives.add_warc,
    media_types.WARC_GZ: web_archives.add_warc,
    media_types.WACZ: web_archives.add_wacz,
}


def non_blank_parts(text: CapturedText) -> Iterator[TextPart]:
    """Iterate over the parts that contain more than whitespace."""
    return (part for part in text.parts if part.text.strip())

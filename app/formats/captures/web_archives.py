"""The pages in web archives: WARC (ISO 28500), also gzipped, and WACZ 1.1.

Every record is read, has no text by its nature (pictures, styles, requests), or is reported as missing.
"""

import zipfile
from typing import Any, BinaryIO, cast

from app.formats.captures import documents, media_types
from app.formats.captures.extraction import CapturedText, LimitReachedError, UnreadableFileError

_CONTENT_RECORD_TYPES = frozenset({"response", "resource", "conversion"})
_RECORD_TYPES_WITHOUT_TEXT = frozenset({"warcinfo", "request", "metadata"})
_CONTENT_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


def add_warc(stream: BinaryIO, text: CapturedText) -> None:
    """Add the pages of a WARC file. Raises UnreadableFileError if it is truncated."""
    from warcio.archiveiterator import ArchiveIterator

    for record in ArchiveIterator(stream):
        url = (record.rec_headers.get_header("WARC-Target-URI") or "a page without a URL")[:2_000]
        try:
            if record.rec_type in _CONTENT_RECORD_TYPES:
                _add_record(record, url, text)
            elif record.rec_type == "revisit":
                text.add_gap(url, "The archive refers to a response that it does not contain.")
            elif record.rec_type not in _RECORD_TYPES_WITHOUT_TEXT:
                text.add_gap(url, f"Records of the type {str(record.rec_type)[:40]} are not read.")
        except LimitReachedError:
            raise
        except UnreadableFileError as error:
            text.add_gap(url, str(error))
        finally:
            text.error_status = None
        # warcio does not report a truncated record, so the rest is read to see whether bytes are missing.
        text.skip(record.raw_stream)
        if record.raw_stream.limit > 0:
            raise UnreadableFileError("The file is truncated.")


def _add_record(record: Any, url: str, text: CapturedText) -> None:
    """Add the page in a record. The text of an error page is kept apart; redirects and files without text have none."""
    headers = record.http_headers or record.rec_headers
    status = str(record.http_headers.get_statuscode()) if record.http_headers is not None else "200"
    content_type = headers.get_header("Content-Type") or ""
    media_type = content_type.partition(";")[0].strip().lower()
    if status.startswith(("1", "3")) or documents.is_textless(media_type):
        return
    if record.rec_headers.get_header("WARC-Truncated"):
        text.add_gap(url, "The response was truncated when it was archived.")
    if status == "206":
        text.add_gap(url, "The archive contains only a part of the response.")
    encoding = (headers.get_header("Content-Encoding") or "").strip().lower() if record.http_headers else ""
    if encoding not in _CONTENT_ENCODINGS:
        raise UnreadableFileError(f"The content encoding is not supported ({encoding[:20]}).")
    data = text.unpack(record.content_stream())
    if not media_type and not data.strip():
        return
    text.error_status = None if status.startswith("2") else status
    documents.add_document(text, url, data, content_type)


def add_wacz(stream: BinaryIO, text: CapturedText) -> None:
    """Add the pages of all web archives in a WACZ. Raises UnreadableFileError if its directory is corrupt."""
    if not media_types.has_small_directory(stream):
        raise UnreadableFileError("The archive's central directory is corrupt or too large.")
    with zipfile.ZipFile(stream) as archive:
        for entry in archive.infolist():
            if media_types.is_web_archive(entry.filename):
                with archive.open(entry) as warc_stream:
                    add_warc(cast(BinaryIO, warc_stream), text)

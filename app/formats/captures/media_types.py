"""What kind of file these bytes are: told from the bytes alone, for the few kinds that are kept as captures.

What a client says of a file, or what it is called, is not looked at: both are chosen by whoever sends it. Signatures
are those of the formats' own standards; text and HTML are told apart in the manner of the WHATWG's MIME Sniffing
Standard, but more strictly: markup that is no HTML (SVG, other XML) is not taken for text.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

HEAD = 8_192
"""Bytes at the beginning by which a kind is told."""

MOST_DIRECTORY = 4_000_000
"""Bytes that the directory of an archive may have. Each entry costs some 500 bytes of memory to read."""

HTML = "text/html"
TEXT = "text/plain"
PDF = "application/pdf"
WARC = "application/warc"
WARC_GZ = "application/warc+gzip"
WACZ = "application/wacz"


@dataclass(frozen=True)
class Kind:
    """A kind of file that is kept."""

    extension: str
    """How the name of such a file ends."""
    harmless: bool
    """A browser that is told this type runs nothing of it, and guesses at nothing."""


KINDS: Mapping[str, Kind] = {
    HTML: Kind("html", harmless=False),
    TEXT: Kind("txt", harmless=False),
    PDF: Kind("pdf", harmless=False),
    "image/png": Kind("png", harmless=True),
    "image/jpeg": Kind("jpg", harmless=True),
    "image/gif": Kind("gif", harmless=True),
    "image/webp": Kind("webp", harmless=True),
    "image/avif": Kind("avif", harmless=True),
    "image/heic": Kind("heic", harmless=True),
    "image/tiff": Kind("tiff", harmless=True),
    WARC: Kind("warc", harmless=False),
    WARC_GZ: Kind("warc.gz", harmless=False),
    WACZ: Kind("wacz", harmless=False),
}
"""The kinds that are kept, by media type. SVG is not among them: it may hold scripts, and is no picture of anything."""

TAKEN = "HTML, plain text, PDF, PNG, JPEG, GIF, WebP, AVIF, HEIC, TIFF, WARC (also gzipped) and WACZ"
"""The same in words."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"WARC/", WARC),
)

_BRANDS: Mapping[bytes, str] = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
}
"""Major brands of ISO 14496-12 files (at byte 8, behind `ftyp`)."""

# Bytes that no text has (WHATWG: binary data bytes).
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BEFORE_THE_FIRST_TAG = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>|<!doctype\s[^>]*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<([a-z][a-z0-9:._-]*)", re.IGNORECASE)
_UNFINISHED = re.compile(r"<!--|<\?|<!doctype\s", re.IGNORECASE)

_OF_HTML = re.compile(
    r"html|head|body|title|meta|link|style|script|noscript|base|iframe|h[1-6]|div|span|p|a|b|i|br|hr|[uo]l|li|table|font"
    r"|center|img|main|article|section|header|footer|nav|form|blockquote|pre|em|strong",
    re.IGNORECASE,
)


def sniff(stream: BinaryIO) -> str | None:
    """The media type of a file, one of `KINDS`; None if it is none of them, or empty. The stream must be seekable."""
    stream.seek(0)
    head = stream.read(HEAD)
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head.startswith(b"\x1f\x8b"):
        return WARC_GZ if _unzipped(head).startswith(b"WARC/") else None
    if head.startswith(b"PK\x03\x04"):
        return WACZ if _is_wacz(stream) else None
    return _of_text(head)


def _unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 64)
    except zlib.error:
        return b""


# --- archives ---

_END, _END_LENGTH = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_LENGTH = b"PK\x06\x07", 20
_END_64, _END_64_LENGTH = b"PK\x06\x06", 56


def directory_is_small(stream: BinaryIO) -> bool:
    """True if an archive's directory is whole, at the very end of it, and short enough to be read.

    Looked at before `zipfile` reads it all: a directory of 50 MB would take up a gigabyte.
    """
    length = stream.seek(0, 2)
    tail = _tail(stream, length, _END_LENGTH + _LOCATOR_LENGTH + _END_64_LENGTH)
    end = tail[-_END_LENGTH:]
    # No comment may follow: then this is the end that zipfile, too, takes for the end.
    if len(end) < _END_LENGTH or not end.startswith(_END) or end[20:22] != b"\x00\x00":
        return False
    (size,) = struct.unpack("<L", end[12:16])
    if tail[-_END_LENGTH - _LOCATOR_LENGTH : -_END_LENGTH].startswith(_LOCATOR):
        wide = tail[: -_END_LENGTH - _LOCATOR_LENGTH][-_END_64_LENGTH:]
        if len(wide) < _END_64_LENGTH or not wide.startswith(_END_64):
            return False
        (size,) = struct.unpack("<Q", wide[40:48])
    return bool(size <= MOST_DIRECTORY)


def _tail(stream: BinaryIO, length: int, wanted: int) -> bytes:
    stream.seek(max(0, length - wanted))
    return stream.read(wanted)


def _is_wacz(stream: BinaryIO) -> bool:
    """True for an archive as the WACZ specification (1.1) has it: a description at its root, and web archives."""
    if not directory_is_small(stream):
        return False
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return False
    return "datapackage.json" in names and any(is_web_archive(name) for name in names)


def is_web_archive(name: str) -> bool:
    """True for the name that a WARC has in a WACZ."""
    return name.startswith("archive/") and name.endswith((".warc", ".warc.gz"))


# --- text ---


def _of_text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", errors="ignore")
        if "\x00" in text:
            return None
    elif _BINARY.search(head):
        return None
    else:
        text = head.decode("utf-8-sig", errors="replace")
    if not text.strip():
        return None
    place = 0
    while found := _BEFORE_THE_FIRST_TAG.match(text, place):
        place = found.end()
    if tag := _TAG.match(text, place):
        return HTML if _OF_HTML.fullmatch(tag[1]) else None
    # A comment, or an inner part of a doctype, that is longer than what was looked at: of what kind is not known.
    if _UNFINISHED.match(text, place):
        return HTML if "<!doctype html" in text[: place + 100].lower() or text[place:].startswith("<!--") else None
    return HTML if place and "<!doctype html" in text[:place].lower() else TEXT

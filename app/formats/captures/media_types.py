"""Media type detection for captures: the accepted formats, recognized by their bytes alone.

The file name and the media type that a client sends are ignored, because the sender controls both. Signatures are those
of the formats' own standards. Text and HTML are distinguished as in the WHATWG MIME Sniffing Standard, but more
strictly: markup that is not HTML (SVG, other XML) does not count as text.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from app.formats.captures import recordings

SNIFFED_BYTES = 8_192
"""The number of bytes at the start of a file that detection reads."""

MAX_DIRECTORY_BYTES = 4_000_000
"""The limit of a ZIP archive's central directory. Reading one entry takes about 500 bytes of memory."""

HTML = "text/html"
TEXT = "text/plain"
PDF = "application/pdf"
WARC = "application/warc"
WARC_GZ = "application/warc+gzip"
WACZ = "application/wacz"


@dataclass(frozen=True)
class CaptureFormat:
    """A file format that captures may have."""

    extension: str
    """The file name extension, without a dot."""
    is_safe_inline: bool
    """True if browsers execute nothing in a file of this media type and do not sniff another type."""


CAPTURE_FORMATS: Mapping[str, CaptureFormat] = {
    HTML: CaptureFormat("html", is_safe_inline=False),
    TEXT: CaptureFormat("txt", is_safe_inline=False),
    PDF: CaptureFormat("pdf", is_safe_inline=False),
    "image/png": CaptureFormat("png", is_safe_inline=True),
    "image/jpeg": CaptureFormat("jpg", is_safe_inline=True),
    "image/gif": CaptureFormat("gif", is_safe_inline=True),
    "image/webp": CaptureFormat("webp", is_safe_inline=True),
    "image/avif": CaptureFormat("avif", is_safe_inline=True),
    "image/heic": CaptureFormat("heic", is_safe_inline=True),
    "image/tiff": CaptureFormat("tiff", is_safe_inline=True),
    WARC: CaptureFormat("warc", is_safe_inline=False),
    WARC_GZ: CaptureFormat("warc.gz", is_safe_inline=False),
    WACZ: CaptureFormat("wacz", is_safe_inline=False),
    recordings.MP4: CaptureFormat("mp4", is_safe_inline=True),
    recordings.QUICKTIME: CaptureFormat("mov", is_safe_inline=True),
    recordings.WEBM: CaptureFormat("webm", is_safe_inline=True),
    recordings.OGG_VIDEO: CaptureFormat("ogv", is_safe_inline=True),
    recordings.M4A: CaptureFormat("m4a", is_safe_inline=True),
    recordings.MP3: CaptureFormat("mp3", is_safe_inline=True),
    recordings.OGG_AUDIO: CaptureFormat("ogg", is_safe_inline=True),
    recordings.WAV: CaptureFormat("wav", is_safe_inline=True),
    recordings.FLAC: CaptureFormat("flac", is_safe_inline=True),
}
"""The accepted formats, by media type. SVG is not accepted: it can contain scripts, and it is not a photo or a scan."""

ACCEPTED_FORMATS = (
    "HTML, plain text, PDF, PNG, JPEG, GIF, WebP, AVIF, HEIC, TIFF, WARC (also gzipped), WACZ, "
    "MP4, MOV, WebM, M4A, MP3, Ogg, WAV and FLAC"
)
"""The accepted formats as text, for messages."""

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
"""Major brands of pictures in ISO 14496-12 files (at byte 8, after `ftyp`)."""

# Bytes that do not occur in text (WHATWG MIME Sniffing: binary data bytes).
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_PROLOG = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>|<!doctype\s[^>]*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<([a-z][a-z0-9:._-]*)", re.IGNORECASE)
_UNFINISHED = re.compile(r"<!--|<\?|<!doctype\s", re.IGNORECASE)

_HTML_TAG_NAME = re.compile(
    r"html|head|body|title|meta|link|style|script|noscript|base|iframe|h[1-6]|div|span|p|a|b|i|br|hr|[uo]l|li|table|font"
    r"|center|img|main|article|section|header|footer|nav|form|blockquote|pre|em|strong",
    re.IGNORECASE,
)


def sniff(stream: BinaryIO) -> str | None:
    """Detect the media type of a seekable stream: a key of CAPTURE_FORMATS, or None for any other or an empty file."""
    stream.seek(0)
    head = stream.read(SNIFFED_BYTES)
    if (media_type := _sniff_signature(head) or recordings.sniff(stream, head)) is not None:
        return media_type
    if head.startswith(b"\x1f\x8b"):
        return WARC_GZ if _gunzip(head).startswith(b"WARC/") else None
    if head.startswith(b"PK\x03\x04"):
        return WACZ if _is_wacz(stream) else None
    return _sniff_text(head)


def _sniff_signature(head: bytes) -> str | None:
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return _BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None


def _gunzip(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 64)
    except zlib.error:
        return b""


# --- archives ---

_END, _END_LENGTH = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_LENGTH = b"PK\x06\x07", 20
_END_64, _END_64_LENGTH = b"PK\x06\x06", 56


def has_small_directory(stream: BinaryIO) -> bool:
    """True if a ZIP archive ends with a complete central directory of at most MAX_DIRECTORY_BYTES.

    Check it before `zipfile` reads the directory: one of 50 MB would take a gigabyte of memory.
    """
    length = stream.seek(0, 2)
    tail = _tail(stream, length, _END_LENGTH + _LOCATOR_LENGTH + _END_64_LENGTH)
    end = tail[-_END_LENGTH:]
    # No comment may follow the end record; only then is this certainly the end record that zipfile uses.
    if len(end) < _END_LENGTH or not end.startswith(_END) or end[20:22] != b"\x00\x00":
        return False
    (size,) = struct.unpack("<L", end[12:16])
    if tail[-_END_LENGTH - _LOCATOR_LENGTH : -_END_LENGTH].startswith(_LOCATOR):
        wide = tail[: -_END_LENGTH - _LOCATOR_LENGTH][-_END_64_LENGTH:]
        if len(wide) < _END_64_LENGTH or not wide.startswith(_END_64):
            return False
        (size,) = struct.unpack("<Q", wide[40:48])
    return bool(size <= MAX_DIRECTORY_BYTES)


def _tail(stream: BinaryIO, length: int, size: int) -> bytes:
    stream.seek(max(0, length - size))
    return stream.read(size)


def _is_wacz(stream: BinaryIO) -> bool:
    """True for an archive with a `datapackage.json` at its root and web archives, as in WACZ 1.1."""
    if not has_small_directory(stream):
        return False
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return False
    return "datapackage.json" in names and any(is_web_archive(name) for name in names)


def is_web_archive(name: str) -> bool:
    """True for the path of a WARC file in a WACZ."""
    return name.startswith("archive/") and name.endswith((".warc", ".warc.gz"))


# --- text ---


def _sniff_text(head: bytes) -> str | None:
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
    position = 0
    while prolog := _PROLOG.match(text, position):
        position = prolog.end()
    if tag := _TAG.match(text, position):
        return HTML if _HTML_TAG_NAME.fullmatch(tag[1]) else None
    # A comment, processing instruction or doctype goes on beyond the bytes that were read, so the first tag is unknown.
    if _UNFINISHED.match(text, position):
        is_html = "<!doctype html" in text[: position + 100].lower() or text[position:].startswith("<!--")
        return HTML if is_html else None
    return HTML if position and "<!doctype html" in text[:position].lower() else TEXT

"""Decoding by the WHATWG Encoding Standard, whose labels differ from Python's: `gb2312` means gb18030."""

import codecs
import re
from typing import NamedTuple

import webencodings

from app.formats.captures.extraction import UnreadableFileError

_SEARCH_BYTES = 4_096  # the standard says 1,024, but many pages declare the encoding later
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]*", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_UTF_16_LABELS = frozenset(("utf-16le", "utf-16be"))
_CONTROLS = re.compile("[\x80-\x9f]")


class DecodedText(NamedTuple):
    """A decoded text, and what is uncertain about it."""

    text: str
    gap: str | None
    """What could not be decoded with certainty, as a sentence."""


def charset_parameter(content_type: str) -> str | None:
    """The parameter `charset` of a Content-Type."""
    match = _CHARSET.search(content_type.partition(";")[2].encode(errors="replace"))
    return match[1].decode("ascii") if match else None


def declared_in_html(data: bytes) -> str | None:
    """The encoding that a page declares in `<meta>` or in an XML declaration (HTML Living Standard, 13.2.3.2)."""
    head = _COMMENT.sub(b"", data[:_SEARCH_BYTES])
    if match := _XML_DECLARATION.match(head):
        return match[1].decode("ascii")
    for tag in _META.finditer(head):
        if match := _CHARSET.search(tag[0]):
            label = match[1].decode("ascii")
            encoding = webencodings.lookup(label)
            # A page that declares UTF-16 in bytes of ASCII is not in UTF-16.
            return "utf-8" if encoding is not None and encoding.name in _UTF_16_LABELS else label
    return None


def decode(data: bytes, declared: str | None) -> DecodedText:
    """Decode by the byte order mark, the declared encoding or else UTF-8.

    Raises UnreadableFileError if the encoding is unknown, or none is declared and the bytes are not UTF-8.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return _decoded(data[len(mark) :], name, name)
    if declared is None:
        try:
            return DecodedText(data.decode("utf-8"), None)
        except UnicodeDecodeError:
            raise UnreadableFileError("The file declares no encoding, and it is not UTF-8.") from None
    encoding = webencodings.lookup(declared)
    if encoding is None or encoding.name == "replacement":
        raise UnreadableFileError(f"The declared encoding is unknown: {declared[:40]}.")
    decoded = _decoded(data, encoding.codec_info.name, declared[:40], encoding)
    if encoding.name != "utf-8" and decoded.gap is None and not data.isascii() and _is_utf_8(data):
        return DecodedText(decoded.text, f"The declared encoding is {declared[:40]}, but the bytes are valid UTF-8.")
    return decoded


def _decoded(data: bytes, codec: str, label: str, encoding: webencodings.Encoding | None = None) -> DecodedText:
    if codec == "gbk":
        codec = "gb18030"  # section 10.1.1: gbk's decoder is gb18030's decoder
    is_python_codec = encoding is None or codec == "gb18030"
    decode_bytes = codecs.lookup(codec).decode if is_python_codec or encoding is None else encoding.codec_info.decode
    text = decode_bytes(data, "replace")[0]
    # In Windows code pages, C1 control characters stand for bytes that the encoding leaves undefined.
    if "\ufffd" in text or (encoding is not None and encoding.name != "utf-8" and _CONTROLS.search(text)):
        return DecodedText(text, f"Some bytes are not valid in the encoding of the text ({label}).")
    return DecodedText(text, None)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

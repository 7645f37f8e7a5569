"""Text files in encodings other than UTF-8: how the encoding is determined, and reading them as UTF-8.

A file is only read in an encoding that is certain: UTF-8, one that a byte order mark declares, or one that the sender
names. Guesses are often wrong, and a file that is decoded with the wrong encoding is imported with wrong letters.
"""

import codecs
import io
from typing import BinaryIO

_BLOCK_SIZE = 1_000_000  # bytes

UTF8 = "utf-8"

NAMED_ENCODINGS = (
    UTF8,
    *("utf-16", "utf-16-le", "utf-16-be", "utf-32"),
    *(f"windows-{number}" for number in range(1250, 1259)),
    *(f"iso-8859-{number}" for number in (*range(1, 12), *range(13, 17))),  # there is no part 12
    *("koi8-r", "koi8-u", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"),
)
"""The encodings that can be named."""

# The mark of UTF-32 begins with the one of UTF-16, so it is compared first.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class EncodingError(ValueError):
    """The encoding of a file is not certain, or is not the one that was named; the message gives the next step."""


def encoding_of(head: bytes, named: str | None) -> str:
    """Return the encoding of a file, from its first bytes or as named. Raises EncodingError if it is not supported."""
    if named is not None:
        encoding = named.strip().lower()
        if encoding not in NAMED_ENCODINGS:
            raise EncodingError(f"The encoding must be one of {', '.join(NAMED_ENCODINGS)}.")
        return encoding
    declared = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if declared is None and b"\0" in head[:1_000]:
        raise EncodingError(
            "The file contains NUL bytes: it is not text, or text in UTF-16 without a byte order mark. "
            "Save it as UTF-8, or name the encoding, such as utf-16-le, with `encoding` (--encoding on the command "
            "line)."
        )
    return declared or UTF8


def decode_head(head: bytes, encoding: str) -> str:
    """Decode the first bytes of a file, which may end in the middle of a character; invalid bytes are replaced."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    return text.removeprefix("\ufeff")


class LineCounter:
    """Counts the line ends of a text that is read in blocks, and knows the last character that is not blank."""

    def __init__(self) -> None:
        self.line_ends = 0
        self.last_character = ""
        self.has_content = False

    def add(self, text: str) -> None:
        """Count the next block."""
        if text:
            self.line_ends += text.count("\n")
            self.last_character = text[-1]
            self.has_content = self.has_content or bool(text.strip("\ufeff \t\r\n"))


def check_text(stream: BinaryIO, encoding: str) -> LineCounter:
    """Read a file to its end and count its lines. Raises EncodingError if any byte of it is not in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = LineCounter()
    while True:
        block = stream.read(_BLOCK_SIZE)
        try:
            lines.add(decoder.decode(block, final=not block))
        except UnicodeDecodeError as error:
            line = lines.line_ends + 1 + decode_head(error.object[: error.start], encoding).count("\n")
            raise EncodingError(_describe(error, encoding, line)) from None
        if not block:
            return lines


def _describe(error: UnicodeDecodeError, encoding: str, line: int) -> str:
    if error.reason in {"unexpected end of data", "truncated data", "incomplete multibyte sequence"}:
        return f"The file ends in the middle of a character in line {line}: it was cut. Send the whole file."
    seen = f"0x{error.object[error.start]:02X}"
    if encoding == UTF8:
        return (
            f"The file is not UTF-8: line {line} contains the byte {seen}. It is probably in an older encoding, such "
            "as windows-1251 (Cyrillic) or windows-1252 (Western European). Save it as UTF-8, or name its encoding "
            "with `encoding` (--encoding on the command line)."
        )
    return (
        f"The file is not {encoding}: line {line} contains the byte {seen}. Name another encoding or save it as UTF-8."
    )


def as_utf8(stream: BinaryIO, encoding: str) -> BinaryIO:
    """Return a stream of the same text in UTF-8, which is decoded as it is read."""
    return stream if encoding == UTF8 else io.BufferedReader(_Utf8Stream(stream, encoding))


class _Utf8Stream(io.RawIOBase):
    """Text of another encoding as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._pending = b""
        self._is_exhausted = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer; raises UnicodeDecodeError for invalid bytes, so check the text first."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # typeshed's buffer protocol needs Python 3.12
        while not self._pending and not self._is_exhausted:
            block = self._stream.read(65_536)
            self._is_exhausted = not block
            self._pending = self._decoder.decode(block, final=not block).encode()
        size = min(len(view), len(self._pending))
        view[:size] = self._pending[:size]
        self._pending = self._pending[size:]
        return size

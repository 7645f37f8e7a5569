"""Incremental reading of JSON objects from a stream, one at a time and in constant memory.

Follows RFC 8259 (JSON in UTF-8; a byte order mark is skipped) and JSON Lines. Where RFC 8259 leaves the behaviour to
the parser, the object is refused, because a value could change on its way into the database: duplicate names, NaN and
Infinity, numbers outside the range of a double, lone surrogates and NUL in strings, and nesting of more than 100
levels.
"""

import codecs
import json
import math
import re
from collections.abc import Collection, Generator, Iterator
from typing import Any, BinaryIO, TypeAlias

from app.formats.parsing.duplicates import find_duplicates
from app.formats.parsing.import_rows import RowLine, RowRefusal

MAX_OBJECT_LENGTH = 1_000_000
"""Most characters of an object."""

MAX_NESTING = 100
"""Most levels of nesting in an object."""

ParsedObject: TypeAlias = tuple[int, dict[str, Any]] | RowRefusal
"""The line in which an object begins and the object itself, or a refusal."""

_CHUNK_SIZE = 65_536  # bytes
_BLANKS = re.compile(r"[ \t\r\n]*")
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_TEXT = r'"(?:[^"\\]|\\.)*"'
_SCALAR = rf"(?:{_TEXT}|[-+.0-9eE]+|true|false|null)"

# A parse error within this many characters of the buffer's end may only mean that a token is incomplete: no literal or
# escape of JSON is longer.
_LONGEST_TOKEN = 16


def read_objects(stream: BinaryIO, *, feeds: Collection[str] = ()) -> Iterator[ParsedObject]:
    """Yield the objects of an array, of JSON Lines, or of concatenated JSON.

    `feeds` names members whose array is read in place of the object that contains it, if only scalar members come
    before it. After invalid JSON, reading continues with the next line; inside an array, the refusal is the last item.
    """
    buffer = _TextBuffer(stream)
    if buffer.peek() == "[":
        is_complete = yield from _read_array(buffer)
        if is_complete and buffer.peek():
            yield RowRefusal(buffer.next_row_line(), "", "comes after the end of the list; nothing may follow it")
    elif feeds and (opening := _feed_opening(feeds).match(buffer.text, buffer.position)):
        buffer.advance(opening.end())
        yield from _read_array(buffer)
    else:
        yield from _read_sequence(buffer)


def _feed_opening(feeds: Collection[str]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, feeds))
    return re.compile(rf'\{{\s*(?:{_TEXT}\s*:\s*{_SCALAR}\s*,\s*)*"(?:{names})"\s*:\s*(?=\[)')


class _InvalidJsonError(Exception):
    """Invalid JSON: the end of the element cannot be determined."""


class _TextBuffer:
    """The decoded part of a stream that has not been consumed, with the position and line of the next character."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # Invalid UTF-8 is decoded to lone surrogates, so that only the object that contains it is refused.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self.text, self.position, self.line, self.is_exhausted = "", 0, 1, False
        self._row_count = 0

    def next_row_line(self) -> RowLine:
        """Count a row that begins at the current position and return its line."""
        self._row_count += 1
        return RowLine(self.line, self._row_count)

    def read_more(self) -> None:
        """Read at least as much as is unconsumed: doubling the buffer keeps the copying of a big element linear."""
        unconsumed = self.text[self.position :]
        data = self._stream.read(max(_CHUNK_SIZE, len(unconsumed)))
        self.is_exhausted = not data
        self.text, self.position = unconsumed + self._decoder.decode(data, final=self.is_exhausted), 0

    def advance(self, position: int) -> None:
        """Move forward to a position and count the lines on the way."""
        self.line += self.text.count("\n", self.position, position)
        self.position = position

    def peek(self) -> str:
        """Skip whitespace and return the next character; empty at the end of the stream."""
        while True:
            blanks = _BLANKS.match(self.text, self.position)
            self.advance(blanks.end() if blanks else self.position)
            if self.position < len(self.text):
                return self.text[self.position]
            if self.is_exhausted:
                return ""
            self.read_more()

    def skip_invalid(self) -> None:
        """Move to the next line that can begin an object: not indented, and without a closing bracket or a comma."""
        while True:
            line_end = self.text.find("\n", self.position)
            self.advance(line_end + 1 or len(self.text))
            if self.position == len(self.text):
                if self.is_exhausted:
                    return
                self.read_more()
            if line_end >= 0 and self.text[self.position : self.position + 1] not in " \t}],":
                return


class _Decoder(json.JSONDecoder):
    """A decoder that collects faults in well-formed JSON instead of stopping at them."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=self._object, parse_constant=self._constant, parse_float=self._float)
        self.faults: list[tuple[str, str]] = []

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            name = find_duplicates(name for name, _ in pairs)[0]
            self.faults.append((name[:100], "occurs twice in one object; give it once"))
        return members

    def _constant(self, _name: str) -> None:
        self.faults.append(("", "contains NaN or Infinity, which JSON does not allow; use null"))

    def _float(self, digits: str) -> float:
        number = float(digits)
        if math.isinf(number):
            self.faults.append(("", "contains a number that is too large; use a number below 1.8e308"))
        return number


def _read_array(buffer: _TextBuffer) -> Generator[ParsedObject, None, bool]:
    """Yield the elements of the array at the current position; return True if it was read to its end."""
    decoder = _Decoder()
    buffer.advance(buffer.position + 1)
    if buffer.peek() == "]":
        buffer.advance(buffer.position + 1)
        return True
    while True:
        line = buffer.next_row_line()
        try:
            yield from _read_element(buffer, decoder, line)
        except _InvalidJsonError as error:
            yield RowRefusal(line, "", f"{error}; the rest of the file was not read")
            return False
        separator = buffer.peek()
        if separator not in {",", "]"}:
            reason = (
                "must be separated from the object before it by a comma, or the list must be closed; the rest of the "
                "file was not read"
            )
            yield RowRefusal(buffer.next_row_line(), "", reason)
            return False
        buffer.advance(buffer.position + 1)
        if separator == "]":
            return True
        buffer.peek()


def _read_sequence(buffer: _TextBuffer) -> Iterator[ParsedObject]:
    """Yield objects that follow one another, on lines of their own or not."""
    decoder = _Decoder()
    while buffer.peek():
        line = buffer.next_row_line()
        try:
            yield from _read_element(buffer, decoder, line)
        except _InvalidJsonError as error:
            yield RowRefusal(line, "", str(error))
            buffer.skip_invalid()


def _read_element(buffer: _TextBuffer, decoder: _Decoder, line: RowLine) -> Iterator[ParsedObject]:
    """Yield the object at the current position, or a refusal for each fault. Raises _InvalidJsonError."""
    value, end = _decode_value(buffer, decoder)
    raw = buffer.text[buffer.position : end]
    buffer.advance(end)
    faults = decoder.faults or list(_find_faults(value, raw))
    if not faults and isinstance(value, dict):
        yield line, value
    for field, reason in faults or [("", "must be an object, in braces")] * (not isinstance(value, dict)):
        yield RowRefusal(line, field, reason)


def _decode_value(buffer: _TextBuffer, decoder: _Decoder) -> tuple[Any, int]:
    """Decode the value at the current position, reading on as needed; return it with its end position."""
    while True:
        decoder.faults.clear()
        try:
            value, end = decoder.raw_decode(buffer.text, buffer.position)
        except json.JSONDecodeError as error:
            if buffer.is_exhausted or not _may_be_incomplete(error):
                raise _InvalidJsonError(_describe_error(error, buffer)) from None
        except RecursionError:
            raise _InvalidJsonError(f"is nested more than {MAX_NESTING} levels deep") from None
        except ValueError:  # Python converts at most 4,300 digits
            raise _InvalidJsonError("contains a number with too many digits; use at most 4,300") from None
        else:
            # At the end of the buffer a number may continue in the next chunk.
            if end < len(buffer.text) or buffer.is_exhausted:
                return value, end
        if len(buffer.text) - buffer.position > MAX_OBJECT_LENGTH:
            raise _InvalidJsonError(
                f"has more than {MAX_OBJECT_LENGTH:,} characters, or a closing bracket or quotation mark is missing"
            )
        buffer.read_more()


def _may_be_incomplete(error: json.JSONDecodeError) -> bool:
    """True if the error may only mean that the rest of a token has not been read yet."""
    return error.msg.startswith("Unterminated string") or error.pos >= len(error.doc) - _LONGEST_TOKEN


def _describe_error(error: json.JSONDecodeError, buffer: _TextBuffer) -> str:
    if _NOT_UTF8.match(buffer.text, error.pos):
        return "is not UTF-8; save the file as UTF-8"
    lines_below = buffer.text.count("\n", buffer.position, error.pos)
    location = f" in line {buffer.line + lines_below}" if lines_below else ""
    return f"is not JSON{location}: {error.msg[:1].lower()}{error.msg[1:]}"


def _find_faults(value: Any, raw: str) -> Iterator[tuple[str, str]]:
    """Yield the field and reason of each fault in a value that is well-formed JSON."""
    # Walking through every value would be slow; only text that may contain a fault makes it necessary.
    if len(raw) > MAX_OBJECT_LENGTH:
        yield "", f"is larger than {MAX_OBJECT_LENGTH:,} characters"
    elif _NOT_UTF8.search(raw):
        yield "", "is not UTF-8; save the file as UTF-8"
    elif raw.count("{") + raw.count("[") > MAX_NESTING or _SUSPECT.search(raw):
        yield from _find_nested_faults(value)


def _find_nested_faults(value: Any) -> Iterator[tuple[str, str]]:
    """Walk through a value level by level; yield the first fault, if any."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_NESTING:
            yield "", f"is nested more than {MAX_NESTING} levels deep"
            return
        for string in (string for item in level for string in _strings(item)):
            if "\x00" in string or any("\ud800" <= character <= "\udfff" for character in string):
                yield "", "contains NUL or an unpaired surrogate, which text must not contain"
                return
        level = [child for item in level for child in _children(item)]


def _strings(item: Any) -> Iterator[str]:
    """Yield the member names of an object, or a string itself."""
    if isinstance(item, dict):
        yield from item
    elif isinstance(item, str):
        yield item


def _children(item: Any) -> Collection[Any]:
    """Return the values inside an object or array; empty for a scalar."""
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()

"""JSON objects out of a stream, one at a time and in constant memory.

Standards followed: RFC 8259 (JSON, UTF-8; a byte order mark is passed over) and JSON Lines. What RFC 8259
leaves to the reader is refused, since it would not reach the record as it was meant: members named twice, NaN
and Infinity, numbers beyond what a double holds, lone surrogates and NUL in texts, nesting of more than 100
levels.
"""

import codecs
import json
import math
import re
from collections.abc import Collection, Generator, Iterator
from typing import Any, BinaryIO, TypeAlias

from app.formats.parsing.duplicates import twice
from app.formats.parsing.import_rows import Place, Refused

LARGEST = 1_000_000
"""Most characters that an object may have."""

DEEPEST = 100
"""Most levels that an object may be nested."""

Found: TypeAlias = tuple[int, dict[str, Any]] | Refused
"""An object and the line that it begins in, or a fault."""

_CHUNK = 65_536
_BLANKS = re.compile(r"[ \t\r\n]*")
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_TEXT = r'"(?:[^"\\]|\\.)*"'
_SCALAR = rf"(?:{_TEXT}|[-+.0-9eE]+|true|false|null)"

# An error this close to the end of what was read may only mean that the rest is still to come: no literal and
# no escape of JSON is longer.
_MAY_GO_ON = 16


def objects(stream: BinaryIO, *, feeds: Collection[str] = ()) -> Iterator[Found]:
    """The objects of an array, of JSON Lines, or of objects that simply follow one another.

    An object that holds nothing but simple members before one that is named in `feeds` stands for the array
    which that member holds. After broken JSON reading goes on with the next line, but not inside an array: there
    the fault is the last thing given.
    """
    text = _Text(stream)
    if text.peek() == "[":
        whole = yield from _array(text)
        if whole and text.peek():
            yield Refused(text.next_place(), "", "nothing may follow the list")
    elif feeds and (opening := _opening(feeds).match(text.text, text.at)):
        text.go(opening.end())
        yield from _array(text)
    else:
        yield from _sequence(text)


def _opening(feeds: Collection[str]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, feeds))
    return re.compile(rf'\{{\s*(?:{_TEXT}\s*:\s*{_SCALAR}\s*,\s*)*"(?:{names})"\s*:\s*(?=\[)')


class _BrokenError(Exception):
    """No telling where the element ends."""


class _Text:
    """A stream as text, up to where it has been read, and the place in it that is next."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # Bytes that are not UTF-8 become characters that no UTF-8 can mean: only their own object is refused.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self.text, self.at, self.line, self.ended = "", 0, 1, False
        self._rows = 0

    def next_place(self) -> Place:
        """The place of the element that begins here."""
        self._rows += 1
        return Place(self.line, self._rows)

    def more(self) -> None:
        """Read on, by about as much again as is waiting: then a big element is copied only a few times."""
        waiting = self.text[self.at :]
        data = self._stream.read(max(_CHUNK, len(waiting)))
        self.ended = not data
        self.text, self.at = waiting + self._decoder.decode(data, final=self.ended), 0

    def go(self, to: int) -> None:
        """Move on to a place, counting lines."""
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            blanks = _BLANKS.match(self.text, self.at)
            self.go(blanks.end() if blanks else self.at)
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self.more()

    def skip_broken(self) -> None:
        """Move on to the next line that can begin an object: not indented, and no closing bracket."""
        while True:
            end = self.text.find("\n", self.at)
            self.go(end + 1 or len(self.text))
            if self.at == len(self.text):
                if self.ended:
                    return
                self.more()
            if end >= 0 and self.text[self.at : self.at + 1] not in " \t}],":
                return


class _Decoder(json.JSONDecoder):
    """Goes on over what is well formed but not wanted, and keeps account of it."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=self._object, parse_constant=self._constant, parse_float=self._float)
        self.faults: list[tuple[str, str]] = []

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            name = twice(name for name, _ in pairs)[0]
            self.faults.append((name[:100], "stands twice in one object; give it once"))
        return found

    def _constant(self, _name: str) -> None:
        self.faults.append(("", "holds NaN or Infinity, which are no numbers; use null"))

    def _float(self, digits: str) -> float:
        number = float(digits)
        if math.isinf(number):
            self.faults.append(("", "holds a number that is too large"))
        return number


def _array(text: _Text) -> Generator[Found, None, bool]:
    """What the array that begins here holds; true if it was read to its end."""
    decoder = _Decoder()
    text.go(text.at + 1)
    if text.peek() == "]":
        text.go(text.at + 1)
        return True
    while True:
        place = text.next_place()
        try:
            yield from _element(text, decoder, place)
        except _BrokenError as broken:
            yield Refused(place, "", f"{broken}; nothing behind it could be read")
            return False
        mark = text.peek()
        if mark not in {",", "]"}:
            fault = "a comma or a closing bracket must stand here; nothing more was read"
            yield Refused(text.next_place(), "", fault)
            return False
        text.go(text.at + 1)
        if mark == "]":
            return True
        text.peek()


def _sequence(text: _Text) -> Iterator[Found]:
    decoder = _Decoder()
    while text.peek():
        place = text.next_place()
        try:
            yield from _element(text, decoder, place)
        except _BrokenError as broken:
            yield Refused(place, "", str(broken))
            text.skip_broken()


def _element(text: _Text, decoder: _Decoder, place: Place) -> Iterator[Found]:
    """The element that begins here, or all that is wrong with it. Raises _BrokenError."""
    value, end = _decoded(text, decoder)
    raw = text.text[text.at : end]
    text.go(end)
    faults = decoder.faults or list(_faults(value, raw))
    if not faults and isinstance(value, dict):
        yield place, value
    for field, why in faults or [("", "must be an object, in braces")] * (not isinstance(value, dict)):
        yield Refused(place, field, why)


def _decoded(text: _Text, decoder: _Decoder) -> tuple[Any, int]:
    while True:
        decoder.faults.clear()
        try:
            value, end = decoder.raw_decode(text.text, text.at)
        except json.JSONDecodeError as error:
            if text.ended or not _may_go_on(error):
                raise _BrokenError(_described(error, text)) from None
        except RecursionError:
            raise _BrokenError(f"is nested more than {DEEPEST} levels deep") from None
        except ValueError:  # Python converts no more than 4,300 digits
            raise _BrokenError("holds a number that is too long") from None
        else:
            if end < len(text.text) or text.ended:  # else a number may go on
                return value, end
        if len(text.text) - text.at > LARGEST:
            raise _BrokenError(f"is larger than {LARGEST:,} characters, or not closed")
        text.more()


def _may_go_on(error: json.JSONDecodeError) -> bool:
    return error.msg.startswith("Unterminated string") or error.pos >= len(error.doc) - _MAY_GO_ON


def _described(error: json.JSONDecodeError, text: _Text) -> str:
    if _NOT_UTF8.match(text.text, error.pos):
        return "is not UTF-8; save the file as UTF-8"
    below = text.text.count("\n", text.at, error.pos)
    where = f" in line {text.line + below}" if below else ""
    return f"is not JSON{where}: {error.msg[:1].lower()}{error.msg[1:]}"


def _faults(value: Any, raw: str) -> Iterator[tuple[str, str]]:
    # What is well formed is almost always harmless too; only what could be otherwise is walked through.
    if len(raw) > LARGEST:
        yield "", f"is larger than {LARGEST:,} characters"
    elif _NOT_UTF8.search(raw):
        yield "", "is not UTF-8; save the file as UTF-8"
    elif raw.count("{") + raw.count("[") > DEEPEST or _SUSPECT.search(raw):
        yield from _faults_inside(value)


def _faults_inside(value: Any) -> Iterator[tuple[str, str]]:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            yield "", f"is nested more than {DEEPEST} levels deep"
            return
        for text in (text for item in level for text in _texts(item)):
            if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
                yield "", "holds a character that no text can have (NUL, or half of a pair of surrogates)"
                return
        level = [inner for item in level for inner in _inner(item)]


def _texts(item: Any) -> Iterator[str]:
    if isinstance(item, dict):
        yield from item
    elif isinstance(item, str):
        yield item


def _inner(item: Any) -> Collection[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()

"""Files of BibTeX and BibLaTeX taken apart into entries, as BibTeX's own program and biber read them.

`@type{key, field = value, …}`, in braces or parentheses; values are in braces or quotation marks, numbers, or names
of `@string`s, put together with `#`. What stands between entries is a remark, as biber has it: from `%` to the end of a
line, also between fields. A broken entry ends before the next line that begins with `@`, and costs no other.

The encoding is UTF-8; else what the file says of itself (Emacs: `coding: latin-2`, JabRef: `Encoding: ISO8859_1`); else
Western European (Windows-1252 or ISO-8859-1).
"""

import codecs
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.formats.bibtex.bibtex_limits import LONGEST_SHARED, FaultyError, Room
from app.formats.parsing.import_rows import Refused


@dataclass(slots=True)
class Entry:
    """An entry, as it stands in the file."""

    line: int
    kind: str
    """Its type, in small letters."""
    key: str
    fields: dict[str, str] = field(default_factory=dict)
    """Values in LaTeX, without what encloses them, by field in small letters."""


_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)", re.IGNORECASE)
_SAID = {"iso8859_1": "latin-1", "latin-9": "iso-8859-15", "latin-2": "iso-8859-2", "latin-1": "latin-1"}
_NO_TEXTS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})
"""Python's codecs of hosts and of its own programs: no file is in these, and what they give may be no text at all."""

_AT = re.compile(r"@\s*([A-Za-z][\w-]*)\s*([{(])|%[^\n]*")
_BLANK = re.compile(r"(?:\s+|%[^\n]*)*+")  # possessive: or a hundred bytes would be kept for each remark
_KEY = re.compile(r"[^,\s{}()\"%]?[^,\s{}%]*")
_NAME = re.compile(r"[^\s=,{}()\"#%]+")
_NEXT = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]", re.MULTILINE)
_IN_BRACES = re.compile(r"[{}]")
_IN_QUOTES = re.compile(r"[{}\"]")
_MONTHS = {name: name for name in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")}
_ALWAYS_AGAIN, _TIMES_AGAIN = 100_000, 2
"""Characters of broken entries that may be read again, whatever the file's size, and for each character of it.

Faults of people are found an entry further on at most, so that once for each character would do.
"""


def decoded(stream: BinaryIO) -> str:
    """The text of a file, whichever its encoding."""
    data = stream.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if (said := _CODING.search(data[:1_000])) is not None:
        named = re.sub(r"-(unix|dos|mac)$", "", said[1].decode().lower())
        try:
            codec = codecs.lookup(_SAID.get(named, named)).name
            if codec not in _NO_TEXTS:
                return data.decode(codec)
        except (LookupError, UnicodeDecodeError):
            pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def entries(text: str, room: Room) -> Iterator[Entry | Refused]:
    """The entries of a file, in order; what is broken is refused by itself, and what has no room for its `@string`s."""
    reader = _Reader(text, room)
    while (found := reader.next()) is not None:
        line, kind, close = found
        start = reader.at
        try:
            if (entry := reader.entry(line, kind, close)) is not None:
                yield entry
        except FaultyError as fault:
            yield Refused(line, fault.field, fault.reason)
            reader.resume(start)


class _Braces:
    """Which brace closes which: paired once for all, so that no file takes for ever.

    In arrays, because a file may be nothing but braces, and each would be a hundred bytes in a dict.
    """

    def __init__(self, text: str) -> None:
        self._opened, self._closed = array("Q"), array("Q")
        waiting = array("Q")
        for brace in _IN_BRACES.finditer(text):
            if brace[0] == "{":
                waiting.append(len(self._opened))
                self._opened.append(brace.start())
                self._closed.append(0)  # nothing closes it yet
            elif waiting:
                self._closed[waiting.pop()] = brace.start()

    def close_of(self, at: int) -> int:
        """Where the brace that opens there is closed; -1 if it is not."""
        return self._closed[bisect_left(self._opened, at)] or -1


class _Reader:
    def __init__(self, text: str, room: Room) -> None:
        self._text = text
        self._room = room
        self._strings = dict(_MONTHS)
        self.at = 0
        self._line, self._counted = 1, 0
        self._last_parenthesis: int | None = None
        self._braces = _Braces(text)
        self._again = _ALWAYS_AGAIN + _TIMES_AGAIN * len(text)

    def next(self) -> tuple[int, str, str] | None:
        """Go behind the opening of the next entry: its line, type and what closes it; None at the end."""
        while (found := _AT.search(self._text, self.at)) is not None:
            self.at = found.end()
            if found[1] is None:
                continue  # a remark
            self._line += self._text.count("\n", self._counted, found.start())
            self._counted = found.start()
            return self._line, found[1].lower(), "}" if found[2] == "{" else ")"
        return None

    def resume(self, start: int) -> None:
        """Go on after a fault in the entry that was opened there, before the next line that looks like another one.

        That line may stand in what has been read of the broken entry. In a file that is made of such lines, some are
        passed over in the end: else it would be read once for each of them.
        """
        self._again -= self.at - start
        found = _NEXT.search(self._text, start if self._again >= 0 else self.at)
        self.at = len(self._text) if found is None else found.start()

    def entry(self, line: int, kind: str, close: str) -> Entry | None:
        """The entry that was opened; None for what is none. Raises FaultyError."""
        if kind in ("comment", "preamble"):
            self._enclosed(close)
            return None
        if kind == "string":
            for name, value in self._fields(close):
                self._strings[name] = value
            return None
        self._blank()
        key = self._take(_KEY)
        read = Entry(line, kind, key)
        self._blank()
        if self._peek() == ",":
            self.at += 1
            for name, value in self._fields(close):
                read.fields.setdefault(name, value)
        elif self._peek() == close:
            self.at += 1
        else:
            raise FaultyError("", "must have a key, and a comma behind it")
        return read

    def _fields(self, close: str) -> Iterator[tuple[str, str]]:
        while True:
            self._blank()
            while self._peek() == ",":
                self.at += 1
                self._blank()
            if self._peek() == close:
                self.at += 1
                return
            if not self._peek():
                raise FaultyError("", "is not closed at the end of the file")
            name = self._take(_NAME).lower()
            self._blank()
            if not name or self._peek() != "=":
                raise FaultyError(name, "must have a value, behind an equals sign")
            self.at += 1
            yield name, self._value(name)
            self._blank()
            if self._peek() not in (",", close):
                raise FaultyError(name, "must end with a comma, or with the entry")

    def _value(self, name: str) -> str:
        parts = [self._part(name)]
        length = len(parts[0])
        self._blank()
        while self._peek() == "#":
            self.at += 1
            parts.append(self._part(name))
            length += len(parts[-1])
            if length > LONGEST_SHARED:
                raise FaultyError(name, f"must come to no more than {LONGEST_SHARED:,} characters when put together")
            self._blank()
        return "".join(parts)

    def _part(self, name: str) -> str:
        self._blank()
        opening = self._peek()
        if opening == "{":
            self.at += 1
            return self._enclosed("}")
        if opening == '"':
            self.at += 1
            return self._quoted(name)
        word = self._take(_NAME)
        if not word:
            raise FaultyError(name, "must have a value, in braces or quotation marks")
        known = self._strings.get(word.lower())
        if known is None:
            return word  # A name that nobody defined is left as it stands.
        self._room.take(name, len(known))
        return known

    def _enclosed(self, close: str) -> str:
        """What stands from here to what closes it; the opening is right before."""
        start = self.at
        # Only remarks are in parentheses.
        end = self._braces.close_of(start - 1) if close == "}" else self._parenthesis(start)
        if end < 0:
            raise FaultyError("", "is not closed: a brace is missing")
        self.at = end + 1
        return self._text[start:end]

    def _parenthesis(self, start: int) -> int:
        if self._last_parenthesis is None:
            self._last_parenthesis = self._text.rfind(")")
        return self._text.find(")", start) if start <= self._last_parenthesis else -1

    def _quoted(self, name: str) -> str:
        start = self.at
        at = start
        while (found := _IN_QUOTES.search(self._text, at)) is not None:
            if found[0] == '"':
                self.at = found.end()
                return self._text[start : found.start()]
            end = self._braces.close_of(found.start()) if found[0] == "{" else -1
            if end < 0:
                break
            at = end + 1
        raise FaultyError(name, "is not closed: a quotation mark is missing")

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self.at)
        self.at = found.end() if found is not None else self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def _peek(self) -> str:
        return self._text[self.at : self.at + 1]

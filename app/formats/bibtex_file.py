"""Files of BibTeX and BibLaTeX taken apart into entries, as BibTeX's own program and biber read them.

`@type{key, field = value, …}`, in braces or parentheses; values are in braces or quotation marks, numbers, or names
of `@string`s, put together with `#`. What stands between entries is a remark, as biber has it: from `%` to the end of a
line, also between fields. A broken entry ends before the next line that begins with `@`, and costs no other.

The encoding is UTF-8; else what the file says of itself (Emacs: `coding: latin-2`, JabRef: `Encoding: ISO8859_1`); else
Western European (Windows-1252 or ISO-8859-1).
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.formats.rows import Refused


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
_AT = re.compile(r"@\s*([A-Za-z][\w-]*)\s*([{(])|%[^\n]*")
_BLANK = re.compile(r"(?:\s+|%[^\n]*)*")
_KEY = re.compile(r"[^,\s{}()\"%]?[^,\s{}%]*")
_NAME = re.compile(r"[^\s=,{}()\"#%]+")
_NEXT = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]", re.MULTILINE)
_IN_BRACES = re.compile(r"[{}]")
_IN_QUOTES = re.compile(r"[{}\"]")
_MONTHS = {name: name for name in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")}


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
            return data.decode(codecs.lookup(_SAID.get(named, named)).name)
        except (LookupError, UnicodeDecodeError):
            pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class _FaultyError(Exception):
    """Why an entry cannot be read, going on from its field's name."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def entries(text: str) -> Iterator[Entry | Refused]:
    """The entries of a file, in order; what is broken is refused by itself."""
    reader = _Reader(text)
    while (found := reader.next()) is not None:
        line, kind, close = found
        start = reader.at
        try:
            if (entry := reader.entry(line, kind, close)) is not None:
                yield entry
        except _FaultyError as fault:
            yield Refused(line, fault.field, fault.reason)
            reader.skip(start)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._strings = dict(_MONTHS)
        self.at = 0
        self._line, self._counted = 1, 0
        self._last_parenthesis: int | None = None
        self._closes: dict[int, int] = {}
        opened: list[int] = []
        for brace in _IN_BRACES.finditer(text):
            if brace[0] == "{":
                opened.append(brace.start())
            elif opened:
                self._closes[opened.pop()] = brace.start()

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

    def skip(self, start: int) -> None:
        """Go before the next line that looks like an entry."""
        found = _NEXT.search(self._text, start)
        self.at = len(self._text) if found is None else found.start()

    def entry(self, line: int, kind: str, close: str) -> Entry | None:
        """The entry that was opened; None for what is none. Raises _FaultyError."""
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
            raise _FaultyError("", "must have a key, and a comma behind it")
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
                raise _FaultyError("", "is not closed at the end of the file")
            name = self._take(_NAME).lower()
            self._blank()
            if not name or self._peek() != "=":
                raise _FaultyError(name[:100], "must have a value, behind an equals sign")
            self.at += 1
            yield name, self._value(name)
            self._blank()
            if self._peek() not in (",", close):
                raise _FaultyError(name[:100], "must end with a comma, or with the entry")

    def _value(self, name: str) -> str:
        parts = []
        while True:
            self._blank()
            opening = self._peek()
            if opening == "{":
                self.at += 1
                parts.append(self._enclosed("}"))
            elif opening == '"':
                self.at += 1
                parts.append(self._quoted(name))
            else:
                word = self._take(_NAME)
                if not word:
                    raise _FaultyError(name[:100], "must have a value, in braces or quotation marks")
                # A name that nobody defined is left as it stands.
                parts.append(self._strings.get(word.lower(), word))
            self._blank()
            if self._peek() != "#":
                return "".join(parts)
            self.at += 1

    def _enclosed(self, close: str) -> str:
        """What stands from here to what closes it; the opening is right before."""
        start = self.at
        # Only remarks are in parentheses; braces have been paired once for all, so that no file takes for ever.
        end = self._closes.get(start - 1, -1) if close == "}" else self._parenthesis(start)
        if end < 0:
            raise _FaultyError("", "is not closed: a brace is missing")
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
            if found[0] == "}" or found.start() not in self._closes:
                break
            at = self._closes[found.start()] + 1
        raise _FaultyError(name[:100], "is not closed: a quotation mark is missing")

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

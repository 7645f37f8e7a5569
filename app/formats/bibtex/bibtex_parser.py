"""Parser that splits BibTeX and BibLaTeX files into entries, as BibTeX's own program and biber read them.

An entry is `@type{key, field = value, …}`, in braces or parentheses. Values are in braces or quotation marks, numbers,
or names of `@string`s, concatenated with `#`. Text between entries is a comment, as in biber: from `%` to the end of a
line, also between fields. A broken entry ends before the next line that begins with `@` and does not affect others.

The encoding is UTF-8; otherwise the one that the file declares (Emacs: `coding: latin-2`, JabRef:
`Encoding: ISO8859_1`); otherwise Western European (Windows-1252 or ISO-8859-1).
"""

import codecs
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.formats.bibtex.bibtex_limits import MAX_EXPANDED_LENGTH, BibtexEntryError, FileBudget
from app.formats.parsing.import_rows import RowRefusal


@dataclass(slots=True)
class BibtexEntry:
    """An entry as it is written in the file."""

    line: int
    """The line on which it begins, from 1."""
    kind: str
    """The entry type in lower case."""
    key: str
    fields: dict[str, str] = field(default_factory=dict)
    """LaTeX values without their delimiters, by field name in lower case."""


_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)", re.IGNORECASE)
_CODEC_ALIASES = {"iso8859_1": "latin-1", "latin-9": "iso-8859-15", "latin-2": "iso-8859-2", "latin-1": "latin-1"}
_EXCLUDED_CODECS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})
"""Python's codecs for host names and source code. No file uses them, and their output may not be valid text."""

_OPENING = re.compile(r"@\s*([A-Za-z][\w-]*)\s*([{(])|%[^\n]*")
# Possessive, because a backtracking position costs a hundred bytes for each comment.
_WHITESPACE = re.compile(r"(?:\s+|%[^\n]*)*+")
_KEY = re.compile(r"[^,\s{}()\"%]?[^,\s{}%]*")
_NAME = re.compile(r"[^\s=,{}()\"#%]+")
_NEXT_ENTRY = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]", re.MULTILINE)
_IN_BRACES = re.compile(r"[{}]")
_IN_QUOTES = re.compile(r"[{}\"]")
_MONTHS = {name: name for name in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")}
_REREAD_ALLOWANCE, _REREAD_FACTOR = 100_000, 2
"""Characters of broken entries that may be read again: a fixed allowance, plus a multiple of the file's length.

Human errors are detected one entry further on at most, so a factor of one would be enough for them.
"""


def declares_encoding(head: bytes) -> bool:
    """Return True if a remark at the beginning of a file names its encoding, which `decode_file` then uses."""
    return _CODING.search(head[:1_000]) is not None


def decode_file(stream: BinaryIO) -> str:
    """The text of a file in any encoding."""
    data = stream.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if (declaration := _CODING.search(data[:1_000])) is not None:
        name = re.sub(r"-(unix|dos|mac)$", "", declaration[1].decode().lower())
        try:
            codec = codecs.lookup(_CODEC_ALIASES.get(name, name)).name
            if codec not in _EXCLUDED_CODECS:
                return data.decode(codec)
        except (LookupError, UnicodeDecodeError):
            pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse_entries(text: str, budget: FileBudget) -> Iterator[BibtexEntry | RowRefusal]:
    """The entries of a file in order. Each broken one is refused separately, as is one that exceeds the budget."""
    reader = _Reader(text, budget)
    while (opening := reader.next_opening()) is not None:
        line, kind, close = opening
        start = reader.at
        try:
            if (entry := reader.entry(line, kind, close)) is not None:
                yield entry
        except BibtexEntryError as error:
            yield RowRefusal(line, error.field, error.reason)
            reader.resume(start)


class _BracePairs:
    """The positions of matching braces, computed once per file so that nested braces take linear time.

    The positions are in arrays, because a file may consist of braces only, and each would take 100 bytes in a dict.
    """

    def __init__(self, text: str) -> None:
        self._opened, self._closed = array("Q"), array("Q")
        unclosed = array("Q")
        for brace in _IN_BRACES.finditer(text):
            if brace[0] == "{":
                unclosed.append(len(self._opened))
                self._opened.append(brace.start())
                self._closed.append(0)  # not closed so far
            elif unclosed:
                self._closed[unclosed.pop()] = brace.start()

    def closing(self, at: int) -> int:
        """The position of the brace that closes the one at `at`; -1 if none does."""
        return self._closed[bisect_left(self._opened, at)] or -1


class _Reader:
    """A cursor over the text of a file, which keeps the `@string`s defined so far."""

    def __init__(self, text: str, budget: FileBudget) -> None:
        self._text = text
        self._budget = budget
        self._strings = dict(_MONTHS)
        self.at = 0
        self._line, self._counted_to = 1, 0
        self._last_parenthesis: int | None = None
        self._braces = _BracePairs(text)
        self._reread_budget = _REREAD_ALLOWANCE + _REREAD_FACTOR * len(text)

    def next_opening(self) -> tuple[int, str, str] | None:
        """Move past the opening of the next entry; its line, type and closing character, or None at the end."""
        while (opening := _OPENING.search(self._text, self.at)) is not None:
            self.at = opening.end()
            if opening[1] is None:
                continue  # a comment
            self._line += self._text.count("\n", self._counted_to, opening.start())
            self._counted_to = opening.start()
            return self._line, opening[1].lower(), "}" if opening[2] == "{" else ")"
        return None

    def resume(self, start: int) -> None:
        """Move on from a broken entry whose content began at `start`, to the next line that looks like an entry.

        That line may be part of what was read as the broken entry. Once the budget for reading again is used up, lines
        that were already read are skipped. Otherwise a file made of such lines would be read once for each of them.
        """
        self._reread_budget -= self.at - start
        next_entry = _NEXT_ENTRY.search(self._text, start if self._reread_budget >= 0 else self.at)
        self.at = len(self._text) if next_entry is None else next_entry.start()

    def entry(self, line: int, kind: str, close: str) -> BibtexEntry | None:
        """Read the entry that was opened; None for `@comment`, `@preamble` and `@string`. Raises BibtexEntryError."""
        if kind in ("comment", "preamble"):
            self._enclosed(close)
            return None
        if kind == "string":
            for name, value in self._fields(close):
                self._strings[name] = value
            return None
        self._skip_whitespace()
        key = self._take(_KEY)
        entry = BibtexEntry(line, kind, key)
        self._skip_whitespace()
        if self._peek() == ",":
            self.at += 1
            for name, value in self._fields(close):
                entry.fields.setdefault(name, value)
        elif self._peek() == close:
            self.at += 1
        else:
            raise BibtexEntryError("", "must have a key followed by a comma")
        return entry

    def _fields(self, close: str) -> Iterator[tuple[str, str]]:
        while True:
            self._skip_whitespace()
            while self._peek() == ",":
                self.at += 1
                self._skip_whitespace()
            if self._peek() == close:
                self.at += 1
                return
            if not self._peek():
                raise BibtexEntryError("", "is not closed before the end of the file")
            name = self._take(_NAME).lower()
            self._skip_whitespace()
            if not name or self._peek() != "=":
                raise BibtexEntryError(name, "must have a value after an equals sign")
            self.at += 1
            yield name, self._value(name)
            self._skip_whitespace()
            if self._peek() not in (",", close):
                raise BibtexEntryError(name, "must be followed by a comma or by the end of the entry")

    def _value(self, name: str) -> str:
        parts = [self._value_part(name)]
        length = len(parts[0])
        self._skip_whitespace()
        while self._peek() == "#":
            self.at += 1
            parts.append(self._value_part(name))
            length += len(parts[-1])
            if length > MAX_EXPANDED_LENGTH:
                raise BibtexEntryError(name, f"must have at most {MAX_EXPANDED_LENGTH:,} characters when concatenated")
            self._skip_whitespace()
        return "".join(parts)

    def _value_part(self, name: str) -> str:
        self._skip_whitespace()
        opening = self._peek()
        if opening == "{":
            self.at += 1
            return self._enclosed("}")
        if opening == '"':
            self.at += 1
            return self._quoted(name)
        word = self._take(_NAME)
        if not word:
            raise BibtexEntryError(name, "must have a value in braces or quotation marks")
        string = self._strings.get(word.lower())
        if string is None:
            return word  # An undefined name is kept as it is.
        self._budget.spend(name, len(string))
        return string

    def _enclosed(self, close: str) -> str:
        """Read up to the closing character; the opening one is directly before the cursor."""
        start = self.at
        # Only comments are in parentheses.
        end = self._braces.closing(start - 1) if close == "}" else self._closing_parenthesis(start)
        if end < 0:
            raise BibtexEntryError("", "is not closed: a brace is missing")
        self.at = end + 1
        return self._text[start:end]

    def _closing_parenthesis(self, start: int) -> int:
        if self._last_parenthesis is None:
            self._last_parenthesis = self._text.rfind(")")
        return self._text.find(")", start) if start <= self._last_parenthesis else -1

    def _quoted(self, name: str) -> str:
        start = self.at
        at = start
        while (mark := _IN_QUOTES.search(self._text, at)) is not None:
            if mark[0] == '"':
                self.at = mark.end()
                return self._text[start : mark.start()]
            end = self._braces.closing(mark.start()) if mark[0] == "{" else -1
            if end < 0:
                break
            at = end + 1
        raise BibtexEntryError(name, "is not closed: a quotation mark is missing")

    def _skip_whitespace(self) -> None:
        """Skip white space and comments."""
        whitespace = _WHITESPACE.match(self._text, self.at)
        self.at = whitespace.end() if whitespace is not None else self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def _peek(self) -> str:
        return self._text[self.at : self.at + 1]

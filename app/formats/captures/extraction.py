"""The text extracted from a captured file, with its limits and with what could not be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.formats.captures.quote_match import normalize
from app.formats.captures.subtitles import Cue
from app.formats.numbers.text_language import NO_LANGUAGES, TextLanguages, detect_languages

MAX_UNPACKED_BYTES = 100_000_000
"""The limit of bytes unpacked from one file; an archive of 97 kB can contain that many."""

MAX_EXPANSION = 200
"""How many times as large as the file the unpacked bytes may be; pages shrink to a tenth, rarely to a fiftieth."""

MIN_UNPACKED_BYTES = 4_000_000
"""Bytes that may be unpacked from any file, however small."""

MAX_CHARACTERS = 5_000_000
"""The limit of characters extracted from one file; a long book has a million."""

_CHUNK_SIZE = 65_536


class UnreadableFileError(ValueError):
    """No text can be extracted from a file or a part of it; the message says why."""


class LimitReachedError(UnreadableFileError):
    """The limit of unpacked bytes is reached, so no more of the file is read."""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


@dataclass(frozen=True)
class TextPart:
    """The text of one part of a file, such as a page."""

    where: str | None
    """The page or the URL; None if the file is one text."""
    text: str
    """Normalized by `quote_match.normalize`."""
    languages: TextLanguages = NO_LANGUAGES
    """The languages that it is probably in."""
    error_status: str | None = None
    """The HTTP status if it is the text of an error page, which is no evidence."""
    cues: Sequence[Cue] = ()
    """The same text with its times, as it is in the file, if they are subtitles."""


@dataclass
class CapturedText:
    """The text of a file, as far as it can be read."""

    parts: list[TextPart] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    """What could not be read, as sentences."""
    error_status: str | None = None
    """That of the response that is being read."""
    language: str | None = None
    """The language of the document (BCP 47), for parts that declare none."""
    _characters_left: int = MAX_CHARACTERS
    _bytes_left: int = MAX_UNPACKED_BYTES

    def limit_expansion(self, file_length: int) -> None:
        """Bound what may be unpacked by the length of the file."""
        self._bytes_left = min(MAX_UNPACKED_BYTES, max(MIN_UNPACKED_BYTES, MAX_EXPANSION * file_length))

    def add(self, where: str | None, text: str, language: str | None = None, *, cues: Sequence[Cue] = ()) -> None:
        """Add a part, with its declared language. Raises UnreadableFileError beyond MAX_CHARACTERS."""
        if len(text) > self._characters_left:
            raise UnreadableFileError(f"The text is longer than the limit of {MAX_CHARACTERS:,} characters.")
        self._characters_left -= len(text)
        # A lone surrogate is not a character and cannot be encoded as UTF-8.
        normalized = normalize(text.encode(errors="replace").decode())
        languages = detect_languages(normalized, language or self.language)
        self.parts.append(TextPart(where, normalized, languages, self.error_status, cues))

    def add_gap(self, where: str | None, gap: str | None) -> None:
        """Report what could not be read, once."""
        if gap is not None:
            sentence = gap if where is None else f"{where[:200]}: {gap}"
            if sentence not in self.gaps:
                self.gaps.append(sentence)

    def add_gaps(self, where: str | None, gaps: Iterable[str]) -> None:
        """Report several things that could not be read."""
        for gap in gaps:
            self.add_gap(where, gap)

    def count_unpacked(self, length: int) -> None:
        """Count unpacked bytes. Raises LimitReachedError beyond the limit."""
        self._bytes_left -= length
        if self._bytes_left < 0:
            raise LimitReachedError(
                f"The file unpacks to more than the limit of {MAX_UNPACKED_BYTES:,} bytes, "
                f"or of {MAX_EXPANSION} times its own length."
            )

    def unpack(self, stream: Readable) -> bytes:
        """Return all bytes of a stream. Raises LimitReachedError beyond the limit."""
        chunks = []
        while chunk := stream.read(_CHUNK_SIZE):
            self.count_unpacked(len(chunk))
            chunks.append(chunk)
        return b"".join(chunks)

    def skip(self, stream: Readable) -> None:
        """Read a stream to its end. Raises LimitReachedError beyond the limit."""
        while chunk := stream.read(_CHUNK_SIZE):
            self.count_unpacked(len(chunk))

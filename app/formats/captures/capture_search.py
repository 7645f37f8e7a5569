"""Search for quotes and figures in the text of a captured file, in a sandboxed process.

`python -m app.formats.captures.capture_search <file descriptor> <media type> <language or nothing>` reads queries as
JSON from standard input and writes results as JSON to standard output. It first limits its own memory and CPU time and
gives up writing files and core dumps. So a hostile file can harm this process only, and the parent kills it after a
fixed time.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import BinaryIO, NamedTuple, TypeAlias

import msgspec

from app.formats.captures.captured_text import extract_text, non_blank_parts
from app.formats.captures.extraction import CapturedText, TextPart, UnreadableFileError
from app.formats.captures.quote_match import TextQuote, excerpt, find_quote, normalize
from app.formats.captures.subtitles import TIME_TOLERANCE_SECONDS, text_around
from app.formats.numbers.numerals import find_numbers
from app.vocabulary import FigureFound

MAX_MEMORY_BYTES = 1_000_000_000
"""The limit of the address space."""

MAX_CPU_SECONDS = 10
"""The limit of CPU time."""

MAX_EXCERPT_LENGTH = 300
"""The limit of an excerpt, in characters."""


class CaptureSearchQuery(msgspec.Struct, frozen=True):
    """What to search for in a capture: words, numbers, or words with the numbers that they express."""

    words: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    numbers: tuple[str, ...] = ()
    """Decimal numbers, searched for if the words are not found. All must be in the text, each in any notation."""
    media_time: str | None = None
    """When the words are spoken in a recording, such as `00:01:23`."""


class CaptureSearchResult(msgspec.Struct, frozen=True):
    """The outcome of searching a capture."""

    result: FigureFound
    reason: str
    """The explanation of the result, as a sentence."""
    where: str | None = None
    """The page or the URL, if the file has several parts."""
    excerpt: str | None = None
    """The words with some context before and after them."""


def search_capture(
    stream: BinaryIO, media_type: str, queries: Sequence[CaptureSearchQuery], language: str | None = None
) -> list[CaptureSearchResult]:
    """Return one result per query, from the text of a file; `language` is that of the document."""
    try:
        text = extract_text(stream, media_type, language)
    except UnreadableFileError as error:
        return [CaptureSearchResult(FigureFound.NOT_CHECKABLE, str(error))] * len(queries)
    numbers = {Decimal(number) for query in queries for number in query.numbers}
    locations = _locate_numbers(text, numbers)
    return [
        _search_words(text, query) or _search_figures(query, locations) or _not_found(text, query) for query in queries
    ]


def _search_words(text: CapturedText, query: CaptureSearchQuery) -> CaptureSearchResult | None:
    if query.words is None:
        return None
    quote = TextQuote(query.words, query.prefix, query.suffix)
    for part in _evidence_first(text):
        if (match := find_quote(part.text, quote)) is not None:
            if part.error_status is not None:
                return _in_error_page("words are", part, match.excerpt)
            reason = "The words are in the text"
            reason += ", apart from spaces, hyphens and quotation marks" if match.is_loose else ""
            reason += _describe_time(part, query)
            return CaptureSearchResult(FigureFound.FOUND, reason, part.where, match.excerpt[:MAX_EXCERPT_LENGTH])
    return None


def _describe_time(part: TextPart, query: CaptureSearchQuery) -> str:
    """The end of a sentence that says whether the words are spoken near the time that is given for them."""
    if not part.cues or query.media_time is None:
        return "."
    nearby = normalize(text_around(part.cues, query.media_time))
    if find_quote(nearby, TextQuote(query.words or ""), match_context=False) is not None:
        return f", near {query.media_time}."
    return f", but not within {TIME_TOLERANCE_SECONDS} seconds of {query.media_time}, the time that is given for them."


def _evidence_first(text: CapturedText) -> list[TextPart]:
    """The parts of a text; error pages, which are no evidence, come last."""
    return sorted(non_blank_parts(text), key=lambda part: part.error_status is not None)


def _in_error_page(subject: str, part: TextPart, context: str) -> CaptureSearchResult:
    reason = f"The {subject} only in a response with the status {part.error_status}, which is not the page itself."
    return CaptureSearchResult(FigureFound.NOT_CHECKABLE, reason, part.where, context[:MAX_EXCERPT_LENGTH])


class _NumberLocation(NamedTuple):
    """Where a number is in a text."""

    part: TextPart
    excerpt: str
    is_certain: bool
    """False if it is uncertain that the text means this number, or if it is on an error page."""


_NumberLocations: TypeAlias = dict[Decimal, _NumberLocation]


def _locate_numbers(text: CapturedText, numbers: set[Decimal]) -> _NumberLocations:
    """The first occurrence of each of these numbers that is in the text, a certain one if there is one."""
    locations: _NumberLocations = {}
    missing = set(numbers)
    for part in _evidence_first(text) if numbers else ():
        for mention in find_numbers(part.text, part.languages):
            for values, is_certain in ((mention.readings, part.error_status is None), (mention.doubts, False)):
                for value in values & missing:
                    if is_certain or value not in locations:
                        context = excerpt(part.text, mention.start, mention.end)
                        locations[value] = _NumberLocation(part, context, is_certain)
                if is_certain:
                    missing -= values
        if not missing:
            break
    return locations


def _search_figures(query: CaptureSearchQuery, locations: _NumberLocations) -> CaptureSearchResult | None:
    values = [Decimal(number) for number in query.numbers]
    if not values or not all(value in locations for value in values):
        return None
    location = next((locations[value] for value in values if not locations[value].is_certain), locations[values[0]])
    subject = "number is" if len(values) == 1 else "numbers are"
    if location.part.error_status is not None:
        return _in_error_page(subject, location.part, location.excerpt)
    if not location.is_certain:
        reason = (
            "The text has a number that may be this one: it is uncertain whether the word beside it multiplies it. "
            "Compare the excerpt."
        )
        result = FigureFound.NOT_CHECKABLE
    else:
        reason = f"The {subject} in the text"
        reason += "." if query.words is None else ", but the quoted passage is not."
        result = FigureFound.FOUND
    return CaptureSearchResult(result, reason, location.part.where, location.excerpt[:MAX_EXCERPT_LENGTH])


def _not_found(text: CapturedText, query: CaptureSearchQuery) -> CaptureSearchResult:
    if text.gaps:
        reason = f"It does not occur in the part of the text that could be read. {text.gaps[0]}"
        if more := len(text.gaps) - 1:
            reason += f" {more} other {'part' if more == 1 else 'parts'} could not be read either."
        return CaptureSearchResult(FigureFound.NOT_CHECKABLE, reason)
    if query.words is not None and (query.prefix or query.suffix):
        quote = TextQuote(query.words)
        for part in non_blank_parts(text):
            if (match := find_quote(part.text, quote)) is not None:
                reason = "The words are in the text, but not with the given prefix and suffix."
                return CaptureSearchResult(
                    FigureFound.NOT_FOUND, reason, part.where, match.excerpt[:MAX_EXCERPT_LENGTH]
                )
    has_both = query.words and query.numbers
    finding = "Neither the words nor the numbers occur" if has_both else "It does not occur"
    return CaptureSearchResult(FigureFound.NOT_FOUND, f"{finding} in the text; the whole text was searched.")


def _limit_resources() -> None:
    """Lower the process's own resource limits. Where the system has no such limits, only the parent's timeout holds."""
    with suppress(ImportError):
        import resource

        for limit, value in (
            (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
            (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, 64),
        ):
            with suppress(ValueError, OSError):  # a stricter limit is already in force
                resource.setrlimit(limit, (value, value))


def main() -> None:
    """Read queries from standard input and write their results to standard output."""
    # Libraries log warnings to standard error. If that is a file, the limits make writing fail, and Python then exits
    # with status 120 although the results are complete.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    _limit_resources()
    queries = msgspec.json.decode(sys.stdin.buffer.read(), type=list[CaptureSearchQuery])
    with os.fdopen(int(sys.argv[1]), "rb") as stream:
        results = search_capture(stream, sys.argv[2], queries, sys.argv[3] or None)
    sys.stdout.buffer.write(msgspec.json.encode(results))


if __name__ == "__main__":
    main()

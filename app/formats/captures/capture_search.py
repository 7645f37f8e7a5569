"""Whether quotes and figures stand in a captured file: questions in, answers out, in a process of its own.

`python -m app.formats.captures.capture_search <number of an open file> <media type>` takes questions as JSON on
standard input and gives answers as JSON on standard output. It begins by binding itself: memory, seconds of work, no
files written, no core dump. A hostile file can harm this process only; its parent stops it after a fixed time.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import BinaryIO

import msgspec

from app.formats.captures.captured_text import Text, UnreadableError, parts, read
from app.formats.captures.numerals import numbers
from app.formats.captures.quote_match import Passage, excerpt, find
from app.vocabulary import FigureFound

MEMORY = 1_000_000_000
"""Bytes of address space."""

SECONDS = 10
"""Seconds of work."""

LONGEST_ANSWER = 300
"""Characters of an excerpt."""


class Question(msgspec.Struct, frozen=True):
    """What is to be found: words, numbers, or words that stand for numbers."""

    words: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    numbers: tuple[str, ...] = ()
    """In digits, with a point; asked for if the words do not stand there. All of them must, each in any notation."""


class Answer(msgspec.Struct, frozen=True):
    """What came of looking for it."""

    result: FigureFound
    reason: str
    """In a sentence."""
    where: str | None = None
    """Page or address, where a file has several."""
    excerpt: str | None = None
    """The words with some before and after."""


def answers(stream: BinaryIO, media_type: str, questions: Sequence[Question]) -> list[Answer]:
    """An answer to each question, from the text of a file."""
    try:
        text = read(stream, media_type)
    except UnreadableError as error:
        return [Answer(FigureFound.NOT_CHECKABLE, str(error))] * len(questions)
    wanted = {Decimal(number) for question in questions for number in question.numbers}
    places = _numbers(text, wanted)
    return [_words(text, one) or _figures(one, places) or _not_found(text, one) for one in questions]


def _words(text: Text, question: Question) -> Answer | None:
    if question.words is None:
        return None
    passage = Passage(question.words, question.prefix, question.suffix)
    for part in parts(text):
        if (place := find(part.text, passage)) is not None:
            reason = "The words stand there"
            reason += ", but for blanks, hyphens and quotation marks." if place.loose else "."
            return Answer(FigureFound.FOUND, reason, part.where, place.excerpt[:LONGEST_ANSWER])
    return None


Places = dict[Decimal, tuple[str | None, str]]
"""Numbers that stand in a text: in which part, and with some words around."""


def _numbers(text: Text, wanted: set[Decimal]) -> Places:
    """The first place of each of these numbers that stands in the text."""
    places: Places = {}
    if not wanted:
        return places
    for part in parts(text):
        for number in numbers(part.text):
            for value in number.readings & (wanted - places.keys()):
                places[value] = part.where, excerpt(part.text, number.start, number.end)
        if len(places) == len(wanted):
            break
    return places


def _figures(question: Question, places: Places) -> Answer | None:
    values = [Decimal(number) for number in question.numbers]
    if not values or not all(value in places for value in values):
        return None
    where, around = places[values[0]]
    reason = "The number stands there" if len(values) == 1 else "The numbers stand there"
    reason += "." if question.words is None else ", though not in the words given."
    return Answer(FigureFound.FOUND, reason, where, around[:LONGEST_ANSWER])


def _not_found(text: Text, question: Question) -> Answer:
    if text.gaps:
        more = f" (and {len(text.gaps) - 1} more)" if len(text.gaps) > 1 else ""
        return Answer(FigureFound.NOT_CHECKABLE, f"It does not stand in what could be read. {text.gaps[0]}{more}")
    if question.words is not None and (question.prefix or question.suffix):
        passage = Passage(question.words)
        for part in parts(text):
            if (place := find(part.text, passage)) is not None:
                reason = "The words stand there, but not with those given as prefix and suffix."
                return Answer(FigureFound.NOT_FOUND, reason, part.where, place.excerpt[:LONGEST_ANSWER])
    what = "Neither the words nor the numbers stand" if question.words and question.numbers else "It does not stand"
    return Answer(FigureFound.NOT_FOUND, f"{what} there; the text was read whole.")


def _bind() -> None:
    """Give up what a reader of files does not need. What a system cannot bound is bounded by the clock alone."""
    with suppress(ImportError):
        import resource

        for what, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, 64),
        ):
            with suppress(ValueError, OSError):  # a stricter limit is in force already
                resource.setrlimit(what, (most, most))


def main() -> None:
    """Answer one set of questions on one file."""
    _bind()
    questions = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Question])
    with os.fdopen(int(sys.argv[1]), "rb") as stream:
        told = answers(stream, sys.argv[2], questions)
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    main()

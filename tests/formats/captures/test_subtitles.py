"""Subtitles: the spoken text with its times, and whether a quote is spoken near the time that is given for it."""

import io

import pytest

from app.formats.captures import media_types
from app.formats.captures.capture_search import CaptureSearchQuery, search_capture
from app.formats.captures.subtitles import Cue, read_cues
from app.vocabulary import FigureFound

FOUND, MISSING = FigureFound.FOUND, FigureFound.NOT_FOUND

SRT = (
    "1\n00:00:59,500 --> 00:01:02,000\nAbout 11,000\n\n2\n00:01:02,500 --> 00:01:05,000\nsoldiers are there.\n\n"
    "3\n01:30:00,000 --> 01:30:04,000\nThey have left.\n\n4\n01:40:00,000 --> 01:40:04,000\nAbout 11,000 soldiers\n"
)
VTT = (
    "WEBVTT\n\n00:59.500 --> 01:05.000\nAbout 11,000 soldiers are there.\n\n"
    "01:30:00.000 --> 01:30:04.000\nThey have left.\n"
)

TIMES: list[tuple[str, str | None, str]] = [
    # The words, the time given for them, and the end of the reason
    ("About 11,000 soldiers are there.", None, "The words are in the text."),
    ("About 11,000 soldiers are there.", "00:01:00", "The words are in the text, near 00:01:00."),
    ("About 11,000 soldiers are there.", "0:01:20.5", "The words are in the text, near 0:01:20.5."),
    ("They have left.", "01:30:02", "The words are in the text, near 01:30:02."),
    ("They have left.", "01:29:45", "The words are in the text, near 01:29:45."),
    (
        "They have left.",
        "00:01:00",
        "The words are in the text, but not within 30 seconds of 00:01:00, the time that is given for them.",
    ),
    (
        "About 11,000 soldiers are there.",
        "01:30:00",
        "The words are in the text, but not within 30 seconds of 01:30:00, the time that is given for them.",
    ),
]


@pytest.mark.parametrize(
    "content", [SRT, VTT, SRT.replace("\n", "\r\n"), "\ufeff" + SRT], ids=["SRT", "VTT", "CR", "BOM"]
)
@pytest.mark.parametrize(("words", "time", "reason"), TIMES)
def test_the_time_of_a_quote_is_compared_with_the_subtitles(
    content: str, words: str, time: str | None, reason: str
) -> None:
    stream = io.BytesIO(content.encode())
    assert media_types.sniff(stream) == media_types.TEXT
    (result,) = search_capture(stream, media_types.TEXT, [CaptureSearchQuery(words, media_time=time)])
    assert (result.result, result.reason) == (FOUND, reason)


def test_the_words_of_a_quote_spoken_twice_are_found_at_either_time() -> None:
    for time in ("00:01:00", "01:40:00"):
        query = CaptureSearchQuery("About 11,000 soldiers", media_time=time)
        (result,) = search_capture(io.BytesIO(SRT.encode()), media_types.TEXT, [query])
        assert result.reason == f"The words are in the text, near {time}."


def test_a_transcript_without_times_says_nothing_about_them() -> None:
    text = io.BytesIO(b"About 11,000 soldiers are there.")
    (result,) = search_capture(text, media_types.TEXT, [CaptureSearchQuery("About 11,000", media_time="00:01:00")])
    assert result.reason == "The words are in the text."


def test_words_that_are_nowhere_are_not_found() -> None:
    query = CaptureSearchQuery("About 12,000 soldiers", media_time="00:01:00")
    (result,) = search_capture(io.BytesIO(SRT.encode()), media_types.TEXT, [query])
    assert result.result is MISSING


CUES: list[tuple[str, str, list[Cue]]] = [
    ("no cues", "WEBVTT\n\nNOTE nothing\n", []),
    ("a cue", "00:00:01,5 --> 00:00:02,25\nA\nB", [Cue(1.5, 2.25, "A\u2028B")]),
    ("an identifier", "WEBVTT\n\nintro\n00:01.000 --> 00:02.000\n<v Ann>A &amp; B", [Cue(1, 2, "Ann: A & B")]),
    ("an empty line in a cue", "1\n00:00:01,000 --> 00:00:02,000\nA\n\nB", [Cue(1, 2, "A\u2028B")]),
    (
        "no words",
        "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nB",
        [Cue(1, 2, ""), Cue(3, 4, "B")],
    ),
    ("hours", "100:00:01,000 --> 100:00:02,000\nA", [Cue(360_001, 360_002, "A")]),
]


@pytest.mark.parametrize(("content", "cues"), [row[1:] for row in CUES], ids=[row[0] for row in CUES])
def test_cues_have_their_times(content: str, cues: list[Cue]) -> None:
    assert read_cues(content) == cues

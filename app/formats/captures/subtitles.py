"""The spoken text of subtitle files: SubRip (SRT) and WebVTT.

Cues follow each other like lines of one text, because a sentence goes on from one to the next.
"""

import re
from collections.abc import Sequence
from html import unescape
from typing import NamedTuple

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_TIMING = re.compile(rf"[ \t]{{0,9}}({_TIME})[ \t]{{0,9}}-->[ \t]{{0,9}}({_TIME}).*")
_SUBRIP_START = re.compile(rf"(?:\d{{1,9}}[ \t]{{0,9}}\r?\n)?[ \t]{{0,9}}{_TIME}[ \t]*-->")
_START_LENGTH = 500

TIME_TOLERANCE_SECONDS = 30
"""How far from the time of a quote its words may be spoken: people note times roughly."""

_VTT_START = re.compile(r"WEBVTT(?:[ \t\r\n]|\Z)")
_VTT_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|\Z)")
_VOICE = re.compile(r"<v(?:\.[^ \t>]{0,200})?[ \t]([^>]{0,500})>")
_TAG = re.compile(r"</?(?:[a-zA-Z]|\d)[^>]{0,500}>|\{\\[^}]{0,500}\}")


def is_subtitles(content: str) -> bool:
    """True if a text is SubRip or WebVTT."""
    return bool(_VTT_START.match(content) or _SUBRIP_START.match(content[:_START_LENGTH].lstrip()))


class Cue(NamedTuple):
    """What is spoken from one time to another, in seconds from the beginning."""

    start: float
    end: float
    text: str


def read_cues(content: str) -> list[Cue]:
    """Return all cues, without numbers and styles (WebVTT, section 4; voices are kept as names)."""
    is_vtt = _VTT_START.match(content) is not None
    timed_lines: list[tuple[float, float, list[str]]] = []
    for block in re.split(r"\n[ \t]*\n+", re.sub(r"\r\n?", "\n", content)):
        lines = block.strip("\n").split("\n")
        position, timing = next(
            ((index, match) for index, line in enumerate(lines[:3]) if (match := _TIMING.fullmatch(line))), (0, None)
        )
        if timing is not None:
            timed_lines.append((_seconds(timing[1]), _seconds(timing[2]), lines[position + 1 :]))
        elif is_vtt and (_VTT_BLOCK.match(lines[0]) or not timed_lines):
            continue
        elif timed_lines:
            timed_lines[-1][2].extend(lines)  # an empty line within a cue
        else:
            timed_lines.append((0, 0, lines))
    return [Cue(start, end, _plain_text(lines, is_vtt=is_vtt)) for start, end, lines in timed_lines]


def _plain_text(lines: Sequence[str], *, is_vtt: bool) -> str:
    text = "\u2028".join(_TAG.sub("", _VOICE.sub(r"\1: ", line)) for line in lines)
    return unescape(text) if is_vtt else text


def spoken_text(cues: Sequence[Cue]) -> str:
    """Return the text of cues as one text."""
    return "\u2028".join(cue.text for cue in cues)


def text_around(cues: Sequence[Cue], time: str) -> str:
    """Return the text of the cues that are spoken within TIME_TOLERANCE_SECONDS of a time (`00:01:23`)."""
    seconds = _seconds(time)
    return spoken_text(
        [
            cue
            for cue in cues
            if cue.start - TIME_TOLERANCE_SECONDS <= seconds <= max(cue.start, cue.end) + TIME_TOLERANCE_SECONDS
        ]
    )


def _seconds(time: str) -> float:
    """A time as seconds: hours, minutes and seconds, of which the hours may be missing."""
    seconds = 0.0
    for part in time.replace(",", ".").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds

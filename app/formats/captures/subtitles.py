"""The spoken text of subtitle files: SubRip (SRT) and WebVTT.

Cues follow each other like lines of one text, because a sentence goes on from one to the next.
"""

import re
from html import unescape

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_TIMING = re.compile(rf"[ \t]{{0,9}}{_TIME}[ \t]{{0,9}}-->[ \t]{{0,9}}{_TIME}.*")
_SUBRIP_START = re.compile(rf"(?:\d{{1,9}}[ \t]{{0,9}}\r?\n)?[ \t]{{0,9}}{_TIME}[ \t]*-->")
_START_LENGTH = 500
_VTT_START = re.compile(r"WEBVTT(?:[ \t\r\n]|\Z)")
_VTT_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|\Z)")
_VOICE = re.compile(r"<v(?:\.[^ \t>]{0,200})?[ \t]([^>]{0,500})>")
_TAG = re.compile(r"</?(?:[a-zA-Z]|\d)[^>]{0,500}>|\{\\[^}]{0,500}\}")


def is_subtitles(content: str) -> bool:
    """True if a text is SubRip or WebVTT."""
    return bool(_VTT_START.match(content) or _SUBRIP_START.match(content[:_START_LENGTH].lstrip()))


def spoken_text(content: str) -> str:
    """Return the text of all cues, without numbers, times and styles (WebVTT, section 4; voices are kept as names)."""
    is_vtt = _VTT_START.match(content) is not None
    cues: list[str] = []
    for block in re.split(r"\n[ \t]*\n+", re.sub(r"\r\n?", "\n", content)):
        lines = block.strip("\n").split("\n")
        timing = next((index for index, line in enumerate(lines[:3]) if _TIMING.fullmatch(line)), None)
        if timing is None:
            is_metadata = is_vtt and (_VTT_BLOCK.match(lines[0]) or not cues)
            if not is_metadata:
                cues += lines  # an empty line within a cue
            continue
        cues += lines[timing + 1 :]
    text = "\u2028".join(_TAG.sub("", _VOICE.sub(r"\1: ", line)) for line in cues)
    return unescape(text) if is_vtt else text

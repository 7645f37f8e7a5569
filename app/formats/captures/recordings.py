"""Detection of video and audio files by their bytes.

Standards: ISO 14496-12 and QuickTime (boxes), RFC 9559 and WebM (EBML), ISO 11172-3 and ID3v2 (MP3), RFC 3533 (Ogg),
RFC 9639 (FLAC), and RIFF and EBU Tech 3306 (WAV). Only headers are read, so the length of a file does not matter.
"""

import re
import struct
from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO

MP4, QUICKTIME, WEBM, OGG_VIDEO = "video/mp4", "video/quicktime", "video/webm", "video/ogg"
M4A, MP3, OGG_AUDIO, WAV, FLAC = "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/flac"

_BRANDS: Mapping[bytes, str] = {
    b"qt  ": QUICKTIME,
    **dict.fromkeys((b"M4A ", b"M4B ", b"F4A "), M4A),
    **dict.fromkeys((b"isom", b"mp41", b"mp42", b"mp71", b"avc1", b"dash", b"mmp4", b"MSNV", b"XAVC"), MP4),
    **dict.fromkeys((b"M4V ", b"M4VH", b"M4VP", b"F4V ", b"f4v "), MP4),
}
"""Major brands of ISO 14496-12 files; also those that `_NUMBERED_BRAND` matches."""

_NUMBERED_BRAND = re.compile(rb"iso[2-9a-c]|3g[ep2][0-9a-c]|3g2[a-c]")
_COMPATIBLE_BRANDS = frozenset((b"mp41", b"mp42"))
"""Brands that only MP4 files list as compatible; camera pictures list `isom` too."""

_BRANDS_END = 256
_MAX_BOXES = 200
_OLD_QUICKTIME_BOXES = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))

_WEBM = re.compile(rb"\x1a\x45\xdf\xa3.{1,60}?\x42\x82.{1,8}?webm", re.DOTALL)
_OGG_AUDIO = (b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC")

_MAX_BYTES_BEFORE_FRAMES = 8_192
_KILOBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Sampling rates of MPEG 1, 2 and 2.5, by the number of the version in a frame header."""


def is_recording(media_type: str) -> bool:
    """True for the media types of video and audio."""
    return media_type.startswith(("video/", "audio/"))


def sniff(stream: BinaryIO, head: bytes) -> str | None:
    """Return the media type of a video or audio file, None for any other. `head` is the beginning of the stream."""
    media_type = None
    if head[4:8] == b"ftyp":
        media_type = _sniff_brands(head)
    elif _begins_like_old_quicktime(head):
        media_type = QUICKTIME if _has_movie_box(stream) else None
    elif head.startswith(b"ID3"):
        media_type = _sniff_after_tag(stream, head)
    elif head.startswith(b"OggS\0"):
        media_type = _sniff_ogg(head)
    elif _WEBM.match(head):
        media_type = WEBM
    elif head.startswith((b"RIFF", b"RF64", b"BW64")) and head[8:12] == b"WAVE":
        media_type = WAV
    elif head.startswith(b"fLaC"):
        media_type = FLAC
    elif _has_two_frames(head, 0):
        media_type = MP3
    return media_type


def may_begin_recording(head: bytes) -> bool:
    """True if a file that begins with these bytes is a recording, or if only its other bytes can tell."""
    # A tag with a picture may come before the audio, and the box that tells an old film at the very end.
    return head.startswith(b"ID3") or _begins_like_old_quicktime(head) or sniff(BytesIO(head), head) is not None


def _sniff_ogg(head: bytes) -> str | None:
    if b"\x80theora" in head:
        return OGG_VIDEO
    return OGG_AUDIO if any(mark in head for mark in _OGG_AUDIO) else None


# --- ISO base media files and QuickTime ---


def _sniff_brands(head: bytes) -> str | None:
    (length,) = struct.unpack(">L", head[:4])
    major = head[8:12]
    if major in _BRANDS:
        return _BRANDS[major]
    if _NUMBERED_BRAND.fullmatch(major):
        return MP4
    end = min(length, _BRANDS_END, len(head))
    return MP4 if any(head[start : start + 4] in _COMPATIBLE_BRANDS for start in range(16, end, 4)) else None


def _begins_like_old_quicktime(head: bytes) -> bool:
    return head[:1] == b"\0" and head[4:8] in _OLD_QUICKTIME_BOXES


def _has_movie_box(stream: BinaryIO) -> bool:
    """True if a file without a brand, from before 2001, has a `moov` box at its top level."""
    position, end = 0, stream.seek(0, 2)
    for _ in range(_MAX_BOXES):
        stream.seek(position)
        header = stream.read(16)
        if len(header) < 8:  # noqa: PLR2004 - the length of a box header
            return False
        length, kind = struct.unpack(">L4s", header[:8])
        if length == 1 and len(header) == 16:  # noqa: PLR2004 - with a length of 64 bits
            (length,) = struct.unpack(">Q", header[8:])
        elif length == 0:
            length = end - position
        if kind == b"moov":
            return True
        if length < 8:  # noqa: PLR2004 - as above
            return False
        position += length
    return False


# --- MP3 ---


def _sniff_after_tag(stream: BinaryIO, head: bytes) -> str | None:
    """Detect the audio after an ID3v2 tag, whose length is given in four groups of seven bits."""
    size = head[6:10]
    if len(size) < 4 or max(size) > 127:  # noqa: PLR2004 - as above
        return None
    has_footer = bool(head[5] & 0x10)
    stream.seek(10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]) + (10 if has_footer else 0))
    audio = stream.read(2 * _MAX_BYTES_BEFORE_FRAMES)
    if audio.startswith(b"fLaC"):
        return FLAC
    # Some programs write more padding than the tag declares.
    start = audio.find(b"\xff", 0, _MAX_BYTES_BEFORE_FRAMES)
    while start >= 0:
        if _has_two_frames(audio, start):
            return MP3
        start = audio.find(b"\xff", start + 1, _MAX_BYTES_BEFORE_FRAMES)
    return None


def _has_two_frames(data: bytes, start: int) -> bool:
    """True if there are two frames of MPEG audio layer III, one right after the other."""
    length = _frame_length(data[start : start + 4])
    return length is not None and _frame_length(data[start + length : start + length + 4]) is not None


def _frame_length(header: bytes) -> int | None:
    """The length in bytes of a frame of layer III; None if these are not the four bytes of its header."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:  # noqa: PLR2004 - sync word and layer
        return None
    version, bit_rate, frequency = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version not in _HERTZ or not 0 < bit_rate < len(_KILOBITS) or frequency >= len(_HERTZ[version]):
        return None
    is_mpeg_1 = version == 3  # noqa: PLR2004 - see _HERTZ
    kilobits = (_KILOBITS if is_mpeg_1 else _KILOBITS_LOW)[bit_rate]
    return (144_000 if is_mpeg_1 else 72_000) * kilobits // _HERTZ[version][frequency] + (header[2] >> 1 & 1)

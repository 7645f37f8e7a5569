"""The media type of a capture is detected from its bytes alone."""

import io
import struct

import pytest

from app.formats.captures.media_types import CAPTURE_FORMATS, sniff
from tests.support.files import MP3_FRAME, PNG, box, gzipped, html, id3_tag, mp4, ogg, pdf, wacz, warc, webm

PAGE = warc(b"<p>A page.</p>")
ZIPPED = wacz(gzipped(PAGE))
END = len(ZIPPED) - 22

ACCEPTED: list[tuple[str, bytes, str]] = [
    ("a page", html("<p>Words.</p>"), "text/html"),
    ("a page with a byte order mark", b"\xef\xbb\xbf" + html("x"), "text/html"),
    ("a page in UTF-16", "\ufeff<html><p>Words.</p>".encode("utf-16-le"), "text/html"),
    ("a page without a doctype", b"\n\n <HTML><body>x", "text/html"),
    ("a page behind a comment", b"<!-- saved from url=(0019)https://example.org -->\n<p>x", "text/html"),
    ("a page behind a long comment", b"<!-- " + b"x" * 20_000 + b" --><p>x", "text/html"),
    ("XHTML", b'<?xml version="1.0"?>\n<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"/>', "text/html"),
    ("text after a doctype", b"<!DOCTYPE html>Words.", "text/html"),
    ("a page that says that it is a PDF", b"<html>%PDF-1.7", "text/html"),
    ("text", "Близько 11 тисяч".encode(), "text/plain"),
    ("text in UTF-16", "\ufeffБлизько".encode("utf-16-be"), "text/plain"),
    ("text in an old encoding", "Около 11 тысяч".encode("cp1251"), "text/plain"),
    ("text with an angle", b"3 < 4 <p>", "text/plain"),
    ("text cut within a character", b"a" * 8_191 + "я".encode() * 10, "text/plain"),
    ("a PDF", pdf("x"), "application/pdf"),
    ("a PNG", PNG, "image/png"),
    ("a JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
    ("a GIF", b"GIF89a\x01\x00", "image/gif"),
    ("a WebP", b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
    ("an AVIF", b"\x00\x00\x00\x1cftypavif\x00\x00", "image/avif"),
    ("a HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00", "image/heic"),
    ("a TIFF", b"II*\x00\x08\x00", "image/tiff"),
    ("a web archive", PAGE, "application/warc"),
    ("a gzipped web archive", gzipped(PAGE), "application/warc+gzip"),
    ("the beginning of one", gzipped(PAGE)[:-20], "application/warc+gzip"),
    ("a packed web archive", ZIPPED, "application/wacz"),
    ("an MP4", mp4(b"isom", b"isom", b"mp41"), "video/mp4"),
    ("the beginning of an MP4", b"\x00\x00\x00\x18ftypmp42\x00\x00", "video/mp4"),
    ("an MP4 of a phone", mp4(b"3gp5"), "video/mp4"),
    ("an MP4 of an unknown brand", mp4(b"xxxx", b"isom", b"mp42"), "video/mp4"),
    ("an MP4 that says that it is a page", mp4(media=b"<html><p>x"), "video/mp4"),
    ("a MOV", mp4(b"qt  "), "video/quicktime"),
    ("an old MOV", box(b"wide") + box(b"mdat", bytes(20_000)) + box(b"moov"), "video/quicktime"),
    (
        "an old MOV with a long length",
        b"\0\0\0\1mdat" + struct.pack(">Q", 32) + bytes(16) + box(b"moov"),
        "video/quicktime",
    ),
    ("an M4A", mp4(b"M4A ", b"mp42"), "audio/mp4"),
    ("a WebM", webm(), "video/webm"),
    ("an MP3", MP3_FRAME * 2, "audio/mpeg"),
    ("an MP3 with a tag", id3_tag(100) + MP3_FRAME * 2, "audio/mpeg"),
    ("an MP3 with a picture in its tag", id3_tag(300_000) + MP3_FRAME * 2, "audio/mpeg"),
    ("an MP3 with padding after its tag", id3_tag(10) + bytes(700) + MP3_FRAME * 2, "audio/mpeg"),
    ("an MP3 of MPEG 2", (b"\xff\xf3\x40\x00" + bytes(100)) * 9, "audio/mpeg"),
    ("Ogg with Vorbis", ogg(b"\x01vorbis" + bytes(9)), "audio/ogg"),
    ("Ogg with Opus", ogg(b"OpusHead" + bytes(9)), "audio/ogg"),
    ("Ogg with pictures", ogg(b"\x80theora" + bytes(9)) + ogg(b"\x01vorbis"), "video/ogg"),
    ("a WAV", b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
    ("a long WAV", b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav"),
    ("a FLAC", b"fLaC\x00\x00\x00\x22" + bytes(34), "audio/flac"),
    ("a FLAC with a tag", id3_tag(9_000) + b"fLaC\x00\x00\x00\x22", "audio/flac"),
]

REFUSED: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("blanks", b" \n\t\r\n"),
    ("a byte order mark", b"\xef\xbb\xbf"),
    ("a picture with scripts", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
    ("the same behind a declaration", b"<?xml version='1.0'?><!-- x -->\n<svg/>"),
    ("other XML", b"<?xml version='1.0'?><rss/>"),
    ("XML that does not end", b"<?xml version='1.0' " + b"x" * 20_000),
    ("a doctype of something else", b"<!DOCTYPE svg " + b"x" * 20_000),
    ("a program", b"MZ\x90\x00\x03\x00"),
    ("another program", b"\x7fELF\x02\x01\x01\x00"),
    ("gzip of something else", gzipped(b"words")),
    ("gzip in gzip", gzipped(gzipped(PAGE))),
    ("broken gzip", b"\x1f\x8b\x08\x00broken and no more"),
    ("a raw picture of a camera", mp4(b"crx ", b"crx ", b"isom")),
    ("a media file without a known brand", mp4(b"xxxx")),
    ("boxes without a film", box(b"free", bytes(100)) + box(b"mdat", bytes(100))),
    ("boxes of no length", box(b"wide") + b"\0\0\0\7mdat" + bytes(100)),
    ("more boxes than films have", box(b"free") * 300 + box(b"moov")),
    ("another Matroska file", webm(b"matroska")),
    ("one frame of an MP3", MP3_FRAME),
    ("an MP3 of layer I", b"\xff\xff\x90\x00" * 200),
    ("AAC", (b"\xff\xf1\x50\x80" + bytes(413)) * 3),
    ("a tag with nothing after it", id3_tag(100)),
    ("a tag before text", id3_tag(100) + b"words" * 3_000),
    ("a broken tag", b"ID3\x04\0\0\xff\xff\xff\xff" + MP3_FRAME * 2),
    ("Ogg with something else", ogg(b"unknown")),
    ("an AVI", b"RIFF\x24\x00\x00\x00AVI LIST"),
    ("a zip of something else", wacz(gzipped(PAGE), description="readme.json")),
    ("a description alone", wacz()),
    ("a zip that breaks off", ZIPPED[:-10]),
    ("a zip with a comment", ZIPPED[:-2] + b"\x05\x00words"),
    (
        "a zip with a vast directory",
        ZIPPED[: END + 12] + struct.pack("<L", 4_000_001) + ZIPPED[END + 16 :],
    ),
    ("a zip without a directory", ZIPPED.replace(b"PK\x01\x02", b"PK\x00\x00")),
    ("a zip with a broken second end", ZIPPED[:END] + b"PK\x06\x07" + bytes(16) + ZIPPED[END:]),
    (
        "a zip with too large a second directory",
        ZIPPED[:END]
        + b"PK\x06\x06" + bytes(36) + struct.pack("<Q", 10**9) + bytes(8)
        + b"PK\x06\x07" + bytes(16)
        + ZIPPED[END:],
    ),
    ("text with a control character at the end of its first 8 KB", b"a" * 8_191 + b"\x00"),
    ("random bytes", bytes(range(256))),
]  # fmt: skip


@pytest.mark.parametrize(("data", "media_type"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_accepted_formats_are_detected(data: bytes, media_type: str) -> None:
    assert sniff(io.BytesIO(data)) == media_type


@pytest.mark.parametrize("data", [case[1] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_other_files_have_no_media_type(data: bytes) -> None:
    assert sniff(io.BytesIO(data)) is None


def test_a_zip_directory_may_have_almost_four_megabytes() -> None:
    name = f"archive/data{{}}{'x' * 900}.warc.gz"
    assert sniff(io.BytesIO(wacz(*[gzipped(PAGE)] * 4_000, name=name))) == "application/wacz"


def test_every_accepted_format_is_tested() -> None:
    assert {media_type for _name, _data, media_type in ACCEPTED} == set(CAPTURE_FORMATS)

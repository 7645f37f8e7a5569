"""Files as captures contain them, intact and broken, generated here so that none belongs to anybody else."""

import gzip
import io
import struct
import zipfile
from collections.abc import Iterable

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PAGE_URL = "https://example.org/briefing"


def html(body: str, charset: str = "utf-8", *, declared: bool = True) -> bytes:
    """A web page."""
    meta = f'<meta charset="{charset}">' if declared else ""
    return f"<!DOCTYPE html>\n<html><head>{meta}<title>Briefing</title></head><body>{body}</body></html>".encode(
        charset
    )


def pdf(*pages: str, last_page_is_image: bool = False) -> bytes:
    """A PDF with a line of Latin text on each page; with `last_page_is_image` the last page is an image instead."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for number, text in enumerate(pages):
        is_image = last_page_is_image and number == len(pages) - 1
        line = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        content = b"/X Do" if is_image else f"BT /F 12 Tf 72 720 Td ({line}) Tj ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        font = b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>"
        image = b"/XObject << /X %d 0 R >>" % (len(objects) + 2)
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << %s >> >>"
            % (len(objects), image if is_image else font)
        )
        if is_image:
            bits = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
            objects.append(bits + b" /Length 1 >>\nstream\n\x00\nendstream")
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    return pdf_from_objects(objects)


def pdf_from_objects(objects: Iterable[bytes]) -> bytes:
    """A PDF of these objects, valid or not; the first one is its catalogue."""
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(offsets) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (size, table, size)
        + b"startxref\n%d\n%%%%EOF\n" % len(body)
    )


def warc(
    body: bytes,
    media_type: str = "text/html; charset=utf-8",
    *,
    url: str = PAGE_URL,
    status: str = "200 OK",
    headers: str = "",
    record_type: str = "response",
) -> bytes:
    """A web archive (WARC) with one page."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\n{headers}\r\n".encode()
        if record_type == "response"
        else b""
    )
    block = head + body
    kind = "application/http; msgtype=response" if head else media_type
    return (
        f"WARC/1.1\r\nWARC-Type: {record_type}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2025-01-12T18:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:6f7d4a3e-0000-4000-8000-000000000001>\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    ).encode() + block + b"\r\n\r\n"  # fmt: skip


def wacz(*archives: bytes, name: str = "archive/data{}.warc.gz", description: str = "datapackage.json") -> bytes:
    """A packed web archive (WACZ)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(description, "{}")
        for number, data in enumerate(archives):
            archive.writestr(name.format(number), data)
    return buffer.getvalue()


def gzipped(data: bytes) -> bytes:
    """Gzip data, always to the same bytes."""
    return gzip.compress(data, mtime=0)


# --- recordings: the smallest files that have the headers of their formats ---


def box(kind: bytes, content: bytes = b"") -> bytes:
    """A box of an ISO base media file."""
    return struct.pack(">L4s", 8 + len(content), kind) + content


def mp4(major: bytes = b"isom", *compatible: bytes, media: bytes = b"\0" * 16) -> bytes:
    """An ISO base media file with these brands."""
    return box(b"ftyp", major + bytes(4) + b"".join(compatible)) + box(b"mdat", media) + box(b"moov")


def webm(document_type: bytes = b"webm") -> bytes:
    """A Matroska file of this document type."""
    header = b"\x42\x86\x81\x01\x42\x82" + bytes([0x80 | len(document_type)]) + document_type
    return b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(header)]) + header + b"\x18\x53\x80\x67\x01" + bytes(20)


MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
"""A silent frame of MPEG 1 layer III, 128 kbit/s and 44.1 kHz."""


def id3_tag(size: int) -> bytes:
    """An ID3v2 tag with that many bytes of content."""
    return b"ID3\x04\0\0" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0)) + bytes(size)


def ogg(packet: bytes) -> bytes:
    """The first page of an Ogg file, with one packet."""
    return b"OggS\0\x02" + bytes(20) + b"\x01" + bytes([len(packet)]) + packet

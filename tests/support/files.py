"""Files as captures have them, good and bad, made here: none is somebody else's."""

import gzip
import io
import zipfile
from collections.abc import Iterable

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
ADDRESS = "https://example.org/briefing"


def html(body: str, charset: str = "utf-8", *, declared: bool = True) -> bytes:
    """A page."""
    meta = f'<meta charset="{charset}">' if declared else ""
    return f"<!DOCTYPE html>\n<html><head>{meta}<title>Briefing</title></head><body>{body}</body></html>".encode(
        charset
    )


def pdf(*pages: str, picture: bool = False) -> bytes:
    """A document with a line of Latin text on each page; with `picture` the last page is one instead."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for number, text in enumerate(pages):
        last = picture and number == len(pages) - 1
        line = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        content = b"/X Do" if last else f"BT /F 12 Tf 72 720 Td ({line}) Tj ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        font = b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>"
        image = b"/XObject << /X %d 0 R >>" % (len(objects) + 2)
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << %s >> >>"
            % (len(objects), image if last else font)
        )
        if last:
            bits = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
            objects.append(bits + b" /Length 1 >>\nstream\n\x00\nendstream")
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    return pdf_of(objects)


def pdf_of(objects: Iterable[bytes]) -> bytes:
    """A document of these objects, whatever is in them; the first is its catalogue."""
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (size, table, size)
        + b"startxref\n%d\n%%%%EOF\n" % len(out)
    )


def warc(
    body: bytes,
    media_type: str = "text/html; charset=utf-8",
    *,
    address: str = ADDRESS,
    status: str = "200 OK",
    more: str = "",
    record: str = "response",
) -> bytes:
    """A web archive with one page."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\n{more}\r\n".encode() if record == "response" else b""
    block = head + body
    kind = "application/http; msgtype=response" if head else media_type
    return (
        f"WARC/1.1\r\nWARC-Type: {record}\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2025-01-12T18:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:6f7d4a3e-0000-4000-8000-000000000001>\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    ).encode() + block + b"\r\n\r\n"  # fmt: skip


def wacz(*archives: bytes, name: str = "archive/data{}.warc.gz", description: str = "datapackage.json") -> bytes:
    """A packed web archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(description, "{}")
        for number, one in enumerate(archives):
            archive.writestr(name.format(number), one)
    return packed.getvalue()


def packed(data: bytes) -> bytes:
    """Gzipped, always to the same bytes."""
    return gzip.compress(data, mtime=0)

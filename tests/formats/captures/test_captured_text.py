"""Captured files are searched in a separate process: their text is found, and hostile files do no harm."""

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.blobs.store import FolderStore
from app.formats.captures import captured_text, documents, media_types
from app.formats.captures.capture_search import CaptureSearchQuery, CaptureSearchResult
from app.services.captures import capture_search_pool
from app.vocabulary import FigureFound
from tests.support.files import PAGE_URL, PNG, gzipped, html, pdf, pdf_from_objects, wacz, warc

pytestmark = pytest.mark.slow

QUOTE = "About 11,000 soldiers are there."
PAGE = html("<p>About&nbsp;11,000 <b>sol</b>diers\nare there.</p>")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """An empty store."""
    return FolderStore(tmp_path / "captures")


def capture_and_search(store: FolderStore, data: bytes, *queries: CaptureSearchQuery) -> list[CaptureSearchResult]:
    """Capture a file and search it, as the service does."""
    with store.stage() as draft:
        draft.write(data)
        media_type = media_types.sniff(draft.file)
        store.save(draft)
        sha256 = draft.sha256
    assert media_type is not None
    return capture_search_pool.search(store, sha256, media_type, queries, time.monotonic() + 60)


FOUND: list[tuple[str, bytes, str | None]] = [
    # name, file, where in the file the words are
    ("a page", PAGE, None),
    ("a page in an old encoding", html(f"<p>{QUOTE} Около тысячи.</p>", "windows-1251"), None),
    ("a page in UTF-16", ("\ufeff" + PAGE.decode()).encode("utf-16-le"), None),
    ("a page that ends within its text", b"<html><p>" + QUOTE.encode() + b" R&D", None),
    ("a page that goes on without end", PAGE + b"<![CDATA[" * 400_000, None),
    ("text", QUOTE.encode(), None),
    ("a PDF", pdf("First.", "Second.", QUOTE), "page 3"),
    ("a web archive", warc(PAGE), PAGE_URL),
    ("a web archive of an older version", warc(PAGE).replace(b"WARC/1.1", b"WARC/1.0"), PAGE_URL),
    ("a gzipped one", gzipped(warc(b"", status="301 Moved")) + gzipped(warc(PAGE)), PAGE_URL),
    ("one with a compressed response", warc(gzipped(PAGE), headers="Content-Encoding: gzip\r\n"), PAGE_URL),
    (
        "one with a chunked response",
        warc(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE), headers="Transfer-Encoding: chunked\r\n"),
        PAGE_URL,
    ),
    ("a resource in one", warc(QUOTE.encode(), "text/plain", record_type="resource"), PAGE_URL),
    ("a PDF in one", warc(pdf("x", QUOTE), "application/pdf"), f"{PAGE_URL}, page 2"),
    ("text in an old encoding in one", warc(f"Было: {QUOTE}".encode("koi8-r"), "text/plain; charset=koi8-r"), PAGE_URL),
    ("a packed web archive", wacz(gzipped(warc(b"<p>x")), gzipped(warc(PAGE, url=f"{PAGE_URL}/2"))), f"{PAGE_URL}/2"),
    ("one with an uncompressed archive", wacz(warc(PAGE), name="archive/data{}.warc"), PAGE_URL),
    ("an archive that is truncated after it", gzipped(warc(PAGE) + warc(bytes(range(256)) * 100))[:-300], PAGE_URL),
]  # fmt: skip


@pytest.mark.parametrize(("data", "where"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
def test_words_and_numbers_in_a_capture_are_found(store: FolderStore, data: bytes, where: str | None) -> None:
    words, number, number_only, missing = capture_and_search(
        store,
        data,
        CaptureSearchQuery(QUOTE, suffix=""),
        CaptureSearchQuery(None, numbers=("11000",)),
        CaptureSearchQuery("rund 11 Tausend", numbers=("11000",)),
        CaptureSearchQuery("12,000", numbers=("12000",)),
    )

    assert (words.result, words.where) == (FigureFound.FOUND, where), words
    assert "11,000 soldiers" in (words.excerpt or "")
    assert (number.result, number.reason) == (FigureFound.FOUND, "The number is in the text.")
    assert (number_only.result, number_only.reason) == (
        FigureFound.FOUND,
        "The number is in the text, but the quoted passage is not.",
    )
    assert missing.result is not FigureFound.FOUND


NOT_FOUND = {
    "a page": html("<p>Nothing of the kind.</p>"),
    "scripts, styles and comments": html(f"<script>'{QUOTE}'</script><style>{QUOTE}</style><!-- {QUOTE} --><p>x</p>"),
    "another number": html("<p>About 111,000 soldiers are there, and 11,0001.</p>"),
    "a PDF": pdf("Nothing", "of the kind."),
    "a web archive": warc(html("<p>Nothing of the kind.</p>")),
    "a picture within an archive": warc(PAGE, "image/png") + warc(b"<p>x</p>"),
}


@pytest.mark.parametrize("data", NOT_FOUND.values(), ids=NOT_FOUND)
def test_other_words_are_not_found(store: FolderStore, data: bytes) -> None:
    queries = CaptureSearchQuery(QUOTE), CaptureSearchQuery(None, numbers=("11000",))
    words, number = capture_and_search(store, data, *queries)

    assert {words.result, number.result} == {FigureFound.NOT_FOUND}, (words, number)
    assert words.reason == "It does not occur in the text; the whole text was searched."


def test_the_words_must_be_between_prefix_and_suffix(store: FolderStore) -> None:
    (result,) = capture_and_search(store, PAGE, CaptureSearchQuery("soldiers", prefix="12,000 "))

    assert result.result is FigureFound.NOT_FOUND
    assert result.reason == "The words are in the text, but not with the given prefix and suffix."


def bomb(byte: bytes = b" ", of: int = 300_000_000) -> bytes:
    """A gzip bomb: 300 MB in 300 kB."""
    return gzipped(b"<p>" + byte * of)


def looped_pdf() -> bytes:
    """A PDF whose page tree contains itself."""
    return pdf_from_objects(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 99999999 >>"]
    )


def looped_form() -> bytes:
    """A PDF with a page that draws a form that draws itself."""
    content, form = b"/X Do", b"/X Do /X Do"
    draws = b"/Resources << /XObject << /X 5 0 R >> >>"
    return pdf_from_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R %s >>" % draws,
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] %s /Length %d >>\nstream\n%s\nendstream"
            % (draws, len(form), form),
        ]
    )


def overlapping(count: int) -> bytes:
    """A packed web archive in which many entries share the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("datapackage.json", "{}")
        archive.writestr("archive/data.warc", warc(b"<p>" + b"a " * 10_000_000))
        first = archive.infolist()[-1]
        for number in range(count):
            entry = zipfile.ZipInfo(f"archive/{number}.warc")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type", "flag_bits"):
                setattr(entry, name, getattr(first, name))
            archive.filelist.append(entry)
    return buffer.getvalue()


UNCLOSED = (b"<![CDATA[", b"<!-- x>", b"<a ", b"</a ", b"<?a ", b"<!a ", b"<script>")
"""Openings of markup without an end. Python's parser would search for the end of each one to the end of the page."""

HOSTILE: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "a picture": (PNG, "image"),
    "text of no known encoding": ("Около 11 тысяч".encode("cp1251"), "encoding"),
    "a page of no known encoding": (html("<p>Около</p>", "cp1251").replace(b"cp1251", b"klingon"), "encoding"),
    "a page of an encoding that is none": (html("x<p>\xe9").replace(b"utf-8", b"zip"), "encoding"),
    "a page without text": (html("<script>x</script>").replace(b"Briefing", b""), "no text"),
    "an endless page": (b"<html>" + b"<div>" * 9_000_000, "time or memory"),
    **{
        f"a page with {opening!r} that nothing closes": (b"<html>" + opening * 400_000, "not closed")
        for opening in UNCLOSED
    },
    "a page that hides all its text": (b"<html>" + b"<template>" * 200_000 + b"</style>" * 200_000, "no text"),
    "more text than is read": (b"<html>" + b"word " * 1_100_000, "5,000,000 characters"),
    "an invalid PDF": (b"%PDF-1.7\n<html>" + PAGE, "corrupt"),
    "a truncated PDF": (pdf("x" * 1_000)[:600], "corrupt"),
    "a PDF whose page tree contains itself": (looped_pdf(), "corrupt"),
    "a PDF that draws itself": (looped_form(), "Page 1 is an image without text."),
    "a scanned PDF": (pdf("words", "", last_page_is_image=True), "Page 2 is an image without text."),
    "an empty response in a web archive": (warc(b""), "no text"),
    "a truncated web archive": (warc(b"<p>x</p>" + b"a" * 5_000)[:-1_000], "truncated"),
    "a bomb in a web archive": (lambda: warc(bomb(), headers="Content-Encoding: gzip\r\n"), "unpacks to more"),
    "a bomb as a web archive": (lambda: gzipped(b"WARC/1.0\r\n" + b"a" * 300_000_000), ""),
    "a bomb in a packed web archive": (lambda: wacz(bomb(b"\x00")), ""),
    "a bomb of many entries": (lambda: overlapping(30), "unpacks to more"),
    "a bomb of little more than its headers": (
        lambda: gzipped(warc(bomb(), headers="Content-Encoding: gzip\r\n")),
        "unpacks to more",
    ),
    "an unsupported compression": (warc(b"x", headers="Content-Encoding: br\r\n"), "not supported"),
    "a wrong compression": (warc(b"x" * 99, "application/pdf", headers="Content-Encoding: gzip\r\n"), "corrupt"),
}
"""Files and the reason reported for each. Bombs take seconds to make and are only made in the tests that need them.
The reason is empty where it depends on the speed of the machine."""


@pytest.mark.parametrize(("data", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_cannot_be_read_completely_is_not_checkable(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, data: bytes | Callable[[], bytes], reason: str
) -> None:
    file = data if isinstance(data, bytes) else data()
    if reason in ("", "time or memory"):  # the other files are rejected within a second or two
        monkeypatch.setattr(capture_search_pool, "MAX_SECONDS", 8.0)
    start = time.monotonic()
    queries = CaptureSearchQuery(QUOTE), CaptureSearchQuery(None, numbers=("11000",))
    words, number = capture_and_search(store, file, *queries)

    assert words.result is number.result is FigureFound.NOT_CHECKABLE, (words, number)
    assert reason in words.reason
    assert "/" not in words.reason.replace(PAGE_URL, ""), "no paths of the server"
    assert time.monotonic() - start < 60


def test_a_search_that_takes_too_long_is_abandoned(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_search_pool, "MAX_SECONDS", 0.01)
    (result,) = capture_and_search(store, html("<p>Too quick.</p>"), CaptureSearchQuery(QUOTE))

    assert result.reason == "Searching the file takes more time or memory than is allowed."


def test_a_search_without_time_is_postponed_and_not_cached(store: FolderStore) -> None:
    (result,) = capture_and_search(store, PAGE, CaptureSearchQuery(QUOTE))
    assert result.result is FigureFound.FOUND
    digest = next(store.list_blobs()).name

    postponed = capture_search_pool.search(
        store, digest, media_types.HTML, [CaptureSearchQuery("other")], time.monotonic()
    )
    assert [result.reason for result in postponed] == [
        "The request reached its time limit before this file was searched. Try again later."
    ]
    later = capture_search_pool.search(
        store, digest, media_types.HTML, [CaptureSearchQuery("other")], time.monotonic() + 60
    )
    assert later[0].result is FigureFound.NOT_FOUND


def test_a_missing_file_is_reported(store: FolderStore) -> None:
    (result,) = capture_search_pool.search(
        store, "0" * 64, media_types.HTML, [CaptureSearchQuery(QUOTE)], time.monotonic() + 60
    )
    assert (result.result, result.reason) == (FigureFound.NOT_CHECKABLE, "The file is missing from the capture store.")


def test_results_are_cached(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = capture_and_search(store, PAGE, CaptureSearchQuery(QUOTE), CaptureSearchQuery("cached"))
    monkeypatch.setattr(capture_search_pool, "MAX_SECONDS", 0.0)
    assert capture_and_search(store, PAGE, CaptureSearchQuery(QUOTE), CaptureSearchQuery("cached")) == first


def test_the_pages_of_a_pdf_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_PDF_PAGES", 2)
    text = captured_text.extract_text(io.BytesIO(pdf("one", "two", "three")), media_types.PDF)
    assert [part.text.strip() for part in text.parts] == ["one", "two"]
    assert text.gaps == ["The PDF has more pages than the limit of 2."]

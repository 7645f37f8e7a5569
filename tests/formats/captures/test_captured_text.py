"""Captured files are read in a process of its own: what stands in them is found, and a hostile one harms nobody."""

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.blobs.store import FolderStore
from app.formats.captures import captured_text, media_types
from app.formats.captures.capture_search import Answer, Question
from app.services.captures import capture_search_pool
from app.vocabulary import FigureFound
from tests.support.files import ADDRESS, PNG, html, packed, pdf, pdf_of, wacz, warc

QUOTE = "About 11,000 soldiers are there."
PAGE = html("<p>About&nbsp;11,000 <b>sol</b>diers\nare there.</p>")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """An empty store."""
    return FolderStore(tmp_path / "captures")


def ask(store: FolderStore, data: bytes, *questions: Question) -> list[Answer]:
    """Answers on a file that has been captured, as the service gets them."""
    with store.draft() as draft:
        draft.write(data)
        media_type = media_types.sniff(draft.file)
        store.keep(draft)
        sha256 = draft.sha256
    assert media_type is not None
    return capture_search_pool.answers(store, sha256, media_type, questions, time.monotonic() + 60)


FOUND: list[tuple[str, bytes, str | None]] = [
    # what, the file, where in it
    ("a page", PAGE, None),
    ("a page in an old encoding", html(f"<p>{QUOTE} Около тысячи.</p>", "windows-1251"), None),
    ("a page in UTF-16", ("\ufeff" + PAGE.decode()).encode("utf-16-le"), None),
    ("a page that ends in its words", b"<html><p>" + QUOTE.encode() + b" R&D", None),
    ("a page that goes on without end", PAGE + b"<![CDATA[" * 400_000, None),
    ("text", QUOTE.encode(), None),
    ("a PDF", pdf("First.", "Second.", QUOTE), "page 3"),
    ("a web archive", warc(PAGE), ADDRESS),
    ("a web archive of older make", warc(PAGE).replace(b"WARC/1.1", b"WARC/1.0"), ADDRESS),
    ("a gzipped one", packed(warc(b"", status="301 Moved")) + packed(warc(PAGE)), ADDRESS),
    ("one that is packed within", warc(packed(PAGE), more="Content-Encoding: gzip\r\n"), ADDRESS),
    (
        "one that came in pieces",
        warc(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE), more="Transfer-Encoding: chunked\r\n"),
        ADDRESS,
    ),
    ("a resource in one", warc(QUOTE.encode(), "text/plain", record="resource"), ADDRESS),
    ("a PDF in one", warc(pdf("x", QUOTE), "application/pdf"), f"{ADDRESS}, page 2"),
    ("text in an old encoding in one", warc(f"Было: {QUOTE}".encode("koi8-r"), "text/plain; charset=koi8-r"), ADDRESS),
    ("a packed web archive", wacz(packed(warc(b"<p>x")), packed(warc(PAGE, address=f"{ADDRESS}/2"))), f"{ADDRESS}/2"),
    ("one that is not gzipped within", wacz(warc(PAGE), name="archive/data{}.warc"), ADDRESS),
    ("an archive that breaks off behind it", packed(warc(PAGE) + warc(bytes(range(256)) * 100))[:-300], ADDRESS),
]  # fmt: skip


@pytest.mark.parametrize(("data", "where"), [one[1:] for one in FOUND], ids=[one[0] for one in FOUND])
def test_words_and_numbers_are_found(store: FolderStore, data: bytes, where: str | None) -> None:
    words, number, other, neither = ask(
        store,
        data,
        Question(QUOTE, suffix=""),
        Question(None, numbers=("11000",)),
        Question("rund 11 Tausend", numbers=("11000",)),
        Question("12,000", numbers=("12000",)),
    )

    assert (words.result, words.where) == (FigureFound.FOUND, where), words
    assert "11,000 soldiers" in (words.excerpt or "")
    assert (number.result, number.reason) == (FigureFound.FOUND, "The number stands there.")
    assert (other.result, other.reason) == (
        FigureFound.FOUND,
        "The number stands there, though not in the words given.",
    )
    assert neither.result is not FigureFound.FOUND


NOT_FOUND = {
    "a page": html("<p>Nothing of the kind.</p>"),
    "what is not meant to be read": html(f"<script>'{QUOTE}'</script><style>{QUOTE}</style><!-- {QUOTE} --><p>x</p>"),
    "another number": html("<p>About 111,000 soldiers are there, and 11,0001.</p>"),
    "a PDF": pdf("Nothing", "of the kind."),
    "a web archive": warc(html("<p>Nothing of the kind.</p>")),
    "an answer that there is none": warc(b"<p>x</p>") + warc(PAGE, status="404 Not Found"),
    "a picture within an archive": warc(PAGE, "image/png") + warc(b"<p>x</p>"),
}


@pytest.mark.parametrize("data", NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_does_not_stand_there_is_not_found(store: FolderStore, data: bytes) -> None:
    words, number = ask(store, data, Question(QUOTE), Question(None, numbers=("11000",)))

    assert {words.result, number.result} == {FigureFound.NOT_FOUND}, (words, number)
    assert words.reason == "It does not stand there; the text was read whole."


def test_the_words_must_stand_between_those_that_are_given(store: FolderStore) -> None:
    (told,) = ask(store, PAGE, Question("soldiers", prefix="12,000 "))

    assert told.result is FigureFound.NOT_FOUND
    assert told.reason == "The words stand there, but not with those given as prefix and suffix."


def bomb(byte: bytes = b" ", of: int = 300_000_000) -> bytes:
    """Very much of the same, packed: 300 MB in 300 kB."""
    return packed(b"<p>" + byte * of)


def looped_pdf() -> bytes:
    """A document whose tree of pages holds itself."""
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 99999999 >>"])


def looped_form() -> bytes:
    """A document with a page that draws a form that draws itself."""
    content, form = b"/X Do", b"/X Do /X Do"
    draws = b"/Resources << /XObject << /X 5 0 R >> >>"
    return pdf_of(
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
    """A packed web archive in which many names stand for the same bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("datapackage.json", "{}")
        archive.writestr("archive/data.warc", warc(b"<p>" + b"a " * 10_000_000))
        first = archive.infolist()[-1]
        for number in range(count):
            one = zipfile.ZipInfo(f"archive/{number}.warc")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type", "flag_bits"):
                setattr(one, name, getattr(first, name))
            archive.filelist.append(one)
    return data.getvalue()


UNCLOSED = (b"<![CDATA[", b"<!-- x>", b"<a ", b"</a ", b"<?a ", b"<!a ", b"<script>")
"""What begins something in a page. Python's parser looks for the end of each anew, at the end of the page."""

HOSTILE: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "a picture": (PNG, "picture"),
    "text of no known encoding": ("Около 11 тысяч".encode("cp1251"), "encoding"),
    "a page of no known encoding": (html("<p>Около</p>", "cp1251").replace(b"cp1251", b"klingon"), "encoding"),
    "a page of an encoding that is none": (html("x<p>\xe9").replace(b"utf-8", b"zip"), "encoding"),
    "a page without text": (html("<script>x</script>").replace(b"Briefing", b""), "no text"),
    "an endless page": (b"<html>" + b"<div>" * 9_000_000, "time or memory"),
    **{f"a page with {what!r} that nothing closes": (b"<html>" + what * 400_000, "not closed") for what in UNCLOSED},
    "a page that hides all it has": (b"<html>" + b"<template>" * 200_000 + b"</style>" * 200_000, "no text"),
    "more text than is read": (b"<html>" + b"word " * 1_100_000, "5,000,000 characters"),
    "a PDF that is none": (b"%PDF-1.7\n<html>" + PAGE, "broken"),
    "a PDF that breaks off": (pdf("x" * 1_000)[:600], "broken"),
    "a PDF that holds itself": (looped_pdf(), ""),
    "a PDF that draws itself": (looped_form(), ""),
    "a scanned PDF": (pdf("words", "", picture=True), "Page 2 is a picture."),
    "a web archive of nothing": (warc(b""), ""),
    "a web archive that breaks off": (warc(b"<p>x</p>" + b"a" * 5_000)[:-1_000], "breaks off"),
    "a bomb in a web archive": (lambda: warc(bomb(), more="Content-Encoding: gzip\r\n"), "unpacks to more"),
    "a bomb as a web archive": (lambda: packed(b"WARC/1.0\r\n" + b"a" * 300_000_000), ""),
    "a bomb in a packed web archive": (lambda: wacz(bomb(b"\x00")), ""),
    "a bomb of many names": (lambda: overlapping(30), ""),
    "packed as nobody reads it": (warc(b"x", more="Content-Encoding: br\r\n"), "packed in a way"),
    "packed as it is not": (warc(b"x" * 99, "application/pdf", more="Content-Encoding: gzip\r\n"), "broken"),
}
"""Files, and what is said of them. Bombs take seconds to make, and are made by whoever needs them."""


@pytest.mark.parametrize(("data", "told"), HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_whole_is_not_checkable(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, data: bytes | Callable[[], bytes], told: str
) -> None:
    file = data if isinstance(data, bytes) else data()
    if told in ("", "time or memory"):  # the others are told apart within a second or two
        monkeypatch.setattr(capture_search_pool, "SECONDS", 8.0)
    began = time.monotonic()
    words, number = ask(store, file, Question(QUOTE), Question(None, numbers=("11000",)))

    assert words.result is number.result is FigureFound.NOT_CHECKABLE, (words, number)
    assert told in words.reason
    assert "/" not in words.reason.replace(ADDRESS, ""), "nothing of our insides"
    assert time.monotonic() - began < 60


def test_a_file_that_takes_too_long_is_given_up(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_search_pool, "SECONDS", 0.01)
    (told,) = ask(store, html("<p>Too quick.</p>"), Question(QUOTE))

    assert told.reason == "It takes more time or memory to read than a file may."


def test_what_there_is_no_time_for_is_put_off_and_not_remembered(store: FolderStore) -> None:
    (told,) = ask(store, PAGE, Question(QUOTE))
    assert told.result is FigureFound.FOUND
    digest = next(store.contents()).name

    put_off = capture_search_pool.answers(store, digest, media_types.HTML, [Question("other")], time.monotonic())
    assert [one.reason for one in put_off] == ["There was no time left to read it; ask again."]
    later = capture_search_pool.answers(store, digest, media_types.HTML, [Question("other")], time.monotonic() + 60)
    assert later[0].result is FigureFound.NOT_FOUND


def test_a_file_that_is_gone_is_said_to_be(store: FolderStore) -> None:
    (told,) = capture_search_pool.answers(store, "0" * 64, media_types.HTML, [Question(QUOTE)], time.monotonic() + 60)
    assert (told.result, told.reason) == (FigureFound.NOT_CHECKABLE, "The store does not hold the file.")


def test_answers_are_remembered(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(store, PAGE, Question(QUOTE), Question("remembered"))
    monkeypatch.setattr(capture_search_pool, "SECONDS", 0.0)
    assert ask(store, PAGE, Question(QUOTE), Question("remembered")) == first


def test_pages_of_a_pdf_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captured_text, "MOST_PAGES", 2)
    text = captured_text.read(io.BytesIO(pdf("one", "two", "three")), media_types.PDF)
    assert [part.text.strip() for part in text.parts] == ["one", "two"]
    assert text.gaps == ["It has more than the 2 pages that are read."]

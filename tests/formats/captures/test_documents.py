"""Files are read in their own format, and what is not read is reported."""

import io
import json
import os
import time
from base64 import b64encode
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.formats.captures import media_types
from app.formats.captures.capture_search import CaptureSearchQuery, CaptureSearchResult, search_capture
from app.vocabulary import FigureFound
from tests.support.files import PAGE_URL, PNG, gzipped, html, pdf, pdf_from_objects, warc

_SHARED_DATA = Path(__file__).parents[4] / "shared/data"
CASES = Path(os.environ.get("ATTEST_TEST_COLLECTIONS", _SHARED_DATA)) / "09-cases/figures.jsonl"

FOUND, MISSING, UNCERTAIN = FigureFound.FOUND, FigureFound.NOT_FOUND, FigureFound.NOT_CHECKABLE
QUOTE = "About 11,000 soldiers"


def search(data: bytes, words: str | None = None, number: str | None = None) -> CaptureSearchResult:
    """Search a file in this process."""
    media_type = media_types.sniff(io.BytesIO(data))
    assert media_type is not None
    (result,) = search_capture(
        io.BytesIO(data), media_type, [CaptureSearchQuery(words, numbers=(number,) if number else ())]
    )
    return result


def message(*, attachment: tuple[bytes, str] | None = None, charset: str = "utf-8", cte: str | None = None) -> bytes:
    """A mail with a page as its alternative, and perhaps an attachment."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Втрати: 47", "desk@example.org", "editor@example.org"
    mail.set_content("Plain words, café.\n", charset=charset, cte=cte)
    mail.add_alternative(f"<table><tr><td>12</td><td>300</td></tr></table><p>{QUOTE}", subtype="html")
    if attachment is not None:
        data, media_type = attachment
        maintype, subtype = media_type.split("/")
        mail.add_attachment(data, maintype=maintype, subtype=subtype, filename="report")
    return mail.as_bytes()


MHTML = (
    b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/\r\nSubject: Briefing\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="x"\r\n\r\n\r\n'
    b"--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b"Content-Location: https://example.org/\r\n\r\n"
    b'<html><meta charset=3D"utf-8"><p>About 11,000 sol=\r\ndiers</p><td>12</td><td>300</td>\r\n'
    b"--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n"
)
SRT = (
    "1\r\n00:00:01,000 --> 00:00:12,300\r\n<i>About 11,000</i>\r\n\r\n"
    "2\r\n00:00:13,500 --> 00:00:15,000\r\nsoldiers\r\nand 300 tanks\r\n"
)
GB_PAGE = html("<p>死亡三百人 䶮 €12</p>", "gb18030").replace(b"gb18030", b"gb2312")
KOI_8_PAGE = b"<meta charset=koi8-u><p>" + "300 осіб".encode("koi8-u")
VTT = (
    "WEBVTT - Briefing 77\nKind: captions 88\n\nNOTE 99 is a comment\n\nSTYLE\n::cue(b) { width: 66px }\n\n"
    "intro-55\n00:01.000 --> 00:02.000 align:start position:44%\n<v Fred>About <00:01.500>11,000\n\n"
    "00:02.000 --> 00:03.000\n<c.loud>soldiers</c> &amp; 300 tanks"
)
HAR = {
    "log": {
        "entries": [
            {
                "request": {"url": PAGE_URL},
                "response": {
                    "status": 200,
                    "content": {"mimeType": "text/html", "text": f"<p>{QUOTE}</p><td>12<td>300"},
                },
            },
            {
                "request": {"url": f"{PAGE_URL}/2"},
                "response": {
                    "status": 200,
                    "content": {
                        "mimeType": "application/json",
                        "encoding": "base64",
                        "text": b64encode(b'{"lost": 47}').decode(),
                    },
                },
            },
            {"request": {"url": "x"}, "response": {"status": 200, "content": {"mimeType": "image/png", "text": "300"}}},
        ]
    }
}


def pdf_columns(*columns: str) -> bytes:
    """A PDF with one line of a table."""
    content = (
        b"BT /F 12 Tf 72 720 Td " + b" 100 0 Td ".join(b"(%s) Tj" % column.encode() for column in columns) + b" ET"
    )
    font = b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>"
    return pdf_from_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << %s >> >>" % font,
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    )


def json_file(value: object) -> bytes:
    """A JSON document with escapes."""
    return json.dumps(value).encode()


READ: list[tuple[str, bytes, list[str], list[str]]] = [
    # name, file, numbers in it, numbers not in it
    ("a mail", message(), ["12", "300", "47", "11000"], ["12300"]),
    ("a mail in base64", message(cte="base64"), ["12", "300"], ["12300"]),
    ("a mail in an old encoding", message(charset="iso-8859-1", cte="quoted-printable"), ["300"], ["12300"]),
    ("a mail with a page", message(attachment=(html("<p>815"), "text/html")), ["815"], ["12300"]),
    ("a mail with a PDF", message(attachment=(pdf("815 men"), "application/pdf")), ["815"], ["12300"]),
    ("a mail with a picture", message(attachment=(PNG, "image/png")), ["300"], ["12300"]),
    ("a mail in an mbox", b"From desk Mon Jan 13 2025\n" + message(), ["300", "47"], ["12300"]),
    ("a saved page", MHTML, ["11000", "12", "300"], ["12300"]),
    ("SubRip", SRT.encode(), ["11000", "300"], ["1", "2", "12.3", "13", "500"]),
    ("WebVTT", VTT.encode(), ["11000", "300"], ["77", "88", "99", "66", "55", "44", "1", "2"]),
    ("JSON", json_file({"text": QUOTE, "html": "<td>12</td><td>300", "n": [1, 500]}), ["11000", "12", "500"], ["1500"]),
    ("JSON lines", b'{"n": 12}\n{"n": 300}\n', ["12", "300"], ["12300"]),
    ("HAR", json_file(HAR), ["11000", "12", "300", "47"], ["12300"]),
    ("text that begins with a brace", b"{sic} 12 men\n300 tanks", ["12", "300"], ["12300"]),
    ("text that looks like a mail", b"Losses: 12\nMen: 300\n\n500", ["12", "300", "500"], ["12300"]),
    ("columns of text", b"men   12  300\ntanks\t12\t500\n", ["12", "300", "500"], ["12300", "12500"]),
    ("groups of digits in a PDF", pdf("Men 12 300 in all"), ["12300"], ["12500"]),
    ("columns of a PDF", pdf_columns("12", "300", "500"), ["12", "300", "500"], ["12300", "300500"]),
    ("words in columns of a PDF", pdf_columns("300", "thousand"), ["300"], ["300000"]),
    ("numbers with exponents in JSON", b'{"n": 4.5e3, "m": 1e999999999}', ["4500"], ["3"]),
    ("gb2312 means gb18030", GB_PAGE, ["300", "12"], ["3"]),
    ("Shift JIS", html("<p>①三百人</p>", "cp932").replace(b"cp932", b"shift_jis"), ["300"], ["12300"]),
    ("a charset in a comment", b"<!-- charset=zip --><html>" + KOI_8_PAGE, ["300"], []),
    ("a charset in a script", b"<html><script>x='charset=zip'</script>" + KOI_8_PAGE, ["300"], []),
    ("JSON in a web archive", warc(b'{"n": 300}', "application/json"), ["300"], ["12"]),
    ("CSV in a web archive", warc(b"n,m\n12,300\n", "text/csv"), [], ["500"]),
    ("styles in a web archive", warc(b"<p>300") + warc(b"a{width:12px}", "text/css"), ["300"], ["12"]),
    ("a redirect in a web archive", warc(b"<p>300") + warc(b"<p>12", status="301 Moved"), ["300"], ["12"]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "numbers", "others"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_files_are_read_in_their_format(data: bytes, numbers: list[str], others: list[str]) -> None:
    results = {number: search(data, number=number) for number in (*numbers, *others)}
    assert {number: result.result for number, result in results.items()} == {
        **dict.fromkeys(numbers, FOUND),
        **dict.fromkeys(others, MISSING),
    }, results


@pytest.mark.parametrize(
    "data", [message(), MHTML, SRT.encode(), VTT.encode(), json_file({"x": QUOTE}), json_file(HAR)]
)
def test_quotes_are_found_in_every_format(data: bytes) -> None:
    assert search(data, QUOTE).result is FOUND


INCOMPLETE: list[tuple[str, bytes, str]] = [
    ("a mail with a document", message(attachment=(b"PK", "application/msword")), "application/msword are not read"),
    ("a truncated mail", message()[:-60], "incomplete"),
    ("RTF", rb"{\rtf1\ansi\b About\b0  11,000}", "RTF"),
    ("styled subtitles", b"[Script Info]\nTitle: x\n", "subtitle"),
    ("a wrong encoding", html("<p>Около", "cp1251").replace(b"cp1251", b"utf-8"), "not valid in the encoding"),
    ("UTF-8 declared as something else", html("<p>Около").replace(b"utf-8", b"windows-1252"), "valid UTF-8"),
    ("an encoding that no browser reads", html("<p>x\xe9").replace(b"utf-8", b"utf-7"), "encoding is unknown"),
    ("a replaced encoding", html("<p>x").replace(b"utf-8", b"iso-2022-kr"), "encoding is unknown"),
    ("truncated UTF-16", "\ufeff<html><p>Words".encode("utf-16-le")[:-1], "not valid in the encoding"),
    ("a revisit", warc(b"<p>x") + warc(b"", record_type="revisit"), "does not contain"),
    ("an unknown record", warc(b"<p>x") + warc(b"x", record_type="continuation"), "continuation are not read"),
    ("another file in an archive", warc(b"<p>x") + warc(b"PK", "application/zip"), "application/zip are not read"),
    ("a part of a response", warc(b"<p>x", status="206 Partial Content"), "only a part"),
    ("a HAR without a response", json_file({"log": {"entries": [{"request": {}}], "x": "y"}}), "no response"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), [case[1:] for case in INCOMPLETE], ids=[case[0] for case in INCOMPLETE])
def test_what_is_not_read_is_reported(data: bytes, reason: str) -> None:
    result = search(data, "Nothing of this kind", "4711")
    assert result.result is UNCERTAIN
    assert reason in result.reason


def test_an_error_page_is_no_evidence() -> None:
    data = warc(b"<p>x 12") + warc(html(f"<p>{QUOTE}"), status="404 Not Found")
    for result in (search(data, QUOTE), search(data, number="11000")):
        assert result.result is UNCERTAIN
        assert "only in a response with the status 404" in result.reason
    assert search(data, number="12").result is FOUND
    assert search(data, number="13").reason == "It does not occur in the text; the whole text was searched."


def test_a_doubtful_number_is_not_checkable() -> None:
    data = html("<p>Das sind 5 Lakh oder 5 bin, und das ist alles, was der Bericht sagt.</p>")
    result = search(data, number="5000")
    assert result.result is UNCERTAIN
    assert "it is uncertain whether the word beside it multiplies it" in result.reason
    assert "5 bin" in (result.excerpt or "")


def test_a_small_file_may_not_unpack_to_a_large_one() -> None:
    bomb = gzipped(warc(gzipped(b"<p>" + b" " * 50_000_000), headers="Content-Encoding: gzip\r\n"))
    assert len(bomb) < 2_000
    assert "200 times its own length" in search(bomb, QUOTE).reason


@pytest.mark.skipif(not CASES.exists(), reason="the collections are not available")
def test_the_shared_cases_are_right() -> None:
    wrong = []
    for line in CASES.read_text("utf-8").splitlines():
        case = json.loads(line)
        data = html(case["text"]) if case["kind"] == "html" else case["text"].encode()
        if search(data, number=case["figure"]).result != case["expected"]:
            wrong.append(case)
    assert wrong == []


HOSTILE_TEXTS = ("\t", " ", "\u00a0", "三", "만", "¹", "\n ", "<a", '"', "a- ", "[", "\u0300", "--a\n")
"""Texts that make a pattern search from every character to the end, if it is written without care."""


@pytest.mark.parametrize("unit", HOSTILE_TEXTS)
def test_hostile_texts_are_read_in_linear_time(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    for start in (
        "5",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n",
        "<p>",
        "A: b\nContent-Type: multipart/mixed; boundary=a\n\n",
    ):
        started = time.process_time()
        search(f"{start}{text}x".encode(), "Nothing of this kind", "4711")
        assert time.process_time() - started < 5

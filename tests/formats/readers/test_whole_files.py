"""Files that are not certainly whole or not certainly understood: they are refused or reported, never half read."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.formats.exchange import attest_csv
from tests.support.files import pdf

Json = dict[str, Any]
Send = Callable[..., Any]

HEADER = "record,key,name,kind,quantities.best\n"
TABLE = f"{HEADER}source,s1,Київ,government,\nsource,s2,Львів,government,\n"
SOURCE = {"record": "source", "key": "s", "name": "A ministry", "kind": "government"}
CLAIM = {"record": "claim", "key": "k1", "kind": "casualty_figure", "statement": "3 were killed in A."}


@pytest.fixture
def send(api: TestClient, editor: dict[str, str]) -> Send:
    """Import a file over the API and return the body of the response, after checking its status."""

    def post(content: bytes | str, status: int = 200, **parameters: Any) -> Any:
        data = content.encode() if isinstance(content, str) else content
        response = api.post("imports", content=data, params=parameters, headers=editor)
        assert response.status_code == status, response.text
        return response.json()

    return post


def errors(body: Json) -> str:
    """The messages of a refusal in one text."""
    return json.dumps(body, ensure_ascii=False)


def lines(*records: Json) -> str:
    """Records as JSON Lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def claim_review(claim: str, title: str) -> Json:
    """A ClaimReview on one page, which reviews several claims."""
    return {
        "@type": "ClaimReview",
        "url": "https://example.org/review",
        "name": title,
        "claimReviewed": claim,
        "author": {"@type": "Organization", "name": "A checker"},
        "reviewRating": {"alternateName": "False"},
    }


TWICE = [
    pytest.param(lines(SOURCE, CLAIM, {**CLAIM, "statement": "9 were killed in B."}), "k", 3, 2, id="claims"),
    pytest.param(lines(SOURCE, {**SOURCE, "name": "Another"}), "k", 2, 1, id="sources"),
    pytest.param(json.dumps([SOURCE, {**SOURCE, "kind": "ngo"}]), "k", 1, 1, id="an array on one line"),
    pytest.param(f"{HEADER}source,s,A,ngo,\n,,,,\nsource,s,B,ngo,\n", "k", 4, 2, id="table"),
    pytest.param(f"{HEADER}source,s,A,ngo,\nsource,t,C,ngo,\nsource,s,B,ngo,\n", "k", 4, 2, id="table, apart"),
    pytest.param(lines(claim_review("A", "One"), claim_review("B", "Two")), "k", 2, 1, id="pages of reviews"),
    pytest.param(
        lines(CLAIM, *({"record": "note", "claim": "k1", "note": note} for note in ("One.", "Two."))),
        "claim", 3, 2, id="notes",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "field", "line", "first_line"), TWICE)
def test_a_key_that_occurs_twice_is_refused_and_never_overwrites(
    send: Send, file: str, field: str, line: int, first_line: int
) -> None:
    assert f"line {first_line} (row" in errors(send(file, 422, strict=True))

    report = send(file)
    assert report["refused"] == 1
    (refusal,) = report["refusals"]
    assert (refusal["line"], refusal["field"][:1]) == (line, field[0])
    assert f"line {first_line} (row" in refusal["reason"]
    assert f"row {refusal['row']})" in refusal["reason"]

    again = send(file)
    assert (again["revised"], again["created"], again["refused"]) == (0, 0, 1)


def test_an_equal_record_may_occur_twice(send: Send) -> None:
    assert send(lines(SOURCE, SOURCE), strict=True)["created"] == 1


CUT = [
    pytest.param(TABLE[:-1], True, 0, id="without the last line end"),
    pytest.param(TABLE[:-2], False, 1, id="without a cell"),
    pytest.param(TABLE.replace("government,", "government", 1), False, 1, id="a missing cell in the middle"),
    pytest.param(HEADER + 'source,s1,"A,government,', False, 1, id="in a quoted cell"),
    pytest.param(lines(SOURCE)[:-5], False, 1, id="in an object"),
    pytest.param(json.dumps([SOURCE])[:-1], False, 1, id="before the end of an array"),
]


@pytest.mark.parametrize(("file", "only_line_end", "refused"), CUT)
def test_a_cut_file_is_not_complete(send: Send, file: str, only_line_end: bool, refused: int) -> None:
    send(file, 422, strict=True)
    send(file, 200 if only_line_end else 422, strict=True, complete=True, dry_run=True)

    report = send(file)
    assert report["refused"] == refused
    assert report["may_be_cut"] or refused
    if only_line_end:
        assert "may be cut: line 3" in report["warnings"][0]
        assert not send(file, complete=True)["may_be_cut"]


@pytest.mark.parametrize("file", [TABLE, TABLE.replace("\n", "\r\n"), lines(SOURCE), lines(SOURCE)[:-1]])
def test_a_whole_file_is_complete(send: Send, file: str) -> None:
    report = send(file, strict=True)
    assert (report["may_be_cut"], report["warnings"], report["reasons"]) == (False, [], [])


@pytest.mark.parametrize("file", ["", "\n", "[]", HEADER])
def test_a_file_without_rows_is_no_success_of_a_strict_import(send: Send, file: str) -> None:
    name = "attest_csv" if file == HEADER else "attest_json"
    assert "contains no rows" in errors(send(file, 422, strict=True, format=name))
    assert "The file contains no rows." in send(file, format=name)["warnings"]
    assert send(file, strict=True, complete=True, format=name)["rows"] == 0


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-u", "utf-16-le", "utf-32", "utf-16", "iso-8859-5"])
def test_a_named_encoding_is_read(api: TestClient, send: Send, encoding: str) -> None:
    text = TABLE.replace("і", "и").replace("ї", "и")
    assert send(text.encode(encoding), strict=True, encoding=encoding)["created"] == 2
    assert {item["name"] for item in api.get("sources").json()["items"]} == {"Киив", "Львив"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("file", [TABLE, lines(SOURCE, CLAIM)])
def test_a_byte_order_mark_declares_the_encoding(send: Send, encoding: str, file: str) -> None:
    assert send(file.encode(encoding), strict=True)["created"] == 2


UNCERTAIN = [
    pytest.param(TABLE.encode("windows-1251", "replace"), {}, ("line 2", "windows-1251"), id="windows-1251"),
    pytest.param(
        lines(SOURCE).encode() + b'{"record": "source", "name": "\xcc"}\n', {}, ("line 2",), id="one byte at the end"
    ),
    pytest.param(b"@misc{a, title = {\xcc\xee}}", {}, ("line 1", "0xCC"), id="BibTeX"),
    pytest.param(TABLE.encode()[: TABLE.encode().index(b"\xd0") + 1], {}, ("cut",), id="in a character"),
    pytest.param(TABLE.encode("utf-16-le"), {}, ("UTF-16",), id="UTF-16 without a mark"),
    pytest.param(TABLE.encode(), {"encoding": "rot13"}, ("windows-1251",), id="no encoding"),
    pytest.param(TABLE.encode() + b"\xff", {"encoding": "shift_jis"}, ("shift_jis", "0xFF"), id="another than named"),
]


@pytest.mark.parametrize(("file", "parameters", "message"), UNCERTAIN)
def test_a_file_in_an_uncertain_encoding_is_not_read_at_all(
    api: TestClient, send: Send, file: bytes, parameters: Json, message: tuple[str, ...]
) -> None:
    body = send(file, 422, **parameters)
    assert all(part in errors(body) for part in message), body
    assert body["errors"][0]["field"] == "encoding"
    assert api.get("sources").json()["items"] == []


def workbook() -> bytes:
    """The beginning of an Excel workbook."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", "")
    return buffer.getvalue()


def archive_of(name: str) -> bytes:
    """A ZIP archive with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "x")
    return buffer.getvalue()


REFUSED = [
    (workbook(), ("Excel workbook", "Save the sheet as CSV")),
    (archive_of("data.csv"), ("ZIP archive", "Unpack")),
    (gzip.compress(TABLE.encode()), ("gzip", "Unpack")),
    (pdf("12 killed"), ("PDF",)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), ("XLS",)),
    (b"PAR1" + bytes(20), ("Parquet", "attest_json")),
    (b"<!DOCTYPE html><p>x", ("HTML",)),
    (b'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"/>', ("XML (feed)",)),
    (b"sep=;\ndate;place;killed\n2025-01-12;Kursk;300\n", ("semicolons", "date, place, killed", "attest_csv")),
    (
        "date;place;killed\n2025-01-12;Kursk;300\n".encode("utf-16"),
        ("utf-16", "attest_csv, Attest's own"),
    ),
    (b"key\tname\ns\tA\n", ("tabs", "nearest format is attest_csv", "columns record")),
    (b"country,status,url\n", ("commas", "nearest format is oryx_events", "system, date_recorded")),
    (b'{"key": "s", "name": "A"}\n', ("members key, name", "nearest format is attest_json", "members record")),
    (b'[{"claimReviewd": "x", "reviewRating": 1}]', ("nearest format is claim_review", "claimReviewed")),
    (b"just a note", ("no delimiter",)),
]


@pytest.mark.parametrize(("file", "message"), REFUSED)
def test_a_refusal_says_what_the_file_is_and_what_to_do(send: Send, file: bytes, message: tuple[str, ...]) -> None:
    body = send(file, 422)
    assert all(part in errors(body) for part in message), body


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "atom", "json_ld"])
def test_our_own_exports_for_analysis_are_named(api: TestClient, send: Send, format: str) -> None:
    send(lines({**CLAIM, "stage": "published"}))
    export = api.get("export", params={"format": format}).content
    message = errors(send(export, 422))
    assert "attest_json" in message
    if format in {"csv", "jsonl", "json_ld"}:
        assert f"Attest's format `{format}`" in message


@pytest.mark.parametrize("first_line", ["sep=;\n", '"sep=;"\r\n', "SEP=;\n", "\ufeffsep=;\n"])
def test_the_line_with_which_excel_names_the_delimiter_is_read(send: Send, first_line: str) -> None:
    table = first_line + TABLE.replace(",", ";") + "source;s3;C;nonsense;\n"
    report = send(table)
    assert (report["created"], report["refusals"][0]["line"]) == (2, 5)


def test_equal_reasons_are_summed_up(send: Send) -> None:
    rows = "".join(f"source,s{number},A,nonsense,\n" for number in range(1_500))
    report = send(HEADER + rows + "source,s,,ngo,\n")
    assert [(reason["count"], reason["line"], reason["field"]) for reason in report["reasons"]] == [
        (1_500, 2, "kind"),
        (1, 1_502, "name"),
    ]
    body = send(HEADER + rows, 422, strict=True)
    assert len(body["errors"]) == 1
    assert "1,500 times" in errors(body)


def test_a_written_table_is_whole(send: Send) -> None:
    assert send("".join(attest_csv.write([SOURCE, {**SOURCE, "key": "t"}])), strict=True)["created"] == 2

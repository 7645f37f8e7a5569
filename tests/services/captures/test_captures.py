"""Captures over the API: files come in, are kept under their digest, and go out to the desk alone."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.db.engine import Database
from app.main import create_app
from app.settings import Settings
from app.vocabulary import Role
from tests.support.client import Client
from tests.support.files import PNG, html, pdf, warc
from tests.support.problems import assert_problem
from tests.support.raw_request import RawRequest

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]

PAGE = html("<p>About 11,000 soldiers are there.</p><script>alert(1)</script>")
PLAIN = "Близько 11 тисяч".encode()


@pytest.fixture
def document(record: Record) -> str:
    """The id of a document."""
    return str(record("documents", key="briefing", title="Briefing")["id"])


@pytest.fixture
def hand_over(api: TestClient, key_of: KeyOf, document: str) -> Callable[..., Response]:
    """Hand over a file as a capture of the document, as a fact-checker."""

    def post(data: Any = PAGE, of: str = document, /, headers: Headers | None = None, **said: Any) -> Response:
        sent = {**key_of(Role.FACT_CHECKER), **(headers or {})}
        return api.post(f"documents/{of}/captures", content=data, params=said, headers=sent)

    return post


def files(settings: Settings) -> list[Path]:
    """All files in the store."""
    return sorted(path for path in (settings.data_dir / "captures").rglob("*") if path.is_file())


def where(settings: Settings, data: bytes) -> Path:
    """Where these bytes are to be."""
    digest = hashlib.sha256(data).hexdigest()
    return settings.data_dir / "captures" / digest[:2] / digest[2:4] / digest


# --- in ---


def test_a_file_is_kept_under_its_digest(
    api: TestClient, hand_over: Callable[..., Response], document: str, settings: Settings
) -> None:
    said = {"captured_at": "2025-01-12T18:00:00+02:00", "url": "https://example.org/a", "note": "Збережено."}
    answer = hand_over(PAGE, **said, reason="Seen at the briefing.", sha256=hashlib.sha256(PAGE).hexdigest().upper())

    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert answer.headers["Location"] == f"/api/v1/captures/{shown['id']}"
    assert shown == {
        "id": shown["id"],
        "sha256": hashlib.sha256(PAGE).hexdigest(),
        "media_type": "text/html",
        "byte_length": len(PAGE),
        "captured_at": "2025-01-12T16:00:00Z",
        "url": "https://example.org/a",
        "note": "Збережено.",
        "document_id": document,
        "recorded_at": shown["recorded_at"],
        "custody": [{"act": "received", "at": shown["recorded_at"], "by": "Test fact_checker", "note": None}],
    }
    assert files(settings) == [where(settings, PAGE)]
    (kept,) = files(settings)
    assert kept.read_bytes() == PAGE
    assert kept.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in kept.parents[:3]} == {0o700}
    # The public sees that it is there, and what it is.
    assert api.get(f"captures/{shown['id']}").json() == shown
    (listed,) = api.get(f"documents/{document}").json()["captures"]
    assert listed == {name: shown[name] for name in listed}
    assert api.get(f"captures/{shown['id']}", params={"as_of": "2025-01-12"}).status_code == 404


def test_the_document_may_be_named_by_its_key(hand_over: Callable[..., Response], document: str) -> None:
    assert hand_over(PAGE, "briefing").json()["document_id"] == document


def test_the_same_bytes_are_stored_once(hand_over: Callable[..., Response], record: Record, settings: Settings) -> None:
    other = record("documents")["id"]
    ids = {hand_over(PAGE).json()["id"], hand_over(PAGE).json()["id"], hand_over(PAGE, other).json()["id"]}

    assert len(ids) == 3, "that a page was the same at another time is worth a row"
    assert files(settings) == [where(settings, PAGE)]


def test_bytes_that_were_altered_are_put_right_by_the_same_bytes(
    hand_over: Callable[..., Response], settings: Settings
) -> None:
    hand_over(PAGE)
    where(settings, PAGE).write_bytes(b"other")
    hand_over(PAGE)

    assert where(settings, PAGE).read_bytes() == PAGE


REFUSED: list[tuple[str, Any, dict[str, Any], int, str]] = [
    ("nothing", b"", {}, 415, "is empty"),
    ("a picture with scripts", b"<svg><script>alert(1)</script></svg>", {}, 415, "HTML, plain text, PDF"),
    ("a program", b"MZ\x90\x00", {"headers": {"Content-Type": "text/html"}}, 415, "HTML, plain text, PDF"),
    ("a form", b"--x\r\n", {"headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 415, "not as a form"),
    ("another digest", PAGE, {"sha256": "0" * 64}, 422, hashlib.sha256(PAGE).hexdigest()),
    ("half a digest", PAGE, {"sha256": "0" * 63}, 422, ""),
    ("the future", PAGE, {"captured_at": "2999-01-01"}, 422, "future"),
    ("a number for a time", PAGE, {"captured_at": "1736700000"}, 422, ""),
    ("no address", PAGE, {"url": "javascript:alert(1)"}, 422, ""),
    ("a strange parameter", PAGE, {"media_type": "text/html"}, 422, ""),
]


@pytest.mark.parametrize(("data", "said", "status", "told"), [one[1:] for one in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_refused_leaves_nothing_behind(
    api: TestClient,
    hand_over: Callable[..., Response],
    document: str,
    *,
    settings: Settings,
    data: bytes,
    said: dict[str, Any],
    status: int,
    told: str,
) -> None:
    answer = hand_over(data, **said)

    assert_problem(answer, status)
    assert told in answer.text
    assert files(settings) == []
    assert api.get(f"documents/{document}").json()["captures"] == []


def test_a_document_that_is_not_there_is_told_before_the_file_is_read(api: TestClient, key_of: KeyOf) -> None:
    path = "documents/doc_01jhf3m8w5k6v0x2s9r7q4t1ya/captures"
    request = RawRequest(api.app, path, key_of(Role.FACT_CHECKER), chunk_size=1_000, chunks=3)
    assert (request.status, request.chunks_received) == (404, 0)


def test_a_file_that_breaks_off_leaves_nothing(
    api: TestClient, key_of: KeyOf, document: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"documents/{document}/captures"
    request = RawRequest(api.app, path, key_of(Role.FACT_CHECKER), chunk_size=1_000, chunks=3, is_complete=False)
    assert (request.status, request.chunks_received) == (400, 4)
    assert [entry for entry in caplog.records if entry.levelno >= logging.ERROR] == []
    assert files(settings) == []


def test_what_a_client_calls_it_makes_no_difference(hand_over: Callable[..., Response]) -> None:
    assert hand_over(PAGE, headers={"Content-Type": "application/pdf"}).json()["media_type"] == "text/html"
    assert hand_over(pdf("x"), headers={"Content-Type": "text/html"}).json()["media_type"] == "application/pdf"


@pytest.fixture
def small(settings: Settings) -> Iterator[TestClient]:
    """The service with low limits: 2 kB, and 50 kB for captures."""
    tight = settings.model_copy(update={"max_body_bytes": 2_000, "max_capture_bytes": 50_000})
    with Client(create_app(tight), raise_server_exceptions=False) as client:
        yield client


def test_a_file_may_be_larger_than_a_body_and_not_endless(
    small: TestClient, key_of: KeyOf, document: str, settings: Settings
) -> None:
    headers = key_of(Role.FACT_CHECKER)
    path = f"documents/{document}/captures"
    assert small.post(path, content=b"a" * 50_000, headers=headers).status_code == 201
    kept = files(settings)

    # Too long by what it says of itself, and too long without saying so: cut off while it comes.
    assert_problem(small.post(path, content=b"a" * 50_001, headers=headers), 413)
    assert_problem(small.post(path, content=(b"b" * 10_000 for _ in range(6)), headers=headers), 413)
    for elsewhere in ("documents", "evidence", f"claims/{document}/proposals"):
        assert_problem(small.post(elsewhere, content=b"a" * 2_001, headers=headers), 413)

    assert files(settings) == kept, "what was cut off is gone"


def test_a_transaction_that_fails_leaves_no_row(
    hand_over: Callable[..., Response],
    api: TestClient,
    document: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("app.blobs.store.FolderStore.save", fail)
        assert_problem(hand_over(PAGE), 503)
    with monkeypatch.context() as patched:
        patched.setattr("app.services.captures.custody.record_events", fail)
        assert_problem(hand_over(PAGE), 500)

    assert api.get(f"documents/{document}").json()["captures"] == []
    assert files(settings) == [where(settings, PAGE)], "an orphan, which harms nobody"


def test_a_capture_is_a_change_like_any_other(
    hand_over: Callable[..., Response], api: TestClient, database: Database, document: str
) -> None:
    before = api.get(f"documents/{document}").headers["ETag"]
    hand_over(PAGE, reason="Seen.")

    assert api.get(f"documents/{document}").headers["ETag"] != before
    with database.reading() as connection:
        last = connection.exec_driver_sql("SELECT action, reason FROM change ORDER BY seq DESC LIMIT 1").one()
    assert tuple(last) == ("create", "Seen.")


# --- out ---


@pytest.mark.parametrize(
    ("data", "media_type", "extension"),
    [
        (PAGE, "application/octet-stream", "html"),
        (PLAIN, "application/octet-stream", "txt"),
        (pdf("x"), "application/octet-stream", "pdf"),
        (warc(PAGE), "application/octet-stream", "warc"),
        (PNG, "image/png", "png"),
    ],
    ids=["page", "text", "pdf", "warc", "png"],
)
def test_it_is_served_as_a_download_and_never_as_a_page(
    api: TestClient, key_of: KeyOf, hand_over: Callable[..., Response], *, data: bytes, media_type: str, extension: str
) -> None:
    capture = hand_over(data).json()
    answer = api.get(f"captures/{capture['id']}/content", headers=key_of(Role.FACT_CHECKER))

    assert answer.status_code == 200
    assert answer.content == data
    headers = answer.headers
    assert headers["Content-Type"] == media_type
    assert headers["Content-Disposition"] == f'attachment; filename="{capture["id"]}.{extension}"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Length"] == str(len(data))
    assert headers["ETag"] == f'"{capture["sha256"]}"'
    assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert headers["Vary"] == "Authorization"


def test_only_the_desk_gets_the_bytes(api: TestClient, key_of: KeyOf, hand_over: Callable[..., Response]) -> None:
    path = f"captures/{hand_over(PAGE).json()['id']}/content"

    assert_problem(api.get(path), 401)
    assert_problem(api.get(path, headers=key_of(Role.READER)), 403)
    for role in (Role.FACT_CHECKER, Role.EDITOR, Role.ADMIN):
        assert api.get(path, headers=key_of(role)).content == PAGE


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=10-99999999", 206, slice(10, None)),
        ("bytes=0-", 200, slice(None)),
        ("bytes=-99999999", 200, slice(None)),
        ("bytes=0-3,7-9", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=99999999-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_a_part_is_had_for_the_asking(
    api: TestClient, key_of: KeyOf, hand_over: Callable[..., Response], *, asked: str, status: int, part: slice | None
) -> None:
    path = f"captures/{hand_over(PAGE).json()['id']}/content"
    answer = api.get(path, headers={**key_of(Role.FACT_CHECKER), "Range": asked})

    assert answer.status_code == status
    if part is None:
        assert answer.headers["Content-Range"] == f"bytes */{len(PAGE)}"
        return
    assert answer.content == PAGE[part]
    if status == 206:
        first, last, _step = part.indices(len(PAGE))
        assert answer.headers["Content-Range"] == f"bytes {first}-{last - 1}/{len(PAGE)}"


def test_a_copy_is_good_for_ever(api: TestClient, key_of: KeyOf, hand_over: Callable[..., Response]) -> None:
    capture = hand_over(PAGE).json()
    path, key = f"captures/{capture['id']}/content", key_of(Role.FACT_CHECKER)
    tag = f'"{capture["sha256"]}"'

    assert api.get(path, headers={**key, "If-None-Match": tag}).status_code == 304
    assert api.get(path, headers={**key, "If-None-Match": '"other"'}).content == PAGE
    assert api.get(path, headers={**key, "Range": "bytes=0-3", "If-Range": tag}).content == PAGE[:4]
    assert api.get(path, headers={**key, "Range": "bytes=0-3", "If-Range": '"other"'}).content == PAGE
    head = api.head(path, headers=key)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", tag)


def test_bytes_that_are_gone_or_altered_are_not_served(
    api: TestClient, key_of: KeyOf, hand_over: Callable[..., Response], settings: Settings
) -> None:
    path = f"captures/{hand_over(PAGE).json()['id']}/content"
    where(settings, PAGE).write_bytes(PAGE[:-1])
    assert_problem(api.get(path, headers=key_of(Role.ADMIN)), 404)
    where(settings, PAGE).unlink()
    assert_problem(api.get(path, headers=key_of(Role.ADMIN)), 404)
    assert_problem(api.get("captures/cap_x/content", headers=key_of(Role.ADMIN)), 404)
    assert_problem(api.get("captures/cap_x"), 404)


# --- evidence ---


def test_evidence_may_be_a_capture_with_a_passage(
    api: TestClient, editor: Headers, record: Record, correct: Callable[..., Any], hand_over: Callable[..., Response]
) -> None:
    capture = hand_over(PAGE).json()
    passage = {"exact": "About 11,000 soldiers", "prefix": "", "page": "2", "media_time": None}
    passage |= {"suffix": " are there", "language": "en", "translation": "Около 11 000", "translated_by": "Desk"}
    del passage["prefix"]
    claim = record("claims", evidence=[])
    fields = {"claim": claim["id"], "document": capture["document_id"], "capture": capture["id"], "role": "supports"}

    made = record("evidence", **fields, kind="photograph", quote=passage, note="Seen by two.")

    whole = {"exact": None, "prefix": None, "suffix": None, "page": None, "media_time": None, **passage}
    assert (made["kind"], made["quote"], made["note"]) == ("photograph", whole, "Seen by two.")
    assert made["capture_id"] == capture["id"]
    (shown,) = api.get(f"claims/{claim['id']}").json()["evidence"]
    assert shown == made
    assert correct("evidence", made["id"], quote=None, kind="geolocation")["quote"] is None
    last = api.get(f"claims/{claim['id']}/history").json()["items"][-1]
    assert {"field": "kind", "before": "photograph", "after": "geolocation"} in last["changes"]
    assert {"field": "quote", "before": "About 11,000 soldiers", "after": None} in last["changes"]
    assert record("evidence", **{**fields, "capture": None})["kind"] == "document"
    for field, value in (("kind", "gossip"), ("quote", {"exact": "x", "translation": "y"}), ("quote", {"prefix": "x"})):
        assert_problem(api.post("evidence", json={**fields, field: value}, headers=editor), 422)
    elsewhere = record("documents")["id"]
    assert_problem(api.post("evidence", json={**fields, "document": elsewhere}, headers=editor), 422, "capture")


def test_evidence_goes_out_and_comes_back(
    api: TestClient, editor: Headers, record: Record, hand_over: Callable[..., Response]
) -> None:
    capture = hand_over(PAGE).json()
    quote = {"exact": "About 11,000 soldiers", "page": "3"}
    piece = {"document": capture["document_id"], "capture": capture["id"], "role": "refutes", "kind": "dataset"}
    record("claims", key="told", evidence=[{**piece, "quote": quote, "note": "Odd."}])

    for name in ("attest_json", "attest_csv"):
        exported = api.get("export", params={"format": name}, headers=editor)
        report = api.post("imports", content=exported.content, headers=editor).json()
        assert (report["refused"], report["revised"], report["created"]) == (0, 0, 0), report
    line = json.loads(api.get("export").text.splitlines()[-1])
    assert line["evidence"][0]["quote"] == quote
    assert (line["evidence"][0]["kind"], line["evidence"][0]["note"]) == ("dataset", "Odd.")


def test_what_a_file_names_is_on_record_before_its_bytes_come(api: TestClient, editor: Headers, record: Record) -> None:
    capture: dict[str, Any] = {"id": "cap_01jhf3m8w5k6v0x2s9r7q4t1ya", "media_type": "text/html", "note": "Saved."}
    capture |= {"sha256": hashlib.sha256(PAGE).hexdigest(), "byte_length": len(PAGE)}
    capture["captured_at"] = "2025-01-12T18:00:00Z"
    document = {"record": "document", "key": "page", "kind": "article", "captures": [capture]}
    piece = {"document": "page", "capture": capture["id"], "role": "supports", "quote": {"exact": "About 11,000"}}
    claim = {"record": "claim", "key": "c", "kind": "other", "statement": "So.", "stage": "published"}
    lines = "\n".join(json.dumps(one) for one in (document, {**claim, "evidence": [piece]}))

    report = api.post("imports", content=lines, headers=editor).json()

    assert (report["refusals"], report["objects"]["capture"]["created"]) == ([], 1)
    assert api.post("imports", content=lines, headers=editor).json()["objects"]["capture"]["unchanged"] == 1
    shown = api.get(f"captures/{capture['id']}").json()
    assert {name: shown[name] for name in capture} == capture
    assert [one["act"] for one in shown["custody"]] == ["declared"]
    path = f"captures/{capture['id']}/content"
    assert_problem(api.get(path, headers=editor), 404)
    found = api.get("export", headers=editor).text.splitlines()
    assert json.loads(found[0])["captures"] == [capture]
    # The same bytes, by whatever way they come.
    other = record("documents")["id"]
    assert api.post(f"documents/{other}/captures", content=PAGE, headers=editor).status_code == 201
    assert api.get(path, headers=editor).content == PAGE
    # An id stands for one capture.
    wrong = {**document, "captures": [{**capture, "sha256": "0" * 64}]}
    refusals = api.post("imports", content=json.dumps(wrong), headers=editor).json()["refusals"]
    assert [(one["field"], one["reason"]) for one in refusals] == [
        ("captures", f"the id {capture['id']} is already used by another capture; choose another id")
    ]

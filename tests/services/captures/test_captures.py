"""Captures over the API: uploads, storage under their digest, downloads for the desk, and captures as evidence."""

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
PLAIN_TEXT = "Близько 11 тисяч".encode()


@pytest.fixture
def document(record: Record) -> str:
    """The id of a document."""
    return str(record("documents", key="briefing", title="Briefing")["id"])


@pytest.fixture
def upload_capture(api: TestClient, key_of: KeyOf, document: str) -> Callable[..., Response]:
    """Upload a file as a capture of the document, with a fact-checker's key."""

    def post(
        data: Any = PAGE, document_id: str = document, /, headers: Headers | None = None, **query: Any
    ) -> Response:
        request_headers = {**key_of(Role.FACT_CHECKER), **(headers or {})}
        return api.post(f"documents/{document_id}/captures", content=data, params=query, headers=request_headers)

    return post


def stored_files(settings: Settings) -> list[Path]:
    """All files in the store."""
    return sorted(path for path in (settings.data_dir / "captures").rglob("*") if path.is_file())


def blob_path(settings: Settings, data: bytes) -> Path:
    """The path where the store keeps these bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return settings.data_dir / "captures" / digest[:2] / digest[2:4] / digest


# --- uploads ---


def test_a_file_is_stored_under_its_digest(
    api: TestClient, upload_capture: Callable[..., Response], document: str, settings: Settings
) -> None:
    query = {"captured_at": "2025-01-12T18:00:00+02:00", "url": "https://example.org/a", "note": "Збережено."}
    response = upload_capture(
        PAGE, **query, reason="Seen at the briefing.", sha256=hashlib.sha256(PAGE).hexdigest().upper()
    )

    assert response.status_code == 201, response.text
    capture = response.json()
    assert response.headers["Location"] == f"/api/v1/captures/{capture['id']}"
    assert capture == {
        "id": capture["id"],
        "sha256": hashlib.sha256(PAGE).hexdigest(),
        "media_type": "text/html",
        "byte_length": len(PAGE),
        "captured_at": "2025-01-12T16:00:00Z",
        "url": "https://example.org/a",
        "note": "Збережено.",
        "transcript_of": None,
        "transcripts": [],
        "document_id": document,
        "recorded_at": capture["recorded_at"],
        "custody": [{"act": "received", "at": capture["recorded_at"], "by": "Test fact_checker", "note": None}],
    }
    assert stored_files(settings) == [blob_path(settings, PAGE)]
    (path,) = stored_files(settings)
    assert path.read_bytes() == PAGE
    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in path.parents[:3]} == {0o700}
    # The metadata is public.
    assert api.get(f"captures/{capture['id']}").json() == capture
    (listed,) = api.get(f"documents/{document}").json()["captures"]
    assert listed == {
        name: value
        for name, value in capture.items()
        if name not in ("document_id", "recorded_at", "transcripts", "custody")
    }
    assert api.get(f"captures/{capture['id']}", params={"as_of": "2025-01-12"}).status_code == 404


def test_the_document_may_be_named_by_its_key(upload_capture: Callable[..., Response], document: str) -> None:
    assert upload_capture(PAGE, "briefing").json()["document_id"] == document


def test_the_same_bytes_are_stored_once(
    upload_capture: Callable[..., Response], record: Record, settings: Settings, document: str
) -> None:
    other = record("documents")["id"]
    first = upload_capture(PAGE, note="Saved.")
    again = upload_capture(PAGE, note="Once more.")
    elsewhere = upload_capture(PAGE, other, distinct_from=document)

    assert (first.status_code, again.status_code, elsewhere.status_code) == (201, 200, 201)
    assert again.json() == first.json(), "the same bytes of one document are one capture"
    assert again.headers["Location"] == first.headers["Location"]
    assert elsewhere.json()["id"] != first.json()["id"]
    assert stored_files(settings) == [blob_path(settings, PAGE)]


def test_uploading_the_same_file_repairs_altered_bytes(
    upload_capture: Callable[..., Response], settings: Settings
) -> None:
    upload_capture(PAGE)
    blob_path(settings, PAGE).write_bytes(b"other")
    upload_capture(PAGE)

    assert blob_path(settings, PAGE).read_bytes() == PAGE


INVALID_UPLOADS: list[tuple[str, Any, dict[str, Any], int, str]] = [
    ("an empty file", b"", {}, 415, "is empty"),
    ("a picture with scripts", b"<svg><script>alert(1)</script></svg>", {}, 415, "HTML, plain text, PDF"),
    ("a program", b"MZ\x90\x00", {"headers": {"Content-Type": "text/html"}}, 415, "HTML, plain text, PDF"),
    ("a form", b"--x\r\n", {"headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 415, "not as a form"),
    ("another digest", PAGE, {"sha256": "0" * 64}, 422, f"sha256: does not match the {len(PAGE)} bytes received"),
    ("a short digest", PAGE, {"sha256": "0" * 63}, 422, "sha256: must match pattern"),
    ("the future", PAGE, {"captured_at": "2999-01-01"}, 422, "captured_at: must not be in the future"),
    ("a number for a time", PAGE, {"captured_at": "1736700000"}, 422, "captured_at: must be a date and time"),
    ("an invalid URL", PAGE, {"url": "javascript:alert(1)"}, 422, "url: must be a complete http or https address"),
    ("an unknown parameter", PAGE, {"media_type": "text/html"}, 422, "media_type: there is no such"),
]


@pytest.mark.parametrize(
    ("data", "options", "status", "message"), [row[1:] for row in INVALID_UPLOADS], ids=[r[0] for r in INVALID_UPLOADS]
)
def test_a_refused_upload_leaves_nothing_behind(
    api: TestClient,
    upload_capture: Callable[..., Response],
    document: str,
    *,
    settings: Settings,
    data: bytes,
    options: dict[str, Any],
    status: int,
    message: str,
) -> None:
    response = upload_capture(data, **options)

    problem = assert_problem(response, status)
    errors = [f"{error['field']}: {error['message']}" for error in problem.get("errors", [])]
    assert message in "; ".join(errors or [problem["detail"]])
    assert stored_files(settings) == []
    assert api.get(f"documents/{document}").json()["captures"] == []


def test_an_unknown_document_is_refused_before_the_file_is_read(api: TestClient, key_of: KeyOf) -> None:
    path = "documents/doc_01jhf3m8w5k6v0x2s9r7q4t1ya/captures"
    request = RawRequest(api.app, path, key_of(Role.FACT_CHECKER), chunk_size=1_000, chunks=3)
    assert (request.status, request.chunks_received) == (404, 0)


def test_an_interrupted_upload_leaves_nothing_behind(
    api: TestClient, key_of: KeyOf, document: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"documents/{document}/captures"
    request = RawRequest(api.app, path, key_of(Role.FACT_CHECKER), chunk_size=1_000, chunks=3, is_complete=False)
    assert (request.status, request.chunks_received) == (400, 4)
    assert [entry for entry in caplog.records if entry.levelno >= logging.ERROR] == []
    assert stored_files(settings) == []


def test_the_media_type_is_detected_from_the_content(upload_capture: Callable[..., Response]) -> None:
    assert upload_capture(PAGE, headers={"Content-Type": "application/pdf"}).json()["media_type"] == "text/html"
    assert upload_capture(pdf("x"), headers={"Content-Type": "text/html"}).json()["media_type"] == "application/pdf"


@pytest.fixture
def api_with_low_limits(settings: Settings) -> Iterator[TestClient]:
    """A client of a service with low limits: 2 kB for bodies and 50 kB for captures."""
    tight = settings.model_copy(update={"max_body_bytes": 2_000, "max_capture_bytes": 50_000})
    with Client(create_app(tight), raise_server_exceptions=False) as client:
        yield client


def test_captures_have_a_size_limit_of_their_own(
    api_with_low_limits: TestClient, key_of: KeyOf, document: str, settings: Settings
) -> None:
    headers = key_of(Role.FACT_CHECKER)
    path = f"documents/{document}/captures"
    assert api_with_low_limits.post(path, content=b"a" * 50_000, headers=headers).status_code == 201
    files_before = stored_files(settings)

    # Too long by its Content-Length, and too long without one, so that the limit applies while it is read.
    assert_problem(api_with_low_limits.post(path, content=b"a" * 50_001, headers=headers), 413)
    assert_problem(api_with_low_limits.post(path, content=(b"b" * 10_000 for _ in range(6)), headers=headers), 413)
    for other_path in ("documents", "evidence", f"claims/{document}/proposals"):
        assert_problem(api_with_low_limits.post(other_path, content=b"a" * 2_001, headers=headers), 413)

    assert stored_files(settings) == files_before, "incomplete files are deleted"


def test_a_failed_transaction_leaves_no_row(
    upload_capture: Callable[..., Response],
    api: TestClient,
    document: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("app.blobs.store.FolderStore.save", fail)
        assert_problem(upload_capture(PAGE), 503)
    with monkeypatch.context() as patched:
        patched.setattr("app.services.captures.custody.record_events", fail)
        assert_problem(upload_capture(PAGE), 500)

    assert api.get(f"documents/{document}").json()["captures"] == []
    assert stored_files(settings) == [blob_path(settings, PAGE)], "an orphaned blob is harmless"


def test_a_capture_is_recorded_as_a_change(
    upload_capture: Callable[..., Response], api: TestClient, database: Database, document: str
) -> None:
    before = api.get(f"documents/{document}").headers["ETag"]
    upload_capture(PAGE, reason="Seen.")

    assert api.get(f"documents/{document}").headers["ETag"] != before
    with database.reading() as connection:
        last = connection.exec_driver_sql("SELECT action, reason FROM change ORDER BY seq DESC LIMIT 1").one()
    assert tuple(last) == ("create", "Seen.")


# --- downloads ---


@pytest.mark.parametrize(
    ("data", "media_type", "extension"),
    [
        (PAGE, "application/octet-stream", "html"),
        (PLAIN_TEXT, "application/octet-stream", "txt"),
        (pdf("x"), "application/octet-stream", "pdf"),
        (warc(PAGE), "application/octet-stream", "warc"),
        (PNG, "image/png", "png"),
    ],
    ids=["page", "text", "pdf", "warc", "png"],
)
def test_a_capture_is_served_as_a_download_and_never_as_a_page(
    api: TestClient,
    key_of: KeyOf,
    upload_capture: Callable[..., Response],
    *,
    data: bytes,
    media_type: str,
    extension: str,
) -> None:
    capture = upload_capture(data).json()
    response = api.get(f"captures/{capture['id']}/content", headers=key_of(Role.FACT_CHECKER))

    assert response.status_code == 200
    assert response.content == data
    headers = response.headers
    assert headers["Content-Type"] == media_type
    assert headers["Content-Disposition"] == f'attachment; filename="{capture["id"]}.{extension}"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Length"] == str(len(data))
    assert headers["ETag"] == f'"{capture["sha256"]}"'
    assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert headers["Vary"] == "Authorization"


def test_only_the_desk_can_download_captures(
    api: TestClient, key_of: KeyOf, upload_capture: Callable[..., Response]
) -> None:
    path = f"captures/{upload_capture(PAGE).json()['id']}/content"

    assert_problem(api.get(path), 401)
    assert_problem(api.get(path, headers=key_of(Role.READER)), 403)
    for role in (Role.FACT_CHECKER, Role.EDITOR, Role.ADMIN):
        assert api.get(path, headers=key_of(role)).content == PAGE


@pytest.mark.parametrize(
    ("range_header", "status", "part"),
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
def test_byte_ranges_are_served(
    api: TestClient,
    key_of: KeyOf,
    upload_capture: Callable[..., Response],
    *,
    range_header: str,
    status: int,
    part: slice | None,
) -> None:
    path = f"captures/{upload_capture(PAGE).json()['id']}/content"
    response = api.get(path, headers={**key_of(Role.FACT_CHECKER), "Range": range_header})

    assert response.status_code == status
    if part is None:
        assert response.headers["Content-Range"] == f"bytes */{len(PAGE)}"
        return
    assert response.content == PAGE[part]
    if status == 206:
        first, last, _step = part.indices(len(PAGE))
        assert response.headers["Content-Range"] == f"bytes {first}-{last - 1}/{len(PAGE)}"


def test_a_capture_can_be_cached_forever(
    api: TestClient, key_of: KeyOf, upload_capture: Callable[..., Response]
) -> None:
    capture = upload_capture(PAGE).json()
    path, key = f"captures/{capture['id']}/content", key_of(Role.FACT_CHECKER)
    tag = f'"{capture["sha256"]}"'

    assert api.get(path, headers={**key, "If-None-Match": tag}).status_code == 304
    assert api.get(path, headers={**key, "If-None-Match": '"other"'}).content == PAGE
    assert api.get(path, headers={**key, "Range": "bytes=0-3", "If-Range": tag}).content == PAGE[:4]
    assert api.get(path, headers={**key, "Range": "bytes=0-3", "If-Range": '"other"'}).content == PAGE
    head = api.head(path, headers=key)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", tag)


def test_missing_or_altered_bytes_are_not_served(
    api: TestClient, key_of: KeyOf, upload_capture: Callable[..., Response], settings: Settings
) -> None:
    path = f"captures/{upload_capture(PAGE).json()['id']}/content"
    blob_path(settings, PAGE).write_bytes(PAGE[:-1])
    assert_problem(api.get(path, headers=key_of(Role.ADMIN)), 404)
    blob_path(settings, PAGE).unlink()
    assert_problem(api.get(path, headers=key_of(Role.ADMIN)), 404)
    assert_problem(api.get("captures/cap_x/content", headers=key_of(Role.ADMIN)), 404)
    assert_problem(api.get("captures/cap_x"), 404)


# --- evidence ---


def test_evidence_may_cite_a_passage_of_a_capture(
    api: TestClient,
    editor: Headers,
    record: Record,
    correct: Callable[..., Any],
    upload_capture: Callable[..., Response],
) -> None:
    capture = upload_capture(PAGE).json()
    passage = {"exact": "About 11,000 soldiers", "prefix": "", "page": "2", "media_time": None}
    passage |= {"suffix": " are there", "language": "en", "translation": "Около 11 000", "translated_by": "Desk"}
    del passage["prefix"]
    claim = record("claims", evidence=[])
    fields = {"claim": claim["id"], "document": capture["document_id"], "capture": capture["id"], "role": "supports"}

    created = record("evidence", **fields, kind="photograph", quote=passage, note="Seen by two.")

    expected_quote = {"exact": None, "prefix": None, "suffix": None, "page": None, "media_time": None, **passage}
    assert (created["kind"], created["quote"], created["note"]) == ("photograph", expected_quote, "Seen by two.")
    assert created["capture_id"] == capture["id"]
    (piece,) = api.get(f"claims/{claim['id']}").json()["evidence"]
    assert piece == created
    assert correct("evidence", created["id"], quote=None, kind="geolocation")["quote"] is None
    last = api.get(f"claims/{claim['id']}/history").json()["items"][-1]
    assert {"field": "kind", "before": "photograph", "after": "geolocation"} in last["changes"]
    assert {"field": "quote", "before": "About 11,000 soldiers", "after": None} in last["changes"]
    assert record("evidence", **{**fields, "capture": None})["kind"] == "document"
    for field, value in (("kind", "gossip"), ("quote", {"exact": "x", "translation": "y"}), ("quote", {"prefix": "x"})):
        assert_problem(api.post("evidence", json={**fields, field: value}, headers=editor), 422)
    other_document = record("documents")["id"]
    assert_problem(api.post("evidence", json={**fields, "document": other_document}, headers=editor), 422, "capture")


def test_evidence_is_exported_and_imported_unchanged(
    api: TestClient, editor: Headers, record: Record, upload_capture: Callable[..., Response]
) -> None:
    capture = upload_capture(PAGE).json()
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


def test_an_imported_capture_is_recorded_before_its_bytes_arrive(
    api: TestClient, editor: Headers, record: Record
) -> None:
    capture: dict[str, Any] = {"id": "cap_01jhf3m8w5k6v0x2s9r7q4t1ya", "media_type": "text/html", "note": "Saved."}
    capture |= {"sha256": hashlib.sha256(PAGE).hexdigest(), "byte_length": len(PAGE)}
    capture["captured_at"] = "2025-01-12T18:00:00Z"
    document = {"record": "document", "key": "page", "kind": "article", "captures": [capture]}
    piece = {"document": "page", "capture": capture["id"], "role": "supports", "quote": {"exact": "About 11,000"}}
    claim = {"record": "claim", "key": "c", "kind": "other", "statement": "So.", "stage": "published"}
    lines = "\n".join(json.dumps(row) for row in (document, {**claim, "evidence": [piece]}))

    report = api.post("imports", content=lines, headers=editor).json()

    assert (report["refusals"], report["objects"]["capture"]["created"]) == ([], 1)
    assert api.post("imports", content=lines, headers=editor).json()["objects"]["capture"]["unchanged"] == 1
    stored = api.get(f"captures/{capture['id']}").json()
    assert {name: stored[name] for name in capture} == capture
    assert [event["act"] for event in stored["custody"]] == ["declared"]
    path = f"captures/{capture['id']}/content"
    assert_problem(api.get(path, headers=editor), 404)
    lines_exported = api.get("export", headers=editor).text.splitlines()
    assert json.loads(lines_exported[0])["captures"] == [capture]
    # The bytes may arrive with another capture.
    other = record("documents")["id"]
    upload_path = f"documents/{other}/captures?distinct_from=page"
    assert api.post(upload_path, content=PAGE, headers=editor).status_code == 201
    assert api.get(path, headers=editor).content == PAGE
    # An id identifies one capture.
    conflicting = {**document, "captures": [{**capture, "sha256": "0" * 64}]}
    refusals = api.post("imports", content=json.dumps(conflicting), headers=editor).json()["refusals"]
    assert [(refusal["field"], refusal["reason"]) for refusal in refusals] == [
        ("captures", f"the id {capture['id']} is already used by another capture; choose another id")
    ]

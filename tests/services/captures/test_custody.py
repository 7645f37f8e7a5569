"""The custody of captured files in a folder and in an S3 bucket: storing, verifying and moving them."""

import hashlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.sax.saxutils import escape

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from app import settings as configuration
from app.blobs.store import BlobStore, BucketStore, FolderStore, MissingBlobError, open_store
from app.cli.main import app as attest
from app.main import create_app
from app.settings import Settings, SettingsError
from app.vocabulary import Role
from tests.support.client import Client
from tests.support.files import PNG, html
from tests.support.problems import assert_problem

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]
EvidenceCommand = Callable[..., Result]

PAGES = [html(f"<p>Page {number}.</p>") for number in range(3)]


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- a fake S3 server with only the operations that the store uses ---


class FakeBucketHandler(BaseHTTPRequestHandler):
    """Objects in memory, by path."""

    objects: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._respond(200, b"", {"ETag": f'"{sha256_hex(self.objects[self.path])}"'})

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if "list-type=2" in query:
            self._respond(200, self._listing(path.strip("/")), {"Content-Type": "application/xml"})
        elif path in self.objects:
            data = self.objects[path]
            headers = {"ETag": f'"{sha256_hex(data)}"', "Last-Modified": formatdate(0, usegmt=True)}
            self._respond(200, data, headers)
        else:
            self._respond(404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"})

    def _listing(self, bucket: str) -> bytes:
        contents = "".join(
            f"<Contents><Key>{escape(path.removeprefix(f'/{bucket}/'))}</Key><Size>{len(data)}</Size>"
            f"<LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
            for path, data in self.objects.items()
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode()

    def _respond(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Log nothing."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A fake S3 server, configured with the AWS variables, and the objects that it holds."""
    objects: dict[str, bytes] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (FakeBucketHandler,), {"objects": objects}))
    thread = Thread(target=server.serve_forever)
    thread.start()
    for name, value in {
        "AWS_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    yield objects
    server.shutdown()
    thread.join()
    server.server_close()


def store_blob(store: BlobStore, data: bytes) -> str:
    with store.stage() as draft:
        draft.write(data)
        store.save(draft)
        return draft.sha256


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """An empty store of each kind."""
    if request.param == "folder":
        return open_store("", tmp_path)
    request.getfixturevalue("bucket")
    return open_store("s3://evidence/attest", tmp_path)


def test_stored_blobs_can_be_read_and_listed(store: BlobStore, tmp_path: Path) -> None:
    assert list(store.list_blobs()) == []
    for data in (b"", PNG, os.urandom(200_000)):
        assert store_blob(store, data) == store_blob(store, data) == sha256_hex(data)
        with store.open(sha256_hex(data)) as file:
            assert (file.read(), file.fileno() >= 0) == (data, True)
    assert len({blob.name for blob in store.list_blobs()}) == 3
    assert {len(blob.name) for blob in store.list_blobs()} == {64}
    with pytest.raises(MissingBlobError):
        store.open(sha256_hex(b"other"))
    with store.stage() as draft:
        draft.write(b"given up")
    assert list(tmp_path.rglob("draft-*")) == []


def test_a_bucket_has_the_same_paths_as_a_folder(bucket: dict[str, bytes], tmp_path: Path) -> None:
    store = open_store("s3://evidence/attest", tmp_path)
    assert isinstance(store, BucketStore)
    name = store_blob(store, PNG)

    assert bucket == {f"/evidence/attest/{name[:2]}/{name[2:4]}/{name}": PNG}
    assert store.name == "s3://evidence/attest"


@pytest.mark.usefixtures("bucket")
def test_an_unavailable_bucket_raises_an_oserror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    store = open_store("s3://evidence/attest", tmp_path)

    with pytest.raises(OSError, match="the capture store is unavailable"):
        store_blob(store, PNG)
    with pytest.raises(OSError, match="the capture store is unavailable"):
        store.open(sha256_hex(PNG))


def test_an_invalid_store_is_a_settings_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="ATTEST_CAPTURE_STORE"):
        open_store("s3://", tmp_path)
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(SettingsError, match=re.escape("pip install 'attest[s3]'")):
        open_store("s3://evidence", tmp_path)


@pytest.mark.usefixtures("bucket")
def test_the_service_works_with_a_bucket(settings: Settings, record: Record, key_of: KeyOf) -> None:
    bucket_settings = settings.model_copy(update={"capture_store": "s3://evidence/attest"})
    document, key = record("documents")["id"], key_of(Role.FACT_CHECKER)
    with Client(create_app(bucket_settings)) as api:
        capture = api.post(f"documents/{document}/captures", content=PAGES[0], headers=key).json()
        path = f"captures/{capture['id']}/content"
        assert api.get(path, headers=key).content == PAGES[0]
        assert api.get(path, headers={**key, "Range": "bytes=1-2"}).content == PAGES[0][1:3]


def test_an_unavailable_store_is_answered_with_503(
    settings: Settings, record: Record, key_of: KeyOf, tmp_path: Path
) -> None:
    document, key = record("documents")["id"], key_of(Role.FACT_CHECKER)
    folder_settings = settings.model_copy(update={"capture_store": str(tmp_path / "elsewhere")})
    with Client(create_app(folder_settings)) as api:
        capture = api.post(f"documents/{document}/captures", content=PAGES[0], headers=key).json()
        folder = tmp_path / "elsewhere" / capture["sha256"][:2]
        folder.rename(tmp_path / "away")
        folder.write_text("no folder")
        assert_problem(api.get(f"captures/{capture['id']}/content", headers=key), 503)
        assert_problem(api.post(f"documents/{document}/captures", content=PAGES[0], headers=key), 503)


# --- the command line ---


@pytest.fixture
def run_evidence_command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvidenceCommand]:
    """Run `attest evidence …` on the database of the test."""
    monkeypatch.setenv("ATTEST_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ATTEST_DATA_DIR", str(settings.data_dir))

    def run(*words: str) -> Result:
        configuration.load.cache_clear()
        return CliRunner().invoke(attest, ["evidence", *words])

    yield run
    configuration.load.cache_clear()


@pytest.fixture
def captures(api: TestClient, editor: Headers, record: Record) -> list[dict[str, Any]]:
    """Three captures of one document, and one of another document with the bytes of the first."""
    document, other = record("documents")["id"], record("documents")["id"]
    uploads = [*((document, page, {}) for page in PAGES), (other, PAGES[0], {"distinct_from": document})]
    responses = [
        api.post(f"documents/{target}/captures", content=page, params=params, headers=editor)
        for target, page, params in uploads
    ]
    return [response.json() for response in responses]


def blob_path(settings: Settings, capture: dict[str, Any]) -> Path:
    name = str(capture["sha256"])
    return settings.data_dir / "captures" / name[:2] / name[2:4] / name


def custody_events(api: TestClient, capture: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """The custody events of a capture: act, person and note."""
    custody = api.get(f"captures/{capture['id']}").json()["custody"]
    return [(event["act"], event["by"], event["note"]) for event in custody]


def test_intact_files_are_verified_and_the_custody_says_so(
    api: TestClient, run_evidence_command: EvidenceCommand, captures: list[dict[str, Any]]
) -> None:
    result = run_evidence_command("verify", "--all")

    assert (result.exit_code, result.output) == (
        0,
        "Checked 4 captures: 0 missing or altered. Files that belong to no capture: 0.\n",
    )
    for capture in captures:
        assert custody_events(api, capture) == [
            ("received", "Test editor", None),
            ("verified", "Attest command line", None),
        ]
    assert run_evidence_command("verify", captures[1]["id"]).output.startswith(
        "Checked 1 capture: 0 missing or altered"
    )
    assert [len(custody_events(api, capture)) for capture in captures] == [2, 3, 2, 2]


def test_missing_and_altered_files_are_reported_and_the_command_fails(
    api: TestClient, settings: Settings, run_evidence_command: EvidenceCommand, captures: list[dict[str, Any]]
) -> None:
    first, second, third, again = captures
    blob_path(settings, first).unlink()
    blob_path(settings, second).write_bytes(PAGES[1].replace(b"Page", b"Pale"))
    blob_path(settings, third).write_bytes(PAGES[2][:-1])

    result = run_evidence_command("verify", "--all")

    assert result.exit_code == 1
    for capture, message in (
        (first, "is missing. The store does not hold it."),
        (again, "is missing. The store does not hold it."),
        (second, f"is altered. SHA-256 {sha256_hex(PAGES[1].replace(b'Page', b'Pale'))}."),
        (third, f"is altered. {len(PAGES[2]) - 1} bytes instead of {len(PAGES[2])};"),
    ):
        assert f"The file of {capture['id']} ({capture['document_id']}) {message}" in result.output
        act, by, note = custody_events(api, capture)[-1]
        assert (act, by) == ("failed_verification", "Attest command line")
        assert note is not None
        assert note.split(";")[0] in result.output
    assert "Checked 4 captures: 4 missing or altered" in result.output
    assert run_evidence_command("verify", third["id"]).exit_code == 1
    as_json = run_evidence_command("verify", "--all", "--json")
    assert '"what": "missing"' in as_json.output
    assert as_json.exit_code == 1


def test_files_of_no_capture_are_listed_without_failing(
    settings: Settings, run_evidence_command: EvidenceCommand, captures: list[dict[str, Any]]
) -> None:
    store = FolderStore(settings.data_dir / "captures")
    orphan, young = store_blob(store, b"orphan"), store_blob(store, b"just on its way")
    stray = store.root / "ab" / "notes.txt"
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("?")
    draft = store.root / "drafts" / "draft-left-behind"
    draft.write_text("?")
    an_hour_ago = time.time() - 3_600
    for path in (stray, draft, store.root / orphan[:2] / orphan[2:4] / orphan):
        os.utime(path, (an_hour_ago, an_hour_ago))

    result = run_evidence_command("verify", "--all")

    assert result.exit_code == 0
    for name in (orphan, "ab/notes.txt", "drafts/draft-left-behind"):
        assert f"{name} belongs to no capture" in result.output
    assert young not in result.output
    assert "Checked 4 captures: 0 missing or altered. Files that belong to no capture: 3." in result.output


def test_verify_needs_either_all_or_a_capture(
    run_evidence_command: EvidenceCommand, captures: list[dict[str, Any]]
) -> None:
    assert run_evidence_command("verify").exit_code == 2
    assert run_evidence_command("verify", "--all", captures[0]["id"]).exit_code == 2
    assert run_evidence_command("verify", captures[0]["id"], "cap_x").exit_code == 1


def test_move_copies_intact_files_to_another_store(
    api: TestClient,
    settings: Settings,
    run_evidence_command: EvidenceCommand,
    captures: list[dict[str, Any]],
    bucket: dict[str, bytes],
) -> None:
    blob_path(settings, captures[1]).write_bytes(b"other")

    result = run_evidence_command("move", "s3://evidence/attest")

    assert result.exit_code == 1
    assert "Copied 3 captures; 1 missing or altered. Restore these files from a backup." in result.output
    assert sorted(bucket.values()) == sorted([PAGES[0], PAGES[2]])
    moved = ("moved", "Attest command line", "From folder to s3://evidence/attest.")
    assert [custody_events(api, capture)[-1] == moved for capture in captures] == [True, False, True, True]
    assert custody_events(api, captures[1])[-1][0] == "failed_verification"
    assert blob_path(settings, captures[0]).read_bytes() == PAGES[0], "nothing is removed"

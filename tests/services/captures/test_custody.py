"""The custody of captured files: verified, moved, and what is wrong with them told; in a folder and in a bucket."""

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
Command = Callable[..., Result]

PAGES = [html(f"<p>Page {number}.</p>") for number in range(3)]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- a bucket: as little of S3 as the store uses, on this machine ---


class Bucket(BaseHTTPRequestHandler):
    """Objects in memory, by path."""

    objects: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"", {"ETag": f'"{digest(self.objects[self.path])}"'})

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if "list-type=2" in query:
            self._answer(200, self._listing(path.strip("/")), {"Content-Type": "application/xml"})
        elif path in self.objects:
            data = self.objects[path]
            headers = {"ETag": f'"{digest(data)}"', "Last-Modified": formatdate(0, usegmt=True)}
            self._answer(200, data, headers)
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"})

    def _listing(self, bucket: str) -> bytes:
        found = "".join(
            f"<Contents><Key>{escape(path.removeprefix(f'/{bucket}/'))}</Key><Size>{len(data)}</Size>"
            f"<LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
            for path, data in self.objects.items()
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """An S3 on this machine, for the variables that its own tools read; what it holds."""
    objects: dict[str, bytes] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (Bucket,), {"objects": objects}))
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


def put(store: BlobStore, data: bytes) -> str:
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


def test_what_is_put_in_comes_out(store: BlobStore, tmp_path: Path) -> None:
    assert list(store.list_blobs()) == []
    for data in (b"", PNG, os.urandom(200_000)):
        assert put(store, data) == put(store, data) == digest(data)
        with store.open(digest(data)) as file:
            assert (file.read(), file.fileno() >= 0) == (data, True)
    assert len({one.name for one in store.list_blobs()}) == 3
    assert {len(one.name) for one in store.list_blobs()} == {64}
    with pytest.raises(MissingBlobError):
        store.open(digest(b"other"))
    with store.stage() as draft:
        draft.write(b"given up")
    assert list(tmp_path.rglob("draft-*")) == []


def test_a_bucket_has_the_names_of_a_folder(bucket: dict[str, bytes], tmp_path: Path) -> None:
    store = open_store("s3://evidence/attest", tmp_path)
    assert isinstance(store, BucketStore)
    name = put(store, PNG)

    assert bucket == {f"/evidence/attest/{name[:2]}/{name[2:4]}/{name}": PNG}
    assert store.name == "s3://evidence/attest"


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_away_is_an_oserror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    store = open_store("s3://evidence/attest", tmp_path)

    with pytest.raises(OSError, match="the capture store is unavailable"):
        put(store, PNG)
    with pytest.raises(OSError, match="the capture store is unavailable"):
        store.open(digest(PNG))


def test_a_store_that_cannot_be_is_a_fault_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="ATTEST_CAPTURE_STORE"):
        open_store("s3://", tmp_path)
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(SettingsError, match=re.escape("pip install 'attest[s3]'")):
        open_store("s3://evidence", tmp_path)


@pytest.mark.usefixtures("bucket")
def test_the_service_works_with_a_bucket(settings: Settings, record: Record, key_of: KeyOf) -> None:
    chosen = settings.model_copy(update={"capture_store": "s3://evidence/attest"})
    document, key = record("documents")["id"], key_of(Role.FACT_CHECKER)
    with Client(create_app(chosen)) as api:
        capture = api.post(f"documents/{document}/captures", content=PAGES[0], headers=key).json()
        path = f"captures/{capture['id']}/content"
        assert api.get(path, headers=key).content == PAGES[0]
        assert api.get(path, headers={**key, "Range": "bytes=1-2"}).content == PAGES[0][1:3]


def test_a_store_that_is_away_is_a_problem_and_no_more(
    settings: Settings, record: Record, key_of: KeyOf, tmp_path: Path
) -> None:
    document, key = record("documents")["id"], key_of(Role.FACT_CHECKER)
    chosen = settings.model_copy(update={"capture_store": str(tmp_path / "elsewhere")})
    with Client(create_app(chosen)) as api:
        made = api.post(f"documents/{document}/captures", content=PAGES[0], headers=key).json()
        folder = tmp_path / "elsewhere" / made["sha256"][:2]
        folder.rename(tmp_path / "away")
        folder.write_text("no folder")
        assert_problem(api.get(f"captures/{made['id']}/content", headers=key), 503)
        assert_problem(api.post(f"documents/{document}/captures", content=PAGES[0], headers=key), 503)


# --- verified, by command ---


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Run `attest evidence …` on the database of the test."""
    monkeypatch.setenv("ATTEST_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ATTEST_DATA_DIR", str(settings.data_dir))

    def run(*words: str) -> Result:
        configuration.load.cache_clear()
        return CliRunner().invoke(attest, ["evidence", *words])

    yield run
    configuration.load.cache_clear()


@pytest.fixture
def captured(api: TestClient, editor: Headers, record: Record) -> list[dict[str, Any]]:
    """Three captures of one document, and a fourth with the bytes of the first."""
    document = record("documents")["id"]
    answers = [api.post(f"documents/{document}/captures", content=page, headers=editor) for page in (*PAGES, PAGES[0])]
    return [answer.json() for answer in answers]


def path_of(settings: Settings, capture: dict[str, Any]) -> Path:
    name = str(capture["sha256"])
    return settings.data_dir / "captures" / name[:2] / name[2:4] / name


def acts(api: TestClient, capture: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """What happened to a capture, by whom, with which note."""
    custody = api.get(f"captures/{capture['id']}").json()["custody"]
    return [(one["act"], one["by"], one["note"]) for one in custody]


def test_good_files_are_verified_and_it_is_told(
    api: TestClient, command: Command, captured: list[dict[str, Any]]
) -> None:
    done = command("verify", "--all")

    assert (done.exit_code, done.output) == (0, "Checked 4 captures: 0 missing or altered. Files that belong to no capture: 0.\n")
    for capture in captured:
        assert acts(api, capture) == [
            ("received", "Test editor", None),
            ("verified", "Attest command line", None),
        ]
    assert command("verify", captured[1]["id"]).output.startswith("Checked 1 capture: 0 missing or altered")
    assert [len(acts(api, capture)) for capture in captured] == [2, 3, 2, 2]


def test_what_is_missing_or_altered_is_told_and_fails(
    api: TestClient, settings: Settings, command: Command, captured: list[dict[str, Any]]
) -> None:
    first, second, third, again = captured
    path_of(settings, first).unlink()
    path_of(settings, second).write_bytes(PAGES[1].replace(b"Page", b"Pale"))
    path_of(settings, third).write_bytes(PAGES[2][:-1])

    done = command("verify", "--all")

    assert done.exit_code == 1
    for capture, told in (
        (first, "is missing. The store does not hold it."),
        (again, "is missing. The store does not hold it."),
        (second, f"is altered. SHA-256 {digest(PAGES[1].replace(b'Page', b'Pale'))}."),
        (third, f"is altered. {len(PAGES[2]) - 1} bytes instead of {len(PAGES[2])};"),
    ):
        assert f"The file of {capture['id']} ({capture['document_id']}) {told}" in done.output
        act, by, note = acts(api, capture)[-1]
        assert (act, by) == ("failed_verification", "Attest command line")
        assert note is not None
        assert note.split(";")[0] in done.output
    assert "Checked 4 captures: 4 missing or altered" in done.output
    assert command("verify", third["id"]).exit_code == 1
    as_json = command("verify", "--all", "--json")
    assert '"what": "missing"' in as_json.output
    assert as_json.exit_code == 1


def test_what_belongs_to_no_capture_is_named_and_harms_nobody(
    settings: Settings, command: Command, captured: list[dict[str, Any]]
) -> None:
    store = FolderStore(settings.data_dir / "captures")
    orphan, young = put(store, b"orphan"), put(store, b"just on its way")
    stray = store.root / "ab" / "notes.txt"
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("?")
    draft = store.root / "drafts" / "draft-left-behind"
    draft.write_text("?")
    an_hour_ago = time.time() - 3_600
    for path in (stray, draft, store.root / orphan[:2] / orphan[2:4] / orphan):
        os.utime(path, (an_hour_ago, an_hour_ago))

    done = command("verify", "--all")

    assert done.exit_code == 0
    for name in (orphan, "ab/notes.txt", "drafts/draft-left-behind"):
        assert f"{name} belongs to no capture" in done.output
    assert young not in done.output
    assert "Checked 4 captures: 0 missing or altered. Files that belong to no capture: 3." in done.output


def test_what_to_verify_must_be_said(command: Command, captured: list[dict[str, Any]]) -> None:
    assert command("verify").exit_code == 2
    assert command("verify", "--all", captured[0]["id"]).exit_code == 2
    assert command("verify", captured[0]["id"], "cap_x").exit_code == 1


def test_files_move_to_another_store(
    api: TestClient, settings: Settings, command: Command, captured: list[dict[str, Any]], bucket: dict[str, bytes]
) -> None:
    path_of(settings, captured[1]).write_bytes(b"other")

    done = command("move", "s3://evidence/attest")

    assert done.exit_code == 1
    assert "Copied 3 captures; 1 missing or altered. Restore these files from a backup." in done.output
    assert sorted(bucket.values()) == sorted([PAGES[0], PAGES[2]])
    moved = ("moved", "Attest command line", "From folder to s3://evidence/attest.")
    assert [acts(api, capture)[-1] == moved for capture in captured] == [True, False, True, True]
    assert acts(api, captured[1])[-1][0] == "failed_verification"
    assert path_of(settings, captured[0]).read_bytes() == PAGES[0], "nothing is removed"

"""Video and audio as captures: uploads over the API and the command line, their limit of size, and downloads."""

import hashlib
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from app import settings as configuration
from app.cli.main import app as attest
from app.main import create_app
from app.settings import Settings
from app.vocabulary import Role
from tests.support.client import Client
from tests.support.files import MP3_FRAME, box, html, id3_tag, mp4, ogg, webm
from tests.support.problems import assert_problem

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]

RECORDINGS: list[tuple[str, bytes, str, str]] = [
    ("MP4", mp4(), "video/mp4", "mp4"),
    ("MOV", mp4(b"qt  "), "video/quicktime", "mov"),
    ("WebM", webm(), "video/webm", "webm"),
    ("M4A", mp4(b"M4A "), "audio/mp4", "m4a"),
    ("MP3", MP3_FRAME * 2, "audio/mpeg", "mp3"),
    ("Ogg", ogg(b"OpusHead" + bytes(9)), "audio/ogg", "ogg"),
    ("WAV", b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav", "wav"),
    ("FLAC", b"fLaC\x00\x00\x00\x22" + bytes(34), "audio/flac", "flac"),
]
LONG_VIDEO = mp4(media=bytes(70_000))
LONG_AUDIO = id3_tag(30_000) + MP3_FRAME * 60


@pytest.fixture
def document(record: Record) -> str:
    """The id of a document."""
    return str(record("documents", key="interview", title="Interview")["id"])


@pytest.fixture
def api_with_low_limits(settings: Settings) -> Iterator[TestClient]:
    """A client of a service that accepts 20 kB of a file, and 80 kB of video and audio."""
    limits = {"max_body_bytes": 2_000, "max_capture_bytes": 20_000, "max_recording_bytes": 80_000}
    with Client(create_app(settings.model_copy(update=limits)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def capture_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Result]]:
    """Run `attest evidence capture` with a file on the database of the test."""
    monkeypatch.setenv("ATTEST_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ATTEST_DATA_DIR", str(settings.data_dir))

    def run(document: str, data: bytes, *options: str) -> Result:
        configuration.load.cache_clear()
        (tmp_path / "file").write_bytes(data)
        return CliRunner().invoke(attest, ["evidence", "capture", document, str(tmp_path / "file"), *options])

    yield run
    configuration.load.cache_clear()


def chunks(data: bytes) -> Iterator[bytes]:
    """The bytes in pieces, so that the request has no Content-Length."""
    return (data[start : start + 5_000] for start in range(0, len(data), 5_000))


def stored_files(settings: Settings) -> list[str]:
    """The names of all files in the store."""
    return sorted(path.name for path in (settings.data_dir / "captures").rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("data", "media_type", "extension"), [row[1:] for row in RECORDINGS], ids=[row[0] for row in RECORDINGS]
)
def test_video_and_audio_are_captured_and_served(
    api: TestClient, key_of: KeyOf, document: str, *, data: bytes, media_type: str, extension: str
) -> None:
    headers = key_of(Role.FACT_CHECKER)
    created = api.post(f"documents/{document}/captures", content=data, headers=headers)
    assert created.status_code == 201, created.text
    capture = created.json()
    assert (capture["media_type"], capture["byte_length"]) == (media_type, len(data))
    assert capture["sha256"] == hashlib.sha256(data).hexdigest()

    response = api.get(f"captures/{capture['id']}/content", headers=headers)
    assert (response.content, response.headers["Content-Type"]) == (data, media_type)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{capture["id"]}.{extension}"'
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    part = api.get(f"captures/{capture['id']}/content", headers={**headers, "Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, data[2:6])
    assert_problem(api.get(f"captures/{capture['id']}/content"), 401)


SIZES: list[tuple[str, bytes, int]] = [
    ("a video beyond the limit of other files", LONG_VIDEO, 201),
    ("audio that is recognised only after its tag", LONG_AUDIO, 201),
    ("a video beyond its own limit", mp4(media=bytes(80_000)), 413),
    ("audio beyond its own limit", id3_tag(30_000) + MP3_FRAME * 150, 413),
    ("a page beyond its limit", html("x" * 20_000), 413),
    ("a page with the bytes of a video in it", html("x" * 9_000) + LONG_VIDEO, 413),
    ("a tag before something else", id3_tag(30_000) + b"words" * 1_000, 415),
    ("an old film whose index comes last", box(b"mdat", bytes(50_000)) + box(b"moov"), 201),
    ("the beginning of one", box(b"mdat", bytes(50_000)), 415),
    ("a short file of an unknown type", b"\x7fELF\x02\x01\x01\x00", 415),
    ("a page within its limit", html("x" * 10_000), 201),
]


@pytest.mark.parametrize("has_length", [True, False], ids=["with its length", "in chunks"])
@pytest.mark.parametrize(("data", "status"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_recordings_have_a_size_limit_of_their_own(
    api_with_low_limits: TestClient,
    key_of: KeyOf,
    document: str,
    settings: Settings,
    *,
    data: bytes,
    status: int,
    has_length: bool,
) -> None:
    path, headers = f"documents/{document}/captures", key_of(Role.FACT_CHECKER)
    response = api_with_low_limits.post(path, content=data if has_length else chunks(data), headers=headers)
    assert response.status_code == status, response.text
    if status != 201:
        assert_problem(response, status)
    assert stored_files(settings) == ([hashlib.sha256(data).hexdigest()] if status == 201 else [])


def test_only_uploads_of_captures_may_be_as_large_as_a_recording(
    api_with_low_limits: TestClient, key_of: KeyOf, document: str
) -> None:
    for path in ("documents", "evidence", f"claims/{document}/proposals"):
        assert_problem(api_with_low_limits.post(path, content=LONG_VIDEO, headers=key_of(Role.FACT_CHECKER)), 413)


def test_a_recording_is_never_in_memory_as_a_whole(capture_file: Callable[..., Result], document: str) -> None:
    data = mp4(media=bytes(40_000_000))
    tracemalloc.start()
    try:
        result = capture_file(document, data, "--json")
        _current, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["byte_length"] == len(data)
    assert peak < 20_000_000


def test_the_command_line_captures_a_file(
    api: TestClient, settings: Settings, document: str, capture_file: Callable[..., Result]
) -> None:
    first = capture_file("interview", LONG_VIDEO, "--url", "https://example.org/a", "--note", "Saved.", "--json")
    assert first.exit_code == 0, first.output
    capture = json.loads(first.output)
    assert capture == api.get(f"captures/{capture['id']}").json()
    assert (capture["document_id"], capture["media_type"], capture["note"]) == (document, "video/mp4", "Saved.")
    assert [event["by"] for event in capture["custody"]] == ["Attest command line"]
    again = capture_file("interview", LONG_VIDEO)
    assert (again.exit_code, again.output.startswith(f"The document already has {capture['id']}: ")) == (0, True)
    assert stored_files(settings) == [capture["sha256"]]


REFUSED_FILES: list[tuple[str, bytes, tuple[str, ...], str]] = [
    ("an unknown type", b"\x7fELF\x02\x01\x01\x00", (), "has a type that Attest does not accept"),
    ("no bytes", b"", (), "is empty"),
    ("other bytes than expected", mp4(), ("--sha256", "0" * 64), "does not match"),
    ("a bad time", mp4(), ("--captured-at", "yesterday"), "captured_at"),
    ("a page that is too large", html("x" * 2_000), (), "too large"),
]


@pytest.mark.parametrize(
    ("data", "options", "message"), [row[1:] for row in REFUSED_FILES], ids=[row[0] for row in REFUSED_FILES]
)
def test_the_command_line_refuses_a_file(
    settings: Settings,
    document: str,
    capture_file: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    *,
    data: bytes,
    options: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.setenv("ATTEST_MAX_CAPTURE_BYTES", "1000")
    result = capture_file(document, data, *options)
    assert result.exit_code != 0
    assert message in (result.output or "") + str(result.exception)
    assert stored_files(settings) == []


def test_a_recording_is_not_checkable_and_the_reason_says_so(
    api: TestClient, key_of: KeyOf, record: Record, document: str
) -> None:
    headers = key_of(Role.FACT_CHECKER)
    attribution = {"source": record("sources")["id"], "stance": "asserts", "document": document}
    claim = record("claims", attributions=[{**attribution, "quote": {"exact": "Words."}}])["id"]
    assert api.post(f"documents/{document}/captures", content=webm(), headers=headers).status_code == 201
    (item,) = api.get(f"claims/{claim}/figures/check", headers=headers).json()["items"]
    assert item["result"] == "not_checkable"
    assert "recording" in item["reason"]

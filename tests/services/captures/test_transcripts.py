"""Transcripts and subtitles: text captures that belong to the capture of a recording."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.db import migrate
from app.db.engine import Database
from app.db.schema import Base
from app.settings import Settings
from app.vocabulary import Role
from tests.services.merging.test_noun_merging import assert_dump_round_trip
from tests.support.attest import attest, findings
from tests.support.files import html, mp4, ogg
from tests.support.problems import assert_problem

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]
Upload = Callable[..., Response]

SRT = "1\n00:00:01,000 --> 00:00:03,000\nПриблизно 11 тисяч\n\n2\n00:00:03,500 --> 00:00:05,000\nвійськових.\n".encode()
VTT = b"WEBVTT\n\n00:01.000 --> 00:03.000\nAbout 11,000\n\n00:03.500 --> 00:05.000\nsoldiers.\n"
NOTES = b"About 11,000 soldiers."
UNKNOWN_ID = "cap_01jhf3m8w5k6v0x2s9r7q4t1ya"


@pytest.fixture
def document(record: Record) -> str:
    """The id of a document."""
    return str(record("documents", key="interview", kind="video", title="Interview")["id"])


@pytest.fixture
def upload(api: TestClient, key_of: KeyOf, document: str) -> Upload:
    """Upload a file as a capture of the document, with a fact-checker's key."""

    def post(data: bytes, document_id: str = document, /, **query: Any) -> Response:
        return api.post(
            f"documents/{document_id}/captures", content=data, params=query, headers=key_of(Role.FACT_CHECKER)
        )

    return post


@pytest.fixture
def video(upload: Upload) -> str:
    """The id of the capture of a video."""
    return str(upload(mp4()).raise_for_status().json()["id"])


@pytest.mark.parametrize("data", [SRT, VTT, NOTES], ids=["SubRip", "WebVTT", "plain text"])
def test_a_transcript_belongs_to_its_recording(
    api: TestClient, upload: Upload, document: str, *, video: str, settings: Settings, data: bytes
) -> None:
    before = api.get(f"captures/{video}").json()
    response = upload(data, transcript_of=video, reason="Transcribed.")

    assert response.status_code == 201, response.text
    transcript = response.json()
    assert (transcript["transcript_of"], transcript["transcripts"]) == (video, [])
    assert api.get(f"captures/{transcript['id']}").json() == transcript
    assert api.get(f"captures/{video}").json() == {**before, "transcripts": [transcript["id"]]}
    listed = api.get(f"documents/{document}").json()["captures"]
    assert [(capture["id"], capture["transcript_of"]) for capture in listed] == [
        (video, None),
        (transcript["id"], video),
    ]
    past = api.get(f"captures/{video}", params={"as_of": before["recorded_at"]}).json()
    assert past["transcripts"] == []
    assert findings(settings.database_url, settings.data_dir) == {}


def test_altering_what_a_transcript_belongs_to_shows_in_the_log(
    upload: Upload, video: str, settings: Settings, database: Database
) -> None:
    other = upload(ogg(b"OpusHead" + bytes(9))).json()["id"]
    transcript = upload(SRT, transcript_of=video).json()["id"]
    statement = f"UPDATE capture SET transcript_of = '{other}' WHERE id = '{transcript}'"  # noqa: S608 - both are ids that Attest made
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE capture DISABLE TRIGGER USER")
            connection.exec_driver_sql(statement)
            connection.exec_driver_sql("ALTER TABLE capture ENABLE TRIGGER USER")
        else:
            trigger = "SELECT sql FROM sqlite_master WHERE name = 'capture_refuses_update'"
            guard = connection.exec_driver_sql(trigger).scalar_one()
            connection.exec_driver_sql("DROP TRIGGER capture_refuses_update")
            connection.exec_driver_sql(statement)
            connection.exec_driver_sql(guard)
    assert list(findings(settings.database_url, settings.data_dir)) == [f"capture/{transcript} version 1"]


def test_only_a_record_without_transcripts_can_be_downgraded(upload: Upload, video: str, database: Database) -> None:
    migrate.downgrade(database, "0021")
    migrate.upgrade(database)
    upload(SRT, transcript_of=video).raise_for_status()
    with pytest.raises(ValueError, match="contains transcripts"):
        migrate.downgrade(database, "0021")
    assert migrate.drift(database, Base.metadata) == []


def test_the_same_words_may_be_the_transcript_of_two_recordings(upload: Upload, video: str) -> None:
    sound = upload(ogg(b"OpusHead" + bytes(9))).json()["id"]
    alone = upload(SRT)
    first, again = upload(SRT, transcript_of=video), upload(SRT, transcript_of=video)
    second = upload(SRT, transcript_of=sound)
    repeated = upload(SRT)

    assert [response.status_code for response in (alone, first, again, second, repeated)] == [201, 201, 200, 201, 200]
    ids = [response.json()["id"] for response in (alone, first, second)]
    assert len(set(ids)) == 3
    assert (again.json()["id"], repeated.json()["id"]) == (first.json()["id"], alone.json()["id"])


REFUSED: list[tuple[str, bytes, str, str]] = [
    ("a capture that does not exist", SRT, UNKNOWN_ID, "capture the recording first"),
    ("no identifier of a capture", SRT, "interview", "transcript_of"),
    ("a page of text", SRT, "page", "must be a capture of video or audio"),
    ("another transcript", NOTES, "transcript", "must be a capture of video or audio"),
    ("a recording of another document", SRT, "elsewhere", "must be a capture of the same document"),
    ("a transcript that is a page", html("<p>Words."), "video", "save the transcript as SRT, WebVTT or plain text"),
    ("a transcript that is a recording", mp4(b"qt  "), "video", "is for text files only"),
]


@pytest.mark.parametrize(("data", "target", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_transcript_needs_a_recording_of_its_document(
    api: TestClient,
    upload: Upload,
    record: Record,
    document: str,
    *,
    video: str,
    data: bytes,
    target: str,
    message: str,
) -> None:
    other = record("documents", title="Another")["id"]
    ids = {
        "video": video,
        "page": upload(html("<p>A page.")).json()["id"],
        "transcript": upload(VTT, transcript_of=video).json()["id"],
        "elsewhere": upload(mp4(b"mp42"), other).json()["id"],
    }
    before = api.get(f"documents/{document}").json()
    problem = assert_problem(upload(data, transcript_of=ids.get(target, target)), 422)
    (error,) = problem["errors"]
    assert error["field"] == "transcript_of"
    assert message in f"{error['field']}: {error['message']}"
    assert api.get(f"documents/{document}").json() == before


def test_the_command_line_captures_transcripts(
    api: TestClient, video: str, settings: Settings, tmp_path: Path, document: str
) -> None:
    (tmp_path / "talk.srt").write_bytes(SRT)
    words = ("evidence", "capture", document, tmp_path / "talk.srt", "--transcript-of", video, "--json")
    result = attest(settings.database_url, settings.data_dir, *words)
    assert result.code == 0, result
    assert api.get(f"captures/{video}").json()["transcripts"] == [json.loads(result.out)["id"]]


def test_video_evidence_names_the_recording_and_not_its_transcript(
    api: TestClient, upload: Upload, record: Record, document: str, *, video: str, editor: Headers
) -> None:
    transcript = upload(SRT, transcript_of=video).json()["id"]
    claim = record("claims")["id"]
    evidence = {"claim": claim, "document": document, "role": "supports", "capture": transcript}
    for kind in ("video", "audio"):
        (error,) = assert_problem(api.post("evidence", json={**evidence, "kind": kind}, headers=editor), 422)["errors"]
        assert error["field"] == "capture"
        assert video in error["message"]
    piece = record("evidence", **evidence, kind="testimony")
    assert piece["capture_id"] == transcript
    correction = {"kind": "video", "reason": "It is a video."}
    headers = {**editor, "If-Match": api.get(f"evidence/{piece['id']}").headers["ETag"]}
    assert_problem(api.patch(f"evidence/{piece['id']}", json=correction, headers=headers), 422)
    correction["capture"] = video
    assert api.patch(f"evidence/{piece['id']}", json=correction, headers=headers).status_code == 200


def test_quotes_of_a_recording_are_searched_in_its_transcripts(
    api: TestClient, upload: Upload, record: Record, document: str, *, video: str, key_of: KeyOf
) -> None:
    evidence = {"document": document, "role": "supports", "capture": video, "kind": "video"}
    quotes = ("Приблизно 11 тисяч військових.", "Приблизно 12 тисяч військових.")
    pieces = [{**evidence, "quote": {"exact": quote, "media_time": "00:00:01"}} for quote in quotes]
    claim = record("claims", evidence=pieces)["id"]

    def check() -> list[dict[str, Any]]:
        response = api.get(f"claims/{claim}/figures/check", headers=key_of(Role.FACT_CHECKER))
        items: list[dict[str, Any]] = response.raise_for_status().json()["items"]
        return items

    assert [item["result"] for item in check()] == ["not_checkable"] * 2
    assert "Upload its transcript" in check()[0]["reason"]
    upload(b"Something else.", note="Not a transcript of the recording.")
    transcript = upload(SRT, transcript_of=video).json()["id"]
    found, missing = check()
    assert found["result"] == "found"
    assert [(lookup["capture_id"], lookup["transcript_of"], lookup["result"]) for lookup in found["captures"]] == [
        (video, None, "not_checkable"),
        (transcript, video, "found"),
    ]
    # What a transcript does not contain may be in the recording.
    assert missing["result"] == "not_checkable"
    assert [lookup["result"] for lookup in missing["captures"]] == ["not_checkable", "not_found"]
    assert "Its transcript is searched instead" in missing["reason"]


def test_transcripts_survive_a_dump_and_a_merge(
    *, api: TestClient, upload: Upload, record: Record, video: str, document: str, editor: Headers, database: Database,
    tmp_path: Path,
) -> None:  # fmt: skip
    transcript = upload(SRT, transcript_of=video).json()["id"]
    kept = record("documents", title="The same interview", key="kept")["id"]
    record("claims", evidence=[{"document": document, "capture": video, "role": "context"}])
    tag = api.get(f"documents/{document}").headers["ETag"]
    merged = api.post(
        f"documents/{document}/merge", json={"into": kept, "notice": "Twice."}, headers={**editor, "If-Match": tag}
    )
    assert merged.status_code == 200, merged.text
    # The recording counts for the other document now, and the bytes of its captures are not recorded again.
    later = upload(VTT, kept, transcript_of=video)
    again = upload(SRT, kept, transcript_of=video)
    assert (later.status_code, again.status_code, again.json()["id"]) == (201, 200, transcript)
    assert upload(mp4(), kept).json()["id"] == video
    assert api.get(f"captures/{video}").json()["transcripts"] == [transcript, later.json()["id"]]
    assert_dump_round_trip(database, tmp_path)


def capture_of_file(number: int, media_type: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"cap_01jhf3m8w5k6v0x2s9r7q4t1y{number}",
        "sha256": str(number) * 64,
        "media_type": media_type,
        "byte_length": 9,
        "captured_at": "2025-01-12T18:00:00Z",
        **fields,
    }


@pytest.mark.parametrize(
    ("media_type", "target", "message"),
    [
        ("text/plain", 2, None),
        ("text/html", 2, "is for text files only"),
        ("text/plain", 3, "must be a capture of video or audio"),
        ("text/plain", 8, "capture the recording first"),
    ],
    ids=["a transcript before its recording", "a page", "the transcript of a page", "an unknown recording"],
)
def test_an_imported_transcript_needs_its_recording(
    api: TestClient, editor: Headers, media_type: str, target: int, message: str | None
) -> None:
    transcript = capture_of_file(1, media_type, transcript_of=f"cap_01jhf3m8w5k6v0x2s9r7q4t1y{target}")
    captures = [transcript, capture_of_file(2, "video/mp4"), capture_of_file(3, "text/html")]
    body = json.dumps({"record": "document", "key": "interview", "kind": "video", "captures": captures})

    report = api.post("imports", content=body, headers=editor).json()

    (document,) = api.get("documents").json()["items"]
    listed = {capture["id"]: capture["transcript_of"] for capture in document["captures"]}
    if message is None:
        assert report["refusals"] == []
        assert listed[transcript["id"]] == transcript["transcript_of"]
        again = api.post("imports", content=body, headers=editor).json()
        assert (again["refusals"], again["created"], again["revised"]) == ([], 0, 0)
        # A capture is never altered, so a file cannot make it the transcript of something else.
        captures[0] = {**transcript, "transcript_of": None}
        changed = json.dumps({"record": "document", "key": "interview", "kind": "video", "captures": captures})
        assert "already used" in api.post("imports", content=changed, headers=editor).json()["refusals"][0]["reason"]
    else:
        (refusal,) = report["refusals"]
        assert (refusal["field"], message in refusal["reason"]) == ("captures", True)
        assert transcript["id"] not in listed
        assert len(listed) == 2

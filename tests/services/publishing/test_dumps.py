"""Dumps: the whole public record as files, into another database, and the same files again."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db import migrate
from app.db.engine import Database
from app.errors import AttestError, ConflictError
from app.schemas.files.dump import Manifest
from app.schemas.files.publication import House
from app.services.core import actors
from app.services.imports.imports import ImportRefusedError
from app.services.publishing import dumps
from app.vocabulary import Role
from tests.services.publishing.test_exports import load as load_file

SEED = Path(__file__).parents[3] / "seed_data"
HOUSE = House(name="The Desk", address="https://desk.example/api/v1")
FILES = ("topics", "sources", "documents", "claims")

KeyOf = Callable[[Role], dict[str, str]]


def dumped(database: Database, folder: Path, **options: Any) -> Manifest:
    with database.reading() as connection:
        return dumps.write(connection, folder, HOUSE, licence="CC-BY-4.0", **options)


def empty(folder: Path, name: str) -> Database:
    database = Database(f"sqlite:///{folder}/{name}.db", pool_size=2)
    migrate.upgrade(database)
    return database


def load(database: Database, folder: Path, **options: Any) -> Any:
    return dumps.load(
        database, lambda connection: actors.system(connection, "Test"), folder, reason="Restored.", **options
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.jsonl").read_bytes() for name in FILES}


def records(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


@pytest.fixture
def week(
    api: TestClient, editor: dict[str, str], key_of: KeyOf, record: Callable[..., Any], correct: Callable[..., Any]
) -> dict[str, str]:
    """A record with everything in it that a dump has to carry, and with drafts, which it must not."""
    load_file(api, editor, (SEED / "01-story-january-2025.json").read_bytes())
    proposer, approver = key_of(Role.FACT_CHECKER), key_of(Role.ADMIN)
    top = record("sources", name="A state", key="state")
    other = record("sources", name="B service", parent=top["id"], side="Ukraine")
    lone = record("sources", name="Named by nobody", kind="ngo", other_names=["|", "'=x"])
    relay = record("sources", name="An agency", kind="news_organisation")["id"]
    record("topics", title="Asked by nobody?")
    topic = record("topics")["id"]
    record("documents", title="Cited by nobody", authors=[{"family": "Kim", "given": "Jong Un"}], author="Kim Jong Un")
    document = record("documents", title="Video", kind="video", publisher=other["id"])["id"]
    capture = api.post(f"documents/{document}/captures", content=b"<p>Captured.</p>", headers=proposer).json()
    first, second = lone["id"], top["id"]
    said = [
        {"key": "one", "source": first, "stance": "asserts", "lineage": "original", "document": document},
        {"key": "two", "source": second, "stance": "asserts", "lineage": "original"},
        {"source": relay, "stance": "asserts", "lineage": "relayed", "upstream": "one"},
    ]
    later = record("claims", statement="Their own figure.")["id"]
    claim = record("claims", topic=topic, attributions=said, adverse_to=first)["id"]
    # Its other end comes later in the file, and the first one recorded does not stand first there.
    newest = record("claims", statement="Newest.", relations=[{"relation": "refines", "other_claim": claim}])["id"]
    record("relations", claim=claim, other_claim=newest, relation="contradicts", note="Not both.")
    record("relations", claim=claim, other_claim=later, relation="refines")
    record("attributions", claim=claim, source=second, stance="disputes_figure", own_claim=newest)
    taken_back = record("attributions", claim=claim, source=first, stance="estimates", lineage="original")["id"]
    correct(
        "attributions",
        taken_back,
        withdrawn=True,
        retraction={"by": "origin", "on": "2025-01-20", "notice": "It counted twice."},
    )
    for ruling in ("established", "not_established", "established"):
        body = {"sources": [first, second], "ruling": ruling, "reason": "Different imagery."}
        assert api.post(f"claims/{claim}/independence-rulings", json=body, headers=editor).status_code == 201
    piece = record(
        "evidence",
        claim=claim,
        document=document,
        capture=capture["id"],
        role="supports",
        kind="video",
        independent=True,
        examined_on="2025-01-14",
        finding="The badge is legible.",
    )["id"]
    version = api.get(f"claims/{claim}").json()["version"]
    proposal = {
        "claim_version": version,
        "status": "unconfirmed",
        "credibility": 3,
        "standard": "reasonable_grounds",
        "rationale": "Not examined.",
    }
    signed(api, f"claims/{claim}/proposals", proposal, proposer, approver)
    version = api.get(f"claims/{claim}").json()["version"]
    proposal = {
        "claim_version": version,
        "status": "confirmed",
        "credibility": 1,
        "standard": "clear_and_convincing",
        "rationale": "The badge.",
        "evidence": [piece],
        "notice": "Corrected.",
    }
    signed(api, f"claims/{claim}/proposals", proposal, proposer, approver)
    # The record could not carry the decision any more: it is kept all the same, and stale.
    correct("evidence", piece, withdrawn=True)
    for fields in ({"topic": topic, "reliability": "B"}, {"period": "2024", "reliability": "C"}):
        rating = {**fields, "rationale": f"Often right ({fields['reliability']})."}
        signed(api, f"sources/{first}/proposals", rating, proposer, approver)
    tag = api.get(f"claims/{later}", headers=editor).headers["ETag"]
    merging = {"into": newest, "notice": "Recorded twice.", "reason": "The same.", "relation": "same_as"}
    answer = api.post(f"claims/{later}/merge", json=merging, headers={**approver, "If-Match": tag})
    assert answer.status_code == 200, answer.text
    draft = record("claims", stage="draft", statement="Zebras.", attributions=[{"source": first, "stance": "alleges"}])
    record("relations", claim=claim, other_claim=draft["id"], relation="contradicts", note="zebra")
    return {"claim": claim, "source": first, "draft": draft["id"], "merged": later, "newest": newest}


def signed(api: TestClient, path: str, body: Any, proposer: dict[str, str], approver: dict[str, str]) -> None:
    proposed = api.post(path, json=body, headers=proposer)
    assert proposed.status_code == 201, proposed.text
    answer = api.post(f"proposals/{proposed.json()['id']}/sign-offs", json={"verdict": "approve"}, headers=approver)
    assert answer.status_code == 201, answer.text


def test_a_database_that_a_dump_was_loaded_into_gives_the_same_files(
    database: Database, week: dict[str, str], tmp_path: Path
) -> None:
    first = dumped(database, tmp_path / "first")
    copy = empty(tmp_path, "copy")
    report = load(copy, tmp_path / "first")
    second = dumped(copy, tmp_path / "second")

    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert report.refused == 0
    assert report.created == report.rows == sum(first.counts.values())
    assert first.files == second.files
    copy.close()


def test_everything_public_is_in_it_and_nothing_else(
    database: Database, api: TestClient, week: dict[str, str], tmp_path: Path
) -> None:
    manifest = dumped(database, tmp_path / "dump")
    whole = "".join(content.decode() for content in contents(tmp_path / "dump").values())

    counted = {
        name: len(api.get(name, params={"limit": 200}).json()["items"]) for name in ("topics", "sources", "documents")
    }
    stages: dict[str, Any] = {"stage": ["published", "withdrawn"], "limit": 200}
    counted["claims"] = len(api.get("claims", params=stages).json()["items"])
    assert manifest.counts == counted
    for word in ("ebra", week["draft"]):
        assert word not in whole
    claim = next(one for one in records(tmp_path / "dump", "claims") if one["id"] == week["claim"])
    assert [one["status"] for one in claim["reviews"]] == ["unconfirmed", "confirmed"]
    assert claim["reviews"][1] == {
        "status": "confirmed",
        "rationale": "The badge.",
        "decided_on": claim["reviews"][1]["decided_on"],
        "decided_by": "Test fact_checker and Test admin",
        "credibility": 1,
        "standard": "clear_and_convincing",
        "notice": "Corrected.",
        "stale": True,
    }
    assert [one["ruling"] for one in claim["rulings"]] == ["established", "not_established", "established"]
    assert [one["retraction"]["by"] for one in claim["attributions"] if one.get("retraction")] == ["origin"]
    assert claim["evidence"][0]["capture"].startswith("cap_")
    source = next(one for one in records(tmp_path / "dump", "sources") if one["id"] == week["source"])
    assert [(one["reliability"], one["decided_by"]) for one in source["ratings"]] == [
        ("B", "Test fact_checker and Test admin"),
        ("C", "Test fact_checker and Test admin"),
    ]
    merged = next(one for one in records(tmp_path / "dump", "claims") if one["id"] == week["merged"])
    assert (merged["stage"], merged["notice"], merged["relations"][0]["relation"]) == (
        "withdrawn",
        "Recorded twice.",
        "same_as",
    )


def test_the_manifest_says_what_it_is(database: Database, week: dict[str, str], tmp_path: Path) -> None:
    manifest = dumped(database, tmp_path / "dump")
    written = json.loads((tmp_path / "dump" / "manifest.json").read_text())

    assert written == manifest.model_dump(mode="json")
    assert (written["format"], written["format_version"], written["licence"]) == ("attest-dump", 1, "CC-BY-4.0")
    assert (written["publisher"], written["address"]) == (HOUSE.name, HOUSE.address)
    assert written["log"]["size"] > 0
    for file in written["files"]:
        content = (tmp_path / "dump" / file["name"]).read_bytes()
        assert (len(content), content.count(b"\n")) == (file["bytes"], file["records"])
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert "CC-BY-4.0" in (tmp_path / "dump" / "LICENSE").read_text()


def test_a_past_moment_is_dumped_as_it_was(
    database: Database, week: dict[str, str], record: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = dumped(database, tmp_path / "before")
    record("claims", statement="Later.")
    again = dumped(database, tmp_path / "then", as_of=manifest.as_of)

    assert contents(tmp_path / "then") == contents(tmp_path / "before")
    assert (again.as_of, again.change) == (manifest.as_of, manifest.change)


def alter(folder: Path) -> None:
    path = folder / "claims.jsonl"
    path.write_bytes(path.read_bytes().replace(b"soldiers", b"Soldiers", 1))


def shorten(folder: Path) -> None:
    path = folder / "sources.jsonl"
    path.write_bytes(path.read_bytes()[:-10])


def lose(folder: Path) -> None:
    (folder / "topics.jsonl").unlink()


def rewritten(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


@pytest.mark.parametrize(
    "spoiled",
    [
        (alter, "claims.jsonl has another SHA-256"),
        (shorten, "sources.jsonl has"),
        (lose, "topics.jsonl is missing"),
        (rewritten(format_version=2), "version 2; this Attest reads 1"),
        (rewritten(files=[{"name": "../x.jsonl", "records": 0, "bytes": 0, "sha256": "0" * 64}]), "files.0.name"),
        (rewritten(extra=1), "extra"),
    ],
)
def test_a_dump_that_is_not_as_it_was_made_is_refused(
    database: Database, tmp_path: Path, api: TestClient, editor: dict[str, str], spoiled: tuple[Any, str]
) -> None:
    spoil, words = spoiled
    load_file(api, editor, (SEED / "01-story-january-2025.json").read_bytes())
    dumped(database, tmp_path / "dump")
    spoil(tmp_path / "dump")
    copy = empty(tmp_path, "copy")

    with pytest.raises(AttestError, match=words.replace(".", r"\.")):
        load(copy, tmp_path / "dump")
    with copy.reading() as connection:
        assert connection.exec_driver_sql("SELECT seq FROM head").scalar() == 0
    copy.close()


def test_a_record_that_cannot_be_taken_is_named_and_nothing_is_kept(database: Database, tmp_path: Path) -> None:
    manifest = dumped(database, tmp_path / "dump")
    line = b'{"record":"claim","kind":"other","statement":"x","topic":"nope"}\n'
    (tmp_path / "dump" / "claims.jsonl").write_bytes(line)
    files = [one.model_dump(mode="json") for one in manifest.files]
    files[3] |= {"records": 1, "bytes": len(line), "sha256": hashlib.sha256(line).hexdigest()}
    rewritten(files=files)(tmp_path / "dump")
    copy = empty(tmp_path, "copy")

    with pytest.raises(ImportRefusedError) as refused:
        load(copy, tmp_path / "dump")
    (why,) = refused.value.report.refusals
    assert (why.line, why.field, why.reason) == (
        1,
        "topic",
        "there is no topic with this id or key (claims.jsonl, line 1)",
    )
    copy.close()


def test_neither_folder_nor_database_is_written_over(database: Database, week: dict[str, str], tmp_path: Path) -> None:
    dumped(database, tmp_path / "dump")
    with pytest.raises(ConflictError, match="not empty"):
        dumped(database, tmp_path / "dump")
    with pytest.raises(ConflictError, match="already"):
        load(database, tmp_path / "dump")


def test_a_dry_run_keeps_nothing(database: Database, week: dict[str, str], tmp_path: Path) -> None:
    dumped(database, tmp_path / "dump")
    copy = empty(tmp_path, "copy")
    assert load(copy, tmp_path / "dump", dry_run=True).created > 20
    assert load(copy, tmp_path / "dump").created > 20
    copy.close()


def test_a_file_with_ratings_is_imported_over_the_api(
    api: TestClient, editor: dict[str, str], record: Callable[..., Any]
) -> None:
    topic = record("topics", key="q")["id"]
    rating = {"reliability": "B", "topic": "q", "rationale": "Good.", "decided_on": "2025-01-12", "decided_by": "Desk"}
    line = {"record": "source", "key": "s", "name": "S", "kind": "ngo", "ratings": [rating]}
    body = json.dumps(line).encode()
    assert load_file(api, editor, body)["objects"]["source_rating"] == {"created": 1, "unchanged": 0, "revised": 0}
    assert load_file(api, editor, body)["objects"]["source_rating"] == {"created": 0, "unchanged": 1, "revised": 0}

    source = api.get("sources").json()["items"][0]["id"]
    (item,) = api.get(f"sources/{source}/ratings").json()["items"]
    assert (item["reliability"], item["topic_id"], item["decided_by"]) == ("B", topic, "Desk")
    assert (item["proposed_by"], item["approved_by"]) == (None, None)
    record("claims", attributions=[{"source": source, "stance": "asserts"}])
    for name in ("attest_json", "attest_csv"):
        out = api.get("export", params={"format": name}).content
        report = load_file(api, editor, out)
        assert report["rows"] == report["unchanged"]


def test_ratings_that_name_nothing_are_refused(api: TestClient, editor: dict[str, str]) -> None:
    rating = {"reliability": "B", "topic": "?", "rationale": "x", "decided_on": "2025-01-12", "decided_by": "Desk"}
    body = json.dumps({"record": "source", "name": "S", "kind": "ngo", "ratings": [rating]}).encode()
    report = api.post("imports", content=body, headers=editor).json()
    assert [(one["field"], one["reason"]) for one in report["refusals"]] == [
        ("ratings.topic", "there is no topic with this id or key")
    ]


def test_the_command_line_makes_a_dump_and_loads_it(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from app import settings
    from app.cli.main import app

    def run(name: str, *words: str) -> Any:
        settings.load.cache_clear()
        os.environ["ATTEST_DATA_DIR"] = str(tmp_path / name)
        try:
            return CliRunner().invoke(app, list(words))
        finally:
            del os.environ["ATTEST_DATA_DIR"]
            settings.load.cache_clear()

    for name in ("one", "two"):
        assert run(name, "db", "upgrade").exit_code == 0
    assert run("one", "import", str(SEED / "01-story-january-2025.json")).exit_code == 0
    made = run("one", "dump", str(tmp_path / "dump"), "--licence", "CC0-1.0")
    assert made.exit_code == 0, made.output
    assert "claims.jsonl: 14 records" in made.output
    loaded = run("two", "import", str(tmp_path / "dump"))
    assert loaded.exit_code == 0, loaded.output
    assert "36 created" in loaded.output
    assert run("two", "dump", str(tmp_path / "again"), "--licence", "CC0-1.0").exit_code == 0
    assert contents(tmp_path / "again") == contents(tmp_path / "dump")
    for name in ("csv", "jsonl", "parquet", "json_ld", "claim_review", "atom"):
        out = tmp_path / f"out.{name}"
        done = run("two", "export", "--format", name, "--kind", "casualty_figure", "-o", str(out))
        assert done.exit_code == 0, done.output
        assert out.stat().st_size > 100

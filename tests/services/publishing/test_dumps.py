"""Dumps: the whole public record is written as files, loaded into another database and dumped again."""

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
from app.schemas.files.publication import Publisher
from app.services.changes import actors
from app.services.claims import claim_reads
from app.services.core.snapshot import NOW
from app.services.imports.import_tally import ImportRefusedError
from app.services.publishing import dumps
from app.vocabulary import Role
from tests.services.publishing.test_exports import load as import_file

pytestmark = pytest.mark.slow

SEED = Path(__file__).parents[3] / "seed_data"
PUBLISHER = Publisher(name="The Desk", address="https://desk.example/api/v1")
FILES = ("topics", "sources", "documents", "claims")

KeyOf = Callable[[Role], dict[str, str]]


def write_dump(database: Database, folder: Path, **options: Any) -> Manifest:
    with database.reading() as connection:
        return dumps.write_dump(connection, folder, PUBLISHER, licence="CC-BY-4.0", **options)


def empty_database(folder: Path, name: str) -> Database:
    database = Database(f"sqlite:///{folder}/{name}.db", pool_size=2)
    migrate.upgrade(database)
    return database


def load_dump(database: Database, folder: Path, **options: Any) -> Any:
    return dumps.load_dump(
        database, lambda connection: actors.system_actor(connection, "Test"), folder, reason="Restored.", **options
    )


def file_contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.jsonl").read_bytes() for name in FILES}


def records_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


@pytest.fixture
def week(
    api: TestClient, editor: dict[str, str], key_of: KeyOf, record: Callable[..., Any], correct: Callable[..., Any]
) -> dict[str, str]:
    """A record with everything that a dump must contain, and with drafts, which it must not contain."""
    import_file(api, editor, (SEED / "01-story-january-2025.json").read_bytes())
    proposer, approver = key_of(Role.FACT_CHECKER), key_of(Role.ADMIN)
    state = record("sources", name="A state", key="state")
    other = record("sources", name="B service", parent=state["id"], side="Ukraine")
    unused_source = record("sources", name="Named by nobody", kind="ngo", other_names=["|", "'=x"])
    relay = record("sources", name="An agency", kind="news_organisation")["id"]
    record("topics", title="Asked by nobody?")
    topic = record("topics")["id"]
    record("documents", title="Cited by nobody", authors=[{"family": "Kim", "given": "Jong Un"}], author="Kim Jong Un")
    document = record("documents", title="Video", kind="video", publisher=other["id"])["id"]
    capture = api.post(f"documents/{document}/captures", content=b"<p>Captured.</p>", headers=proposer).json()
    first, second = unused_source["id"], state["id"]
    attributions = [
        {"key": "one", "source": first, "stance": "asserts", "lineage": "original", "document": document},
        {"key": "two", "source": second, "stance": "asserts", "lineage": "original"},
        {"source": relay, "stance": "asserts", "lineage": "relayed", "upstream": "one"},
    ]
    later = record("claims", statement="Their own figure.")["id"]
    claim = record("claims", topic=topic, attributions=attributions, adverse_to=first)["id"]
    # A relation to a claim that comes later in the file; the file has another order than the record.
    newest = record("claims", statement="Newest.", relations=[{"relation": "refines", "other_claim": claim}])["id"]
    record("relations", claim=claim, other_claim=newest, relation="contradicts", note="Not both.")
    record("relations", claim=claim, other_claim=later, relation="refines")
    record("attributions", claim=claim, source=second, stance="disputes_figure", own_claim=newest)
    withdrawn_id = record("attributions", claim=claim, source=first, stance="estimates", lineage="original")["id"]
    correct(
        "attributions",
        withdrawn_id,
        withdrawn=True,
        retraction={"by": "origin", "on": "2025-01-20", "notice": "It counted twice."},
    )
    for ruling in ("established", "not_established", "established"):
        body = {"sources": [first, second], "ruling": ruling, "reason": "Different imagery."}
        assert api.post(f"claims/{claim}/independence-rulings", json=body, headers=editor).status_code == 201
    evidence_id = record(
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
    sign_off(api, f"claims/{claim}/proposals", proposal, proposer, approver)
    version = api.get(f"claims/{claim}").json()["version"]
    proposal = {
        "claim_version": version,
        "status": "confirmed",
        "credibility": 1,
        "standard": "clear_and_convincing",
        "rationale": "The badge.",
        "evidence": [evidence_id],
        "notice": "Corrected.",
    }
    sign_off(api, f"claims/{claim}/proposals", proposal, proposer, approver)
    # The record no longer supports the decision. The dump must still contain it, marked as stale.
    correct("evidence", evidence_id, withdrawn=True)
    for fields in ({"topic": topic, "reliability": "B"}, {"period": "2024", "reliability": "C"}):
        rating = {**fields, "rationale": f"Often right ({fields['reliability']})."}
        sign_off(api, f"sources/{first}/proposals", rating, proposer, approver)
    tag = api.get(f"claims/{later}", headers=editor).headers["ETag"]
    merging = {"into": newest, "notice": "Recorded twice.", "reason": "The same.", "relation": "same_as"}
    response = api.post(f"claims/{later}/merge", json=merging, headers={**approver, "If-Match": tag})
    assert response.status_code == 200, response.text
    draft = record("claims", stage="draft", statement="Zebras.", attributions=[{"source": first, "stance": "alleges"}])
    record("relations", claim=claim, other_claim=draft["id"], relation="contradicts", note="zebra")
    return {"claim": claim, "source": first, "draft": draft["id"], "merged": later, "newest": newest}


def sign_off(api: TestClient, path: str, body: Any, proposer: dict[str, str], approver: dict[str, str]) -> None:
    proposed = api.post(path, json=body, headers=proposer)
    assert proposed.status_code == 201, proposed.text
    response = api.post(f"proposals/{proposed.json()['id']}/sign-offs", json={"verdict": "approve"}, headers=approver)
    assert response.status_code == 201, response.text


def test_a_loaded_dump_is_dumped_to_the_same_files(database: Database, week: dict[str, str], tmp_path: Path) -> None:
    first = write_dump(database, tmp_path / "first")
    copy = empty_database(tmp_path, "copy")
    report = load_dump(copy, tmp_path / "first")
    second = write_dump(copy, tmp_path / "second")

    assert file_contents(tmp_path / "first") == file_contents(tmp_path / "second")
    assert report.refused == 0
    assert report.created == report.rows == sum(first.counts.values())
    assert first.files[:4] == second.files[:4]
    # The decision is that of the other installation, under the rules of its day.
    with copy.reading() as connection:
        review = claim_reads.read_one(connection, NOW, week["claim"], None).body["review"]
    origin = {name: review["origin"][name] for name in ("kind", "file", "publisher", "address")}
    assert origin == {"kind": "dump", "file": None, "publisher": PUBLISHER.name, "address": PUBLISHER.address}
    assert (review["rules"], review["approved_by"]) == (2, None)
    copy.close()


def test_a_dump_contains_the_public_record_and_nothing_else(
    database: Database, api: TestClient, week: dict[str, str], tmp_path: Path
) -> None:
    manifest = write_dump(database, tmp_path / "dump")
    all_text = "".join(content.decode() for content in file_contents(tmp_path / "dump").values())

    expected_counts = {
        name: len(api.get(name, params={"limit": 200}).json()["items"]) for name in ("topics", "sources", "documents")
    }
    stages: dict[str, Any] = {"stage": ["published", "withdrawn"], "limit": 200}
    expected_counts["claims"] = len(api.get("claims", params=stages).json()["items"])
    assert manifest.counts == expected_counts
    for word in ("ebra", week["draft"]):
        assert word not in all_text
    claim = next(claim for claim in records_of(tmp_path / "dump", "claims") if claim["id"] == week["claim"])
    assert [review["status"] for review in claim["reviews"]] == ["unconfirmed", "confirmed"]
    assert claim["reviews"][1] == {
        "status": "confirmed",
        "rationale": "The badge.",
        "decided_on": claim["reviews"][1]["decided_on"],
        "decided_by": "Test fact_checker and Test admin",
        "credibility": 1,
        "standard": "clear_and_convincing",
        "notice": "Corrected.",
        "stale": True,
        "rules": 2,
        "origin": {"publisher": PUBLISHER.name, "address": PUBLISHER.address},
    }
    assert [ruling["ruling"] for ruling in claim["rulings"]] == ["established", "not_established", "established"]
    assert [
        attribution["retraction"]["by"] for attribution in claim["attributions"] if attribution.get("retraction")
    ] == ["origin"]
    assert claim["evidence"][0]["capture"].startswith("cap_")
    source = next(source for source in records_of(tmp_path / "dump", "sources") if source["id"] == week["source"])
    assert [(rating["reliability"], rating["decided_by"]) for rating in source["ratings"]] == [
        ("B", "Test fact_checker and Test admin"),
        ("C", "Test fact_checker and Test admin"),
    ]
    merged = next(claim for claim in records_of(tmp_path / "dump", "claims") if claim["id"] == week["merged"])
    assert (merged["stage"], merged["notice"], merged["relations"][0]["relation"]) == (
        "withdrawn",
        "Recorded twice.",
        "same_as",
    )


def test_the_manifest_describes_the_dump_and_its_files(
    database: Database, week: dict[str, str], tmp_path: Path
) -> None:
    manifest = write_dump(database, tmp_path / "dump")
    written = json.loads((tmp_path / "dump" / "manifest.json").read_text())

    assert written == manifest.model_dump(mode="json")
    assert (written["format"], written["format_version"], written["licence"]) == ("attest-dump", 2, "CC-BY-4.0")
    assert (written["publisher"], written["address"]) == (PUBLISHER.name, PUBLISHER.address)
    assert written["log"]["size"] > 0
    assert [file["name"] for file in written["files"]] == [
        "topics.jsonl",
        "sources.jsonl",
        "documents.jsonl",
        "claims.jsonl",
        "versions.jsonl",
    ]
    for file in written["files"]:
        content = (tmp_path / "dump" / file["name"]).read_bytes()
        assert (len(content), content.count(b"\n")) == (file["bytes"], file["records"])
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert "CC-BY-4.0" in (tmp_path / "dump" / "LICENSE").read_text()


def test_a_dump_as_of_a_past_moment_has_the_same_files(
    database: Database, week: dict[str, str], record: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = write_dump(database, tmp_path / "before")
    record("claims", statement="Later.")
    again = write_dump(database, tmp_path / "then", as_of=manifest.as_of)

    assert file_contents(tmp_path / "then") == file_contents(tmp_path / "before")
    assert (again.as_of, again.change) == (manifest.as_of, manifest.change)


def alter_claims(folder: Path) -> None:
    path = folder / "claims.jsonl"
    path.write_bytes(path.read_bytes().replace(b"soldiers", b"Soldiers", 1))


def shorten_sources(folder: Path) -> None:
    path = folder / "sources.jsonl"
    path.write_bytes(path.read_bytes()[:-10])


def delete_topics(folder: Path) -> None:
    (folder / "topics.jsonl").unlink()


def change_manifest(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


@pytest.mark.parametrize(
    "damage_and_message",
    [
        (alter_claims, "claims.jsonl has the SHA-256"),
        (shorten_sources, r"sources.jsonl has [\d,]+ bytes, not [\d,]+."),
        (delete_topics, "topics.jsonl is missing"),
        (change_manifest(format_version=3), "version 3, but this version of Attest reads only versions up to 2"),
        (change_manifest(files=[{"name": "../x.jsonl", "records": 0, "bytes": 0, "sha256": "0" * 64}]), "files.0.name"),
        (change_manifest(extra=1), "extra"),
    ],
)
def test_an_altered_or_incomplete_dump_is_refused(
    database: Database, tmp_path: Path, api: TestClient, editor: dict[str, str], damage_and_message: tuple[Any, str]
) -> None:
    damage, message = damage_and_message
    import_file(api, editor, (SEED / "01-story-january-2025.json").read_bytes())
    write_dump(database, tmp_path / "dump")
    damage(tmp_path / "dump")
    copy = empty_database(tmp_path, "copy")

    with pytest.raises(AttestError, match=message.replace(".", r"\.")):
        load_dump(copy, tmp_path / "dump")
    with copy.reading() as connection:
        assert connection.exec_driver_sql("SELECT seq FROM head").scalar() == 0
    copy.close()


def test_an_invalid_record_is_named_and_nothing_is_loaded(database: Database, tmp_path: Path) -> None:
    manifest = write_dump(database, tmp_path / "dump")
    line = b'{"record":"claim","kind":"other","statement":"x","topic":"nope"}\n'
    (tmp_path / "dump" / "claims.jsonl").write_bytes(line)
    files = [file.model_dump(mode="json") for file in manifest.files]
    files[3] |= {"records": 1, "bytes": len(line), "sha256": hashlib.sha256(line).hexdigest()}
    change_manifest(files=files)(tmp_path / "dump")
    copy = empty_database(tmp_path, "copy")

    with pytest.raises(ImportRefusedError) as error:
        load_dump(copy, tmp_path / "dump")
    (refusal,) = error.value.report.refusals
    assert (refusal.line, refusal.field, refusal.reason) == (
        1,
        "topic",
        "there is no topic with this id or key (claims.jsonl, line 1)",
    )
    with copy.reading() as connection:
        assert connection.exec_driver_sql("SELECT seq FROM head").scalar() == 0
    copy.close()


def test_neither_a_folder_nor_a_database_is_overwritten(
    database: Database, week: dict[str, str], tmp_path: Path
) -> None:
    write_dump(database, tmp_path / "dump")
    with pytest.raises(ConflictError, match="not empty"):
        write_dump(database, tmp_path / "dump")
    with pytest.raises(ConflictError, match="database is not empty"):
        load_dump(database, tmp_path / "dump")


def test_a_dry_run_stores_nothing(database: Database, week: dict[str, str], tmp_path: Path) -> None:
    write_dump(database, tmp_path / "dump")
    copy = empty_database(tmp_path, "copy")
    assert load_dump(copy, tmp_path / "dump", dry_run=True).created > 20
    assert load_dump(copy, tmp_path / "dump").created > 20
    copy.close()


def test_a_file_with_ratings_is_imported_over_the_api(
    api: TestClient, editor: dict[str, str], record: Callable[..., Any]
) -> None:
    topic = record("topics", key="q")["id"]
    rating = {"reliability": "B", "topic": "q", "rationale": "Good.", "decided_on": "2025-01-12", "decided_by": "Desk"}
    line = {"record": "source", "key": "s", "name": "S", "kind": "ngo", "ratings": [rating]}
    body = json.dumps(line).encode()
    assert import_file(api, editor, body)["objects"]["source_rating"] == {"created": 1, "unchanged": 0, "revised": 0}
    assert import_file(api, editor, body)["objects"]["source_rating"] == {"created": 0, "unchanged": 1, "revised": 0}

    source = api.get("sources").json()["items"][0]["id"]
    (item,) = api.get(f"sources/{source}/ratings").json()["items"]
    assert (item["reliability"], item["topic_id"], item["decided_by"]) == ("B", topic, "Desk")
    assert (item["proposed_by"], item["approved_by"]) == (None, None)
    record("claims", attributions=[{"source": source, "stance": "asserts"}])
    for name in ("attest_json", "attest_csv"):
        out = api.get("export", params={"format": name}).content
        report = import_file(api, editor, out)
        assert report["rows"] == report["unchanged"] == 3, name


def test_a_rating_for_an_unknown_topic_is_refused(api: TestClient, editor: dict[str, str]) -> None:
    rating = {"reliability": "B", "topic": "?", "rationale": "x", "decided_on": "2025-01-12", "decided_by": "Desk"}
    body = json.dumps({"record": "source", "name": "S", "kind": "ngo", "ratings": [rating]}).encode()
    report = api.post("imports", content=body, headers=editor).json()
    assert [(refusal["field"], refusal["reason"]) for refusal in report["refusals"]] == [
        ("ratings.topic", "there is no topic with this id or key")
    ]


def test_the_command_line_writes_and_loads_a_dump(tmp_path: Path) -> None:
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
    write_dump = run("one", "dump", str(tmp_path / "dump"), "--licence", "CC0-1.0")
    assert write_dump.exit_code == 0, write_dump.output
    assert "claims.jsonl: 14 records" in write_dump.output
    loaded = run("two", "import", str(tmp_path / "dump"))
    assert loaded.exit_code == 0, loaded.output
    assert "36 created" in loaded.output
    assert run("two", "dump", str(tmp_path / "again"), "--licence", "CC0-1.0").exit_code == 0
    assert file_contents(tmp_path / "again") == file_contents(tmp_path / "dump")
    for name in ("csv", "jsonl", "parquet", "json_ld", "claim_review", "atom"):
        path = tmp_path / f"out.{name}"
        exported = run("two", "export", "--format", name, "--kind", "casualty_figure", "-o", str(path))
        assert exported.exit_code == 0, exported.output
        if name == "parquet":
            assert path.read_bytes()[:4] == path.read_bytes()[-4:] == b"PAR1"
        else:
            assert "About 300 North Korean soldiers have been killed" in path.read_text() or name == "claim_review", (
                name
            )

"""Decisions in files are text of the file, and an import never changes what this desk decided."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app.cli.main import app
from app.db.engine import Database
from app.services.people.erasure import erase_person
from app.settings import Settings
from app.settings import load as load_settings
from app.vocabulary import Role

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]

DECISION = {
    "status": "unconfirmed",
    "rationale": "Said.",
    "decided_on": "2025-01-12",
    # Both are bylines of accounts here.
    "decided_by": "Test fact_checker and Test admin",
}
FILE = "colleagues.jsonl"
PHRASE = f"according to {FILE}, imported by Test editor"

NIS = {"record": "source", "key": "NIS", "name": "NIS", "kind": "intelligence_service"}
MOD = {"record": "source", "key": "MOD", "name": "MOD", "kind": "government"}
FIGURE = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 1}
ATTRIBUTION = {"key": "a", "source": "NIS", "stance": "asserts", "lineage": "original"}

CLAIM: dict[str, Any] = {
    "record": "claim",
    "key": "it",
    "kind": "other",
    "statement": "Soldiers are there.",
    "stage": "published",
    "quantities": [FIGURE],
    "attributions": [ATTRIBUTION],
    "evidence": [{"key": "e", "document": "doc", "role": "context"}],
}
DOCUMENT = {"record": "document", "key": "doc", "kind": "video", "title": "A video"}


@pytest.fixture
def load(api: TestClient, editor: Headers) -> Callable[..., dict[str, Any]]:
    """A function that imports records from the file `FILE` and returns the report."""

    def post(*records: dict[str, Any], **params: Any) -> dict[str, Any]:
        content = "\n".join(map(json.dumps, records))
        response = api.post("imports", params={"file": FILE, **params}, content=content, headers=editor)
        assert response.status_code == 200, response.text
        report: dict[str, Any] = response.json()
        return report

    return post


def read_claim(api: TestClient) -> dict[str, Any]:
    (item,) = [item for item in api.get("claims").json()["items"] if item["key"] == "it"]
    claim: dict[str, Any] = api.get(f"claims/{item['id']}").json()
    return claim


def decide(api: TestClient, key_of: Callable[[Role], Headers], claim: dict[str, Any]) -> None:
    """Let two people of this desk decide on a claim."""
    body = {
        "claim_version": claim["version"],
        "status": "unconfirmed",
        "rationale": "Ours.",
        "standard": "reasonable_grounds",
    }
    proposed = api.post(f"claims/{claim['id']}/proposals", json=body, headers=key_of(Role.FACT_CHECKER))
    path = f"proposals/{proposed.raise_for_status().json()['id']}/sign-offs"
    api.post(path, json={"verdict": "approve"}, headers=key_of(Role.ADMIN)).raise_for_status()


def test_a_decision_in_a_file_is_text_of_the_file(
    api: TestClient, key_of: Callable[[Role], Headers], load: Callable[..., dict[str, Any]]
) -> None:
    for role in (Role.FACT_CHECKER, Role.ADMIN):
        key_of(role)
    assert load(NIS, DOCUMENT, {**CLAIM, "reviews": [DECISION]})["refusals"] == []

    claim = read_claim(api)

    review = claim["review"]
    assert (review["decided_by"], review["proposed_by"], review["approved_by"]) == (DECISION["decided_by"], None, None)
    assert review["origin"] == {
        "kind": "import",
        "file": FILE,
        "publisher": None,
        "address": None,
        "imported_by": "Test editor",
        "imported_at": review["recorded_at"],
    }
    for suffix in ("news.txt", "bib", "atom", "csv", "jsonld"):
        answer = api.get(f"claims/{claim['id']}.{suffix}")
        assert answer.status_code == 200, (suffix, answer.text)
        assert PHRASE in " ".join(answer.text.split()), suffix
        assert "desk" not in answer.text, suffix
    (entry,) = [
        entry for entry in api.get(f"claims/{claim['id']}/history").json()["items"] if entry["noun"] == "review"
    ]
    fields = {change["field"]: change["after"] for change in entry["changes"]}
    assert (fields["origin.file"], fields["origin.imported_by"]) == (FILE, "Test editor")
    feed = api.get("export", params={"format": "claim_review"}).json()
    assert feed["dataFeedElement"] == []


@pytest.mark.parametrize("origin", [{"publisher": "A famous desk", "address": "https://desk.example"}, None])
def test_an_origin_in_a_file_is_not_believed(
    api: TestClient, load: Callable[..., dict[str, Any]], origin: dict[str, Any] | None
) -> None:
    reviews = [{**DECISION, "rules": 1, "origin": origin}]
    assert load(NIS, DOCUMENT, {**CLAIM, "reviews": reviews})["refusals"] == []
    review = read_claim(api)["review"]
    assert (review["rules"], review["origin"]["file"], review["origin"]["publisher"]) == (2, FILE, None)


CHANGES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "statement": ([{**CLAIM, "statement": "Soldiers were there."}], "statement"),
    "place": ([{**CLAIM, "place": "Kursk"}], "place"),
    "figures": ([{**CLAIM, "quantities": [{**FIGURE, "best": 2}]}], "quantities"),
    "attribution withdrawn": (
        [{**CLAIM, "attributions": [{**ATTRIBUTION, "withdrawn": True}]}],
        "attributions",
    ),
    "evidence added": ([{**CLAIM, "evidence": [{"key": "f", "document": "doc", "role": "refutes"}]}], "evidence"),
    "evidence changed": ([{**CLAIM, "evidence": [{"key": "e", "document": "doc", "role": "refutes"}]}], "evidence"),
    "a ruling": (
        [MOD, {**CLAIM, "rulings": [{"sources": ["NIS", "MOD"], "ruling": "not_established", "reason": "x"}]}],
        "rulings.0",
    ),
    "the source is part of another": ([MOD, {**NIS, "parent": "MOD"}], "parent"),
    "the source is anonymous": ([{**NIS, "anonymity": "anonymous"}], "anonymity"),
    "a decision of today or later": (
        [{**CLAIM, "reviews": [{**DECISION, "decided_on": "2999-01-01"}]}],
        "reviews.0.decided_on",
    ),
}


@pytest.mark.parametrize(("records", "field"), CHANGES.values(), ids=CHANGES)
def test_an_import_changes_nothing_that_this_desk_decided(
    api: TestClient,
    key_of: Callable[[Role], Headers],
    load: Callable[..., dict[str, Any]],
    records: list[dict[str, Any]],
    field: str,
) -> None:
    load(NIS, DOCUMENT, CLAIM)
    decide(api, key_of, read_claim(api))
    before = read_claim(api)

    report = load(*records)

    assert [refusal["field"] for refusal in report["refusals"]] == [field]
    after = read_claim(api)
    assert after["statement"] == before["statement"]
    assert (after["status"], after["review"]) == (before["status"], before["review"])
    assert after["review"]["origin"] is None


ADDITIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "an attribution": {"attributions": [{"key": "b", "source": "MOD", "stance": "asserts"}]},
    "an earlier decision": {"reviews": [DECISION]},
}


@pytest.mark.parametrize("fields", ADDITIONS.values(), ids=ADDITIONS)
def test_an_import_may_add_to_a_claim_with_a_decision(
    api: TestClient, key_of: Callable[[Role], Headers], load: Callable[..., dict[str, Any]], fields: dict[str, Any]
) -> None:
    load(NIS, DOCUMENT, CLAIM)
    decide(api, key_of, read_claim(api))
    review = read_claim(api)["review"]

    assert load(MOD, {**CLAIM, **fields})["refusals"] == []

    assert read_claim(api)["review"] == review


def test_erasing_the_importer_leaves_the_text_of_the_file(
    api: TestClient, database: Database, load: Callable[..., dict[str, Any]]
) -> None:
    load(NIS, DOCUMENT, {**CLAIM, "reviews": [{**DECISION, "decided_by": "Test editor"}]})
    claim = read_claim(api)
    with database.writing() as connection:
        erase_person(connection, "Test editor")

    for path in (f"claims/{claim['id']}", f"claims/{claim['id']}/versions/{claim['version']}"):
        review = api.get(path).json()["review"]
        assert review["origin"]["imported_by"].startswith("Erased person"), path
        assert review["decided_by"] == "Test editor"


def test_the_command_line_records_the_name_of_the_file(
    api: TestClient, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    (tmp_path / FILE).write_text("\n".join(map(json.dumps, (NIS, DOCUMENT, {**CLAIM, "reviews": [DECISION]}))))
    monkeypatch.setenv("ATTEST_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ATTEST_DATA_DIR", str(tmp_path / "data"))
    load_settings.cache_clear()
    try:
        result = CliRunner().invoke(app, ["import", str(tmp_path / FILE)])
        shown = CliRunner().invoke(app, ["claim", "show", "it"])
    finally:
        load_settings.cache_clear()
    assert result.exit_code == 0, result.output
    origin = read_claim(api)["review"]["origin"]
    assert origin["file"] == FILE
    phrase = (
        f"2025-01-12, according to {FILE}, imported by {origin['imported_by']}: decided by {DECISION['decided_by']}"
    )
    assert phrase in " ".join(shown.output.split())

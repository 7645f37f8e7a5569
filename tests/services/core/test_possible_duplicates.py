"""Recording something equal to an existing object: refused with the candidates, unless it is ruled distinct."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from app.db import migrate
from app.db.engine import Database
from app.db.schema import table_of
from app.models import EqualityKey
from app.services.core.equality_keys import MISSING
from app.vocabulary import Role
from tests.support.attest import attest
from tests.support.files import html
from tests.support.problems import assert_problem

Headers = dict[str, str]
Fields = dict[str, Any]
Record = Callable[..., Fields]

FIGURE: Fields = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}
SOURCE: Fields = {
    "name": "National Intelligence Service",
    "kind": "intelligence_service",
    "other_names": ["국가정보원", "NIS"],
}
TOPIC: Fields = {"title": "How many soldiers are in Kursk?", "subject": "soldiers", "metric_family": "strength"}
DOCUMENT: Fields = {"kind": "article", "url": "https://example.org/news/1?id=5"}
CLAIM: Fields = {
    "kind": "troop_estimate",
    "statement": "About 11,000 soldiers are in Kursk.",
    "time": "2025-01",
    "quantities": [FIGURE],
}

EQUAL: dict[str, tuple[str, Fields, Fields]] = {
    "a source with the same name": ("sources", SOURCE, {"name": "national intelligence service", "kind": "other"}),
    "its name is another name": ("sources", SOURCE, {"name": "nis", "kind": "government"}),
    "its name in another script": ("sources", SOURCE, {"name": "국가 정보원", "kind": "government"}),
    "another name is the name": ("sources", SOURCE, {"name": "X", "kind": "other", "other_names": ["N.I.S.", "NIS."]}),
    "an abbreviation in parentheses": ("sources", SOURCE, {"name": "South Korean intelligence (NIS)", "kind": "other"}),
    "the abbreviation came first": (
        "sources",
        {"name": "South Korean intelligence (NIS)", "kind": "other"},
        {"name": "NIS", "kind": "other"},
    ),
    "its own initials": (
        "sources",
        {"name": "National Intelligence Service (NIS)", "kind": "other"},
        {"name": "National Intelligence Service", "kind": "other"},
    ),
    "a topic with the same title": (
        "topics",
        TOPIC,
        {**TOPIC, "title": "how many soldiers are in Kursk", "place": "X"},
    ),
    "the same address": ("documents", DOCUMENT, {"kind": "video", "url": "http://www.example.org/news/1/?id=5#top"}),
    "a tracked address": ("documents", DOCUMENT, {**DOCUMENT, "url": DOCUMENT["url"] + "&utm_source=feed"}),
    "the same claim": ("claims", CLAIM, CLAIM),
    "a claim without punctuation": ("claims", CLAIM, {**CLAIM, "statement": "about 11000 soldiers are in Kursk"}),
    "the same time": ("claims", CLAIM, {**CLAIM, "time": "2025-01-01/2025-01-31"}),
    "the same decimal": ("claims", CLAIM, {**CLAIM, "quantities": [{**FIGURE, "best": "11000.0"}]}),
    "other words of the source": ("claims", CLAIM, {**CLAIM, "quantities": [{**FIGURE, "verbatim": "11 тисяч"}]}),
    "another basis": ("claims", CLAIM, {**CLAIM, "quantities": [{**FIGURE, "basis": "count"}]}),
    "another place": ("claims", CLAIM, {**CLAIM, "place": "Kursk Oblast, Russia"}),
    "no time and no figures": (
        "claims",
        {"kind": "other", "statement": "Soldiers are there."},
        {"kind": "other", "statement": "«Soldiers are there»"},
    ),
    "figures in another order": (
        "claims",
        {**CLAIM, "quantities": [FIGURE, {**FIGURE, "metric": "killed"}]},
        {**CLAIM, "quantities": [{**FIGURE, "metric": "killed"}, FIGURE]},
    ),
}

DIFFERENT: dict[str, tuple[str, Fields, Fields]] = {
    "another number": (
        "sources",
        {"name": "5th Brigade", "kind": "armed_force"},
        {"name": "15th Brigade", "kind": "armed_force"},
    ),
    "a country in parentheses": (
        "sources",
        {"name": "Ministry of Defence (Ukraine)", "kind": "government"},
        {"name": "Ministry of Defence (Russia)", "kind": "government"},
    ),
    "two abbreviations in parentheses": (
        "sources",
        {"name": "Ministry of Defence (DPRK)", "kind": "government"},
        {"name": "Foreign Ministry (DPRK)", "kind": "government"},
    ),
    "a part of a name": ("sources", SOURCE, {"name": "Intelligence Service", "kind": "government"}),
    "another title": ("topics", TOPIC, {**TOPIC, "title": "How many soldiers are in Sumy?"}),
    "another parameter": ("documents", DOCUMENT, {**DOCUMENT, "url": "https://example.org/news/1?id=6"}),
    "documents without an address": ("documents", {"kind": "article", "title": "A"}, {"kind": "article", "title": "A"}),
    "another statement": ("claims", CLAIM, {**CLAIM, "statement": "About 11,000 soldiers are not in Kursk."}),
    "another time": ("claims", CLAIM, {**CLAIM, "time": "2025-02"}),
    "no time": ("claims", CLAIM, {**CLAIM, "time": None}),
    "another figure": ("claims", CLAIM, {**CLAIM, "quantities": [{**FIGURE, "best": 11000.5}]}),
    "another qualifier": ("claims", CLAIM, {**CLAIM, "quantities": [{**FIGURE, "qualifier": "exact"}]}),
    "another population": ("claims", CLAIM, {**CLAIM, "quantities": [{**FIGURE, "population": "officers"}]}),
    "no figures": ("claims", CLAIM, {**CLAIM, "quantities": []}),
}


@pytest.fixture
def post(api: TestClient, editor: Headers) -> Callable[..., Response]:
    """Send a request with an editor's key."""

    def send(path: str, fields: Fields, **more: Any) -> Response:
        return api.post(path, json={**fields, **more}, headers=editor)

    return send


@pytest.fixture
def load(api: TestClient, editor: Headers) -> Callable[..., Fields]:
    """Import records and return the report."""

    def send(*records: Fields, **parameters: Any) -> Fields:
        content = "\n".join(map(json.dumps, records))
        response = api.post("imports", content=content, params=parameters, headers=editor)
        assert response.status_code == 200, response.text
        report: Fields = response.json()
        return report

    return send


@pytest.mark.parametrize(("path", "first", "second"), EQUAL.values(), ids=EQUAL)
def test_what_equals_an_object_on_record_is_refused(
    post: Callable[..., Response], api: TestClient, path: str, first: Fields, second: Fields
) -> None:
    existing = post(path, first, key="existing").json()

    problem = assert_problem(post(path, second), 409)

    label = {"sources": "name", "topics": "title", "documents": "title", "claims": "statement"}[path]
    (candidate,) = problem["candidates"]
    url = {"url": existing["url"]} if path == "documents" else {}
    assert candidate == {
        "record": path.removesuffix("s"),
        "id": existing["id"],
        "key": "existing",
        label: existing[label],
        **url,
        "address": f"/api/v1/{path}/{existing['id']}",
    }
    assert existing["id"] in problem["detail"]
    assert "`distinct_from`" in problem["detail"]

    # By id or key it is ruled distinct, and that stays on record.
    accepted = post(path, second, distinct_from=["existing"])
    assert accepted.status_code == 201, accepted.text
    assert accepted.json()["distinct_from"] == [existing["id"]]
    third = post(path, second, distinct_from=[existing["id"]])
    assert [other["id"] for other in third.json()["candidates"]] == [accepted.json()["id"]]


@pytest.mark.parametrize(("path", "first", "second"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_is_different_is_recorded(post: Callable[..., Response], path: str, first: Fields, second: Fields) -> None:
    assert post(path, first).status_code == 201
    response = post(path, second)
    assert (response.status_code, response.json()["distinct_from"]) == (201, [])


def test_claims_of_different_topics_are_different(post: Callable[..., Response]) -> None:
    topics = [post("topics", TOPIC, title=f"Question {number}").json()["id"] for number in range(2)]
    assert post("claims", CLAIM, topic=topics[0]).status_code == 201
    assert post("claims", CLAIM, topic=topics[1]).status_code == 201
    assert post("claims", CLAIM).status_code == 201
    assert_problem(post("claims", CLAIM, topic=topics[1]), 409)


@pytest.mark.parametrize(
    "case",
    [
        ("sources", SOURCE, {"name": "A service", "kind": "other", "other_names": []}, {"other_names": ["nis"]}),
        ("sources", SOURCE, {"name": "A service", "kind": "other"}, {"name": "NIS"}),
        ("topics", TOPIC, {**TOPIC, "title": "How many?"}, {"title": TOPIC["title"]}),
        ("documents", DOCUMENT, {"kind": "article"}, {"url": DOCUMENT["url"] + "#top"}),
        ("claims", CLAIM, {**CLAIM, "statement": "Some."}, {"statement": CLAIM["statement"]}),
        ("claims", CLAIM, {**CLAIM, "quantities": []}, {"quantities": [FIGURE]}),
        ("claims", CLAIM, {**CLAIM, "time": None}, {"time": "2025-01"}),
    ],
)
def test_a_correction_that_makes_two_objects_equal_is_refused(
    post: Callable[..., Response],
    api: TestClient,
    editor: Headers,
    correct: Record,
    case: tuple[str, Fields, Fields, Fields],
) -> None:
    path, first, second, correction = case
    existing, other = post(path, first).json(), post(path, second).json()
    headers = {**editor, "If-Match": api.get(f"{path}/{other['id']}", headers=editor).headers["ETag"]}
    address = f"{path}/{other['id']}"

    problem = assert_problem(api.patch(address, json={"reason": "So.", **correction}, headers=headers), 409)
    assert [candidate["id"] for candidate in problem["candidates"]] == [existing["id"]]
    unchanged = api.get(address, headers=editor).json()
    assert unchanged == other

    corrected = correct(path, other["id"], **correction, distinct_from=[existing["id"]])
    assert (corrected["version"], corrected["distinct_from"]) == (2, [existing["id"]])
    # Neither of the two is asked again.
    field = next(iter(correction))
    correct(path, other["id"], **{field: second.get(field)})
    assert correct(path, other["id"], **correction)["distinct_from"] == [existing["id"]]
    renamed = {"sources": {"name": "New"}, "topics": {"title": "New?"}, "documents": {"url": "https://new.example"}}
    new_fields = renamed.get(path, {"statement": "New."})
    old_fields = {name: existing[name] for name in new_fields}
    correct(path, existing["id"], **new_fields)
    correct(path, existing["id"], **old_fields)
    # What is on record as of then has no ruling.
    past = api.get(address, params={"as_of": other["recorded_at"]}, headers=editor).json()
    assert past["distinct_from"] == []


def test_other_corrections_of_equal_objects_are_accepted(post: Callable[..., Response], correct: Record) -> None:
    first = post("sources", SOURCE).json()
    second = post("sources", SOURCE, distinct_from=[first["id"]]).json()
    assert correct("sources", second["id"], description="A service.", name="National Intelligence Service.")
    assert correct("sources", first["id"], description="Another service.")


def test_a_ruling_alone_makes_a_new_version_of_a_claim(post: Callable[..., Response], correct: Record) -> None:
    claims = [post("claims", CLAIM, statement=f"Statement {number}.").json()["id"] for number in range(3)]
    corrected = correct("claims", claims[2], distinct_from=[claims[0]])
    assert (corrected["version"], corrected["distinct_from"]) == (2, [claims[0]])
    # A correction adds rulings and removes none; a known one changes nothing.
    assert correct("claims", claims[2], distinct_from=[claims[1]])["distinct_from"] == claims[:2]
    assert correct("claims", claims[2], distinct_from=[claims[1]])["version"] == 3


@pytest.mark.parametrize(
    ("distinct_from", "field"),
    [(["src_01jhf3m8w5k6v0x2s9r7q4t1ya"], "distinct_from.0"), (["nothing"], "distinct_from.0"), ("x", "distinct_from")],
)
def test_distinct_from_must_name_objects_on_record(
    post: Callable[..., Response], distinct_from: Any, field: str
) -> None:
    assert_problem(post("sources", SOURCE, distinct_from=distinct_from), 422, field)


def test_an_object_is_not_distinct_from_itself(api: TestClient, editor: Headers, post: Callable[..., Response]) -> None:
    for path, fields in (("sources", SOURCE), ("claims", CLAIM)):
        created = post(path, fields)
        correction = {"reason": "So.", "distinct_from": [created.json()["id"]]}
        headers = {**editor, "If-Match": created.headers["ETag"]}
        response = api.patch(f"{path}/{created.json()['id']}", json=correction, headers=headers)
        assert_problem(response, 422, "distinct_from.0")


def test_a_merged_claim_is_a_candidate_under_its_target(
    api: TestClient, editor: Headers, post: Callable[..., Response]
) -> None:
    merged = post("claims", CLAIM, stage="published")
    target = post("claims", CLAIM, statement="Eleven thousand.", stage="published").json()["id"]
    body = {"into": target, "notice": "The same.", "reason": "Twice.", "relation": "same_as"}
    headers = {**editor, "If-Match": merged.headers["ETag"]}
    address = f"claims/{merged.json()['id']}/merge"
    assert api.post(address, json=body, headers=headers).status_code == 200

    problem = assert_problem(post("claims", CLAIM), 409)

    assert [candidate["id"] for candidate in problem["candidates"]] == [target]
    assert post("claims", CLAIM, distinct_from=[target]).status_code == 201


def test_a_withdrawn_claim_is_a_candidate(api: TestClient, post: Callable[..., Response], correct: Record) -> None:
    claim = post("claims", CLAIM, stage="published").json()["id"]
    correct("claims", claim, stage="withdrawn", notice="Misread.")
    assert [candidate["id"] for candidate in post("claims", CLAIM).json()["candidates"]] == [claim]


def test_readers_without_a_key_see_no_rulings_on_claims(api: TestClient, post: Callable[..., Response]) -> None:
    draft = post("claims", CLAIM).json()["id"]
    claim = post("claims", CLAIM, stage="published", distinct_from=[draft]).json()["id"]
    for address in (f"claims/{claim}", f"claims/{claim}/versions/1", f"claims/{claim}/history"):
        assert draft not in api.get(address).text
    export = api.get("export").text
    assert claim in export
    assert draft not in export


def test_of_many_equal_objects_the_oldest_fifty_must_be_named(load: Callable[..., Fields], post: Any) -> None:
    load(*({"record": "source", "key": f"s{number:02}", "name": "One", "kind": "other"} for number in range(60)))
    problem = assert_problem(post("sources", {"name": "One", "kind": "other"}), 409)
    assert len(problem["candidates"]) == 50
    identifiers = [candidate["id"] for candidate in problem["candidates"]]
    assert identifiers == sorted(identifiers)
    named = {"distinct_from": identifiers}
    assert post("sources", {"name": "One", "kind": "other"}, **named).status_code == 201


def test_one_of_two_simultaneous_requests_succeeds(api: TestClient, editor: Headers) -> None:
    def send(number: int) -> int:
        fields = (SOURCE, TOPIC, DOCUMENT, CLAIM)[number % 4]
        path = ("sources", "topics", "documents", "claims")[number % 4]
        return api.post(path, json=fields, headers=editor).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(32)))

    assert sorted(statuses) == [201] * 4 + [409] * 28


def test_the_same_bytes_of_another_document_are_refused(api: TestClient, editor: Headers, record: Record) -> None:
    first, second = record("documents")["id"], record("documents", key="second")["id"]
    page = html("<p>11,000 soldiers</p>")

    def upload(document: str, **query: Any) -> Response:
        return api.post(f"documents/{document}/captures", content=page, params=query, headers=editor)

    assert upload(first).status_code == 201
    assert upload(first).status_code == 200, "the document has this capture already"
    problem = assert_problem(upload(second), 409)
    assert [candidate["id"] for candidate in problem["candidates"]] == [first]
    assert "same bytes" in problem["detail"]
    assert api.get(f"documents/{second}").json()["captures"] == []
    assert upload(second, distinct_from=first).status_code == 201
    assert upload(second).status_code == 200, "the document has this capture already"
    assert api.get(f"documents/{second}").json()["distinct_from"] == [first]


def test_a_repeated_request_with_an_idempotency_key_gets_its_first_response(api: TestClient, editor: Headers) -> None:
    headers = {**editor, "Idempotency-Key": "one"}
    first = api.post("claims", json=CLAIM, headers=headers)
    assert first.status_code == 201
    assert api.post("claims", json=CLAIM, headers=headers).content == first.content
    # A refusal is not stored, so the same key may be sent with the candidates named.
    headers = {**editor, "Idempotency-Key": "two"}
    assert_problem(api.post("claims", json=CLAIM, headers=headers), 409)
    distinct = {**CLAIM, "distinct_from": [first.json()["id"]]}
    assert api.post("claims", json=distinct, headers=headers).status_code == 201


def test_objects_from_before_the_migration_are_found(
    post: Callable[..., Response], database: Database, url: str, tmp_path: Path
) -> None:
    """At the latest by the first request after it, and else when the database is upgraded."""
    objects = {"sources": SOURCE, "topics": TOPIC, "documents": DOCUMENT, "claims": CLAIM}
    existing = {path: post(path, fields).json()["id"] for path, fields in objects.items()}
    for command in ((), ("db", "upgrade")):
        migrate.downgrade(database, "0015")
        migrate.upgrade(database)
        if command:
            assert attest(url, tmp_path, *command).code == 0
            with database.reading() as connection:
                assert MISSING not in connection.scalars(select(table_of(EqualityKey).c.object_id)).all()
        for path, fields in objects.items():
            candidates = post(path, fields).json()["candidates"]
            assert [candidate["id"] for candidate in candidates] == [existing[path]]
        found = post("sources", {"name": "Spies (NIS)", "kind": "other"}).json()["candidates"]
        assert [candidate["id"] for candidate in found] == [existing["sources"]]


# --- imports ---


def test_an_import_records_and_lists_possible_duplicates(
    load: Callable[..., Fields], post: Callable[..., Response], api: TestClient, editor: Headers
) -> None:
    existing = {
        path: post(path, fields, key="old").json()["id"]
        for path, fields in (("sources", SOURCE), ("topics", TOPIC), ("documents", DOCUMENT), ("claims", CLAIM))
    }
    records = [
        {"record": "source", "key": "new", **SOURCE, "name": "Spies (NIS)", "other_names": []},
        {"record": "topic", "key": "new", **TOPIC},
        {"record": "document", "key": "new", **DOCUMENT},
        {"record": "claim", "key": "new", **CLAIM},
        {"record": "claim", "key": "another", **CLAIM, "statement": "Another."},
    ]

    report = load(*records)

    assert (report["created"], report["refused"], report["possible_duplicates"]) == (5, 0, 4)
    found = [(item["line"], item["record"], item["key"], item["candidates"][0]) for item in report["duplicates"]]
    assert found == [
        (line, path[:-1], "new", {"id": existing[path], "key": "old", "label": label})
        for line, path, label in (
            (2, "topics", TOPIC["title"]),
            (1, "sources", SOURCE["name"]),
            (3, "documents", DOCUMENT["url"]),
            (4, "claims", CLAIM["statement"]),
        )
    ]
    assert load(*records)["possible_duplicates"] == 0, "nothing is new"
    assert load(*records, strict=True)["unchanged"] == 5


def test_duplicates_within_a_file_are_listed(load: Callable[..., Fields]) -> None:
    sources = [{"record": "source", "key": f"s{number}", "name": "One", "kind": "other"} for number in range(1_200)]
    report = load(*sources)
    assert (report["created"], report["possible_duplicates"], len(report["duplicates"])) == (1_200, 1_199, 1_000)
    assert [candidate["key"] for candidate in report["duplicates"][1]["candidates"]] == ["s0", "s1"]
    assert len(report["duplicates"][-1]["candidates"]) == 10


def test_a_record_that_joins_is_no_duplicate(load: Callable[..., Fields]) -> None:
    load({"record": "claim", "key": "one", **CLAIM})
    report = load({"record": "claim", "key": "two", "joins": "one", **CLAIM})
    assert (report["unchanged"], report["possible_duplicates"]) == (1, 0)


def test_a_revised_row_that_becomes_equal_is_listed(load: Callable[..., Fields]) -> None:
    for record in (
        {"record": "source", "kind": "other", "name": "A"},
        {"record": "topic", **TOPIC, "title": "A"},
        {"record": "claim", **CLAIM, "statement": "A"},
    ):
        field = next(name for name in ("name", "title", "statement") if name in record)
        load({**record, "key": "a"}, {**record, "key": "b", field: "B"})
        report = load({**record, "key": "b", field: "A."})
        assert (report["revised"], report["possible_duplicates"]) == (1, 1), record
        # The old name is free again.
        assert load({**record, "key": "c", field: "B"})["possible_duplicates"] == 0
        # Within one file too.
        report = load({**record, "key": "c", field: "C"}, {**record, "key": "d", field: "B"})
        assert report["possible_duplicates"] == 0, record


def test_rulings_are_imported_and_exported(
    load: Callable[..., Fields], api: TestClient, editor: Headers, post: Callable[..., Response]
) -> None:
    source = {"record": "source", "kind": "other", "name": "One"}
    # The second comes after the first, which names it.
    report = load(
        {**source, "key": "a", "distinct_from": ["b", "unknown"]},
        {**source, "key": "b"},
        {"record": "claim", **CLAIM, "key": "c", "stage": "published"},
        {"record": "claim", **CLAIM, "key": "d", "distinct_from": ["c"], "stage": "published"},
    )
    assert (report["created"], report["possible_duplicates"]) == (4, 0)
    sources = {item["key"]: item for item in api.get("sources").json()["items"]}
    assert sources["a"]["distinct_from"] == [sources["b"]["id"]]
    records = [json.loads(line) for line in api.get("export", headers=editor).text.splitlines()]
    claims = {record["key"]: record for record in records if record["record"] == "claim"}
    assert claims["d"]["distinct_from"] == [claims["c"]["id"]]
    # An imported ruling on a claim on record is a new version of it.
    load({"record": "claim", **CLAIM, "key": "c", "distinct_from": ["e"]}, {"record": "claim", **CLAIM, "key": "e"})
    claim = api.get(f"claims/{claims['c']['id']}", headers=editor).json()
    assert (claim["version"], len(claim["distinct_from"])) == (2, 1)


def test_imported_captures_of_the_same_bytes_are_listed(load: Callable[..., Fields]) -> None:
    capture = {"media_type": "text/html", "sha256": "0" * 64, "byte_length": 1, "captured_at": "2025-01-12T18:00:00Z"}
    records = [
        {
            "record": "document",
            "key": f"d{number}",
            "kind": "article",
            "captures": [{"id": f"cap_01jhf3m8w5k6v0x2s9r7q4t1y{number}", **capture}],
        }
        for number in range(2)
    ]
    report = load(*records)
    assert (report["possible_duplicates"], report["duplicates"][0]["candidates"][0]["key"]) == (1, "d0")
    assert load(*records)["possible_duplicates"] == 0


def test_the_command_line_prints_possible_duplicates(url: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.jsonl"
    names = ("National Intelligence Service", "national intelligence service")
    lines = [{"record": "source", "key": f"s{n}", "name": name, "kind": "other"} for n, name in enumerate(names)]
    path.write_text("\n".join(map(json.dumps, lines)))

    result = attest(url, tmp_path, "import", path, "--strict")

    assert result.code == 0
    assert "1 possible duplicate: recorded, but equal to what is on record." in result.out
    assert "line 2: source s1 equals s0 (National Intelligence Service)" in result.out


def test_fact_checkers_may_rule(api: TestClient, key_of: Callable[[Role], Headers]) -> None:
    headers = key_of(Role.FACT_CHECKER)
    first = api.post("topics", json=TOPIC, headers=headers).json()["id"]
    assert api.post("topics", json={**TOPIC, "distinct_from": [first]}, headers=headers).status_code == 201

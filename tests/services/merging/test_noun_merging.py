"""Merging of sources, topics and documents: nothing is lost, and everything that refers to a duplicate follows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.db import migrate
from app.db.engine import Database
from app.schemas.files.publication import Publisher
from app.services.changes import actors
from app.services.publishing import dumps
from app.settings import Settings
from app.vocabulary import Role
from tests.support.attest import attest
from tests.support.problems import assert_problem

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
Merge = Callable[..., Response]

NOTICE = "The same service was recorded twice."


@pytest.fixture
def merge(api: TestClient, editor: Headers) -> Merge:
    """Merge an object into another one: `merge("sources", duplicate["id"], target["id"])`."""

    def post(plural: str, duplicate: str, into: str, *, headers: Headers = editor, **fields: Any) -> Response:
        tag = api.get(f"{plural}/{duplicate}", headers=headers, follow_redirects=False).headers["ETag"]
        body = {"into": into, "notice": NOTICE, **fields}
        return api.post(f"{plural}/{duplicate}/merge", json=body, headers={**headers, "If-Match": tag})

    return post


@pytest.fixture
def services(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """A source and its duplicate."""
    nis = {"name": "National Intelligence Service", "kind": "intelligence_service", "other_names": ["NIS"]}
    duplicate = {"name": "South Korean intelligence (NIS)", "kind": "intelligence_service", "other_names": ["국정원"]}
    return record("sources", key="nis", **nis), record("sources", key="sk-nis", **duplicate)


def original(source: str, **fields: Any) -> dict[str, Any]:
    return {"source": source, "stance": "asserts", "lineage": "original", **fields}


def read(api: TestClient, path: str, **params: str) -> Any:
    response = api.get(path, params=params or None, follow_redirects=False)
    assert response.status_code in (200, 307), response.text
    return response.json()


def news_line(api: TestClient, claim: dict[str, Any]) -> str:
    return api.get("citations", params={"claim": claim["id"], "format": "news"}).raise_for_status().text


# --- sources ---


def test_two_entries_of_one_service_are_one_origin_once_they_are_merged(
    api: TestClient, record: Record, merge: Merge, services: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    nis, duplicate = services
    topic = record("topics")["id"]
    claim = record(
        "claims",
        topic=topic,
        quantities=[{"metric": "present", "qualifier": "about", "best": 11000, "unit": "soldiers"}],
        attributions=[original(nis["id"]), original(duplicate["id"])],
    )
    assert claim["counts"]["identified_origins"] == 2
    line = news_line(api, claim)
    assert "National Intelligence Service and South Korean intelligence (NIS)" in line

    merged = merge("sources", duplicate["id"], nis["id"])
    assert merged.status_code == 200, merged.text
    assert (merged.json()["merged_into_id"], merged.json()["merge_notice"]) == (nis["id"], NOTICE)

    after = read(api, f"claims/{claim['id']}")
    assert after["version"] == claim["version"] + 1
    assert (after["counts"]["identified_origins"], after["counts"]["attributions"]) == (1, 2)
    assert [source["id"] for source in after["origins"]["origins"]] == [nis["id"]]
    assert after["origins"]["pairs"] == []
    assert {attribution["source"]["id"] for attribution in after["attributions"]} == {nis["id"]}
    line = news_line(api, claim)
    assert "National Intelligence Service said that" in line
    assert "South Korean intelligence" not in line
    estimates = read(api, f"topics/{topic}/estimates")
    assert [series["origin"]["id"] for series in estimates["series"]] == [nis["id"]]

    before = read(api, f"claims/{claim['id']}/versions/{claim['version']}")
    assert before["counts"]["identified_origins"] == 2
    assert [attribution["source"]["name"] for attribution in before["attributions"]] == [
        "National Intelligence Service",
        "South Korean intelligence (NIS)",
    ]


def test_a_merged_object_redirects_and_stays_readable(api: TestClient, record: Record, merge: Merge) -> None:
    for plural in ("sources", "topics", "documents"):
        kept, duplicate = record(plural)["id"], record(plural)["id"]
        moment = read(api, f"{plural}/{duplicate}")["recorded_at"]
        body = merge(plural, duplicate, kept).json()

        redirect = api.get(f"{plural}/{duplicate}", follow_redirects=False)
        assert (redirect.status_code, redirect.headers["Location"]) == (307, f"/api/v1/{plural}/{kept}")
        assert redirect.json() == body
        assert api.get(f"{plural}/{duplicate}").json()["id"] == kept
        tag = {"If-None-Match": redirect.headers["ETag"]}
        assert api.get(f"{plural}/{duplicate}", headers=tag, follow_redirects=False).status_code == 304

        past = api.get(f"{plural}/{duplicate}", params={"as_of": moment}, follow_redirects=False)
        assert (past.status_code, past.json()["merged_into_id"], past.json()["version"]) == (200, None, 1)
        assert [item["id"] for item in read(api, plural)["items"]] == [kept]
        assert [item["id"] for item in read(api, plural, as_of=moment)["items"]] == [kept, duplicate]
        now = api.get(f"{plural}/{duplicate}", params={"as_of": body["recorded_at"]}, follow_redirects=False)
        assert (now.status_code, now.json()["merged_into_id"]) == (200, kept)


def test_a_chain_of_merges_leads_to_the_object_that_is_in_use(
    api: TestClient, record: Record, merge: Merge, editor: Headers
) -> None:
    first, second, third = (record("sources", name=name, key=name)["id"] for name in ("A", "B", "C"))
    assert merge("sources", first, second).status_code == 200
    between = read(api, f"sources/{first}")["recorded_at"]
    assert merge("sources", second, third).status_code == 200
    redirect = api.get(f"sources/{first}", follow_redirects=False)
    assert redirect.headers["Location"] == f"/api/v1/sources/{third}"
    assert read(api, f"sources/{third}")["other_names"] == ["B", "A"]
    assert read(api, f"sources/{first}", as_of=between)["merged_into_id"] == second
    for ref in ("A", "B", first, second):
        claim = record("claims", attributions=[original(ref)])
        assert claim["attributions"][0]["source"]["id"] == third


def test_references_to_a_duplicate_count_for_the_other_source(
    api: TestClient, record: Record, merge: Merge, services: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    nis, duplicate = services
    part = record("sources", name="A department", parent=duplicate["id"])["id"]
    document = record("documents", publisher=duplicate["id"])["id"]
    claim = record("claims", adverse_to=duplicate["id"], attributions=[original(duplicate["id"])])
    draft = record("claims", stage="draft", attributions=[original(part)])
    moment = claim["recorded_at"]
    assert merge("sources", duplicate["id"], nis["id"]).status_code == 200

    assert read(api, f"sources/{part}")["parent_id"] == nis["id"]
    assert read(api, f"documents/{document}")["publisher"]["id"] == nis["id"]
    after = read(api, f"claims/{claim['id']}")
    assert (after["adverse_to"]["id"], after["version"]) == (nis["id"], claim["version"] + 1)
    assert read(api, f"sources/{nis['id']}")["other_names"] == ["NIS", "South Korean intelligence (NIS)", "국정원"]
    for ref in (duplicate["id"], "sk-nis", nis["id"]):
        for path in ("claims", "attributions", "documents?publisher={}", "sources?parent={}"):
            address = path.format(ref) if "{" in path else f"{path}?source={ref}"
            assert len(read(api, address)["items"]) == 1, address
        assert read(api, "claims", source=ref, facets="source")["facets"]["source"] == {nis["id"]: 1}
    assert [item["id"] for item in read(api, "claims", source="sk-nis", as_of=moment)["items"]] == [claim["id"]]
    assert read(api, "claims", source="nis", as_of=moment)["items"] == []
    assert [item["id"] for item in read(api, "sources", name="국정원")["items"]] == [nis["id"]]
    assert [item["id"] for item in read(api, "claims", q="국정원")["items"]] == [claim["id"]]
    history = read(api, f"claims/{claim['id']}/history")["items"]
    assert {entry["action"] for entry in history} == {"create", "merge"}
    assert draft["version"] == 1
    for suffix in ("bib", "txt", "csl.json"):
        cited = api.get(f"sources/{duplicate['id']}.{suffix}")
        assert (cited.status_code, cited.text) == (200, api.get(f"sources/{nis['id']}.{suffix}").text)


REFUSALS = [
    ("the source itself", lambda ids: (ids["A"], ids["A"]), 422, "cannot be merged into itself"),
    ("by its key", lambda ids: (ids["A"], "A"), 422, "cannot be merged into itself"),
    ("nobody", lambda ids: (ids["A"], "src_none"), 422, "no source"),
    ("a topic", lambda ids: (ids["A"], ids["topic"]), 422, "no source"),
    ("one that was merged", lambda ids: (ids["A"], ids["merged"]), 422, "was merged into"),
    ("merged already", lambda ids: (ids["merged"], ids["A"]), 409, "was already merged"),
    ("a part of its part", lambda ids: (ids["A"], ids["C"]), 409, "first correct the parent"),
]


@pytest.mark.parametrize(("_name", "pair", "status", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_merge_that_makes_no_sense_is_refused(
    *,
    record: Record,
    merge: Merge,
    _name: str,
    pair: Callable[[dict[str, str]], tuple[str, str]],
    status: int,
    message: str,
) -> None:
    ids = {"A": record("sources", name="A", key="A")["id"], "topic": record("topics")["id"]}
    ids["B"] = record("sources", name="B", parent=ids["A"])["id"]
    ids["C"] = record("sources", name="C", parent=ids["B"])["id"]
    ids["merged"] = record("sources", name="D")["id"]
    assert merge("sources", ids["merged"], record("sources", name="E")["id"]).status_code == 200
    response = merge("sources", *pair(ids))
    assert response.status_code == status, response.text
    assert message in response.text


def test_a_part_can_be_merged_into_its_organisation_and_the_other_way_round(
    api: TestClient, record: Record, merge: Merge
) -> None:
    top = record("sources", name="State")["id"]
    parent = record("sources", name="Ministry", parent=top)["id"]
    child = record("sources", name="The ministry", parent=parent)["id"]
    grandchild = record("sources", name="Office", parent=child)["id"]
    assert merge("sources", child, parent).status_code == 200
    assert read(api, f"sources/{grandchild}")["parent_id"] == parent
    assert merge("sources", parent, grandchild).status_code == 200
    assert (read(api, f"sources/{grandchild}")["parent_id"], read(api, f"sources/{child}")["parent_id"]) == (
        top,
        grandchild,
    )
    claim = record("claims", attributions=[original(grandchild)])
    assert claim["attributions"][0]["source"]["id"] == grandchild


def test_a_merged_source_cannot_be_corrected(
    api: TestClient, merge: Merge, editor: Headers, services: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    nis, duplicate = services
    merge("sources", duplicate["id"], nis["id"])
    tag = api.get(f"sources/{duplicate['id']}", follow_redirects=False).headers["ETag"]
    body = {"name": "Another", "reason": "Wrong."}
    response = api.patch(f"sources/{duplicate['id']}", json=body, headers={**editor, "If-Match": tag})
    assert_problem(response, 409)
    assert nis["id"] in response.json()["detail"]


def test_only_editors_merge_and_only_what_they_have_read(
    api: TestClient, merge: Merge, key_of: KeyOf, editor: Headers, services: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    nis, duplicate = services
    assert merge("sources", duplicate["id"], nis["id"], headers=key_of(Role.FACT_CHECKER)).status_code == 403
    path, body = f"sources/{duplicate['id']}/merge", {"into": nis["id"], "notice": NOTICE}
    assert api.post(path, json=body, headers=editor).status_code == 428
    assert api.post(path, json=body, headers={**editor, "If-Match": '"0.0"'}).status_code == 412
    tag = api.get(f"sources/{duplicate['id']}").headers["ETag"]
    headers = {**editor, "If-Match": tag, "Idempotency-Key": "merge-1"}
    responses = [api.post(path, json=body, headers=headers) for _attempt in range(2)]
    assert [response.status_code for response in responses] == [200, 200]
    assert responses[0].json() == responses[1].json()


def test_a_source_that_relays_itself_is_named_once(
    api: TestClient, record: Record, merge: Merge, services: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    nis, duplicate = services
    paper = record("sources", name="The Paper", kind="news_organisation")["id"]
    article = record("documents", publisher=paper, title="Article")["id"]
    claim = record(
        "claims",
        attributions=[
            original(nis["id"], key="a"),
            {"source": duplicate["id"], "stance": "asserts", "lineage": "relayed", "upstream": "a", "key": "b"},
            {
                "source": paper,
                "stance": "asserts",
                "lineage": "relayed",
                "upstream": "b",
                "document": article,
            },
        ],
    )
    assert merge("sources", duplicate["id"], nis["id"]).status_code == 200
    after = read(api, f"claims/{claim['id']}")
    # The chain keeps its links, and has no cycle.
    assert [[link["source"]["id"] for link in row["chain"]] for row in after["attributions"]] == [
        [],
        [nis["id"]],
        [nis["id"], nis["id"]],
    ]
    assert after["counts"]["identified_origins"] == 1
    line = news_line(api, claim)
    assert line.startswith("National Intelligence Service said that soldiers are there, according to The Paper;")
    assert "citing" not in line


def test_rulings_about_a_duplicate_count_for_the_other_source(
    *,
    api: TestClient,
    record: Record,
    merge: Merge,
    editor: Headers,
    services: tuple[dict[str, Any], dict[str, Any]],
    database: Database,
    tmp_path: Path,
) -> None:
    nis, duplicate = services
    other = record("sources", name="Another service", kind="intelligence_service")
    claim = record("claims", attributions=[original(source["id"]) for source in (nis, duplicate, other)])

    def rule(first: str, second: str, ruling: str) -> Any:
        body = {"sources": [first, second], "ruling": ruling, "reason": f"It is {ruling}."}
        response = api.post(f"claims/{claim['id']}/independence-rulings", json=body, headers=editor)
        assert response.status_code == 201, response.text
        return response.json()

    rule(nis["id"], other["id"], "not_established")
    rule(other["id"], duplicate["id"], "established")
    assert rule(nis["id"], duplicate["id"], "established")["counts"]["independent_origins"] == 2
    assert merge("sources", duplicate["id"], nis["id"]).status_code == 200

    after = read(api, f"claims/{claim['id']}")
    assert after["counts"]["independent_origins"] == 2
    (pair,) = after["origins"]["pairs"]
    assert (set(pair["source_ids"]), pair["why"]) == ({nis["id"], other["id"]}, "It is established.")
    rule(other["id"], "sk-nis", "not_established")
    assert read(api, f"claims/{claim['id']}")["counts"]["independent_origins"] == 0

    exported = api.get("export", headers=editor).content
    report = api.post("imports", content=exported, headers=editor).json()
    assert (report["refusals"], report["created"], report["revised"]) == ([], 0, 0)
    assert_dump_round_trip(database, tmp_path)


def test_ratings_of_a_duplicate_count_for_the_other_source(
    *,
    api: TestClient,
    record: Record,
    merge: Merge,
    key_of: KeyOf,
    services: tuple[dict[str, Any], dict[str, Any]],
    database: Database,
    settings: Settings,
    tmp_path: Path,
) -> None:
    nis, duplicate = services
    proposer, approver = key_of(Role.FACT_CHECKER), key_of(Role.ADMIN)
    topic, other_topic = record("topics")["id"], record("topics", title="The same?")["id"]
    claim = record("claims", topic=other_topic, attributions=[original(nis["id"])])

    def propose(**fields: Any) -> Any:
        body = {"rationale": "Often right.", **fields}
        response = api.post(f"sources/{duplicate['id']}/proposals", json=body, headers=proposer)
        assert response.status_code == 201, response.text
        return response.json()

    def approve(proposal: Any) -> None:
        path = f"proposals/{proposal['id']}/sign-offs"
        response = api.post(path, json={"verdict": "approve"}, headers=approver)
        assert response.status_code == 201, response.text

    approve(propose(reliability="B"))
    still_open = propose(reliability="C", topic=topic)
    assert merge("sources", duplicate["id"], nis["id"]).status_code == 200
    assert read(api, f"claims/{claim['id']}")["attributions"][0]["reliability"]["reliability"] == "B"
    (rating,) = read(api, f"sources/{nis['id']}/ratings")["items"]
    assert rating["reliability"] == "B"
    assert read(api, f"sources/{duplicate['id']}/ratings")["items"] == [rating]

    assert merge("topics", topic, other_topic).status_code == 200
    proposals = api.get("proposals", params={"source": nis["id"]}, headers=proposer).json()["items"]
    assert [(item["source_id"], item["topic_id"]) for item in proposals] == [
        (nis["id"], other_topic),
        (nis["id"], None),
    ]
    conflict = {"rationale": "Again.", "reliability": "D", "topic": other_topic}
    assert_problem(api.post(f"sources/{nis['id']}/proposals", json=conflict, headers=proposer), 409)
    approve(still_open)
    assert read(api, f"claims/{claim['id']}")["attributions"][0]["reliability"]["reliability"] == "C"
    assert attest(settings.database_url, settings.data_dir, "audit", "verify").code == 0
    assert_dump_round_trip(database, tmp_path)


# --- topics ---


def test_the_claims_of_a_merged_topic_answer_the_other_question(api: TestClient, record: Record, merge: Merge) -> None:
    kept, duplicate = record("topics", key="kept")["id"], record("topics", title="The same?", key="twin")["id"]
    figures = [{"metric": "present", "qualifier": "about", "best": 11000, "unit": "soldiers"}]
    first = record("claims", topic=kept, quantities=figures)
    second = record("claims", topic=duplicate, quantities=[{**figures[0], "best": 12000}])
    moment = second["recorded_at"]
    assert merge("topics", duplicate, kept).status_code == 200
    after = read(api, f"claims/{second['id']}")
    assert (after["topic"]["id"], after["version"]) == (kept, 2)
    for ref in (kept, duplicate, "twin"):
        page = read(api, "claims", topic=ref, facets="topic", sort="id")
        assert [item["id"] for item in page["items"]] == [first["id"], second["id"]]
        assert page["facets"]["topic"] == {kept: 2}
    assert [item["id"] for item in read(api, "claims", topic="twin", as_of=moment)["items"]] == [second["id"]]
    page = read(api, "claims", topic="twin", as_of=moment, facets="kind")
    assert page["facets"]["kind"] == {"troop_estimate": 1}

    redirect = api.get(f"topics/{duplicate}/estimates?limit=1", follow_redirects=False)
    assert (redirect.status_code, redirect.headers["Location"]) == (307, f"/api/v1/topics/{kept}/estimates?limit=1")
    assert len(api.get(f"topics/{duplicate}/estimates").json()["items"]) == 2
    past = api.get(f"topics/{duplicate}/estimates", params={"as_of": moment}, follow_redirects=False)
    assert (past.status_code, len(past.json()["items"])) == (200, 1)
    assert api.get(f"topics/{duplicate}.csv").text == api.get(f"topics/{kept}.csv").text


def test_a_topic_is_not_merged_into_one_that_does_not_compare_its_figures(
    api: TestClient, record: Record, merge: Merge
) -> None:
    strength, losses = record("topics")["id"], record("topics", metric_family="casualties")["id"]
    figures = [{"metric": "present", "qualifier": "about", "best": 11000, "unit": "soldiers"}]
    record("claims", topic=strength, quantities=figures)
    response = merge("topics", strength, losses)
    assert_problem(response, 409)
    assert "present" in response.json()["detail"]
    assert merge("topics", losses, strength).status_code == 200  # it has no figures


# --- documents ---


def test_captures_of_a_merged_document_are_those_of_the_other_one(
    *, api: TestClient, record: Record, merge: Merge, editor: Headers, database: Database, tmp_path: Path
) -> None:
    kept = record("documents", title="Kept", key="kept", url="https://paper.example/a")["id"]
    duplicate = record("documents", title="Twin", key="twin", url="https://paper.example/a?utm=1")["id"]
    source = record("sources", key="s")["id"]
    upload = {**editor, "Content-Type": "text/plain"}
    capture = api.post(f"documents/{duplicate}/captures", content=b"Soldiers are there.", headers=upload).json()["id"]
    quote = {"exact": "Soldiers are there."}
    evidence = {"document": duplicate, "capture": capture, "role": "supports", "key": "e"}
    claim = record("claims", attributions=[original(source, document=duplicate, quote=quote)], evidence=[evidence])
    custody = read(api, f"captures/{capture}")
    exported = api.get("export").content
    assert merge("documents", duplicate, kept).status_code == 200

    after = read(api, f"claims/{claim['id']}")
    assert after["version"] == claim["version"] + 1
    assert [part["document"]["id"] for part in (*after["attributions"], *after["evidence"])] == [kept, kept]
    assert [item["id"] for item in read(api, f"documents/{kept}")["captures"]] == [capture]
    assert read(api, f"captures/{capture}") == custody
    checks = api.get(f"claims/{claim['id']}/figures/check", headers=editor).json()["items"]
    assert [check["result"] for check in checks] == ["found"]
    second = api.post(f"documents/{duplicate}/captures", content=b"Again.", headers=upload).json()["id"]
    assert read(api, f"captures/{second}")["document_id"] == kept
    for url in ("https://paper.example/a", "https://paper.example/a?utm=1"):
        assert [item["id"] for item in read(api, "documents", url=url)["items"]] == [kept]
    more = record("evidence", claim=claim["id"], document="twin", capture=capture, role="context", key="f")
    assert more["document"]["id"] == kept

    # A file from before the merge says nothing new.
    report = api.post("imports", content=exported, headers=editor).json()
    assert (report["refusals"], report["created"], report["revised"]) == ([], 0, 0)
    report = api.post("imports", content=api.get("export").content, headers=editor).json()
    assert (report["refusals"], report["created"], report["revised"]) == ([], 0, 0)
    assert_dump_round_trip(database, tmp_path)


# --- files and the log ---


def assert_dump_round_trip(database: Database, folder: Path) -> None:
    """Dump the database, load the dump and dump it again: the files must be the same."""
    publisher = Publisher(name="The Desk", address="https://desk.example/api/v1")
    copy = Database(f"sqlite:///{folder}/copy.db", pool_size=2)
    migrate.upgrade(copy)
    for origin, name in ((database, "first"), (copy, "second")):
        with origin.reading() as connection:
            dumps.write_dump(connection, folder / name, publisher, licence="CC-BY-4.0")
        if name == "first":
            report = dumps.load_dump(
                copy, lambda connection: actors.system_actor(connection, "Test"), folder / "first", reason="Restored."
            )
            assert report.refusals == []
    for name in ("topics", "sources", "documents", "claims"):
        assert (folder / "first" / f"{name}.jsonl").read_text() == (folder / "second" / f"{name}.jsonl").read_text()
    copy.close()


def test_a_restored_dump_keeps_the_redirects(
    record: Record, merge: Merge, database: Database, tmp_path: Path, services: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    nis, duplicate = services
    earlier = record("sources", name="Earlier", key="earlier", parent=duplicate["id"])["id"]
    document = record("documents", title="Kept")["id"]
    merge("documents", record("documents", title="Twin", publisher=earlier)["id"], document)
    merge("topics", record("topics", key="twin")["id"], record("topics", key="kept")["id"])
    merge("sources", earlier, duplicate["id"])
    merge("sources", duplicate["id"], nis["id"])
    record("claims", attributions=[original(nis["id"])])
    assert_dump_round_trip(database, tmp_path)
    records = [json.loads(line) for line in (tmp_path / "first" / "sources.jsonl").read_text().splitlines()]
    merged = {line["key"]: (line["merged_into"], line["merge_notice"]) for line in records if "merged_into" in line}
    assert merged == {"sk-nis": ("nis", NOTICE), "earlier": ("nis", NOTICE)}


def test_an_import_that_names_a_duplicate_uses_the_other_source(
    api: TestClient, merge: Merge, editor: Headers, services: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    nis, duplicate = services
    merge("sources", duplicate["id"], nis["id"])
    lines = [
        {"record": "source", "key": "sk-nis", "name": "Renamed in the file", "kind": "other"},
        {
            "record": "claim",
            "key": "c",
            "kind": "other",
            "statement": "They are there.",
            "stage": "published",
            "attributions": [original("sk-nis")],
        },
    ]
    for outcome in ("created", "unchanged"):
        report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
        assert (report["refusals"], report["objects"]["claim"][outcome]) == ([], 1)
        assert report["objects"]["source"]["unchanged"] == 1
    (claim,) = read(api, "claims")["items"]
    assert [speaker["name"] for speaker in claim["attributed_to"]] == [nis["name"]]


def test_the_log_proves_a_record_with_merges(
    api: TestClient,
    record: Record,
    merge: Merge,
    settings: Settings,
    services: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    nis, duplicate = services
    record("claims", attributions=[original(nis["id"]), original(duplicate["id"])])
    merge("sources", duplicate["id"], nis["id"])
    entries = read(api, "log/entries", limit="200")["items"]
    assert any(duplicate["id"] in json.dumps(entry) for entry in entries)
    result = attest(settings.database_url, settings.data_dir, "audit", "verify")
    assert result.code == 0, result.err

"""Create, read, correct and list every noun except the claim: one table for all, then tests of single nouns."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.problems import assert_problem
from tests.support.retractions import RECORDED_WRONGLY

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]

UNKNOWN_ID = "src_01jhf3m8w5k6v0x2s9r7q4t1ya"


@dataclass(frozen=True)
class Noun:
    """A row of the table. The value `@name` is replaced by the id of that name in the fixture `ids`."""

    fields: dict[str, Any]
    """A new object with every field."""
    correction: dict[str, Any]
    """Fields of a correction."""
    nullable: tuple[str, ...]
    """Fields that may be set to null."""
    not_null: tuple[str, ...]
    """Fields that must not be null."""
    references: dict[str, str] = field(default_factory=dict)
    """Fields that refer to other objects, with the path of the id in the response."""
    dependent: dict[str, Any] = field(default_factory=dict)
    """Fields that must change together with the cleared ones."""


NOUNS: dict[str, Noun] = {
    "sources": Noun(
        {
            "name": "Головне управління розвідки",
            "kind": "intelligence_service",
            "anonymity": "described",
            "parent": "@source",
            "other_names": ["국가정보원", "HUR", "ГУР"],
            "side": "Ukraine",
            "url": "https://gur.gov.ua/",
            "description": "Military intelligence.",
        },
        {"name": "HUR", "other_names": []},
        nullable=("parent", "side", "url", "description"),
        not_null=("name", "kind", "anonymity", "other_names"),
        references={"parent": "parent_id"},
    ),
    "topics": Noun(
        {
            "title": "How many are there?",
            "subject": "soldiers",
            "metric_family": "strength",
            "place": "Kursk Oblast, Russia",
            "period": "2024-10/..",
            "note": "Counts differ.",
        },
        {"period": "2024-11/2025-01"},
        nullable=("place", "period", "note"),
        not_null=("title", "subject", "metric_family"),
    ),
    "documents": Noun(
        {
            "kind": "video",
            "title": "Допит полонених",
            "publisher": "@source",
            "author": "A. Author",
            "authors": [{"family": "Author", "given": "A.", "particle": None, "suffix": None, "literal": None}],
            "url": "https://example.org/video?v=1",
            "language": "uk",
            "published": "2025-01-11~",
            "accessed_on": "2025-01-12",
            "archive_url": "https://archive.example/1",
            "archived_on": "2025-01-13",
            "note": "Cut.",
        },
        {
            "title": "Interrogation",
            "authors": [{"family": None, "given": None, "particle": None, "suffix": None, "literal": "Desk"}],
        },
        nullable=(
            "title",
            "publisher",
            "author",
            "authors",
            "url",
            "language",
            "published",
            "accessed_on",
            "archive_url",
            "archived_on",
            "note",
        ),
        not_null=("kind",),
        references={"publisher": "publisher.id"},
    ),
    "attributions": Noun(
        {
            "claim": "@claim",
            "source": "@source",
            "stance": "partly_confirms",
            "lineage": "relayed",
            "upstream": "@attribution",
            "document": "@document",
            "said": "2025-01-12",
            "directness": "direct_quote",
            "quote": {
                "exact": " близько 11 тисяч ",
                "prefix": "there are ",
                "suffix": ".",
                "page": "A4",
                "media_time": "00:01:23",
                "language": "uk",
                "translation": "about 11 thousand",
                "translated_by": "Desk",
            },
            "search": None,
            "own_claim": "@other_claim",
            "note": "Heard twice.",
            "withdrawn": True,
            "retraction": RECORDED_WRONGLY,
        },
        {"stance": "denies"},
        nullable=("document", "said", "quote", "own_claim", "note", "upstream"),
        not_null=("source", "stance", "lineage", "directness", "withdrawn"),
        references={
            "claim": "claim_id",
            "source": "source.id",
            "document": "document.id",
            "upstream": "upstream_id",
            "own_claim": "own_claim_id",
        },
        dependent={"lineage": "unknown"},
    ),
    "evidence": Noun(
        {
            "claim": "@claim",
            "document": "@document",
            "role": "refutes",
            "description": "Two men sit.",
            "independent": False,
            "examined_on": "2025-01-12",
            "finding": "Staged.",
            "conclusive": False,
            "withdrawn": True,
        },
        {"role": "context"},
        nullable=("description", "independent", "examined_on", "finding"),
        not_null=("document", "role", "conclusive", "withdrawn"),
        references={"claim": "claim_id", "document": "document.id"},
    ),
    "relations": Noun(
        {
            "claim": "@claim",
            "relation": "contradicts",
            "other_claim": "@other_claim",
            "note": "Same day.",
            "withdrawn": True,
        },
        {"note": "Same day, same place."},
        nullable=("note",),
        not_null=("withdrawn",),
        references={"claim": "claim.id", "other_claim": "other_claim.id"},
    ),
}


@pytest.fixture
def ids(record: Record) -> dict[str, str]:
    """Ids of existing objects, by the name that the table uses."""
    source = record("sources", name="A state", key="state")["id"]
    claim = record("claims")["id"]
    return {
        "source": source,
        "document": record("documents", title="Briefing")["id"],
        "claim": claim,
        "other_claim": record("claims", statement="Others are there.")["id"],
        "attribution": record("attributions", claim=claim, source=source, stance="asserts", lineage="original")["id"],
    }


def with_ids(fields: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The fields with ids in place of `@name`."""
    return {
        name: ids[value[1:]] if isinstance(value, str) and value.startswith("@") else value
        for name, value in fields.items()
    }


def value_at(body: dict[str, Any], path: str) -> Any:
    """The value at a dotted path of a response body; None if an object on the path is null."""
    value: Any = body
    for step in path.split("."):
        value = None if value is None else value[step]
    return value


def test_an_object_is_created_read_and_listed(
    subtests: pytest.Subtests, api: TestClient, ids: dict[str, str], editor: Headers
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            fields = with_ids(noun.fields, ids)

            response = api.post(plural, json={**fields, "reason": "Seen."}, headers=editor)

            assert response.status_code == 201, response.text
            body = response.json()
            assert {name: value_at(body, noun.references.get(name, name)) for name in fields} == fields
            assert body["version"] == 1
            assert response.headers["Location"] == f"/api/v1/{plural}/{body['id']}"
            read = api.get(f"http://testserver{response.headers['Location']}")
            assert (read.status_code, read.json()) == (200, body)
            assert read.headers["ETag"] == response.headers["ETag"]
            assert api.get(f"{plural}/{body['id']}", headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
            assert body in api.get(plural, params={"limit": 200}).json()["items"]


def test_a_correction_needs_the_etag_that_was_read(
    subtests: pytest.Subtests, api: TestClient, ids: dict[str, str], editor: Headers
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            key = {} if plural == "relations" else {"key": "its key"}
            created = api.post(plural, json=with_ids(noun.fields, ids) | key, headers=editor)
            path = f"{plural}/{created.json()['id']}"
            change = {**noun.correction, "reason": "Better known."}
            headers = {**editor, "If-Match": created.headers["ETag"]}

            assert_problem(api.patch(path, json=change, headers=editor), 428)
            assert_problem(api.patch(path, json=noun.correction, headers=headers), 422, "reason")
            assert_problem(
                api.patch(path, json={**change, "id": "x", "nonsense": 1}, headers=headers), 422, "id", "nonsense"
            )
            after = api.patch(path, json=change, headers=headers)
            assert after.status_code == 200, after.text
            body = after.json()
            assert (body["version"], {name: body[name] for name in noun.correction}) == (2, noun.correction)
            # The key stays, because imports find the object by it.
            assert body["key"] == key.get("key")
            assert after.headers["ETag"] == api.get(path).headers["ETag"] != created.headers["ETag"]

            stale = api.patch(path, json=change, headers=headers)
            assert_problem(stale, 412)
            assert stale.headers["ETag"] == after.headers["ETag"]
            # A correction that changes nothing creates no version.
            repeated = api.patch(path, json=change, headers={**editor, "If-Match": after.headers["ETag"]})
            assert (repeated.status_code, repeated.json()) == (200, body)
            earlier = api.get(path, params={"as_of": created.json()["recorded_at"]}).json()
            assert {name: earlier[name] for name in noun.correction} == {
                name: noun.fields[name] for name in noun.correction
            }


def test_null_clears_optional_fields_only(
    subtests: pytest.Subtests, api: TestClient, ids: dict[str, str], editor: Headers, correct: Correct
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            created = api.post(plural, json=with_ids(noun.fields, ids), headers=editor)
            path = f"{plural}/{created.json()['id']}"
            headers = {**editor, "If-Match": created.headers["ETag"]}

            for name in noun.not_null:
                assert_problem(api.patch(path, json={name: None, "reason": "Gone."}, headers=headers), 422, name)
            assert api.get(path).json() == created.json()
            after = correct(plural, created.json()["id"], **dict.fromkeys(noun.nullable), **noun.dependent)
            assert all(value_at(after, noun.references.get(name, name)) is None for name in noun.nullable)


def test_references_to_unknown_objects_are_refused(
    subtests: pytest.Subtests, api: TestClient, ids: dict[str, str], editor: Headers
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            fields = with_ids(noun.fields, ids)
            created = api.post(plural, json=fields, headers=editor)
            headers = {**editor, "If-Match": created.headers["ETag"]}

            for name in noun.references:
                for ref in (UNKNOWN_ID, "no such key"):
                    assert_problem(api.post(plural, json={**fields, name: ref}, headers=editor), 422, name)
                if name not in ("claim", "other_claim"):
                    change = {name: "no such key", "reason": "Moved."}
                    assert_problem(
                        api.patch(f"{plural}/{created.json()['id']}", json=change, headers=headers), 422, name
                    )
            for unknown in (UNKNOWN_ID, "nonsense", "a%00b", "%F0%9F%92%A5", "x" * 65):
                status = 404 if len(unknown) < 65 and "%00" not in unknown else 422
                assert_problem(api.get(f"{plural}/{unknown}"), status)
                assert_problem(
                    api.patch(f"{plural}/{unknown}", json={**noun.correction, "reason": "?"}, headers=headers), status
                )
            assert_problem(api.delete(f"{plural}/{created.json()['id']}", headers=editor), 405)


@pytest.mark.parametrize("plural", ["sources", "topics", "documents", "claims"])
def test_a_key_is_unique_within_its_noun(plural: str, api: TestClient, record: Record, editor: Headers) -> None:
    first = record(plural, key="the key")
    required = {name: value for name, value in first.items() if name in ("name", "kind", "title", "statement")}
    if plural == "topics":
        required |= {"subject": "soldiers", "metric_family": "strength"}

    problem = assert_problem(api.post(plural, json={**required, "key": " the key "}, headers=editor), 422, "key")

    assert "already" in problem["detail"]
    assert len(api.get(plural).json()["items"]) == 1


def test_a_key_of_an_attribution_or_of_evidence_is_unique_within_the_claim(
    api: TestClient, record: Record, editor: Headers, ids: dict[str, str]
) -> None:
    for plural, fields in {
        "attributions": {"source": ids["source"], "stance": "asserts"},
        "evidence": {"document": ids["document"], "role": "context"},
    }.items():
        record(plural, claim=ids["claim"], key="k", **fields)
        record(plural, claim=ids["other_claim"], key="k", **fields)
        again = {"claim": ids["claim"], "key": "k", **fields}
        assert_problem(api.post(plural, json=again, headers=editor), 422, "key")


def test_references_are_ids_or_keys(record: Record) -> None:
    publisher = record("sources", key="above")
    record("claims", key="claim")
    record("documents", key="document", publisher="above")

    attribution = record("attributions", claim="claim", source="above", document="document", stance="asserts")

    assert attribution["source"]["id"] == attribution["document"]["publisher"]["id"] == publisher["id"]


def test_errors_in_nested_references_name_the_path_of_the_field(
    api: TestClient, editor: Headers, ids: dict[str, str]
) -> None:
    good_attribution = {"source": ids["source"], "stance": "asserts"}
    good_evidence = {"document": ids["document"], "role": "context"}
    good_relation = {"other_claim": ids["claim"], "relation": "updates"}
    table: list[tuple[dict[str, Any], str]] = [
        ({"topic": "?"}, "topic"),
        ({"adverse_to": "?"}, "adverse_to"),
        ({"attributions": [good_attribution, {**good_attribution, "source": "?"}]}, "attributions.1.source"),
        ({"attributions": [{**good_attribution, "document": "?"}]}, "attributions.0.document"),
        ({"attributions": [{**good_attribution, "own_claim": "?"}]}, "attributions.0.own_claim"),
        (
            {"attributions": [good_attribution, {**good_attribution, "lineage": "relayed", "upstream": "?"}]},
            "attributions.1.upstream",
        ),
        ({"evidence": [good_evidence, {**good_evidence, "document": "?"}]}, "evidence.1.document"),
        ({"evidence": [{**good_evidence, "capture": "?"}]}, "evidence.0.capture"),
        ({"relations": [good_relation, {**good_relation, "other_claim": "?"}]}, "relations.1.other_claim"),
    ]
    for fields, named in table:
        claim = {"kind": "other", "statement": "Something is.", **fields}
        assert_problem(api.post("claims", json=claim, headers=editor), 422, named)
    twice = {"kind": "other", "statement": "Something is.", "relations": [good_relation, good_relation]}
    assert_problem(api.post("claims", json=twice, headers=editor), 422)
    assert len(api.get("claims").json()["items"]) == 2


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\v", "\f", "\x85", "\u2028", "\u2029", "\x00", "\x1b"])
def test_names_must_not_contain_line_breaks_or_control_characters(api: TestClient, editor: Headers, sign: str) -> None:
    fields = {"kind": "person", "name": f"One{sign}Two"}

    assert_problem(api.post("sources", json=fields, headers=editor), 422, "name")


def test_any_text_is_returned_unchanged_or_refused(api: TestClient, editor: Headers) -> None:
    texts = st.text(st.characters(exclude_categories=()), max_size=30) | st.text(
        "\x00\ud800 \t\n\r\u2028=ё각\u0301", max_size=5
    )

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(name=texts, other=texts, description=texts, key=texts)
    def send(name: str, other: str, description: str, key: str) -> None:
        fields = {"name": name, "other_names": [other], "description": description, "key": key or None}
        # JSON in ASCII, because lone surrogates cannot be encoded in UTF-8.
        content = json.dumps({"kind": "person", **fields})
        response = api.post("sources", content=content, headers={**editor, "Content-Type": "application/json"})
        if response.status_code == 409:  # an earlier example had an equal name
            assert assert_problem(response, 409)["candidates"]
            return
        if response.status_code != 201:
            assert_problem(response, 422)
            return
        body = api.get(f"sources/{response.json()['id']}").json()
        assert (body["name"], body["other_names"]) == (name.strip(), [other.strip()])
        assert body["description"] == description.strip().replace("\r\n", "\n").replace("\r", "\n")
        assert body["key"] == (key.strip() or None)

    send()


def test_sources_form_a_tree(api: TestClient, record: Record, correct: Correct, editor: Headers) -> None:
    state = record("sources", name="South Korea")
    service = record("sources", name="NIS", parent=state["id"])
    office = record("sources", name="An office", parent=service["id"])

    assert [source["name"] for source in office["ancestors"]] == ["NIS", "South Korea"]
    for source, parent in ((state, state), (state, service), (state, office), (service, office)):
        tag = api.get(f"sources/{source['id']}").headers["ETag"]
        change = {"parent": parent["id"], "reason": "Reorganised."}
        response = api.patch(f"sources/{source['id']}", json=change, headers={**editor, "If-Match": tag})
        assert_problem(response, 422, "parent")
    moved = correct("sources", office["id"], parent=state["id"])
    assert [source["name"] for source in moved["ancestors"]] == ["South Korea"]
    correct("sources", state["id"], name="Republic of Korea")
    assert api.get(f"sources/{office['id']}").json()["ancestors"][0]["name"] == "Republic of Korea"
    earlier = api.get(f"sources/{office['id']}", params={"as_of": office["recorded_at"]}).json()
    assert [source["name"] for source in earlier["ancestors"]] == ["NIS", "South Korea"]


def test_lists_of_nouns_are_filtered(api: TestClient, record: Record, ids: dict[str, str]) -> None:
    child = record("sources", name="Міністерство оборони", kind="armed_force", parent="state")
    anonymous = record("sources", name="100%_sure", kind="person", anonymity="anonymous")
    topic = record("topics", title="Lost?", metric_family="casualties")
    document = record("documents", kind="report", published="2025-01", publisher="state", url="https://example.org/a")
    attribution = record(
        "attributions", claim=ids["other_claim"], source=child["id"], document=document["id"], stance="denies"
    )
    evidence = record("evidence", claim=ids["claim"], document=document["id"], role="supports")
    relation = record("relations", claim=ids["claim"], other_claim=ids["other_claim"], relation="updates")
    cases: list[tuple[str, dict[str, Any], list[str]]] = [
        ("sources", {"kind": "armed_force"}, [child["id"]]),
        ("sources", {"kind": ["armed_force", "person"]}, [child["id"], anonymous["id"]]),
        ("sources", {"anonymity": "anonymous"}, [anonymous["id"]]),
        ("sources", {"parent": "state"}, [child["id"]]),
        ("sources", {"name": "МІНІСТЕРСТВО"}, [child["id"]]),
        ("sources", {"name": "%_"}, [anonymous["id"]]),
        ("topics", {"metric_family": "casualties"}, [topic["id"]]),
        ("topics", {"metric_family": "area"}, []),
        ("documents", {"kind": "report"}, [document["id"]]),
        ("documents", {"publisher": ids["source"]}, [document["id"]]),
        ("documents", {"url": "https://example.org/a"}, [document["id"]]),
        ("documents", {"url": "https://example.org/"}, []),
        ("documents", {"date_from": "2025-01-31"}, [document["id"]]),
        ("documents", {"date_from": "2025-02"}, []),
        ("documents", {"date_to": "2025-01-01"}, [document["id"]]),
        ("documents", {"date_to": "2024"}, []),
        ("attributions", {"claim": ids["other_claim"]}, [attribution["id"]]),
        ("attributions", {"source": child["id"]}, [attribution["id"]]),
        ("attributions", {"document": document["id"]}, [attribution["id"]]),
        ("attributions", {"stance": "denies"}, [attribution["id"]]),
        ("attributions", {"stance": ["denies", "asserts"]}, [ids["attribution"], attribution["id"]]),
        ("attributions", {"stance": "denies", "source": "state"}, []),
        ("evidence", {"claim": ids["claim"]}, [evidence["id"]]),
        ("evidence", {"document": document["id"], "role": "supports"}, [evidence["id"]]),
        ("evidence", {"role": "refutes"}, []),
        ("relations", {"claim": ids["claim"]}, [relation["id"]]),
        ("relations", {"claim": ids["other_claim"]}, [relation["id"]]),
        ("relations", {"relation": "contradicts"}, []),
    ]
    for plural, params, expected in cases:
        response = api.get(plural, params=params)
        assert (response.status_code, [item["id"] for item in response.json()["items"]]) == (200, expected), (
            plural,
            params,
        )
    for plural, name in (
        ("sources", "parent"),
        ("documents", "publisher"),
        ("attributions", "claim"),
        ("attributions", "source"),
        ("attributions", "document"),
        ("evidence", "claim"),
        ("evidence", "document"),
        ("relations", "claim"),
    ):
        assert_problem(api.get(plural, params={name: "no such key"}), 422, name)


def test_lists_of_nouns_are_paginated(
    subtests: pytest.Subtests, api: TestClient, record: Record, ids: dict[str, str]
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            kinds = ["updates", "supersedes", "contradicts", "refines", "part_of"]
            expected = [item["id"] for item in api.get(plural).json()["items"]]
            for number in range(3):
                fields = with_ids(noun.fields, ids) | ({"relation": kinds[number]} if plural == "relations" else {})
                expected.append(record(plural, **fields)["id"])

            listed: list[str] = []
            cursor: dict[str, str] = {}
            pages = 0
            while pages < 10:
                page = api.get(plural, params={"limit": 2, **cursor}).json()
                listed += [item["id"] for item in page["items"]]
                pages += 1
                if page["next"] is None:
                    break
                cursor = {"cursor": page["next"]}

            assert (listed, pages) == (expected, -(-len(expected) // 2))
            other_plural = "topics" if plural == "sources" else "sources"
            assert_problem(api.get(other_plural, params=cursor), 422, "cursor")


def test_a_document_may_have_no_publisher(api: TestClient, record: Record, ids: dict[str, str]) -> None:
    document = record("documents")
    assert document["publisher"] is None
    assert document["title"] is None
    record("attributions", claim=ids["claim"], source="state", stance="asserts", document=document["id"])

    claim = api.get(f"claims/{ids['claim']}").json()

    assert claim["attributions"][1]["document"]["publisher"] is None
    assert claim["counts"]["publishers"] == 0


def test_a_relayed_attribution_shows_its_chain_and_its_origin(api: TestClient, record: Record) -> None:
    names = {name: record("sources", name=name)["id"] for name in ("ministry", "agency", "paper")}
    claim = record(
        "claims",
        attributions=[
            {"key": "first", "source": names["ministry"], "stance": "asserts", "lineage": "original"},
            {"key": "wire", "source": names["agency"], "stance": "asserts", "lineage": "relayed", "upstream": "first"},
        ],
    )
    first, wire = claim["attributions"]

    by_key = record(
        "attributions", claim=claim["id"], source=names["paper"], stance="asserts", lineage="relayed", upstream="wire"
    )
    by_id = record(
        "attributions",
        claim=claim["id"],
        source=names["paper"],
        stance="asserts",
        lineage="relayed",
        upstream=wire["id"],
    )

    for attribution in (by_key, by_id):
        assert [link["attribution_id"] for link in attribution["chain"]] == [wire["id"], first["id"]]
        assert (attribution["upstream_id"], attribution["origin_id"]) == (wire["id"], names["ministry"])
    counts = api.get(f"claims/{claim['id']}").json()["counts"]
    assert (counts["attributions"], counts["identified_origins"], counts["lineage_unknown"]) == (4, 1, 0)


def test_an_upstream_chain_has_no_cycle_and_stays_within_its_claim(
    api: TestClient, record: Record, correct: Correct, editor: Headers, ids: dict[str, str]
) -> None:
    root = ids["attribution"]
    fields_of_all = {"claim": ids["claim"], "source": ids["source"], "stance": "asserts"}
    relay = record("attributions", **fields_of_all, lineage="relayed", upstream=root)
    last = record("attributions", **fields_of_all, lineage="relayed", upstream=relay["id"])
    elsewhere = record("attributions", **{**fields_of_all, "claim": ids["other_claim"]}, key="elsewhere")

    def patched(identifier: str, **fields: Any) -> Any:
        tag = api.get(f"attributions/{identifier}").headers["ETag"]
        change = {"reason": "Lineage.", **fields}
        return api.patch(f"attributions/{identifier}", json=change, headers={**editor, "If-Match": tag})

    for upstream in (root, relay["id"], last["id"], elsewhere["id"], "elsewhere", "no such key"):
        assert_problem(patched(root, lineage="relayed", upstream=upstream), 422, "upstream")
    for upstream in (elsewhere["id"], "elsewhere"):
        new = {**fields_of_all, "lineage": "relayed", "upstream": upstream}
        assert_problem(api.post("attributions", json=new, headers=editor), 422, "upstream")
    for fields in (
        {"lineage": "relayed"},
        {"lineage": "original", "upstream": root},
        {"lineage": "unknown", "upstream": root},
    ):
        assert_problem(api.post("attributions", json={**fields_of_all, **fields}, headers=editor), 422)
    assert_problem(patched(last["id"], lineage="original"), 422)
    assert_problem(patched(last["id"], upstream=None), 422)

    # The lineage of the last attribution changes: first it relays the root, then it is an origin itself.
    moved = correct("attributions", last["id"], upstream=root)
    assert [link["attribution_id"] for link in moved["chain"]] == [root]
    own = correct("attributions", last["id"], lineage="original", upstream=None)
    assert (own["chain"], own["upstream_id"], own["origin_id"]) == ([], None, ids["source"])
    # The root may now relay it, because that is no longer a cycle.
    assert patched(root, lineage="relayed", upstream=last["id"]).status_code == 200


def test_no_statement_found_needs_a_search_and_counts_as_no_attribution(
    api: TestClient, record: Record, editor: Headers
) -> None:
    source = record("sources")["id"]
    claim = record("claims")["id"]
    search = {"on": "2025-01-12", "where": "mil.ru", "by": "Desk"}
    nothing = {"claim": claim, "source": source, "stance": "no_statement_found"}

    assert_problem(api.post("attributions", json=nothing, headers=editor), 422)
    for missing in search:
        part = {name: value for name, value in search.items() if name != missing}
        assert_problem(
            api.post("attributions", json={**nothing, "search": part}, headers=editor), 422, f"search.{missing}"
        )
    assert_problem(
        api.post("attributions", json={**nothing, "stance": "denies", "search": search}, headers=editor), 422
    )
    attribution = record("attributions", **nothing, search=search)
    assert attribution["search"] == search
    tag = api.get(f"attributions/{attribution['id']}").headers["ETag"]
    change = {"stance": "denies", "reason": "Misread."}
    assert_problem(
        api.patch(f"attributions/{attribution['id']}", json=change, headers={**editor, "If-Match": tag}), 422
    )
    assert api.get(f"claims/{claim}").json()["counts"]["attributions"] == 0


def test_a_withdrawn_attribution_is_shown_but_not_counted(
    api: TestClient, record: Record, correct: Correct, ids: dict[str, str]
) -> None:
    before = api.get(f"claims/{ids['claim']}").json()
    assert before["counts"]["identified_origins"] == 1

    correct("attributions", ids["attribution"], retraction=RECORDED_WRONGLY, note="The ministry took it back.")

    after = api.get(f"claims/{ids['claim']}").json()
    assert [attribution["withdrawn"] for attribution in after["attributions"]] == [True]
    assert set(after["counts"].values()) == {0}
    assert after["origins"] == {"origins": [], "pairs": []}
    assert after["version"] == before["version"] + 1
    assert api.get("claims", params={"source": "state"}).json()["items"] == []
    assert api.get(f"claims/{ids['claim']}/versions/{before['version']}").json() == before


def test_changes_of_evidence_and_relations_give_the_claim_a_new_version(
    api: TestClient, record: Record, correct: Correct, ids: dict[str, str]
) -> None:
    claim = f"claims/{ids['claim']}"
    start = api.get(claim).json()["version"]

    evidence = record("evidence", claim=ids["claim"], document=ids["document"], role="supports")
    correct("evidence", evidence["id"], examined_on="2025-01-12", finding="Genuine.", independent=True)
    relation = record("relations", claim=ids["other_claim"], other_claim=ids["claim"], relation="refines")
    correct("relations", relation["id"], withdrawn=True)
    correct("evidence", evidence["id"], independent=True)

    current = api.get(claim).json()
    assert current["version"] == start + 4
    assert [evidence_item["finding"] for evidence_item in current["evidence"]] == ["Genuine."]
    assert api.get(f"{claim}/versions/{start}").json()["evidence"] == []
    assert [len(api.get(f"{claim}/versions/{start + step}").json()["relations"]) for step in (2, 3)] == [0, 1]


def test_fields_of_evidence_that_depend_on_each_other(
    api: TestClient, editor: Headers, record: Record, ids: dict[str, str]
) -> None:
    required = {"claim": ids["claim"], "document": ids["document"], "role": "supports"}
    for fields in (
        {"examined_on": "2025-01-12"},
        {"finding": "Genuine."},
        {"conclusive": True},
    ):
        assert_problem(api.post("evidence", json={**required, **fields}, headers=editor), 422)


def test_a_relation_is_recorded_once_between_two_claims(
    api: TestClient, editor: Headers, record: Record, ids: dict[str, str]
) -> None:
    relation = {"claim": ids["claim"], "other_claim": ids["other_claim"], "relation": "contradicts"}
    first = record("relations", **relation)

    assert first["id"] in assert_problem(api.post("relations", json=relation, headers=editor), 409)["detail"]
    alone = {**relation, "other_claim": ids["claim"]}
    assert_problem(api.post("relations", json=alone, headers=editor), 422, "other_claim")
    both = [api.get(f"claims/{ids[name]}").json()["relations"] for name in ("claim", "other_claim")]
    assert both[0] == both[1] == [first]


def test_a_contradiction_makes_both_claims_disputable(
    api: TestClient, editor: Headers, record: Record, correct: Correct
) -> None:
    decision = {"status": "disputed", "rationale": "Another count.", "decided_on": "2025-01-14", "decided_by": "Desk"}
    required = {"kind": "other", "stage": "published", "statement": "So many are there."}

    def import_decision(key: str) -> str:
        line = json.dumps({"record": "claim", "key": key, **required, "reviews": [decision]})
        response = api.post("imports", content=line, headers=editor)
        assert response.status_code == 200, response.text
        status: str = api.get(f"claims/{claim_ids[key]}").json()["status"]
        return status

    claim_ids = {key: record("claims", key=key, **required)["id"] for key in ("first", "second", "third")}
    assert import_decision("first") == "unassessed"
    relation = record("relations", claim="first", other_claim="second", relation="contradicts")
    assert [import_decision(key) for key in claim_ids] == ["disputed", "disputed", "unassessed"]
    record("relations", claim="first", other_claim="third", relation="updates")
    correct("relations", relation["id"], withdrawn=True)
    assert import_decision("third") == "unassessed"


def test_a_topic_accepts_only_metrics_of_its_family(
    api: TestClient, editor: Headers, record: Record, correct: Correct
) -> None:
    topic = record("topics", metric_family="strength")
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 3}
    invalid = {
        "kind": "other",
        "statement": "Lost.",
        "topic": topic["id"],
        "quantities": [{**figure, "metric": "killed"}],
    }
    assert_problem(api.post("claims", json=invalid, headers=editor), 422, "quantities.0.metric")
    claim = record("claims", topic=topic["id"], quantities=[figure])
    change = {"metric_family": "casualties", "reason": "Renamed."}

    headers = {**editor, "If-Match": api.get(f"topics/{topic['id']}").headers["ETag"]}
    assert_problem(api.patch(f"topics/{topic['id']}", json=change, headers=headers), 409)

    assert correct("topics", topic["id"], metric_family="other")["metric_family"] == "other"
    correct("claims", claim["id"], topic=None)
    assert correct("topics", topic["id"], metric_family="casualties")["version"] == 3


SHARED_RULES = [
    ("claims", {"quantities": [{"metric": "present", "unit": "men", "qualifier": "exact"}]}, "quantities.0.best"),
    (
        "claims",
        {"quantities": [{"metric": "present", "unit": "men", "qualifier": "at_least", "low": 5, "best": 6}]},
        "quantities.0.best",
    ),
    ("claims", {"quantities": [{"metric": "present", "unit": "men", "qualifier": "vague"}]}, "quantities.0.verbatim"),
    (
        "claims",
        {"quantities": [{"metric": "present", "unit": "men", "qualifier": "between", "low": 6, "high": 5}]},
        "quantities.0.low",
    ),
    ("claims", {"stage": "withdrawn"}, "notice"),
    ("claims", {"attributions": [{"source": "x", "stance": "denies", "upstream": "y"}]}, "attributions.0.upstream"),
    ("claims", {"attributions": [{"source": "x", "stance": "no_statement_found"}]}, "attributions.0.search"),
    ("claims", {"evidence": [{"document": "x", "role": "supports", "finding": "Real."}]}, "evidence.0.finding"),
    ("claims", {"quantities": [{"metric": "present", "unit": "men", "qualifier": "exact", "best": 1, "cumulative": 1}]},
     "quantities.0.cumulative"),
]  # fmt: skip


@pytest.mark.parametrize(("plural", "fields", "field"), SHARED_RULES)
def test_a_rule_about_several_fields_names_the_field_to_change(
    api: TestClient, editor: dict[str, str], plural: str, fields: dict[str, Any], field: str
) -> None:
    required = {"kind": "other", "statement": "x"}
    response = api.post(plural, json={**required, **fields}, headers=editor)

    assert (response.status_code, [error["field"] for error in response.json()["errors"]]) == (422, [field])


def test_sources_are_found_by_any_of_their_names(api: TestClient, record: Callable[..., dict[str, Any]]) -> None:
    source = record("sources", name="Générale Sécurité", other_names=["Міністерство", "국가정보원"])
    for name in ("generale", "МІНІСТЕР", "정보", "sécurité"):
        assert [item["id"] for item in api.get("sources", params={"name": name}).json()["items"]] == [source["id"]], (
            name
        )

"""Every noun but the claim over the API: recorded, read, corrected, refused. One table; then what is particular."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.problems import refused

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]

NOWHERE = "src_01jhf3m8w5k6v0x2s9r7q4t1ya"


@dataclass(frozen=True)
class Noun:
    """What the table says of one noun. `@name` stands for the id of an object of `world`."""

    whole: dict[str, Any]
    """A new one in which every field is given."""
    change: dict[str, Any]
    """A correction."""
    emptied: tuple[str, ...]
    """Fields that null empties."""
    needed: tuple[str, ...]
    """Fields that must not be null."""
    refs: dict[str, str] = field(default_factory=dict)
    """Fields that name other objects, and where an answer shows the id."""
    also: dict[str, Any] = field(default_factory=dict)
    """What emptying the fields takes with it."""


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
        emptied=("parent", "side", "url", "description"),
        needed=("name", "kind", "anonymity", "other_names"),
        refs={"parent": "parent_id"},
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
        emptied=("place", "period", "note"),
        needed=("title", "subject", "metric_family"),
    ),
    "documents": Noun(
        {
            "kind": "video",
            "title": "Допит полонених",
            "publisher": "@source",
            "author": "A. Author",
            "url": "https://example.org/video?v=1",
            "language": "uk",
            "published": "2025-01-11~",
            "accessed_on": "2025-01-12",
            "archive_url": "https://archive.example/1",
            "archived_on": "2025-01-13",
            "note": "Cut.",
        },
        {"title": "Interrogation"},
        emptied=(
            "title",
            "publisher",
            "author",
            "url",
            "language",
            "published",
            "accessed_on",
            "archive_url",
            "archived_on",
            "note",
        ),
        needed=("kind",),
        refs={"publisher": "publisher.id"},
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
        },
        {"stance": "denies"},
        emptied=("document", "said", "quote", "own_claim", "note", "upstream"),
        needed=("source", "stance", "lineage", "directness", "withdrawn"),
        refs={
            "claim": "claim_id",
            "source": "source.id",
            "document": "document.id",
            "upstream": "upstream_id",
            "own_claim": "own_claim_id",
        },
        also={"lineage": "unknown"},
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
        emptied=("description", "independent", "examined_on", "finding"),
        needed=("document", "role", "conclusive", "withdrawn"),
        refs={"claim": "claim_id", "document": "document.id"},
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
        emptied=("note",),
        needed=("withdrawn",),
        refs={"claim": "claim.id", "other_claim": "other_claim.id"},
    ),
}


@pytest.fixture
def world(record: Record) -> dict[str, str]:
    """One object of each noun, by name, for others to hang on."""
    source = record("sources", name="A state", key="state")["id"]
    claim = record("claims")["id"]
    return {
        "source": source,
        "document": record("documents", title="Briefing")["id"],
        "claim": claim,
        "other_claim": record("claims", statement="Others are there.")["id"],
        "attribution": record("attributions", claim=claim, source=source, stance="asserts", lineage="original")["id"],
    }


def filled(fields: dict[str, Any], world: dict[str, str]) -> dict[str, Any]:
    """The fields with the ids of `world` in place of their names."""
    return {
        name: world[value[1:]] if isinstance(value, str) and value.startswith("@") else value
        for name, value in fields.items()
    }


def shown(body: dict[str, Any], path: str) -> Any:
    """What an answer says at a dotted path."""
    value: Any = body
    for step in path.split("."):
        value = None if value is None else value[step]
    return value


def test_is_recorded_read_and_listed(
    subtests: pytest.Subtests, api: TestClient, world: dict[str, str], editor: Headers
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            fields = filled(noun.whole, world)

            answer = api.post(plural, json={**fields, "reason": "Seen."}, headers=editor)

            assert answer.status_code == 201, answer.text
            body = answer.json()
            assert {name: shown(body, noun.refs.get(name, name)) for name in fields} == fields
            assert body["version"] == 1
            assert answer.headers["Location"] == f"/api/v1/{plural}/{body['id']}"
            read = api.get(f"http://testserver{answer.headers['Location']}")
            assert (read.status_code, read.json()) == (200, body)
            assert read.headers["ETag"] == answer.headers["ETag"]
            assert api.get(f"{plural}/{body['id']}", headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
            assert body in api.get(plural, params={"limit": 200}).json()["items"]


def test_is_corrected_as_it_was_read(
    subtests: pytest.Subtests, api: TestClient, world: dict[str, str], editor: Headers
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            keyed = {} if plural == "relations" else {"key": "its key"}
            created = api.post(plural, json=filled(noun.whole, world) | keyed, headers=editor)
            one = f"{plural}/{created.json()['id']}"
            change = {**noun.change, "reason": "Better known."}
            seen = {**editor, "If-Match": created.headers["ETag"]}

            refused(api.patch(one, json=change, headers=editor), 428)
            refused(api.patch(one, json=noun.change, headers=seen), 422, "reason")
            refused(api.patch(one, json={**change, "id": "x", "nonsense": 1}, headers=seen), 422, "id", "nonsense")
            after = api.patch(one, json=change, headers=seen)
            assert after.status_code == 200, after.text
            body = after.json()
            assert (body["version"], {name: body[name] for name in noun.change}) == (2, noun.change)
            # By its key an import knows it again.
            assert body["key"] == keyed.get("key")
            assert after.headers["ETag"] == api.get(one).headers["ETag"] != created.headers["ETag"]

            stale = api.patch(one, json=change, headers=seen)
            refused(stale, 412)
            assert stale.headers["ETag"] == after.headers["ETag"]
            # The same once more says nothing new: no version, no change.
            again = api.patch(one, json=change, headers={**editor, "If-Match": after.headers["ETag"]})
            assert (again.status_code, again.json()) == (200, body)
            then = api.get(one, params={"as_of": created.json()["recorded_at"]}).json()
            assert {name: then[name] for name in noun.change} == {name: noun.whole[name] for name in noun.change}


def test_null_empties_what_may_be_empty(
    subtests: pytest.Subtests, api: TestClient, world: dict[str, str], editor: Headers, correct: Correct
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            created = api.post(plural, json=filled(noun.whole, world), headers=editor)
            one = f"{plural}/{created.json()['id']}"
            seen = {**editor, "If-Match": created.headers["ETag"]}

            for name in noun.needed:
                refused(api.patch(one, json={name: None, "reason": "Gone."}, headers=seen), 422, name)
            assert api.get(one).json() == created.json()
            after = correct(plural, created.json()["id"], **dict.fromkeys(noun.emptied), **noun.also)
            assert all(shown(after, noun.refs.get(name, name)) is None for name in noun.emptied)


def test_names_what_it_cannot_find(
    subtests: pytest.Subtests, api: TestClient, world: dict[str, str], editor: Headers
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            fields = filled(noun.whole, world)
            created = api.post(plural, json=fields, headers=editor)
            seen = {**editor, "If-Match": created.headers["ETag"]}

            for name in noun.refs:
                for ref in (NOWHERE, "no such key"):
                    refused(api.post(plural, json={**fields, name: ref}, headers=editor), 422, name)
                if name not in ("claim", "other_claim"):
                    change = {name: "no such key", "reason": "Moved."}
                    refused(api.patch(f"{plural}/{created.json()['id']}", json=change, headers=seen), 422, name)
            for unknown in (NOWHERE, "nonsense", "a%00b", "%F0%9F%92%A5", "x" * 65):
                status = 404 if len(unknown) < 65 and "%00" not in unknown else 422
                refused(api.get(f"{plural}/{unknown}"), status)
                refused(api.patch(f"{plural}/{unknown}", json={**noun.change, "reason": "?"}, headers=seen), status)
            refused(api.delete(f"{plural}/{created.json()['id']}", headers=editor), 405)


@pytest.mark.parametrize("plural", ["sources", "topics", "documents", "claims"])
def test_a_key_names_one_object(plural: str, api: TestClient, record: Record, editor: Headers) -> None:
    first = record(plural, key="the key")
    least = {name: value for name, value in first.items() if name in ("name", "kind", "title", "statement")}
    if plural == "topics":
        least |= {"subject": "soldiers", "metric_family": "strength"}

    told = refused(api.post(plural, json={**least, "key": " the key "}, headers=editor), 422, "key")

    assert "already" in told["detail"]
    assert len(api.get(plural).json()["items"]) == 1


def test_a_key_names_one_attribution_or_piece_of_evidence_of_a_claim(
    api: TestClient, record: Record, editor: Headers, world: dict[str, str]
) -> None:
    for plural, fields in {
        "attributions": {"source": world["source"], "stance": "asserts"},
        "evidence": {"document": world["document"], "role": "context"},
    }.items():
        record(plural, claim=world["claim"], key="k", **fields)
        record(plural, claim=world["other_claim"], key="k", **fields)
        again = {"claim": world["claim"], "key": "k", **fields}
        refused(api.post(plural, json=again, headers=editor), 422, "key")


def test_refs_name_objects_by_id_or_by_key(record: Record) -> None:
    above = record("sources", key="above")
    record("claims", key="claim")
    record("documents", key="document", publisher="above")

    said = record("attributions", claim="claim", source="above", document="document", stance="asserts")

    assert said["source"]["id"] == said["document"]["publisher"]["id"] == above["id"]


def test_nested_refs_are_named_with_their_place(api: TestClient, editor: Headers, world: dict[str, str]) -> None:
    good_attribution = {"source": world["source"], "stance": "asserts"}
    good_evidence = {"document": world["document"], "role": "context"}
    good_relation = {"other_claim": world["claim"], "relation": "updates"}
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
        refused(api.post("claims", json=claim, headers=editor), 422, named)
    twice = {"kind": "other", "statement": "Something is.", "relations": [good_relation, good_relation]}
    refused(api.post("claims", json=twice, headers=editor), 422)
    assert len(api.get("claims").json()["items"]) == 2


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\v", "\f", "\x85", "\u2028", "\u2029", "\x00", "\x1b"])
def test_names_are_one_line_without_signs_that_nobody_sees(api: TestClient, editor: Headers, sign: str) -> None:
    fields = {"kind": "person", "name": f"One{sign}Two"}

    refused(api.post("sources", json=fields, headers=editor), 422, "name")


def test_any_text_comes_back_as_it_was_given_or_is_refused(api: TestClient, editor: Headers) -> None:
    wild = st.text(st.characters(exclude_categories=()), max_size=30) | st.text(
        "\x00\ud800 \t\n\r\u2028=ё각\u0301", max_size=5
    )

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(name=wild, other=wild, description=wild, key=wild)
    def whatever_is_sent(name: str, other: str, description: str, key: str) -> None:
        fields = {"name": name, "other_names": [other], "description": description, "key": key or None}
        # As ASCII, so that lone surrogates get as far as the service.
        content = json.dumps({"kind": "person", **fields})
        answer = api.post("sources", content=content, headers={**editor, "Content-Type": "application/json"})
        if answer.status_code != 201:
            refused(answer, 422)
            return
        body = api.get(f"sources/{answer.json()['id']}").json()
        assert (body["name"], body["other_names"]) == (name.strip(), [other.strip()])
        assert body["description"] == description.strip().replace("\r\n", "\n").replace("\r", "\n")
        assert body["key"] == (key.strip() or None)

    whatever_is_sent()


def test_sources_form_a_tree(api: TestClient, record: Record, correct: Correct, editor: Headers) -> None:
    state = record("sources", name="South Korea")
    service = record("sources", name="NIS", parent=state["id"])
    office = record("sources", name="An office", parent=service["id"])

    assert [one["name"] for one in office["ancestors"]] == ["NIS", "South Korea"]
    for one, parent in ((state, state), (state, service), (state, office), (service, office)):
        tag = api.get(f"sources/{one['id']}").headers["ETag"]
        change = {"parent": parent["id"], "reason": "Reorganised."}
        answer = api.patch(f"sources/{one['id']}", json=change, headers={**editor, "If-Match": tag})
        refused(answer, 422, "parent")
    moved = correct("sources", office["id"], parent=state["id"])
    assert [one["name"] for one in moved["ancestors"]] == ["South Korea"]
    correct("sources", state["id"], name="Republic of Korea")
    assert api.get(f"sources/{office['id']}").json()["ancestors"][0]["name"] == "Republic of Korea"
    then = api.get(f"sources/{office['id']}", params={"as_of": office["recorded_at"]}).json()
    assert [one["name"] for one in then["ancestors"]] == ["NIS", "South Korea"]


def test_lists_of_nouns_are_filtered(api: TestClient, record: Record, world: dict[str, str]) -> None:
    below = record("sources", name="Міністерство оборони", kind="armed_force", parent="state")
    anonymous = record("sources", name="100%_sure", kind="person", anonymity="anonymous")
    topic = record("topics", title="Lost?", metric_family="casualties")
    dated = record("documents", kind="report", published="2025-01", publisher="state", url="https://example.org/a")
    said = record("attributions", claim=world["other_claim"], source=below["id"], document=dated["id"], stance="denies")
    shown = record("evidence", claim=world["claim"], document=dated["id"], role="supports")
    related = record("relations", claim=world["claim"], other_claim=world["other_claim"], relation="updates")
    table: list[tuple[str, dict[str, Any], list[str]]] = [
        ("sources", {"kind": "armed_force"}, [below["id"]]),
        ("sources", {"kind": ["armed_force", "person"]}, [below["id"], anonymous["id"]]),
        ("sources", {"anonymity": "anonymous"}, [anonymous["id"]]),
        ("sources", {"parent": "state"}, [below["id"]]),
        ("sources", {"name": "МІНІСТЕРСТВО"}, [below["id"]]),
        ("sources", {"name": "%_"}, [anonymous["id"]]),
        ("topics", {"metric_family": "casualties"}, [topic["id"]]),
        ("topics", {"metric_family": "area"}, []),
        ("documents", {"kind": "report"}, [dated["id"]]),
        ("documents", {"publisher": world["source"]}, [dated["id"]]),
        ("documents", {"url": "https://example.org/a"}, [dated["id"]]),
        ("documents", {"url": "https://example.org/"}, []),
        ("documents", {"date_from": "2025-01-31"}, [dated["id"]]),
        ("documents", {"date_from": "2025-02"}, []),
        ("documents", {"date_to": "2025-01-01"}, [dated["id"]]),
        ("documents", {"date_to": "2024"}, []),
        ("attributions", {"claim": world["other_claim"]}, [said["id"]]),
        ("attributions", {"source": below["id"]}, [said["id"]]),
        ("attributions", {"document": dated["id"]}, [said["id"]]),
        ("attributions", {"stance": "denies"}, [said["id"]]),
        ("attributions", {"stance": ["denies", "asserts"]}, [world["attribution"], said["id"]]),
        ("attributions", {"stance": "denies", "source": "state"}, []),
        ("evidence", {"claim": world["claim"]}, [shown["id"]]),
        ("evidence", {"document": dated["id"], "role": "supports"}, [shown["id"]]),
        ("evidence", {"role": "refutes"}, []),
        ("relations", {"claim": world["claim"]}, [related["id"]]),
        ("relations", {"claim": world["other_claim"]}, [related["id"]]),
        ("relations", {"relation": "contradicts"}, []),
    ]
    for plural, params, expected in table:
        answer = api.get(plural, params=params)
        assert (answer.status_code, [one["id"] for one in answer.json()["items"]]) == (200, expected), (plural, params)
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
        refused(api.get(plural, params={name: "no such key"}), 422, name)


def test_lists_of_nouns_have_pages(
    subtests: pytest.Subtests, api: TestClient, record: Record, world: dict[str, str]
) -> None:
    for plural, noun in NOUNS.items():
        with subtests.test(plural):
            kinds = ["updates", "supersedes", "contradicts", "refines", "part_of"]
            expected = [one["id"] for one in api.get(plural).json()["items"]]
            for number in range(3):
                fields = filled(noun.whole, world) | ({"relation": kinds[number]} if plural == "relations" else {})
                expected.append(record(plural, **fields)["id"])

            found: list[str] = []
            cursor: dict[str, str] = {}
            pages = 0
            while pages < 10:
                page = api.get(plural, params={"limit": 2, **cursor}).json()
                found += [one["id"] for one in page["items"]]
                pages += 1
                if page["next"] is None:
                    break
                cursor = {"cursor": page["next"]}

            assert (found, pages) == (expected, -(-len(expected) // 2))
            other = "topics" if plural == "sources" else "sources"
            refused(api.get(other, params=cursor), 422, "cursor")


def test_a_document_may_have_no_known_publisher(api: TestClient, record: Record, world: dict[str, str]) -> None:
    nameless = record("documents")
    assert nameless["publisher"] is None
    assert nameless["title"] is None
    record("attributions", claim=world["claim"], source="state", stance="asserts", document=nameless["id"])

    whole = api.get(f"claims/{world['claim']}").json()

    assert whole["attributions"][1]["document"]["publisher"] is None
    assert whole["counts"]["publishers"] == 0


def test_a_relay_leads_back_to_its_origin(api: TestClient, record: Record) -> None:
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

    for one in (by_key, by_id):
        assert [link["attribution_id"] for link in one["chain"]] == [wire["id"], first["id"]]
        assert (one["upstream_id"], one["origin_id"]) == (wire["id"], names["ministry"])
    counts = api.get(f"claims/{claim['id']}").json()["counts"]
    assert (counts["attributions"], counts["identified_origins"], counts["lineage_unknown"]) == (4, 1, 0)


def test_a_chain_has_no_circle_and_stays_within_its_claim(
    api: TestClient, record: Record, correct: Correct, editor: Headers, world: dict[str, str]
) -> None:
    root = world["attribution"]
    say = {"claim": world["claim"], "source": world["source"], "stance": "asserts"}
    relay = record("attributions", **say, lineage="relayed", upstream=root)
    last = record("attributions", **say, lineage="relayed", upstream=relay["id"])
    elsewhere = record("attributions", **{**say, "claim": world["other_claim"]}, key="elsewhere")

    def patched(identifier: str, **fields: Any) -> Any:
        tag = api.get(f"attributions/{identifier}").headers["ETag"]
        change = {"reason": "Lineage.", **fields}
        return api.patch(f"attributions/{identifier}", json=change, headers={**editor, "If-Match": tag})

    for upstream in (root, relay["id"], last["id"], elsewhere["id"], "elsewhere", "no such key"):
        refused(patched(root, lineage="relayed", upstream=upstream), 422, "upstream")
    for upstream in (elsewhere["id"], "elsewhere"):
        new = {**say, "lineage": "relayed", "upstream": upstream}
        refused(api.post("attributions", json=new, headers=editor), 422, "upstream")
    for fields in (
        {"lineage": "relayed"},
        {"lineage": "original", "upstream": root},
        {"lineage": "unknown", "upstream": root},
    ):
        refused(api.post("attributions", json={**say, **fields}, headers=editor), 422)
    refused(patched(last["id"], lineage="original"), 422)
    refused(patched(last["id"], upstream=None), 422)

    # The lineage moves: the last one is found to have it from the origin, then to be an origin itself.
    moved = correct("attributions", last["id"], upstream=root)
    assert [link["attribution_id"] for link in moved["chain"]] == [root]
    own = correct("attributions", last["id"], lineage="original", upstream=None)
    assert (own["chain"], own["upstream_id"], own["origin_id"]) == ([], None, world["source"])
    # What was below may now be above.
    assert patched(root, lineage="relayed", upstream=last["id"]).status_code == 200


def test_what_was_found_in_no_search_is_no_statement(api: TestClient, record: Record, editor: Headers) -> None:
    source = record("sources")["id"]
    claim = record("claims")["id"]
    search = {"on": "2025-01-12", "where": "mil.ru", "by": "Desk"}
    nothing = {"claim": claim, "source": source, "stance": "no_statement_found"}

    refused(api.post("attributions", json=nothing, headers=editor), 422)
    for missing in search:
        part = {name: value for name, value in search.items() if name != missing}
        refused(api.post("attributions", json={**nothing, "search": part}, headers=editor), 422, f"search.{missing}")
    refused(api.post("attributions", json={**nothing, "stance": "denies", "search": search}, headers=editor), 422)
    found = record("attributions", **nothing, search=search)
    assert found["search"] == search
    tag = api.get(f"attributions/{found['id']}").headers["ETag"]
    change = {"stance": "denies", "reason": "Misread."}
    refused(api.patch(f"attributions/{found['id']}", json=change, headers={**editor, "If-Match": tag}), 422)
    assert api.get(f"claims/{claim}").json()["counts"]["attributions"] == 0


def test_a_withdrawn_attribution_stays_and_counts_no_more(
    api: TestClient, record: Record, correct: Correct, world: dict[str, str]
) -> None:
    before = api.get(f"claims/{world['claim']}").json()
    assert before["counts"]["identified_origins"] == 1

    correct("attributions", world["attribution"], withdrawn=True, note="The ministry took it back.")

    after = api.get(f"claims/{world['claim']}").json()
    assert [one["withdrawn"] for one in after["attributions"]] == [True]
    assert set(after["counts"].values()) == {0}
    assert after["origins"] == {"origins": [], "pairs": []}
    assert after["version"] == before["version"] + 1
    assert api.get("claims", params={"source": "state"}).json()["items"] == []
    assert api.get(f"claims/{world['claim']}/versions/{before['version']}").json() == before


def test_whatever_hangs_on_a_claim_gives_it_a_new_version(
    api: TestClient, record: Record, correct: Correct, world: dict[str, str]
) -> None:
    claim = f"claims/{world['claim']}"
    start = api.get(claim).json()["version"]

    evidence = record("evidence", claim=world["claim"], document=world["document"], role="supports")
    correct("evidence", evidence["id"], examined_on="2025-01-12", finding="Genuine.", independent=True)
    related = record("relations", claim=world["other_claim"], other_claim=world["claim"], relation="refines")
    correct("relations", related["id"], withdrawn=True)
    correct("evidence", evidence["id"], independent=True)

    now = api.get(claim).json()
    assert now["version"] == start + 4
    assert [one["finding"] for one in now["evidence"]] == ["Genuine."]
    assert api.get(f"{claim}/versions/{start}").json()["evidence"] == []
    assert [len(api.get(f"{claim}/versions/{start + step}").json()["relations"]) for step in (2, 3)] == [0, 1]


def test_evidence_holds_together(api: TestClient, editor: Headers, record: Record, world: dict[str, str]) -> None:
    least = {"claim": world["claim"], "document": world["document"], "role": "supports"}
    for fields in (
        {"examined_on": "2025-01-12"},
        {"finding": "Genuine."},
        {"conclusive": True},
    ):
        refused(api.post("evidence", json={**least, **fields}, headers=editor), 422)


def test_a_relation_is_recorded_once_between_two_claims(
    api: TestClient, editor: Headers, record: Record, world: dict[str, str]
) -> None:
    relation = {"claim": world["claim"], "other_claim": world["other_claim"], "relation": "contradicts"}
    first = record("relations", **relation)

    assert first["id"] in refused(api.post("relations", json=relation, headers=editor), 409)["detail"]
    alone = {**relation, "other_claim": world["claim"]}
    refused(api.post("relations", json=alone, headers=editor), 422, "other_claim")
    both = [api.get(f"claims/{world[name]}").json()["relations"] for name in ("claim", "other_claim")]
    assert both[0] == both[1] == [first]


def test_a_claim_is_disputed_by_one_that_contradicts_it_whichever_says_so(
    api: TestClient, editor: Headers, record: Record, correct: Correct
) -> None:
    decision = {"status": "disputed", "rationale": "Another count.", "decided_on": "2025-01-14", "decided_by": "Desk"}
    least = {"kind": "other", "stage": "published", "statement": "So many are there."}

    def decided(key: str) -> str:
        line = json.dumps({"record": "claim", "key": key, **least, "reviews": [decision]})
        answer = api.post("imports", content=line, headers=editor)
        assert answer.status_code == 200, answer.text
        status: str = api.get(f"claims/{ids[key]}").json()["status"]
        return status

    ids = {key: record("claims", key=key, **least)["id"] for key in ("first", "second", "third")}
    assert decided("first") == "unassessed"
    relation = record("relations", claim="first", other_claim="second", relation="contradicts")
    assert [decided(key) for key in ids] == ["disputed", "disputed", "unassessed"]
    record("relations", claim="first", other_claim="third", relation="updates")
    correct("relations", relation["id"], withdrawn=True)
    assert decided("third") == "unassessed"


def test_a_topic_keeps_the_metrics_of_its_claims(
    api: TestClient, editor: Headers, record: Record, correct: Correct
) -> None:
    topic = record("topics", metric_family="strength")
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 3}
    wrong = {
        "kind": "other",
        "statement": "Lost.",
        "topic": topic["id"],
        "quantities": [{**figure, "metric": "killed"}],
    }
    refused(api.post("claims", json=wrong, headers=editor), 422, "quantities.0.metric")
    claim = record("claims", topic=topic["id"], quantities=[figure])
    change = {"metric_family": "casualties", "reason": "Renamed."}

    seen = {**editor, "If-Match": api.get(f"topics/{topic['id']}").headers["ETag"]}
    refused(api.patch(f"topics/{topic['id']}", json=change, headers=seen), 409)

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
def test_a_rule_that_fields_share_names_the_field_to_mend(
    api: TestClient, editor: dict[str, str], plural: str, fields: dict[str, Any], field: str
) -> None:
    least = {"kind": "other", "statement": "x"}
    answer = api.post(plural, json={**least, **fields}, headers=editor)

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


def test_sources_are_found_by_any_of_their_names(api: TestClient, record: Callable[..., dict[str, Any]]) -> None:
    source = record("sources", name="Générale Sécurité", other_names=["Міністерство", "국가정보원"])
    for name in ("generale", "МІНІСТЕР", "정보", "sécurité"):
        assert [one["id"] for one in api.get("sources", params={"name": name}).json()["items"]] == [source["id"]], name

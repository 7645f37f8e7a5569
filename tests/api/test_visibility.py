"""Visibility: no public route shows a draft or reveals that it exists."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.vocabulary import Role
from tests.support.problems import assert_problem

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]

UNKNOWN_ID = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"

Request = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """A published claim, and a draft that is related to it in every possible way."""

    public: str
    draft: str
    topic: str
    source: str
    document: str
    capture: str
    hidden: dict[str, str]
    """Paths of the draft and of its parts, by what they show."""
    secrets: list[str]
    """Texts and identifiers that only the desk may read."""


@pytest.fixture
def desk(api: TestClient, editor: Headers, record: Record, correct: Correct) -> Desk:
    """A published claim and a draft with the same source and document, related in both directions."""
    source = record("sources", name="Ministry")["id"]
    rival = record("sources", name="Rival")["id"]
    topic = record("topics")["id"]
    document = record("documents", title="Briefing")["id"]
    capture = api.post(f"documents/{document}/captures", content=b"<p>Zebras.</p>", headers=editor).json()
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact"}
    attribution_fields = {"source": source, "document": document, "stance": "asserts", "lineage": "original"}
    draft = record(
        "claims",
        stage="draft",
        key="zebra-key",
        statement="Zebras are there.",
        note="Zebra note.",
        place="Zebraville",
        time="2025-01-02",
        topic=topic,
        quantities=[{**figure, "best": 7700112345}],
        attributions=[
            {**attribution_fields, "quote": {"exact": "zebra quote"}},
            {"source": rival, "stance": "alleges", "lineage": "original", "note": "zebra"},
        ],
        evidence=[{"document": document, "role": "supports", "description": "zebra evidence"}],
    )
    public = record(
        "claims",
        statement="Soldiers are there.",
        time="2025-01-02",
        topic=topic,
        quantities=[{**figure, "best": 10}],
        attributions=[
            attribution_fields,
            {"source": rival, "stance": "disputes_figure", "lineage": "original", "own_claim": draft["id"]},
        ],
        relations=[{"relation": "contradicts", "other_claim": draft["id"], "note": "zebra relation"}],
    )
    back = record("relations", claim=draft["id"], other_claim=public["id"], relation="updates", note="zebra back")
    correct("relations", back["id"], note="zebra back again")
    attribution, evidence = draft["attributions"][0]["id"], draft["evidence"][0]["id"]
    relation = public["relations"][0]["id"]
    return Desk(
        public=public["id"],
        draft=draft["id"],
        topic=topic,
        source=source,
        document=document,
        capture=capture["id"],
        hidden={
            "claim": f"claims/{draft['id']}",
            "version": f"claims/{draft['id']}/versions/1",
            "history": f"claims/{draft['id']}/history",
            "reviews": f"claims/{draft['id']}/reviews",
            "rulings": f"claims/{draft['id']}/independence-rulings",
            "attribution": f"attributions/{attribution}",
            "evidence": f"evidence/{evidence}",
            "relation": f"relations/{relation}",
            "relation back": f"relations/{back['id']}",
        },
        secrets=["ebra", "7700112345", draft["id"], attribution, evidence, relation, back["id"]],
    )


def public_reads(desk: Desk, moment: str) -> list[Request]:
    """Path and parameters of public requests, on every route that reads."""
    claim, then = f"claims/{desk.public}", {"as_of": moment}
    lists: list[Request] = [
        ("claims", {"facets": "status,kind,stage,topic,metric,source"}),
        ("claims", {"q": "zebra*"}),
        ("claims", {"q": "ministry", "facets": "metric,source"}),
        ("claims", {"source": desk.source}),
        ("claims", {"topic": desk.topic, "metric": "present", "value_min": 77000}),
        ("claims", {"place": "zebra"}),
        ("claims", {"stance": "alleges"}),
        ("claims", {"stage": ["published", "withdrawn"], "sort": "-recorded"}),
        ("attributions", {}),
        ("attributions", {"source": desk.source}),
        ("attributions", {"document": desk.document}),
        ("attributions", {"claim": desk.public}),
        ("evidence", {}),
        ("evidence", {"document": desk.document}),
        ("relations", {}),
        ("relations", {"claim": desk.public}),
        ("activity", {}),
        ("sources", {}),
        ("topics", {}),
        ("documents", {}),
        (f"topics/{desk.topic}/estimates", {}),
        ("export", {}),
        *(("export", {"format": name}) for name in EXPORT_FORMATS),
        ("export", {"format": "json_ld", "claim": desk.public}),
        ("export", {"format": "jsonl", "stage": ["published", "withdrawn"]}),
        ("claims.csv", {"topic": desk.topic}),
        ("export", {"q": "zebra*"}),
        *(("citations", {"format": name, "include": "statement,decision"}) for name in CITATION_FORMATS),
        ("progress", {}),
        ("citations", {"q": "zebra*"}),
    ]
    objects: list[Request] = [
        (claim, {}),
        (f"{claim}/history", {}),
        (f"{claim}/reviews", {}),
        (f"{claim}/independence-rulings", {}),
        (f"sources/{desk.source}", {}),
        (f"sources/{desk.source}/ratings", {}),
        (f"topics/{desk.topic}", {}),
        (f"documents/{desk.document}", {}),
        (f"captures/{desk.capture}", {}),
        ("citations", {"claim": desk.public, "include": "statement,decision"}),
        ("citations", {"document": desk.document, "cited_source": desk.source}),
    ]
    both = [*lists, *objects]
    return [
        *both,
        *((path, {**params, **then}) for path, params in both),
        (f"{claim}/versions/1", {}),
        ("citations/check", {"cited": f"{desk.public}@1"}),
        ("progress", {}),
        ("log", {}),
        ("log/checkpoint", {}),
        ("log/inclusion", {"object": f"claim/{desk.public}"}),
        ("log/consistency", {"first": "1"}),
        ("health", {}),
        ("vocabulary", {}),
        ("openapi.json", {}),
    ]


def desk_only_paths(desk: Desk) -> list[str]:
    """Paths that only the desk may read, because captured files are protected by copyright."""
    return [f"captures/{desk.capture}/content", f"claims/{desk.public}/figures/check"]


def public_headers(key_of: KeyOf) -> list[Headers]:
    """Headers of clients outside the desk: without a key, and with a reader's key."""
    return [{}, key_of(Role.READER)]


@pytest.mark.parametrize("stage", ["draft", "in_review"])
def test_no_route_shows_a_draft_to_the_public(
    stage: str, api: TestClient, desk: Desk, correct: Correct, key_of: KeyOf
) -> None:
    moment = correct("claims", desk.draft, stage=stage)["recorded_at"]
    # Each stage with a different client, to save time: no code depends on both.
    headers = key_of(Role.READER) if stage == "draft" else {}
    for path in desk.hidden.values():
        assert_problem(api.get(path, headers=headers), 404)
    for path, params in public_reads(desk, moment):
        response = api.get(path, params=params, headers=headers)
        assert response.status_code == 200, (path, params, response.text)
        leaked = [secret for secret in desk.secrets if secret in response.text]
        assert not leaked, (path, params, leaked)
    for path in desk_only_paths(desk):
        assert_problem(api.get(path, headers=headers), 403 if headers else 401)


def test_these_tests_read_every_public_route(api: TestClient, desk: Desk) -> None:
    read = {f"/api/v1/{path}" for path, _params in public_reads(desk, "now")} | {
        f"/api/v1/{path}" for path in (*desk.hidden.values(), *desk_only_paths(desk))
    }
    # It shows id and time of drafts on purpose, but nothing else: see decision 11, and test_log.
    read.add("/api/v1/log/entries")
    paths: dict[str, Any] = api.get("openapi.json").json()["paths"]
    public = [path for path, methods in paths.items() if {} in methods.get("get", {}).get("security", [])]
    assert len(public) > 20
    for template in public:
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        assert any(re.fullmatch(pattern, path) for path in read), f"{template} is not in the table"


def test_a_draft_cannot_be_told_from_a_claim_that_does_not_exist(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for path in desk.hidden.values():
        identifier = path.split("/")[1]
        for headers in public_headers(key_of):
            problem = assert_problem(api.get(path, headers=headers), 404)
            expected = assert_problem(api.get(path.replace(identifier, UNKNOWN_ID), headers=headers), 404)
            assert problem["detail"].replace(identifier, UNKNOWN_ID) == expected["detail"]


def test_filters_do_not_reveal_that_a_draft_exists(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for plural in ("attributions", "evidence", "relations"):
        for headers in public_headers(key_of):
            for ref in (desk.draft, "zebra-key"):
                problem = assert_problem(api.get(plural, params={"claim": ref}, headers=headers), 422, "claim")
                expected = assert_problem(api.get(plural, params={"claim": UNKNOWN_ID}, headers=headers), 422, "claim")
                assert problem == expected
        response = api.get(plural, params={"claim": "zebra-key"}, headers=key_of(Role.FACT_CHECKER))
        assert (response.status_code, len(response.json()["items"]) > 0) == (200, True)


def test_listing_drafts_needs_a_key_of_the_desk(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for path in ("claims", "export"):
        for stage in ("draft", "in_review", ["published", "draft"]):
            for headers in public_headers(key_of):
                assert_problem(api.get(path, params={"stage": stage}, headers=headers), 403)
                assert_problem(api.get(path, params={"stage": stage, "q": "nothing"}, headers=headers), 403)
            response = api.get(path, params={"stage": stage}, headers=key_of(Role.FACT_CHECKER))
            assert response.status_code == 200


def test_the_desk_sees_its_drafts(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for role in (Role.FACT_CHECKER, Role.EDITOR, Role.ADMIN):
        headers = key_of(role)
        for path in desk.hidden.values():
            assert api.get(path, headers=headers).status_code == 200
        claim = api.get(f"claims/{desk.public}", headers=headers).json()
        assert len(claim["relations"]) == 2
        assert claim["attributions"][1]["own_claim_id"] == desk.draft
        drafts = api.get("claims", params={"q": "zebras", "stage": ["draft", "in_review"]}, headers=headers).json()
        assert [item["id"] for item in drafts["items"]] == [desk.draft]
        # Drafts are listed only on request.
        assert [item["id"] for item in api.get("claims", headers=headers).json()["items"]] == [desk.public]
        history = api.get(f"claims/{desk.public}/history", headers=headers).json()["items"]
        assert {entry["noun"] for entry in history} == {"claim", "attribution", "relation"}
        # Exports are passed on to others, so they contain drafts only on request.
        for name in EXPORT_FORMATS.keys() - {"parquet"}:
            exported = api.get("export", params={"format": name}, headers=headers).text
            assert "Soldiers are there" in exported or name == "claim_review", name
            assert not any(secret in exported for secret in (desk.draft, "ebra", "7700112345")), name
        assert desk.draft in api.get("export", params={"stage": ["published", "draft"]}, headers=headers).text
        assert desk.draft not in api.get("export", params={"claim": desk.public}, headers=headers).text
        selected = api.get("export", params={"claim": [desk.public, desk.draft]}, headers=headers).text
        assert selected.count("zebra-key") > 1


def test_publishing_a_draft_does_not_publish_its_earlier_versions(
    api: TestClient, desk: Desk, correct: Correct, key_of: KeyOf, editor: Headers
) -> None:
    before = api.get(f"claims/{desk.draft}", headers=editor).json()
    assert api.get(f"claims/{desk.public}").json()["relations"] == []

    after = correct("claims", desk.draft, stage="published", statement="Soldiers are there, too.")

    for headers in public_headers(key_of):
        for path in desk.hidden.values():
            status = 404 if "versions" in path else 200
            assert api.get(path, headers=headers).status_code == status, path
        assert_problem(api.get(f"claims/{desk.draft}", params={"as_of": before["recorded_at"]}, headers=headers), 404)
        history = api.get(f"claims/{desk.draft}/history", headers=headers).json()["items"]
        assert (history[0]["noun"], history[0]["version"]) == ("claim", after["version"])
        # The parts appear with the publication: nothing reveals when or why the desk recorded them.
        assert {(entry["seq"], entry["reason"]) for entry in history} == {(history[0]["seq"], history[0]["reason"])}
        assert "Zebras are there" not in api.get(f"claims/{desk.draft}/history", headers=headers).text
        assert len(api.get(f"claims/{desk.public}", headers=headers).json()["relations"]) == 2
        # The version that was published without the draft never changes.
        version = api.get(f"claims/{desk.public}/versions/1", headers=headers).json()
        assert (version["relations"], version["attributions"][1]["own_claim_id"]) == ([], None)


def test_stages_that_follow_each_other_and_the_roles_that_may_set_them(
    api: TestClient, record: Record, editor: Headers, key_of: KeyOf
) -> None:
    checker = key_of(Role.FACT_CHECKER)

    def step(headers: Headers, identifier: str, **fields: Any) -> Any:
        tag = api.get(f"claims/{identifier}", headers=headers).headers["ETag"]
        body = {"reason": "Next step.", **fields}
        return api.patch(f"claims/{identifier}", json=body, headers={**headers, "If-Match": tag})

    new = {"kind": "other", "statement": "Something is."}
    drafted = api.post("claims", json=new, headers=checker).json()
    assert drafted["stage"] == "draft"
    claim_id = drafted["id"]
    problem = assert_problem(api.post("claims", json={**new, "stage": "published"}, headers=checker), 403)
    assert "editor" in problem["detail"]
    assert_problem(api.post("claims", json={**new, "stage": "withdrawn", "notice": "Wrong."}, headers=editor), 409)
    assert_problem(step(editor, claim_id, stage="withdrawn", notice="Wrong."), 409)
    assert_problem(step(checker, claim_id, stage="published"), 403)
    assert step(checker, claim_id, stage="in_review").status_code == 200
    assert step(checker, claim_id, stage="draft").status_code == 200
    assert step(editor, claim_id, stage="published").status_code == 200
    # A fact-checker may correct a published claim, but not withdraw it.
    assert step(checker, claim_id, place="Kursk").status_code == 200
    assert_problem(step(checker, claim_id, stage="withdrawn", notice="Wrong."), 403)
    for stage in ("draft", "in_review"):
        assert_problem(step(editor, claim_id, stage=stage), 409)
    assert_problem(step(editor, claim_id, stage="withdrawn"), 422)
    withdrawn = step(editor, claim_id, stage="withdrawn", notice="The ministry took it back.")
    assert withdrawn.status_code == 200
    assert_problem(step(editor, claim_id, stage="draft"), 409)
    assert_problem(step(editor, claim_id, notice=None), 422)


def test_a_withdrawn_claim_stays_readable_with_its_notice(
    api: TestClient, desk: Desk, correct: Correct, key_of: KeyOf
) -> None:
    published = api.get(f"claims/{desk.public}").json()

    correct("claims", desk.public, stage="withdrawn", notice="We had misread the briefing.")

    for headers in public_headers(key_of):
        claim = api.get(f"claims/{desk.public}", headers=headers).json()
        assert (claim["stage"], claim["notice"]) == ("withdrawn", "We had misread the briefing.")
        for params, facets in (
            ({}, None),
            ({"q": "soldiers"}, None),
            ({"topic": desk.topic}, None),
            ({"facets": "stage"}, {"stage": {}}),
        ):
            page = api.get("claims", params=params, headers=headers).json()
            assert (page["items"], page["facets"]) == ([], facets), params
        listed = api.get("claims", params={"stage": "withdrawn"}, headers=headers).json()["items"]
        assert [(item["id"], item["notice"]) for item in listed] == [(desk.public, "We had misread the briefing.")]
        assert api.get(f"topics/{desk.topic}/estimates", headers=headers).json()["items"] == []
        then = {"as_of": published["recorded_at"]}
        assert api.get(f"claims/{desk.public}", params=then, headers=headers).json() == published
        assert len(api.get("claims", params=then, headers=headers).json()["items"]) == 1
        assert len(api.get("attributions", params={"claim": desk.public}, headers=headers).json()["items"]) == 2


def test_a_public_claim_does_not_reveal_that_a_draft_relates_to_it(
    api: TestClient, record: Callable[..., dict[str, Any]], correct: Callable[..., dict[str, Any]]
) -> None:
    public, draft = record("claims"), record("claims", statement="Draft.", stage="draft")
    relation = record("relations", claim=draft["id"], relation="updates", other_claim=public["id"])
    correct("relations", relation["id"], note="Closer.")
    correct("claims", draft["id"], place="Kursk")

    assert api.get(f"claims/{public['id']}").json()["version"] == 1

    correct("claims", draft["id"], stage="published")

    after = api.get(f"claims/{public['id']}").json()
    assert (after["version"], [relation["claim"]["id"] for relation in after["relations"]]) == (2, [draft["id"]])

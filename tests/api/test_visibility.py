"""What the public may see. A draft is the desk's: no route may show it, or tell that it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.vocabulary import Role
from tests.support.problems import refused

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]

NOWHERE = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"

Request = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """A published claim, and a draft that is tied to it in every way that there is."""

    public: str
    draft: str
    topic: str
    source: str
    document: str
    capture: str
    hidden: dict[str, str]
    """What hangs on the draft: paths by what they are."""
    secrets: list[str]
    """Words and identifiers that only the desk may read."""


@pytest.fixture
def desk(api: TestClient, editor: Headers, record: Record, correct: Correct) -> Desk:
    """A published claim and a draft, both said by one source in one document, related both ways."""
    source = record("sources", name="Ministry")["id"]
    rival = record("sources", name="Rival")["id"]
    topic = record("topics")["id"]
    document = record("documents", title="Briefing")["id"]
    captured = api.post(f"documents/{document}/captures", content=b"<p>Zebras.</p>", headers=editor).json()
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact"}
    said = {"source": source, "document": document, "stance": "asserts", "lineage": "original"}
    draft = record(
        "claims",
        stage="draft",
        key="zebra-key",
        statement="Zebras are there.",
        note="Zebra note.",
        place="Zebraville",
        time="2025-01-02",
        topic=topic,
        quantities=[{**figure, "best": 77001}],
        attributions=[
            {**said, "quote": {"exact": "zebra quote"}},
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
            said,
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
        capture=captured["id"],
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
        secrets=["ebra", "77001", draft["id"], attribution, evidence, relation, back["id"]],
    )


def reads(desk: Desk, moment: str) -> list[Request]:
    """Requests that the public may make, on every route that reads."""
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


def refused_reads(desk: Desk) -> list[str]:
    """Routes that are for the desk alone: what stands in captured files is others' to publish."""
    return [f"captures/{desk.capture}/content", f"claims/{desk.public}/figures/check"]


def everybody(key_of: KeyOf) -> list[Headers]:
    """Those who are not of the desk: without a key, and with a reader's."""
    return [{}, key_of(Role.READER)]


@pytest.mark.parametrize("stage", ["draft", "in_review"])
def test_no_route_shows_a_draft_to_the_public(
    stage: str, api: TestClient, desk: Desk, correct: Correct, key_of: KeyOf
) -> None:
    moment = correct("claims", desk.draft, stage=stage)["recorded_at"]
    # Each stage with another reader, to save time: in no line of code do the two meet.
    headers = key_of(Role.READER) if stage == "draft" else {}
    for path in desk.hidden.values():
        refused(api.get(path, headers=headers), 404)
    for path, params in reads(desk, moment):
        answer = api.get(path, params=params, headers=headers)
        assert answer.status_code == 200, (path, params, answer.text)
        told = [secret for secret in desk.secrets if secret in answer.text]
        assert not told, (path, params, told)
    for path in refused_reads(desk):
        refused(api.get(path, headers=headers), 403 if headers else 401)


def test_every_route_that_reads_is_looked_at(api: TestClient, desk: Desk) -> None:
    asked = {f"/api/v1/{path}" for path, _params in reads(desk, "now")} | {
        f"/api/v1/{path}" for path in (*desk.hidden.values(), *refused_reads(desk))
    }
    # It tells of drafts by id and time on purpose, and nothing else of them: see decision 11, and test_log.
    asked.add("/api/v1/log/entries")
    paths: dict[str, Any] = api.get("openapi.json").json()["paths"]
    # Those that are open to the public: of people and keys nothing is, and nothing of the record is told there.
    known = [path for path, methods in paths.items() if {} in methods.get("get", {}).get("security", [])]
    for path in known:
        start, _, end = path.partition("{identifier}")
        end = end.replace("{version}", "1")
        assert any(one.startswith(start) and one.endswith(end) for one in asked), f"{path} is not in the table"


def test_a_draft_is_as_if_it_were_not_there(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for path in desk.hidden.values():
        identifier = path.split("/")[1]
        for headers in everybody(key_of):
            told = refused(api.get(path, headers=headers), 404)
            other = refused(api.get(path.replace(identifier, NOWHERE), headers=headers), 404)
            assert told["detail"].replace(identifier, NOWHERE) == other["detail"]


def test_a_draft_cannot_be_probed_for_by_filters(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for plural in ("attributions", "evidence", "relations"):
        for headers in everybody(key_of):
            for ref in (desk.draft, "zebra-key"):
                told = refused(api.get(plural, params={"claim": ref}, headers=headers), 422, "claim")
                other = refused(api.get(plural, params={"claim": NOWHERE}, headers=headers), 422, "claim")
                assert told == other
        shown = api.get(plural, params={"claim": "zebra-key"}, headers=key_of(Role.FACT_CHECKER))
        assert (shown.status_code, len(shown.json()["items"]) > 0) == (200, True)


def test_asking_for_drafts_takes_a_key_of_the_desk(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for path in ("claims", "export"):
        for stage in ("draft", "in_review", ["published", "draft"]):
            for headers in everybody(key_of):
                refused(api.get(path, params={"stage": stage}, headers=headers), 403)
                refused(api.get(path, params={"stage": stage, "q": "nothing"}, headers=headers), 403)
            answer = api.get(path, params={"stage": stage}, headers=key_of(Role.FACT_CHECKER))
            assert answer.status_code == 200


def test_the_desk_sees_its_drafts(api: TestClient, desk: Desk, key_of: KeyOf) -> None:
    for role in (Role.FACT_CHECKER, Role.EDITOR, Role.ADMIN):
        headers = key_of(role)
        for path in desk.hidden.values():
            assert api.get(path, headers=headers).status_code == 200
        whole = api.get(f"claims/{desk.public}", headers=headers).json()
        assert len(whole["relations"]) == 2
        assert whole["attributions"][1]["own_claim_id"] == desk.draft
        found = api.get("claims", params={"q": "zebras", "stage": ["draft", "in_review"]}, headers=headers).json()
        assert [one["id"] for one in found["items"]] == [desk.draft]
        # Nobody has drafts among the published by accident.
        assert [one["id"] for one in api.get("claims", headers=headers).json()["items"]] == [desk.public]
        told = api.get(f"claims/{desk.public}/history", headers=headers).json()["items"]
        assert {one["noun"] for one in told} == {"claim", "attribution", "relation"}
        # What is exported is handed on: it has drafts only for whoever asks for them.
        for name in EXPORT_FORMATS.keys() - {"parquet"}:
            exported = api.get("export", params={"format": name}, headers=headers).text
            assert "Soldiers are there" in exported or name == "claim_review", name
            assert not any(secret in exported for secret in (desk.draft, "ebra", "77001")), name
        assert desk.draft in api.get("export", params={"stage": ["published", "draft"]}, headers=headers).text
        assert desk.draft not in api.get("export", params={"claim": desk.public}, headers=headers).text
        picked = api.get("export", params={"claim": [desk.public, desk.draft]}, headers=headers).text
        assert picked.count("zebra-key") > 1


def test_what_is_published_was_a_draft_before(
    api: TestClient, desk: Desk, correct: Correct, key_of: KeyOf, editor: Headers
) -> None:
    before = api.get(f"claims/{desk.draft}", headers=editor).json()
    assert api.get(f"claims/{desk.public}").json()["relations"] == []

    after = correct("claims", desk.draft, stage="published", statement="Soldiers are there, too.")

    for headers in everybody(key_of):
        for path in desk.hidden.values():
            status = 404 if "versions" in path else 200
            assert api.get(path, headers=headers).status_code == status, path
        refused(api.get(f"claims/{desk.draft}", params={"as_of": before["recorded_at"]}, headers=headers), 404)
        told = api.get(f"claims/{desk.draft}/history", headers=headers).json()["items"]
        assert (told[0]["noun"], told[0]["version"]) == ("claim", after["version"])
        # What hung on the draft came with the publication: nothing tells when the desk recorded it, or why.
        assert {(one["seq"], one["reason"]) for one in told} == {(told[0]["seq"], told[0]["reason"])}
        assert "Zebras are there" not in api.get(f"claims/{desk.draft}/history", headers=headers).text
        assert len(api.get(f"claims/{desk.public}", headers=headers).json()["relations"]) == 2
        # The version that was public without it says the same for ever.
        version = api.get(f"claims/{desk.public}/versions/1", headers=headers).json()
        assert (version["relations"], version["attributions"][1]["own_claim_id"]) == ([], None)


def test_the_way_of_a_claim_to_the_public_and_out_of_it(
    api: TestClient, record: Record, editor: Headers, key_of: KeyOf
) -> None:
    checker = key_of(Role.FACT_CHECKER)

    def step(headers: Headers, identifier: str, **fields: Any) -> Any:
        tag = api.get(f"claims/{identifier}", headers=headers).headers["ETag"]
        change = {"reason": "Next step.", **fields}
        return api.patch(f"claims/{identifier}", json=change, headers={**headers, "If-Match": tag})

    new = {"kind": "other", "statement": "Something is."}
    drafted = api.post("claims", json=new, headers=checker).json()
    assert drafted["stage"] == "draft"
    one = drafted["id"]
    told = refused(api.post("claims", json={**new, "stage": "published"}, headers=checker), 403)
    assert "editor" in told["detail"]
    refused(api.post("claims", json={**new, "stage": "withdrawn", "notice": "Wrong."}, headers=editor), 409)
    refused(step(editor, one, stage="withdrawn", notice="Wrong."), 409)
    refused(step(checker, one, stage="published"), 403)
    assert step(checker, one, stage="in_review").status_code == 200
    assert step(checker, one, stage="draft").status_code == 200
    assert step(editor, one, stage="published").status_code == 200
    # A fact-checker corrects what is public, and still does not take it back.
    assert step(checker, one, place="Kursk").status_code == 200
    refused(step(checker, one, stage="withdrawn", notice="Wrong."), 403)
    for stage in ("draft", "in_review"):
        refused(step(editor, one, stage=stage), 409)
    refused(step(editor, one, stage="withdrawn"), 422)
    withdrawn = step(editor, one, stage="withdrawn", notice="The ministry took it back.")
    assert withdrawn.status_code == 200
    refused(step(editor, one, stage="draft"), 409)
    refused(step(editor, one, notice=None), 422)


def test_what_is_withdrawn_stays_readable_with_its_notice(
    api: TestClient, desk: Desk, correct: Correct, key_of: KeyOf
) -> None:
    published = api.get(f"claims/{desk.public}").json()

    correct("claims", desk.public, stage="withdrawn", notice="We had misread the briefing.")

    for headers in everybody(key_of):
        read = api.get(f"claims/{desk.public}", headers=headers).json()
        assert (read["stage"], read["notice"]) == ("withdrawn", "We had misread the briefing.")
        for params in ({}, {"q": "soldiers"}, {"topic": desk.topic}, {"facets": "stage"}):
            found = api.get("claims", params=params, headers=headers).json()
            assert (found["items"], found["facets"] or {}) in (([], {}), ([], {"stage": {}}))
        asked = api.get("claims", params={"stage": "withdrawn"}, headers=headers).json()["items"]
        assert [(one["id"], one["notice"]) for one in asked] == [(desk.public, "We had misread the briefing.")]
        assert api.get(f"topics/{desk.topic}/estimates", headers=headers).json()["items"] == []
        then = {"as_of": published["recorded_at"]}
        assert api.get(f"claims/{desk.public}", params=then, headers=headers).json() == published
        assert len(api.get("claims", params=then, headers=headers).json()["items"]) == 1
        assert len(api.get("attributions", params={"claim": desk.public}, headers=headers).json()["items"]) == 2


def test_a_public_claim_does_not_tell_that_a_draft_relates_to_it(
    api: TestClient, record: Callable[..., dict[str, Any]], correct: Callable[..., dict[str, Any]]
) -> None:
    public, draft = record("claims"), record("claims", statement="Draft.", stage="draft")
    relation = record("relations", claim=draft["id"], relation="updates", other_claim=public["id"])
    correct("relations", relation["id"], note="Closer.")
    correct("claims", draft["id"], place="Kursk")

    assert api.get(f"claims/{public['id']}").json()["version"] == 1

    correct("claims", draft["id"], stage="published")

    after = api.get(f"claims/{public['id']}").json()
    assert (after["version"], [one["claim"]["id"] for one in after["relations"]]) == (2, [draft["id"]])

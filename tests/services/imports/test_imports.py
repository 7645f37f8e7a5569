"""Imports over the API: how a file updates the record, and the report in the response."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.vocabulary import Role
from tests.support.retractions import RECORDED_WRONGLY

Json = dict[str, Any]
Import = Callable[..., Json]

MINISTRY = {"record": "source", "key": "ministry", "name": "A ministry", "kind": "government"}
PAPER = {"record": "source", "key": "paper", "name": "A paper", "kind": "news_organisation"}
TOPIC = {
    "record": "topic",
    "key": "strength",
    "title": "How many?",
    "subject": "soldiers",
    "metric_family": "strength",
}


def claim(key: str = "strength-1", best: int = 11000, **fields: Any) -> Json:
    """A claim record with one figure by the ministry."""
    return {
        "record": "claim",
        "key": key,
        "kind": "troop_estimate",
        "statement": f"About {best} soldiers are there.",
        "topic": "strength",
        "time": "2025-01-12",
        "stage": "published",
        "quantities": [{"metric": "present", "unit": "soldiers", "qualifier": "about", "best": best}],
        "attributions": [{"key": "origin", "source": "ministry", "stance": "asserts", "lineage": "original"}],
        **fields,
    }


@pytest.fixture
def load(api: TestClient, editor: dict[str, str]) -> Import:
    """Import records over the API and return the report."""

    def post(*records: Any, status: int = 200, **parameters: Any) -> Json:
        content = "\n".join(record if isinstance(record, str) else json.dumps(record) for record in records)
        response = api.post("imports", content=content.encode(), params=parameters, headers=editor)
        assert response.status_code == status, response.text
        report: Json = response.json()
        return report

    return post


def row_counts(report: Json) -> tuple[int, int, int, int]:
    """The numbers of rows created, unchanged, revised and refused."""
    return report["created"], report["unchanged"], report["revised"], report["refused"]


def read_only_claim(api: TestClient, **parameters: Any) -> Json:
    """The only claim of the list, with all its fields."""
    (item,) = api.get("claims", params=parameters).json()["items"]
    claim_read: Json = api.get(f"claims/{item['id']}").json()
    return claim_read


def test_importing_a_file_twice_changes_nothing(api: TestClient, load: Import) -> None:
    file = [MINISTRY, TOPIC, claim(reviews=[DECISION])]

    assert row_counts(load(*file)) == (3, 0, 0, 0)
    before = read_only_claim(api)
    assert row_counts(load(*file)) == (0, 3, 0, 0)

    assert read_only_claim(api) == before
    assert (before["status"], before["version"], before["review"]["claim_version"]) == ("unconfirmed", 2, 1)


DECISION = {
    "status": "unconfirmed",
    "rationale": "One source says so.",
    "decided_on": "2025-01-12",
    "decided_by": "Desk",
}


def test_a_newer_file_revises_the_record(api: TestClient, load: Import) -> None:
    load(MINISTRY, TOPIC, claim(reviews=[DECISION]))

    report = load({**MINISTRY, "name": "The ministry"}, TOPIC, claim(best=12000, reviews=[DECISION]), reason="Newer.")

    assert row_counts(report) == (0, 1, 2, 0)
    after = read_only_claim(api)
    assert (after["quantities"][0]["best"], after["attributions"][0]["source"]["name"]) == (12000, "The ministry")
    assert after["review"]["stale"]
    last_event = api.get(f"claims/{after['id']}/history").json()["items"][-1]
    assert last_event["reason"] == "Newer."
    assert {"field": "quantities.0.best", "before": 11000, "after": 12000} in last_event["changes"]


def test_fields_that_a_file_does_not_set_are_kept(api: TestClient, load: Import, correct: Callable[..., Json]) -> None:
    load(MINISTRY, TOPIC, claim())
    before = read_only_claim(api)
    correct("claims", before["id"], note="Ours.", place="Kursk")
    correct("claims", before["id"], stage="withdrawn", notice="Taken back.")

    assert row_counts(load(MINISTRY, TOPIC, claim())) == (0, 3, 0, 0)

    after = api.get(f"claims/{before['id']}").json()
    assert (after["note"], after["place"], after["stage"]) == ("Ours.", "Kursk", "withdrawn")


# --- human corrections ---

PAPER_SAYS = {"key": "relay", "source": "paper", "stance": "asserts", "lineage": "relayed", "upstream": "origin"}
DOCUMENT = {"record": "document", "key": "page", "kind": "article", "title": "A page"}
EVIDENCE = {"key": "shown", "document": "page", "role": "context"}
FILE = [PAPER, MINISTRY, TOPIC, DOCUMENT, claim(place="Kursk", attributions=[
    {"key": "origin", "source": "ministry", "stance": "asserts", "lineage": "original"}, PAPER_SAYS,
    {"source": "paper", "stance": "speculates"},
], evidence=[EVIDENCE, {"document": "page", "role": "supports"}])]  # fmt: skip

FIGURE = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 10_500}


def correct_source(api: TestClient, correct: Callable[..., Json]) -> None:
    """Correct the name of the source."""
    (paper,) = api.get("sources", params={"kind": "news_organisation"}).json()["items"]
    correct("sources", paper["id"], name="The Paper")


def correct_place(api: TestClient, correct: Callable[..., Json]) -> None:
    """Correct the place of the claim in two steps."""
    correct("claims", read_only_claim(api)["id"], place="Sudzha")
    correct("claims", read_only_claim(api)["id"], place="Sudzha, Kursk Oblast")


def correct_figure(api: TestClient, correct: Callable[..., Json]) -> None:
    """Correct the figure of the claim."""
    correct("claims", read_only_claim(api)["id"], quantities=[FIGURE])


def correct_attribution(number: int, **fields: Any) -> Callable[..., None]:
    """An action that corrects an attribution of the claim, with a key or without."""

    def act(api: TestClient, correct: Callable[..., Json]) -> None:
        correct("attributions", read_only_claim(api)["attributions"][number]["id"], **fields)

    return act


def correct_evidence(number: int) -> Callable[..., None]:
    """An action that corrects a piece of evidence, with a key or without."""
    return lambda api, correct: correct("evidence", read_only_claim(api)["evidence"][number]["id"], role="refutes")


CORRECTIONS: dict[str, Callable[..., None]] = {
    "a source": correct_source,
    "a claim, twice": correct_place,
    "a figure": correct_figure,
    "an attribution": correct_attribution(0, stance="confirms"),
    "a withdrawn attribution": correct_attribution(1, retraction=RECORDED_WRONGLY),
    "an attribution without a key": correct_attribution(2, stance="alleges"),
    "evidence": correct_evidence(0),
    "evidence without a key": correct_evidence(1),
}


@pytest.mark.parametrize("act", CORRECTIONS.values(), ids=CORRECTIONS)
def test_a_repeated_import_does_not_undo_human_corrections(
    api: TestClient, load: Import, correct: Callable[..., Json], act: Callable[..., None]
) -> None:
    load(*FILE)
    act(api, correct)
    before = read_only_claim(api)

    assert row_counts(load(*FILE)) == (0, 5, 0, 0)

    assert read_only_claim(api) == before


def test_a_new_value_in_a_file_replaces_a_human_correction(
    api: TestClient, load: Import, correct: Callable[..., Json]
) -> None:
    load(*FILE)
    correct_place(api, correct)
    newer = [*FILE[:-1], {**FILE[-1], "place": "Belgorod"}]

    assert row_counts(load(*newer)) == (0, 4, 1, 0)
    assert read_only_claim(api)["place"] == "Belgorod"
    # An older file does not bring back a value that people replaced, but it does replace the value of a newer file.
    assert row_counts(load(*FILE)) == (0, 5, 0, 0)
    assert row_counts(load(*FILE[:-1], {**FILE[-1], "place": "Bryansk"})) == (0, 4, 1, 0)
    assert row_counts(load(*newer)) == (0, 4, 1, 0)
    assert read_only_claim(api)["place"] == "Belgorod"


def test_a_joined_claim_that_people_corrected_stays_joined(
    api: TestClient, load: Import, correct: Callable[..., Json]
) -> None:
    theirs = claim("theirs", joins="ours", attributions=[{"key": "a", "source": "ministry", "stance": "asserts"}])
    ours = claim("ours", joins="theirs", attributions=[{"key": "b", "source": "paper", "stance": "asserts"}])
    load(PAPER, MINISTRY, TOPIC, theirs)
    load(PAPER, MINISTRY, TOPIC, ours)
    correct_place(api, correct)

    for file in (theirs, ours):
        assert row_counts(load(PAPER, MINISTRY, TOPIC, {**file, "place": None})) == (0, 4, 0, 0)

    assert read_only_claim(api)["place"] == "Sudzha, Kursk Oblast"


def test_a_note_that_people_rewrote_is_kept(api: TestClient, load: Import, correct: Callable[..., Json]) -> None:
    remark = {"record": "note", "claim": "strength-1", "note": "Of the file."}
    load(*FILE, remark)
    correct("claims", read_only_claim(api)["id"], note="Of the desk.")

    load(*FILE, remark)

    assert read_only_claim(api)["note"] == "Of the desk."


KILLED = {"metric": "killed", "unit": "men", "qualifier": "exact", "best": 1}
ATTRIBUTION = {"source": "ministry", "stance": "asserts"}

INVALID_ROWS = [
    ("not JSON", "{nope", "", "is not JSON"),
    ("an unknown kind", {**MINISTRY, "kind": "ministry"}, "kind", "must be 'person', 'government',"),
    ("an unknown field", {**MINISTRY, "colour": "red"}, "colour", "there is no such field or parameter"),
    ("a missing field", {"record": "source", "key": "x", "kind": "ngo"}, "name", "must be given"),
    (
        "no such source",
        claim("c2", attributions=[{**ATTRIBUTION, "source": "nobody"}]),
        "attributions.0.source",
        "there is no source with this id or key",
    ),
    ("no such topic", claim("c2", topic="nothing"), "topic", "there is no topic with this id or key"),
    (
        "a metric of another family",
        claim("c2", quantities=[KILLED]),
        "quantities.0.metric",
        "must be one of deployed_total, present, because the topic compares figures of the family 'strength'",
    ),
    (
        "no such upstream",
        claim("c2", attributions=[{**ATTRIBUTION, "lineage": "relayed", "upstream": "x"}]),
        "attributions.0.upstream",
        "must be the id or key of an attribution of this claim",
    ),
    (
        "no such document",
        claim("c2", evidence=[{"document": "nothing", "role": "supports"}]),
        "evidence.0.document",
        "there is no document with this id or key",
    ),
    (
        "a decision with too little evidence",
        claim("c2", reviews=[{**DECISION, "status": "confirmed"}]),
        "reviews.0.status",
        "'confirmed' needs supporting evidence that is independent",
    ),
    ("an invalid date", claim("c2", time="12 January"), "time", "is not an EDTF date"),
    (
        "a relation to nothing",
        claim("c2", relations=[{"relation": "updates", "other_claim": "nothing"}]),
        "relations.0.other_claim",
        "there is no claim with this id or key",
    ),
]


@pytest.mark.parametrize(
    ("invalid_row", "field", "reason"), [row[1:] for row in INVALID_ROWS], ids=[row[0] for row in INVALID_ROWS]
)
def test_an_invalid_row_is_reported_and_the_others_are_imported(
    api: TestClient, load: Import, invalid_row: Any, field: str, reason: str
) -> None:
    report = load(MINISTRY, TOPIC, invalid_row, claim())

    assert report["refused"] == 1
    (refusal,) = report["refusals"]
    assert (refusal["line"], refusal["field"]) == (3, field)
    assert refusal["reason"].startswith(reason)
    assert "11000" in " ".join(item["statement"] for item in api.get("claims").json()["items"])


def test_a_refused_decision_leaves_its_claim_unassessed(api: TestClient, load: Import) -> None:
    report = load(MINISTRY, TOPIC, claim(reviews=[{**DECISION, "status": "confirmed"}]))

    assert (row_counts(report), report["objects"]["claim"]["created"]) == ((2, 0, 0, 1), 1)
    assert read_only_claim(api)["status"] == "unassessed"


def test_a_strict_import_stores_all_rows_or_none(api: TestClient, load: Import) -> None:
    problem = load(MINISTRY, TOPIC, {**PAPER, "kind": "?"}, claim(), strict=True, status=422)

    assert "1 of 4 rows" in problem["detail"]
    assert [error["field"] for error in problem["errors"]] == ["line 3: kind"]
    assert api.get("sources").json()["items"] == []


def test_a_dry_run_reports_and_writes_nothing(api: TestClient, load: Import) -> None:
    report = load(MINISTRY, TOPIC, claim(), dry_run=True)

    assert (row_counts(report), report["dry_run"]) == ((3, 0, 0, 0), True)
    assert api.get("sources").json()["items"] == []


def relay(name: str, other: str, best: int = 11000) -> Json:
    """The ministry's figure, reported by a relay that joins the claim of another relay."""
    return claim(
        f"{name}/1",
        best,
        statement=f"{best} soldiers are there.",
        joins=f"{other}/1",
        attributions=[
            {"key": "origin", "source": "ministry", "stance": "asserts", "lineage": "original"},
            {"key": name, "source": name, "stance": "asserts", "lineage": "relayed", "upstream": "origin"},
        ],
    )


RELAYS = [{"record": "source", "key": name, "name": f"Relay {name}", "kind": "dataset"} for name in ("one", "two")]


def test_two_relays_of_one_figure_are_one_claim_with_one_origin(api: TestClient, load: Import) -> None:
    load(MINISTRY, TOPIC, *RELAYS, relay("one", "two"))

    assert row_counts(load(relay("two", "one"))) == (0, 0, 1, 0)

    assert row_counts(load(relay("one", "two"), relay("two", "one"))) == (0, 2, 0, 0)
    joined = read_only_claim(api)
    assert [(attribution["source"]["name"], len(attribution["chain"])) for attribution in joined["attributions"]] == [
        ("A ministry", 0),
        ("Relay one", 1),
        ("Relay two", 1),
    ]
    assert (joined["counts"]["attributions"], joined["counts"]["identified_origins"]) == (3, 1)


def test_two_relays_of_different_figures_are_two_claims_that_conflict(api: TestClient, load: Import) -> None:
    load(MINISTRY, TOPIC, *RELAYS, relay("one", "two"), relay("two", "one", best=12000))

    (topic,) = api.get("topics").json()["items"]
    estimates = api.get(f"topics/{topic['id']}/estimates").json()
    assert estimates["conflict_count"] == 1
    assert [quantity["best"] for quantity in estimates["conflicts"][0]["quantities"]] == [11000, 12000]


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_relay_with_another_figure_separates_from_the_joined_claim(api: TestClient, load: Import, name: str) -> None:
    other = "two" if name == "one" else "one"
    load(MINISTRY, TOPIC, *RELAYS, relay("one", "two"), relay("two", "one"))

    assert row_counts(load(relay(name, other, best=12000))) == (0, 0, 1, 0)

    items_by_figure = {item["quantities"][0]["best"]: item for item in api.get("claims").json()["items"]}
    attribution_keys = {
        best: [
            attribution["key"]
            for attribution in api.get(f"claims/{item['id']}").json()["attributions"]
            if not attribution["withdrawn"]
        ]
        for best, item in items_by_figure.items()
    }
    assert attribution_keys == {11000: ["origin", other], 12000: ["origin", name]}
    assert row_counts(load(relay(name, other, best=12000), relay(other, name))) == (0, 2, 0, 0)


def test_a_note_reaches_its_claim_after_it_was_joined(api: TestClient, load: Import) -> None:
    load(MINISTRY, TOPIC, *RELAYS, relay("one", "two"), relay("two", "one"))
    note = {"record": "note", "claim": "two/1", "joins": "one/1", "note": "Includes a correction of −25."}

    assert row_counts(load(note)) == (0, 0, 1, 0)
    assert row_counts(load(note)) == (0, 1, 0, 0)

    after = read_only_claim(api)
    assert (after["note"], after["content_version"]) == ("Includes a correction of −25.", 1)
    assert load({**note, "claim": "x", "joins": "y"})["refusals"][0]["field"] == "claim"


def test_a_partial_file_creates_only_the_topics_that_it_uses(api: TestClient, load: Import) -> None:
    day = {"date": "2024-11-03", "day": 984, "tank": 9182, "submarines": None}

    def topics() -> list[str]:
        return sorted(item["key"] for item in api.get("topics").json()["items"])

    assert row_counts(load(json.dumps([day]))) == (1, 0, 0, 0)
    assert topics() == ["ua-mod-losses/tank"]
    assert row_counts(load(json.dumps([day]))) == (0, 1, 0, 0)
    assert row_counts(load(json.dumps([{**day, "submarines": 1}]))) == (1, 0, 0, 0)
    assert topics() == ["ua-mod-losses/submarines", "ua-mod-losses/tank"]


def test_claims_may_relate_to_claims_later_in_the_file(api: TestClient, load: Import) -> None:
    first = claim("first", relations=[{"relation": "contradicts", "other_claim": "second"}])

    assert row_counts(load(MINISTRY, TOPIC, first, claim("second", best=5))) == (4, 0, 0, 0)
    assert row_counts(load(MINISTRY, TOPIC, first, claim("second", best=5))) == (0, 4, 0, 0)

    (relation,) = api.get("relations").json()["items"]
    assert relation["other_claim"]["statement"] == "About 5 soldiers are there."


def test_only_editors_can_import(api: TestClient, key_of: Callable[[Role], dict[str, str]]) -> None:
    assert api.post("imports", content=b"[]").status_code == 401
    assert api.post("imports", content=b"[]", headers=key_of(Role.FACT_CHECKER)).status_code == 403


def test_refusals_name_the_row_within_a_line(load: Import) -> None:
    report = load(json.dumps([MINISTRY, {**PAPER, "kind": "nope"}, TOPIC, claim()]))

    assert (report["rows"], row_counts(report)) == (4, (3, 0, 0, 1))
    assert [(refusal["line"], refusal["row"], refusal["field"]) for refusal in report["refusals"]] == [(1, 2, "kind")]

"""Imports: what a file says is laid over what is on record; over the API, with the report that it answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

Json = dict[str, Any]
Import = Callable[..., Json]

MINISTRY = {"record": "source", "key": "ministry", "name": "A ministry", "kind": "government"}
PARIS = {"record": "source", "key": "paper", "name": "A paper", "kind": "news_organisation"}
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
    """Import records over the API; the report."""

    def post(*records: Any, status: int = 200, **parameters: Any) -> Json:
        body = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in records)
        answer = api.post("imports", content=body.encode(), params=parameters, headers=editor)
        assert answer.status_code == status, answer.text
        report: Json = answer.json()
        return report

    return post


def rows(report: Json) -> tuple[int, int, int, int]:
    """Rows created, unchanged, revised and refused."""
    return report["created"], report["unchanged"], report["revised"], report["refused"]


def only_claim(api: TestClient, **parameters: Any) -> Json:
    """The one claim that there is, whole."""
    (item,) = api.get("claims", params=parameters).json()["items"]
    whole: Json = api.get(f"claims/{item['id']}").json()
    return whole


def test_a_file_is_taken_once(api: TestClient, load: Import) -> None:
    file = [MINISTRY, TOPIC, claim(reviews=[DECISION])]

    assert rows(load(*file)) == (3, 0, 0, 0)
    before = only_claim(api)
    assert rows(load(*file)) == (0, 3, 0, 0)

    assert only_claim(api) == before
    assert (before["status"], before["version"], before["review"]["claim_version"]) == ("unconfirmed", 2, 1)


DECISION = {
    "status": "unconfirmed",
    "rationale": "One source says so.",
    "decided_on": "2025-01-12",
    "decided_by": "Desk",
}


def test_a_newer_file_makes_revisions(api: TestClient, load: Import) -> None:
    load(MINISTRY, TOPIC, claim(reviews=[DECISION]))

    report = load({**MINISTRY, "name": "The ministry"}, TOPIC, claim(best=12000, reviews=[DECISION]), reason="Newer.")

    assert rows(report) == (0, 1, 2, 0)
    after = only_claim(api)
    assert (after["quantities"][0]["best"], after["attributions"][0]["source"]["name"]) == (12000, "The ministry")
    assert after["review"]["stale"]
    told = api.get(f"claims/{after['id']}/history").json()["items"][-1]
    assert told["reason"] == "Newer."
    assert {"field": "quantities.0.best", "before": 11000, "after": 12000} in told["changes"]


def test_what_a_file_does_not_say_is_left_alone(api: TestClient, load: Import, correct: Callable[..., Json]) -> None:
    load(MINISTRY, TOPIC, claim())
    whole = only_claim(api)
    correct("claims", whole["id"], note="Ours.", place="Kursk")
    correct("claims", whole["id"], stage="withdrawn", notice="Taken back.")

    assert rows(load(MINISTRY, TOPIC, claim())) == (0, 3, 0, 0)

    after = api.get(f"claims/{whole['id']}").json()
    assert (after["note"], after["place"], after["stage"]) == ("Ours.", "Kursk", "withdrawn")


# --- what people have corrected since ---

PAPER_SAYS = {"key": "relay", "source": "paper", "stance": "asserts", "lineage": "relayed", "upstream": "origin"}
DOCUMENT = {"record": "document", "key": "page", "kind": "article", "title": "A page"}
SHOWN = {"key": "shown", "document": "page", "role": "context"}
FILE = [PARIS, MINISTRY, TOPIC, DOCUMENT, claim(place="Kursk", attributions=[
    {"key": "origin", "source": "ministry", "stance": "asserts", "lineage": "original"}, PAPER_SAYS,
    {"source": "paper", "stance": "speculates"},
], evidence=[SHOWN, {"document": "page", "role": "supports"}])]  # fmt: skip

FIGURE = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 10_500}


def correct_source(api: TestClient, correct: Callable[..., Json]) -> None:
    """Its name."""
    (paper,) = api.get("sources", params={"kind": "news_organisation"}).json()["items"]
    correct("sources", paper["id"], name="The Paper")


def correct_place(api: TestClient, correct: Callable[..., Json]) -> None:
    """In two steps."""
    correct("claims", only_claim(api)["id"], place="Sudzha")
    correct("claims", only_claim(api)["id"], place="Sudzha, Kursk Oblast")


def correct_figure(api: TestClient, correct: Callable[..., Json]) -> None:
    """The figure."""
    correct("claims", only_claim(api)["id"], quantities=[FIGURE])


def correct_attribution(number: int, **fields: Any) -> Callable[..., None]:
    """An attribution of the claim, with a key or without."""

    def act(api: TestClient, correct: Callable[..., Json]) -> None:
        correct("attributions", only_claim(api)["attributions"][number]["id"], **fields)

    return act


def correct_evidence(number: int) -> Callable[..., None]:
    """A piece of evidence, with a key or without."""
    return lambda api, correct: correct("evidence", only_claim(api)["evidence"][number]["id"], role="refutes")


CORRECTIONS: dict[str, Callable[..., None]] = {
    "a source": correct_source,
    "a claim, twice": correct_place,
    "a figure": correct_figure,
    "an attribution": correct_attribution(0, stance="confirms"),
    "an attribution, taken back": correct_attribution(1, withdrawn=True),
    "an attribution without a key": correct_attribution(2, stance="alleges"),
    "evidence": correct_evidence(0),
    "evidence without a key": correct_evidence(1),
}


@pytest.mark.parametrize("act", CORRECTIONS.values(), ids=CORRECTIONS)
def test_a_file_does_not_undo_what_people_have_corrected(
    api: TestClient, load: Import, correct: Callable[..., Json], act: Callable[..., None]
) -> None:
    load(*FILE)
    act(api, correct)
    before = only_claim(api)

    assert rows(load(*FILE)) == (0, 5, 0, 0)

    assert only_claim(api) == before


def test_what_a_file_says_anew_it_says_over_corrections_too(
    api: TestClient, load: Import, correct: Callable[..., Json]
) -> None:
    load(*FILE)
    correct_place(api, correct)
    newer = [*FILE[:-1], {**FILE[-1], "place": "Belgorod"}]

    assert rows(load(*newer)) == (0, 4, 1, 0)
    assert only_claim(api)["place"] == "Belgorod"
    # What people have put aside an older file does not bring back; what a newer one has replaced it does.
    assert rows(load(*FILE)) == (0, 5, 0, 0)
    assert rows(load(*FILE[:-1], {**FILE[-1], "place": "Bryansk"})) == (0, 4, 1, 0)
    assert rows(load(*newer)) == (0, 4, 1, 0)
    assert only_claim(api)["place"] == "Belgorod"


def test_a_file_does_not_part_from_a_claim_that_people_have_corrected(
    api: TestClient, load: Import, correct: Callable[..., Json]
) -> None:
    theirs = claim("theirs", joins="ours", attributions=[{"key": "a", "source": "ministry", "stance": "asserts"}])
    ours = claim("ours", joins="theirs", attributions=[{"key": "b", "source": "paper", "stance": "asserts"}])
    load(PARIS, MINISTRY, TOPIC, theirs)
    load(PARIS, MINISTRY, TOPIC, ours)
    correct_place(api, correct)

    for file in (theirs, ours):
        assert rows(load(PARIS, MINISTRY, TOPIC, {**file, "place": None})) == (0, 4, 0, 0)

    assert only_claim(api)["place"] == "Sudzha, Kursk Oblast"


def test_a_remark_that_people_have_rewritten_stays(api: TestClient, load: Import, correct: Callable[..., Json]) -> None:
    remark = {"record": "note", "claim": "strength-1", "note": "Of the file."}
    load(*FILE, remark)
    correct("claims", only_claim(api)["id"], note="Of the desk.")

    load(*FILE, remark)

    assert only_claim(api)["note"] == "Of the desk."


KILLED = {"metric": "killed", "unit": "men", "qualifier": "exact", "best": 1}
SAID = {"source": "ministry", "stance": "asserts"}

REFUSALS = [
    ("not JSON", "{nope", ""),
    ("an unknown word", {**MINISTRY, "kind": "ministry"}, "kind"),
    ("an unknown field", {**MINISTRY, "colour": "red"}, "colour"),
    ("a missing field", {"record": "source", "key": "x", "kind": "ngo"}, "name"),
    ("no such source", claim("c2", attributions=[{**SAID, "source": "nobody"}]), "attributions.0.source"),
    ("no such topic", claim("c2", topic="nothing"), "topic"),
    ("a metric of another family", claim("c2", quantities=[KILLED]), "quantities.0.metric"),
    (
        "no such upstream",
        claim("c2", attributions=[{**SAID, "lineage": "relayed", "upstream": "x"}]),
        "attributions.0.upstream",
    ),
    ("no such document", claim("c2", evidence=[{"document": "nothing", "role": "supports"}]), "evidence.0.document"),
    ("a decision too far", claim("c2", reviews=[{**DECISION, "status": "confirmed"}]), "reviews.0.status"),
    ("a date that is none", claim("c2", time="12 January"), "time"),
    (
        "a relation to nothing",
        claim("c2", relations=[{"relation": "updates", "other_claim": "nothing"}]),
        "relations.0.other_claim",
    ),
]


@pytest.mark.parametrize(("bad", "field"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_a_bad_row_is_named_and_stops_no_other(api: TestClient, load: Import, bad: Any, field: str) -> None:
    report = load(MINISTRY, TOPIC, bad, claim())

    assert report["refused"] == 1
    (refusal,) = report["refusals"]
    assert (refusal["line"], refusal["field"]) == (3, field)
    assert refusal["reason"]
    assert "11000" in " ".join(item["statement"] for item in api.get("claims").json()["items"])


def test_a_decision_too_far_leaves_its_claim_unassessed(api: TestClient, load: Import) -> None:
    report = load(MINISTRY, TOPIC, claim(reviews=[{**DECISION, "status": "confirmed"}]))

    assert (rows(report), report["objects"]["claim"]["created"]) == ((2, 0, 0, 1), 1)
    assert only_claim(api)["status"] == "unassessed"


def test_a_strict_import_takes_all_or_nothing(api: TestClient, load: Import) -> None:
    problem = load(MINISTRY, TOPIC, {**PARIS, "kind": "?"}, claim(), strict=True, status=422)

    assert "1 of 4 rows" in problem["detail"]
    assert [one["field"] for one in problem["errors"]] == ["line 3: kind"]
    assert api.get("sources").json()["items"] == []


def test_a_dry_run_reports_and_writes_nothing(api: TestClient, load: Import) -> None:
    report = load(MINISTRY, TOPIC, claim(), dry_run=True)

    assert (rows(report), report["dry_run"]) == ((3, 0, 0, 0), True)
    assert api.get("sources").json()["items"] == []


def relay(name: str, other: str, best: int = 11000) -> Json:
    """The ministry's figure by way of a relay that joins another relay's claim."""
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

    assert rows(load(relay("two", "one"))) == (0, 0, 1, 0)

    assert rows(load(relay("one", "two"), relay("two", "one"))) == (0, 2, 0, 0)
    whole = only_claim(api)
    assert [(one["source"]["name"], len(one["chain"])) for one in whole["attributions"]] == [
        ("A ministry", 0),
        ("Relay one", 1),
        ("Relay two", 1),
    ]
    assert (whole["counts"]["attributions"], whole["counts"]["identified_origins"]) == (3, 1)


def test_two_relays_of_different_figures_are_two_claims_that_conflict(api: TestClient, load: Import) -> None:
    load(MINISTRY, TOPIC, *RELAYS, relay("one", "two"), relay("two", "one", best=12000))

    (topic,) = api.get("topics").json()["items"]
    estimates = api.get(f"topics/{topic['id']}/estimates").json()
    assert estimates["conflict_count"] == 1
    assert [one["best"] for one in estimates["conflicts"][0]["quantities"]] == [11000, 12000]


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_relay_that_says_otherwise_now_parts_from_the_other(api: TestClient, load: Import, name: str) -> None:
    other = "two" if name == "one" else "one"
    load(MINISTRY, TOPIC, *RELAYS, relay("one", "two"), relay("two", "one"))

    assert rows(load(relay(name, other, best=12000))) == (0, 0, 1, 0)

    found = {item["quantities"][0]["best"]: item for item in api.get("claims").json()["items"]}
    standing = {
        best: [one["key"] for one in api.get(f"claims/{item['id']}").json()["attributions"] if not one["withdrawn"]]
        for best, item in found.items()
    }
    assert standing == {11000: ["origin", other], 12000: ["origin", name]}
    assert rows(load(relay(name, other, best=12000), relay(other, name))) == (0, 2, 0, 0)


def test_a_note_finds_its_claim_also_where_that_has_joined(api: TestClient, load: Import) -> None:
    load(MINISTRY, TOPIC, *RELAYS, relay("one", "two"), relay("two", "one"))
    note = {"record": "note", "claim": "two/1", "joins": "one/1", "note": "Includes a correction of −25."}

    assert rows(load(note)) == (0, 0, 1, 0)
    assert rows(load(note)) == (0, 1, 0, 0)

    after = only_claim(api)
    assert (after["note"], after["content_version"]) == ("Includes a correction of −25.", 1)
    assert load({**note, "claim": "x", "joins": "y"})["refusals"][0]["field"] == "claim"


def test_a_slice_brings_only_the_topics_that_it_speaks_of(api: TestClient, load: Import) -> None:
    day = {"date": "2024-11-03", "day": 984, "tank": 9182, "submarines": None}

    def topics() -> list[str]:
        return sorted(one["key"] for one in api.get("topics").json()["items"])

    assert rows(load(json.dumps([day]))) == (1, 0, 0, 0)
    assert topics() == ["ua-mod-losses/tank"]
    assert rows(load(json.dumps([day]))) == (0, 1, 0, 0)
    assert rows(load(json.dumps([{**day, "submarines": 1}]))) == (1, 0, 0, 0)
    assert topics() == ["ua-mod-losses/submarines", "ua-mod-losses/tank"]


def test_claims_may_relate_to_claims_that_come_later(api: TestClient, load: Import) -> None:
    first = claim("first", relations=[{"relation": "contradicts", "other_claim": "second"}])

    assert rows(load(MINISTRY, TOPIC, first, claim("second", best=5))) == (4, 0, 0, 0)
    assert rows(load(MINISTRY, TOPIC, first, claim("second", best=5))) == (0, 4, 0, 0)

    (relation,) = api.get("relations").json()["items"]
    assert relation["other_claim"]["statement"] == "About 5 soldiers are there."


def test_importing_takes_an_editor(api: TestClient, key_of: Callable[[Any], dict[str, str]]) -> None:
    from app.vocabulary import Role

    assert api.post("imports", content=b"[]").status_code == 401
    assert api.post("imports", content=b"[]", headers=key_of(Role.FACT_CHECKER)).status_code == 403


def test_rows_of_one_line_are_told_apart(load: Import) -> None:
    report = load(json.dumps([MINISTRY, {**PARIS, "kind": "nope"}, TOPIC, claim()]))

    assert (report["rows"], rows(report)) == (4, (3, 0, 0, 1))
    assert [(one["line"], one["row"], one["field"]) for one in report["refusals"]] == [(1, 2, "kind")]

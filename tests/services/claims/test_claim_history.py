"""The history of a claim: each change with its fields before and after, author, time and reason; who may read it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.vocabulary import Role

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

FIGURE = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}


@pytest.fixture
def read_history(api: TestClient) -> Callable[..., list[dict[str, Any]]]:
    """A function that reads the history of a claim, by default as a reader without a key."""

    def read(claim: dict[str, Any], headers: Headers | None = None, **params: Any) -> list[dict[str, Any]]:
        response = api.get(f"claims/{claim['id']}/history", params=params, headers=headers)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    return read


def changes_of(entry: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The changes of an entry: the values before and after, by field."""
    return {change["field"]: (change["before"], change["after"]) for change in entry["changes"]}


ReadHistory = Callable[..., list[dict[str, Any]]]


def test_the_first_entry_lists_every_field_of_a_new_claim(record: Record, read_history: ReadHistory) -> None:
    claim = record("claims", quantities=[FIGURE], place="Kursk", time="2025-01~", reason="Reported at a briefing.")

    (entry,) = read_history(claim)

    assert (entry["noun"], entry["id"], entry["version"]) == ("claim", claim["id"], 1)
    assert (entry["action"], entry["by"], entry["reason"]) == ("create", "Test editor", "Reported at a briefing.")
    assert entry["at"] == claim["recorded_at"]
    changes = changes_of(entry)
    assert changes["statement"] == (None, "Soldiers are there.")
    assert changes["time"] == (None, "2025-01~")
    assert changes["quantities.0.best"] == (None, 11000)
    # Empty fields are left out, and so are fields that mean nothing to a reader or repeat another one.
    assert set(changes) == {
        "kind", "statement", "language", "place", "time", "status", "stage",
        "quantities.0.metric", "quantities.0.unit", "quantities.0.qualifier", "quantities.0.best",
        "quantities.0.cumulative", "quantities.0.basis",
    }  # fmt: skip


def test_each_correction_lists_the_fields_that_changed(
    record: Record, correct: Record, read_history: ReadHistory, key_of: Callable[[Role], Headers], api: TestClient
) -> None:
    claim = record("claims", quantities=[FIGURE], place="Kursk")
    correct("claims", claim["id"], place=None, time="2025-01-12", reason="Place unclear.")
    second_figure = {
        "metric": "present",
        "unit": "soldiers",
        "qualifier": "more_than",
        "low": 12000,
        "verbatim": "понад 12 тисяч",
    }
    correct("claims", claim["id"], quantities=[second_figure, FIGURE], reason="Two figures.")
    correct("claims", claim["id"], quantities=[FIGURE], reason="One after all.")
    correct("claims", claim["id"], stage="withdrawn", notice="Not so.", reason="Retracted.")
    etag = api.get(f"claims/{claim['id']}").headers["ETag"]
    body = {"reason": "Spelling.", "notice": "Not so!"}
    headers = {**key_of(Role.FACT_CHECKER), "If-Match": etag}
    assert api.patch(f"claims/{claim['id']}", json=body, headers=headers).status_code == 200

    entries = read_history(claim)[1:]

    assert [entry["reason"] for entry in entries] == [
        "Place unclear.", "Two figures.", "One after all.", "Retracted.", "Spelling.",
    ]  # fmt: skip
    assert [entry["by"] for entry in entries] == ["Test editor"] * 4 + ["Test fact_checker"]
    assert [entry["version"] for entry in entries] == [2, 3, 4, 5, 6]
    assert [entry["seq"] for entry in entries] == sorted({entry["seq"] for entry in entries})
    assert changes_of(entries[0]) == {"place": ("Kursk", None), "time": (None, "2025-01-12")}
    assert changes_of(entries[1]) == {
        "quantities.0.qualifier": ("about", "more_than"),
        "quantities.0.low": (None, 12000),
        "quantities.0.best": (11000, None),
        "quantities.0.verbatim": (None, "понад 12 тисяч"),
        "quantities.1.metric": (None, "present"),
        "quantities.1.unit": (None, "soldiers"),
        "quantities.1.qualifier": (None, "about"),
        "quantities.1.best": (None, 11000),
        "quantities.1.cumulative": (None, False),
        "quantities.1.basis": (None, "unstated"),
    }
    assert changes_of(entries[2]) == {
        field: (after, before) for field, (before, after) in changes_of(entries[1]).items()
    }
    assert changes_of(entries[3]) == {"stage": ("published", "withdrawn"), "notice": (None, "Not so.")}
    assert changes_of(entries[4]) == {"notice": ("Not so.", "Not so!")}


def test_the_parts_of_a_claim_have_entries_of_their_own(
    api: TestClient, editor: Headers, record: Record, correct: Record, read_history: ReadHistory
) -> None:
    first_source, second_source = (record("sources", name=name) for name in ("One", "Two"))
    document = record("documents")
    other = record("claims", statement="Other.")
    claim = record("claims")
    first_attribution = record(
        "attributions",
        claim=claim["id"],
        source=first_source["id"],
        stance="asserts",
        lineage="original",
        reason="Said.",
    )
    second_attribution = record(
        "attributions",
        claim=claim["id"],
        source=second_source["id"],
        stance="asserts",
        lineage="original",
        reason="Also said.",
    )
    correct("attributions", first_attribution["id"], quote={"exact": "so"}, said="2025-01", reason="Found the words.")
    evidence = record("evidence", claim=claim["id"], document=document["id"], role="supports", reason="Filmed.")
    correct("evidence", evidence["id"], examined_on="2025-01-14", finding="Genuine.", independent=False, reason="Seen.")
    relation = record(
        "relations", claim=claim["id"], other_claim=other["id"], relation="contradicts", reason="Both cannot be."
    )
    correct("relations", relation["id"], withdrawn=True, reason="They can.")
    ruling = {"sources": [first_source["id"], second_source["id"]], "ruling": "established", "reason": "Counted apart."}
    assert api.post(f"claims/{claim['id']}/independence-rulings", json=ruling, headers=editor).status_code == 201

    entries = read_history(claim)[1:]

    assert [(entry["noun"], entry["id"], entry["version"]) for entry in entries[:7]] == [
        ("attribution", first_attribution["id"], 1),
        ("attribution", second_attribution["id"], 1),
        ("attribution", first_attribution["id"], 2),
        ("evidence", evidence["id"], 1),
        ("evidence", evidence["id"], 2),
        ("relation", relation["id"], 1),
        ("relation", relation["id"], 2),
    ]
    assert [entry["reason"] for entry in entries] == [
        "Said.", "Also said.", "Found the words.", "Filmed.", "Seen.", "Both cannot be.", "They can.", "Counted apart.",
    ]  # fmt: skip
    assert {entry["by"] for entry in entries} == {"Test editor"}
    assert changes_of(entries[0])["stance"] == (None, "asserts")
    assert changes_of(entries[0])["source_id"] == (None, first_source["id"])
    assert changes_of(entries[2]) == {"quote": (None, "so"), "said": (None, "2025-01")}
    assert changes_of(entries[4]) == {
        "examined_on": (None, "2025-01-14"),
        "finding": (None, "Genuine."),
        "independent": (None, False),
    }
    assert changes_of(entries[5])["relation"] == (None, "contradicts")
    assert changes_of(entries[5])["claim_id"] == (None, claim["id"])
    assert changes_of(entries[5])["other_claim_id"] == (None, other["id"])
    assert changes_of(entries[6]) == {"withdrawn": (False, True)}
    assert (entries[7]["noun"], entries[7]["action"], entries[7]["version"]) == ("independence_ruling", "rule", None)
    assert changes_of(entries[7]) == {
        "first_source_id": (None, first_source["id"]),
        "second_source_id": (None, second_source["id"]),
        "ruling": (None, "established"),
        "reason": (None, "Counted apart."),
    }
    # The history of the other claim lists the relation, too.
    assert [entry["id"] for entry in read_history(other)[1:]] == [relation["id"], relation["id"]]


def test_a_decision_has_an_entry_and_so_has_the_change_of_status(
    api: TestClient, editor: Headers, record: Record, read_history: ReadHistory
) -> None:
    record("sources", key="one")
    claim = record("claims", key="claim", attributions=[{"source": "one", "stance": "asserts"}])
    line = {
        "record": "claim",
        "key": "claim",
        "kind": claim["kind"],
        "statement": claim["statement"],
        "reviews": [{"status": "unconfirmed", "rationale": "Said.", "decided_on": "2025-01-13", "decided_by": "A. B."}],
    }
    api.post("imports", params={"reason": "Decided."}, content=json.dumps(line), headers=editor).raise_for_status()

    decided = {entry["noun"]: entry for entry in read_history(claim) if entry["reason"] == "Decided."}

    assert set(decided) == {"claim", "review"}
    assert changes_of(decided["claim"]) == {"status": ("unassessed", "unconfirmed")}
    assert changes_of(decided["review"]) == {
        "status": (None, "unconfirmed"),
        "rationale": (None, "Said."),
        "decided_on": (None, "2025-01-13"),
        "decided_by": (None, "A. B."),
        "origin.file": (None, "unnamed file"),
        "origin.imported_by": (None, "Test editor"),
        "rules": (None, 2),
    }
    assert {entry["action"] for entry in decided.values()} == {"import"}
    assert {entry["by"] for entry in decided.values()} == {"Test editor"}
    assert decided["review"]["version"] is None


def test_the_history_as_of_a_moment_is_the_history_of_that_moment(
    api: TestClient, record: Record, correct: Record, read_history: ReadHistory
) -> None:
    source = record("sources")
    before = source["recorded_at"]
    claim = record("claims")
    moments = [claim["recorded_at"]]
    histories = [read_history(claim)]
    attribution = record("attributions", claim=claim["id"], source=source["id"], stance="denies")
    for fields in ({"statement": "Two."}, {"note": "Three."}):
        moments.append(correct("claims", claim["id"], **fields)["recorded_at"])
        histories.append(read_history(claim))
    moments.append(correct("attributions", attribution["id"], note="Four.")["recorded_at"])
    histories.append(read_history(claim))

    assert [read_history(claim, as_of=moment) for moment in moments] == histories
    assert [len(entries) for entries in histories] == [1, 3, 4, 5]
    assert api.get(f"claims/{claim['id']}/history", params={"as_of": before}).status_code == 404


def test_only_the_desk_reads_the_history_of_a_draft(
    api: TestClient, record: Record, key_of: Callable[[Role], Headers]
) -> None:
    draft = record("claims", stage="draft", statement="A draft.")

    path = f"claims/{draft['id']}/history"

    assert api.get(path).status_code == 404
    assert api.get(path, headers=key_of(Role.READER)).status_code == 404
    assert api.get(path, headers=key_of(Role.FACT_CHECKER)).status_code == 200


def test_readers_see_the_history_since_publication_and_nothing_of_the_draft(
    api: TestClient, editor: Headers, record: Record, correct: Record, read_history: ReadHistory
) -> None:
    first_source, second_source = (record("sources", name=name) for name in ("One", "Two"))
    document = record("documents")
    secret = "never to be read"
    other = record("claims", statement="Published.", reason="Other.")
    draft = record("claims", stage="draft", statement=secret)
    claim = record("claims", stage="draft", statement=f"First: {secret}", quantities=[FIGURE], reason=secret)
    attribution = record(
        "attributions", claim=claim["id"], source=first_source["id"], stance="asserts", lineage="original", note=secret
    )
    record(
        "attributions",
        claim=claim["id"],
        source=second_source["id"],
        stance="asserts",
        lineage="original",
        reason=secret,
    )
    evidence = record("evidence", claim=claim["id"], document=document["id"], role="refutes", description=secret)
    relation = record("relations", claim=claim["id"], other_claim=other["id"], relation="updates", note=secret)
    ruling = {"sources": [first_source["id"], second_source["id"]], "ruling": "established", "reason": "Counted apart."}
    assert api.post(f"claims/{claim['id']}/independence-rulings", json=ruling, headers=editor).status_code == 201
    correct("attributions", attribution["id"], note="Public.", reason=secret)
    correct("evidence", evidence["id"], description=None, reason=secret)
    correct("relations", relation["id"], note=None, reason=secret)
    correct("claims", claim["id"], statement="Second.", quantities=[], reason=secret)
    assert read_history(other) == read_history(other, as_of=other["recorded_at"])

    correct("claims", claim["id"], stage="published", reason="Published.")
    correct("attributions", attribution["id"], note="Public and better.", reason="Better.")
    correct("evidence", evidence["id"], withdrawn=True, reason="Taken back.")
    # A relation to a draft stays hidden, too.
    reverse_relation = record("relations", claim=draft["id"], other_claim=claim["id"], relation="updates", note=secret)
    correct("relations", reverse_relation["id"], note=f"Still {secret}", reason=secret)
    correct("attributions", attribution["id"], own_claim=draft["id"], reason="Own figure.")

    entries = read_history(claim)
    assert secret not in json.dumps(entries)
    assert draft["id"] not in json.dumps(entries)
    assert [(entry["noun"], entry["reason"]) for entry in entries] == [
        ("claim", "Published."),
        # The parts that it had when it was published.
        ("attribution", "Published."),
        ("attribution", "Published."),
        ("evidence", "Published."),
        ("relation", "Published."),
        ("independence_ruling", "Published."),
        ("attribution", "Better."),
        ("evidence", "Taken back."),
    ]
    assert changes_of(entries[0])["statement"] == (None, "Second.")
    assert changes_of(entries[0])["stage"] == (None, "published")
    assert not any(field.startswith("quantities") for field in changes_of(entries[0]))
    assert changes_of(entries[1])["note"] == (None, "Public.")
    assert changes_of(entries[6]) == {"note": ("Public.", "Public and better.")}
    assert changes_of(entries[7]) == {"withdrawn": (False, True)}
    assert secret not in json.dumps(read_history(other))
    # The desk reads everything.
    everything = read_history(claim, editor)
    assert len(everything) == 16
    assert json.dumps(everything).count(secret) > 10


def test_readers_cannot_read_the_draft_versions_of_a_published_claim(
    api: TestClient, record: Record, correct: Record, editor: Headers
) -> None:
    claim = record("claims", stage="draft", statement="A draft.")
    correct("claims", claim["id"], statement="Better.", stage="published")

    assert api.get(f"claims/{claim['id']}/versions/1").status_code == 404
    assert api.get(f"claims/{claim['id']}/versions/2").json()["statement"] == "Better."
    assert api.get(f"claims/{claim['id']}", params={"as_of": claim["recorded_at"]}).status_code == 404
    assert api.get(f"claims/{claim['id']}/versions/1", headers=editor).json()["statement"] == "A draft."


def test_the_parts_of_a_draft_enter_the_history_with_its_publication(
    api: TestClient, record: Callable[..., dict[str, Any]], correct: Callable[..., dict[str, Any]]
) -> None:
    source = record("sources")
    draft = record(
        "claims", stage="draft", attributions=[{"source": source["id"], "stance": "asserts"}], reason="Secret lead."
    )
    (attribution,) = draft["attributions"]
    correct("attributions", attribution["id"], note="Better put.", reason="Secret second thought.")
    correct("claims", draft["id"], stage="published", reason="Ready.")

    entries = api.get(f"claims/{draft['id']}/history").json()["items"]

    assert [(entry["noun"], entry["reason"]) for entry in entries] == [("claim", "Ready."), ("attribution", "Ready.")]
    assert {"field": "note", "before": None, "after": "Better put."} in entries[1]["changes"]

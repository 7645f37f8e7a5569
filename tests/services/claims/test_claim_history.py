"""The story of a claim: every change as field, before, after, by whom, when and why; and to whom it is told."""

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
def story(api: TestClient) -> Callable[..., list[dict[str, Any]]]:
    """The story of a claim as a reader without a key gets it, or with the headers given."""

    def read(claim: dict[str, Any], headers: Headers | None = None, **params: Any) -> list[dict[str, Any]]:
        answer = api.get(f"claims/{claim['id']}/history", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    return read


def told(entry: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The changes of an entry: before and after, by field."""
    return {change["field"]: (change["before"], change["after"]) for change in entry["changes"]}


Story = Callable[..., list[dict[str, Any]]]


def test_a_new_claim_tells_all_that_it_says(record: Record, story: Story) -> None:
    claim = record("claims", quantities=[FIGURE], place="Kursk", time="2025-01~", reason="Reported at a briefing.")

    (entry,) = story(claim)

    assert (entry["noun"], entry["id"], entry["version"]) == ("claim", claim["id"], 1)
    assert (entry["action"], entry["by"], entry["reason"]) == ("create", "Test editor", "Reported at a briefing.")
    assert entry["at"] == claim["recorded_at"]
    said = told(entry)
    assert said["statement"] == (None, "Soldiers are there.")
    assert said["time"] == (None, "2025-01~")
    assert said["quantities.0.best"] == (None, 11000)
    # Fields that say nothing to a reader, or repeat another one, are left out, and so are those that are empty.
    assert set(said) == {
        "kind", "statement", "language", "place", "time", "status", "stage",
        "quantities.0.metric", "quantities.0.unit", "quantities.0.qualifier", "quantities.0.best",
        "quantities.0.cumulative", "quantities.0.basis",
    }  # fmt: skip


def test_each_correction_of_a_claim_tells_the_fields_that_changed(
    record: Record, correct: Record, story: Story, key_of: Callable[[Role], Headers], api: TestClient
) -> None:
    claim = record("claims", quantities=[FIGURE], place="Kursk")
    correct("claims", claim["id"], place=None, time="2025-01-12", reason="Place unclear.")
    more = {
        "metric": "present",
        "unit": "soldiers",
        "qualifier": "more_than",
        "low": 12000,
        "verbatim": "понад 12 тисяч",
    }
    correct("claims", claim["id"], quantities=[more, FIGURE], reason="Two figures.")
    correct("claims", claim["id"], quantities=[FIGURE], reason="One after all.")
    correct("claims", claim["id"], stage="withdrawn", notice="Not so.", reason="Retracted.")
    tag = api.get(f"claims/{claim['id']}").headers["ETag"]
    body = {"reason": "Spelling.", "notice": "Not so!"}
    checker = {**key_of(Role.FACT_CHECKER), "If-Match": tag}
    assert api.patch(f"claims/{claim['id']}", json=body, headers=checker).status_code == 200

    entries = story(claim)[1:]

    assert [entry["reason"] for entry in entries] == [
        "Place unclear.", "Two figures.", "One after all.", "Retracted.", "Spelling.",
    ]  # fmt: skip
    assert [entry["by"] for entry in entries] == ["Test editor"] * 4 + ["Test fact_checker"]
    assert [entry["version"] for entry in entries] == [2, 3, 4, 5, 6]
    assert [entry["seq"] for entry in entries] == sorted({entry["seq"] for entry in entries})
    assert told(entries[0]) == {"place": ("Kursk", None), "time": (None, "2025-01-12")}
    assert told(entries[1]) == {
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
    assert told(entries[2]) == {field: (after, before) for field, (before, after) in told(entries[1]).items()}
    assert told(entries[3]) == {"stage": ("published", "withdrawn"), "notice": (None, "Not so.")}
    assert told(entries[4]) == {"notice": ("Not so.", "Not so!")}


def test_what_hangs_on_a_claim_has_entries_of_its_own(
    api: TestClient, editor: Headers, record: Record, correct: Record, story: Story
) -> None:
    one, two = (record("sources", name=name) for name in ("One", "Two"))
    document = record("documents")
    other = record("claims", statement="Other.")
    claim = record("claims")
    said = record(
        "attributions", claim=claim["id"], source=one["id"], stance="asserts", lineage="original", reason="Said."
    )
    again = record(
        "attributions", claim=claim["id"], source=two["id"], stance="asserts", lineage="original", reason="Also said."
    )
    correct("attributions", said["id"], quote={"exact": "so"}, said="2025-01", reason="Found the words.")
    shown = record("evidence", claim=claim["id"], document=document["id"], role="supports", reason="Filmed.")
    correct("evidence", shown["id"], examined_on="2025-01-14", finding="Genuine.", independent=False, reason="Seen.")
    tied = record(
        "relations", claim=claim["id"], other_claim=other["id"], relation="contradicts", reason="Both cannot be."
    )
    correct("relations", tied["id"], withdrawn=True, reason="They can.")
    ruling = {"sources": [one["id"], two["id"]], "ruling": "established", "reason": "Counted apart."}
    assert api.post(f"claims/{claim['id']}/independence-rulings", json=ruling, headers=editor).status_code == 201

    entries = story(claim)[1:]

    assert [(entry["noun"], entry["id"], entry["version"]) for entry in entries[:7]] == [
        ("attribution", said["id"], 1),
        ("attribution", again["id"], 1),
        ("attribution", said["id"], 2),
        ("evidence", shown["id"], 1),
        ("evidence", shown["id"], 2),
        ("relation", tied["id"], 1),
        ("relation", tied["id"], 2),
    ]
    assert [entry["reason"] for entry in entries] == [
        "Said.", "Also said.", "Found the words.", "Filmed.", "Seen.", "Both cannot be.", "They can.", "Counted apart.",
    ]  # fmt: skip
    assert {entry["by"] for entry in entries} == {"Test editor"}
    assert told(entries[0])["stance"] == (None, "asserts")
    assert told(entries[0])["source_id"] == (None, one["id"])
    assert told(entries[2]) == {"quote": (None, "so"), "said": (None, "2025-01")}
    assert told(entries[4]) == {
        "examined_on": (None, "2025-01-14"),
        "finding": (None, "Genuine."),
        "independent": (None, False),
    }
    assert told(entries[5])["relation"] == (None, "contradicts")
    assert told(entries[5])["claim_id"] == (None, claim["id"])
    assert told(entries[5])["other_claim_id"] == (None, other["id"])
    assert told(entries[6]) == {"withdrawn": (False, True)}
    assert (entries[7]["noun"], entries[7]["action"], entries[7]["version"]) == ("independence_ruling", "rule", None)
    assert told(entries[7]) == {
        "first_source_id": (None, one["id"]),
        "second_source_id": (None, two["id"]),
        "ruling": (None, "established"),
        "reason": (None, "Counted apart."),
    }
    # The other end of a relation tells of it, too.
    assert [entry["id"] for entry in story(other)[1:]] == [tied["id"], tied["id"]]


def test_a_decision_tells_its_words_and_what_it_did_to_the_status(
    api: TestClient, editor: Headers, record: Record, story: Story
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

    decided = {entry["noun"]: entry for entry in story(claim) if entry["reason"] == "Decided."}

    assert set(decided) == {"claim", "review"}
    assert told(decided["claim"]) == {"status": ("unassessed", "unconfirmed")}
    assert told(decided["review"]) == {
        "status": (None, "unconfirmed"),
        "rationale": (None, "Said."),
        "decided_on": (None, "2025-01-13"),
        "decided_by": (None, "A. B."),
    }
    assert {entry["action"] for entry in decided.values()} == {"import"}
    assert {entry["by"] for entry in decided.values()} == {"Test editor"}
    assert decided["review"]["version"] is None


def test_the_story_up_to_a_moment_is_the_story_as_it_was_told_then(
    api: TestClient, record: Record, correct: Record, story: Story
) -> None:
    source = record("sources")
    before = source["recorded_at"]
    claim = record("claims")
    moments = [claim["recorded_at"]]
    stories = [story(claim)]
    said = record("attributions", claim=claim["id"], source=source["id"], stance="denies")
    for fields in ({"statement": "Two."}, {"note": "Three."}):
        moments.append(correct("claims", claim["id"], **fields)["recorded_at"])
        stories.append(story(claim))
    moments.append(correct("attributions", said["id"], note="Four.")["recorded_at"])
    stories.append(story(claim))

    assert [story(claim, as_of=moment) for moment in moments] == stories
    assert [len(entries) for entries in stories] == [1, 3, 4, 5]
    assert api.get(f"claims/{claim['id']}/history", params={"as_of": before}).status_code == 404


def test_only_the_desk_reads_the_story_of_a_draft(
    api: TestClient, record: Record, key_of: Callable[[Role], Headers]
) -> None:
    draft = record("claims", stage="draft", statement="A draft.")

    path = f"claims/{draft['id']}/history"

    assert api.get(path).status_code == 404
    assert api.get(path, headers=key_of(Role.READER)).status_code == 404
    assert api.get(path, headers=key_of(Role.FACT_CHECKER)).status_code == 200


def test_readers_get_the_story_from_publication_on_and_nothing_of_the_draft(
    api: TestClient, editor: Headers, record: Record, correct: Record, story: Story
) -> None:
    one, two = (record("sources", name=name) for name in ("One", "Two"))
    document = record("documents")
    secret = "never to be read"
    other = record("claims", statement="Published.", reason="Other.")
    hidden = record("claims", stage="draft", statement=secret)
    claim = record("claims", stage="draft", statement=f"First: {secret}", quantities=[FIGURE], reason=secret)
    said = record(
        "attributions", claim=claim["id"], source=one["id"], stance="asserts", lineage="original", note=secret
    )
    record("attributions", claim=claim["id"], source=two["id"], stance="asserts", lineage="original", reason=secret)
    gone = record("evidence", claim=claim["id"], document=document["id"], role="refutes", description=secret)
    tied = record("relations", claim=claim["id"], other_claim=other["id"], relation="updates", note=secret)
    ruling = {"sources": [one["id"], two["id"]], "ruling": "established", "reason": "Counted apart."}
    assert api.post(f"claims/{claim['id']}/independence-rulings", json=ruling, headers=editor).status_code == 201
    correct("attributions", said["id"], note="Public.", reason=secret)
    correct("evidence", gone["id"], description=None, reason=secret)
    correct("relations", tied["id"], note=None, reason=secret)
    correct("claims", claim["id"], statement="Second.", quantities=[], reason=secret)
    assert story(other) == story(other, as_of=other["recorded_at"])

    correct("claims", claim["id"], stage="published", reason="Published.")
    correct("attributions", said["id"], note="Public and better.", reason="Better.")
    correct("evidence", gone["id"], withdrawn=True, reason="Taken back.")
    # What ties it to a draft is nobody's business either.
    back = record("relations", claim=hidden["id"], other_claim=claim["id"], relation="updates", note=secret)
    correct("relations", back["id"], note=f"Still {secret}", reason=secret)
    correct("attributions", said["id"], own_claim=hidden["id"], reason="Own figure.")

    entries = story(claim)
    assert secret not in json.dumps(entries)
    assert hidden["id"] not in json.dumps(entries)
    assert [(entry["noun"], entry["reason"]) for entry in entries] == [
        ("claim", "Published."),
        # What hung on it came with it, as it stood then.
        ("attribution", "Published."),
        ("attribution", "Published."),
        ("evidence", "Published."),
        ("relation", "Published."),
        ("independence_ruling", "Published."),
        ("attribution", "Better."),
        ("evidence", "Taken back."),
    ]
    assert told(entries[0])["statement"] == (None, "Second.")
    assert told(entries[0])["stage"] == (None, "published")
    assert not any(field.startswith("quantities") for field in told(entries[0]))
    assert told(entries[1])["note"] == (None, "Public.")
    assert told(entries[6]) == {"note": ("Public.", "Public and better.")}
    assert told(entries[7]) == {"withdrawn": (False, True)}
    assert secret not in json.dumps(story(other))
    # The desk reads it all.
    everything = story(claim, editor)
    assert len(everything) == 16
    assert json.dumps(everything).count(secret) > 10


def test_nothing_of_a_draft_shows_in_older_versions(
    api: TestClient, record: Record, correct: Record, editor: Headers
) -> None:
    claim = record("claims", stage="draft", statement="A draft.")
    correct("claims", claim["id"], statement="Better.", stage="published")

    assert api.get(f"claims/{claim['id']}/versions/1").status_code == 404
    assert api.get(f"claims/{claim['id']}/versions/2").json()["statement"] == "Better."
    assert api.get(f"claims/{claim['id']}", params={"as_of": claim["recorded_at"]}).status_code == 404
    assert api.get(f"claims/{claim['id']}/versions/1", headers=editor).json()["statement"] == "A draft."


def test_what_hung_on_a_draft_comes_with_its_publication(
    api: TestClient, record: Callable[..., dict[str, Any]], correct: Callable[..., dict[str, Any]]
) -> None:
    source = record("sources")
    draft = record(
        "claims", stage="draft", attributions=[{"source": source["id"], "stance": "asserts"}], reason="Secret lead."
    )
    (said,) = draft["attributions"]
    correct("attributions", said["id"], note="Better put.", reason="Secret second thought.")
    correct("claims", draft["id"], stage="published", reason="Ready.")

    told = api.get(f"claims/{draft['id']}/history").json()["items"]

    assert [(entry["noun"], entry["reason"]) for entry in told] == [("claim", "Ready."), ("attribution", "Ready.")]
    assert {"field": "note", "before": None, "after": "Better put."} in told[1]["changes"]

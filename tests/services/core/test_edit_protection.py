"""What claims with a decision share with others: one fact-checker alone does not change it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.vocabulary import Role
from tests.support.problems import refused

SHARED: dict[str, dict[str, Any]] = {
    "ministry": {"record": "source", "name": "A ministry", "kind": "government"},
    "staff": {"record": "source", "name": "Its staff", "kind": "armed_force", "parent": "ministry"},
    "agency": {"record": "source", "name": "An agency", "kind": "news_organisation", "side": "neutral"},
    "blogger": {"record": "source", "name": "A blogger", "kind": "other", "anonymity": "unknown"},
    "report": {
        "record": "document",
        "kind": "report",
        "title": "A report",
        "url": "https://example.org/report",
        "published": "2025-01-12",
        "publisher": "agency",
    },
    "picture": {
        "record": "document",
        "kind": "image",
        "author": "Somebody",
        "archive_url": "https://example.org/kept",
        "archived_on": "2025-01-12",
    },
    "how many": {
        "record": "topic",
        "title": "How many?",
        "subject": "soldiers",
        "metric_family": "strength",
        "period": "2024-10/..",
    },
}
CLAIM: dict[str, Any] = {
    "record": "claim",
    "kind": "other",
    "statement": "They are there.",
    "stage": "published",
    "topic": "how many",
    "attributions": [{"source": "staff", "stance": "asserts", "document": "report", "lineage": "unknown"}],
    "evidence": [{"document": "picture", "role": "supports"}],
    "reviews": [{"status": "unconfirmed", "rationale": "So.", "decided_on": "2025-01-14", "decided_by": "Desk"}],
}
PLURAL = {"source": "sources", "document": "documents", "topic": "topics"}

Patch = Callable[..., Response]


@pytest.fixture
def patch(api: TestClient, editor: dict[str, str], key_of: Callable[[Role], dict[str, str]]) -> Patch:
    """Records all this, with a claim or without a decision on it: `patch(Role.EDITOR, "report", title="…")`."""
    lines = [{"key": key, **shared} for key, shared in SHARED.items()]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["created"] == len(lines), report

    def correct(role: Role, key: str, **fields: Any) -> Response:
        plural = PLURAL[SHARED[key]["record"]]
        listed = api.get(plural, params={"limit": 200}).json()["items"]
        [identifier] = [one["id"] for one in listed if one["key"] == key]
        tag = api.get(f"{plural}/{identifier}").headers["ETag"]
        headers = {**key_of(role), "If-Match": tag}
        return api.patch(f"{plural}/{identifier}", json={"reason": "Better known now.", **fields}, headers=headers)

    return correct


def import_lines(api: TestClient, editor: dict[str, str], *lines: dict[str, Any]) -> None:
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == [], report


def claim(**fields: Any) -> dict[str, Any]:
    return {**CLAIM, **fields}


# What a fact-checker may not do, and what makes it so.
REPLACED: list[tuple[str, dict[str, Any]]] = [
    # who says so, of which organisation, on whose side, and who published it
    ("staff", {"name": "The Kremlin"}),
    ("staff", {"kind": "government"}),
    ("staff", {"anonymity": "described"}),
    ("staff", {"parent": None}),
    ("staff", {"side": "Ukraine"}),
    ("ministry", {"name": "Another ministry"}),
    ("ministry", {"parent": "agency"}),
    ("agency", {"side": None}),
    # where it stands, and what speaks for it
    ("report", {"title": "Another report"}),
    ("report", {"url": "https://example.org/other"}),
    ("report", {"published": "2025-01-11"}),
    ("report", {"publisher": "ministry"}),
    ("report", {"kind": "article"}),
    ("picture", {"author": "Somebody else"}),
    ("picture", {"archive_url": "https://example.org/forged"}),
    ("picture", {"archived_on": "2025-01-13"}),
    # what it answers
    ("how many", {"title": "How few?"}),
    ("how many", {"subject": "civilians"}),
    ("how many", {"metric_family": "other"}),
    ("how many", {"period": "2022"}),
]

ADDED: list[tuple[str, dict[str, Any]]] = [
    ("staff", {"other_names": ["Генштаб"], "url": "https://example.org/", "description": "Who they are."}),
    ("blogger", {"kind": "person", "anonymity": "described"}),
    ("report", {"author": "Somebody", "archive_url": "https://example.org/kept", "note": "Read it."}),
    ("report", {"title": "A report"}),
    ("picture", {"title": "A picture", "published": "2025-01"}),
    ("how many", {"place": "Kursk", "note": "Compare with care."}),
]


@pytest.mark.parametrize(("key", "fields"), REPLACED)
def test_what_is_shown_with_a_decision_takes_an_editor_to_replace(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_lines(api, editor, CLAIM)
    told = refused(patch(Role.FACT_CHECKER, key, **fields), 403)
    assert f"({next(iter(fields))})" in told["detail"]
    assert patch(Role.EDITOR, key, **fields).status_code == 200


@pytest.mark.parametrize(("key", "fields"), REPLACED)
def test_without_a_decision_a_fact_checker_may(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_lines(api, editor, claim(reviews=[]))
    assert patch(Role.FACT_CHECKER, key, **fields).status_code == 200


@pytest.mark.parametrize(("key", "fields"), ADDED)
def test_a_fact_checker_may_add_what_nobody_has_said(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_lines(api, editor, claim(attributions=[*CLAIM["attributions"], {"source": "blogger", **SAID}]))
    assert patch(Role.FACT_CHECKER, key, **fields).status_code == 200


SAID = {"stance": "asserts", "lineage": "unknown"}
CHECKED = {"verdict": "False", "original": {}}
RATED = {"reliability": "B", "rationale": "Mostly right.", "decided_on": "2025-01-14", "decided_by": "Desk"}
BARE: dict[str, Any] = {"topic": None, "evidence": [], "attributions": [{"source": "blogger", **SAID}]}

RESTING: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "speaks": ("agency", [claim(**BARE | {"attributions": [{"source": "agency", **SAID}]})]),
    "is adverse": ("agency", [claim(**BARE, adverse_to="agency")]),
    "has checked": ("agency", [claim(**BARE, fact_checks=[{"source": "agency", **CHECKED}])]),
    "has published": ("agency", [claim(**BARE | {"evidence": [{"document": "report", "role": "supports"}]})]),
    "is rated": ("agency", [{"key": "agency", **SHARED["agency"], "ratings": [RATED]}]),
    "has the evidence": ("report", [claim(**BARE | {"evidence": [{"document": "report", "role": "supports"}]})]),
    "has the check": ("report", [claim(**BARE, fact_checks=[{"source": "staff", "document": "report", **CHECKED}])]),
    "is asked": ("how many", [claim(**BARE | {"topic": "how many"})]),
    "is rated for": ("how many", [{"key": "staff", **SHARED["staff"], "ratings": [{**RATED, "topic": "how many"}]}]),
}
"""What a decision may rest on, and lines that make it so."""

NAME_OF = {"agency": "name", "blogger": "name", "report": "title", "how many": "title"}


@pytest.mark.parametrize("how", RESTING)
def test_all_that_a_decision_rests_on_is_looked_at(
    api: TestClient, editor: dict[str, str], patch: Patch, how: str
) -> None:
    key, lines = RESTING[how]
    undecided = [{**line, **{name: [] for name in ("reviews", "ratings") if name in line}} for line in lines]
    import_lines(api, editor, *undecided)
    assert patch(Role.FACT_CHECKER, key, **{NAME_OF[key]: "Another"}).status_code == 200
    import_lines(api, editor, *lines)
    refused(patch(Role.FACT_CHECKER, key, **{NAME_OF[key]: "Yet another"}), 403)


def test_what_was_taken_back_keeps_nothing(api: TestClient, editor: dict[str, str], patch: Patch) -> None:
    gone = {"source": "agency", "document": "report", **SAID, "withdrawn": True}
    gone["retraction"] = {"by": "us", "on": "2025-01-14", "notice": "Misread."}
    shown = {"document": "report", "role": "supports", "withdrawn": True}
    import_lines(api, editor, claim(**BARE | {"attributions": [*BARE["attributions"], gone], "evidence": [shown]}))
    refused(patch(Role.FACT_CHECKER, "blogger", name="Another"), 403)
    for key in ("agency", "report"):
        assert patch(Role.FACT_CHECKER, key, **{NAME_OF[key]: "Another"}).status_code == 200


PROPOSED: dict[str, dict[str, Any]] = {
    "claims": {
        "claim_version": 1,
        "status": "unconfirmed",
        "rationale": "So.",
        "credibility": 3,
        "standard": "reasonable_grounds",
    },
    "sources": {"reliability": "B", "rationale": "Mostly right.", "topic": "how many"},
}


@pytest.mark.parametrize(
    ("about", "keys"), [("claims", ["agency", "report", "how many"]), ("sources", ["blogger", "how many"])]
)
def test_nothing_is_replaced_while_a_proposal_waits_for_a_second_pair_of_eyes(
    api: TestClient,
    editor: dict[str, str],
    patch: Patch,
    key_of: Callable[[Role], dict[str, str]],
    *,
    about: str,
    keys: list[str],
) -> None:
    import_lines(api, editor, claim(reviews=[]))
    listed = api.get(about, params={"limit": 200}).json()["items"]
    [identifier] = [one["id"] for one in listed if about == "claims" or one["key"] == "blogger"]
    checker = key_of(Role.FACT_CHECKER)
    proposal = api.post(f"{about}/{identifier}/proposals", json=PROPOSED[about], headers=checker)
    assert proposal.status_code == 201, proposal.text

    def sign(verdict: str, headers: dict[str, str]) -> None:
        signed = {"verdict": verdict, "reason": "Not yet."}
        path = f"proposals/{proposal.json()['id']}/sign-offs"
        assert api.post(path, json=signed, headers=headers).status_code == 201

    for key in keys:
        refused(patch(Role.FACT_CHECKER, key, **{NAME_OF[key]: "Another"}), 403)
    sign("request_more", key_of(Role.ADMIN))
    for key in keys:
        refused(patch(Role.FACT_CHECKER, key, **{NAME_OF[key]: "Another"}), 403)
    sign("withdraw", checker)
    for key in keys:
        assert patch(Role.FACT_CHECKER, key, **{NAME_OF[key]: "Another"}).status_code == 200

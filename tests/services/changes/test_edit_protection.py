"""Protection of sources, documents and topics that decisions depend on: only an editor may replace their values."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.vocabulary import Role
from tests.support.problems import assert_problem

SHARED_OBJECTS: dict[str, dict[str, Any]] = {
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
        "authors": [{"literal": "The staff of the agency"}],
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
        "place": "Kursk",
        "period": "2024-10/..",
    },
    "how far": {"record": "topic", "title": "How far?", "subject": "advance", "metric_family": "other"},
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
    """Record the shared objects, and return a function that corrects one: `patch(Role.EDITOR, "report", title="…")`."""
    lines = [{"key": key, **shared} for key, shared in SHARED_OBJECTS.items()]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["created"] == len(lines), report

    def correct(role: Role, key: str, **fields: Any) -> Response:
        plural = PLURAL[SHARED_OBJECTS[key]["record"]]
        rows = api.get(plural, params={"limit": 200}).json()["items"]
        [identifier] = [row["id"] for row in rows if row["key"] == key]
        tag = api.get(f"{plural}/{identifier}").headers["ETag"]
        headers = {**key_of(role), "If-Match": tag}
        return api.patch(f"{plural}/{identifier}", json={"reason": "Better known now.", **fields}, headers=headers)

    return correct


def import_lines(api: TestClient, editor: dict[str, str], *lines: dict[str, Any]) -> None:
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == [], report


def claim(**fields: Any) -> dict[str, Any]:
    return {**CLAIM, **fields}


# Corrections that a fact-checker may not make while a decision depends on the object.
REPLACED: list[tuple[str, dict[str, Any]]] = [
    # The identity of the sources that assert the claim or published the report.
    ("staff", {"name": "The Kremlin"}),
    ("staff", {"kind": "government"}),
    ("staff", {"anonymity": "described"}),
    ("staff", {"parent": None}),
    ("staff", {"side": "Ukraine"}),
    ("ministry", {"name": "Another ministry"}),
    ("ministry", {"parent": "agency"}),
    ("agency", {"side": None}),
    # The identity of the documents that are cited.
    ("report", {"title": "Another report"}),
    ("report", {"url": "https://example.org/other"}),
    ("report", {"published": "2025-01-11"}),
    ("report", {"publisher": "ministry"}),
    ("report", {"kind": "article"}),
    ("report", {"authors": [{"literal": "Somebody else"}]}),
    ("picture", {"author": "Somebody else"}),
    ("picture", {"archive_url": "https://example.org/forged"}),
    ("picture", {"archived_on": "2025-01-13"}),
    # The question that the claim answers.
    ("how many", {"title": "How few?"}),
    ("how many", {"subject": "civilians"}),
    ("how many", {"metric_family": "other"}),
    ("how many", {"place": "Sumy"}),
    ("how many", {"period": "2022"}),
]

# Corrections that fill in empty columns, or that repeat the present value.
ADDED: list[tuple[str, dict[str, Any]]] = [
    ("staff", {"other_names": ["Генштаб"], "url": "https://example.org/", "description": "Who they are."}),
    ("blogger", {"kind": "person", "anonymity": "described"}),
    ("report", {"author": "Somebody", "archive_url": "https://example.org/kept", "note": "Read it."}),
    ("report", {"title": "A report"}),
    ("picture", {"title": "A picture", "published": "2025-01"}),
    ("how many", {"note": "Compare with care."}),
    ("how far", {"place": "Kursk", "period": "2024"}),
]


@pytest.mark.parametrize(("key", "fields"), REPLACED)
def test_only_an_editor_replaces_a_value_that_a_decision_depends_on(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_lines(api, editor, CLAIM)
    problem = assert_problem(patch(Role.FACT_CHECKER, key, **fields), 403)
    assert f"depends on them: {next(iter(fields))}." in problem["detail"]
    assert patch(Role.EDITOR, key, **fields).status_code == 200


@pytest.mark.parametrize(("key", "fields"), REPLACED)
def test_a_fact_checker_replaces_a_value_that_no_decision_depends_on(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_lines(api, editor, claim(reviews=[]))
    assert patch(Role.FACT_CHECKER, key, **fields).status_code == 200


@pytest.mark.parametrize(("key", "fields"), ADDED)
def test_a_fact_checker_fills_in_empty_columns(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    attributions = [*CLAIM["attributions"], {"source": "blogger", **ASSERTION}]
    import_lines(api, editor, claim(attributions=attributions), claim(statement="They advance.", topic="how far"))
    assert patch(Role.FACT_CHECKER, key, **fields).status_code == 200


ASSERTION = {"stance": "asserts", "lineage": "unknown"}
FACT_CHECK = {"verdict": "False", "original": {}}
RATING = {"reliability": "B", "rationale": "Mostly right.", "decided_on": "2025-01-14", "decided_by": "Desk"}
BARE_CLAIM: dict[str, Any] = {"topic": None, "evidence": [], "attributions": [{"source": "blogger", **ASSERTION}]}

DEPENDENCIES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "asserts": ("agency", [claim(**BARE_CLAIM | {"attributions": [{"source": "agency", **ASSERTION}]})]),
    "is the adverse party": ("agency", [claim(**BARE_CLAIM, adverse_to="agency")]),
    "published a fact-check": ("agency", [claim(**BARE_CLAIM, fact_checks=[{"source": "agency", **FACT_CHECK}])]),
    "published the evidence": (
        "agency",
        [claim(**BARE_CLAIM | {"evidence": [{"document": "report", "role": "supports"}]})],
    ),
    "is rated": ("agency", [{"key": "agency", **SHARED_OBJECTS["agency"], "ratings": [RATING]}]),
    "is evidence": ("report", [claim(**BARE_CLAIM | {"evidence": [{"document": "report", "role": "supports"}]})]),
    "is a fact-check": (
        "report",
        [claim(**BARE_CLAIM, fact_checks=[{"source": "staff", "document": "report", **FACT_CHECK}])],
    ),
    "is the topic": ("how many", [claim(**BARE_CLAIM | {"topic": "how many"})]),
    "is the topic of a rating": (
        "how many",
        [{"key": "staff", **SHARED_OBJECTS["staff"], "ratings": [{**RATING, "topic": "how many"}]}],
    ),
}
"""Each way in which a decision depends on an object: the key of the object, and the lines that record it."""

NAME_FIELD = {"agency": "name", "blogger": "name", "report": "title", "how many": "title"}


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_every_dependency_of_a_decision_is_protected(
    api: TestClient, editor: dict[str, str], patch: Patch, dependency: str
) -> None:
    key, lines = DEPENDENCIES[dependency]
    undecided = [{**line, **{name: [] for name in ("reviews", "ratings") if name in line}} for line in lines]
    import_lines(api, editor, *undecided)
    assert patch(Role.FACT_CHECKER, key, **{NAME_FIELD[key]: "Another"}).status_code == 200
    import_lines(api, editor, *lines)
    assert_problem(patch(Role.FACT_CHECKER, key, **{NAME_FIELD[key]: "Yet another"}), 403)


def test_a_withdrawn_attribution_or_piece_of_evidence_protects_nothing(
    api: TestClient, editor: dict[str, str], patch: Patch
) -> None:
    withdrawn_attribution = {"source": "agency", "document": "report", **ASSERTION, "withdrawn": True}
    withdrawn_attribution["retraction"] = {"by": "us", "on": "2025-01-14", "notice": "Misread."}
    withdrawn_evidence = {"document": "report", "role": "supports", "withdrawn": True}
    import_lines(
        api,
        editor,
        claim(
            **BARE_CLAIM
            | {"attributions": [*BARE_CLAIM["attributions"], withdrawn_attribution], "evidence": [withdrawn_evidence]}
        ),
    )
    assert_problem(patch(Role.FACT_CHECKER, "blogger", name="Another"), 403)
    for key in ("agency", "report"):
        assert patch(Role.FACT_CHECKER, key, **{NAME_FIELD[key]: "Another"}).status_code == 200


PROPOSALS: dict[str, dict[str, Any]] = {
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
    ("plural", "keys"), [("claims", ["agency", "report", "how many"]), ("sources", ["blogger", "how many"])]
)
def test_nothing_is_replaced_while_a_proposal_is_open(
    api: TestClient,
    editor: dict[str, str],
    patch: Patch,
    key_of: Callable[[Role], dict[str, str]],
    *,
    plural: str,
    keys: list[str],
) -> None:
    import_lines(api, editor, claim(reviews=[]))
    rows = api.get(plural, params={"limit": 200}).json()["items"]
    [identifier] = [row["id"] for row in rows if plural == "claims" or row["key"] == "blogger"]
    checker = key_of(Role.FACT_CHECKER)
    proposal = api.post(f"{plural}/{identifier}/proposals", json=PROPOSALS[plural], headers=checker)
    assert proposal.status_code == 201, proposal.text

    def sign(verdict: str, headers: dict[str, str]) -> None:
        sign_off = {"verdict": verdict, "reason": "Not yet."}
        path = f"proposals/{proposal.json()['id']}/sign-offs"
        assert api.post(path, json=sign_off, headers=headers).status_code == 201

    for key in keys:
        assert_problem(patch(Role.FACT_CHECKER, key, **{NAME_FIELD[key]: "Another"}), 403)
    sign("request_more", key_of(Role.ADMIN))
    for key in keys:
        assert_problem(patch(Role.FACT_CHECKER, key, **{NAME_FIELD[key]: "Another"}), 403)
    sign("withdraw", checker)
    for key in keys:
        assert patch(Role.FACT_CHECKER, key, **{NAME_FIELD[key]: "Another"}).status_code == 200

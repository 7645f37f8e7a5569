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
    "report": {
        "record": "document",
        "kind": "report",
        "title": "A report",
        "url": "https://example.org/report",
        "published": "2025-01-12",
        "publisher": "agency",
    },
    "picture": {"record": "document", "kind": "image", "author": "Somebody", "archive_url": "https://example.org/kept"},
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


def import_claim(api: TestClient, editor: dict[str, str], **fields: Any) -> None:
    report = api.post("imports", content=json.dumps({**CLAIM, **fields}), headers=editor).json()
    assert report["created"] == 1, report


REPLACED: list[tuple[str, dict[str, Any]]] = [
    # who says so, of which organisation, and who published it
    ("staff", {"name": "The Kremlin"}),
    ("staff", {"kind": "government"}),
    ("staff", {"anonymity": "described"}),
    ("staff", {"parent": None}),
    ("ministry", {"name": "Another ministry"}),
    ("agency", {"side": None}),
    # where it stands, and what speaks for it
    ("report", {"title": "Another report"}),
    ("report", {"url": "https://example.org/other"}),
    ("report", {"published": "2025-01-11"}),
    ("report", {"publisher": "ministry"}),
    ("report", {"kind": "article"}),
    ("picture", {"author": "Somebody else"}),
    ("picture", {"archive_url": "https://example.org/forged"}),
    # what it answers
    ("how many", {"title": "How few?"}),
    ("how many", {"subject": "civilians"}),
    ("how many", {"metric_family": "other"}),
    ("how many", {"period": "2022"}),
]

ADDED: list[tuple[str, dict[str, Any]]] = [
    ("staff", {"side": "Ukraine"}),
    ("staff", {"other_names": ["Генштаб"], "url": "https://example.org/", "description": "Who they are."}),
    ("ministry", {"parent": "agency"}),
    ("report", {"author": "Somebody", "archive_url": "https://example.org/kept", "note": "Read it."}),
    ("report", {"title": "A report"}),
    ("picture", {"title": "A picture", "published": "2025-01"}),
    ("how many", {"place": "Kursk", "note": "Compare with care."}),
]


@pytest.mark.parametrize(("key", "fields"), REPLACED)
def test_what_is_shown_with_a_decision_takes_an_editor_to_replace(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_claim(api, editor)
    told = refused(patch(Role.FACT_CHECKER, key, **fields), 403)
    assert f"({next(iter(fields))})" in told["detail"]
    assert patch(Role.EDITOR, key, **fields).status_code == 200


@pytest.mark.parametrize(("key", "fields"), REPLACED)
def test_without_a_decision_a_fact_checker_may(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_claim(api, editor, reviews=[])
    assert patch(Role.FACT_CHECKER, key, **fields).status_code == 200


@pytest.mark.parametrize(("key", "fields"), ADDED)
def test_a_fact_checker_may_add_what_nobody_has_said(
    api: TestClient, editor: dict[str, str], patch: Patch, key: str, fields: dict[str, Any]
) -> None:
    import_claim(api, editor)
    assert patch(Role.FACT_CHECKER, key, **fields).status_code == 200


def test_what_only_claims_without_a_decision_name_is_free(
    api: TestClient, editor: dict[str, str], patch: Patch
) -> None:
    said = {"stance": "asserts", "lineage": "unknown"}
    import_claim(api, editor, topic=None, evidence=[], attributions=[{"source": "agency", **said}])
    import_claim(api, editor, statement="Others are there.", reviews=[])
    for key, fields in REPLACED:
        if key != "agency":
            assert patch(Role.FACT_CHECKER, key, **fields).status_code == 200, (key, fields)
    refused(patch(Role.FACT_CHECKER, "agency", name="Another"), 403)

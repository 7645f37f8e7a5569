"""ClaimReview exports: our decisions are valid for those who read them, and imported reviews keep every value."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from app.formats.exports import claim_review_feed
from app.formats.exports.claim_review_feed import ALTERNATE_NAMES, decision_review
from app.vocabulary import Lineage, Role, SourceKind, Stage, Stance, Status
from tests.services.publishing.test_exports import load, second_service
from tests.support.published_claims import (
    EDITION,
    PUBLISHER,
    attribution,
    claim,
    decision,
    document,
    fact_check,
    source,
)

_SHARED_DATA = Path(__file__).parents[4] / "shared/data"
DATA = Path(os.environ.get("ATTEST_TEST_COLLECTIONS", _SHARED_DATA)) / "04-claimreview-objects"
"""Objects of real fact-checkers, which we may not copy into the repository."""

ORIGINALS = DATA / "claimreview-objects.json"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the collections are not available")

# The requirements of Fact-Check Insights for a ClaimReview in short, in case the collections are not available.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["@context", "@type", "url", "author", "claimReviewed", "reviewRating"],
    "properties": {
        "@context": {"type": "string"},
        "@type": {"const": "ClaimReview"},
        "datePublished": {"type": "string", "format": "date"},
        "url": {"type": "string", "format": "uri"},
        "author": {"type": "object", "required": ["@type", "name", "url"]},
        "claimReviewed": {"type": "string", "minLength": 1},
        "reviewRating": {
            "type": "object",
            "additionalProperties": False,
            "required": ["@type", "alternateName"],
            "properties": {name: {"type": "string"} for name in ("@type", "alternateName", "ratingExplanation")},
        },
        "itemReviewed": {
            "type": "object",
            "required": ["@type"],
            "properties": {
                "author": {"type": "object", "required": ["@type", "name"], "not": {"required": ["url"]}},
                "appearance": {"type": "array"},
                "datePublished": {"type": "string", "format": "date"},
            },
        },
    },
}


def validate_review(review: Any) -> None:
    """Raise ValidationError unless a review of ours satisfies the schemas of those who read it."""
    schemas = [SCHEMA]
    if DATA.exists():
        schema = json.loads((DATA / "zenodotus-claim-review-schema.json").read_text())
        # With its `$id`, its references could not be resolved.
        del schema["definitions"]["claimReview"]["$id"]
        schemas.append(schema)
    for schema in schemas:
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(review)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (Status.UNASSESSED, None),
        (Status.UNCONFIRMED, "Unconfirmed"),
        (Status.CORROBORATED, "Corroborated, not verified"),
        (Status.CONCEDED, "Acknowledged by Russia"),
        (Status.CONFIRMED, "Verified"),
        (Status.DISPUTED, "Disputed"),
        (Status.UNLIKELY, "Unlikely"),
        (Status.REFUTED, "False"),
        (Status.UNVERIFIABLE, "Unproven"),
    ],
)
def test_each_status_has_a_rating_name_and_no_number(status: Status, name: str | None) -> None:
    decision_fields = None if status is Status.UNASSESSED else decision(status=status)
    published = claim(status=status, decision=decision_fields, adverse_to=source("Russia", number=9))
    review = decision_review(published, PUBLISHER)

    if name is None:
        assert review is None
        return
    assert review is not None
    validate_review(review)
    assert review["reviewRating"] == {
        "@type": "Rating",
        "alternateName": name,
        "ratingExplanation": "Nobody has seen it.",
    }
    assert (review["author"]["name"], review["url"]) == (PUBLISHER.name, published.address)


def test_every_status_has_a_rating_name() -> None:
    assert ALTERNATE_NAMES.keys() == set(Status)


def test_a_withdrawn_claim_has_no_review() -> None:
    assert decision_review(claim(stage=Stage.WITHDRAWN, notice="Wrong."), PUBLISHER) is None


def test_the_reviewed_item_has_claimants_and_appearances() -> None:
    state = source("South Korea", kind=SourceKind.GOVERNMENT)
    service = source("NIS", number=2, parent=state, url="https://nis.example")
    paper = source("The Paper", number=3)
    published = claim(
        attributions=[
            attribution(paper, number=1, lineage=Lineage.RELAYED, relayed_from=[service], document=document(number=1)),
            attribution(service, number=2, document=document(None, number=2, url=None, published="2025-01~")),
            attribution(source("Kremlin", number=4), number=3, stance=Stance.DENIES, document=document(number=4)),
            attribution(source("Nobody", number=5), number=4, withdrawn=True),
        ]
    )
    review = decision_review(published, PUBLISHER)
    assert review is not None
    validate_review(review)
    item = review["itemReviewed"]

    assert item["author"] == {
        "@type": "Organization",
        "name": "NIS (South Korea)",
        "sameAs": ["https://nis.example"],
    }
    assert item["datePublished"] == "2025-01-12"
    assert [appearance.get("url") for appearance in item["appearance"]] == [None, "https://news.example/1"]
    assert item["firstAppearance"]["url"] == "https://news.example/1"


def fetch_reviews(api: TestClient, **params: Any) -> Iterator[dict[str, Any]]:
    response = api.get("export", params={"format": "claim_review", **params})
    assert response.status_code == 200, response.text
    feed = response.json()
    assert (feed["@context"], feed["@type"]) == ("https://schema.org", "DataFeed")
    yield from (item["item"] for item in feed["dataFeedElement"])


def load_and_decide(api: TestClient, editor: dict[str, str], key_of: Callable[[Role], dict[str, str]]) -> None:
    """Import the seed data and take the decisions that its file contains at this desk too."""
    load(api, editor, (Path(__file__).parents[3] / "seed_data/01-story-january-2025.json").read_bytes())
    for item in api.get("claims", params={"status": "unconfirmed", "limit": 200}).json()["items"]:
        body = {
            "claim_version": item["version"],
            "status": "unconfirmed",
            "rationale": "No proof was shown.",
            "standard": "reasonable_grounds",
        }
        proposed = api.post(f"claims/{item['id']}/proposals", json=body, headers=key_of(Role.FACT_CHECKER))
        path = f"proposals/{proposed.raise_for_status().json()['id']}/sign-offs"
        api.post(path, json={"verdict": "approve"}, headers=key_of(Role.ADMIN)).raise_for_status()


def test_a_decision_in_a_file_is_no_review_of_ours(api: TestClient, editor: dict[str, str]) -> None:
    load(api, editor, (Path(__file__).parents[3] / "seed_data/01-story-january-2025.json").read_bytes())
    assert list(fetch_reviews(api)) == []


def test_exported_decisions_are_valid(
    api: TestClient, editor: dict[str, str], key_of: Callable[[Role], dict[str, str]]
) -> None:
    load_and_decide(api, editor, key_of)
    reviews = list(fetch_reviews(api))

    for review in reviews:
        validate_review(review)
    assert len(reviews) == 8
    assert {review["reviewRating"]["alternateName"] for review in reviews} == {"Unconfirmed"}


def fetch_fact_checks(api: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the recorded fact-checks by claim and URL, without the ids of this record."""
    fact_checks = {}
    for item in api.get("claims", params={"limit": 200}).json()["items"]:
        claim = api.get(f"claims/{item['id']}").json()
        for check in claim["fact_checks"]:
            fields = {name: value for name, value in check.items() if name not in ("id", "document_id", "source")}
            fact_checks[claim["statement"], check["url"]] = {**fields, "source": check["source"]["name"]}
    return fact_checks


@needs_data
def test_imported_reviews_are_exported_with_every_value(
    api: TestClient, editor: dict[str, str], tmp_path: Path
) -> None:
    originals = [item["object"] for item in json.loads(ORIGINALS.read_text())]
    report = api.post("imports", content=ORIGINALS.read_bytes(), headers=editor).json()
    assert (report["rows"], report["created"], report["refused"]) == (45, 43, 2)
    out = api.get("export", params={"format": "claim_review"}).content

    reviews = list(fetch_reviews(api))
    # Two objects occur twice in the collection, in different pages; the first of each is imported.
    assert len(reviews) == 43
    for review in reviews:
        assert review in originals, review["url"]
    assert {(review["url"], review["claimReviewed"]) for review in reviews} == {
        (original["url"], original["claimReviewed"]) for original in originals
    }

    second_report = api.post("imports", content=out, headers=editor).json()
    assert (second_report["unchanged"], second_report["rows"], second_report["refused"]) == (43, 43, 0)
    assert second_report["objects"]["claim"] == {"created": 0, "unchanged": 43, "revised": 0}
    with second_service(tmp_path) as (second, headers):
        load(second, headers, out)
        assert fetch_fact_checks(second) == fetch_fact_checks(api)
        assert second.get("export", params={"format": "claim_review"}).json()["dataFeedElement"]
        assert sorted(map(repr, fetch_reviews(second))) == sorted(map(repr, reviews))


@needs_data
@pytest.mark.parametrize("name", ["google_fact_check_raw.json", "gesis_claims_raw.json"])
def test_reviews_imported_in_other_formats_are_exported_as_schema_org(
    api: TestClient, editor: dict[str, str], tmp_path: Path, name: str
) -> None:
    load(api, editor, (DATA / name).read_bytes())
    out = api.get("export", params={"format": "claim_review"}).content
    (review,) = fetch_reviews(api)
    assert review["claimReviewed"]
    assert review["reviewRating"]["alternateName"]
    assert review["author"]["name"]
    with second_service(tmp_path) as (second, headers):
        load(second, headers, out)
        assert fetch_fact_checks(second) == fetch_fact_checks(api)


def test_a_decision_imported_by_another_service_is_a_fact_check_there(
    api: TestClient, editor: dict[str, str], key_of: Callable[[Role], dict[str, str]], tmp_path: Path
) -> None:
    load_and_decide(api, editor, key_of)
    out = api.get("export", params={"format": "claim_review"}).content
    with second_service(tmp_path) as (second, headers):
        load(second, headers, out)
        fact_checks = fetch_fact_checks(second)

        assert len(fact_checks) == 8
        assert {(check["source"], check["verdict"], check["rating_value"]) for check in fact_checks.values()} == {
            ("Attest", "Unconfirmed", None)
        }
        items = second.get("claims", params={"limit": 200}).json()["items"]
        assert {item["status"] for item in items} == {"unassessed"}


def test_an_imported_review_cannot_end_a_script_element() -> None:
    hostile = {"claimReviewed": "</script>", "@type": "ClaimReview", "</script>": ["<!--"], "n": 1.50, "z": None}
    text = "".join(claim_review_feed.write([claim(decision=None, fact_checks=[fact_check(hostile)])], EDITION))

    assert "<" not in text
    assert json.loads(text)["dataFeedElement"][0]["item"] == hostile

"""ClaimReview both ways: ours by the schemas of those who read them, others' with every value that came in."""

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
from app.vocabulary import Lineage, SourceKind, Stage, Stance, Status
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

_BESIDE = Path(__file__).parents[4] / "shared/data"
DATA = Path(os.environ.get("ATTEST_TEST_COLLECTIONS", _BESIDE)) / "04-claimreview-objects"
"""Objects of real fact-checkers, which are not ours to copy into the repository."""

ORIGINALS = DATA / "claimreview-objects.json"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the collections are not at hand")

# What Fact-Check Insights asks of a ClaimReview, in short, for where the collections are not at hand.
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


def check(review: Any) -> None:
    """Raises ValidationError unless a review of ours is as those who read it want it."""
    schemas = [SCHEMA]
    if DATA.exists():
        theirs = json.loads((DATA / "zenodotus-claim-review-schema.json").read_text())
        # By its `$id` the references in it would lead nowhere.
        del theirs["definitions"]["claimReview"]["$id"]
        schemas.append(theirs)
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
def test_each_status_has_its_words_and_no_number(status: Status, name: str | None) -> None:
    decided = None if status is Status.UNASSESSED else decision(status=status)
    made = claim(status=status, decision=decided, adverse_to=source("Russia", number=9))
    review = decision_review(made, PUBLISHER)

    if name is None:
        assert review is None
        return
    assert review is not None
    check(review)
    assert review["reviewRating"] == {
        "@type": "Rating",
        "alternateName": name,
        "ratingExplanation": "Nobody has seen it.",
    }
    assert (review["author"]["name"], review["url"]) == (PUBLISHER.name, made.address)


def test_every_status_is_in_the_table() -> None:
    assert ALTERNATE_NAMES.keys() == set(Status)


def test_a_withdrawn_claim_has_no_review() -> None:
    assert decision_review(claim(stage=Stage.WITHDRAWN, notice="Wrong."), PUBLISHER) is None


def test_who_made_the_claim_and_where_it_appeared() -> None:
    state = source("South Korea", kind=SourceKind.GOVERNMENT)
    service = source("NIS", number=2, parent=state, url="https://nis.example")
    paper = source("The Paper", number=3)
    made = claim(
        attributions=[
            attribution(paper, number=1, lineage=Lineage.RELAYED, relayed_from=[service], document=document(number=1)),
            attribution(service, number=2, document=document(None, number=2, url=None, published="2025-01~")),
            attribution(source("Kremlin", number=4), number=3, stance=Stance.DENIES, document=document(number=4)),
            attribution(source("Nobody", number=5), number=4, withdrawn=True),
        ]
    )
    review = decision_review(made, PUBLISHER)
    assert review is not None
    check(review)
    item = review["itemReviewed"]

    assert item["author"] == {
        "@type": "Organization",
        "name": "NIS (South Korea)",
        "sameAs": ["https://nis.example"],
    }
    assert item["datePublished"] == "2025-01-12"
    assert [one.get("url") for one in item["appearance"]] == [None, "https://news.example/1"]
    assert item["firstAppearance"]["url"] == "https://news.example/1"


def exported(api: TestClient, **params: Any) -> Iterator[dict[str, Any]]:
    answer = api.get("export", params={"format": "claim_review", **params})
    assert answer.status_code == 200, answer.text
    feed = answer.json()
    assert (feed["@context"], feed["@type"]) == ("https://schema.org", "DataFeed")
    yield from (item["item"] for item in feed["dataFeedElement"])


def test_what_we_decided_is_valid(api: TestClient, editor: dict[str, str]) -> None:
    load(api, editor, (Path(__file__).parents[3] / "seed_data/01-story-january-2025.json").read_bytes())
    reviews = list(exported(api))

    for review in reviews:
        check(review)
    assert len(reviews) == 8
    assert {one["reviewRating"]["alternateName"] for one in reviews} == {"Unconfirmed"}


def checks_of(api: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    """What is on record of others' reviews, by claim, without ids of this record."""
    found = {}
    for item in api.get("claims", params={"limit": 200}).json()["items"]:
        whole = api.get(f"claims/{item['id']}").json()
        for one in whole["fact_checks"]:
            plain = {name: value for name, value in one.items() if name not in ("id", "document_id", "source")}
            found[whole["statement"], one["url"]] = {**plain, "source": one["source"]["name"]}
    return found


@needs_data
def test_reviews_of_others_keep_every_value(api: TestClient, editor: dict[str, str], tmp_path: Path) -> None:
    originals = [one["object"] for one in json.loads(ORIGINALS.read_text())]
    report = api.post("imports", content=ORIGINALS.read_bytes(), headers=editor).json()
    assert (report["rows"], report["created"], report["refused"]) == (45, 43, 2)
    out = api.get("export", params={"format": "claim_review"}).content

    reviews = list(exported(api))
    # Two objects come twice in the collection, with another page around them; the first of each is what we hold.
    assert len(reviews) == 43
    for review in reviews:
        assert review in originals, review["url"]
    assert {(one["url"], one["claimReviewed"]) for one in reviews} == {
        (one["url"], one["claimReviewed"]) for one in originals
    }

    again = api.post("imports", content=out, headers=editor).json()
    assert (again["unchanged"], again["rows"], again["refused"]) == (43, 43, 0)
    assert again["objects"]["claim"] == {"created": 0, "unchanged": 43, "revised": 0}
    with second_service(tmp_path) as (second, headers):
        load(second, headers, out)
        assert checks_of(second) == checks_of(api)
        assert second.get("export", params={"format": "claim_review"}).json()["dataFeedElement"]
        assert sorted(map(repr, exported(second))) == sorted(map(repr, reviews))


@needs_data
@pytest.mark.parametrize("name", ["google_fact_check_raw.json", "gesis_claims_raw.json"])
def test_what_came_in_another_shape_goes_out_in_schema_org_s(
    api: TestClient, editor: dict[str, str], tmp_path: Path, name: str
) -> None:
    load(api, editor, (DATA / name).read_bytes())
    out = api.get("export", params={"format": "claim_review"}).content
    for review in exported(api):
        assert review["claimReviewed"]
        assert review["reviewRating"]["alternateName"]
        assert review["author"]["name"]
    with second_service(tmp_path) as (second, headers):
        load(second, headers, out)
        assert checks_of(second) == checks_of(api)


def test_our_own_decision_read_by_another_attest_is_a_fact_check_there(
    api: TestClient, editor: dict[str, str], record: Callable[..., Any], tmp_path: Path
) -> None:
    load(api, editor, (Path(__file__).parents[3] / "seed_data/01-story-january-2025.json").read_bytes())
    out = api.get("export", params={"format": "claim_review"}).content
    with second_service(tmp_path) as (second, headers):
        load(second, headers, out)
        found = checks_of(second)

        assert len(found) == 8
        assert {(one["source"], one["verdict"], one["rating_value"]) for one in found.values()} == {
            ("Attest", "Unconfirmed", None)
        }
        items = second.get("claims", params={"limit": 200}).json()["items"]
        assert {one["status"] for one in items} == {"unassessed"}


def test_nothing_in_a_review_of_others_ends_a_script() -> None:
    evil = {"claimReviewed": "</script>", "@type": "ClaimReview", "</script>": ["<!--"], "n": 1.50, "z": None}
    text = "".join(claim_review_feed.write([claim(decision=None, fact_checks=[fact_check(evil)])], EDITION))

    assert "<" not in text
    assert json.loads(text)["dataFeedElement"][0]["item"] == evil

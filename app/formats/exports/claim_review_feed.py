"""Claims as schema.org ClaimReview: our own decisions, and the stored reviews of other organisations unchanged.

Our reviews have the members that Google's fact check markup requires (claimReviewed, reviewRating with alternateName,
url, author). They are valid by the schema of Fact-Check Insights, which allows no other members and a single author.
They have no ratingValue: we do not rate on a scale, and a number would invite calculations that no decision supports.
There is no review of ours for a claim that is withdrawn or undecided, or whose decision is stale. An imported
decision is no review of ours: one that another installation took has that installation's publisher as its author, and
one from a file is left out, because its author would be a text of the file.

Reviews by others are exported exactly as they were imported, every member and every value.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.formats.english.retraction_words import retraction_sentences
from app.formats.english.source_names import name_with_parent
from app.formats.exports.claim_table import current_attributions
from app.formats.exports.json_in_html import dump_json
from app.schemas.files.edition import Edition
from app.schemas.files.publication import (
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedFactCheck,
    PublishedSource,
    Publisher,
)
from app.vocabulary import ClaimStatus, Lineage, SourceKind, Stage, Stance, Status, UpstreamState

SCHEMA_ORG = "https://schema.org"

ALTERNATE_NAMES: Mapping[Status, str | None] = {
    Status.UNASSESSED: None,
    Status.UNCONFIRMED: "Unconfirmed",
    Status.CORROBORATED: "Corroborated, not verified",
    Status.CONCEDED: "Acknowledged by {party}",
    Status.CONFIRMED: "Verified",
    Status.DISPUTED: "Disputed",
    Status.UNLIKELY: "Unlikely",
    Status.REFUTED: "False",
    Status.UNVERIFIABLE: "Unproven",
}
"""The rating of each status, as text; None: the status has no review."""

ASSERTING_STANCES = frozenset({Stance.ASSERTS, Stance.ESTIMATES, Stance.ALLEGES, Stance.PREDICTS, Stance.SPECULATES})
"""Stances of sources that make a claim, as opposed to responding to it."""


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """Yield a DataFeed with one item for each review.

    Scalar members come before the items, so that the feed can be read incrementally (`json_stream`).
    """
    feed = {
        "@context": SCHEMA_ORG,
        "@type": "DataFeed",
        "name": f"Fact-checks by {edition.publisher.name}, and by others as on its record",
        "url": edition.address,
        "dateModified": edition.moment,
    }
    yield dump_json(feed)[:-1] + ',"dataFeedElement":['
    separator = "\n"
    for claim in claims:
        for review in claim_reviews(claim, edition.publisher):
            item = {"@type": "DataFeedItem", "dateModified": claim.recorded_at, "item": review}
            yield separator + dump_json(item)
            separator = ",\n"
    yield f'\n],"publisher":{dump_json(publisher_object(edition.publisher))}}}\n'


def claim_reviews(claim: PublishedClaim, publisher: Publisher) -> Iterator[dict[str, Any]]:
    """Yield the reviews of a claim: its decision, if that has a known author, then those of other organisations."""
    own_review = decision_review(claim, publisher)
    if own_review is not None:
        yield own_review
    yield from (external_review(claim, fact_check) for fact_check in claim.fact_checks)


# --- our reviews ---


def alternate_name(claim: PublishedClaim) -> str | None:
    """Return the rating in the decision on a claim as text; None if the claim is undecided or withdrawn."""
    if claim.decision is None or claim.stage is Stage.WITHDRAWN:
        return None
    template = ALTERNATE_NAMES[claim.decision["status"]]
    return template and template.format(
        party=claim.adverse_to.name if claim.adverse_to is not None else "the party concerned"
    )


def decision_review(claim: PublishedClaim, publisher: Publisher) -> dict[str, Any] | None:
    """Return the decision on a claim as a ClaimReview; None if none applies to it, or if its author is not known.

    A ClaimReview has no member to say that a decision is stale, so readers would take it for one on the current claim.
    """
    name = alternate_name(claim)
    if name is None or claim.decision is None or claim.status is ClaimStatus.STALE:
        return None
    author = decision_author(claim.decision, publisher)
    if author is None:
        return None
    return {
        "@context": SCHEMA_ORG,
        "@type": "ClaimReview",
        "datePublished": str(claim.decision["decided_on"]),
        "url": claim.address,
        "author": publisher_object(author),
        "claimReviewed": claim.statement,
        "reviewRating": {
            "@type": "Rating",
            "alternateName": name,
            "ratingExplanation": rating_explanation(claim, claim.decision),
        },
        "itemReviewed": item_reviewed(claim),
    }


def decision_author(decision: Mapping[str, Any], publisher: Publisher) -> Publisher | None:
    """Return the publisher whose desk took a decision; None for a decision in a file, whoever the file names."""
    origin = decision["origin"]
    if origin is None:
        return publisher
    if origin["kind"] != "dump" or origin["address"] is None:
        return None
    return Publisher(name=origin["publisher"], address=origin["address"])


def publisher_object(publisher: Publisher) -> dict[str, Any]:
    """Return the publisher as a schema.org Organization."""
    return {"@type": "Organization", "name": publisher.name, "url": publisher.address}


def item_reviewed(claim: PublishedClaim) -> dict[str, Any]:
    """Return the reviewed claim as a schema.org Claim: its first known author, the date, and where it appeared."""
    attributions = claimant_attributions(claim)
    first = next(iter(standing(attributions)), None)
    members: dict[str, Any] = {"@type": "Claim"}
    if first is not None:
        members["author"] = party_object(first.source)
        if first.said is not None and _is_day(first.said):
            members["datePublished"] = first.said
    documents = distinct_documents(attributions)
    if documents:
        members["appearance"] = [document_object(document) for document in documents]
    if (earliest := first_appearance(documents)) is not None:
        members["firstAppearance"] = document_object(earliest)
    return members


def claimant_attributions(claim: PublishedClaim) -> list[PublishedAttribution]:
    """Return the attributions that make the claim: originals first, then those of unknown lineage, then relays."""
    attributions = [
        attribution for attribution in current_attributions(claim) if attribution.stance in ASSERTING_STANCES
    ]
    return sorted(
        attributions,
        key=lambda attribution: (
            attribution.lineage is not Lineage.ORIGINAL,
            attribution.lineage is Lineage.RELAYED,
        ),
    )


def standing(attributions: Iterable[PublishedAttribution]) -> list[PublishedAttribution]:
    """Return the attributions without relays of what was retracted or withdrawn: a relay is no author of the claim."""
    return [attribution for attribution in attributions if attribution.upstream_state is UpstreamState.STANDS]


def rating_explanation(claim: PublishedClaim, decision: Mapping[str, Any]) -> str:
    """Return the rationale of a decision, and what was retracted of the statements that others still relay.

    ClaimReview has no member for the latter.
    """
    links = {
        link.source.id: link for attribution in claimant_attributions(claim) for link in attribution.taken_back
    }.values()
    return " ".join(filter(None, (decision["rationale"], retraction_sentences(links))))


def distinct_documents(attributions: Iterable[PublishedAttribution]) -> list[PublishedDocument]:
    """Return the documents of attributions, each once."""
    documents = (attribution.document for attribution in attributions)
    return list({document.id: document for document in documents if document is not None}.values())


def first_appearance(documents: Iterable[PublishedDocument]) -> PublishedDocument | None:
    """Return the earliest document among those published on a known day; None if there is none or more than one."""
    dated = [document for document in documents if document.published is not None and _is_day(document.published)]
    days = sorted(str(document.published) for document in dated)
    if not days or days.count(days[0]) > 1:
        return None
    return next(document for document in dated if document.published == days[0])


def party_object(source: PublishedSource) -> dict[str, Any]:
    """Return a source as a schema.org Person or Organization."""
    kind = "Person" if source.kind in (SourceKind.PERSON, SourceKind.WITNESS) else "Organization"
    members: dict[str, Any] = {"@type": kind, "name": name_with_parent(source)}
    if source.url is not None:
        # `sameAs` and not `url`: in the schema of Fact-Check Insights, only the publisher of the review has a `url`.
        members["sameAs"] = [source.url]
    return members


def document_object(document: PublishedDocument) -> dict[str, Any]:
    """Return a document in which a claim appeared as a schema.org CreativeWork."""
    members = {
        "url": document.url,
        "name": document.title,
        "datePublished": document.published if document.published and _is_day(document.published) else None,
        "inLanguage": document.language,
        "archivedAt": document.archive_url,
    }
    return {"@type": "CreativeWork", **{name: value for name, value in members.items() if value is not None}}


_DAY_LENGTH = len("2025-01-12")


def _is_day(edtf: str) -> bool:
    """True for an EDTF date that is a single, certain day."""
    return len(edtf) == _DAY_LENGTH and edtf.replace("-", "").isdecimal()


# --- reviews by others ---


def external_review(claim: PublishedClaim, fact_check: PublishedFactCheck) -> dict[str, Any]:
    """Return a review by others exactly as imported; built from our fields if its original is not a ClaimReview."""
    original = fact_check.original
    if "claimReviewed" in original:
        return dict(original)
    page = fact_check.document
    rating = {
        "ratingValue": fact_check.rating_value,
        "bestRating": fact_check.best_rating,
        "worstRating": fact_check.worst_rating,
        "alternateName": fact_check.verdict,
        "ratingExplanation": fact_check.explanation,
    }
    author = {"@type": "Organization", "name": fact_check.source.name, "url": fact_check.source.url}
    attributions = standing(claimant_attributions(claim))
    item: dict[str, Any] = {"@type": "Claim"}
    if attributions:
        first = attributions[0]
        item |= {"author": party_object(first.source)} | ({"datePublished": first.said} if first.said else {})
    review = {
        "@context": SCHEMA_ORG,
        "@type": "ClaimReview",
        "url": None if page is None else page.url,
        "headline": None if page is None else page.title,
        "inLanguage": None if page is None else page.language,
        "datePublished": None if page is None else page.published,
        "author": _without_none(author),
        "claimReviewed": claim.statement,
        "reviewRating": {"@type": "Rating", **_without_none(rating)},
        "itemReviewed": item,
    }
    return _without_none(review)


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

"""ClaimReview (schema.org) going out: our decisions, and the reviews of others that we hold, word for word.

Ours have what Google's fact check markup requires (claimReviewed, reviewRating with alternateName, url, author) and are
valid by the schema of Fact-Check Insights, which takes no other members and one author. They give no number: we rate on
no scale, and whoever counts with them would count with what nobody said. Claims on which nothing was decided, or
nothing on what they say now and by whom, and withdrawn ones have no review of ours.

Reviews of others go out as they came, every member and every value: they are not ours to tidy up.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.formats.english.source_names import in_brackets
from app.formats.exports.claim_table import said
from app.formats.exports.json_in_html import text_of
from app.schemas.files.edition import Edition
from app.schemas.files.publication import (
    House,
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedFactCheck,
    PublishedSource,
)
from app.vocabulary import Lineage, SourceKind, Stage, Staleness, Stance, Status

CONTEXT = "https://schema.org"

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
"""What each status is called; None: there is no review."""

PUTS_FORWARD = frozenset({Stance.ASSERTS, Stance.ESTIMATES, Stance.ALLEGES, Stance.PREDICTS, Stance.SPECULATES})
"""Stances of those who make a claim, rather than answer to it."""


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """A DataFeed with an item for each review. Plain members stand before the items: so it can be read item by item."""
    about = {
        "@context": CONTEXT,
        "@type": "DataFeed",
        "name": f"Fact-checks by {edition.house.name}, and by others as on its record",
        "url": edition.address,
        "dateModified": edition.moment,
    }
    yield text_of(about)[:-1] + ',"dataFeedElement":['
    lead = "\n"
    for claim in claims:
        for review in reviews(claim, edition.house):
            item = {"@type": "DataFeedItem", "dateModified": claim.recorded_at, "item": review}
            yield lead + text_of(item)
            lead = ",\n"
    yield f'\n],"publisher":{text_of(publisher(edition.house))}}}\n'


def reviews(claim: PublishedClaim, house: House) -> Iterator[dict[str, Any]]:
    """The reviews of a claim: ours, if there is one, and those of others."""
    own = our_review(claim, house)
    if own is not None:
        yield own
    yield from (their_review(claim, one) for one in claim.fact_checks)


# --- ours ---


def alternate_name(claim: PublishedClaim) -> str | None:
    """What was concluded, in the words of a reader; None if nothing was."""
    words = ALTERNATE_NAMES[claim.status]
    if words is None or claim.decision is None or claim.stage is Stage.WITHDRAWN:
        return None
    return words.format(party=claim.adverse_to.name if claim.adverse_to is not None else "the party concerned")


_OTHERWISE = frozenset({Staleness.WORDING, Staleness.ATTRIBUTIONS})
"""What is reviewed reads otherwise, or is said otherwise or by others."""


def speaks_of_another_claim(decision: Mapping[str, Any]) -> bool:
    """True for a decision that no ClaimReview can tell of: readers would take it for one of what is said there now."""
    return not _OTHERWISE.isdisjoint(decision["stale_because"])


def our_review(claim: PublishedClaim, house: House) -> dict[str, Any] | None:
    """Our decision as a ClaimReview; None if there is none."""
    name = alternate_name(claim)
    if name is None or claim.decision is None or speaks_of_another_claim(claim.decision):
        return None
    return {
        "@context": CONTEXT,
        "@type": "ClaimReview",
        "datePublished": str(claim.decision["decided_on"]),
        "url": claim.address,
        "author": publisher(house),
        "claimReviewed": claim.statement,
        "reviewRating": {
            "@type": "Rating",
            "alternateName": name,
            "ratingExplanation": claim.decision["rationale"],
        },
        "itemReviewed": item_reviewed(claim),
    }


def publisher(house: House) -> dict[str, Any]:
    """Who publishes this record."""
    return {"@type": "Organization", "name": house.name, "url": house.address}


def item_reviewed(claim: PublishedClaim) -> dict[str, Any]:
    """The claim that was reviewed: who made it first, as far as we know, when, and where it appeared."""
    made = makers(claim)
    first = made[0] if made else None
    found: dict[str, Any] = {"@type": "Claim"}
    if first is not None:
        found["author"] = party(first.source)
        if first.said is not None and _is_a_day(first.said):
            found["datePublished"] = first.said
    appeared = documents_of(made)
    if appeared:
        found["appearance"] = [work(one) for one in appeared]
    if (earliest := first_appearance(appeared)) is not None:
        found["firstAppearance"] = work(earliest)
    return found


def makers(claim: PublishedClaim) -> list[PublishedAttribution]:
    """Who put the claim forward: those who know it themselves before those who pass it on."""
    forward = [one for one in said(claim) if one.stance in PUTS_FORWARD]
    return sorted(forward, key=lambda one: (one.lineage is not Lineage.ORIGINAL, one.lineage is Lineage.RELAYED))


def documents_of(attributions: Iterable[PublishedAttribution]) -> list[PublishedDocument]:
    """The documents in which these stand, each once."""
    return list({one.document.id: one.document for one in attributions if one.document is not None}.values())


def first_appearance(documents: Iterable[PublishedDocument]) -> PublishedDocument | None:
    """The earliest of the documents of which the day is known; None unless there is one alone."""
    dated = [one for one in documents if one.published is not None and _is_a_day(one.published)]
    days = sorted(str(one.published) for one in dated)
    if not days or days.count(days[0]) > 1:
        return None
    return next(one for one in dated if one.published == days[0])


def party(source: PublishedSource) -> dict[str, Any]:
    """A source as a person or organisation. With a name and `sameAs`: by the schema what has a `url` must be ours."""
    kind = "Person" if source.kind in (SourceKind.PERSON, SourceKind.WITNESS) else "Organization"
    found: dict[str, Any] = {"@type": kind, "name": in_brackets(source)}
    if source.url is not None:
        found["sameAs"] = [source.url]
    return found


def work(document: PublishedDocument) -> dict[str, Any]:
    """A document in which a claim appeared."""
    told = {
        "url": document.url,
        "name": document.title,
        "datePublished": document.published if document.published and _is_a_day(document.published) else None,
        "inLanguage": document.language,
        "archivedAt": document.archive_url,
    }
    return {"@type": "CreativeWork", **{name: value for name, value in told.items() if value is not None}}


_DAY = len("2025-01-12")


def _is_a_day(edtf: str) -> bool:
    return len(edtf) == _DAY and edtf.replace("-", "").isdecimal()


# --- others' ---


def their_review(claim: PublishedClaim, check: PublishedFactCheck) -> dict[str, Any]:
    """A review as it came; from what is on record if it came in another shape than schema.org's."""
    original = check.original
    if "claimReviewed" in original:
        return dict(original)
    page = check.document
    rating = {
        "ratingValue": check.rating_value,
        "bestRating": check.best_rating,
        "worstRating": check.worst_rating,
        "alternateName": check.verdict,
        "ratingExplanation": check.explanation,
    }
    author = {"@type": "Organization", "name": check.source.name, "url": check.source.url}
    made = makers(claim)
    item: dict[str, Any] = {"@type": "Claim"}
    if made:
        item |= {"author": party(made[0].source)} | ({"datePublished": made[0].said} if made[0].said else {})
    review = {
        "@context": CONTEXT,
        "@type": "ClaimReview",
        "url": None if page is None else page.url,
        "headline": None if page is None else page.title,
        "inLanguage": None if page is None else page.language,
        "datePublished": None if page is None else page.published,
        "author": _given(author),
        "claimReviewed": claim.statement,
        "reviewRating": {"@type": "Rating", **_given(rating)},
        "itemReviewed": item,
    }
    return _given(review)


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

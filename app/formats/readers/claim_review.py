"""Other organisations' fact-checks: schema.org ClaimReview, and what Google and GESIS make of it.

Read are single objects, arrays, JSON Lines, `@graph`, a DataFeed (`dataFeedElement`, `item`), the `claims` of the
Google Fact Check Tools API, resources of GESIS ClaimsKG, and objects wrapped with the name of their fixture. A review
gives the claim, who it is attributed to, where it appeared, and the fact-check, whose verdict and ratings are kept
as they are written beside our own status, which they never set. (Those in a resource of ClaimsKG are its own: it
maps every fact-checker's words to TRUE, FALSE, MIXTURE and OTHER.)

What is mended: HTML entities and blanks around texts, addresses without a scheme (`https://` is put before them),
times of day and zones after a date. What is no address is left in the original object alone.

The key of a claim is made of the review's address and the claim's text: a newer version of the review corrects the
claim. Within one file the first version counts; were each to correct the other, importing the file again would never
come to rest.
"""

import re
from hashlib import sha256
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.parsing import lenient_values
from app.formats.parsing.import_rows import Reading, Refused, Row, refusals
from app.formats.parsing.json_stream import objects
from app.formats.readers.claim_review_shapes import FEEDS, Fault, Party, Review, reviews
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.evidence import ClaimEvidenceCreate
from app.schemas.fact_check import FactCheckCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, Record, SourceRecord
from app.vocabulary import Anonymity, ClaimKind, DocumentKind, EvidenceRole, Lineage, SourceKind, Stage, Stance

_UNDETERMINED = "und"

_ACCOUNT = re.compile(r"(facebook|fb|twitter|instagram|tiktok|telegram|youtube|whatsapp)\b", re.IGNORECASE)
_NETWORKS = re.compile(
    r"(^|\.)(facebook\.com|fb\.com|twitter\.com|x\.com|instagram\.com|tiktok\.com|t\.me|youtube\.com|youtu\.be|"
    r"threads\.net|vk\.com|weibo\.com)$"
)
_VIDEO_HOSTS = re.compile(r"(^|\.)(youtube\.com|youtu\.be|vimeo\.com|kwai-video\.com|tiktok\.com)$")
# Whom fact-checkers name when there is nobody to name. Other wordings are taken for names.
_NOBODY = frozenset(
    {
        "anonymous",
        "boatos de redes sociais",
        "desinformação",
        "facebook post",
        "facebook posts",
        "facebook user",
        "facebook users",
        "multiple people",
        "multiple sources",
        "multiple users",
        "social media",
        "social media post",
        "social media posts",
        "social media user",
        "social media users",
        "unknown",
        "viral image",
        "viral post",
        "viral posts",
        "viral video",
        "whatsapp message",
        "सोशल मीडिया यूजर्स",
    }
)


def read(stream: BinaryIO) -> Reading:
    """One row of records for each review; what is not a ClaimReview is refused."""
    taken: dict[str, tuple[int, str]] = {}  # of each review in the file: its line and a digest
    for found in objects(stream, feeds=FEEDS):
        if isinstance(found, Refused):
            yield found
            continue
        line, value = found
        for review in reviews(value):
            try:
                records = _records(review) if isinstance(review, Review) else review
            except ValidationError as error:
                yield from refusals(line, error)
                continue
            yield _fault(line, records) if isinstance(records, Fault) else _once(line, records, taken)


def _fault(line: int, fault: Fault) -> Refused:
    return Refused(line, fault.field, fault.reason)


def _once(line: int, records: tuple[Record, ...], taken: dict[str, tuple[int, str]]) -> Row | Refused:
    claim = next(record for record in records if isinstance(record, ClaimRecord))
    digest = _digest(repr(records))
    first, known = taken.setdefault(claim.key or "", (line, digest))
    if known != digest:
        return Refused(line, "", f"must not stand twice in a file: line {first} has another version of this review")
    return Row(line, records)


# --- records ---


def _records(review: Review) -> tuple[Record, ...] | Fault:
    """What a review says. Raises ValidationError if the record does not allow it."""
    statement, url = lenient_values.text(review.claim, keep_lines=True), lenient_values.address(review.url)
    if statement is None:
        return Fault("claimReviewed", "must be the claim, as text")
    if url is None:
        return Fault("url", "must be the whole http or https address of the review")
    if review.publisher is None:
        return Fault("author", "must name who reviewed the claim")
    reviewer = _reviewer(review.publisher)
    page = DocumentRecord(
        key=f"claim-review/page/{_digest(url)}",
        kind=DocumentKind.FACT_CHECK,
        title=lenient_values.text(review.title),
        publisher=reviewer.key,
        author=review.byline,
        url=url,
        language=lenient_values.language(review.language),
        published=lenient_values.day(review.published),
    )
    claimants = {source.key or "": (party, source) for party in review.claimants for source in [_claimant(party)]}
    appearances = {
        document.key or "": document
        for item in review.appearances
        if (address := lenient_values.address(item))
        for document in [_appearance(address)]
    }
    claim = ClaimRecord(
        key=f"claim-review/{_digest(url, statement)}",
        kind=ClaimKind.OTHER,
        statement=statement,
        language=lenient_values.language(review.language) or _UNDETERMINED,
        stage=Stage.PUBLISHED,
        attributions=[
            ClaimAttributionCreate(
                key=f"claimant-{number}",
                source=key,
                stance=Stance.ASSERTS,
                lineage=Lineage.UNKNOWN,
                document=next(iter(appearances), None),
                said=lenient_values.day(review.said),
                note=f"Described as: {party.role}" if party.role else None,
            )
            for number, (key, (party, _)) in enumerate(claimants.items(), 1)
        ],
        evidence=[
            ClaimEvidenceCreate(
                key=f"appearance-{number}",
                document=key,
                role=EvidenceRole.CONTEXT,
                description="The review gives this as a place where the claim appeared.",
            )
            for number, key in enumerate(appearances, 1)
        ],
        fact_checks=[_fact_check(review, reviewer, page)],
    )
    sources = [source for _, source in claimants.values()]
    return (reviewer, *sources, page, *appearances.values(), claim)


def _fact_check(review: Review, reviewer: SourceRecord, page: DocumentRecord) -> FactCheckCreate:
    rating = review.rating or {}
    explanation = lenient_values.as_written(rating.get("ratingExplanation"))
    return FactCheckCreate(
        key="review",
        source=reviewer.key or "",
        document=page.key,
        verdict=lenient_values.as_written(rating.get("alternateName")),
        rating_value=lenient_values.as_written(rating.get("ratingValue")),
        best_rating=lenient_values.as_written(rating.get("bestRating")),
        worst_rating=lenient_values.as_written(rating.get("worstRating")),
        explanation=explanation or lenient_values.as_written(review.body),
        original=review.original,
    )


def _reviewer(party: Party) -> SourceRecord:
    return _source(party, SourceKind.PERSON if party.type_ == "Person" else SourceKind.OTHER)


def _claimant(party: Party) -> SourceRecord:
    if party.name.casefold() in _NOBODY:
        nobody = Party(party.name, "")
        return _source(nobody, SourceKind.OTHER, Anonymity.DESCRIBED)
    if _ACCOUNT.match(party.name) or _NETWORKS.search(lenient_values.host(party.address or "")):
        return _source(party, SourceKind.SOCIAL_MEDIA_ACCOUNT)
    return _source(party, SourceKind.PERSON if party.type_ == "Person" else SourceKind.OTHER)


def _source(party: Party, kind: SourceKind, anonymity: Anonymity = Anonymity.NAMED) -> SourceRecord:
    """A source whose key is made of all that is said of it: no two reviews can describe it differently."""
    return SourceRecord(
        key=f"claim-review/source/{_digest(party.name, party.address or '', kind, anonymity)}",
        name=party.name,
        kind=kind,
        anonymity=anonymity,
        url=party.address,
    )


def _appearance(address: str) -> DocumentRecord:
    """The document at an address: nothing but what the address tells, so that it is the same in every review."""
    host = lenient_values.host(address)
    kind = DocumentKind.OTHER
    if _VIDEO_HOSTS.search(host):
        kind = DocumentKind.VIDEO
    elif _NETWORKS.search(host):
        kind = DocumentKind.SOCIAL_MEDIA_POST
    return DocumentRecord(key=f"claim-review/appearance/{_digest(address)}", kind=kind, url=address)


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:24]

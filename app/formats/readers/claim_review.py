"""Reader of fact-checks by other organisations: schema.org ClaimReview, and the shapes of Google and GESIS.

Accepted are single objects, arrays, JSON Lines, `@graph`, a DataFeed (`dataFeedElement`, `item`), the `claims` of the
Google Fact Check Tools API, resources of GESIS ClaimsKG, and objects wrapped with the name of their fixture. A review
yields the claim, its attributions, where it appeared, and the fact-check. The fact-check's verdict and ratings are
stored verbatim next to our own status, which they never change. (ClaimsKG has ratings of its own: it maps every
fact-checker's verdict to TRUE, FALSE, MIXTURE or OTHER.)

Repaired are HTML entities and whitespace around texts, URLs without a scheme (`https://` is added), and the time of day
and time zone after a date. An invalid URL stays only in the original object.

The key of a claim is made from the review's URL and the claim's text, so that a newer version of the review corrects
the claim. Within one file the first version counts: otherwise each version would correct the other on every import.
"""

import re
from hashlib import sha256
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.parsing import lenient_values
from app.formats.parsing.import_rows import ImportRow, RowRefusal, RowStream, row_number, row_refusals
from app.formats.parsing.json_stream import read_objects
from app.formats.readers.claim_review_shapes import FEED_MEMBERS, InvalidReview, ParsedReview, Party, parse_reviews
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.evidence import ClaimEvidenceCreate
from app.schemas.fact_check import FactCheckCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, Record, SourceRecord
from app.vocabulary import Anonymity, ClaimKind, DocumentKind, EvidenceRole, Lineage, SourceKind, Stage, Stance

_UNDETERMINED = "und"

_ACCOUNT_NAME = re.compile(r"(facebook|fb|twitter|instagram|tiktok|telegram|youtube|whatsapp)\b", re.IGNORECASE)
_SOCIAL_HOSTS = re.compile(
    r"(^|\.)(facebook\.com|fb\.com|twitter\.com|x\.com|instagram\.com|tiktok\.com|t\.me|youtube\.com|youtu\.be|"
    r"threads\.net|vk\.com|weibo\.com)$"
)
_VIDEO_HOSTS = re.compile(r"(^|\.)(youtube\.com|youtu\.be|vimeo\.com|kwai-video\.com|tiktok\.com)$")
# Claimants that fact-checkers write for an unknown source. Any other wording is treated as a name.
_PLACEHOLDER_NAMES = frozenset(
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


def read(stream: BinaryIO) -> RowStream:
    """Yield the records of each review as a row; an object without a ClaimReview is refused."""
    seen_reviews: dict[str, tuple[int, str]] = {}  # line and digest of each review in the file, by the claim's key
    for item in read_objects(stream, feeds=FEED_MEMBERS):
        if isinstance(item, RowRefusal):
            yield item
            continue
        line, value = item
        for review in parse_reviews(value):
            try:
                records = _records(review) if isinstance(review, ParsedReview) else review
            except ValidationError as error:
                yield from row_refusals(line, error)
                continue
            if isinstance(records, InvalidReview):
                yield RowRefusal(line, records.field, records.reason)
            else:
                yield _row_of_first_version(line, records, seen_reviews)


def _row_of_first_version(
    line: int, records: tuple[Record, ...], seen_reviews: dict[str, tuple[int, str]]
) -> ImportRow | RowRefusal:
    """Return the row of a review, or a refusal if the file has an earlier, different version of it."""
    claim = next(record for record in records if isinstance(record, ClaimRecord))
    digest = _digest(repr(records))
    first_line, first_digest = seen_reviews.setdefault(claim.key or "", (line, digest))
    if first_digest != digest:
        place = f"line {first_line} (row {row_number(first_line)})"
        reason = f"must occur only once in a file: {place} has another version of this review"
        return RowRefusal(line, "", reason)
    return ImportRow(line, records)


# --- records ---


def _records(review: ParsedReview) -> tuple[Record, ...] | InvalidReview:
    """Return the records of a review, or why it is invalid. Raises ValidationError if a schema rejects a value."""
    statement, url = lenient_values.clean_text(review.claim, keep_lines=True), lenient_values.parse_url(review.url)
    if statement is None:
        return InvalidReview("claimReviewed", "must be the text of the claim")
    if url is None:
        return InvalidReview("url", "must be the complete http or https URL of the review")
    if review.publisher is None:
        return InvalidReview("author", "must name the person or organisation that reviewed the claim")
    reviewer = _reviewer(review.publisher)
    page = DocumentRecord(
        key=f"claim-review/page/{_digest(url)}",
        kind=DocumentKind.FACT_CHECK,
        title=lenient_values.clean_text(review.title),
        publisher=reviewer.key,
        author=review.byline,
        url=url,
        language=lenient_values.parse_language_tag(review.language),
        published=lenient_values.parse_day(review.published),
    )
    claimants = {source.key or "": (party, source) for party in review.claimants for source in [_claimant(party)]}
    appearances = {
        document.key or "": document
        for item in review.appearances
        if (appearance_url := lenient_values.parse_url(item))
        for document in [_appearance(appearance_url)]
    }
    claim = ClaimRecord(
        key=f"claim-review/{_digest(url, statement)}",
        kind=ClaimKind.OTHER,
        statement=statement,
        language=lenient_values.parse_language_tag(review.language) or _UNDETERMINED,
        stage=Stage.PUBLISHED,
        attributions=[
            ClaimAttributionCreate(
                key=f"claimant-{number}",
                source=key,
                stance=Stance.ASSERTS,
                lineage=Lineage.UNKNOWN,
                document=next(iter(appearances), None),
                said=lenient_values.parse_day(review.claim_date),
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


def _fact_check(review: ParsedReview, reviewer: SourceRecord, page: DocumentRecord) -> FactCheckCreate:
    rating = review.rating or {}
    explanation = lenient_values.verbatim_text(rating.get("ratingExplanation"))
    return FactCheckCreate(
        key="review",
        source=reviewer.key or "",
        document=page.key,
        verdict=lenient_values.verbatim_text(rating.get("alternateName")),
        rating_value=lenient_values.verbatim_text(rating.get("ratingValue")),
        best_rating=lenient_values.verbatim_text(rating.get("bestRating")),
        worst_rating=lenient_values.verbatim_text(rating.get("worstRating")),
        explanation=explanation or lenient_values.verbatim_text(review.body),
        original=review.original,
    )


def _reviewer(party: Party) -> SourceRecord:
    return _source(party, SourceKind.PERSON if party.type_ == "Person" else SourceKind.OTHER)


def _claimant(party: Party) -> SourceRecord:
    if party.name.casefold() in _PLACEHOLDER_NAMES:
        return _source(Party(party.name, ""), SourceKind.OTHER, Anonymity.DESCRIBED)
    if _ACCOUNT_NAME.match(party.name) or _SOCIAL_HOSTS.search(lenient_values.url_host(party.url or "")):
        return _source(party, SourceKind.SOCIAL_MEDIA_ACCOUNT)
    return _source(party, SourceKind.PERSON if party.type_ == "Person" else SourceKind.OTHER)


def _source(party: Party, kind: SourceKind, anonymity: Anonymity = Anonymity.NAMED) -> SourceRecord:
    """Return a source whose key is made from all its fields, so that no two reviews can describe it differently."""
    return SourceRecord(
        key=f"claim-review/source/{_digest(party.name, party.url or '', kind, anonymity)}",
        name=party.name,
        kind=kind,
        anonymity=anonymity,
        url=party.url,
    )


def _appearance(url: str) -> DocumentRecord:
    """Return the document at a URL, built from the URL alone, so that it is the same in every review."""
    host = lenient_values.url_host(url)
    kind = DocumentKind.OTHER
    if _VIDEO_HOSTS.search(host):
        kind = DocumentKind.VIDEO
    elif _SOCIAL_HOSTS.search(host):
        kind = DocumentKind.SOCIAL_MEDIA_POST
    return DocumentRecord(key=f"claim-review/appearance/{_digest(url)}", kind=kind, url=url)


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:24]

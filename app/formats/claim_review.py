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

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from html import unescape
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from app.formats.json_stream import objects
from app.formats.rows import Reading, Refused, Row, refusals
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.common import Language, Url
from app.schemas.evidence import ClaimEvidenceCreate
from app.schemas.fact_check import FactCheckCreate
from app.schemas.record import ClaimRecord, DocumentRecord, Record, SourceRecord
from app.vocabulary import Anonymity, ClaimKind, DocumentKind, EvidenceRole, Lineage, SourceKind, Stage, Stance

_URL: TypeAdapter[str] = TypeAdapter(Url)
_LANGUAGE: TypeAdapter[str] = TypeAdapter(Language)
_FEEDS = ("dataFeedElement", "claims")
_UNDETERMINED = "und"
_DEEPEST_WRAPPING = 5

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?=$|[T\s])")
_BARE_ADDRESS = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-zA-Z]{2,}([/?#]\S*)?")
_HOST = re.compile(r"https?://([^/?#:]+)")
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
    for found in objects(stream, feeds=_FEEDS):
        if isinstance(found, Refused):
            yield found
            continue
        line, value = found
        for review in _reviews(value):
            try:
                records = _records(review) if isinstance(review, _Review) else review
            except ValidationError as error:
                yield from refusals(line, error)
                continue
            yield _fault(line, records) if isinstance(records, _Fault) else _once(line, records, taken)


@dataclass(frozen=True)
class _Fault:
    field: str
    reason: str


def _fault(line: int, fault: _Fault) -> Refused:
    return Refused(line, fault.field, fault.reason)


def _once(line: int, records: tuple[Record, ...], taken: dict[str, tuple[int, str]]) -> Row | Refused:
    claim = next(record for record in records if isinstance(record, ClaimRecord))
    digest = _digest(repr(records))
    first, known = taken.setdefault(claim.key or "", (line, digest))
    if known != digest:
        return Refused(line, "", f"must not stand twice in a file: line {first} has another version of this review")
    return Row(line, records)


# --- what is a review ---


@dataclass(frozen=True)
class _Party:
    """Somebody who is named, as far as that goes."""

    name: str
    type_: str
    address: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class _Review:
    """A review in whichever shape, in the words of schema.org."""

    original: dict[str, Any]
    claim: object
    url: object
    publisher: _Party | None
    byline: str | None = None
    title: object = None
    published: object = None
    language: object = None
    claimants: tuple[_Party, ...] = ()
    said: object = None
    appearances: tuple[object, ...] = ()
    rating: dict[str, Any] | None = None
    body: object = None


def _reviews(value: dict[str, Any], depth: int = 0) -> Iterator[_Review | _Fault]:
    """The reviews that an object is or holds; a fault if there is none."""
    if "ClaimReview" in _types(value) or "claimReviewed" in value:
        yield _of_schema_org(value)
    elif isinstance(value.get("claimReview"), list):
        yield from _of_google(value)
    elif isinstance(value.get("content"), dict) and "link" in value["content"]:
        yield _of_gesis(value)
    else:
        inside = [item for name in _HOLDERS for item in _several(value.get(name)) if isinstance(item, dict)]
        found = [item for part in inside if depth < _DEEPEST_WRAPPING for item in _reviews(part, depth + 1)]
        # What else a graph describes, such as the page and its publisher, is no fault if there is a review.
        if any(isinstance(item, _Review) for item in found):
            yield from (item for item in found if isinstance(item, _Review))
        else:
            yield _Fault("@type", "must be ClaimReview, or the object must hold one")


_HOLDERS = ("object", "item", "dataFeedElement", "@graph", "claims")


def _of_schema_org(value: dict[str, Any]) -> _Review:
    authors = [party for item in _several(value.get("author")) if (party := _party(item))]
    publisher = next((party for item in _several(value.get("publisher")) if (party := _party(item))), None)
    people = [party for party in authors if party.type_ == "Person"]
    organisation = next((party for party in authors if party.type_ != "Person"), None)
    item = next((part for part in _several(value.get("itemReviewed")) if isinstance(part, dict)), {})
    rating = next((part for part in _several(value.get("reviewRating")) if isinstance(part, dict)), {})
    return _Review(
        original=value,
        claim=value.get("claimReviewed"),
        url=value.get("url"),
        publisher=organisation or publisher or next(iter(people), None),
        byline=", ".join(party.name for party in people) or None,
        title=value.get("headline") or value.get("name") or value.get("title"),
        published=value.get("datePublished"),
        language=value.get("inLanguage"),
        claimants=tuple(party for part in _several(item.get("author")) if (party := _party(part))),
        said=item.get("datePublished"),
        appearances=tuple(
            part.get("url") or part.get("@id") if isinstance(part, dict) else part
            for name in ("firstAppearance", "appearance", "url")
            for part in _several(item.get(name))
        ),
        rating=rating,
        body=value.get("reviewBody"),
    )


def _of_google(value: dict[str, Any]) -> Iterator[_Review | _Fault]:
    """Each review of a claim of the Fact Check Tools API (`claims:search`)."""
    for review in value["claimReview"]:
        if not isinstance(review, dict):
            yield _Fault("claimReview", "must be a list of objects")
            continue
        publisher = review.get("publisher")
        site = publisher if isinstance(publisher, dict) else {}
        claimant = _party({"name": value.get("claimant")})
        yield _Review(
            original={**value, "claimReview": [review]},
            claim=value.get("text"),
            url=review.get("url"),
            publisher=_party({"name": site.get("name") or site.get("site"), "url": site.get("site")}),
            title=review.get("title"),
            published=review.get("reviewDate"),
            language=review.get("languageCode"),
            claimants=(claimant,) if claimant else (),
            said=value.get("claimDate"),
            rating={"alternateName": review.get("textualRating")},
        )


def _of_gesis(value: dict[str, Any]) -> _Review:
    """A resource of ClaimsKG, whose values stand in SPARQL's JSON (`{"type", "value", "xml:lang"}`)."""

    def of(name: str, part: str = "value") -> Any:
        given = value["content"].get(name)
        return given.get(part) if isinstance(given, dict) else None

    claimant = _party({"name": of("author")})
    return _Review(
        original=value,
        claim=of("text"),
        url=of("link"),
        publisher=_party({"name": of("source"), "url": of("sourceURL")}),
        title=of("headline") or of("title"),
        # `date` stays in the original alone: this shape does not say whether it is the claim's or the review's.
        language=of("text", "xml:lang"),
        claimants=(claimant,) if claimant else (),
        rating={"alternateName": of("ratingName"), "ratingValue": of("truthRating")},
    )


def _types(value: dict[str, Any]) -> list[str]:
    """The names of its types, without the vocabulary before them (`schema:`, `https://schema.org/`)."""
    return [re.split(r"[:/]", item)[-1] for item in _several(value.get("@type")) if isinstance(item, str)]


def _several(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _party(value: object) -> _Party | None:
    """A person or organisation, given as an object or by its name; a list of names is a name and its roles."""
    given = value if isinstance(value, dict) else {"name": value}
    names = [text for item in _several(given.get("name")) if (text := _text(item))]
    if not names:
        return None
    name, *more = names
    affiliations = [item.get("name") for item in _several(given.get("affiliation")) if isinstance(item, dict)]
    titles = (_text(item) for item in (*more, given.get("jobTitle"), *affiliations))
    roles = [text for text in titles if text and text != name]
    addresses = [item for field in ("url", "sameAs") for item in _several(given.get(field))]
    address = next((found for item in addresses if (found := _address(item))), None)
    return _Party(name, next(iter(_types(given)), ""), address, ", ".join(dict.fromkeys(roles)) or None)


# --- records ---


def _records(review: _Review) -> tuple[Record, ...] | _Fault:
    """What a review says. Raises ValidationError if the record does not allow it."""
    statement, url = _text(review.claim, keep_lines=True), _address(review.url)
    if statement is None:
        return _Fault("claimReviewed", "must be the claim, as text")
    if url is None:
        return _Fault("url", "must be the whole http or https address of the review")
    if review.publisher is None:
        return _Fault("author", "must name who reviewed the claim")
    reviewer = _reviewer(review.publisher)
    page = DocumentRecord(
        key=f"claim-review/page/{_digest(url)}",
        kind=DocumentKind.FACT_CHECK,
        title=_text(review.title),
        publisher=reviewer.key,
        author=review.byline,
        url=url,
        language=_language(review.language),
        published=_day(review.published),
    )
    claimants = {source.key or "": (party, source) for party in review.claimants for source in [_claimant(party)]}
    appearances = {
        document.key or "": document
        for item in review.appearances
        if (address := _address(item))
        for document in [_appearance(address)]
    }
    claim = ClaimRecord(
        key=f"claim-review/{_digest(url, statement)}",
        kind=ClaimKind.OTHER,
        statement=statement,
        language=_language(review.language) or _UNDETERMINED,
        stage=Stage.PUBLISHED,
        attributions=[
            ClaimAttributionCreate(
                key=f"claimant-{number}",
                source=key,
                stance=Stance.ASSERTS,
                lineage=Lineage.UNKNOWN,
                document=next(iter(appearances), None),
                said=_day(review.said),
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


def _fact_check(review: _Review, reviewer: SourceRecord, page: DocumentRecord) -> FactCheckCreate:
    rating = review.rating or {}
    explanation = _as_written(rating.get("ratingExplanation"))
    return FactCheckCreate(
        key="review",
        source=reviewer.key or "",
        document=page.key,
        verdict=_as_written(rating.get("alternateName")),
        rating_value=_as_written(rating.get("ratingValue")),
        best_rating=_as_written(rating.get("bestRating")),
        worst_rating=_as_written(rating.get("worstRating")),
        explanation=explanation or _as_written(review.body),
        original=review.original,
    )


def _reviewer(party: _Party) -> SourceRecord:
    return _source(party, SourceKind.PERSON if party.type_ == "Person" else SourceKind.OTHER)


def _claimant(party: _Party) -> SourceRecord:
    if party.name.casefold() in _NOBODY:
        nobody = _Party(party.name, "")
        return _source(nobody, SourceKind.OTHER, Anonymity.DESCRIBED)
    if _ACCOUNT.match(party.name) or _NETWORKS.search(_host(party.address or "")):
        return _source(party, SourceKind.SOCIAL_MEDIA_ACCOUNT)
    return _source(party, SourceKind.PERSON if party.type_ == "Person" else SourceKind.OTHER)


def _source(party: _Party, kind: SourceKind, anonymity: Anonymity = Anonymity.NAMED) -> SourceRecord:
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
    host = _host(address)
    kind = DocumentKind.OTHER
    if _VIDEO_HOSTS.search(host):
        kind = DocumentKind.VIDEO
    elif _NETWORKS.search(host):
        kind = DocumentKind.SOCIAL_MEDIA_POST
    return DocumentRecord(key=f"claim-review/appearance/{_digest(address)}", kind=kind, url=address)


# --- values ---


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:24]


def _text(value: object, *, keep_lines: bool = False) -> str | None:
    if not isinstance(value, str):
        return None
    text = unescape(value).strip()
    return (text if keep_lines else " ".join(text.split())) or None


def _as_written(value: object) -> str | None:
    """A text exactly as it is; a number as its JSON; None for what is empty, or neither."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    return None


def _day(value: object) -> str | None:
    """The day that a date or time speaks of, at its own place; None if it is none."""
    found = _DATE.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return date.fromisoformat(found[0]).isoformat()
    except ValueError:
        return None


def _address(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    if _BARE_ADDRESS.fullmatch(text):
        text = f"https://{text}"
    try:
        return _URL.validate_python(text)
    except ValidationError:
        return None


def _host(address: str) -> str:
    found = _HOST.match(address)
    return found[1].lower() if found else ""


def _language(value: object) -> str | None:
    given = value.get("alternateName") if isinstance(value, dict) else value
    try:
        return _LANGUAGE.validate_python(given)
    except ValidationError:
        return None

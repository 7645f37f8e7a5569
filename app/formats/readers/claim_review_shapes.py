"""The shapes that fact-checks are published in: each becomes a review in the words of schema.org's ClaimReview.

They are objects of schema.org, alone or held by a feed, a graph or a wrapping; claims of the Google Fact Check Tools
API; and resources of GESIS ClaimsKG.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.formats.parsing import lenient_values

FEEDS = ("dataFeedElement", "claims")
"""Members of an object that hold what is to be read one by one."""

_HOLDERS = ("object", "item", "dataFeedElement", "@graph", "claims")
_DEEPEST_WRAPPING = 5


@dataclass(frozen=True)
class Fault:
    """Why something is no review: the field at fault, and what would be right."""

    field: str
    reason: str


@dataclass(frozen=True)
class Party:
    """Somebody who is named, as far as that goes."""

    name: str
    type_: str
    address: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class Review:
    """A review in whichever shape, in the words of schema.org."""

    original: dict[str, Any]
    claim: object
    url: object
    publisher: Party | None
    byline: str | None = None
    title: object = None
    published: object = None
    language: object = None
    claimants: tuple[Party, ...] = ()
    said: object = None
    appearances: tuple[object, ...] = ()
    rating: dict[str, Any] | None = None
    body: object = None


def reviews(value: dict[str, Any], depth: int = 0) -> Iterator[Review | Fault]:
    """The reviews that an object is or holds; a fault if there is none."""
    if "ClaimReview" in _types(value) or "claimReviewed" in value:
        yield _of_schema_org(value)
    elif isinstance(value.get("claimReview"), list):
        yield from _of_google(value)
    elif isinstance(value.get("content"), dict) and "link" in value["content"]:
        yield _of_gesis(value)
    else:
        inside = [item for name in _HOLDERS for item in _several(value.get(name)) if isinstance(item, dict)]
        found = [item for part in inside if depth < _DEEPEST_WRAPPING for item in reviews(part, depth + 1)]
        # What else a graph describes, such as the page and its publisher, is no fault if there is a review.
        if any(isinstance(item, Review) for item in found):
            yield from (item for item in found if isinstance(item, Review))
        else:
            yield Fault("@type", "must be ClaimReview, or the object must hold one")


def _of_schema_org(value: dict[str, Any]) -> Review:
    authors = [party for item in _several(value.get("author")) if (party := _party(item))]
    publisher = next((party for item in _several(value.get("publisher")) if (party := _party(item))), None)
    people = [party for party in authors if party.type_ == "Person"]
    organisation = next((party for party in authors if party.type_ != "Person"), None)
    item = next((part for part in _several(value.get("itemReviewed")) if isinstance(part, dict)), {})
    rating = next((part for part in _several(value.get("reviewRating")) if isinstance(part, dict)), {})
    return Review(
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


def _of_google(value: dict[str, Any]) -> Iterator[Review | Fault]:
    """Each review of a claim of the Fact Check Tools API (`claims:search`)."""
    for review in value["claimReview"]:
        if not isinstance(review, dict):
            yield Fault("claimReview", "must be a list of objects")
            continue
        publisher = review.get("publisher")
        site = publisher if isinstance(publisher, dict) else {}
        claimant = _party({"name": value.get("claimant")})
        yield Review(
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


def _of_gesis(value: dict[str, Any]) -> Review:
    """A resource of ClaimsKG, whose values stand in SPARQL's JSON (`{"type", "value", "xml:lang"}`)."""

    def of(name: str, part: str = "value") -> Any:
        given = value["content"].get(name)
        return given.get(part) if isinstance(given, dict) else None

    claimant = _party({"name": of("author")})
    return Review(
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


def _party(value: object) -> Party | None:
    """A person or organisation, given as an object or by its name; a list of names is a name and its roles."""
    given = value if isinstance(value, dict) else {"name": value}
    names = [text for item in _several(given.get("name")) if (text := lenient_values.text(item))]
    if not names:
        return None
    name, *more = names
    affiliations = [item.get("name") for item in _several(given.get("affiliation")) if isinstance(item, dict)]
    titles = (lenient_values.text(item) for item in (*more, given.get("jobTitle"), *affiliations))
    roles = [text for text in titles if text and text != name]
    addresses = [item for field in ("url", "sameAs") for item in _several(given.get(field))]
    address = next((found for item in addresses if (found := lenient_values.address(item))), None)
    return Party(name, next(iter(_types(given)), ""), address, ", ".join(dict.fromkeys(roles)) or None)

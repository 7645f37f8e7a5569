"""Parsing of published fact-checks: each of several shapes becomes a review in the terms of schema.org ClaimReview.

The shapes are schema.org objects, alone or inside a feed, a graph or a wrapper; claims of the Google Fact Check Tools
API; and resources of GESIS ClaimsKG.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.formats.parsing import lenient_values

FEED_MEMBERS = ("dataFeedElement", "claims")
"""Members of an object whose array is read element by element."""

_WRAPPER_MEMBERS = ("object", "item", "dataFeedElement", "@graph", "claims", "mainEntity")
_MAX_WRAPPERS = 5


@dataclass(frozen=True)
class InvalidReview:
    """Why an object is not a valid review: the invalid field, and what would be right."""

    field: str
    reason: str


@dataclass(frozen=True)
class Party:
    """A person or organisation that a review names."""

    name: str
    type_: str
    """Name of the schema.org type, such as Person; empty if unknown."""
    url: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class ParsedReview:
    """A review in the terms of schema.org, from any of the shapes; values typed `object` are not yet validated."""

    original: dict[str, Any]
    claim: object
    url: object
    publisher: Party | None
    byline: str | None = None
    title: object = None
    published: object = None
    language: object = None
    claimants: tuple[Party, ...] = ()
    claim_date: object = None
    appearances: tuple[object, ...] = ()
    rating: dict[str, Any] | None = None
    body: object = None


def parse_reviews(value: dict[str, Any], depth: int = 0) -> Iterator[ParsedReview | InvalidReview]:
    """Yield the reviews that an object is or contains; an InvalidReview if there is none.

    `depth` counts the wrappers around the object.
    """
    if "ClaimReview" in _type_names(value) or "claimReviewed" in value:
        yield _parse_schema_org(value)
    elif isinstance(value.get("claimReview"), list):
        yield from _parse_google(value)
    elif isinstance(value.get("content"), dict) and "link" in value["content"]:
        yield _parse_gesis(value)
    else:
        wrapped = [item for name in _WRAPPER_MEMBERS for item in _as_list(value.get(name)) if isinstance(item, dict)]
        reviews = [review for item in wrapped if depth < _MAX_WRAPPERS for review in parse_reviews(item, depth + 1)]
        # A graph may also describe other things, such as the page and its publisher; with a review, they are ignored.
        if any(isinstance(review, ParsedReview) for review in reviews):
            yield from (review for review in reviews if isinstance(review, ParsedReview))
        else:
            yield InvalidReview("@type", "must be ClaimReview, or the object must contain one")


def _parse_schema_org(value: dict[str, Any]) -> ParsedReview:
    authors = [party for author in _as_list(value.get("author")) if (party := _parse_party(author))]
    publishers = [party for publisher in _as_list(value.get("publisher")) if (party := _parse_party(publisher))]
    people = [party for party in authors if party.type_ == "Person"]
    organisation = next((party for party in authors if party.type_ != "Person"), None)
    item = next((item for item in _as_list(value.get("itemReviewed")) if isinstance(item, dict)), {})
    rating = next((rating for rating in _as_list(value.get("reviewRating")) if isinstance(rating, dict)), {})
    return ParsedReview(
        original=value,
        claim=value.get("claimReviewed"),
        url=value.get("url"),
        publisher=organisation or next(iter(publishers), None) or next(iter(people), None),
        byline=", ".join(party.name for party in people) or None,
        title=value.get("headline") or value.get("name") or value.get("title"),
        published=value.get("datePublished"),
        language=value.get("inLanguage"),
        claimants=tuple(party for author in _as_list(item.get("author")) if (party := _parse_party(author))),
        claim_date=item.get("datePublished"),
        appearances=tuple(
            appearance.get("url") or appearance.get("@id") if isinstance(appearance, dict) else appearance
            for name in ("firstAppearance", "appearance", "url")
            for appearance in _as_list(item.get(name))
        ),
        rating=rating,
        body=value.get("reviewBody"),
    )


def _parse_google(value: dict[str, Any]) -> Iterator[ParsedReview | InvalidReview]:
    """Yield each review of a claim from the Fact Check Tools API (`claims:search`)."""
    for review in value["claimReview"]:
        if not isinstance(review, dict):
            yield InvalidReview("claimReview", "must be a list of objects")
            continue
        publisher = review.get("publisher")
        site = publisher if isinstance(publisher, dict) else {}
        claimant = _parse_party({"name": value.get("claimant")})
        yield ParsedReview(
            original={**value, "claimReview": [review]},
            claim=value.get("text"),
            url=review.get("url"),
            publisher=_parse_party({"name": site.get("name") or site.get("site"), "url": site.get("site")}),
            title=review.get("title"),
            published=review.get("reviewDate"),
            language=review.get("languageCode"),
            claimants=(claimant,) if claimant else (),
            claim_date=value.get("claimDate"),
            rating={"alternateName": review.get("textualRating")},
        )


def _parse_gesis(value: dict[str, Any]) -> ParsedReview:
    """Return the review of a ClaimsKG resource, whose values are in SPARQL's JSON (`{"type", "value", "xml:lang"}`)."""

    def member(name: str, key: str = "value") -> Any:
        binding = value["content"].get(name)
        return binding.get(key) if isinstance(binding, dict) else None

    claimant = _parse_party({"name": member("author")})
    return ParsedReview(
        original=value,
        claim=member("text"),
        url=member("link"),
        publisher=_parse_party({"name": member("source"), "url": member("sourceURL")}),
        title=member("headline") or member("title"),
        # `date` stays only in the original: this shape does not say whether it is the claim's or the review's.
        language=member("text", "xml:lang"),
        claimants=(claimant,) if claimant else (),
        rating={"alternateName": member("ratingName"), "ratingValue": member("truthRating")},
    )


def _type_names(value: dict[str, Any]) -> list[str]:
    """Return the names of an object's types without their vocabulary (`schema:`, `https://schema.org/`)."""
    return [re.split(r"[:/]", name)[-1] for name in _as_list(value.get("@type")) if isinstance(name, str)]


def _as_list(value: object) -> list[Any]:
    """Return a list unchanged, None as an empty list, and any other value in a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _parse_party(value: object) -> Party | None:
    """Parse a person or organisation from an object or a name; all names after the first are taken as roles."""
    members = value if isinstance(value, dict) else {"name": value}
    names = [text for name in _as_list(members.get("name")) if (text := lenient_values.clean_text(name))]
    if not names:
        return None
    name, *other_names = names
    affiliations = [item.get("name") for item in _as_list(members.get("affiliation")) if isinstance(item, dict)]
    titles = (lenient_values.clean_text(title) for title in (*other_names, members.get("jobTitle"), *affiliations))
    roles = [title for title in titles if title and title != name]
    candidates = [candidate for field in ("url", "sameAs") for candidate in _as_list(members.get(field))]
    urls = (lenient_values.parse_url(candidate) for candidate in candidates)
    url = next(filter(None, urls), None)
    return Party(name, next(iter(_type_names(members)), ""), url, ", ".join(dict.fromkeys(roles)) or None)

"""Claims as JSON-LD 1.1: schema.org's Claim and ClaimReview, and the way of both in W3C PROV (PROV-O), in one graph.

| on record | schema.org | PROV |
|---|---|---|
| version of a claim | Claim | Entity, specializationOf the claim, wasRevisionOf the version before |
| source | Person or Organization | Agent |
| document | CreativeWork | Entity |
| attribution | author, appearance, firstAppearance of the Claim | Entity, wasAttributedTo the source |
| | | hadPrimarySource (or wasQuotedFrom) the document |
| | | wasInfluencedBy those that it was passed on from |
| decision | ClaimReview, itemReviewed the Claim | Activity that used the version and the evidence, and |
| | | Entity that it generated, wasAttributedTo whoever publishes the record |
| fact-check of another | ClaimReview, itemReviewed the Claim | Entity, wasAttributedTo that organisation |

One claim is a graph by itself; several are items of a DataFeed. `@context` names schema.org's, which processors know,
and beside it says what `prov` and `attest` stand for: terms of our own are those for which neither has a word.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from app.formats.exports.claim_review_feed import (
    CONTEXT,
    alternate_name,
    documents_of,
    first_appearance,
    makers,
    publisher,
    speaks_of_another_claim,
    their_review,
)
from app.formats.exports.json_in_html import text_of
from app.formats.proofs.canonical_json import decimal_text
from app.formats.proofs.content_hash import content_hash
from app.schemas.files.edition import Edition
from app.schemas.files.publication import (
    House,
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedFactCheck,
    PublishedSource,
)
from app.vocabulary import SourceKind

CONTEXTS: list[Any] = [
    CONTEXT,
    {
        "prov": "http://www.w3.org/ns/prov#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "attest": "urn:attest:",
        "prov:generatedAtTime": {"@type": "xsd:dateTime"},
        "prov:endedAtTime": {"@type": "xsd:date"},
    },
]

_UNITS = ("low", "minValue"), ("best", "value"), ("high", "maxValue")


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """A graph for one claim that was asked for, a DataFeed for a list."""
    house = edition.house
    if edition.single:
        nodes = list(chain.from_iterable(graph(claim, house) for claim in claims))
        yield text_of({"@context": CONTEXTS, "@graph": [_house(house), *nodes]}) + "\n"
        return
    about = {
        "@context": CONTEXTS,
        "@id": edition.address,
        "@type": "DataFeed",
        "name": f"Claims on record at {house.name}",
        "dateModified": edition.moment,
        "publisher": _house(house),
    }
    yield text_of(about)[:-1] + ',"dataFeedElement":['
    lead = "\n"
    for claim in claims:
        main, *rest = graph(claim, house)
        item = {"@type": "DataFeedItem", "dateModified": claim.recorded_at, "item": main}
        # What else there is on the claim stands beside it: a graph within the item.
        yield lead + text_of({**item, "attest:with": rest})
        lead = ",\n"
    yield "\n]}\n"


def graph(claim: PublishedClaim, house: House) -> Iterator[dict[str, Any]]:
    """The nodes on a version of a claim, the Claim first."""
    here = claim.address
    own = _our_review(claim, house)
    theirs = [_their_review(claim, one, house) for one in claim.fact_checks]
    yield _claim(claim, house, [one["@id"] for one in [*own[:1], *theirs]])
    for source in _sources(claim):
        yield _source(source, house)
    for document in _documents(claim):
        yield _document(document, house)
    for one in claim.attributions:
        yield _attribution(one, here, house)
    yield from own
    yield from theirs


# --- claims ---


def _claim(claim: PublishedClaim, house: House, reviews: list[str]) -> dict[str, Any]:
    made = makers(claim)
    appeared = documents_of(made)
    first = first_appearance(appeared)
    about: list[dict[str, Any]] = []
    if claim.topic is not None:
        about.append({"@id": f"{house.address}/topics/{claim.topic['id']}", "name": claim.topic["title"]})
    about += [_figure(one) for one in claim.quantities]
    before = house.claim(claim.id, claim.version - 1) if claim.version > 1 else None
    return _given(
        {
            "@id": claim.address,
            "@type": ["Claim", "prov:Entity"],
            "url": claim.address,
            "identifier": claim.id,
            "version": claim.version,
            "text": claim.statement,
            "inLanguage": claim.language,
            "about": about,
            "temporalCoverage": claim.time,
            "spatialCoverage": None if claim.place is None else {"@type": "Place", "name": claim.place},
            "author": [{"@id": source_id(one.source, house)} for one in _once(made)],
            "appearance": [{"@id": _document_id(one, house)} for one in appeared],
            "firstAppearance": None if first is None else {"@id": _document_id(first, house)},
            "review": [{"@id": one} for one in reviews],
            "creativeWorkStatus": claim.stage.value,
            "correction": claim.notice,
            "dateModified": claim.recorded_at,
            "sdPublisher": {"@id": house.address},
            "attest:kind": claim.kind,
            "attest:status": claim.status.value,
            "attest:contentHash": f"sha256:{content_hash(claim)}",
            "attest:adverseTo": None if claim.adverse_to is None else {"@id": source_id(claim.adverse_to, house)},
            "prov:generatedAtTime": claim.recorded_at,
            "prov:wasAttributedTo": {"@id": house.address},
            "prov:specializationOf": {"@id": house.claim(claim.id)},
            "prov:wasRevisionOf": None if before is None else {"@id": before},
            "prov:wasDerivedFrom": [{"@id": _said_id(one, claim.address)} for one in claim.attributions],
        }
    )


def _figure(figure: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: decimal_text(figure[key]) for key, name in _UNITS if figure[key] is not None}
    return _given(
        {
            "@type": "QuantitativeValue",
            "name": figure["metric"],
            "unitText": figure["unit"],
            # As text: JSON-LD makes binary fractions of numbers.
            **values,
            "description": figure["verbatim"],
            "attest:qualifier": figure["qualifier"],
            "attest:population": figure["population"],
            "attest:basis": figure["basis"],
            "attest:cumulative": figure["cumulative"],
        }
    )


# --- who and where ---


def source_id(source: PublishedSource, house: House) -> str:
    """The address of a source."""
    return f"{house.address}/sources/{source.id}"


def _source(source: PublishedSource, house: House) -> dict[str, Any]:
    person = source.kind in (SourceKind.PERSON, SourceKind.WITNESS)
    above = source.parent
    return _given(
        {
            "@id": source_id(source, house),
            "@type": ["Person" if person else "Organization", "prov:Agent"],
            "name": source.name,
            "alternateName": list(source.other_names),
            "description": source.description,
            "sameAs": source.url,
            "attest:kind": source.kind.value,
            "attest:anonymity": source.anonymity,
            ("worksFor" if person else "parentOrganization"): None
            if above is None
            else {"@id": source_id(above, house), "@type": "Organization", "name": above.name},
        }
    )


def _document_id(document: PublishedDocument, house: House) -> str:
    return f"{house.address}/documents/{document.id}"


def _document(document: PublishedDocument, house: House) -> dict[str, Any]:
    return _given(
        {
            "@id": _document_id(document, house),
            "@type": ["CreativeWork", "prov:Entity"],
            "genre": document.kind.value,
            "name": document.title,
            "author": document.author,
            "publisher": None if document.publisher is None else {"@id": source_id(document.publisher, house)},
            "url": document.url,
            "archivedAt": document.archive_url,
            "inLanguage": document.language,
            "datePublished": document.published,
            "attest:capture": [f"sha256:{one['sha256']}" for one in document.captures],
        }
    )


def _said_id(said_by: PublishedAttribution, here: str) -> str:
    return f"{here}#{said_by.id}"


def _attribution(one: PublishedAttribution, here: str, house: House) -> dict[str, Any]:
    quoted = one.quote is not None
    placed = None if one.document is None else {"@id": _document_id(one.document, house)}
    return _given(
        {
            "@id": _said_id(one, here),
            "@type": [*(["Quotation"] if quoted else []), "prov:Entity"],
            "text": one.quote["exact"] if one.quote is not None else None,
            "inLanguage": one.quote["language"] if one.quote is not None else None,
            "attest:stance": one.stance.value,
            "attest:lineage": one.lineage.value,
            "attest:withdrawn": one.withdrawn or None,
            "correction": None if one.retraction is None else one.retraction["notice"],
            "dateCreated": one.said,
            "prov:wasAttributedTo": {"@id": source_id(one.source, house)},
            ("prov:wasQuotedFrom" if quoted else "prov:hadPrimarySource"): placed,
            "prov:wasInfluencedBy": [{"@id": source_id(link, house)} for link in one.relayed_from],
        }
    )


# --- decisions ---


def _our_review(claim: PublishedClaim, house: House) -> list[dict[str, Any]]:
    """The review, and the deciding; nothing where nothing was decided."""
    name, decision = alternate_name(claim), claim.decision
    if name is None or decision is None:
        return []
    review, deciding = f"{claim.address}#{decision['id']}", f"{claim.address}#{decision['id']}-deciding"
    rests_on = set(decision["evidence"])
    shown = [one for one in claim.evidence if one.id in rests_on or (not rests_on and not one.withdrawn)]
    used = list(dict.fromkeys(_document_id(one.document, house) for one in shown))
    return [
        _given(
            {
                "@id": review,
                "@type": ["prov:Entity"] if speaks_of_another_claim(decision) else ["ClaimReview", "prov:Entity"],
                "url": claim.address,
                "author": publisher(house) | {"@id": house.address},
                "claimReviewed": claim.statement,
                "datePublished": str(decision["decided_on"]),
                "reviewRating": {
                    "@type": "Rating",
                    "alternateName": name,
                    "ratingExplanation": decision["rationale"],
                },
                "itemReviewed": {"@id": claim.address},
                "correction": decision["notice"],
                "attest:credibility": decision["credibility"],
                "attest:standard": decision["standard"],
                "attest:probability": decision["probability"],
                "attest:stale": decision["stale"],
                "prov:wasGeneratedBy": {"@id": deciding},
                "prov:wasAttributedTo": {"@id": house.address},
            }
        ),
        _given(
            {
                "@id": deciding,
                "@type": "prov:Activity",
                "prov:endedAtTime": str(decision["decided_on"]),
                "prov:wasAssociatedWith": {"@id": house.address},
                "attest:decidedBy": decision["decided_by"],
                "prov:used": [{"@id": one} for one in (claim.address, *used)],
            }
        ),
    ]


def _their_review(claim: PublishedClaim, check: PublishedFactCheck, house: House) -> dict[str, Any]:
    """Another's review, tamed: ClaimReview as a format of its own has it to the letter."""
    review = _tamed(their_review(claim, check))
    types = review.get("@type", [])
    return {
        **review,
        "@id": f"{claim.address}#{check.id}",
        "@type": list(dict.fromkeys(["ClaimReview", "prov:Entity", *([types] if isinstance(types, str) else types)])),
        "prov:wasAttributedTo": {"@id": source_id(check.source, house)},
    }


_ALIASES = frozenset({"id", "type"})
"""What schema.org's context says in place of `@id` and `@type`."""


def _tamed(value: Any) -> Any:
    """Somebody else's JSON without what would make it speak of other things, or fetch something: `@context`, `@id`.

    Neither stay members with a colon: a review must not say who made ours.
    """
    if isinstance(value, list):
        return [_tamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {
        name: _tamed(one)
        for name, one in value.items()
        if name and not name.startswith("@") and ":" not in name and name not in _ALIASES
    }
    types = [one for one in _several(value.get("@type")) if isinstance(one, str) and one.isalnum()]
    return {"@type": types, **kept} if types else kept


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- all that is named ---


def _sources(claim: PublishedClaim) -> list[PublishedSource]:
    spoken = [one.source for one in claim.attributions]
    spoken += [link for one in claim.attributions for link in one.relayed_from]
    spoken += [one.source for one in claim.fact_checks]
    spoken += [one.publisher for one in _documents(claim) if one.publisher is not None]
    if claim.adverse_to is not None:
        spoken.append(claim.adverse_to)
    return list({one.id: one for one in spoken}.values())


def _documents(claim: PublishedClaim) -> list[PublishedDocument]:
    placed = documents_of(claim.attributions)
    return list({one.id: one for one in [*placed, *(piece.document for piece in claim.evidence)]}.values())


def _once(made: Iterable[PublishedAttribution]) -> list[PublishedAttribution]:
    return list({one.source.id: one for one in made}.values())


def _house(house: House) -> dict[str, Any]:
    return {"@id": house.address, "@type": ["Organization", "prov:Agent"], "name": house.name, "url": house.address}


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None and value != []}

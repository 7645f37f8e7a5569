"""Claims as JSON-LD 1.1: schema.org Claim and ClaimReview with their provenance in W3C PROV-O, in one graph.

| record | schema.org | PROV |
|---|---|---|
| version of a claim | Claim | Entity, specializationOf the claim, wasRevisionOf the version before |
| source | Person or Organization | Agent |
| document | CreativeWork | Entity |
| attribution | author, appearance, firstAppearance of the Claim | Entity, wasAttributedTo the source |
| | | hadPrimarySource (or wasQuotedFrom) the document |
| | | wasInfluencedBy the sources that it was relayed from |
| decision | ClaimReview, itemReviewed the Claim | Activity that used the version and the evidence, and |
| | | Entity that it generated, wasAttributedTo the publisher whose desk took it |
| fact-check by others | ClaimReview, itemReviewed the Claim | Entity, wasAttributedTo that organisation |

A single claim is a graph; a list is a DataFeed with one item for each claim. `@context` refers to schema.org's, which
processors know, and defines the prefixes `prov` and `attest`. Terms of our own (`attest:`) are used only where neither
vocabulary has one. A decision from a file is attributed to nobody and is no ClaimReview, because that requires an
author: `attest:decisionOrigin` says on whose word it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from app.formats.english.decision_origins import describe_origin
from app.formats.english.retraction_words import retraction_sentences
from app.formats.exports.claim_review_feed import (
    SCHEMA_ORG,
    alternate_name,
    claimant_attributions,
    decision_author,
    distinct_documents,
    external_review,
    first_appearance,
    publisher_object,
    rating_explanation,
    standing,
)
from app.formats.exports.json_in_html import dump_json
from app.formats.proofs.canonical_json import decimal_text
from app.formats.proofs.content_hash import content_hash
from app.schemas.files.edition import Edition
from app.schemas.files.publication import (
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedFactCheck,
    PublishedSource,
    Publisher,
)
from app.vocabulary import SourceKind, UpstreamState

JSON_LD_CONTEXT: list[Any] = [
    SCHEMA_ORG,
    {
        "prov": "http://www.w3.org/ns/prov#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "attest": "urn:attest:",
        "prov:generatedAtTime": {"@type": "xsd:dateTime"},
        "prov:endedAtTime": {"@type": "xsd:date"},
    },
]

_VALUE_MEMBERS = ("low", "minValue"), ("best", "value"), ("high", "maxValue")


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """Yield a graph for a single claim, or a DataFeed for a list."""
    publisher = edition.publisher
    if edition.single:
        nodes = list(chain.from_iterable(claim_graph(claim, publisher) for claim in claims))
        yield dump_json({"@context": JSON_LD_CONTEXT, "@graph": [_publisher_node(publisher), *nodes]}) + "\n"
        return
    feed = {
        "@context": JSON_LD_CONTEXT,
        "@id": edition.address,
        "@type": "DataFeed",
        "name": f"Claims on record at {publisher.name}",
        "dateModified": edition.moment,
        "publisher": _publisher_node(publisher),
    }
    yield dump_json(feed)[:-1] + ',"dataFeedElement":['
    separator = "\n"
    for claim in claims:
        claim_node, *other_nodes = claim_graph(claim, publisher)
        item = {"@type": "DataFeedItem", "dateModified": claim.recorded_at, "item": claim_node}
        # The other nodes of the claim are a nested graph, so that each item of the feed is complete.
        yield separator + dump_json({**item, "attest:with": other_nodes})
        separator = ",\n"
    yield "\n]}\n"


def claim_graph(claim: PublishedClaim, publisher: Publisher) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a version of a claim, the Claim first."""
    decision_nodes = _decision_nodes(claim, publisher)
    fact_check_nodes = [_fact_check_node(claim, fact_check, publisher) for fact_check in claim.fact_checks]
    yield _claim_node(claim, publisher, [node["@id"] for node in [*decision_nodes[:1], *fact_check_nodes]])
    for source in _sources(claim):
        yield _source_node(source, publisher)
    for document in _documents(claim):
        yield _document_node(document, publisher)
    for attribution in claim.attributions:
        yield _attribution_node(attribution, claim.address, publisher)
    yield from decision_nodes
    yield from fact_check_nodes


# --- claims ---


def _claim_node(claim: PublishedClaim, publisher: Publisher, review_ids: list[str]) -> dict[str, Any]:
    attributions = claimant_attributions(claim)
    documents = distinct_documents(attributions)
    earliest = first_appearance(documents)
    about: list[dict[str, Any]] = []
    if claim.topic is not None:
        about.append({"@id": f"{publisher.address}/topics/{claim.topic['id']}", "name": claim.topic["title"]})
    about += [_quantity_node(quantity) for quantity in claim.quantities]
    previous = publisher.claim(claim.id, claim.version - 1) if claim.version > 1 else None
    return _without_empty(
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
            "author": [
                {"@id": source_address(source, publisher)} for source in _distinct_sources(standing(attributions))
            ],
            "appearance": [{"@id": _document_id(document, publisher)} for document in documents],
            "firstAppearance": None if earliest is None else {"@id": _document_id(earliest, publisher)},
            "review": [{"@id": review_id} for review_id in review_ids],
            "creativeWorkStatus": claim.stage.value,
            "correction": claim.notice,
            "dateModified": claim.recorded_at,
            "sdPublisher": {"@id": publisher.address},
            "attest:kind": claim.kind,
            "attest:status": claim.status.value,
            "attest:contentHash": f"sha256:{content_hash(claim)}",
            "attest:adverseTo": None
            if claim.adverse_to is None
            else {"@id": source_address(claim.adverse_to, publisher)},
            "prov:generatedAtTime": claim.recorded_at,
            "prov:wasAttributedTo": {"@id": publisher.address},
            "prov:specializationOf": {"@id": publisher.claim(claim.id)},
            "prov:wasRevisionOf": None if previous is None else {"@id": previous},
            "prov:wasDerivedFrom": [
                {"@id": _attribution_id(attribution, claim.address)} for attribution in claim.attributions
            ],
        }
    )


def _quantity_node(quantity: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: decimal_text(quantity[key]) for key, name in _VALUE_MEMBERS if quantity[key] is not None}
    return _without_empty(
        {
            "@type": "QuantitativeValue",
            "name": quantity["metric"],
            "unitText": quantity["unit"],
            # Strings, because JSON-LD processors convert numbers with a fraction to doubles.
            **values,
            "description": quantity["verbatim"],
            "attest:qualifier": quantity["qualifier"],
            "attest:population": quantity["population"],
            "attest:basis": quantity["basis"],
            "attest:cumulative": quantity["cumulative"],
        }
    )


# --- sources, documents and attributions ---


def source_address(source: PublishedSource, publisher: Publisher) -> str:
    """Return the address of a source, which is its `@id`."""
    return f"{publisher.address}/sources/{source.id}"


def _source_node(source: PublishedSource, publisher: Publisher) -> dict[str, Any]:
    is_person = source.kind in (SourceKind.PERSON, SourceKind.WITNESS)
    parent = source.parent
    return _without_empty(
        {
            "@id": source_address(source, publisher),
            "@type": ["Person" if is_person else "Organization", "prov:Agent"],
            "name": source.name,
            "alternateName": list(source.other_names),
            "description": source.description,
            "sameAs": source.url,
            "attest:kind": source.kind.value,
            "attest:anonymity": source.anonymity,
            ("worksFor" if is_person else "parentOrganization"): None
            if parent is None
            else {"@id": source_address(parent, publisher), "@type": "Organization", "name": parent.name},
        }
    )


def _document_id(document: PublishedDocument, publisher: Publisher) -> str:
    return f"{publisher.address}/documents/{document.id}"


def _document_node(document: PublishedDocument, publisher: Publisher) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": _document_id(document, publisher),
            "@type": ["CreativeWork", "prov:Entity"],
            "genre": document.kind.value,
            "name": document.title,
            "author": document.author,
            "publisher": None if document.publisher is None else {"@id": source_address(document.publisher, publisher)},
            "url": document.url,
            "archivedAt": document.archive_url,
            "inLanguage": document.language,
            "datePublished": document.published,
            "attest:capture": [f"sha256:{capture['sha256']}" for capture in document.captures],
        }
    )


def _attribution_id(attribution: PublishedAttribution, claim_address: str) -> str:
    return f"{claim_address}#{attribution.id}"


def _attribution_node(attribution: PublishedAttribution, claim_address: str, publisher: Publisher) -> dict[str, Any]:
    document, quote = attribution.document, attribution.quote
    has_quote = quote is not None
    document_reference = None if document is None else {"@id": _document_id(document, publisher)}
    return _without_empty(
        {
            "@id": _attribution_id(attribution, claim_address),
            "@type": [*(["Quotation"] if has_quote else []), "prov:Entity"],
            "text": quote["exact"] if quote is not None else None,
            "inLanguage": quote["language"] if quote is not None else None,
            "attest:stance": attribution.stance.value,
            "attest:lineage": attribution.lineage.value,
            "attest:withdrawn": attribution.withdrawn or None,
            "attest:upstreamState": None
            if attribution.upstream_state is UpstreamState.STANDS
            else attribution.upstream_state.value,
            "correction": retraction_sentences(attribution.taken_back) or None
            if attribution.retraction is None
            else attribution.retraction["notice"],
            "dateCreated": attribution.said,
            "prov:wasAttributedTo": {"@id": source_address(attribution.source, publisher)},
            ("prov:wasQuotedFrom" if has_quote else "prov:hadPrimarySource"): document_reference,
            "prov:wasInfluencedBy": [{"@id": source_address(source, publisher)} for source in attribution.relayed_from],
        }
    )


# --- decisions and fact-checks ---


def _decision_nodes(claim: PublishedClaim, publisher: Publisher) -> list[dict[str, Any]]:
    """Return our review and the activity that generated it; empty if the claim is undecided or withdrawn."""
    name, decision = alternate_name(claim), claim.decision
    if name is None or decision is None:
        return []
    author, origin = decision_author(decision, publisher), describe_origin(decision)
    review_id, activity_id = f"{claim.address}#{decision['id']}", f"{claim.address}#{decision['id']}-deciding"
    # A decision that lists no evidence is linked to all evidence that is not withdrawn.
    evidence_ids = set(decision["evidence"])
    examined = [
        evidence
        for evidence in claim.evidence
        if evidence.id in evidence_ids or (not evidence_ids and not evidence.withdrawn)
    ]
    document_ids = list(dict.fromkeys(_document_id(evidence.document, publisher) for evidence in examined))
    return [
        _without_empty(
            {
                "@id": review_id,
                "@type": ["prov:Entity"] if author is None or decision["stale"] else ["ClaimReview", "prov:Entity"],
                "url": claim.address,
                "author": None if author is None else publisher_object(author) | {"@id": author.address},
                # A stale decision was taken on another wording or record, so it must not be read with this statement.
                "claimReviewed": None if decision["stale"] else claim.statement,
                "datePublished": str(decision["decided_on"]),
                "reviewRating": {
                    "@type": "Rating",
                    "alternateName": name,
                    "ratingExplanation": rating_explanation(claim, decision),
                },
                "itemReviewed": {"@id": claim.address},
                "correction": decision["notice"],
                "attest:credibility": decision["credibility"],
                "attest:standard": decision["standard"],
                "attest:probability": decision["probability"],
                "attest:stale": decision["stale"],
                "prov:wasGeneratedBy": {"@id": activity_id},
                "attest:decisionOrigin": origin,
                "prov:wasAttributedTo": None if author is None else {"@id": author.address},
            }
        ),
        _without_empty(
            {
                "@id": activity_id,
                "@type": "prov:Activity",
                "prov:endedAtTime": str(decision["decided_on"]),
                "prov:wasAssociatedWith": None if author is None else {"@id": author.address},
                "attest:decidedBy": decision["decided_by"] if origin is None else None,
                "attest:decidedByInFile": None if origin is None else decision["decided_by"],
                "prov:used": [{"@id": entity_id} for entity_id in (claim.address, *document_ids)],
            }
        ),
    ]


def _fact_check_node(claim: PublishedClaim, fact_check: PublishedFactCheck, publisher: Publisher) -> dict[str, Any]:
    """Return a review by others, sanitised; the ClaimReview export has it unchanged."""
    review = _sanitise(external_review(claim, fact_check))
    types = review.get("@type", [])
    return {
        **review,
        "@id": f"{claim.address}#{fact_check.id}",
        "@type": list(dict.fromkeys(["ClaimReview", "prov:Entity", *([types] if isinstance(types, str) else types)])),
        "prov:wasAttributedTo": {"@id": source_address(fact_check.source, publisher)},
    }


_ALIASES = frozenset({"id", "type"})
"""Aliases of `@id` and `@type` in the context of schema.org."""


def _sanitise(value: Any) -> Any:
    """Return third-party JSON without members that could describe other nodes or load a context: `@context`, `@id`.

    Members with a colon in their name are removed too, so that a review cannot make statements with our terms or PROV.
    """
    if isinstance(value, list):
        return [_sanitise(item) for item in value]
    if not isinstance(value, dict):
        return value
    members = {
        name: _sanitise(member)
        for name, member in value.items()
        if name and not name.startswith("@") and ":" not in name and name not in _ALIASES
    }
    types = [name for name in _as_list(value.get("@type")) if isinstance(name, str) and name.isalnum()]
    return {"@type": types, **members} if types else members


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- everything that a claim refers to ---


def _sources(claim: PublishedClaim) -> list[PublishedSource]:
    sources = [attribution.source for attribution in claim.attributions]
    sources += [source for attribution in claim.attributions for source in attribution.relayed_from]
    sources += [fact_check.source for fact_check in claim.fact_checks]
    sources += [document.publisher for document in _documents(claim) if document.publisher is not None]
    if claim.adverse_to is not None:
        sources.append(claim.adverse_to)
    return list({source.id: source for source in sources}.values())


def _documents(claim: PublishedClaim) -> list[PublishedDocument]:
    documents = [*distinct_documents(claim.attributions), *(evidence.document for evidence in claim.evidence)]
    return list({document.id: document for document in documents}.values())


def _distinct_sources(attributions: Iterable[PublishedAttribution]) -> list[PublishedSource]:
    return list({attribution.source.id: attribution.source for attribution in attributions}.values())


def _publisher_node(publisher: Publisher) -> dict[str, Any]:
    return {
        "@id": publisher.address,
        "@type": ["Organization", "prov:Agent"],
        "name": publisher.name,
        "url": publisher.address,
    }


def _without_empty(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None and value != []}

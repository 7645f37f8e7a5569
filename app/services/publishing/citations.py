"""Citations of claims, documents and sources, built here once for every format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.db.schema import table_of
from app.errors import InvalidError
from app.formats.english.source_names import name_with_parent
from app.formats.english.status_words import describe_claim_status
from app.models import Claim
from app.schemas.files.citation import Citation, CitedClaim, CitedPart
from app.schemas.files.publication import (
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedSource,
    Publisher,
    day_of,
)
from app.schemas.query_parameters import CitationQuery, ClaimFilter
from app.services.audit import log_proofs
from app.services.catalogue.documents import DOCUMENT
from app.services.catalogue.sources import SOURCE
from app.services.changes.actors import Actor
from app.services.claims.claim_reads import snapshot_of_version
from app.services.core.held_elsewhere import missing_past
from app.services.core.refs import Refs
from app.services.core.snapshot import snapshot_at
from app.services.publishing import published_reads
from app.services.queries.claim_lists import select_claim_ids
from app.vocabulary import ClaimStatus, DocumentKind, SourceKind, Stance

CSL_TYPES: dict[DocumentKind, tuple[str, str | None]] = {
    DocumentKind.ARTICLE: ("article-newspaper", None),
    DocumentKind.OFFICIAL_RELEASE: ("webpage", "Press release"),
    DocumentKind.SOCIAL_MEDIA_POST: ("post", None),
    DocumentKind.VIDEO: ("motion_picture", "Video"),
    DocumentKind.AUDIO: ("broadcast", "Audio"),
    DocumentKind.IMAGE: ("graphic", "Photograph"),
    DocumentKind.REPORT: ("report", None),
    DocumentKind.DATASET: ("dataset", "Data set"),
    DocumentKind.FACT_CHECK: ("webpage", "Fact-check"),
    DocumentKind.PHYSICAL: ("document", "Physical object"),
    DocumentKind.OTHER: ("document", None),
}
"""The CSL 1.0.2 type of each kind of document, and a genre where the type is not specific enough."""

_KINDS_IN_A_CONTAINER = frozenset(
    {
        DocumentKind.ARTICLE,
        DocumentKind.SOCIAL_MEDIA_POST,
        DocumentKind.FACT_CHECK,
    }
)
"""Kinds that appear in a container: a newspaper, a network, a site. Other kinds have a publisher instead."""

_NOT_AUTHORS = frozenset({SourceKind.NEWS_ORGANISATION, SourceKind.DATASET, SourceKind.OTHER})
"""Kinds of publishers that are not cited as the author of an `_AUTHORED` document without a named author."""

_AUTHORED = frozenset({DocumentKind.ARTICLE, DocumentKind.PHYSICAL, DocumentKind.OTHER})
"""Kinds of documents for which that holds. For other kinds, such as videos, the publisher is cited as the author."""


def claim_citations(
    published: Iterable[PublishedClaim], parts: Sequence[CitedPart], publisher: Publisher
) -> Iterator[Citation]:
    """Yield the citations of these claims: of the documents that they appear in, of our decision, or of both."""
    for claim in published:
        if CitedPart.STATEMENT in parts:
            by_document = _by_document(claim)
            for document, attributions in by_document:
                yield _statement_citation(claim, document, attributions, publisher)
            # A claim without a known document is cited by our own page.
            if not by_document and CitedPart.DECISION not in parts:
                yield _decision_citation(claim, publisher)
        if CitedPart.DECISION in parts:
            yield _decision_citation(claim, publisher)


def document_citations(documents: Iterable[PublishedDocument], publisher: Publisher) -> Iterator[Citation]:
    """Yield citations of these documents, independent of any claim."""
    for document in documents:
        yield _document_citation(document, publisher)


def source_citations(sources: Iterable[PublishedSource], publisher: Publisher) -> Iterator[Citation]:
    """Yield citations of our own entries on these sources."""
    for source in sources:
        yield Citation(
            key=f"{source.id}-v{source.version}",
            type="webpage",
            genre="Source entry",
            title=name_with_parent(source),
            authors=[{"literal": publisher.name}],
            issued=day_of(source.recorded_at),
            url=f"{publisher.address}/sources/{source.id}",
            address=f"{publisher.address}/sources/{source.id}",
            version=source.version,
        )


# --- selection ---


def query_citations(
    connection: Connection, query: CitationQuery, actor: Actor | None, publisher: Publisher
) -> Iterator[Citation]:
    """Yield the citations that a query selects.

    Raises NotFoundError, InvalidError, and PermissionDeniedError if this reader may not see what the query names.
    """
    parts = [CitedPart(name) for name in query.include.split(",")]
    if not query.has_ids:
        yield from claim_citations(matching_claims(connection, query, query.as_of, actor, publisher), parts, publisher)
        return
    snapshot = snapshot_at(connection, query.as_of)
    yield from claim_citations(claims_by_ref(connection, query.claim, query.as_of, actor, publisher), parts, publisher)
    # A document or source that was merged into another one is cited as that one.
    refs = Refs(connection, snapshot)
    document_ids = [refs.get(DOCUMENT.table, identifier) or identifier for identifier in query.document]
    source_ids = [refs.get(SOURCE.table, identifier) or identifier for identifier in query.cited_source]
    yield from document_citations(published_reads.documents(connection, snapshot, document_ids), publisher)
    yield from source_citations(published_reads.sources(connection, snapshot, source_ids), publisher)


def matching_claims(
    connection: Connection, claim_filter: ClaimFilter, as_of: datetime | None, actor: Actor | None, publisher: Publisher
) -> Iterator[PublishedClaim]:
    """Yield the claims that a filter selects, in the order in which they were recorded.

    With `as_of`, each also says what has changed since. Raises InvalidError and PermissionDeniedError.
    """
    snapshot = snapshot_at(connection, as_of)
    query = select_claim_ids(connection, snapshot, claim_filter, actor).order_by(snapshot.claim.c.id)
    # The cursor is closed here, because citations may be broken off at any claim.
    with connection.execute(query.execution_options(yield_per=published_reads.CHUNK_SIZE)) as rows:
        for ids in rows.scalars().partitions():
            claims = list(published_reads.claims(connection, snapshot, ids, publisher))
            yield from claims if as_of is None else published_reads.with_later_changes(connection, claims)


def claims_by_ref(
    connection: Connection, refs: Sequence[str], as_of: datetime | None, actor: Actor | None, publisher: Publisher
) -> list[PublishedClaim]:
    """Return claims by reference, `clm_…` or `clm_…@version`, each with its log position and what has changed since.

    Raises NotFoundError for a claim or version that does not exist or that this reader may not see, HeldElsewhereError
    for a version that another installation holds, and InvalidError for a malformed version number.
    """
    current = snapshot_at(connection, as_of)
    claims = []
    for ref in refs:
        identifier, _, version = ref.partition("@")
        snapshot = snapshot_of_version(connection, identifier, _parse_version(version), actor) if version else current
        claim = next(published_reads.claims(connection, snapshot, [identifier], publisher), None)
        if claim is None or not published_reads.is_visible_to(claim, actor):
            raise missing_past(connection, snapshot, table_of(Claim), identifier)
        claims.append(claim)
    positions = log_proofs.log_positions(connection, [(f"claim/{claim.id}", claim.version) for claim in claims])
    logged = [replace(claim, logged=positions.get((f"claim/{claim.id}", claim.version))) for claim in claims]
    return published_reads.with_later_changes(connection, logged)


def _parse_version(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < len(text) <= 9 or text.startswith("0"):  # noqa: PLR2004 - nine digits always fit an INTEGER column
        raise InvalidError.of("claim", "must be a claim's id, or id@version such as clm_…@3")
    return int(text)


# --- one citation ---


def _by_document(claim: PublishedClaim) -> list[tuple[PublishedDocument, list[PublishedAttribution]]]:
    """Return the documents that a claim appears in, each with its attributions, in the order recorded."""
    by_document: dict[str, tuple[PublishedDocument, list[PublishedAttribution]]] = {}
    for attribution in claim.attributions:
        # An attribution that we withdrew never was in the document; one that its source retracted was.
        if (
            attribution.document is not None
            and not attribution.is_our_error
            and attribution.stance is not Stance.NO_STATEMENT_FOUND
        ):
            by_document.setdefault(attribution.document.id, (attribution.document, []))[1].append(attribution)
    return list(by_document.values())


def _statement_citation(
    claim: PublishedClaim,
    document: PublishedDocument,
    attributions: Sequence[PublishedAttribution],
    publisher: Publisher,
) -> Citation:
    return replace(
        _document_citation(document, publisher),
        key=f"{claim.id}-v{claim.version}-{document.id}",
        cited_for=(CitedClaim(claim, attributions),),
        address=claim.address,
    )


def _document_citation(document: PublishedDocument, publisher: Publisher) -> Citation:
    kind, genre = CSL_TYPES[document.kind]
    issuer = document.publisher
    authors: Sequence[dict[str, str]] = [dict(name) for name in document.authors]
    if not authors and document.author is not None:
        authors = [{"literal": document.author}]
    issuer_name = None if issuer is None else name_with_parent(issuer)
    if not authors and issuer is not None and issuer_name and _is_author(document.kind, issuer):
        authors = [{"literal": issuer_name}]
    separate_issuer = issuer_name if issuer_name is not None and {"literal": issuer_name} not in authors else None
    has_container = document.kind in _KINDS_IN_A_CONTAINER
    return Citation(
        key=f"{document.id}-v{document.version}",
        document_key=f"{document.id}-v{document.version}",
        document_address=f"{publisher.address}/documents/{document.id}",
        type=kind,
        genre=genre,
        title=document.title,
        authors=authors,
        container=separate_issuer if has_container else None,
        publisher=None if has_container else separate_issuer,
        issued=document.published,
        accessed=document.accessed_on,
        url=document.url,
        archive_url=document.archive_url,
        archived=document.archived_on,
        language=document.language,
        remark=document.note,
        address=f"{publisher.address}/documents/{document.id}",
    )


def _is_author(kind: DocumentKind, publisher: PublishedSource) -> bool:
    return kind not in _AUTHORED or publisher.kind not in _NOT_AUTHORS


def _decision_citation(claim: PublishedClaim, publisher: Publisher) -> Citation:
    has_decision = claim.status not in (ClaimStatus.UNASSESSED, ClaimStatus.STALE)
    is_ours = has_decision and claim.decision is not None and claim.decision["origin"] is None
    return Citation(
        key=f"{claim.id}-v{claim.version}",
        type="webpage",
        genre="Fact-check" if is_ours else "Claim record",
        title=f"{claim.statement.rstrip('. ')}: {describe_claim_status(claim)}",
        authors=[{"literal": publisher.name}],
        issued=(_decided_on(claim.decision) if has_decision else None) or day_of(claim.recorded_at),
        url=claim.address,
        language=claim.language,
        version=claim.version,
        cited_for=(CitedClaim(claim, [row for row in claim.attributions if not row.withdrawn]),),
        address=claim.address,
    )


def _decided_on(decision: Mapping[str, Any] | None) -> str | None:
    return None if decision is None else str(decision["decided_on"])

"""What is cited of a claim, a document or a source: decided here once, for every format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.errors import InvalidError, NotFoundError
from app.formats.english.source_names import in_brackets
from app.formats.english.status_words import status_of
from app.schemas.files.citation import Citation, Cited
from app.schemas.files.publication import (
    House,
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedSource,
    day_of,
)
from app.schemas.query_parameters import CitationQuery, ClaimFilter
from app.services.audit import log_proofs
from app.services.claims.claim_reads import record_of_version
from app.services.core.actors import Actor
from app.services.core.snapshot import at
from app.services.publishing import published_reads
from app.services.queries.claim_lists import ids_of
from app.vocabulary import DocumentKind, SourceKind, Stance, Status

TYPES: dict[DocumentKind, tuple[str, str | None]] = {
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
"""How CSL 1.0.2 calls each kind of document, and the words for it where its own do not say enough."""

_IN_A_CONTAINER = frozenset(
    {
        DocumentKind.ARTICLE,
        DocumentKind.SOCIAL_MEDIA_POST,
        DocumentKind.FACT_CHECK,
    }
)
"""Kinds that stand in something: a newspaper, a network, a site. Recordings and pictures are published by somebody."""

_WRITES_THROUGH_OTHERS = frozenset({SourceKind.NEWS_ORGANISATION, SourceKind.DATASET, SourceKind.OTHER})
"""Publishers that are not the author of what they publish without naming one,"""

_BY_WHOEVER = frozenset({DocumentKind.ARTICLE, DocumentKind.PHYSICAL, DocumentKind.OTHER})
"""of these kinds. For a video, a data set or a fact-check whoever publishes it stands."""


def of_claims(published: Iterable[PublishedClaim], cited: Sequence[Cited], house: House) -> Iterator[Citation]:
    """What is cited of these claims: the documents that it stands in, our decision, or both."""
    for claim in published:
        if Cited.STATEMENT in cited:
            placed = _by_document(claim)
            for document, said in placed:
                yield _statement(claim, document, said, house)
            # What stands in no document that we know is cited as it stands here.
            if not placed and Cited.DECISION not in cited:
                yield _decision(claim, house)
        if Cited.DECISION in cited:
            yield _decision(claim, house)


def of_documents(documents: Iterable[PublishedDocument], house: House) -> Iterator[Citation]:
    """These documents by themselves."""
    for document in documents:
        yield _document(document, house)


def of_sources(sources: Iterable[PublishedSource], house: House) -> Iterator[Citation]:
    """Our entries on these sources."""
    for source in sources:
        yield Citation(
            key=f"{source.id}-v{source.version}",
            type="webpage",
            genre="Source entry",
            title=in_brackets(source),
            authors=[{"literal": house.name}],
            issued=day_of(source.recorded_at),
            url=f"{house.address}/sources/{source.id}",
            address=f"{house.address}/sources/{source.id}",
            version=source.version,
        )


# --- what is asked for ---


def asked(connection: Connection, query: CitationQuery, actor: Actor | None, house: House) -> Iterator[Citation]:
    """The citations that a query asks for.

    Raises NotFoundError, InvalidError, and PermissionDeniedError for what this reader may not see.
    """
    cited = [Cited(one) for one in query.include.split(",")]
    if not query.picks:
        yield from of_claims(found(connection, query, query.as_of, actor, house), cited, house)
        return
    record = at(connection, query.as_of)
    yield from of_claims(picked(connection, query.claim, query.as_of, actor, house), cited, house)
    yield from of_documents(published_reads.documents(connection, record, query.document), house)
    yield from of_sources(published_reads.sources(connection, record, query.cited_source), house)


def found(
    connection: Connection, chosen: ClaimFilter, as_of: datetime | None, actor: Actor | None, house: House
) -> Iterator[PublishedClaim]:
    """The claims that a filter asks for, in the order in which they were recorded.

    Those as of a moment tell what has become of them since. Raises InvalidError and PermissionDeniedError.
    """
    record = at(connection, as_of)
    wanted = ids_of(connection, record, chosen, actor).order_by(record.claim.c.id)
    streamed = connection.execute(wanted.execution_options(yield_per=published_reads.CHUNK)).scalars().partitions()
    for ids in streamed:
        claims = list(published_reads.claims(connection, record, ids, house))
        yield from claims if as_of is None else published_reads.compared(connection, claims)


def picked(
    connection: Connection, refs: Sequence[str], as_of: datetime | None, actor: Actor | None, house: House
) -> list[PublishedClaim]:
    """Claims picked by hand, `clm_…` or `clm_…@version`, each with its place in the log, and with what it became.

    Raises NotFoundError for one that there is not, or that this reader may not see, InvalidError for a version that
    is no number.
    """
    record = at(connection, as_of)
    claims = []
    for ref in refs:
        identifier, _, version = ref.partition("@")
        then = record_of_version(connection, identifier, _number(version), actor) if version else record
        claim = next(published_reads.claims(connection, then, [identifier], house), None)
        if claim is None or not published_reads.seen(claim, actor):
            raise NotFoundError("claim", ref)
        claims.append(claim)
    places = log_proofs.places(connection, [(f"claim/{one.id}", one.version) for one in claims])
    logged = [replace(one, logged=places.get((f"claim/{one.id}", one.version))) for one in claims]
    return published_reads.compared(connection, logged)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < len(text) <= 9 or text.startswith("0"):  # noqa: PLR2004 - so many digits as an INTEGER holds
        raise InvalidError.of("claim", "must be a claim's id, or id@version such as clm_…@3")
    return int(text)


# --- one citation ---


def _by_document(claim: PublishedClaim) -> list[tuple[PublishedDocument, list[PublishedAttribution]]]:
    """The documents in which a claim stands, each with what is said of it there, in the order recorded."""
    placed: dict[str, tuple[PublishedDocument, list[PublishedAttribution]]] = {}
    for said in claim.attributions:
        # What we took back ourselves never stood there; what its source took back did.
        ours = said.withdrawn and said.retraction is None
        if said.document is not None and not ours and said.stance is not Stance.NO_STATEMENT_FOUND:
            placed.setdefault(said.document.id, (said.document, []))[1].append(said)
    return list(placed.values())


def _statement(
    claim: PublishedClaim, document: PublishedDocument, said: Sequence[PublishedAttribution], house: House
) -> Citation:
    return replace(
        _document(document, house),
        key=f"{claim.id}-v{claim.version}-{document.id}",
        statements=said,
        claim=claim,
        address=claim.address,
    )


def _document(document: PublishedDocument, house: House) -> Citation:
    kind, genre = TYPES[document.kind]
    publisher = document.publisher
    authors: Sequence[dict[str, str]] = [dict(name) for name in document.authors]
    if not authors and document.author is not None:
        authors = [{"literal": document.author}]
    named = None if publisher is None else in_brackets(publisher)
    if not authors and publisher is not None and named and _writes(document.kind, publisher):
        authors = [{"literal": named}]
    apart = named if named is not None and {"literal": named} not in authors else None
    inside = document.kind in _IN_A_CONTAINER
    return Citation(
        key=f"{document.id}-v{document.version}",
        type=kind,
        genre=genre,
        title=document.title,
        authors=authors,
        container=apart if inside else None,
        publisher=None if inside else apart,
        issued=document.published,
        accessed=document.accessed_on,
        url=document.url,
        archive_url=document.archive_url,
        archived=document.archived_on,
        language=document.language,
        remark=document.note,
        address=f"{house.address}/documents/{document.id}",
    )


def _writes(kind: DocumentKind, publisher: PublishedSource) -> bool:
    return kind not in _BY_WHOEVER or publisher.kind not in _WRITES_THROUGH_OTHERS


def _decision(claim: PublishedClaim, house: House) -> Citation:
    return Citation(
        key=f"{claim.id}-v{claim.version}",
        type="webpage",
        genre="Claim record" if claim.status is Status.UNASSESSED else "Fact-check",
        title=f"{claim.statement.rstrip('. ')}: {status_of(claim)}",
        authors=[{"literal": house.name}],
        issued=_decided_on(claim.decision) or day_of(claim.recorded_at),
        url=claim.address,
        language=claim.language,
        version=claim.version,
        statements=[said for said in claim.attributions if not said.withdrawn],
        claim=claim,
        address=claim.address,
    )


def _decided_on(decision: Mapping[str, Any] | None) -> str | None:
    return None if decision is None else str(decision["decided_on"])

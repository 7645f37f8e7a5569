"""Protection of shared objects (sources, documents, topics) that claims with a decision refer to.

Readers see these objects together with the decision, but changing one makes no decision stale, because a source may
appear in thousands of claims. So a fact-checker may create them and fill in empty columns, but only an editor may
replace a value: otherwise one person could attribute a confirmed claim to another source, or change what two people
have signed. Merging duplicates is for editors in any case, so it needs no such check.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, literal_column, select

from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.errors import PermissionDeniedError
from app.models import (
    Attribution,
    Claim,
    Document,
    Evidence,
    FactCheck,
    Proposal,
    Review,
    SignOff,
    Source,
    SourceRating,
    Topic,
)
from app.services.changes.actors import Actor
from app.services.core.merged_objects import with_duplicates
from app.services.core.nouns import Columns
from app.services.core.refs import chunks
from app.services.policy.proposal_states import is_closed
from app.vocabulary import Role

claim, review, proposal, sign_off = map(table_of, (Claim, Review, Proposal, SignOff))
attribution, evidence, document = map(table_of, (Attribution, Evidence, Document))
fact_check, rating, source, topic = map(table_of, (FactCheck, SourceRating, Source, Topic))

DecisionQueries: TypeAlias = list[Select[Any]]
"""Queries for the ids of decisions and of open proposals."""

_EMPTY_VALUES = {"kind": "other", "anonymity": "unknown"}
"""Values that say as little as null: any fact-checker may replace them."""


def replaced_columns(
    row: StoredRow, columns: Columns, protected: Collection[str], always: Collection[str] = ()
) -> list[str]:
    """The names of the protected columns in which a correction replaces a value of the row.

    `columns` holds the columns that the correction changes. Filling in an empty one of the `protected` columns does not
    count as replacing, but any change of a column in `always` does: there null is a statement too, for example that a
    source is not part of another.
    """
    filled = (name for name in columns if name in protected and row[name] is not None)
    return [name for name in columns if name in always] + [
        name for name in filled if row[name] != _EMPTY_VALUES.get(name)
    ]


def require_editor_if_decided(
    connection: Connection, actor: Actor, names: Collection[str], find_decisions: Callable[[], DecisionQueries]
) -> None:
    """Raise PermissionDeniedError unless the actor is an editor or no decision depends on the replaced columns.

    `find_decisions` is only called if it matters. It returns the queries for the decisions that depend on them.
    """
    if not names or actor.role.includes(Role.EDITOR):
        return
    if any(connection.scalar(query.limit(1)) is not None for query in find_decisions()):
        fields = ", ".join(name.removesuffix("_id") for name in names)
        raise PermissionDeniedError(
            f"Only an editor can change these fields, because a decision or an open proposal depends on them: {fields}."
            f" Your key has the role {actor.role}."
        )


def decisions_on_sources(identifiers: Iterable[str]) -> DecisionQueries:
    """Decisions on claims that name one of these sources or cite its publications, and ratings of the sources."""
    return [query for chunk in chunks(identifiers) for query in _decisions_on_chunk(chunk)]


def _decisions_on_chunk(identifiers: Sequence[str]) -> DecisionQueries:
    claims = [
        select(attribution.c.claim_id).where(attribution.c.source_id.in_(identifiers), ~attribution.c.withdrawn),
        select(claim.c.id).where(claim.c.adverse_to_id.in_(identifiers)),
        select(fact_check.c.claim_id).where(fact_check.c.source_id.in_(identifiers)),
        *_claims_citing(select(document.c.id).where(document.c.publisher_id.in_(identifiers))),
    ]
    rated_ids = with_duplicates(source, select(source.c.id).where(source.c.id.in_(identifiers)))
    ratings = select(rating.c.id).where(rating.c.source_id.in_(rated_ids))
    return [*_decisions_on_claims(claims), ratings, _open_proposals(proposal.c.source_id.in_(rated_ids))]


def decisions_citing_document(identifier: str) -> DecisionQueries:
    """Decisions on claims that cite a document."""
    return _decisions_on_claims(_claims_citing(select(document.c.id).where(document.c.id == identifier)))


def decisions_on_topic(identifier: str) -> DecisionQueries:
    """Decisions on claims of a topic, and ratings of sources for this topic."""
    topic_ids = with_duplicates(topic, select(topic.c.id).where(topic.c.id == identifier))
    ratings = select(rating.c.id).where(rating.c.topic_id.in_(topic_ids))
    claims = select(claim.c.id).where(claim.c.topic_id == identifier)
    return [*_decisions_on_claims([claims]), ratings, _open_proposals(proposal.c.topic_id.in_(topic_ids))]


def _claims_citing(documents: Select[Any]) -> list[Select[Any]]:
    """The ids of claims that cite one of these documents in an attribution, as evidence or as a fact-check."""
    return [
        select(table.c.claim_id).where(
            table.c.document_id.in_(documents), *([~table.c.withdrawn] if "withdrawn" in table.c else [])
        )
        for table in (attribution, evidence, fact_check)
    ]


def _decisions_on_claims(claims: Iterable[Select[Any]]) -> DecisionQueries:
    queries: DecisionQueries = []
    for claim_ids in claims:
        # OFFSET 0 is an optimization fence: both engines start with these claims, not with all decisions. One decision
        # is enough for the caller.
        ids = claim_ids.offset(literal_column("0")).subquery()
        queries.append(select(review.c.id).join(ids, review.c.claim_id == ids.c[0]))
        queries.append(_open_proposals(proposal.c.claim_id == ids.c[0]))
    return queries


def _open_proposals(condition: ColumnElement[bool]) -> Select[Any]:
    return select(proposal.c.id).where(condition, ~is_closed(proposal, sign_off))

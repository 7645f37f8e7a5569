"""What claims with a decision share with others: who a source is, where a document stands, what a topic asks.

It is read together with the decision, and a change of it makes no decision stale: a source may speak in thousands of
claims. One fact-checker may record it, and add what nobody has said of it. To say something else takes an editor; else
one person could have a confirmed claim come from somebody else, or have something else signed than what was read.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, literal_column, select

from app.db.revisions import Row
from app.db.schema import table_of
from app.models import Attribution, Claim, Document, Evidence, FactCheck, Proposal, Review, SignOff, SourceRating
from app.services.core.actors import Actor
from app.services.core.nouns import Columns
from app.services.core.refs import chunks
from app.services.policy.proposal_states import CLOSED
from app.vocabulary import Role

claim, review, proposal, sign_off = map(table_of, (Claim, Review, Proposal, SignOff))
attribution, evidence, document = map(table_of, (Attribution, Evidence, Document))
fact_check, rating = map(table_of, (FactCheck, SourceRating))

Decisions: TypeAlias = list[Select[Any]]
"""Statements that give decisions, and proposals on which nobody has decided yet."""

_SAYS_NOTHING = {("kind", "other"), ("anonymity", "unknown")}


def replaced_columns(row: Row, columns: Columns, shown: Collection[str], always: Collection[str] = ()) -> list[str]:
    """The columns that are `shown` with claims of which the row said something else than `columns` do.

    What is told by saying nothing as well (that a source is no part of any other) is `always` among them.
    """
    said = (name for name in columns if name in shown and row[name] is not None)
    return [name for name in columns if name in always] + [
        name for name in said if (name, row[name]) not in _SAYS_NOTHING
    ]


def refuse_replacing(
    connection: Connection, actor: Actor, names: Collection[str], resting: Callable[[], Decisions]
) -> None:
    """Raises PermissionDeniedError for whoever is no editor, if there are decisions `resting` on these columns."""
    if not names or actor.role.includes(Role.EDITOR):
        return
    if any(connection.scalar(decisions.limit(1)) is not None for decisions in resting()):
        fields = ", ".join(name.removesuffix("_id") for name in names)
        actor.require(Role.EDITOR, f"change what is shown with a decision ({fields})")


def naming_sources(identifiers: Iterable[str]) -> Decisions:
    """On claims that name one of these sources, or cite what it has published; and on how far to rely on it."""
    return [decisions for chunk in chunks(identifiers) for decisions in _naming(chunk)]


def _naming(identifiers: Sequence[str]) -> Decisions:
    claims = [
        select(attribution.c.claim_id).where(attribution.c.source_id.in_(identifiers), ~attribution.c.withdrawn),
        select(claim.c.id).where(claim.c.adverse_to_id.in_(identifiers)),
        select(fact_check.c.claim_id).where(fact_check.c.source_id.in_(identifiers)),
        *_citing(select(document.c.id).where(document.c.publisher_id.in_(identifiers))),
    ]
    ratings = select(rating.c.id).where(rating.c.source_id.in_(identifiers))
    return [*_on(claims), ratings, _undecided(proposal.c.source_id.in_(identifiers))]


def citing_document(identifier: str) -> Decisions:
    """On claims that cite a document."""
    return _on(_citing(select(document.c.id).where(document.c.id == identifier)))


def answering_topic(identifier: str) -> Decisions:
    """On claims of a topic; and on how far to rely on sources where it is concerned."""
    ratings = select(rating.c.id).where(rating.c.topic_id == identifier)
    of_topic = select(claim.c.id).where(claim.c.topic_id == identifier)
    return [*_on([of_topic]), ratings, _undecided(proposal.c.topic_id == identifier)]


def _citing(documents: Select[Any]) -> list[Select[Any]]:
    """The claims that cite one of these documents: what was said stands there, or evidence, or another's review."""
    return [
        select(cites.c.claim_id).where(
            cites.c.document_id.in_(documents), *([~cites.c.withdrawn] if "withdrawn" in cites.c else [])
        )
        for cites in (attribution, evidence, fact_check)
    ]


def _on(claims: Iterable[Select[Any]]) -> Decisions:
    """On these claims."""
    found: Decisions = []
    for of_claims in claims:
        # OFFSET 0 has engines begin with these claims, and not with all decisions; the first that has one is enough.
        ids = of_claims.offset(literal_column("0")).subquery()
        found.append(select(review.c.id).join(ids, review.c.claim_id == ids.c[0]))
        found.append(_undecided(proposal.c.claim_id == ids.c[0]))
    return found


def _undecided(about: ColumnElement[bool]) -> Select[Any]:
    closing = select(sign_off.c.id).where(sign_off.c.proposal_id == proposal.c.id, sign_off.c.verdict.in_(CLOSED))
    return select(proposal.c.id).where(about, ~closing.exists())

"""The public feed of decisions and corrections: what was decided, corrected and withdrawn, the latest first."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, case, literal, select, union_all

from app.db.revisions import revision_table
from app.db.schema import table_of
from app.models import Change, Claim, Person, Review
from app.schemas.activity import Act, ActDecision, ActivityQuery
from app.schemas.base.fields import Page
from app.schemas.relation import ClaimBrief
from app.services.claims import reviews
from app.services.core import decision_origins
from app.services.core.cursors import Cursors
from app.services.core.pagination import Order, PageRequest, fetch_page
from app.services.core.snapshot import Snapshot, snapshot_at
from app.services.queries.claim_briefs import fetch_briefs
from app.vocabulary import PUBLIC_STAGES, Stage

claim, review, change, person = table_of(Claim), table_of(Review), table_of(Change), table_of(Person)
version = revision_table(claim)


def _select_acts(snapshot: Snapshot, kinds: Sequence[str]) -> Select[Any]:
    """The acts on public claims since each of them was published, as (seq, id, claim_id, kind, version, previous)."""
    earlier, holder = version.alias("earlier"), version.alias("holder")
    # A decision makes a version of its claim in the same change.
    decided = (
        select(
            review.c.change_seq.label("seq"),
            review.c.id.label("id"),
            review.c.claim_id,
            literal("decided").label("kind"),
            holder.c.version,
        )
        .join(holder, and_(holder.c.id == review.c.claim_id, holder.c.change_seq == review.c.change_seq))
        .where(holder.c.stage.in_(PUBLIC_STAGES))
    )
    is_withdrawn = and_(version.c.stage == Stage.WITHDRAWN, earlier.c.stage != Stage.WITHDRAWN)
    edited = (
        select(
            version.c.change_seq.label("seq"),
            version.c.id.label("id"),
            version.c.id.label("claim_id"),
            case((is_withdrawn, "withdrawn"), else_="corrected").label("kind"),
            version.c.version,
        )
        .join(earlier, and_(earlier.c.id == version.c.id, earlier.c.version == version.c.version - 1))
        .where(
            version.c.version > 1,
            earlier.c.stage.in_(PUBLIC_STAGES),
            is_withdrawn | (version.c.content_version != earlier.c.content_version),
        )
    )
    acts = union_all(decided, edited).subquery("act")
    current = snapshot.claim
    statement = (
        select(acts.c.seq, acts.c.id, acts.c.claim_id, acts.c.kind, acts.c.version)
        .join(current, current.c.id == acts.c.claim_id)
        .where(current.c.stage.in_(PUBLIC_STAGES))
    )
    if snapshot.seq is not None:
        statement = statement.where(acts.c.seq <= snapshot.seq)
    return statement.where(acts.c.kind.in_(kinds)) if kinds else statement


def read_activity(connection: Connection, query: ActivityQuery, cursors: Cursors) -> Page[Act]:
    """A page of the feed. Raises InvalidError for a cursor of another list."""
    snapshot = snapshot_at(connection, query.as_of)
    statement = _select_acts(snapshot, query.kind)
    seq, identifier = statement.selected_columns[0], statement.selected_columns[1]
    order = Order((seq, identifier), descending=True)
    rows, next_cursor = fetch_page(connection, statement, order, PageRequest.of(query, cursors))
    briefs = fetch_briefs(connection, snapshot, (row.claim_id for row in rows), None)
    changes = _fetch_changes(connection, [row.seq for row in rows])
    decisions = _fetch_decisions(connection, [row.id for row in rows if row.kind == "decided"])
    wordings = _fetch_wordings(connection, [(row.claim_id, row.version) for row in rows if row.kind == "corrected"])
    acts = [
        Act(
            seq=row.seq,
            kind=row.kind,
            claim=ClaimBrief(**briefs[row.claim_id]),
            version=row.version,
            before=wordings.get((row.claim_id, row.version - 1)) if row.kind == "corrected" else None,
            after=wordings.get((row.claim_id, row.version)) if row.kind == "corrected" else None,
            decision=decisions.get(row.id),
            **changes[row.seq],
        )
        for row in rows
    ]
    return Page(items=acts, next=next_cursor)


def _fetch_changes(connection: Connection, seqs: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    statement = (
        select(change.c.seq, change.c.at, change.c.reason, person.c.byline.label("by"))
        .join(person, person.c.id == change.c.actor_id)
        .where(change.c.seq.in_(seqs))
    )
    return {row.seq: {"at": row.at, "reason": row.reason, "by": row.by} for row in connection.execute(statement)}


def _fetch_decisions(connection: Connection, review_ids: Sequence[str]) -> dict[str, ActDecision]:
    statement = reviews.select_signed(review).where(review.c.id.in_(review_ids))
    return {
        row["id"]: ActDecision.model_validate(
            {**{name: row.get(name) for name in ActDecision.model_fields}, "origin": decision_origins.serialize(row)}
        )
        for row in map(dict, connection.execute(statement).mappings())
    }


def _fetch_wordings(connection: Connection, versions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The statements of these versions of claims and of the ones before them."""
    wanted = {(claim_id, number) for claim_id, last in versions for number in (last - 1, last)}
    statement = select(version.c.id, version.c.version, version.c.statement).where(
        version.c.id.in_({claim_id for claim_id, _number in wanted}),
        version.c.version.in_({number for _claim_id, number in wanted}),
    )
    return {(row.id, row.version): row.statement for row in connection.execute(statement)}

"""What must hold within the record itself, whatever its log says."""

from collections.abc import Iterator
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Select, Table, or_, select

from app.db.compiled_reads import Statement
from app.db.revisions import revision_table
from app.db.schema import table_of
from app.models import (
    VERSIONED,
    Change,
    Claim,
    Head,
    LogCommitment,
    LogSalt,
    Person,
    Proposal,
    Review,
    SignOff,
    SourceRating,
)
from app.services.claims import reviews
from app.services.core.refs import CHUNK
from app.services.core.snapshot import NOW
from app.services.log.log_entries import AT_ONCE
from app.services.log.recorder import commitment_to
from app.vocabulary import Status, Verdict

change, claim, head, person = (table_of(one) for one in (Change, Claim, Head, Person))
proposal, sign_off, review, rating = (table_of(one) for one in (Proposal, SignOff, Review, SourceRating))
salts, commitments = table_of(LogSalt), table_of(LogCommitment)

MOST = 100
"""Faults of one kind that are told."""

Fault = tuple[str, str]
"""Where something is wrong, and what."""


class Tally(Protocol):
    """What is counted on the way."""

    changes: int
    erased: int


def faults_of_the_record(connection: Connection, tally: Tally) -> Iterator[Fault]:
    """Everything that is wrong: changes, who made them, objects as they are, statuses of claims."""
    yield from _changes(connection, tally)
    for model in VERSIONED:
        yield from _versions(connection, model)
    yield from _signatures(connection)
    yield from _statuses(connection)


_made = Statement(
    select(
        change.c.seq,
        change.c.at,
        change.c.actor_id,
        commitments.c.actor_commitment,
        salts.c.salt,
        person.c.erased_at,
    )
    .outerjoin(commitments, commitments.c.change_seq == change.c.seq)
    .outerjoin(salts, salts.c.change_seq == change.c.seq)
    .outerjoin(person, person.c.id == change.c.actor_id)
    .order_by(change.c.seq)
)


def _changes(connection: Connection, tally: Tally) -> Iterator[Fault]:
    """Numbers without gaps, times that grow, people as they were committed to."""
    last, last_at = 0, ""
    for seq, at, actor_id, committed, salt, erased_at in _made.lists(connection, at_once=AT_ONCE):
        tally.changes += 1
        place = f"change/{seq}"
        if seq != last + 1:
            yield place, f"follows change {last}: there is a gap"
        # RFC 3339 sorts by time once the fraction is always there.
        if _whole(at) <= last_at:
            yield place, "is not later than the change before it"
        last, last_at = seq, _whole(at)
        if committed is None:
            yield place, "nothing is committed to who made it"
        elif salt is not None and commitment_to(actor_id, salt) != committed:
            yield place, "was made by somebody else, or its salt is another one"
        elif salt is None and erased_at is None:
            yield place, "its salt is gone, although the person was not erased"
        tally.erased += salt is None
    at = connection.execute(select(head.c.seq, change.c.seq).outerjoin(change, change.c.at == head.c.at)).one()
    if last and (at[0] != last or at[1] != last):
        yield "head", f"does not name change {last}, which is the last one, with its time"


def _whole(moment: str) -> str:
    return moment if "." in moment else moment.replace("Z", ".000000Z")


def _versions(connection: Connection, model: Any) -> Iterator[Fault]:
    """Objects are what their last version says, and versions have no gaps."""
    now, version = table_of(model), revision_table(table_of(model))
    here = (version.c.id == now.c.id) & (version.c.version == now.c.version)
    differs: list[ColumnElement[bool]] = [
        now.c[column.name].is_distinct_from(version.c[column.name]) for column in now.columns
    ]
    before = version.alias("before")
    preceding = (before.c.id == version.c.id) & (before.c.version == version.c.version - 1)
    questions: list[tuple[Select[Any], str]] = [
        (
            # Where there is no such version all is different, from nothing.
            select(now.c.id, now.c.version).outerjoin(version, here).where(or_(*differs)),
            "is now something else than its last version says",
        ),
        (
            select(version.c.id, version.c.version)
            .outerjoin(now, now.c.id == version.c.id)
            .where(or_(now.c.id.is_(None), version.c.version > now.c.version)),
            "was recorded, and the object is gone or an earlier one now",
        ),
        (
            select(version.c.id, version.c.version)
            .outerjoin(before, preceding)
            .where(version.c.version != 1, before.c.id.is_(None)),
            "follows no version before it",
        ),
    ]
    for question, what in questions:
        for identifier, number in connection.execute(question.order_by(*question.selected_columns).limit(MOST)):
            yield f"{now.name}/{identifier} version {number}", what


def _signatures(connection: Connection) -> Iterator[Fault]:
    """Proposals and sign-offs are by whoever made their change, and what rests on a sign-off is what was approved.

    The log says who made a change, by a commitment, and of these rows it leaves the people out. So it does of whoever
    wrote the wording that is judged, and may approve nothing.
    """
    versions = revision_table(claim)
    looked_at, worded = versions.alias("looked_at"), versions.alias("worded")
    made = change.alias("made")
    approved = (sign_off.c.verdict == Verdict.APPROVE) & (sign_off.c.proposal_id == proposal.c.id)
    same_claim = (review.c.claim_id == proposal.c.claim_id) & (review.c.status == proposal.c.status)
    same_source = (rating.c.source_id == proposal.c.source_id) & (rating.c.reliability == proposal.c.reliability)
    by_another = "is not by whoever made its change"
    questions: list[tuple[Table, Select[Any], str]] = [
        (
            proposal,
            select(proposal.c.id)
            .join(made, made.c.seq == proposal.c.change_seq)
            .where(proposal.c.proposer_id != made.c.actor_id),
            by_another,
        ),
        (
            sign_off,
            select(sign_off.c.id)
            .join(made, made.c.seq == sign_off.c.change_seq)
            .where(sign_off.c.person_id != made.c.actor_id),
            by_another,
        ),
        (
            proposal,
            select(proposal.c.id)
            .join(
                looked_at,
                (looked_at.c.id == proposal.c.claim_id) & (looked_at.c.version == proposal.c.claim_version),
            )
            .join(worded, (worded.c.id == looked_at.c.id) & (worded.c.version == looked_at.c.content_version))
            .join(made, made.c.seq == worded.c.change_seq)
            .where(proposal.c.editor_id != made.c.actor_id),
            "names somebody else than whoever wrote the wording",
        ),
        (
            proposal,
            select(proposal.c.id).where(
                proposal.c.source_id.is_not(None), proposal.c.editor_id != proposal.c.proposer_id
            ),
            "names somebody else than its proposer",
        ),
    ]
    for table, same in ((review, same_claim), (rating, same_source)):
        granted = select(1).where(sign_off.c.id == table.c.sign_off_id, approved, same).correlate(table).exists()
        question = select(table.c.id).where(table.c.sign_off_id.is_not(None), ~granted)
        questions.append((table, question, "rests on no approval of the same"))
    for table, question, what in questions:
        for identifier in connection.scalars(question.order_by(table.c.id).limit(MOST)):
            yield f"{table.name}/{identifier}", what


def _statuses(connection: Connection) -> Iterator[Fault]:
    """The status of a claim is that of the decision that stands."""
    last = ""
    while True:
        page = select(claim.c.id, claim.c.status).where(claim.c.id > last).order_by(claim.c.id).limit(CHUNK)
        statuses = {row.id: row.status for row in connection.execute(page)}
        if not statuses:
            return
        for claim_id, decisions in reviews.rows_of_claims(connection, NOW, statuses).items():
            standing = reviews.standing(decisions)
            status = Status.UNASSESSED if standing is None else standing["status"]
            if statuses[claim_id] != status:
                yield f"claim/{claim_id}", f"is {statuses[claim_id]}; by the decision that stands it is {status}"
        last = max(statuses)

"""Checks that the record is consistent in itself, independent of the log."""

from collections.abc import Iterator
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select

from app.db.compiled_reads import CompiledStatement
from app.db.revisions import revision_table
from app.db.schema import table_of
from app.models import (
    VERSIONED,
    Change,
    Claim,
    DumpLoad,
    Head,
    LogCommitment,
    LogSalt,
    Person,
    Proposal,
    Review,
    SignOff,
    SourceRating,
)
from app.services.changes import decision_staleness, stale_periods
from app.services.claims import reviews
from app.services.core.refs import CHUNK_SIZE
from app.services.core.snapshot import NOW
from app.services.log.log_entries import READ_BATCH_SIZE
from app.services.log.recorder import actor_commitment
from app.vocabulary import Status, Verdict

change, claim, head, person = (table_of(model) for model in (Change, Claim, Head, Person))
proposal, sign_off, review, rating = (table_of(model) for model in (Proposal, SignOff, Review, SourceRating))
salts, commitments, load = table_of(LogSalt), table_of(LogCommitment), table_of(DumpLoad)

MAX_FAULTS_PER_CHECK = 100
"""Faults that one check lists at most."""

IntegrityFault = tuple[str, str]
"""The place of a fault, and a predicate that says what is wrong there."""


class ChangeTally(Protocol):
    """Counters that the checks increment."""

    changes: int
    """Changes read."""
    erased: int
    """Changes whose salt was deleted when their author was erased."""


def find_integrity_faults(connection: Connection, tally: ChangeTally) -> Iterator[IntegrityFault]:
    """Yield every fault of the record: in changes, versions, sign-offs and statuses."""
    yield from _check_changes(connection, tally)
    for model in VERSIONED:
        yield from _check_versions(connection, model)
    yield from _check_sign_offs(connection)
    yield from _check_statuses(connection)


_changes_with_commitments = CompiledStatement(
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


def _check_changes(connection: Connection, tally: ChangeTally) -> Iterator[IntegrityFault]:
    """Check that change numbers have no gaps, times increase, and authors match their commitments.

    Salts and commitments of changes that do not exist are faults too.
    """
    last, last_at = 0, ""
    for seq, at, actor_id, committed, salt, erased_at in _changes_with_commitments.lists(
        connection, batch_size=READ_BATCH_SIZE
    ):
        tally.changes += 1
        place = f"change/{seq}"
        if seq != last + 1:
            yield place, f"follows change {last}: there is a gap"
        # RFC 3339 text sorts by time only if every moment has a fraction.
        if _with_fraction(at) <= last_at:
            yield place, "has a time that is not later than that of the previous change"
        last, last_at = seq, _with_fraction(at)
        if committed is None:
            yield place, "has no commitment to its author"
        elif salt is not None and actor_commitment(actor_id, salt) != committed:
            yield place, "does not match the commitment to its author: the author or the salt was altered"
        elif salt is None and erased_at is None:
            yield place, "has no salt, although its author's data was not erased"
        tally.erased += salt is None
    for table in (salts, commitments):
        orphans = (
            select(table.c.change_seq)
            .outerjoin(change, change.c.seq == table.c.change_seq)
            .where(change.c.seq.is_(None))
            .order_by(table.c.change_seq)
            .limit(MAX_FAULTS_PER_CHECK)
        )
        for seq in connection.scalars(orphans):
            yield f"{table.name}/{seq}", "belongs to a change that does not exist"
    at = connection.execute(select(head.c.seq, change.c.seq).outerjoin(change, change.c.at == head.c.at)).one()
    if last and (at[0] != last or at[1] != last):
        yield "head", f"does not match the number and time of the last change, {last}"


def _with_fraction(moment: str) -> str:
    return moment if "." in moment else moment.replace("Z", ".000000Z")


def _check_versions(connection: Connection, model: Any) -> Iterator[IntegrityFault]:
    """Check that each object equals its last version, and that version numbers have no gaps."""
    current, version = table_of(model), revision_table(table_of(model))
    same_version = (version.c.id == current.c.id) & (version.c.version == current.c.version)
    differences: list[ColumnElement[bool]] = [
        current.c[column.name].is_distinct_from(version.c[column.name]) for column in current.columns
    ]
    before = version.alias("before")
    preceding = (before.c.id == version.c.id) & (before.c.version == version.c.version - 1)
    checks: list[tuple[Select[Any], str]] = [
        (
            # The outer join also finds objects without such a version: every column then differs from NULL.
            select(current.c.id, current.c.version).outerjoin(version, same_version).where(or_(*differences)),
            "differs from its last version",
        ),
        (
            select(version.c.id, version.c.version)
            .outerjoin(current, current.c.id == version.c.id)
            .where(or_(current.c.id.is_(None), version.c.version > current.c.version)),
            "is stored, but the object itself is missing or has an older version",
        ),
        (
            # Objects that came with a dump begin with the number that they had in the installation that wrote it.
            select(version.c.id, version.c.version)
            .outerjoin(before, preceding)
            .outerjoin(load, load.c.change_seq == version.c.change_seq)
            .where(version.c.version != 1, before.c.id.is_(None), load.c.change_seq.is_(None)),
            "has no version before it",
        ),
    ]
    for check, what in checks:
        for identifier, number in connection.execute(
            check.order_by(*check.selected_columns).limit(MAX_FAULTS_PER_CHECK)
        ):
            yield f"{current.name}/{identifier} version {number}", what


def _check_sign_offs(connection: Connection) -> Iterator[IntegrityFault]:
    """Check the people named in proposals and sign-offs, and that decisions equal what was approved.

    The log commits to the author of each change, but leaves personal columns out of the row hashes. So the proposer,
    the approver and the author of the judged wording are compared with the authors of the changes instead.
    """
    versions = revision_table(claim)
    judged, wording = versions.alias("judged"), versions.alias("wording")
    signed_change = change.alias("signed_change")
    approved = (sign_off.c.verdict == Verdict.APPROVE) & (sign_off.c.proposal_id == proposal.c.id)
    same_claim = (review.c.claim_id == proposal.c.claim_id) & (review.c.status == proposal.c.status)
    same_source = (rating.c.source_id == proposal.c.source_id) & (rating.c.reliability == proposal.c.reliability)
    # If another installation holds the version with the wording, the first version here stands for it.
    since_wording = versions.alias("since_wording")
    wording_version = (
        select(func.min(since_wording.c.version))
        .where(since_wording.c.id == judged.c.id, since_wording.c.version >= judged.c.content_version)
        .scalar_subquery()
    )
    wrong_author = "names someone other than the author of its change"
    checks: list[tuple[Table, Select[Any], str]] = [
        (
            proposal,
            select(proposal.c.id)
            .join(signed_change, signed_change.c.seq == proposal.c.change_seq)
            .where(proposal.c.proposer_id != signed_change.c.actor_id),
            wrong_author,
        ),
        (
            sign_off,
            select(sign_off.c.id)
            .join(signed_change, signed_change.c.seq == sign_off.c.change_seq)
            .where(sign_off.c.person_id != signed_change.c.actor_id),
            wrong_author,
        ),
        (
            proposal,
            select(proposal.c.id)
            .join(
                judged,
                (judged.c.id == proposal.c.claim_id) & (judged.c.version == proposal.c.claim_version),
            )
            .join(wording, (wording.c.id == judged.c.id) & (wording.c.version == wording_version))
            .join(signed_change, signed_change.c.seq == wording.c.change_seq)
            .where(proposal.c.editor_id != signed_change.c.actor_id),
            "names someone other than the author of the wording",
        ),
        (
            proposal,
            select(proposal.c.id).where(
                proposal.c.source_id.is_not(None), proposal.c.editor_id != proposal.c.proposer_id
            ),
            "names someone other than its proposer",
        ),
    ]
    for table, same_decision in ((review, same_claim), (rating, same_source)):
        granted = (
            select(1).where(sign_off.c.id == table.c.sign_off_id, approved, same_decision).correlate(table).exists()
        )
        check = select(table.c.id).where(table.c.sign_off_id.is_not(None), ~granted)
        checks.append((table, check, "differs from what was signed off"))
    for table, check, what in checks:
        for identifier in connection.scalars(check.order_by(table.c.id).limit(MAX_FAULTS_PER_CHECK)):
            yield f"{table.name}/{identifier}", what


def _check_statuses(connection: Connection) -> Iterator[IntegrityFault]:
    """Check that the status of each claim is that of its current decision."""
    last = ""
    while True:
        page = select(claim.c.id, claim.c.status).where(claim.c.id > last).order_by(claim.c.id).limit(CHUNK_SIZE)
        statuses = {row.id: row.status for row in connection.execute(page)}
        if not statuses:
            return
        for claim_id, decisions in reviews.fetch_by_claim(connection, NOW, statuses).items():
            current_decision = decision_staleness.current_decision(decisions)
            status = Status.UNASSESSED if current_decision is None else current_decision["status"]
            if statuses[claim_id] != status:
                fault = f"has the status {statuses[claim_id]}, but its current decision says {status}"
                yield f"claim/{claim_id}", fault
        kept_reasons = stale_periods.fetch_reasons(connection, NOW, statuses)
        for claim_id, reasons in stale_periods.find_reasons(connection, NOW, statuses).items():
            kept = kept_reasons.get(claim_id, [])
            if kept != reasons:
                before, after = (", ".join(listed) or "no reason" for listed in (kept, reasons))
                fault = f"has a decision kept as stale for {before}, but the record gives {after}"
                yield f"claim/{claim_id}", f"{fault}. Run: attest db rebuild-counters"
        last = max(statuses)

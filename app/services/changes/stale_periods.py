"""Which claims have a decision that no longer applies to them, since which change and why.

A status applies only to the claim that it was decided on. Whether it still does depends on the wording, the evidence,
the attributions, rulings, relations and the source tree, so comparing them on every read would be slow, and no index
could answer a filter by status. So the result is kept: before a change is committed, every claim with a decision that
the change may concern is examined again. The periods are derived from the record: `rebuild` computes them anew, and
`attest audit verify` compares them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Label,
    Select,
    Table,
    bindparam,
    case,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql import literal

from app.db.compiled_reads import PlainRow, text_table
from app.db.revisions import ChangeWriter, StoredRow, revision_table
from app.db.schema import table_of
from app.models import Attribution, Change, Claim, ClaimRelation, Source, StalePeriod
from app.services.changes.decision_staleness import current_decision, staleness
from app.services.changes.status_facts import ClaimGrounds, fetch_grounds
from app.services.core import source_tree
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW, Snapshot, SnapshotQuery, snapshot_at_seq
from app.services.policy.status_rules import is_supported
from app.vocabulary import Action, ClaimStatus, Relation, Staleness, Status

claim, source, attribution = table_of(Claim), table_of(Source), table_of(Attribution)
relation, period = table_of(ClaimRelation), table_of(StalePeriod)

_SOURCE_COLUMNS = frozenset({"parent_id", "anonymity"})
"""Columns of a source on which the status of the claims that it speaks on may depend."""

# --- SQL ---


def is_stale(snapshot: Snapshot, claim: FromClause) -> ColumnElement[bool]:
    """SQL: whether the current decision on a claim of the outer statement is stale. False without a decision."""
    stale = snapshot.stale_period
    return select(literal(1)).where(stale.c.claim_id == claim.c.id).correlate_except(stale).exists()


def stale_reasons(snapshot: Snapshot, claim: FromClause) -> Label[Any]:
    """SQL: why the current decision on a claim of the outer statement is stale; null if it is not."""
    stale = snapshot.stale_period
    reasons = select(stale.c.reasons).where(stale.c.claim_id == claim.c.id).correlate_except(stale)
    return reasons.scalar_subquery().label("stale_because")


def shown_status(snapshot: Snapshot, claim: FromClause) -> Label[str]:
    """SQL: the status of a claim of the outer statement as it is shown, a value of `ClaimStatus`."""
    return case((is_stale(snapshot, claim), ClaimStatus.STALE.value), else_=claim.c.status).label("status")


@lru_cache(maxsize=64)
def shown_claims(snapshot: Snapshot) -> FromClause:
    """SQL: the claims with the status that is shown in place of the decided one."""
    claim = snapshot.claim
    columns = [column for column in claim.c if column.key != "status"]
    return select(*columns, shown_status(snapshot, claim)).subquery("shown_claim")


@SnapshotQuery
def _reasons(snapshot: Snapshot) -> Select[Any]:
    stale, ids = snapshot.stale_period, text_table("ids")
    return select(stale.c.claim_id, stale.c.reasons).select_from(ids.join(stale, stale.c.claim_id == ids.c.value))


def fetch_reasons(connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str]) -> dict[str, list[Staleness]]:
    """Why the current decisions on these claims are stale; claims whose decision is not stale are left out."""
    rows = (_reasons(connection, snapshot, ids=chunk) for chunk in chunks(claim_ids))
    return {row["claim_id"]: [Staleness(reason) for reason in row["reasons"]] for chunk in rows for row in chunk}


# --- the rule ---


def find_reasons(connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str]) -> dict[str, list[Staleness]]:
    """Compute why the current decision on each of these claims is stale; only claims with a decision are included."""
    grounds = fetch_grounds(connection, snapshot, claim_ids)
    decided = {
        claim_id: (claim_grounds, decision)
        for claim_id, claim_grounds in grounds.items()
        if (decision := current_decision(claim_grounds.decisions)) is not None
    }
    with_other_origins = _with_other_origins(connection, snapshot, decided)
    return {
        claim_id: _reasons_of(claim_grounds, decision, has_other_origins=claim_id in with_other_origins)
        for claim_id, (claim_grounds, decision) in decided.items()
    }


def _reasons_of(grounds: ClaimGrounds, decision: StoredRow, *, has_other_origins: bool) -> list[Staleness]:
    reasons = staleness(decision, grounds.claim["content_version"], grounds.evidence, grounds.attributions)
    if has_other_origins:
        reasons.append(Staleness.ORIGINS)
    if not is_supported(Status(decision["status"]), grounds.facts(decision["evidence"]), decision["rules"]):
        reasons.append(Staleness.GROUNDS)
    return reasons


def _with_other_origins(
    connection: Connection, snapshot: Snapshot, decided: Mapping[str, tuple[ClaimGrounds, StoredRow]]
) -> set[str]:
    """The claims whose number of origins, or of independent ones, was changed by a merge after their decision."""
    if not decided:
        return set()
    merged_claims = _merged_claims(connection, decided)
    first_seq = min(decision["change_seq"] for _grounds, decision in decided.values())
    for seq, source_id in _merged_sources(connection, snapshot, first_seq):
        for claim_id, (grounds, decision) in decided.items():
            if seq > decision["change_seq"] and source_id in grounds.names:
                merged_claims[seq].add(claim_id)
    changed: set[str] = set()
    for seq, claim_ids in merged_claims.items():
        before, after = (fetch_grounds(connection, snapshot_at_seq(at), sorted(claim_ids)) for at in (seq - 1, seq))
        changed |= {
            claim_id
            for claim_id in claim_ids & before.keys()
            if before[claim_id].origin_counts != after[claim_id].origin_counts
        }
    return changed


def _merged_claims(
    connection: Connection, decided: Mapping[str, tuple[ClaimGrounds, StoredRow]]
) -> dict[int, set[str]]:
    """By the number of a merge of claims: the claims that it gave attributions after their decision."""
    attributed: dict[int, set[str]] = defaultdict(set)
    for claim_id, (grounds, decision) in decided.items():
        for row in grounds.attributions:
            if row["first_seq"] > decision["change_seq"]:
                attributed[row["first_seq"]].add(claim_id)
    change = table_of(Change)
    merged: dict[int, set[str]] = defaultdict(set)
    for chunk in chunks(sorted(attributed)):
        merges = select(change.c.seq).where(change.c.seq.in_(chunk), change.c.action == Action.MERGE)
        merged |= {seq: attributed[seq] for seq in connection.scalars(merges)}
    return merged


def _merged_sources(connection: Connection, snapshot: Snapshot, after_seq: int) -> Sequence[tuple[int, str]]:
    """The merges of sources after a change, as far as the snapshot has them, each with a source that it changed."""
    version, change = revision_table(source), table_of(Change)
    statement = (
        select(version.c.change_seq, version.c.id, version.c.merged_into_id)
        .join(change, change.c.seq == version.c.change_seq)
        .where(change.c.action == Action.MERGE, version.c.change_seq > after_seq)
    )
    if snapshot.seq is not None:
        statement = statement.where(version.c.change_seq <= snapshot.seq)
    rows = connection.execute(statement).all()
    return [(row.change_seq, source_id) for row in rows for source_id in (row.id, row.merged_into_id) if source_id]


# --- keeping the periods up to date ---


class ChangedClaims:
    """Follows the writes of a change and notes which decisions it may concern."""

    def __init__(self, change: ChangeWriter) -> None:
        self._change = change
        self._claim_ids: set[str] = set()
        self._staged_ids: set[str] = set()
        """Claims whose stage changes: it decides whether they contradict others."""
        self._source_ids: set[str] = set()

    def before_update(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Note which objects change. Whatever is attached to a claim gives it a new version, so it is noted too."""
        if table is claim:
            ids = {row["id"] for row in rows}
            # A long import updates a million claims, few of which have a decision.
            self._claim_ids |= ids if len(rows) == 1 else _with_decision(self._change.connection, ids)
            if "status" in rows[0]:
                self._claim_ids |= ids
            if "stage" in rows[0]:
                self._staged_ids |= ids
        elif table is source and _SOURCE_COLUMNS & rows[0].keys():
            self._source_ids |= {row["id"] for row in rows}

    def plan(self) -> "StalePeriodUpdate":
        """Examine the decisions that the change may concern."""
        connection = self._change.connection
        claim_ids = self._claim_ids | _contradicted_by(connection, self._staged_ids)
        for source_id in self._source_ids:
            claim_ids |= _claims_of_source(connection, source_id)
        return StalePeriodUpdate.of(self._change, _with_decision(connection, claim_ids))


@dataclass(frozen=True)
class StalePeriodUpdate:
    """The periods that a change ends and begins."""

    change: ChangeWriter
    ended: Mapping[str, int]
    """By claim: the change since which the period lasted."""
    begun: Mapping[str, Sequence[Staleness]]

    @classmethod
    def of(cls, change: ChangeWriter, claim_ids: Iterable[str]) -> "StalePeriodUpdate":
        """What has become of the decisions on these claims."""
        ids = sorted(claim_ids)
        open_periods = {
            row["claim_id"]: row
            for chunk in chunks(ids)
            for row in change.connection.execute(
                select(period).where(period.c.claim_id.in_(chunk), period.c.until_seq.is_(None))
            ).mappings()
        }
        reasons = find_reasons(change.connection, NOW, ids)
        changed = {
            claim_id: reasons[claim_id]
            for claim_id in ids
            if reasons[claim_id] != (open_periods[claim_id]["reasons"] if claim_id in open_periods else [])
        }
        return cls(
            change,
            ended={claim_id: row["since_seq"] for claim_id, row in open_periods.items() if claim_id in changed},
            begun={claim_id: claim_reasons for claim_id, claim_reasons in changed.items() if claim_reasons},
        )

    @property
    def became_stale(self) -> dict[str, bool]:
        """The claims whose decision became stale (True) or applies again (False)."""
        now_stale = dict.fromkeys(self.begun.keys() - self.ended.keys(), True)
        return now_stale | dict.fromkeys(self.ended.keys() - self.begun.keys(), False)

    def write(self) -> None:
        """Store the periods."""
        seq = self.change.seq
        if self.ended:
            is_ended = period.c.claim_id == bindparam("b_claim_id"), period.c.until_seq.is_(None)
            ended = [{"b_claim_id": claim_id} for claim_id in self.ended]
            # A period that this change itself began never was.
            self.change.connection.execute(delete(period).where(*is_ended, period.c.since_seq == seq), ended)
            self.change.connection.execute(update(period).where(*is_ended).values(until_seq=seq), ended)
        if self.begun:
            rows = [
                {"claim_id": claim_id, "since_seq": seq, "until_seq": None, "reasons": list(reasons)}
                for claim_id, reasons in sorted(self.begun.items())
            ]
            self.change.connection.execute(insert(period), rows)


def _with_decision(connection: Connection, claim_ids: Iterable[str]) -> set[str]:
    """Those of these claims that have a decision."""
    ids: set[str] = set()
    for chunk in chunks(claim_ids):
        is_decided = claim.c.id.in_(chunk), claim.c.status != Status.UNASSESSED
        ids |= set(connection.scalars(select(claim.c.id).where(*is_decided)))
    return ids


def _contradicted_by(connection: Connection, claim_ids: Iterable[str]) -> set[str]:
    """The claims at the other end of a contradiction."""
    ids: set[str] = set()
    for chunk in chunks(claim_ids):
        for end, other_end in (("claim_id", "other_claim_id"), ("other_claim_id", "claim_id")):
            is_contradiction = relation.c[end].in_(chunk), relation.c.relation == Relation.CONTRADICTS
            ids |= set(connection.scalars(select(relation.c[other_end]).where(*is_contradiction)))
    return ids


def _claims_of_source(connection: Connection, source_id: str) -> set[str]:
    """The claims with a decision on which a source speaks, or a part of it."""
    ids: set[str] = set()
    for chunk in chunks(source_tree.descendants(connection, NOW, source_id)):
        decided = (
            select(attribution.c.claim_id)
            .join(claim, claim.c.id == attribution.c.claim_id)
            .where(attribution.c.source_id.in_(chunk), claim.c.status != Status.UNASSESSED)
            .distinct()
        )
        ids |= set(connection.scalars(decided))
    return ids


# --- all over again ---


def rebuild(connection: Connection) -> None:
    """Recompute all periods from the revisions."""
    connection.execute(delete(period))
    open_periods: dict[str, tuple[int, list[Staleness]]] = {}
    rows: list[PlainRow] = []
    for seq, claim_ids in sorted(_concerned_claims(connection).items()):
        for claim_id, reasons in find_reasons(connection, snapshot_at_seq(seq), sorted(claim_ids)).items():
            since_seq, before = open_periods.get(claim_id, (0, []))
            if reasons == before:
                continue
            if before:
                rows.append(_period_row(claim_id, since_seq, seq, before))
            open_periods[claim_id] = (seq, reasons)
    rows += [
        _period_row(claim_id, since_seq, None, reasons)
        for claim_id, (since_seq, reasons) in open_periods.items()
        if reasons
    ]
    for chunk in chunks(rows):
        connection.execute(insert(period), chunk)


def _period_row(claim_id: str, since_seq: int, until_seq: int | None, reasons: Sequence[Staleness]) -> PlainRow:
    return {"claim_id": claim_id, "since_seq": since_seq, "until_seq": until_seq, "reasons": list(reasons)}


def _concerned_claims(connection: Connection) -> Mapping[int, set[str]]:
    """By the number of a change: the claims with a decision, then or later, that it may have concerned."""
    versions, source_versions = revision_table(claim), revision_table(source)
    attribution_versions = revision_table(attribution)
    concerned: dict[int, set[str]] = defaultdict(set)
    decided_ids = set(connection.scalars(select(claim.c.id).where(claim.c.status != Status.UNASSESSED)))
    for chunk in chunks(sorted(decided_ids)):
        for seq, claim_id in connection.execute(
            select(versions.c.change_seq, versions.c.id).where(versions.c.id.in_(chunk))
        ):
            concerned[seq].add(claim_id)
        related = select(relation.c.claim_id, relation.c.other_claim_id).where(
            or_(relation.c.claim_id.in_(chunk), relation.c.other_claim_id.in_(chunk)),
            relation.c.relation == Relation.CONTRADICTS,
        )
        for first_id, second_id in connection.execute(related).all():
            changes = select(versions.c.change_seq).where(versions.c.id.in_([first_id, second_id]))
            for seq in connection.scalars(changes):
                concerned[seq] |= {first_id, second_id} & decided_ids
    corrected = select(source_versions.c.id, source_versions.c.change_seq).where(source_versions.c.version > 1)
    for source_id, seq in connection.execute(corrected).all():
        snapshot = snapshot_at_seq(seq)
        for chunk in chunks(source_tree.descendants(connection, snapshot, source_id)):
            spoken = select(attribution_versions.c.claim_id).where(
                attribution_versions.c.source_id.in_(chunk), attribution_versions.c.change_seq <= seq
            )
            concerned[seq] |= set(connection.scalars(spoken)) & decided_ids
    return concerned

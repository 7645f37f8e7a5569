"""What the record holds about claims, as far as their status depends on it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, select

from app.db.compiled_reads import PlainRow, text_table
from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.models import Attribution, Evidence, Proposal, SignOff
from app.services.changes.decision_staleness import corrected_change_seq, first_change_seq
from app.services.core import source_tree
from app.services.core.merged_objects import current_id
from app.services.core.refs import chunks
from app.services.core.snapshot import Snapshot, SnapshotQuery
from app.services.policy import origins
from app.services.policy.origins import SourcePair
from app.services.policy.status_rules import StatusFacts, build_status_facts
from app.vocabulary import Relation, Stage


def _of_claims(build: Callable[[Snapshot], tuple[Select[Any], FromClause]]) -> SnapshotQuery:
    """A query for the rows of a table whose `claim_id` is in the list parameter `ids`."""

    def with_claim_ids(snapshot: Snapshot) -> Select[Any]:
        statement, table = build(snapshot)
        ids = text_table("ids")
        return statement.select_from(ids.join(table, table.c.claim_id == ids.c.value)).order_by(table.c.id)

    return SnapshotQuery(with_claim_ids)


@SnapshotQuery
def _claims(snapshot: Snapshot) -> Select[Any]:
    claim, ids = snapshot.claim, text_table("ids")
    columns = (claim.c.id, claim.c.adverse_to_id, claim.c.content_version)
    return select(*columns).select_from(ids.join(claim, claim.c.id == ids.c.value))


@_of_claims
def _attributions(snapshot: Snapshot) -> tuple[Select[Any], FromClause]:
    attribution = snapshot.attribution
    names = (
        "id",
        "claim_id",
        "source_id",
        "stance",
        "lineage",
        "upstream_id",
        "own_claim_id",
        "retracted_by",
        "withdrawn",
        "change_seq",
    )
    return select(
        *(attribution.c[name] for name in names),
        first_change_seq(attribution),
        corrected_change_seq(attribution, Attribution),
    ), attribution


@_of_claims
def _evidence(snapshot: Snapshot) -> tuple[Select[Any], FromClause]:
    piece = snapshot.evidence
    names = (
        "id",
        "claim_id",
        "role",
        "independent",
        "examined_on",
        "conclusive",
        "withdrawn",
        "change_seq",
        "capture_id",
        "not_kept_because",
    )
    return select(*(piece.c[name] for name in names), corrected_change_seq(piece, Evidence)), piece


@_of_claims
def _rulings(snapshot: Snapshot) -> tuple[Select[Any], FromClause]:
    return select_rulings(snapshot), snapshot.independence_ruling


@SnapshotQuery
def _decisions(snapshot: Snapshot) -> Select[Any]:
    """Decisions with the ids of the evidence that they are based on; null for a decision from a file."""
    review, ids = snapshot.review, text_table("ids")
    sign_off, proposal = table_of(SignOff), table_of(Proposal)
    columns = (
        review.c[name] for name in ("id", "claim_id", "claim_version", "status", "rules", "decided_on", "change_seq")
    )
    return (
        select(*columns, proposal.c.evidence)
        .select_from(
            ids.join(review, review.c.claim_id == ids.c.value)
            .outerjoin(sign_off, sign_off.c.id == review.c.sign_off_id)
            .outerjoin(proposal, proposal.c.id == sign_off.c.proposal_id)
        )
        .order_by(review.c.change_seq, review.c.id)
    )


@SnapshotQuery
def _sources(snapshot: Snapshot) -> Select[Any]:
    source, ids = snapshot.source, text_table("ids")
    return select(source.c.id, source.c.name, source.c.anonymity).select_from(
        ids.join(source, source.c.id == ids.c.value)
    )


def _contradictions(end: str, other_end: str) -> SnapshotQuery:
    """The claims in `end` of a live contradiction between two published claims."""

    def build(snapshot: Snapshot) -> Select[Any]:
        relation, ids = snapshot.claim_relation, text_table("ids")
        claim, other = snapshot.claim.alias("claim"), snapshot.claim.alias("other")
        # The claims are looked up by id, because the planner would start a join from all published claims.
        stages = (
            select(table.c.stage).where(table.c.id == relation.c[name]).scalar_subquery()
            for table, name in ((claim, end), (other, other_end))
        )
        return (
            select(relation.c[end].label("claim_id"))
            .select_from(ids.join(relation, relation.c[end] == ids.c.value))
            .where(
                relation.c.relation == Relation.CONTRADICTS,
                ~relation.c.withdrawn,
                *(stage == Stage.PUBLISHED for stage in stages),
            )
        )

    return SnapshotQuery(build)


_CONTRADICTIONS = (
    _contradictions("claim_id", "other_claim_id"),
    _contradictions("other_claim_id", "claim_id"),
)


@dataclass(frozen=True)
class ClaimGrounds:
    """A claim with the rows from which its status follows."""

    claim: PlainRow
    decisions: Sequence[PlainRow]
    """In the order in which they were recorded."""
    attributions: Sequence[PlainRow]
    evidence: Sequence[PlainRow]
    anonymity: Mapping[str, str]
    """By the ids of the sources of the attributions, at least."""
    ancestors: Mapping[str, Sequence[str]]
    """By the ids of the sources of the attributions, at least."""
    names: Mapping[str, str]
    """By the ids of these sources and their ancestors."""
    rulings: Mapping[SourcePair, StoredRow]
    is_contradicted: bool

    @property
    def origin_counts(self) -> tuple[int, int]:
        """How many identified origins there are, and how many of them are independent of each other."""
        identified = origins.identified_origins(
            self.attributions, origins.trace_origins(self.attributions, self.anonymity)
        )
        pairs = origins.build_origin_pairs(self.attributions, identified, self.ancestors, self.names, self.rulings)
        return len(identified), origins.count_independent(identified, pairs)

    def facts(self, evidence_ids: Iterable[str] | None, missing_captures: Collection[str] = ()) -> StatusFacts:
        """The facts that decide which status the claim may have, given this evidence; all of it for None.

        `missing_captures` are the ids of captures that do not count, because their bytes are not in the store.
        """
        return build_status_facts(
            self.claim,
            attributions=self.attributions,
            evidence=only_named(self.evidence, evidence_ids),
            anonymity=self.anonymity,
            ancestors=self.ancestors,
            independent_origins=self.origin_counts[1],
            contradicted=self.is_contradicted,
            missing_captures=missing_captures,
        )


def only_named(pieces: Sequence[StoredRow], evidence_ids: Iterable[str] | None) -> Sequence[StoredRow]:
    """The pieces of evidence with these ids; all of them for None."""
    if evidence_ids is None:
        return pieces
    ids = frozenset(evidence_ids)
    return [row for row in pieces if row["id"] in ids]


def fetch_status_facts(
    connection: Connection,
    snapshot: Snapshot,
    evidence_ids: Mapping[str, Iterable[str] | None],
    *,
    missing_captures: Collection[str] = (),
) -> dict[str, StatusFacts]:
    """What the record holds about each of these claims, as far as a status depends on it.

    `evidence_ids` maps each claim's id to the ids of the evidence that counts; None counts all of it.
    `missing_captures` do not count, because their bytes are not in the store.
    """
    grounds = fetch_grounds(connection, snapshot, evidence_ids)
    return {claim_id: grounds[claim_id].facts(named, missing_captures) for claim_id, named in evidence_ids.items()}


def fetch_grounds(connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str]) -> dict[str, ClaimGrounds]:
    """The rows from which the status of each of these claims follows; claims that did not exist are left out."""
    grounds: dict[str, ClaimGrounds] = {}
    for chunk in chunks(claim_ids):
        grounds |= _fetch_chunk(connection, snapshot, chunk)
    return grounds


def _fetch_chunk(connection: Connection, snapshot: Snapshot, claim_ids: list[str]) -> dict[str, ClaimGrounds]:
    claims = {row["id"]: row for row in _claims(connection, snapshot, ids=claim_ids)}
    attributions, evidence, rulings, decisions = (
        _by_claim(query(connection, snapshot, ids=claim_ids))
        for query in (_attributions, _evidence, _rulings, _decisions)
    )
    contradicted = {row["claim_id"] for query in _CONTRADICTIONS for row in query(connection, snapshot, ids=claim_ids)}
    speakers = {row["source_id"] for rows in attributions.values() for row in rows}
    ancestors = source_tree.ancestors(connection, snapshot, speakers)
    source_ids = sorted(speakers | {ancestor for chain in ancestors.values() for ancestor in chain})
    sources = [row for chunk in chunks(source_ids) for row in _sources(connection, snapshot, ids=chunk)]
    anonymity = {row["id"]: row["anonymity"] for row in sources}
    names = {row["id"]: row["name"] for row in sources}
    return {
        claim_id: ClaimGrounds(
            claim=claim,
            decisions=decisions[claim_id],
            attributions=attributions[claim_id],
            evidence=evidence[claim_id],
            anonymity=anonymity,
            ancestors=ancestors,
            names=names,
            rulings=latest_by_pair(sorted(rulings[claim_id], key=lambda row: int(row["change_seq"]))),
            is_contradicted=claim_id in contradicted,
        )
        for claim_id, claim in claims.items()
    }


def _by_claim(rows: Iterable[PlainRow]) -> Mapping[str, list[PlainRow]]:
    by_claim: dict[str, list[PlainRow]] = defaultdict(list)
    for row in rows:
        by_claim[row["claim_id"]].append(row)
    return by_claim


def select_rulings(snapshot: Snapshot) -> Select[Any]:
    """Select rulings, each on the sources that its origins were merged into, if they were."""
    ruling, source = snapshot.independence_ruling, snapshot.source
    pair = ("first_source_id", "second_source_id")
    return select(
        *(column for column in ruling.c if column.name not in pair),
        *(current_id(source, ruling.c[name]) for name in pair),
    )


def latest_by_pair(rulings: Iterable[StoredRow]) -> dict[SourcePair, StoredRow]:
    """The last ruling on each pair. `rulings` must be in the order in which they were recorded."""
    return {(row["first_source_id"], row["second_source_id"]): row for row in current_rulings(rulings)}


def current_rulings(rulings: Iterable[StoredRow]) -> list[StoredRow]:
    """Rulings of `select_rulings` with their pairs in order, without those on two sources that were merged."""
    in_order = (
        (origins.ordered_pair(row["first_source_id"], row["second_source_id"]), row)
        for row in rulings
        if row["first_source_id"] != row["second_source_id"]
    )
    return [{**row, "first_source_id": first, "second_source_id": second} for (first, second), row in in_order]

"""A plain model of statuses and retractions, written from the documentation and not from the production code.

It loads every version of every row, puts the record of any moment together, and decides in the simplest way which
status each claim has, why a decision no longer applies, and what became of the sources of each relay. It follows
docs/vocabulary.md and docs/decisions/0019-stale-decisions.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, select

from app.db.revisions import revision_table
from app.db.schema import Base, table_of
from app.models import (
    Attribution,
    Change,
    Claim,
    ClaimRelation,
    Document,
    Evidence,
    IndependenceRuling,
    Proposal,
    Quantity,
    Review,
    SignOff,
    Source,
)

Row = Mapping[str, Any]

ASSERTING = ("asserts", "estimates", "alleges", "predicts", "speculates", "confirms", "partly_confirms")
PROPOSITION = ("kind", "statement", "language", "topic_id", "place", "time", "adverse_to_id")
FIGURE = (
    "position", "metric", "unit", "population", "qualifier", "low", "best", "high", "cumulative", "basis", "verbatim",
    "verbatim_language",
)  # fmt: skip


@dataclass(frozen=True)
class Decided:
    """The status of a claim at some moment."""

    shown: str
    """The status that is shown; `stale` if the decision does not apply, `unassessed` without one."""
    reasons: tuple[str, ...]
    """Why the decision does not apply."""
    decision: Row | None
    """The current decision."""

    @property
    def is_from_a_file(self) -> bool:
        """True if the current decision came with a file."""
        return self.decision is not None and self.decision["sign_off_id"] is None


class PlainHistory:
    """All versions of the record."""

    def __init__(self, connection: Connection) -> None:
        def rows(table: Any) -> list[Row]:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

        def versions(model: type[Base]) -> list[Row]:
            return sorted(rows(revision_table(table_of(model))), key=lambda row: int(row["version"]))

        self.changes = {row["seq"]: row for row in rows(table_of(Change))}
        self.claims, self.sources = versions(Claim), versions(Source)
        self.attributions, self.evidence = versions(Attribution), versions(Evidence)
        self.relations, self.documents = versions(ClaimRelation), versions(Document)
        self.reviews, self.rulings = rows(table_of(Review)), rows(table_of(IndependenceRuling))
        proposals = {row["id"]: row for row in rows(table_of(Proposal))}
        self.named_evidence = {row["id"]: proposals[row["proposal_id"]]["evidence"] for row in rows(table_of(SignOff))}
        """The evidence that a proposal names, by the id of each of its sign-offs."""
        self.figures: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in rows(table_of(Quantity)):
            self.figures[row["claim_id"], row["content_version"]].append({name: row[name] for name in FIGURE})
        self._moments: dict[int, PlainMoment] = {}

    @property
    def last_seq(self) -> int:
        """The number of the last change."""
        return max(self.changes, default=0)

    def at(self, seq: int) -> "PlainMoment":
        """The record right after a change."""
        if seq not in self._moments:
            self._moments[seq] = PlainMoment(self, seq)
        return self._moments[seq]

    def seq_at(self, moment: datetime) -> int:
        """The number of the last change by a moment."""
        return max((seq for seq, row in self.changes.items() if row["at"] <= moment), default=0)

    def is_merge(self, row: Row) -> bool:
        """True if a merge wrote this version of a row."""
        return bool(self.changes[row["change_seq"]]["action"] == "merge")

    def proposition(self, claim: Row) -> tuple[Any, ...]:
        """What a version of a claim says."""
        figures = sorted(
            self.figures[claim["id"], claim["content_version"]], key=lambda figure: int(figure["position"])
        )
        return (*(claim[name] for name in PROPOSITION), figures)


class PlainMoment:
    """The record right after a change."""

    def __init__(self, history: PlainHistory, seq: int) -> None:
        self.history = history
        self.seq = seq
        self.claims = self._rows(history.claims)
        self.sources = self._rows(history.sources)
        self.documents = self._rows(history.documents)
        self.attributions = self._rows(history.attributions)
        self.evidence = self._rows(history.evidence)
        self.relations = self._rows(history.relations)
        self._decided: dict[str, Decided] = {}

    def _rows(self, versions: Iterable[Row]) -> dict[str, Row]:
        # Later versions replace earlier ones.
        return {row["id"]: row for row in versions if row["change_seq"] <= self.seq}

    # --- statuses ---

    def decided(self, claim_id: str) -> Decided:
        """The status of a claim."""
        if claim_id not in self._decided:
            decision = self.current_decision(claim_id)
            if decision is None:
                self._decided[claim_id] = Decided("unassessed", (), None)
            else:
                reasons = tuple(self.reasons(claim_id, decision))
                self._decided[claim_id] = Decided("stale" if reasons else decision["status"], reasons, decision)
        return self._decided[claim_id]

    def current_decision(self, claim_id: str) -> Row | None:
        """The decision of the latest day; of several on that day, the one recorded last."""
        decisions = [row for row in self.history.reviews if row["claim_id"] == claim_id]
        decisions = [row for row in decisions if row["change_seq"] <= self.seq]
        return max(decisions, key=lambda row: (row["decided_on"], row["change_seq"], row["id"]), default=None)

    def reasons(self, claim_id: str, decision: Row) -> Iterable[str]:
        """Yield why a decision does not apply to the claim as it is."""
        history, since = self.history, decision["change_seq"]
        claims = self.versions_of(history.claims, "id", claim_id)
        if any(
            row["version"] > decision["claim_version"]
            and not history.is_merge(row)
            and (before is None or history.proposition(row) != history.proposition(before))
            for before, row in zip([None, *claims], claims, strict=False)
        ):
            yield "wording"
        pieces = self.versions_of(history.evidence, "claim_id", claim_id)
        if any(row["change_seq"] > since and (row["version"] == 1 or not history.is_merge(row)) for row in pieces):
            yield "evidence"
        attributions = self.versions_of(history.attributions, "claim_id", claim_id)
        on_record = {row["id"] for row in attributions if row["change_seq"] <= since}
        if any(
            row["change_seq"] > since and row["id"] in on_record and not history.is_merge(row) for row in attributions
        ):
            yield "attributions"
        merges = [seq for seq, row in history.changes.items() if row["action"] == "merge" and since < seq <= self.seq]
        if any(
            history.at(seq - 1).origin_counts(claim_id) != history.at(seq).origin_counts(claim_id) for seq in merges
        ):
            yield "origins"
        if not self.supports(claim_id, decision):
            yield "grounds"

    def versions_of(self, versions: Iterable[Row], column: str, identifier: str) -> list[Row]:
        """The versions of rows by then that have this id in this column."""
        return [row for row in versions if row[column] == identifier and row["change_seq"] <= self.seq]

    def supports(self, claim_id: str, decision: Row) -> bool:  # noqa: PLR0911 - one row of the table for each status
        """True if the record has what the status needs (the table in docs/vocabulary.md, current rules)."""
        claim = self.claims[claim_id]
        live = [row for row in self.attributions_of(claim_id) if not row["withdrawn"]]
        standing = [row for row in live if self.upstream_state(row) == "stands"]
        named = None if decision["sign_off_id"] is None else self.history.named_evidence[decision["sign_off_id"]] or []
        examined = [
            row
            for row in self.evidence.values()
            if row["claim_id"] == claim_id
            and not row["withdrawn"]
            and row["examined_on"] is not None
            and (named is None or row["id"] in named)
        ]
        kept = [row for row in examined if row["capture_id"] is not None or row["not_kept_because"] is not None]
        match decision["status"]:
            case "unconfirmed":
                return any(row["stance"] in ASSERTING for row in live)
            case "corroborated":
                return self.origin_counts(claim_id)[1] >= 2
            case "conceded":
                conceding = [row for row in standing if claim["adverse_to_id"] in self.lineage(row["source_id"])]
                return any(
                    row["stance"] == "confirms"
                    or (row["stance"] == "partly_confirms" and row["own_claim_id"] is not None)
                    for row in conceding
                )
            case "confirmed":
                return any(row["role"] == "supports" and row["independent"] for row in kept)
            case "disputed":
                return self.is_contradicted(claim_id) or any(
                    row["stance"] in ("denies", "disputes_figure") and self.is_identified(row["source_id"])
                    for row in standing
                )
            case "unlikely":
                return any(row["role"] == "refutes" for row in kept)
            case "refuted":
                return any(row["role"] == "refutes" and row["conclusive"] for row in kept)
            case "unverifiable":
                return bool(examined) or any(row["stance"] == "no_statement_found" for row in live)
        raise AssertionError(decision["status"])

    def is_contradicted(self, claim_id: str) -> bool:
        """True if the claim and another one that contradicts it are both published."""
        return any(
            row["relation"] == "contradicts"
            and not row["withdrawn"]
            and claim_id in (row["claim_id"], row["other_claim_id"])
            and all(self.claims[row[end]]["stage"] == "published" for end in ("claim_id", "other_claim_id"))
            for row in self.relations.values()
        )

    # --- sources and chains ---

    def attributions_of(self, claim_id: str) -> list[Row]:
        """The attributions of a claim, withdrawn ones included, in the order recorded."""
        rows = [row for row in self.attributions.values() if row["claim_id"] == claim_id]
        return sorted(rows, key=lambda row: str(row["id"]))

    def chain(self, attribution: Row) -> list[Row]:
        """The attributions that this one was relayed from, nearest first."""
        links = []
        while attribution["upstream_id"] is not None:
            attribution = self.attributions[attribution["upstream_id"]]
            links.append(attribution)
        return links

    def taken_back(self, attribution: Row) -> list[Row]:
        """The links of the chain that no longer stand, up to the first that we had recorded wrongly."""
        links: list[Row] = []
        for link in self.chain(attribution):
            if link["withdrawn"]:
                links.append(link)
                if is_our_error(link):
                    break
        return links

    def upstream_state(self, attribution: Row) -> str:
        """`stands`, or what became of the nearest link that no longer stands: `retracted` or `withdrawn`."""
        links = self.taken_back(attribution)
        return "stands" if not links else "withdrawn" if is_our_error(links[0]) else "retracted"

    def lineage(self, source_id: str) -> list[str]:
        """A source and everything that it belongs to."""
        parent = self.sources[source_id]["parent_id"]
        return [source_id, *([] if parent is None else self.lineage(parent))]

    def is_identified(self, source_id: str) -> bool:
        """True if the source is named or described."""
        return self.sources[source_id]["anonymity"] in ("named", "described")

    def origin_counts(self, claim_id: str) -> tuple[int, int]:
        """How many identified origins a claim has, and how many of them are independent of each other."""
        asserting = [
            row for row in self.attributions_of(claim_id) if row["stance"] in ASSERTING and not row["withdrawn"]
        ]
        origins: set[str] = set()
        relied_on: dict[str, set[str]] = defaultdict(set)
        for row in asserting:
            path = [row, *self.chain(row)]
            for start, link in enumerate(path):
                relied_on[link["source_id"]] |= {further["id"] for further in path[start:]}
            is_intact = path[-1]["lineage"] == "original" and not any(link["withdrawn"] for link in path)
            if is_intact and self.is_identified(path[-1]["source_id"]):
                origins.add(path[-1]["source_id"])
        established = {
            pair
            for pair in combinations(sorted(origins), 2)
            if not set(self.lineage(pair[0])) & set(self.lineage(pair[1]))
            and not relied_on[pair[0]] & relied_on[pair[1]]
            and self.ruling(claim_id, pair) == "established"
        }
        independent = max(
            (
                size
                for size in range(2, len(origins) + 1)
                for group in combinations(sorted(origins), size)
                if set(combinations(group, 2)) <= established
            ),
            default=0,
        )
        return len(origins), independent

    def ruling(self, claim_id: str, pair: Sequence[str]) -> str | None:
        """The last ruling on two origins of a claim."""
        rulings = [
            row
            for row in self.history.rulings
            if row["claim_id"] == claim_id
            and row["change_seq"] <= self.seq
            and sorted(self.kept_source(row[end]) for end in ("first_source_id", "second_source_id")) == list(pair)
        ]
        return max(rulings, key=lambda row: int(row["change_seq"]))["ruling"] if rulings else None

    def kept_source(self, source_id: str) -> str:
        """The source, or the one that it was merged into."""
        merged_into = self.sources[source_id]["merged_into_id"] if source_id in self.sources else None
        return source_id if merged_into is None else self.kept_source(merged_into)


def is_our_error(attribution: Row) -> bool:
    """True if we withdrew an attribution because we had recorded it wrongly."""
    return bool(attribution["withdrawn"]) and attribution["retracted_by"] in (None, "us")

"""Merges the claims of a file into the claims on record.

A claim is a proposition. If a file reports another figure than before, its claim is revised, unless other sources still
assert the old figure: then the old claim stays theirs and the file gets a new claim.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import select

from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import FieldProblem, InvalidError
from app.models import Claim, Document, FactCheck, Source, Topic
from app.schemas.desk.decision_origin import OriginCreate
from app.schemas.desk.independence import IndependenceRulingCreate
from app.schemas.desk.review import ReviewCreate
from app.schemas.fact_check import FactCheckCreate
from app.schemas.files.dump import DecisionVersion, DumpedVersion
from app.schemas.files.exchange_record import ClaimRecord, NoteRecord
from app.schemas.quantity import QuantityCreate
from app.services.changes import change_effects
from app.services.claims import attributions, claims, evidence, independence, relations, reviews
from app.services.claims.attributions import ATTRIBUTION
from app.services.claims.claims import CLAIM, TopicMetricCheck
from app.services.claims.evidence import EVIDENCE
from app.services.claims.relations import RELATION
from app.services.core import equality_keys
from app.services.core.human_corrections import was_corrected_by_person
from app.services.core.nouns import Columns, Noun, changed_columns, fetch_rows_by_id, field_values
from app.services.core.refs import Refs, chunks
from app.services.imports import decided_claims
from app.services.imports.import_batches import PendingRelation, PendingWrites
from app.services.imports.import_duplicates import DuplicateFinder, NewKeys
from app.services.imports.restored_versions import RestoredVersions, check_parts, occurs_twice, place_parts

ClaimOutcome = Literal["created", "unchanged", "revised"]
ClaimResult = tuple[int, ClaimOutcome | None, list[FieldProblem]]
"""A line, the outcome of its claim (None if refused), and the problems found in it."""

_SET_ONLY_WHEN_NEW = frozenset({"stage", "notice", "key"})
"""Columns that an import sets only on new claims: publishing and withdrawing is for fact-checkers."""

_PROPOSITION = ("kind", "topic_id", "place", "time", "adverse_to_id")


def _fact_check_columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: value for name, value in fields.items() if name not in ("source", "document")}
    columns["source_id"] = refs.resolve_field(table_of(Source), fields["source"], "source")
    columns["document_id"] = refs.resolve_field(table_of(Document), fields["document"], "document")
    return columns


FACT_CHECK = Noun(FactCheck, FactCheckCreate, _fact_check_columns, dict)


_PARTS = {noun.name: noun for noun in (ATTRIBUTION, EVIDENCE, RELATION, FACT_CHECK)}


@dataclass
class _OnRecord:
    """The rows on record for the claims of a batch."""

    rows: dict[str, StoredRow] = field(default_factory=dict)
    """Claims by key and by id."""
    quantities: dict[str, list[QuantityCreate]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, dict[str, list[StoredRow]]] = field(
        default_factory=lambda: {name: defaultdict(list) for name in _PARTS}
    )
    """Attributions, evidence, relations and fact-checks, by noun and claim id."""
    decided_ids: set[str] = field(default_factory=set)
    """Claims on which this desk has decided."""


class ClaimLoader:
    """Merges the claims of a file into the record, batch by batch, all under one change."""

    def __init__(
        self,
        change: ChangeWriter,
        refs: Refs,
        duplicates: DuplicateFinder,
        origin: OriginCreate,
        restored: RestoredVersions | None = None,
    ) -> None:
        self._change = change
        self._refs = refs
        self._duplicates = duplicates
        self._origin = origin
        self._restored = restored
        self._topics = TopicMetricCheck(change.connection)
        self._line = 0
        self._pending_relations: list[PendingRelation] = []

    def take(self, numbered: Sequence[tuple[int, ClaimRecord]]) -> list[ClaimResult]:
        """Merge claims into the record and return the result for each line. No claim may occur twice in the batch."""
        self._prefetch([record for _line, record in numbered])
        on_record = self._read_on_record([record for _line, record in numbered])
        writes = PendingWrites()
        merged: dict[str, tuple[int, ClaimOutcome]] = {}
        rulings: dict[str, Sequence[IndependenceRulingCreate]] = {}
        decisions: dict[str, Sequence[ReviewCreate]] = {}
        dumped_decisions: dict[str, Sequence[DecisionVersion]] = {}
        results: list[ClaimResult] = []
        for line, record in numbered:
            self._line = line
            record_writes = PendingWrites()
            dumped = None if self._restored is None else self._restored.find(CLAIM.name, record.id)
            try:
                claim_id, outcome = self._merge_claim(record, on_record, record_writes, dumped)
                if problems := decided_claims.find_problems(
                    record_writes, on_record.decided_ids, on_record.parts[ATTRIBUTION.name]
                ):
                    self._refs.forget(CLAIM.table, record.key)
                    raise InvalidError(problems)
            except InvalidError as error:
                results.append((line, None, error.problems))
                continue
            writes.join(record_writes)
            merged[claim_id] = (line, outcome)
            self._duplicates.rule(CLAIM.table, claim_id, record.distinct_from)
            if record.rulings:
                rulings[claim_id] = record.rulings
            if record.reviews:
                decisions[claim_id] = record.reviews
                if dumped is not None:
                    dumped_decisions[claim_id] = dumped.reviews
        writes.write(self._change, _PARTS.values())
        self._duplicates.take(CLAIM.table, writes.keys)
        self._pending_relations += writes.pending_relations
        # Rulings first: a decision may rest on them.
        ruled, faults = independence.import_rulings(self._change, self._refs, rulings, on_record.decided_ids)
        change_effects.bump_versions(
            self._change, sorted(claim_id for claim_id in ruled if merged[claim_id][1] == "unchanged")
        )
        decided, refused = reviews.record_decisions(
            self._change, decisions, self._origin, dumped=None if self._restored is None else dumped_decisions
        )
        for claim_id, (line, outcome) in merged.items():
            revised = outcome == "unchanged" and claim_id in decided | ruled
            problems = [*faults.get(claim_id, []), *refused.get(claim_id, [])]
            results.append((line, "revised" if revised else outcome, problems))
        return results

    def annotate(self, note: NoteRecord) -> bool | None:
        """Set the note of a claim; return True if that changed it, None if there is no such claim."""
        table = CLAIM.table
        for key in (note.claim, note.joins):
            if key is None:  # would match every claim without a key
                continue
            row = self._change.connection.execute(select(table).where(table.c.key == key)).mappings().one_or_none()
            if row is not None:
                columns = {"note": note.note}
                if self._part_was_corrected(CLAIM, row, columns):
                    return False
                return claims.store_differences(self._change, row, columns, None)
        return None

    def finish(self) -> list[ClaimResult]:
        """Record the relations to claims further down in the file; return a refusal for each claim never found.

        Claims with a new ruling get a new version, unless this import has written them.
        """
        self._duplicates.record_rulings(CLAIM.table)
        ruled_rows = fetch_rows_by_id(self._change.connection, CLAIM.table, self._duplicates.ruled_ids).values()
        outdated = sorted(row["id"] for row in ruled_rows if row["change_seq"] != self._change.seq)
        change_effects.bump_versions(self._change, outdated)
        results: list[ClaimResult] = []
        for pending in self._pending_relations:
            try:
                row = relations.build_row(pending.claim_id, pending.relation, self._refs)
            except InvalidError as error:
                results.append((pending.line, None, error.prefix_fields(f"relations.{pending.position}").problems))
                continue
            if relations.fetch_existing(self._change.connection, row) is not None:
                continue
            if self._restored is not None:
                place_parts([row], [] if pending.dumped is None else [pending.dumped])
            self._change.add(RELATION.table, [row])
            change_effects.bump_versions(
                self._change, sorted(relations.affected_claim_ids(self._change.connection, [row]))
            )
        return results

    # --- what is on record ---

    def _prefetch(self, records: Sequence[ClaimRecord]) -> None:
        """Look up everything that the batch refers to, with one query per table."""
        attribution_records = [part for record in records for part in record.attributions]
        evidence_records = [part for record in records for part in record.evidence]
        fact_check_records = [part for record in records for part in record.fact_checks]
        related_claims = [part.other_claim for record in records for part in record.relations]
        speakers = [*(part.source for part in attribution_records), *(part.source for part in fact_check_records)]
        documents = [
            *(part.document for part in attribution_records),
            *(part.document for part in evidence_records),
            *(part.document for part in fact_check_records),
        ]
        self._refs.prefetch(table_of(Topic), [record.topic for record in records])
        self._refs.prefetch(table_of(Source), [*speakers, *(record.adverse_to for record in records)])
        self._refs.prefetch(table_of(Document), documents)
        self._refs.prefetch(table_of(Claim), [*related_claims, *(part.own_claim for part in attribution_records)])

    def _read_on_record(self, records: Sequence[ClaimRecord]) -> _OnRecord:
        on_record = _OnRecord()
        connection, table = self._change.connection, CLAIM.table
        names = [name for record in records for name in (record.key, record.joins) if name is not None]
        ids = [record.id for record in records if record.id is not None]
        for column, references in ((table.c.key, names), (table.c.id, ids)):
            for chunk in chunks(references):
                for row in connection.execute(select(table).where(column.in_(chunk))).mappings():
                    on_record.rows |= {row["id"]: row} | ({row["key"]: row} if row["key"] is not None else {})
        rows = {row["id"]: row for row in on_record.rows.values()}
        on_record.quantities = claims.fetch_quantities(connection, rows.values())
        for name, noun in _PARTS.items():
            for chunk in chunks(rows):
                statement = select(noun.table).where(noun.table.c.claim_id.in_(chunk)).order_by(noun.table.c.id)
                for row in connection.execute(statement).mappings():
                    on_record.parts[name][row["claim_id"]].append(row)
        related = {row["other_claim_id"] for part in on_record.parts[RELATION.name].values() for row in part}
        on_record.decided_ids = decided_claims.fetch_decided_ids(connection, {*rows, *related})
        return on_record

    # --- one claim ---

    def _merge_claim(
        self, record: ClaimRecord, on_record: _OnRecord, writes: PendingWrites, dumped: DumpedVersion | None
    ) -> tuple[str, ClaimOutcome]:
        """Add what one claim changes to `writes`; return its id and outcome."""
        row = on_record.rows.get(record.id or "") or on_record.rows.get(record.key or "")
        if self._restored is not None:
            if row is not None:
                raise occurs_twice(CLAIM.name)
            return self._restore_claim(self._restored, record, writes, dumped), "created"
        if row is None:
            return self._add_or_join(record, on_record, writes)
        columns = claims.claim_columns(field_values(record, only_set=True), self._refs)
        if self._claim_was_corrected(row, columns, record, on_record):
            return row["id"], self._merge_parts(row["id"], record, on_record, writes)
        is_same = _is_same_proposition(row, on_record.quantities[row["id"]], columns, record)
        if not is_same and record.joins is not None and _is_asserted_by_others(row, record, on_record):
            if record.joins not in on_record.rows:
                # The claim now belongs to the file that this one joins with, under that file's key.
                writes.amend(CLAIM, row, {"key": record.joins})
            else:
                writes.amend(CLAIM, row, {"key": None})
            return self._split_off(row, record, on_record, writes)
        return row["id"], self._revise(row, columns, record, on_record, writes)

    def _claim_was_corrected(self, row: StoredRow, columns: Columns, record: ClaimRecord, on_record: _OnRecord) -> bool:
        """Return True if a person corrected the claim after it said exactly what this record says."""
        changed = {
            name: value for name, value in changed_columns(row, columns).items() if name not in _SET_ONLY_WHEN_NEW
        }
        figures = _figures(record, on_record.quantities[row["id"]])
        if not changed and figures == on_record.quantities[row["id"]]:
            return False
        by_version = claims.fetch_quantities_by_version(self._change.connection, row["id"])

        def is_what_record_says(earlier: StoredRow) -> bool:
            return not changed_columns(earlier, changed) and by_version.get(earlier["content_version"], []) == figures

        return was_corrected_by_person(self._change.connection, CLAIM.table, row["id"], is_what_record_says)

    def _add_or_join(
        self, record: ClaimRecord, on_record: _OnRecord, writes: PendingWrites
    ) -> tuple[str, ClaimOutcome]:
        joined = on_record.rows.get(record.joins or "")
        if joined is None:
            return self._add_claim(record, writes), "created"
        columns = claims.claim_columns(field_values(record, only_set=True), self._refs)
        is_same = _is_same_proposition(joined, on_record.quantities[joined["id"]], columns, record)
        if is_same or self._claim_was_corrected(joined, columns, record, on_record):
            return joined["id"], self._merge_parts(joined["id"], record, on_record, writes)
        return self._split_off(joined, record, on_record, writes)

    def _add_claim(self, record: ClaimRecord, writes: PendingWrites) -> str:
        row = claims.build_row(record, self._refs, record.id)
        self._topics.check(row["topic_id"], record.quantities)
        parts = self._build_parts(row["id"], record, {}, writes)
        writes.add(CLAIM, row)
        writes.quantities += claims.build_quantity_rows(row["id"], 1, record.quantities)
        keys = equality_keys.keys_of_claim(row, record.quantities)
        writes.keys.append(NewKeys(self._line, row["id"], record.key, keys))
        for noun, rows in parts:
            for part in rows:
                writes.add(noun, part)
        self._refs.remember(CLAIM.table, record.key, row["id"])
        return str(row["id"])

    def _restore_claim(
        self, restored: RestoredVersions, record: ClaimRecord, writes: PendingWrites, dumped: DumpedVersion | None
    ) -> str:
        """Add a claim of a dump, which keeps its number, and its parts, which keep their ids; return its id."""
        if dumped is not None:
            check_parts(record, dumped)
        row = claims.build_row(record, self._refs, record.id)
        row["version"] = restored.first_version(dumped)
        row["content_version"] = row["version"] if dumped is None else dumped.content_version
        self._topics.check(row["topic_id"], record.quantities)
        for noun, rows in self._build_parts(row["id"], record, {}, writes, dumped):
            for part in rows:
                writes.add(noun, part)
        writes.add(CLAIM, row)
        writes.quantities += claims.build_quantity_rows(row["id"], row["content_version"], record.quantities)
        writes.holders += restored.holder_rows(row["id"], dumped, row["version"])
        self._refs.remember(CLAIM.table, record.key, row["id"])
        return str(row["id"])

    def _split_off(
        self, row: StoredRow, record: ClaimRecord, on_record: _OnRecord, writes: PendingWrites
    ) -> tuple[str, ClaimOutcome]:
        """Withdraw the file's attributions from a claim that it no longer asserts, and add its new claim."""
        identifier = self._add_claim(record, writes)
        has_withdrawn = False
        for part in _exclusive_attributions(on_record.parts[ATTRIBUTION.name][row["id"]], record):
            writes.amend(ATTRIBUTION, part, {"withdrawn": True})
            has_withdrawn = True
        return identifier, "revised" if has_withdrawn else "created"

    def _revise(
        self, row: StoredRow, columns: Columns, record: ClaimRecord, on_record: _OnRecord, writes: PendingWrites
    ) -> ClaimOutcome:
        changed = {
            name: value for name, value in changed_columns(row, columns).items() if name not in _SET_ONLY_WHEN_NEW
        }
        figures = _figures(record, on_record.quantities[row["id"]])
        self._topics.check(changed.get("topic_id", row["topic_id"]), figures)
        parts = self._merge_parts(row["id"], record, on_record, writes)
        if figures != on_record.quantities[row["id"]] or claims.CONTENT_COLUMNS & changed.keys():
            changed["content_version"] = row["version"] + 1
            writes.quantities += claims.build_quantity_rows(row["id"], row["version"] + 1, figures)
            old_keys = equality_keys.keys_of_claim(row, on_record.quantities[row["id"]])
            keys = equality_keys.keys_of_claim({**row, **changed}, figures)
            if keys != old_keys:
                writes.keys.append(NewKeys(self._line, row["id"], record.key, keys, old_keys))
        if changed:
            writes.amend(CLAIM, row, changed)
        return "revised" if changed else parts

    def _merge_parts(
        self, claim_id: str, record: ClaimRecord, on_record: _OnRecord, writes: PendingWrites
    ) -> ClaimOutcome:
        """Add the changed parts of an existing claim to `writes`; return the outcome."""
        outcome: ClaimOutcome = "unchanged"
        parts_on_record = {name: on_record.parts[name][claim_id] for name in _PARTS}
        for noun, rows in self._build_parts(claim_id, record, parts_on_record, writes):
            for part in rows:
                existing = _find_existing_part(noun, part, parts_on_record[noun.name])
                if existing is None:
                    if not self._unkeyed_part_was_corrected(noun, part, parts_on_record[noun.name]):
                        writes.add(noun, part)
                        outcome = "revised"
                    continue
                unnamed = {"id"} | ({"key"} if part.get("key") == existing["id"] else set())
                columns = changed_columns(
                    existing, {name: value for name, value in part.items() if name not in unnamed}
                )
                if columns and not self._part_was_corrected(noun, existing, columns):
                    writes.amend(noun, existing, columns)
                    outcome = "revised"
        return outcome

    def _unkeyed_part_was_corrected(self, noun: Noun, part: Columns, on_record: Sequence[StoredRow]) -> bool:
        """Return True for a part without a key that equals what a part said before a person corrected it."""
        if part["key"] is not None:
            return False
        columns = {name: value for name, value in part.items() if name not in ("id", "key")}
        corrected = (row for row in on_record if row["version"] > 1)
        return any(self._part_was_corrected(noun, row, columns) for row in corrected)

    def _part_was_corrected(self, noun: Noun, row: StoredRow, columns: Columns) -> bool:
        connection = self._change.connection
        return was_corrected_by_person(
            connection, noun.table, row["id"], lambda earlier: not changed_columns(earlier, columns)
        )

    def _build_parts(
        self,
        claim_id: str,
        record: ClaimRecord,
        on_record: Mapping[str, Sequence[StoredRow]],
        writes: PendingWrites,
        dumped: DumpedVersion | None = None,
    ) -> list[tuple[Noun, list[Columns]]]:
        """Build the rows of a claim's parts from the record; parts with a key that is on record keep their ids.

        Parts from a dump keep the ids that it gives them.
        """
        if dumped is not None:
            # Relays refer to the ids.
            parts = zip(record.attributions, dumped.attributions, strict=True)
            on_record = {
                ATTRIBUTION.name: [{"id": part.id, "key": given.key, "upstream_id": None} for given, part in parts]
            }
        ids = {
            name: {row["id"]: row["id"] for row in rows} | {row["key"]: row["id"] for row in rows if row["key"]}
            for name, rows in on_record.items()
        }
        attribution_rows = attributions.build_rows(
            claim_id, record.attributions, self._refs, on_record.get(ATTRIBUTION.name, [])
        )
        evidence_rows = evidence.build_rows(claim_id, record.evidence, self._refs, ids.get(EVIDENCE.name, {}))
        relation_rows, dumped_relations = [], []
        for position, relation in enumerate(record.relations):
            if self._refs.get(table_of(Claim), relation.other_claim) is None:
                # The other claim may come further down in the file.
                part = None if dumped is None else dumped.relations[position]
                writes.pending_relations.append(PendingRelation(self._line, position, claim_id, relation, part))
                continue
            try:
                relation_rows.append(relations.build_row(claim_id, relation, self._refs))
                dumped_relations += [] if dumped is None else [dumped.relations[position]]
            except InvalidError as error:
                raise error.prefix_fields(f"relations.{position}") from None
        if len({(row["other_claim_id"], row["relation"]) for row in relation_rows}) < len(relation_rows):
            raise InvalidError.of("relations", "must not contain the same relation to the same claim twice")
        names = [check.key for check in record.fact_checks if check.key is not None]
        if len(set(names)) < len(names):
            raise InvalidError.of("fact_checks", "must have different keys")
        fact_check_rows = []
        for position, check in enumerate(record.fact_checks):
            try:
                columns = _fact_check_columns(field_values(check), self._refs)
            except InvalidError as error:
                raise error.prefix_fields(f"fact_checks.{position}") from None
            fact_check_rows.append({"id": FACT_CHECK.new_id(), "claim_id": claim_id, **columns})
        if self._restored is not None:
            place_parts(attribution_rows, [] if dumped is None else dumped.attributions)
            place_parts(evidence_rows, [] if dumped is None else dumped.evidence)
            place_parts(relation_rows, dumped_relations)
            place_parts(fact_check_rows, [] if dumped is None else dumped.fact_checks)
        return [
            (ATTRIBUTION, attribution_rows),
            (EVIDENCE, evidence_rows),
            (RELATION, relation_rows),
            (FACT_CHECK, fact_check_rows),
        ]


def _figures(record: ClaimRecord, on_record: list[QuantityCreate]) -> list[QuantityCreate]:
    """Return the record's figures, or those on record if the record does not set any."""
    return list(record.quantities) if "quantities" in record.model_fields_set else on_record


def _is_same_proposition(
    row: StoredRow, figures: Sequence[QuantityCreate], columns: Columns, record: ClaimRecord
) -> bool:
    """Return True if the record states the same proposition as this claim.

    Kind, topic, place, time and adverse party must be equal, and the figures; without figures, the statement.
    """
    names = _PROPOSITION if figures or record.quantities else (*_PROPOSITION, "statement")
    same_columns = all(row[name] == columns.get(name) for name in names)
    return same_columns and list(record.quantities) == list(figures)


def _is_asserted_by_others(row: StoredRow, record: ClaimRecord, on_record: _OnRecord) -> bool:
    """Return True if the claim has an attribution, not withdrawn, that this record does not contain."""
    keys = {attribution.key for attribution in record.attributions}
    attribution_rows = on_record.parts[ATTRIBUTION.name][row["id"]]
    return any(part["key"] not in keys and not part["withdrawn"] for part in attribution_rows)


def _exclusive_attributions(attribution_rows: Sequence[StoredRow], record: ClaimRecord) -> Iterator[StoredRow]:
    """Yield the attributions that only this record supports, without those that attributions of others relay."""
    keys = {attribution.key for attribution in record.attributions if attribution.key is not None}
    relayed = {part["upstream_id"] for part in attribution_rows if part["key"] not in keys and not part["withdrawn"]}
    return (
        part for part in attribution_rows if part["key"] in keys and part["id"] not in relayed and not part["withdrawn"]
    )


def _find_existing_part(noun: Noun, part: Columns, on_record: Sequence[StoredRow]) -> StoredRow | None:
    """Return the part on record with the same key or, for a part without a key, with the same content; else None."""
    if noun is RELATION:
        compared: tuple[str, ...] = ("other_claim_id", "relation")
    elif part["key"] is not None:
        return next((row for row in on_record if part["id"] == row["id"] or part["key"] == row["key"]), None)
    else:
        compared = tuple(name for name in part if name not in ("id", "key"))
    return next((row for row in on_record if all(row[name] == part[name] for name in compared)), None)

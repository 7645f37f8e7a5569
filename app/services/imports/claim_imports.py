"""Claims of a file, laid over the claims on record.

A claim is a proposition, and a file that reports another figure than before either corrects its claim, or, where
others stand by the old figure, parts from it: then the old claim stays theirs and the file's becomes a new one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import select

from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import FieldProblem, InvalidError
from app.models import Claim, Document, FactCheck, Source, Topic
from app.schemas.desk.independence import IndependenceRulingCreate
from app.schemas.desk.review import ReviewCreate
from app.schemas.fact_check import FactCheckCreate
from app.schemas.files.exchange_record import ClaimRecord, NoteRecord
from app.schemas.quantity import QuantityCreate
from app.services.claims import attributions, claims, evidence, independence, relations, reviews
from app.services.claims.attributions import ATTRIBUTION
from app.services.claims.claims import CLAIM, Topics
from app.services.claims.evidence import EVIDENCE
from app.services.claims.relations import RELATION
from app.services.core.human_corrections import set_aside
from app.services.core.nouns import Columns, Noun, differing, given
from app.services.core.refs import Refs, chunks
from app.services.core.version_bumps import touch
from app.services.imports.import_batches import Awaited, Writes

Outcome = Literal["created", "unchanged", "revised"]
Result = tuple[int, Outcome | None, list[FieldProblem]]
"""What became of the claim of a line, None if it was not taken, and what of it could not be taken."""

_SET_ONLY_WHEN_NEW = frozenset({"stage", "notice", "key"})
"""Columns that an import leaves alone on a claim that is there: publishing and withdrawing are the desk's."""

_PROPOSITION = ("kind", "topic_id", "place", "time", "adverse_to_id")


def _fact_check_columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: value for name, value in fields.items() if name not in ("source", "document")}
    columns["source_id"] = refs.field(table_of(Source), fields["source"], "source")
    columns["document_id"] = refs.field(table_of(Document), fields["document"], "document")
    return columns


FACT_CHECK = Noun(FactCheck, FactCheckCreate, _fact_check_columns, dict)


_PARTS = {noun.name: noun for noun in (ATTRIBUTION, EVIDENCE, RELATION, FACT_CHECK)}


@dataclass
class _Held:
    """What is on record about the claims of a batch."""

    rows: dict[str, Row] = field(default_factory=dict)
    """By key and by id."""
    quantities: dict[str, list[QuantityCreate]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, dict[str, list[Row]]] = field(default_factory=lambda: {name: defaultdict(list) for name in _PARTS})
    """By noun and claim: attributions, evidence, relations, fact-checks."""


class ClaimLoader:
    """Takes the claims of a file, batch by batch, all under one change."""

    def __init__(self, change: Change, refs: Refs, *, restoring: bool = False) -> None:
        self._change = change
        self._refs = refs
        self._restoring = restoring
        self._topics = Topics(change.connection)
        self._line = 0
        self._awaited: list[Awaited] = []

    def take(self, numbered: Sequence[tuple[int, ClaimRecord]]) -> list[Result]:
        """Lay claims over the record, each named once in the batch; what became of each, by line."""
        self._learn([record for _line, record in numbered])
        held = self._hold([record for _line, record in numbered])
        writes = Writes()
        taken: dict[str, tuple[int, Outcome]] = {}
        rulings: dict[str, Sequence[IndependenceRulingCreate]] = {}
        decisions: dict[str, Sequence[ReviewCreate]] = {}
        results: list[Result] = []
        for line, record in numbered:
            self._line = line
            its_own = Writes()
            try:
                claim_id, outcome = self._lay_over(record, held, its_own)
            except InvalidError as error:
                results.append((line, None, error.problems))
                continue
            writes.join(its_own)
            taken[claim_id] = (line, outcome)
            if record.rulings:
                rulings[claim_id] = record.rulings
            if record.reviews:
                decisions[claim_id] = record.reviews
        writes.write(self._change, _PARTS.values())
        self._awaited += writes.awaited
        # Rulings first: a decision may rest on them.
        ruled, faults = independence.record_rulings(self._change, self._refs, rulings)
        touch(self._change, sorted(one for one in ruled if taken[one][1] == "unchanged"))
        decided, refused = reviews.record_decisions(self._change, decisions, checked=not self._restoring)
        for claim_id, (line, outcome) in taken.items():
            revised = outcome == "unchanged" and claim_id in decided | ruled
            problems = [*faults.get(claim_id, []), *refused.get(claim_id, [])]
            results.append((line, "revised" if revised else outcome, problems))
        return results

    def annotate(self, note: NoteRecord) -> bool | None:
        """Put a remark on a claim; whether that changed it, None if there is no such claim."""
        table = CLAIM.table
        for key in (note.claim, note.joins):
            if key is None:  # which would be every claim without a key
                continue
            row = self._change.connection.execute(select(table).where(table.c.key == key)).mappings().one_or_none()
            if row is not None:
                told = {"note": note.note}
                if self._part_set_aside(CLAIM, row, told):
                    return False
                return claims.store_differences(self._change, row, told, None)
        return None

    def finish(self) -> list[Result]:
        """At the end of the file, record relations to claims that came later; those to claims that never came."""
        results: list[Result] = []
        for awaited in self._awaited:
            try:
                row = relations.row_for(awaited.claim_id, awaited.relation, self._refs)
            except InvalidError as error:
                results.append((awaited.line, None, error.under(f"relations.{awaited.place}").problems))
                continue
            if relations.existing(self._change.connection, row) is not None:
                continue
            self._change.add(RELATION.table, [row])
            touch(self._change, sorted(relations.ends_that_show(self._change.connection, [row])))
        return results

    # --- what is on record ---

    def _learn(self, records: Sequence[ClaimRecord]) -> None:
        """Look up at once everything that the batch refers to."""
        said = [part for record in records for part in record.attributions]
        shown = [part for record in records for part in record.evidence]
        checks = [part for record in records for part in record.fact_checks]
        others = [part.other_claim for record in records for part in record.relations]
        speakers = [*(part.source for part in said), *(part.source for part in checks)]
        placed = [
            *(part.document for part in said),
            *(part.document for part in shown),
            *(part.document for part in checks),
        ]
        self._refs.learn(table_of(Topic), [record.topic for record in records])
        self._refs.learn(table_of(Source), [*speakers, *(record.adverse_to for record in records)])
        self._refs.learn(table_of(Document), placed)
        self._refs.learn(table_of(Claim), [*others, *(part.own_claim for part in said)])

    def _hold(self, records: Sequence[ClaimRecord]) -> _Held:
        held = _Held()
        connection, table = self._change.connection, CLAIM.table
        names = [name for record in records for name in (record.key, record.joins) if name is not None]
        ids = [record.id for record in records if record.id is not None]
        for column, wanted in ((table.c.key, names), (table.c.id, ids)):
            for chunk in chunks(wanted):
                for row in connection.execute(select(table).where(column.in_(chunk))).mappings():
                    held.rows |= {row["id"]: row} | ({row["key"]: row} if row["key"] is not None else {})
        rows = {row["id"]: row for row in held.rows.values()}
        held.quantities = claims.quantities_on_record(connection, rows.values())
        for name, noun in _PARTS.items():
            for chunk in chunks(rows):
                statement = select(noun.table).where(noun.table.c.claim_id.in_(chunk)).order_by(noun.table.c.id)
                for row in connection.execute(statement).mappings():
                    held.parts[name][row["claim_id"]].append(row)
        return held

    # --- one claim ---

    def _lay_over(self, record: ClaimRecord, held: _Held, writes: Writes) -> tuple[str, Outcome]:
        """Put one claim among what is to be written; its id, and what became of it."""
        row = held.rows.get(record.id or "") or held.rows.get(record.key or "")
        if row is None:
            return self._new_or_joined(record, held, writes)
        columns = claims.columns_of(given(record, only_set=True), self._refs)
        if self._set_aside(row, columns, record, held):
            return row["id"], self._lay_parts(row["id"], record, held, writes)
        same = _says_the_same(row, held.quantities[row["id"]], columns, record)
        if not same and record.joins is not None and _others_stand_by(row, record, held):
            if record.joins not in held.rows:
                # The others are the file that this one joins with; the claim is now theirs.
                writes.amend(CLAIM, row, {"key": record.joins})
            else:
                writes.amend(CLAIM, row, {"key": None})
            return self._part_from(row, record, held, writes)
        return row["id"], self._revise(row, columns, record, held, writes)

    def _set_aside(self, row: Row, columns: Columns, record: ClaimRecord, held: _Held) -> bool:
        """True if people have corrected the claim from just what the record says."""
        changed = {name: value for name, value in differing(row, columns).items() if name not in _SET_ONLY_WHEN_NEW}
        figures = _figures(record, held.quantities[row["id"]])
        if not changed and figures == held.quantities[row["id"]]:
            return False
        by_version = claims.quantities_by_version(self._change.connection, row["id"])

        def said(then: Row) -> bool:
            return not differing(then, changed) and by_version.get(then["content_version"], []) == figures

        return set_aside(self._change.connection, CLAIM.table, row["id"], said)

    def _new_or_joined(self, record: ClaimRecord, held: _Held, writes: Writes) -> tuple[str, Outcome]:
        joined = held.rows.get(record.joins or "")
        if joined is None:
            return self._new(record, writes), "created"
        columns = claims.columns_of(given(record, only_set=True), self._refs)
        same = _says_the_same(joined, held.quantities[joined["id"]], columns, record)
        if same or self._set_aside(joined, columns, record, held):
            return joined["id"], self._lay_parts(joined["id"], record, held, writes)
        return self._part_from(joined, record, held, writes)

    def _new(self, record: ClaimRecord, writes: Writes) -> str:
        row = claims.new_row(record, self._refs, record.id)
        self._topics.check(row["topic_id"], record.quantities)
        parts = self._parts(row["id"], record, {}, writes)
        writes.add(CLAIM, row)
        writes.quantities += claims.quantity_rows(row["id"], 1, record.quantities)
        for noun, rows in parts:
            for part in rows:
                writes.add(noun, part)
        self._refs.put(CLAIM.table, record.key, row["id"])
        return str(row["id"])

    def _part_from(self, row: Row, record: ClaimRecord, held: _Held, writes: Writes) -> tuple[str, Outcome]:
        """The file no longer stands by this claim: take its word back there, and record what it says now."""
        identifier = self._new(record, writes)
        taken_back = False
        for part in _only_theirs(held.parts[ATTRIBUTION.name][row["id"]], record):
            writes.amend(ATTRIBUTION, part, {"withdrawn": True})
            taken_back = True
        return identifier, "revised" if taken_back else "created"

    def _revise(self, row: Row, columns: Columns, record: ClaimRecord, held: _Held, writes: Writes) -> Outcome:
        changed = {name: value for name, value in differing(row, columns).items() if name not in _SET_ONLY_WHEN_NEW}
        figures = _figures(record, held.quantities[row["id"]])
        self._topics.check(changed.get("topic_id", row["topic_id"]), figures)
        parts = self._lay_parts(row["id"], record, held, writes)
        if figures != held.quantities[row["id"]] or claims.CONTENT & changed.keys():
            changed["content_version"] = row["version"] + 1
            writes.quantities += claims.quantity_rows(row["id"], row["version"] + 1, figures)
        if changed:
            writes.amend(CLAIM, row, changed)
        return "revised" if changed else parts

    def _lay_parts(self, claim_id: str, record: ClaimRecord, held: _Held, writes: Writes) -> Outcome:
        """Put what hangs on a claim that is there among what is to be written."""
        outcome: Outcome = "unchanged"
        on_record = {name: held.parts[name][claim_id] for name in _PARTS}
        for noun, rows in self._parts(claim_id, record, on_record, writes):
            for part in rows:
                before = _the_same_part(noun, part, on_record[noun.name])
                if before is None:
                    if not self._was_corrected(noun, part, on_record[noun.name]):
                        writes.add(noun, part)
                        outcome = "revised"
                    continue
                unnamed = {"id"} | ({"key"} if part.get("key") == before["id"] else set())
                columns = differing(before, {name: value for name, value in part.items() if name not in unnamed})
                if columns and not self._part_set_aside(noun, before, columns):
                    writes.amend(noun, before, columns)
                    outcome = "revised"
        return outcome

    def _was_corrected(self, noun: Noun, part: Columns, on_record: Sequence[Row]) -> bool:
        """True for a part without a name that is known again only by what it said before people corrected it."""
        if part["key"] is not None:
            return False
        told = {name: value for name, value in part.items() if name not in ("id", "key")}
        corrected = (row for row in on_record if row["version"] > 1)
        return any(self._part_set_aside(noun, row, told) for row in corrected)

    def _part_set_aside(self, noun: Noun, row: Row, columns: Columns) -> bool:
        connection = self._change.connection
        return set_aside(connection, noun.table, row["id"], lambda then: not differing(then, columns))

    def _parts(
        self, claim_id: str, record: ClaimRecord, on_record: Mapping[str, Sequence[Row]], writes: Writes
    ) -> list[tuple[Noun, list[Columns]]]:
        """The rows of what hangs on a claim, as the record gives them; keyed ones that are there keep their ids."""
        ids = {
            name: {row["id"]: row["id"] for row in rows} | {row["key"]: row["id"] for row in rows if row["key"]}
            for name, rows in on_record.items()
        }
        said = attributions.rows_for(claim_id, record.attributions, self._refs, on_record.get(ATTRIBUTION.name, []))
        shown = evidence.rows_for(claim_id, record.evidence, self._refs, ids.get(EVIDENCE.name, {}))
        related = []
        for place, relation in enumerate(record.relations):
            if self._refs.get(table_of(Claim), relation.other_claim) is None:
                # It may stand further down in the file.
                writes.awaited.append(Awaited(self._line, place, claim_id, relation))
                continue
            try:
                related.append(relations.row_for(claim_id, relation, self._refs))
            except InvalidError as error:
                raise error.under(f"relations.{place}") from None
        if len({(row["other_claim_id"], row["relation"]) for row in related}) < len(related):
            raise InvalidError.of("relations", "one relation to one claim stands there twice")
        names = [check.key for check in record.fact_checks if check.key is not None]
        if len(set(names)) < len(names):
            raise InvalidError.of("fact_checks", "two of the claim have the same key")
        checks = []
        for place, check in enumerate(record.fact_checks):
            try:
                columns = _fact_check_columns(given(check), self._refs)
            except InvalidError as error:
                raise error.under(f"fact_checks.{place}") from None
            checks.append({"id": FACT_CHECK.new_id(), "claim_id": claim_id, **columns})
        return [(ATTRIBUTION, said), (EVIDENCE, shown), (RELATION, related), (FACT_CHECK, checks)]


def _figures(record: ClaimRecord, on_record: list[QuantityCreate]) -> list[QuantityCreate]:
    """The figures that the record gives, or else those that there are."""
    return list(record.quantities) if "quantities" in record.model_fields_set else on_record


def _says_the_same(row: Row, figures: Sequence[QuantityCreate], columns: Columns, record: ClaimRecord) -> bool:
    """True if the record states the proposition of this claim. Figures speak for themselves; without, words do."""
    names = _PROPOSITION if figures or record.quantities else (*_PROPOSITION, "statement")
    said = all(row[name] == columns.get(name) for name in names)
    return said and list(record.quantities) == list(figures)


def _others_stand_by(row: Row, record: ClaimRecord, held: _Held) -> bool:
    """True if somebody stands by the claim on whom this record says nothing."""
    keys = {attribution.key for attribution in record.attributions}
    said = held.parts[ATTRIBUTION.name][row["id"]]
    return any(part["key"] not in keys and not part["withdrawn"] for part in said)


def _only_theirs(said: Sequence[Row], record: ClaimRecord) -> Iterator[Row]:
    """The attributions of a claim that stand on this record's word alone: not those that others relay."""
    keys = {attribution.key for attribution in record.attributions if attribution.key is not None}
    relayed = {part["upstream_id"] for part in said if part["key"] not in keys and not part["withdrawn"]}
    return (part for part in said if part["key"] in keys and part["id"] not in relayed and not part["withdrawn"])


def _the_same_part(noun: Noun, part: Columns, on_record: Sequence[Row]) -> Row | None:
    """The part that is there already: the one with this key, or without a key one that says all the same."""
    if noun is RELATION:
        same: tuple[str, ...] = ("other_claim_id", "relation")
    elif part["key"] is not None:
        return next((row for row in on_record if part["id"] == row["id"] or part["key"] == row["key"]), None)
    else:
        same = tuple(name for name in part if name not in ("id", "key"))
    return next((row for row in on_record if all(row[name] == part[name] for name in same)), None)

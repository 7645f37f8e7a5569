"""Exports: the record in Attest's own exchange format, which an import reads back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, select

from app.db.revisions import Row
from app.schemas.capture import CaptureCreate
from app.schemas.query import ClaimFilter
from app.schemas.record import ClaimRecord, DocumentRecord, Record, SourceRecord, TopicRecord
from app.services import attributions, claims, evidence, origins, reviews, sources, visible
from app.services.actors import Actor
from app.services.attributions import ATTRIBUTION
from app.services.claim_lists import ids_of
from app.services.claims import CLAIM
from app.services.documents import DOCUMENT
from app.services.evidence import EVIDENCE
from app.services.objects import Noun, given, rows_by_id
from app.services.record import Record as Tables
from app.services.record import at
from app.services.refs import chunks
from app.services.sources import SOURCE
from app.services.topics import TOPIC


def records(
    connection: Connection, chosen: ClaimFilter, as_of: datetime | None = None, actor: Actor | None = None
) -> Iterator[Record]:
    """The claims that a filter asks for, each after everything that it names."""
    tables = at(connection, as_of)
    wanted = ids_of(connection, tables, chosen, actor)
    writer = _Writer(connection, tables, actor)
    for chunk in chunks(connection.scalars(wanted.order_by(tables.claim.c.id)).all()):
        yield from writer.write(chunk)


class _Writer:
    """Writes claims chunk by chunk, and remembers what has been written before them."""

    def __init__(self, connection: Connection, tables: Tables, actor: Actor | None) -> None:
        self._connection = connection
        self._tables = tables
        self._actor = actor
        self._written: set[str] = set()
        self._begun: set[str] = set()
        self._names: dict[str, str] = {}

    def write(self, claim_ids: Iterable[str]) -> Iterator[Record]:
        """Records of these claims and of all that they name and that was not written before."""
        rows = rows_by_id(self._connection, self._tables.claim, [one for one in claim_ids if one not in self._begun])
        self._begun |= rows.keys()
        said = attributions.rows_of_claims(self._connection, self._tables, rows)
        related = self._of_claims(self._tables.claim_relation, rows)
        self._leave_out_unseen(said, related)
        # A claim that states a party's own figure stands before the claim that the party disputes by it.
        own = {row["own_claim_id"] for group in said.values() for row in group} - {None}
        if ahead := own - self._begun:
            yield from self.write(ahead)
        shown = evidence.rows_of_claims(self._connection, self._tables, rows)
        checks = self._of_claims(self._tables.fact_check, rows)
        parts = [row for group in (*said.values(), *shown.values(), *checks.values()) for row in group]
        placed = self._documents({row["document_id"] for row in parts} - {None})
        speakers = {row["source_id"] for row in parts if "source_id" in row}
        parties = {row["adverse_to_id"] for row in rows.values()} - {None}
        yield from self._sources(speakers | parties | {row["publisher_id"] for row in placed} - {None})
        yield from self._plain(TOPIC, TopicRecord, self._topics(rows.values()))
        yield from self._plain(DOCUMENT, DocumentRecord, placed, captures=self._captures(placed))
        self._name({row["other_claim_id"] for group in related.values() for row in group} | rows.keys())
        rulings = self._of_claims(self._tables.independence_ruling, rows)
        decided = reviews.rows_of_claims(self._connection, self._tables, rows)
        figures = claims.quantities_on_record(self._connection, rows.values())
        for one in sorted(rows, key=lambda one: (one not in own, one)):
            yield ClaimRecord.model_validate(
                {
                    **self._fields(CLAIM, rows[one]),
                    "quantities": [given(figure) for figure in figures[one]],
                    "attributions": list(self._attributions(said[one])),
                    "evidence": [self._part(EVIDENCE, row) for row in shown[one]],
                    "relations": [self._relation(row) for row in related[one]],
                    "rulings": [self._ruling(row) for row in rulings[one]],
                    "reviews": [self._review(row, rows[one]) for row in decided[one]],
                    "fact_checks": [self._fact_check(row) for row in checks[one]],
                }
            )

    def _leave_out_unseen(self, said: dict[str, list[Row]], related: dict[str, list[Row]]) -> None:
        """Take out what names a claim that the reader may not see."""
        named = [row["own_claim_id"] for group in said.values() for row in group]
        named += [row["other_claim_id"] for group in related.values() for row in group]
        seen = visible.seen(self._connection, self._tables, named, self._actor)
        for one, group in said.items():
            said[one] = [row if row["own_claim_id"] in seen else {**row, "own_claim_id": None} for row in group]
            related[one] = [row for row in related[one] if row["other_claim_id"] in seen]

    def _of_claims(self, table: FromClause, claim_ids: Iterable[str]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {one: [] for one in claim_ids}
        for chunk in chunks(found):
            statement = select(table).where(table.c.claim_id.in_(chunk)).order_by(table.c.id)
            for row in self._connection.execute(statement).mappings():
                found[row["claim_id"]].append(row)
        return found

    def _documents(self, identifiers: Iterable[str]) -> list[Row]:
        return _in_order(rows_by_id(self._connection, self._tables.document, identifiers))

    def _captures(self, documents: Iterable[Row]) -> dict[str, list[CaptureCreate]]:
        """What is known of their captures; the bytes are not for a file of records."""
        found: dict[str, list[CaptureCreate]] = {row["id"]: [] for row in documents if row["id"] not in self._written}
        table = self._tables.capture
        for chunk in chunks(found):
            statement = select(table).where(table.c.document_id.in_(chunk)).order_by(table.c.id)
            for row in self._connection.execute(statement).mappings():
                found[row["document_id"]].append(CaptureCreate(**_only(row, *CaptureCreate.model_fields)))
        return found

    def _topics(self, rows: Iterable[Row]) -> list[Row]:
        wanted = {row["topic_id"] for row in rows} - {None}
        return _in_order(rows_by_id(self._connection, self._tables.topic, wanted))

    def _sources(self, identifiers: Iterable[str]) -> Iterator[Record]:
        above = sources.ancestors(self._connection, self._tables, identifiers)
        # From the top of the tree down.
        ordered = list(dict.fromkeys(one for line in sorted(above) for one in [*reversed(above[line]), line]))
        rows = rows_by_id(self._connection, self._tables.source, ordered)
        yield from self._plain(SOURCE, SourceRecord, [rows[one] for one in ordered])

    def _plain(
        self, noun: Noun, record: type[Any], rows: Iterable[Row], **parts: Mapping[str, Sequence[Any]]
    ) -> Iterator[Any]:
        for row in rows:
            if row["id"] not in self._written:
                self._written.add(row["id"])
                self._names[row["id"]] = row["key"] or row["id"]
                hanging = {name: found[row["id"]] for name, found in parts.items() if found[row["id"]]}
                yield record(**self._fields(noun, row), **hanging)

    def _name(self, claim_ids: Iterable[str]) -> None:
        rows = rows_by_id(self._connection, self._tables.claim, set(claim_ids) - self._names.keys())
        self._names |= {one: row["key"] or one for one, row in rows.items()}

    def _fields(self, noun: Noun, row: Row) -> dict[str, Any]:
        fields = {name: self._named(name, value) for name, value in noun.fields(row).items()}
        return {"id": row["id"], "key": row["key"], **fields}

    def _named(self, name: str, value: Any) -> Any:
        """References by the name that the file gives them."""
        references = ("parent", "publisher", "topic", "adverse_to", "source", "document", "own_claim")
        return self._names.get(value, value) if name in references and value is not None else value

    def _part(self, noun: Noun, row: Row) -> dict[str, Any]:
        fields = {name: self._named(name, value) for name, value in noun.fields(row).items()}
        # Whoever relays it names it by this.
        return {"key": row["key"] or row["id"], **fields}

    def _attributions(self, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
        by_id = {row["id"]: row for row in rows}
        # Upstreams stand before those that relay them.
        for row in sorted(by_id.values(), key=lambda row: len(origins.chain(row, by_id))):
            upstream = by_id.get(row["upstream_id"])
            name = None if upstream is None else upstream["key"] or upstream["id"]
            yield {**self._part(ATTRIBUTION, row), "upstream": name}

    def _relation(self, row: Row) -> dict[str, Any]:
        other = self._names.get(row["other_claim_id"], row["other_claim_id"])
        return {"other_claim": other, **_only(row, "relation", "note", "withdrawn")}

    def _ruling(self, row: Row) -> dict[str, Any]:
        pair = [self._names.get(row[name], row[name]) for name in ("first_source_id", "second_source_id")]
        return {"sources": pair, **_only(row, "ruling", "reason")}

    def _review(self, row: Row, claim: Row) -> dict[str, Any]:
        said = _only(row, "status", "rationale", "decided_on", "decided_by")
        return {**said, "stale": row["claim_version"] < claim["content_version"]}

    def _fact_check(self, row: Row) -> dict[str, Any]:
        said = ("key", "verdict", "rating_value", "best_rating", "worst_rating", "explanation", "original")
        return {
            **_only(row, *said),
            "source": self._names[row["source_id"]],
            "document": self._names.get(row["document_id"]),
        }


def _in_order(rows: Mapping[str, Row]) -> list[Row]:
    return [rows[one] for one in sorted(rows)]


def _only(row: Row, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}

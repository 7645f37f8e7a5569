"""A naive reference implementation of exports in Attest's own format."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from app.formats.exchange.exchange_fields import field_type
from app.models import Attribution, Claim, Review
from app.schemas.desk.decision_origin import UNNAMED_FILE, OriginCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, Record, SourceRecord, TopicRecord
from tests.support.plain_record import Params, PlainRecord, build_quote, build_retraction, column_values


class PlainExports(PlainRecord):
    """The naive reader of exported records."""

    def export_records(self, claims: Iterable[Claim], stages: Iterable[str]) -> dict[str, Record]:
        """Return the records of these claims and of the own claims with which parties dispute them, by id."""
        records: dict[str, Record] = {}
        waiting = list(claims)
        while waiting:
            claim = waiting.pop()
            if claim.id not in records:
                records[claim.id] = self.claim_record(claim, stages)
                waiting += [self.claims[claim_id] for claim_id in self.own_claims(claim, stages)]
        return records

    def own_claims(self, claim: Claim, stages: Iterable[str]) -> list[str]:
        claim_ids = {attribution.own_claim_id for attribution in self.attributions_of(claim)} - {None}
        return [claim_id for claim_id in sorted(filter(None, claim_ids)) if self.claims[claim_id].stage in stages]

    def claim_record(self, claim: Claim, stages: Iterable[str]) -> Record:
        own_claims = self.own_claims(claim, stages)
        attributions = {attribution.id: attribution for attribution in self.attributions_of(claim)}
        parts: dict[str, list[Params]] = {
            "quantities": [column_values(row) for row in self.figures_of(claim)],
            "attributions": [
                {
                    **column_values(row),
                    "key": row.key or row.id,
                    "source": exported_name(self.sources, row.source_id),
                    "document": exported_name(self.documents, row.document_id),
                    "own_claim": exported_name(
                        self.claims, row.own_claim_id if row.own_claim_id in own_claims else None
                    ),
                    "upstream": exported_name(attributions, row.upstream_id),
                    "retraction": build_retraction(row),
                    "quote": self.attribution(row, dict.fromkeys(attributions), ()).quote,
                    "search": self.attribution(row, dict.fromkeys(attributions), ()).search,
                }
                for row in sorted(attributions.values(), key=self.chain_length)
            ],
            "evidence": [
                {
                    **column_values(row),
                    "key": row.key or row.id,
                    "document": exported_name(self.documents, row.document_id),
                    "capture": row.capture_id,
                    "quote": build_quote(row),
                }
                for row in self.evidence.values()
                if row.claim_id == claim.id
            ],
            "relations": [
                {**column_values(row), "other_claim": exported_name(self.claims, row.other_claim_id)}
                for row in sorted(self.relations.values(), key=lambda row: (row.other_claim_id, row.relation))
                if row.claim_id == claim.id and self.claims[row.other_claim_id].stage in stages
            ],
            "rulings": [
                {
                    **column_values(row),
                    "sources": [
                        exported_name(self.sources, source_id)
                        for source_id in sorted(map(self.current_source, (row.first_source_id, row.second_source_id)))
                    ],
                }
                for row in sorted(self.rulings, key=lambda row: row.id)
                if row.claim_id == claim.id
                and self.current_source(row.first_source_id) != self.current_source(row.second_source_id)
            ],
            "reviews": [
                {**column_values(row), "stale": self.is_stale(claim, row), "origin": self.exported_origin(row)}
                for row in sorted(self.reviews, key=lambda row: (row.change_seq, row.id))
                if row.claim_id == claim.id
            ],
            "fact_checks": [
                {
                    **column_values(row),
                    "source": exported_name(self.sources, row.source_id),
                    "document": exported_name(self.documents, row.document_id),
                }
                for row in self.fact_checks.values()
                if row.claim_id == claim.id
            ],
        }
        fields = {
            **column_values(claim),
            "topic": exported_name(self.topics, claim.topic_id),
            "adverse_to": exported_name(self.sources, claim.adverse_to_id),
        }
        schemas = {name: field_type(ClaimRecord.model_fields[name].annotation)[1] for name in parts}
        inner = {name: [select_fields(schemas[name], row) for row in rows] for name, rows in parts.items()}
        return ClaimRecord(**{**select_fields(ClaimRecord, fields), **inner, "record": "claim"})

    def is_stale(self, claim: Claim, decision: Review) -> bool:
        """True if a decision does not apply to the claim in the file; grounds are those of the current decision."""
        reasons = self.staleness if decision is self.current_decision(claim) else self.changes_since
        return bool(reasons(claim, decision))

    def exported_origin(self, decision: Review) -> OriginCreate:
        """Return where a decision comes from: the desk of these tests decides by imports only."""
        return OriginCreate(
            file=decision.origin_file or UNNAMED_FILE, publisher="Attest", address="http://localhost:8000/api/v1"
        )

    def chain_length(self, row: Attribution) -> int:
        return 0 if row.upstream_id is None else 1 + self.chain_length(self.attributions[row.upstream_id])

    def other_record(self, kind: str, identifier: str) -> Record:
        """Return the record of a source, a document or a topic."""
        if kind == "topic":
            return TopicRecord(**select_fields(TopicRecord, column_values(self.topics[identifier])))
        if kind == "source":
            source = self.sources[identifier]
            return SourceRecord(
                **select_fields(SourceRecord, column_values(source)),
                parent=exported_name(self.sources, source.parent_id),
            )
        document = self.documents[identifier]
        publisher = exported_name(self.sources, document.publisher_id)
        return DocumentRecord(**select_fields(DocumentRecord, column_values(document)), publisher=publisher)


def exported_name(rows: Mapping[str, Any], identifier: str | None) -> str | None:
    """Return the name by which a file refers to an object: its key, or otherwise its id."""
    return None if identifier is None else str(rows[identifier].key or identifier)


def select_fields(schema: type[BaseModel], fields: Params) -> Params:
    return {name: fields[name] for name in schema.model_fields if name in fields}

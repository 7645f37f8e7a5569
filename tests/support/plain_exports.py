"""Exports as the plain reader has them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from app.formats.exchange.exchange_fields import kind_of
from app.models import Attribution, Claim
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, Record, SourceRecord, TopicRecord
from tests.support.plain_record import Params, PlainRecord, columns, quoted


class PlainExports(PlainRecord):
    """The plain reader of what a file says of claims, and of what they name."""

    def exported(self, claims: Iterable[Claim], stages: Iterable[str]) -> dict[str, Record]:
        """The records of these claims, and of the claims of their own by which parties dispute them; by id."""
        found: dict[str, Record] = {}
        waiting = list(claims)
        while waiting:
            claim = waiting.pop()
            if claim.id not in found:
                found[claim.id] = self.claim_record(claim, stages)
                waiting += [self.claims[one] for one in self.own_claims(claim, stages)]
        return found

    def own_claims(self, claim: Claim, stages: Iterable[str]) -> list[str]:
        own = {one.own_claim_id for one in self.said_of(claim)} - {None}
        return [one for one in sorted(filter(None, own)) if self.claims[one].stage in stages]

    def claim_record(self, claim: Claim, stages: Iterable[str]) -> Record:
        own, said = self.own_claims(claim, stages), {one.id: one for one in self.said_of(claim)}
        parts: dict[str, list[Params]] = {
            "quantities": [columns(one) for one in self.figures_of(claim)],
            "attributions": [
                {
                    **columns(one),
                    "key": one.key or one.id,
                    "source": named(self.sources, one.source_id),
                    "document": named(self.documents, one.document_id),
                    "own_claim": named(self.claims, one.own_claim_id if one.own_claim_id in own else None),
                    "upstream": named(said, one.upstream_id),
                    "quote": self.attribution(one, dict.fromkeys(said), ()).quote,
                    "search": self.attribution(one, dict.fromkeys(said), ()).search,
                }
                for one in sorted(said.values(), key=self.steps)
            ],
            "evidence": [
                {
                    **columns(one),
                    "key": one.key or one.id,
                    "document": named(self.documents, one.document_id),
                    "capture": one.capture_id,
                    "quote": quoted(one),
                }
                for one in self.evidence.values()
                if one.claim_id == claim.id
            ],
            "relations": [
                {**columns(one), "other_claim": named(self.claims, one.other_claim_id)}
                for one in self.relations.values()
                if one.claim_id == claim.id and self.claims[one.other_claim_id].stage in stages
            ],
            "rulings": [
                {
                    **columns(one),
                    "sources": [named(self.sources, one.first_source_id), named(self.sources, one.second_source_id)],
                }
                for one in sorted(self.rulings, key=lambda one: one.id)
                if one.claim_id == claim.id
            ],
            "reviews": [
                {**columns(one), "stale": bool(self.staleness(claim, one))}
                for one in sorted(self.reviews, key=lambda one: (one.change_seq, one.id))
                if one.claim_id == claim.id
            ],
            "fact_checks": [
                {
                    **columns(one),
                    "source": named(self.sources, one.source_id),
                    "document": named(self.documents, one.document_id),
                }
                for one in self.fact_checks.values()
                if one.claim_id == claim.id
            ],
        }
        fields = {
            **columns(claim),
            "topic": named(self.topics, claim.topic_id),
            "adverse_to": named(self.sources, claim.adverse_to_id),
        }
        shapes = {name: kind_of(ClaimRecord.model_fields[name].annotation)[1] for name in parts}
        inner = {name: [only(shapes[name], one) for one in rows] for name, rows in parts.items()}
        return ClaimRecord(**{**only(ClaimRecord, fields), **inner, "record": "claim"})

    def steps(self, said: Attribution) -> int:
        return 0 if said.upstream_id is None else 1 + self.steps(self.attributions[said.upstream_id])

    def other_record(self, word: str, identifier: str) -> Record:
        """What a file says of a source, a document or a topic."""
        if word == "topic":
            return TopicRecord(**only(TopicRecord, columns(self.topics[identifier])))
        if word == "source":
            source = self.sources[identifier]
            return SourceRecord(**only(SourceRecord, columns(source)), parent=named(self.sources, source.parent_id))
        document = self.documents[identifier]
        publisher = named(self.sources, document.publisher_id)
        return DocumentRecord(**only(DocumentRecord, columns(document)), publisher=publisher)


def named(rows: Mapping[str, Any], identifier: str | None) -> str | None:
    """The name of an object in a file."""
    return None if identifier is None else str(rows[identifier].key or identifier)


def only(shape: type[BaseModel], fields: Params) -> Params:
    return {name: fields[name] for name in shape.model_fields if name in fields}

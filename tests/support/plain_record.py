"""A reader of the record that is made to be obvious, to hold fast reads to.

It takes whole tables through the ORM (of the past: from each object the last version that was recorded by then), and
does everything else in Python. Only the rules of origins are shared with what it is compared with.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.db.revisions import revision_table
from app.db.schema import Base, table_of
from app.formats.search_text import fold
from app.models import (
    Attribution,
    Claim,
    ClaimRelation,
    Document,
    Evidence,
    FactCheck,
    IndependenceRuling,
    Quantity,
    Review,
    Source,
    Topic,
)
from app.schemas.attribution import AttributionRead, ChainLink, Search
from app.schemas.base.fields import Read
from app.schemas.claim import ClaimItem, ClaimRead, SpeakerRead, TopicBrief
from app.schemas.desk.independence import Counts, OriginsRead
from app.schemas.desk.review import ReviewRead
from app.schemas.document import DocumentBrief
from app.schemas.evidence import EvidenceRead
from app.schemas.fact_check import FactCheckRead
from app.schemas.quantity import QuantityRead
from app.schemas.quote import Quote
from app.schemas.relation import ClaimBrief, RelationRead
from app.schemas.source import SourceBrief
from app.services.policy import origins
from app.services.policy.status_rules import RULES, facts_of
from app.vocabulary import Stage, Status
from tests.support.desk import Desk

Model = TypeVar("Model", bound=Base)
Shape = TypeVar("Shape", bound=Read)
Params = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """A list: its parameters, and how many claims are on a page."""

    params: Params
    limit: int

    def of(self, at_work: Desk) -> "Query":
        """The same with the ids that its numbers stand for."""
        params = dict(self.params)
        for name, plural in (("topic", "topics"), ("source", "sources")):
            if name in params:
                params[name] = at_work.one(plural, params[name])
        if "value_min" in params and "value_max" in params and params["value_min"] > params["value_max"]:
            del params["value_max"]
        if params.get("date_from", "") > params.get("date_to", "9999"):
            del params["date_to"]
        return Query(params, self.limit)


def columns(row: Base) -> dict[str, Any]:
    """A row by the names of its columns."""
    return {column.name: getattr(row, column.name) for column in table_of(type(row)).columns}


def shown(shape: type[Shape], row: Base, **more: Any) -> Shape:
    """A shape from the columns of the same names and from what is given."""
    stored = columns(row)
    return shape(**{**{name: stored[name] for name in shape.model_fields if name in stored}, **more})


def quoted(row: Attribution | Evidence) -> Quote | None:
    """The passage that a row cites."""
    if row.quote is None:
        return None
    return Quote(
        exact=row.quote,
        prefix=row.quote_prefix,
        suffix=row.quote_suffix,
        page=row.page,
        media_time=row.media_time,
        language=row.quote_language,
        translation=row.translation,
        translated_by=row.translated_by,
    )


class PlainRecord:
    """The record as it is, or as it stood right after a change; whole tables, by id."""

    def __init__(self, session: Session, seq: int | None) -> None:
        self.seq = seq
        self.topics = self._versioned(session, Topic)
        self.sources = self._versioned(session, Source)
        self.documents = self._versioned(session, Document)
        self.claims = self._versioned(session, Claim)
        self.attributions = self._versioned(session, Attribution)
        self.evidence = self._versioned(session, Evidence)
        self.relations = self._versioned(session, ClaimRelation)
        self.fact_checks = self._versioned(session, FactCheck)
        self.figures = self._appended(session, Quantity)
        self.rulings = self._appended(session, IndependenceRuling)
        self.reviews = self._appended(session, Review)
        first = revision_table(table_of(Attribution))
        self.first_seqs = {
            row.id: row.change_seq
            for row in session.execute(select(first.c.id, first.c.change_seq).where(first.c.version == 1))
        }

    def _versioned(self, session: Session, model: type[Model]) -> dict[str, Model]:
        table: Table = table_of(model)
        if self.seq is None:
            rows = list(session.scalars(select(model)))
        else:
            revisions = revision_table(table)
            recorded = select(revisions).where(revisions.c.change_seq <= self.seq).order_by(revisions.c.version)
            # The last version that was recorded by then stays.
            last = {row["id"]: row for row in session.execute(recorded).mappings()}
            rows = [model(**row) for row in last.values()]
        return {row.id: row for row in sorted(rows, key=lambda row: row.id)}  # type: ignore[attr-defined]  # each has one

    def _appended(self, session: Session, model: type[Any]) -> list[Any]:
        rows = list(session.scalars(select(model)))
        return [row for row in rows if self.seq is None or row.change_seq <= self.seq]

    # --- parts ---

    def source(self, identifier: str | None) -> SourceBrief | None:
        return None if identifier is None else self.named(identifier)

    def named(self, identifier: str) -> SourceBrief:
        return shown(SourceBrief, self.sources[identifier])

    def document(self, identifier: str | None) -> DocumentBrief | None:
        return None if identifier is None else self.placed(identifier)

    def placed(self, identifier: str) -> DocumentBrief:
        document = self.documents[identifier]
        return shown(DocumentBrief, document, publisher=self.source(document.publisher_id))

    def above(self, identifier: str) -> list[str]:
        """The sources above one, nearest first."""
        parent = self.sources[identifier].parent_id
        return [] if parent is None else [parent, *self.above(parent)]

    def figures_of(self, claim: Claim) -> list[Quantity]:
        found = [
            one for one in self.figures if (one.claim_id, one.content_version) == (claim.id, claim.content_version)
        ]
        return sorted(found, key=lambda one: one.position)

    def said_of(self, claim: Claim) -> list[Attribution]:
        return [one for one in self.attributions.values() if one.claim_id == claim.id]

    # --- a claim in a list ---

    def core(self, claim: Claim) -> Params:
        topic = None if claim.topic_id is None else shown(TopicBrief, self.topics[claim.topic_id])
        return {"topic": topic, "quantities": [shown(QuantityRead, one) for one in self.figures_of(claim)]}

    def item(self, claim: Claim) -> ClaimItem:
        speakers: list[SpeakerRead] = []
        for one in self.said_of(claim):
            speaker = shown(SpeakerRead, one, name=self.named(one.source_id).name)
            if not one.withdrawn and speaker not in speakers:
                speakers.append(speaker)
        held = self.held(claim)
        stale = held is not None and bool(self.staleness(claim, held))
        return shown(ClaimItem, claim, **self.core(claim), stale=stale, attributed_to=speakers[:10], snippets=None)

    # --- a whole claim ---

    def whole(self, claim: Claim, stages: Iterable[str]) -> ClaimRead:
        said = [columns(one) for one in self.said_of(claim)]
        ends = origins.traced(said, {one: source.anonymity for one, source in self.sources.items()})
        found = origins.origins_of(said, ends)
        pairs = origins.pairs(
            said,
            found,
            {one: self.above(one) for one in self.sources},
            {one: source.name for one, source in self.sources.items()},
            self.ruled(claim),
        )
        publishers = {one: document.publisher_id for one, document in self.documents.items()}
        return shown(
            ClaimRead,
            claim,
            **self.core(claim),
            adverse_to=self.source(claim.adverse_to_id),
            attributions=[self.attribution(one, ends, stages) for one in self.said_of(claim)],
            counts=Counts(**origins.counts(said, ends, publishers, pairs)),
            origins=OriginsRead(origins=[self.named(one) for one in found], pairs=pairs),
            evidence=[
                shown(EvidenceRead, one, document=self.placed(one.document_id), quote=quoted(one))
                for one in self.evidence.values()
                if one.claim_id == claim.id
            ],
            relations=[
                shown(
                    RelationRead,
                    one,
                    claim=shown(ClaimBrief, self.claims[one.claim_id]),
                    other_claim=shown(ClaimBrief, self.claims[one.other_claim_id]),
                )
                for one in self.relations.values()
                if claim.id in (one.claim_id, one.other_claim_id)
                and self.claims[one.claim_id].stage in stages
                and self.claims[one.other_claim_id].stage in stages
            ],
            successor=self.successor(claim),
            review=self.review(claim),
            fact_checks=[
                shown(
                    FactCheckRead,
                    one,
                    source=self.named(one.source_id),
                    url=None if one.document_id is None else self.documents[one.document_id].url,
                )
                for one in self.fact_checks.values()
                if one.claim_id == claim.id
            ],
        )

    def attribution(self, said: Attribution, ends: Mapping[str, str | None], stages: Iterable[str]) -> AttributionRead:
        links: list[Attribution] = []
        link = said
        while link.upstream_id is not None:
            link = self.attributions[link.upstream_id]
            links.append(link)
        seen = said.own_claim_id is not None and self.claims[said.own_claim_id].stage in stages
        return shown(
            AttributionRead,
            said,
            source=self.named(said.source_id),
            reliability=None,  # the desk of this test rates nobody
            retraction=None,  # and takes nothing back with a notice
            chain=[shown(ChainLink, one, attribution_id=one.id, source=self.named(one.source_id)) for one in links],
            origin_id=ends[said.id],
            document=self.document(said.document_id),
            quote=quoted(said),
            search=None
            if said.searched_on is None
            else Search.model_validate({"on": said.searched_on, "where": said.searched_where, "by": said.searched_by}),
            own_claim_id=said.own_claim_id if seen else None,
        )

    def ruled(self, claim: Claim) -> dict[tuple[str, str], dict[str, Any]]:
        """The last ruling on each pair."""
        rulings = sorted((one for one in self.rulings if one.claim_id == claim.id), key=lambda one: one.change_seq)
        return {(one.first_source_id, one.second_source_id): columns(one) for one in rulings}

    def held(self, claim: Claim) -> Review | None:
        """The decision of the last day; of those of one day the one that was recorded last."""
        decided = [one for one in self.reviews if one.claim_id == claim.id]
        return max(decided, key=lambda one: (one.decided_on, one.change_seq, one.id), default=None)

    def review(self, claim: Claim) -> ReviewRead | None:
        """That decision, as it is shown."""
        last = self.held(claim)
        if last is None:
            return None
        because = self.staleness(claim, last) + ([] if self.carries(claim, last.status) else ["grounds"])
        # The desk of this test decides by files only: see test_proposals for decisions that were signed.
        unsigned: dict[str, Any] = {"proposed_by": None, "approved_by": None, "evidence": []}
        return shown(ReviewRead, last, stale=bool(because), stale_because=because, **unsigned)

    def successor(self, claim: Claim) -> ClaimBrief | None:
        """The published claim that a withdrawn one gave way to."""
        for one in self.relations.values():
            here, there = {
                "same_as": (one.claim_id, one.other_claim_id),
                "supersedes": (one.other_claim_id, one.claim_id),
            }.get(one.relation, ("", ""))
            if here == claim.id and not one.withdrawn and claim.stage == Stage.WITHDRAWN:
                other = self.claims[there]
                if other.stage == Stage.PUBLISHED:
                    return shown(ClaimBrief, other)
        return None

    def staleness(self, claim: Claim, decision: Review) -> list[str]:
        """What a decision no longer speaks of."""
        pieces = [one for one in self.evidence.values() if one.claim_id == claim.id]
        reworded = ["wording"] if claim.content_version > decision.claim_version else []
        shown = ["evidence"] if any(one.change_seq > decision.change_seq for one in pieces) else []
        corrected = [
            one for one in self.said_of(claim) if self.first_seqs[one.id] <= decision.change_seq < one.change_seq
        ]
        return reworded + shown + (["attributions"] if corrected else [])

    def carries(self, claim: Claim, status: str) -> bool:
        """True if the status could be decided as things stand; the desk of this test names no evidence."""
        said = [columns(one) for one in self.said_of(claim)]
        anonymity = {one: source.anonymity for one, source in self.sources.items()}
        above = {one: self.above(one) for one in self.sources}
        names = {one: source.name for one, source in self.sources.items()}
        found = origins.origins_of(said, origins.traced(said, anonymity))
        pairs = origins.pairs(said, found, above, names, self.ruled(claim))
        contradicting = [
            one
            for one in self.relations.values()
            if one.relation == "contradicts" and not one.withdrawn and claim.id in (one.claim_id, one.other_claim_id)
            if {self.claims[end].stage for end in (one.claim_id, one.other_claim_id)} == {Stage.PUBLISHED}
        ]
        held = facts_of(
            columns(claim),
            attributions=said,
            evidence=[columns(one) for one in self.evidence.values() if one.claim_id == claim.id],
            anonymity=anonymity,
            ancestors=above,
            independent_origins=origins.independent(found, pairs),
            contradicted=bool(contradicting),
        )
        return RULES[Status(status)].met(held)

    # --- lists ---

    def listed(self, query: "Query") -> list[Claim]:
        """The claims of a list, in its order."""
        found = [claim for claim in self.claims.values() if self.passes(claim, query)]
        sort = query.params.get("sort", "-date")
        orders: dict[str, Callable[[Claim], tuple[Any, ...]]] = {
            "date": lambda claim: (claim.time_earliest, claim.id),
            "recorded": lambda claim: (claim.change_seq, claim.id),
            "id": lambda claim: (claim.id,),
        }
        return sorted(found, key=orders[sort.removeprefix("-")], reverse=sort.startswith("-"))

    def passes(self, claim: Claim, query: "Query") -> bool:
        asked = {"stage": ["published"], **query.params}
        dated = claim.time is not None
        met: dict[str, Callable[[], bool]] = {
            "stage": lambda: claim.stage in asked["stage"],
            "kind": lambda: claim.kind in asked["kind"],
            "status": lambda: claim.status in asked["status"],
            "topic": lambda: claim.topic_id == asked["topic"],
            "date_from": lambda: dated and claim.time_latest >= date.fromisoformat(asked["date_from"]),
            "date_to": lambda: dated and claim.time_earliest <= date.fromisoformat(asked["date_to"]),
            "place": lambda: fold(asked["place"]) in fold(claim.place or ""),
        }
        return (
            all(is_met() for name, is_met in met.items() if name in asked)
            and (not asked.keys() & {"source", "stance"} or any(self.says(one, asked) for one in self.said_of(claim)))
            and (
                not asked.keys() & {"metric", "value_min", "value_max"}
                or any(self.measures(one, asked) for one in self.figures_of(claim))
            )
        )

    def says(self, said: Attribution, asked: Params) -> bool:
        if said.withdrawn or ("stance" in asked and said.stance not in asked["stance"]):
            return False
        return "source" not in asked or asked["source"] in (said.source_id, *self.above(said.source_id))

    def measures(self, figure: Quantity, asked: Params) -> bool:
        if "metric" in asked and figure.metric not in asked["metric"]:
            return False
        value = next((one for one in (figure.best, figure.low, figure.high) if one is not None), None)
        if "value_min" in asked and (value is None or float(value) < asked["value_min"]):
            return False
        return "value_max" not in asked or (value is not None and float(value) <= asked["value_max"])

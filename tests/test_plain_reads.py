"""What the API answers is what plain reads of the record give, on a record in which everything occurs.

Reads are made to be fast: one statement for a whole claim, compiled once, its rows carried as JSON. Here stands another
reader that is made to be obvious: it takes whole tables through the ORM (of the past: from each object the last version
that was recorded by then), and does everything else in Python. Only the rules of origins are shared, and where a figure
may lie. Both must say the same of every claim, of every list, of every topic's estimates and in an export, now and as
of earlier moments, to a reader without a key and to a fact-checker.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.db.revisions import revision_table
from app.db.schema import Base, table_of
from app.formats.exchange import kind_of
from app.formats.rows import RECORD
from app.formats.words import fold
from app.models import (
    Attribution,
    Change,
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
from app.schemas.attribution import AttributionRead, ChainLink, Quote, Search
from app.schemas.claim import ClaimItem, ClaimPage, ClaimRead, SpeakerRead, TopicBrief
from app.schemas.common import Read
from app.schemas.document import DocumentBrief
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, Series
from app.schemas.evidence import EvidenceRead
from app.schemas.fact_check import FactCheckRead
from app.schemas.independence import Counts, OriginsRead
from app.schemas.quantity import QuantityRead
from app.schemas.record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord, TopicRecord
from app.schemas.relation import ClaimBrief, RelationRead
from app.schemas.review import ReviewRead
from app.schemas.source import SourceBrief
from app.schemas.topic import TopicRead
from app.services import conflicts, origins
from app.vocabulary import ASSERTING_STANCES, PUBLIC_STAGES, Metric, Role, Stage
from tests.conftest import ENGINES
from tests.support.desk import A_WEEK, BEGINNING, KINDS, STANCES, Act, Desk, act, desk, key_for

Model = TypeVar("Model", bound=Base)
Shape = TypeVar("Shape", bound=Read)
Params = dict[str, Any]


# --- the plain reader ---


def columns(row: Base) -> dict[str, Any]:
    """A row by the names of its columns."""
    return {column.name: getattr(row, column.name) for column in table_of(type(row)).columns}


def shown(shape: type[Shape], row: Base, **more: Any) -> Shape:
    """A shape from the columns of the same names and from what is given."""
    stored = columns(row)
    return shape(**{**{name: stored[name] for name in shape.model_fields if name in stored}, **more})


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
        return shown(ClaimItem, claim, **self.core(claim), attributed_to=speakers[:10], snippets=None)

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
                shown(EvidenceRead, one, document=self.placed(one.document_id))
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
            chain=[shown(ChainLink, one, attribution_id=one.id, source=self.named(one.source_id)) for one in links],
            origin_id=ends[said.id],
            document=self.document(said.document_id),
            quote=None
            if said.quote is None
            else Quote(
                exact=said.quote,
                prefix=said.quote_prefix,
                suffix=said.quote_suffix,
                page=said.page,
                media_time=said.media_time,
                language=said.quote_language,
                translation=said.translation,
                translated_by=said.translated_by,
            ),
            search=None
            if said.searched_on is None
            else Search.model_validate({"on": said.searched_on, "where": said.searched_where, "by": said.searched_by}),
            own_claim_id=said.own_claim_id if seen else None,
        )

    def ruled(self, claim: Claim) -> dict[tuple[str, str], dict[str, Any]]:
        """The last ruling on each pair."""
        rulings = sorted((one for one in self.rulings if one.claim_id == claim.id), key=lambda one: one.change_seq)
        return {(one.first_source_id, one.second_source_id): columns(one) for one in rulings}

    def review(self, claim: Claim) -> ReviewRead | None:
        """The decision of the last day; of those of one day the one that was recorded last."""
        decided = [one for one in self.reviews if one.claim_id == claim.id]
        if not decided:
            return None
        last = max(decided, key=lambda one: (one.decided_on, one.change_seq, one.id))
        return shown(ReviewRead, last, stale=claim.content_version > last.claim_version)

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

    # --- estimates ---

    def estimates(self, topic_id: str, asked: Params) -> EstimatesPage:
        """The figures of a topic, on one page."""
        claims = self.listed(Query({**asked, "topic": topic_id, "sort": "date"}, 0))
        stated = [
            (claim, figure)
            for claim in claims
            if self.stands(claim)
            for figure in self.figures_of(claim)
            if figure.metric in asked.get("metric", [figure.metric])
        ]
        pairs = [
            pair
            for number, second in enumerate(stated)
            for pair in ((first, second) for first in stated[:number])
            if self.conflict(*pair)
        ]
        return EstimatesPage(
            topic=shown(TopicRead, self.topics[topic_id]),
            items=[
                Estimate(
                    claim=shown(ClaimBrief, claim),
                    time=claim.time,
                    place=claim.place,
                    quantity=shown(QuantityRead, figure),
                    origins=self.origins_of(claim),
                    said_by=self.said_by(claim),
                )
                for claim, figure in stated
            ],
            next=None,
            series=self.series(stated),
            conflicts=[
                shown(
                    Conflict,
                    pair[0][1],
                    claims=[shown(ClaimBrief, claim) for claim, _figure in pair],
                    quantities=[shown(QuantityRead, figure) for _claim, figure in pair],
                    times=[claim.time for claim, _figure in pair],
                )
                for pair in pairs
            ],
            conflict_count=len(pairs),
        )

    def stands(self, claim: Claim) -> bool:
        """False if all who put it forward have taken it back."""
        withdrawn = [one.withdrawn for one in self.said_of(claim) if one.stance in ASSERTING_STANCES]
        return not withdrawn or not all(withdrawn)

    def said_by(self, claim: Claim) -> list[SourceBrief]:
        standing = [one for one in self.said_of(claim) if one.stance in ASSERTING_STANCES and not one.withdrawn]
        return [self.named(one) for one in dict.fromkeys(said.source_id for said in standing)]

    def origins_of(self, claim: Claim) -> list[SourceBrief]:
        said = [columns(one) for one in self.said_of(claim)]
        ends = origins.traced(said, {one: source.anonymity for one, source in self.sources.items()})
        return [self.named(one) for one in origins.origins_of(said, ends)]

    def series(self, stated: Sequence[tuple[Claim, Quantity]]) -> list[Series]:
        found: dict[tuple[str | None, str], Series] = {}
        for claim, figure in stated:
            known: list[SourceBrief | None] = [*self.origins_of(claim)]
            for origin in known or [None]:
                of_it = None if origin is None else origin.id, figure.metric
                before = found.get(of_it)
                found[of_it] = Series(
                    origin=origin,
                    metric=Metric(figure.metric),
                    figures=1 if before is None else before.figures + 1,
                    first=claim.time if before is None or before.first is None else before.first,
                    last=before.last if before is not None and claim.time is None else claim.time,
                )
        return list(found.values())

    def conflict(self, first: tuple[Claim, Quantity], second: tuple[Claim, Quantity]) -> bool:
        (one, its_figure), (other, others_figure) = first, second
        alike = ("metric", "unit", "population", "cumulative")
        lies, others_lies = (
            conflicts.interval(figure.qualifier, figure.low, figure.best, figure.high)
            for figure in (its_figure, others_figure)
        )
        return (
            one.id != other.id
            and not self.resolved(one, other)
            and one.time is not None
            and other.time is not None
            and one.place == other.place
            and all(getattr(its_figure, name) == getattr(others_figure, name) for name in alike)
            and one.time_earliest <= other.time_latest
            and other.time_earliest <= one.time_latest
            and lies is not None
            and others_lies is not None
            and (below(lies, others_lies) or below(others_lies, lies))
        )

    def resolved(self, one: Claim, other: Claim) -> bool:
        return any(
            {one.id, other.id} == {tie.claim_id, tie.other_claim_id}
            and tie.relation in ("supersedes", "same_as")
            and not tie.withdrawn
            for tie in self.relations.values()
        )

    # --- exports ---

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
                {**columns(one), "key": one.key or one.id, "document": named(self.documents, one.document_id)}
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
                {**columns(one), "stale": claim.content_version > one.claim_version}
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


def below(one: conflicts.Interval, other: conflicts.Interval) -> bool:
    """Whether one lies wholly below the other."""
    if one.high is None or other.low is None:
        return False
    return one.high < other.low or (one.high == other.low and (one.high_open or other.low_open))


# --- what is asked ---


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


def some(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True)


PUBLIC = ("published", "withdrawn")
FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "kind": some(*KINDS),
    "status": some("unassessed", "unconfirmed", "disputed"),
    "stage": some(*PUBLIC, "draft", "in_review"),
    "topic": st.integers(0, 3),
    "source": st.integers(0, 5),
    "stance": some(*STANCES),
    "metric": some("present", "killed", "wounded"),
    "value_min": st.sampled_from([0, 0.0001, 0.001, 2.25, 11000, 10000.0, 99999999999.9999]),
    "value_max": st.sampled_from([0, 0.0001, 2, 11000, 99999999999, 99999999999.9999]),
    "place": st.sampled_from(["курс", "% of a_", "CANKIRI", "a%b"]),
    "date_from": st.sampled_from(["2024-10-01", "2024-12-01", "2025-01-12", "2025-01-31", "2025-02-01"]),
    "date_to": st.sampled_from(["0001-01-01", "2024-11-30", "2025-01-01", "2025-01-12"]),
}
SORTS = ("-date", "date", "-recorded", "recorded", "-id", "id")
ALL = {"stage": [str(stage) for stage in Stage]}


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """A list, narrowed by a few things, in some order; mostly of all stages, so that there is something to narrow."""
    names = draw(st.lists(st.sampled_from(list(FILTERS)), max_size=3, unique=True))
    params = {**draw(st.sampled_from([ALL, ALL, {}])), **{name: draw(FILTERS[name]) for name in names}}
    if sort := draw(st.sampled_from([*SORTS, None])):
        params["sort"] = sort
    return Query(params, draw(st.sampled_from([1, 2, 3, 200])))


EVERY_QUERY = [
    *(Query({**ALL, "sort": sort}, limit) for sort in SORTS for limit in (1, 3)),
    Query({}, 2),
    Query({"kind": ["troop_estimate"], "status": ["unassessed", "unconfirmed"]}, 1),
    Query({**ALL, "topic": 0, "sort": "recorded"}, 2),
    Query({**ALL, "source": 0, "stance": ["asserts", "denies"]}, 2),
    Query({**ALL, "source": 1}, 1),
    Query({**ALL, "metric": ["present", "killed"], "value_min": 0.0001, "value_max": 11000}, 2),
    Query({**ALL, "place": "курс", "date_from": "2025-01-12"}, 2),
    Query({**ALL, "date_from": "2024-10-01", "date_to": "2025-01-01"}, 2),
]

ESTIMATES: list[Params] = [
    {},
    {"metric": ["killed", "wounded"]},
    {"metric": ["present"], "date_from": "2025-01-12"},
    {"date_to": "2024-11-30"},
]
"""What is asked of the estimates of each topic."""


class Comparison:
    """Asks the API, and the plain reader, and compares."""

    def __init__(self, at_work: Desk) -> None:
        self.desk = at_work
        key = key_for(at_work.database, Role.FACT_CHECKER)
        self.readers = [({}, PUBLIC_STAGES), (key, frozenset(Stage))]
        with Session(at_work.database.engine) as session:
            self.moments = {change.seq: change.at for change in session.scalars(select(Change))}

    def plain(self, seq: int | None) -> PlainRecord:
        with Session(self.desk.database.engine) as session:
            return PlainRecord(session, seq)

    def ask(self, path: str, headers: dict[str, str], params: Params) -> Any:
        """The body of an answer; None for 404."""
        answer = self.desk.api.get(path, params=params, headers=headers)
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200, answer.text
        shape: type[Read] = ClaimRead
        if path == "claims":
            shape = ClaimPage
        elif path.endswith("/estimates"):
            shape = EstimatesPage
        # What leaves is not made by the shape, but has it.
        body = answer.json()
        assert shape.model_validate_json(answer.content, extra="forbid").model_dump(mode="json") == body
        if shape is EstimatesPage:
            # What can be compared stands together, and those groups in no order.
            body["conflicts"].sort(key=str)
        return body

    def as_of(self, seq: int | None) -> Params:
        """A moment from which on this change was the last."""
        return {} if seq is None else {"as_of": self.moments[seq].isoformat()}

    def whole_claims(self, record: PlainRecord) -> None:
        for claim_id in self.desk.ids["claims"]:
            claim = record.claims.get(claim_id)
            for headers, stages in self.readers:
                expected = (
                    record.whole(claim, stages).model_dump(mode="json")
                    if claim is not None and claim.stage in stages
                    else None
                )
                got = self.ask(f"claims/{claim_id}", headers, self.as_of(record.seq))
                assert got == expected, f"{claim_id} as of {record.seq}"

    def versions(self) -> None:
        with Session(self.desk.database.engine) as session:
            table = revision_table(table_of(Claim))
            rows = session.execute(select(table.c.id, table.c.version, table.c.stage, table.c.change_seq)).all()
        for seq in sorted({row.change_seq for row in rows}):
            record = self.plain(seq)
            for row in (row for row in rows if row.change_seq == seq):
                claim = record.claims[row.id]
                for headers, stages in self.readers:
                    hidden = row.stage not in stages or claim.stage not in stages
                    expected = None if hidden else record.whole(claim, stages).model_dump(mode="json")
                    assert self.ask(f"claims/{row.id}/versions/{row.version}", headers, {}) == expected

    def list_of(self, record: PlainRecord, query: Query) -> None:
        expected = record.listed(query)
        desks_alone = not set(query.params.get("stage", [])) <= PUBLIC_STAGES
        for headers, _stages in self.readers[1 if desks_alone else 0 :]:
            params = {**query.params, **self.as_of(record.seq), "limit": query.limit}
            pages = []
            while True:
                page = self.ask("claims", headers, params)
                pages.append(page["items"])
                if page["next"] is None:
                    break
                params["cursor"] = page["next"]
            found = [item for page in pages for item in page]
            assert [one["id"] for one in found] == [claim.id for claim in expected], (query, record.seq)
            assert found == [record.item(claim).model_dump(mode="json") for claim in expected], (query, record.seq)
            assert all(len(page) == query.limit for page in pages[:-1])

    def estimates(self, record: PlainRecord) -> None:
        for topic_id in self.desk.ids["topics"]:
            for asked in ESTIMATES:
                if topic_id not in record.topics:
                    assert self.ask(f"topics/{topic_id}/estimates", {}, self.as_of(record.seq)) is None
                    continue
                expected = record.estimates(topic_id, asked).model_dump(mode="json")
                expected["conflicts"].sort(key=str)
                params = {**asked, **self.as_of(record.seq)}
                for headers, _stages in self.readers:
                    assert self.ask(f"topics/{topic_id}/estimates", headers, params) == expected, (asked, record.seq)
                params["limit"] = 2
                pages = []
                while True:
                    page = self.ask(f"topics/{topic_id}/estimates", {}, params)
                    pages.append(page)
                    if page["next"] is None:
                        break
                    params["cursor"] = page["next"]
                assert [item for page in pages for item in page["items"]] == expected["items"]
                assert all({**page, "items": [], "next": None} == {**expected, "items": []} for page in pages)

    def exports(self, record: PlainRecord) -> None:
        for (headers, stages), params in zip(self.readers, ({"stage": list(PUBLIC)}, ALL), strict=True):
            expected = record.exported(record.listed(Query(params, 0)), stages)
            answer = self.desk.api.get("export", params={**params, **self.as_of(record.seq)}, headers=headers)
            assert answer.status_code == 200, answer.text
            found = [RECORD.validate_json(line) for line in answer.text.splitlines()]
            claims = {one.id: one for one in found if isinstance(one, ClaimRecord)}
            assert claims == expected, record.seq
            before: set[str | None] = set()
            for one in found:
                assert not isinstance(one, NoteRecord)
                if not isinstance(one, ClaimRecord):
                    assert one == record.other_record(one.record, str(one.id))
                # Each stands once, after all that it names.
                assert one.id not in before
                assert set(names_in(one)) <= before
                before |= {one.id, one.key or one.id}


def names_in(record: Record) -> Iterator[str]:
    """The sources, documents and topics that a record names."""
    match record:
        case SourceRecord():
            found = [record.parent]
        case DocumentRecord():
            found = [record.publisher]
        case ClaimRecord():
            found = [record.topic, record.adverse_to, *(one.document for one in record.evidence)]
            found += [name for one in record.attributions for name in (one.source, one.document)]
            found += [name for one in record.rulings for name in one.sources]
            found += [name for one in record.fact_checks for name in (one.source, one.document)]
        case _:
            found = []
    yield from (one for one in found if one is not None)


@pytest.mark.parametrize("engine", ENGINES)
@settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(act, min_size=4, max_size=25), asked=st.lists(queries(), min_size=3, max_size=15))
@example(acts=A_WEEK, asked=EVERY_QUERY)
def test_the_api_answers_what_plain_reads_give(
    engine: str, request: pytest.FixtureRequest, acts: list[Act], asked: list[Query]
) -> None:
    with desk(engine, request, begin_with=BEGINNING) as at_work:
        for one in acts:
            at_work.do(*one)
        compared = Comparison(at_work)
        last = max(compared.moments)
        for seq in (None, last, last * 3 // 4, last // 2, 2):
            record = compared.plain(seq)
            compared.whole_claims(record)
            compared.estimates(record)
            compared.exports(record)
            for query in asked:
                compared.list_of(record, query.of(at_work))
        compared.versions()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_week_at_the_desk_has_everything_in_it(engine: str, request: pytest.FixtureRequest) -> None:
    # So that what is compared above is not two empty records.
    with desk(engine, request, begin_with=[*BEGINNING, *A_WEEK]) as at_work:
        claims = [at_work.body(f"claims/{claim_id}") for claim_id in at_work.ids["claims"]]

    assert at_work.seen >= {name for name, *_numbers in A_WEEK}
    for name in ("attributions", "evidence", "relations", "review", "fact_checks", "quantities", "topic", "adverse_to"):
        assert any(claim[name] for claim in claims), name
    said = [one for claim in claims for one in claim["attributions"]]
    for name in ("chain", "quote", "search", "document", "own_claim_id", "origin_id", "withdrawn"):
        assert any(one[name] for one in said), name
    assert any(claim["origins"]["pairs"] for claim in claims)
    assert {claim["stage"] for claim in claims} >= {"draft", "published", "withdrawn"}


def test_a_moment_between_two_changes_is_that_of_the_first(request: pytest.FixtureRequest) -> None:
    with desk("sqlite", request) as at_work:
        compared = Comparison(at_work)
        claim_id = at_work.ids["claims"][0]
        path = f"claims/{claim_id}"
        with Session(at_work.database.engine) as session:
            claim = session.get_one(Claim, claim_id)
            first = compared.moments[claim.change_seq]
        just_before = (first - timedelta(microseconds=1)).astimezone(UTC)
        assert compared.ask(path, at_work.headers, {"as_of": just_before.isoformat()}) is None
        assert compared.ask(path, at_work.headers, {"as_of": first.isoformat()})["version"] == 1
        assert compared.ask(path, at_work.headers, {"as_of": datetime.now(UTC).isoformat()})["version"] == claim.version

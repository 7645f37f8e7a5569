"""A naive reference implementation of the reads, with which the fast ones are compared.

It loads whole tables through the ORM (for a past moment: the last version of each object recorded by then) and does
everything else in Python. It shares only the rules of origins and of statuses with the reads that it is compared with.
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
    Change,
    Claim,
    ClaimRelation,
    DistinctRuling,
    Document,
    Evidence,
    FactCheck,
    IndependenceRuling,
    Person,
    Quantity,
    Review,
    Source,
    Topic,
)
from app.schemas.attribution import AttributionRead, ChainLink, Retraction, Search
from app.schemas.base.fields import Read
from app.schemas.claim import ClaimItem, ClaimRead, SpeakerRead, TopicBrief
from app.schemas.desk.decision_origin import UNNAMED_FILE, OriginRead
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
from app.services.policy.status_rules import STATUS_RULES, build_status_facts
from app.vocabulary import Action, ClaimStatus, Stage, Status
from tests.support.desk import Desk

Model = TypeVar("Model", bound=Base)
Schema = TypeVar("Schema", bound=Read)
Params = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """The parameters of a claim list and the size of its pages."""

    params: Params
    limit: int

    def resolve_ids(self, desk: Desk) -> "Query":
        """Return the query with the ids of the desk's objects in place of their numbers."""
        params = dict(self.params)
        for name, plural in (("topic", "topics"), ("source", "sources")):
            if name in params:
                params[name] = desk.pick_id(plural, params[name])
        if "value_min" in params and "value_max" in params and params["value_min"] > params["value_max"]:
            del params["value_max"]
        if params.get("date_from", "") > params.get("date_to", "9999"):
            del params["date_to"]
        return Query(params, self.limit)


def column_values(row: Base) -> dict[str, Any]:
    """Return the values of a row by the names of its columns."""
    return {column.name: getattr(row, column.name) for column in table_of(type(row)).columns}


def build_read(schema: type[Schema], row: Base, **fields: Any) -> Schema:
    """Build a response schema from the columns of the same names and from further fields."""
    stored = column_values(row)
    return schema(**{**{name: stored[name] for name in schema.model_fields if name in stored}, **fields})


def build_quote(row: Attribution | Evidence) -> Quote | None:
    """Build the quote that a row cites."""
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


def build_retraction(row: Attribution) -> Retraction | None:
    """Build the retraction of an attribution."""
    if row.retracted_by is None:
        return None
    return Retraction.model_validate({"by": row.retracted_by, "on": row.retracted_on, "notice": row.retraction_notice})


class PlainRecord:
    """The current record, or the record right after a change: whole tables by id."""

    def __init__(self, session: Session, seq: int | None) -> None:
        self.seq = seq
        self.engine = session.get_bind()
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
        self.distinct_rulings = self._appended(session, DistinctRuling)
        authors = select(Change.seq, Change.at, Person.byline).join(Person, Person.id == Change.actor_id)
        self.authors = {row.seq: (row.byline, row.at) for row in session.execute(authors)}
        version = revision_table(table_of(Source))
        merged = select(version.c.change_seq).join(Change, Change.seq == version.c.change_seq)
        merge_seqs = session.scalars(merged.where(Change.action == Action.MERGE))
        self.merge_seqs = sorted({merged_at for merged_at in merge_seqs if seq is None or merged_at <= seq})
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
            # Later versions overwrite earlier ones.
            last = {row["id"]: row for row in session.execute(recorded).mappings()}
            rows = [model(**row) for row in last.values()]
        return {row.id: row for row in sorted(rows, key=lambda row: row.id)}  # type: ignore[attr-defined]  # each model has one

    def _appended(self, session: Session, model: type[Any]) -> list[Any]:
        rows = list(session.scalars(select(model)))
        return [row for row in rows if self.seq is None or row.change_seq <= self.seq]

    # --- parts ---

    def optional_source(self, identifier: str | None) -> SourceBrief | None:
        return None if identifier is None else self.source_brief(identifier)

    def source_brief(self, identifier: str) -> SourceBrief:
        return build_read(SourceBrief, self.sources[identifier])

    def optional_document(self, identifier: str | None) -> DocumentBrief | None:
        return None if identifier is None else self.document_brief(identifier)

    def document_brief(self, identifier: str) -> DocumentBrief:
        document = self.documents[identifier]
        return build_read(DocumentBrief, document, publisher=self.optional_source(document.publisher_id))

    def ancestors(self, identifier: str) -> list[str]:
        """Return the ancestors of a source, nearest first."""
        parent = self.sources[identifier].parent_id
        return [] if parent is None else [parent, *self.ancestors(parent)]

    def figures_of(self, claim: Claim) -> list[Quantity]:
        version = (claim.id, claim.content_version)
        figures = [figure for figure in self.figures if (figure.claim_id, figure.content_version) == version]
        return sorted(figures, key=lambda figure: figure.position)

    def attributions_of(self, claim: Claim) -> list[Attribution]:
        return [attribution for attribution in self.attributions.values() if attribution.claim_id == claim.id]

    # --- a claim in a list ---

    def shared_fields(self, claim: Claim) -> Params:
        topic = None if claim.topic_id is None else build_read(TopicBrief, self.topics[claim.topic_id])
        figures = [build_read(QuantityRead, figure) for figure in self.figures_of(claim)]
        return {"topic": topic, "status": self.status(claim), "quantities": figures}

    def claim_brief(self, claim: Claim) -> ClaimBrief:
        return build_read(ClaimBrief, claim, status=self.status(claim))

    def list_item(self, claim: Claim) -> ClaimItem:
        speakers: list[SpeakerRead] = []
        for attribution in self.attributions_of(claim):
            speaker = build_read(
                SpeakerRead,
                attribution,
                name=self.source_brief(attribution.source_id).name,
                upstream_state=self.upstream_state(attribution),
            )
            if not attribution.withdrawn and speaker not in speakers:
                speakers.append(speaker)
        stale = self.status(claim) == ClaimStatus.STALE
        return build_read(
            ClaimItem, claim, **self.shared_fields(claim), stale=stale, attributed_to=speakers[:10], snippets=None
        )

    # --- a whole claim ---

    def read_claim(self, claim: Claim, stages: Iterable[str]) -> ClaimRead:
        rows = [column_values(attribution) for attribution in self.attributions_of(claim)]
        ends = origins.trace_origins(rows, self.anonymity())
        origin_ids = origins.identified_origins(rows, ends)
        pairs = origins.build_origin_pairs(
            rows, origin_ids, self.all_ancestors(), self.source_names(), self.latest_rulings(claim)
        )
        publishers = {identifier: document.publisher_id for identifier, document in self.documents.items()}
        return build_read(
            ClaimRead,
            claim,
            **self.shared_fields(claim),
            adverse_to=self.optional_source(claim.adverse_to_id),
            attributions=[self.attribution(row, ends, stages) for row in self.attributions_of(claim)],
            counts=Counts(**origins.build_counts(rows, ends, publishers, pairs)),
            origins=OriginsRead(origins=[self.source_brief(origin_id) for origin_id in origin_ids], pairs=pairs),
            evidence=[
                build_read(EvidenceRead, row, document=self.document_brief(row.document_id), quote=build_quote(row))
                for row in self.evidence.values()
                if row.claim_id == claim.id
            ],
            relations=[
                build_read(
                    RelationRead,
                    relation,
                    claim=self.claim_brief(self.claims[relation.claim_id]),
                    other_claim=self.claim_brief(self.claims[relation.other_claim_id]),
                )
                for relation in self.relations.values()
                if claim.id in (relation.claim_id, relation.other_claim_id)
                and self.claims[relation.claim_id].stage in stages
                and self.claims[relation.other_claim_id].stage in stages
            ],
            successor=self.successor(claim),
            review=self.review(claim),
            fact_checks=[
                build_read(
                    FactCheckRead,
                    check,
                    source=self.source_brief(check.source_id),
                    url=None if check.document_id is None else self.documents[check.document_id].url,
                )
                for check in self.fact_checks.values()
                if check.claim_id == claim.id
            ],
            distinct_from=self.rulings_on(claim.id) if Stage.DRAFT in stages else [],
        )

    def rulings_on(self, object_id: str) -> list[str]:
        """Return the objects that this one was ruled distinct from, oldest ruling first."""
        rulings = sorted((row for row in self.distinct_rulings if row.object_id == object_id), key=lambda row: row.id)
        return [ruling.other_id for ruling in rulings]

    def attribution(self, row: Attribution, ends: Mapping[str, str | None], stages: Iterable[str]) -> AttributionRead:
        links: list[Attribution] = []
        link = row
        while link.upstream_id is not None:
            link = self.attributions[link.upstream_id]
            links.append(link)
        is_visible = row.own_claim_id is not None and self.claims[row.own_claim_id].stage in stages
        return build_read(
            AttributionRead,
            row,
            source=self.source_brief(row.source_id),
            reliability=None,  # the desk of these tests rates no source
            retraction=build_retraction(row),
            upstream_state=self.upstream_state(row),
            chain=[
                build_read(
                    ChainLink,
                    link,
                    attribution_id=link.id,
                    source=self.source_brief(link.source_id),
                    retraction=build_retraction(link),
                )
                for link in links
            ],
            origin_id=ends[row.id],
            document=self.optional_document(row.document_id),
            quote=build_quote(row),
            search=None
            if row.searched_on is None
            else Search.model_validate({"on": row.searched_on, "where": row.searched_where, "by": row.searched_by}),
            own_claim_id=row.own_claim_id if is_visible else None,
        )

    def upstream_state(self, row: Attribution) -> str:
        """Return what became of the nearest link of the chain that was taken back."""
        while row.upstream_id is not None:
            row = self.attributions[row.upstream_id]
            if row.withdrawn:
                return "withdrawn" if row.retracted_by in (None, "us") else "retracted"
        return "stands"

    def latest_rulings(self, claim: Claim) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the latest ruling on each pair of origins."""
        rulings = [ruling for ruling in self.rulings if ruling.claim_id == claim.id]
        rulings.sort(key=lambda ruling: ruling.change_seq)
        latest = {}
        for ruling in rulings:
            # A ruling about a merged source is one about the source that it was merged into.
            first, second = sorted(map(self.current_source, (ruling.first_source_id, ruling.second_source_id)))
            if first != second:
                latest[first, second] = column_values(ruling)
        return latest

    def current_source(self, identifier: str) -> str:
        """Return the id of the source, or of the one that it was merged into."""
        return (self.sources[identifier].merged_into_id if identifier in self.sources else None) or identifier

    def current_topic(self, identifier: str) -> str:
        """Return the id of the topic, or of the one that it was merged into."""
        return (self.topics[identifier].merged_into_id if identifier in self.topics else None) or identifier

    def current_decision(self, claim: Claim) -> Review | None:
        """Return the decision of the latest day; of several on that day, the one recorded last."""
        decisions = [review for review in self.reviews if review.claim_id == claim.id]
        return max(decisions, key=lambda review: (review.decided_on, review.change_seq, review.id), default=None)

    def review(self, claim: Claim) -> ReviewRead | None:
        """Return the current decision as the API presents it."""
        last = self.current_decision(claim)
        if last is None:
            return None
        reasons = self.staleness(claim, last)
        # The desk of these tests decides by imports only; test_proposals covers decisions with sign-offs.
        byline, at = self.authors[last.change_seq]
        unsigned: dict[str, Any] = {
            "proposed_by": None,
            "approved_by": None,
            "evidence": [],
            "origin": OriginRead(
                kind="import",
                file=last.origin_file or UNNAMED_FILE,
                publisher=None,
                address=None,
                imported_by=byline,
                imported_at=at,
            ),
        }
        return build_read(ReviewRead, last, stale=bool(reasons), stale_because=reasons, **unsigned)

    def successor(self, claim: Claim) -> ClaimBrief | None:
        """Return the published claim that replaces a withdrawn one."""
        for relation in self.relations.values():
            replaced_id, successor_id = {
                "same_as": (relation.claim_id, relation.other_claim_id),
                "supersedes": (relation.other_claim_id, relation.claim_id),
            }.get(relation.relation, ("", ""))
            if replaced_id == claim.id and not relation.withdrawn and claim.stage == Stage.WITHDRAWN:
                other = self.claims[successor_id]
                if other.stage == Stage.PUBLISHED:
                    return self.claim_brief(other)
        return None

    def staleness(self, claim: Claim, decision: Review) -> list[str]:
        """Return the reasons why the current decision is stale."""
        later_merges = [seq for seq in self.merge_seqs if seq > decision.change_seq]
        has_other_origins = any(self.changes_origins(seq, claim.id) for seq in later_merges)
        is_unsupported = not self.meets_status_rule(claim, decision.status)
        further = {"origins": has_other_origins, "grounds": is_unsupported}
        return self.changes_since(claim, decision) + [reason for reason, holds in further.items() if holds]

    def changes_since(self, claim: Claim, decision: Review) -> list[str]:
        """Return what was changed since any decision, of what it was taken on."""
        changes = {
            "wording": claim.content_version > decision.claim_version,
            "evidence": any(
                row.claim_id == claim.id and row.change_seq > decision.change_seq for row in self.evidence.values()
            ),
            "attributions": any(
                self.first_seqs[row.id] <= decision.change_seq < row.change_seq for row in self.attributions_of(claim)
            ),
        }
        return [reason for reason, has_changed in changes.items() if has_changed]

    def changes_origins(self, merge_seq: int, claim_id: str) -> bool:
        """True if a claim has another number of origins after a merge than before it."""
        with Session(self.engine) as session:
            before, after = (PlainRecord(session, seq).origin_counts(claim_id) for seq in (merge_seq - 1, merge_seq))
        return before != after

    def origin_counts(self, claim_id: str) -> tuple[int, int]:
        """Return how many identified origins a claim has, and how many of them are independent."""
        claim = self.claims[claim_id]
        rows = [column_values(attribution) for attribution in self.attributions_of(claim)]
        origin_ids = origins.identified_origins(rows, origins.trace_origins(rows, self.anonymity()))
        pairs = origins.build_origin_pairs(
            rows, origin_ids, self.all_ancestors(), self.source_names(), self.latest_rulings(claim)
        )
        return len(origin_ids), origins.count_independent(origin_ids, pairs)

    def status(self, claim: Claim) -> str:
        """Return the status as readers see it: stale if the current decision no longer holds."""
        decision = self.current_decision(claim)
        if decision is None:
            return Status.UNASSESSED
        return ClaimStatus.STALE if self.staleness(claim, decision) else decision.status

    def meets_status_rule(self, claim: Claim, status: str) -> bool:
        """True if the current facts would allow the status; the desk of these tests cites no evidence."""
        rows = [column_values(attribution) for attribution in self.attributions_of(claim)]
        anonymity, ancestors = self.anonymity(), self.all_ancestors()
        origin_ids = origins.identified_origins(rows, origins.trace_origins(rows, anonymity))
        pairs = origins.build_origin_pairs(rows, origin_ids, ancestors, self.source_names(), self.latest_rulings(claim))
        is_contradicted = any(
            relation.relation == "contradicts"
            and not relation.withdrawn
            and claim.id in (relation.claim_id, relation.other_claim_id)
            and self.claims[relation.claim_id].stage == Stage.PUBLISHED
            and self.claims[relation.other_claim_id].stage == Stage.PUBLISHED
            for relation in self.relations.values()
        )
        facts = build_status_facts(
            column_values(claim),
            attributions=rows,
            evidence=[column_values(row) for row in self.evidence.values() if row.claim_id == claim.id],
            anonymity=anonymity,
            ancestors=ancestors,
            independent_origins=origins.count_independent(origin_ids, pairs),
            contradicted=is_contradicted,
        )
        return STATUS_RULES[Status(status)].is_met(facts)

    def anonymity(self) -> dict[str, str]:
        return {identifier: source.anonymity for identifier, source in self.sources.items()}

    def source_names(self) -> dict[str, str]:
        return {identifier: source.name for identifier, source in self.sources.items()}

    def all_ancestors(self) -> dict[str, list[str]]:
        return {identifier: self.ancestors(identifier) for identifier in self.sources}

    # --- lists ---

    def list_claims(self, query: "Query") -> list[Claim]:
        """Return the claims of a list in its order."""
        claims = [claim for claim in self.claims.values() if self.matches(claim, query)]
        sort = query.params.get("sort", "-date")
        orders: dict[str, Callable[[Claim], tuple[Any, ...]]] = {
            "date": lambda claim: (claim.time_earliest, claim.id),
            "recorded": lambda claim: (claim.change_seq, claim.id),
            "id": lambda claim: (claim.id,),
        }
        return sorted(claims, key=orders[sort.removeprefix("-")], reverse=sort.startswith("-"))

    def matches(self, claim: Claim, query: "Query") -> bool:
        params = {"stage": ["published"], **query.params}
        is_dated = claim.time is not None
        filters: dict[str, Callable[[], bool]] = {
            "stage": lambda: claim.stage in params["stage"],
            "kind": lambda: claim.kind in params["kind"],
            "status": lambda: self.status(claim) in params["status"],
            "topic": lambda: claim.topic_id == self.current_topic(params["topic"]),
            "date_from": lambda: is_dated and claim.time_latest >= date.fromisoformat(params["date_from"]),
            "date_to": lambda: is_dated and claim.time_earliest <= date.fromisoformat(params["date_to"]),
            "place": lambda: fold(params["place"]) in fold(claim.place or ""),
        }
        return (
            all(is_met() for name, is_met in filters.items() if name in params)
            and (
                not params.keys() & {"source", "stance"}
                or any(self.attribution_matches(row, params) for row in self.attributions_of(claim))
            )
            and (
                not params.keys() & {"metric", "value_min", "value_max"}
                or any(self.figure_matches(figure, params) for figure in self.figures_of(claim))
            )
        )

    def attribution_matches(self, row: Attribution, params: Params) -> bool:
        if row.withdrawn or ("stance" in params and row.stance not in params["stance"]):
            return False
        if "source" not in params:
            return True
        return self.current_source(params["source"]) in (row.source_id, *self.ancestors(row.source_id))

    def figure_matches(self, figure: Quantity, params: Params) -> bool:
        if "metric" in params and figure.metric not in params["metric"]:
            return False
        value = next((number for number in (figure.best, figure.low, figure.high) if number is not None), None)
        if "value_min" in params and (value is None or float(value) < params["value_min"]):
            return False
        return "value_max" not in params or (value is not None and float(value) <= params["value_max"])

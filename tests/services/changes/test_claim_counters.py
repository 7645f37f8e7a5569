"""The claim counters equal a count of the claims after any changes to the record, now and as of each change."""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from app.db import migrate
from app.db.engine import Database
from app.db.schema import table_of
from app.errors import AttestError
from app.formats.exchange import attest_json
from app.models import ClaimCount, ClaimCountHistory, Head
from app.models.claim_count import ANY
from app.schemas.attribution import AttributionCorrection, AttributionCreate, ClaimAttributionCreate
from app.schemas.claim import ClaimCorrection, ClaimCreate
from app.schemas.desk.merge import DuplicateMergeCreate
from app.schemas.query_parameters import FACETS, ClaimQuery, Facet
from app.schemas.source import SourceCreate
from app.schemas.topic import TopicCreate
from app.services.catalogue import sources, topics
from app.services.changes import actors, claim_counters
from app.services.changes.actors import Actor
from app.services.claims import attributions, claims
from app.services.core.snapshot import NOW, Snapshot, snapshot_at_seq
from app.services.imports import imports
from app.services.merging import source_merging, topic_merging
from app.services.queries import claim_lists, facets
from app.vocabulary import ClaimKind, ClaimStatus, Metric, Stage, Status
from tests.conftest import ENGINES
from tests.support import postgres
from tests.support.retractions import STATES

KINDS = (ClaimKind.TROOP_ESTIMATE, ClaimKind.CASUALTY_FIGURE, ClaimKind.OTHER)
METRICS = (Metric.PRESENT, Metric.DEPLOYED_TOTAL)
Totals = dict[claim_counters.Cell, int]


@dataclass
class Desk:
    """Makes random changes to the record; `a`, `b` and `c` choose among the objects on record."""

    database: Database
    actor: Actor
    ids: dict[str, list[str]] = field(
        default_factory=lambda: {"source": [], "topic": [], "claim": [], "attribution": []}
    )
    file: bytes = b""
    refused: list[list[str]] = field(default_factory=list)
    """The names of the actions of each transaction that was refused."""

    def do(self, actions: Iterable[tuple[str, int, int, int]]) -> None:
        """Do these actions in one transaction: all of them or none."""
        try:
            with self.database.writing() as connection:
                for name, a, b, c in actions:
                    getattr(self, name)(connection, a, b, c)
        except AttestError:  # an action may be refused
            self.refused.append([name for name, *_numbers in actions])
            with self.database.reading() as connection:
                for noun, table in (("claim", NOW.claim), ("attribution", NOW.attribution)):
                    self.ids[noun] = list(connection.scalars(select(table.c.id).order_by(table.c.id)))

    def create(self, connection: Connection, a: int, b: int, c: int) -> None:
        stage = (Stage.PUBLISHED, Stage.DRAFT)[a % 2]
        attribution_list = [self.attribution_fields(number) for number in (a, b, a)[:c]]
        new = ClaimCreate(
            **self.proposition(a, b, c), stage=stage, attributions=attribution_list, key=f"made {self.count_claims()}"
        )
        self.ids["claim"].append(claims.create(connection, self.actor, new, "Recorded."))
        self.refresh_ids(connection)

    def correct(self, connection: Connection, a: int, b: int, c: int) -> None:
        fields = self.proposition(a, b, c)
        changes = {name: fields[name] for name in list(fields)[b % 3 :]}
        self.amend(connection, a, **changes)

    def publish(self, connection: Connection, a: int, _b: int, _c: int) -> None:
        self.amend(connection, a, stage=Stage.PUBLISHED)

    def withdraw(self, connection: Connection, a: int, _b: int, _c: int) -> None:
        self.amend(connection, a, stage=Stage.WITHDRAWN, notice="Wrong.")

    def annotate(self, connection: Connection, a: int, b: int, _c: int) -> None:
        self.amend(connection, a, note=f"Note {b}.")

    def attribute(self, connection: Connection, a: int, b: int, _c: int) -> None:
        if self.ids["claim"]:
            new = AttributionCreate(claim=self.pick("claim", a), **self.attribution_fields(b).model_dump())
            attributions.create(connection, self.actor, new, "Said.")
            self.refresh_ids(connection)

    def correct_attribution(self, connection: Connection, a: int, b: int, c: int) -> None:
        if self.ids["attribution"]:
            changes: dict[str, Any] = {"source": self.pick("source", b)} if c % 2 else {}
            changed = AttributionCorrection(reason="Corrected.", **STATES[b % len(STATES)], **changes)
            attributions.correct(connection, self.actor, self.pick("attribution", a), changed, None)

    def import_file(self, connection: Connection, a: int, b: int, c: int) -> None:
        """Import new and known claims with decisions, some of them twice with other figures."""
        decision = {"rationale": f"Why {b}.", "decided_on": f"2025-01-{10 + c}", "decided_by": "Desk"}
        status = ("unconfirmed", "unverifiable", "corroborated")[a % 3]
        lines = []
        for number in {a % 4, b % 4, c % 4}:
            attribution_list = [
                self.attribution_fields(offset + number).model_dump(mode="json") | {"key": str(offset)}
                for offset in (a, b)[:c]
            ]
            fields = {
                **self.proposition(a + number, b, c),
                "key": f"filed {number}",
                "attributions": attribution_list,
            }
            lines.append({**fields, "reviews": [{"status": status, **decision}] if b % 2 else []})
            if c % 2:
                lines.append({**fields, **self.proposition(b, c, a)})
                lines.append({**fields, "joins": f"made {number}", "key": f"joining {number}"})
        self.file = "\n".join(json.dumps({"record": "claim", **line}) for line in lines).encode()
        self.import_again(connection, a, b, c)

    def import_again(self, connection: Connection, _a: int, _b: int, _c: int) -> None:
        imports.import_records(
            connection, self.actor, attest_json.read(BytesIO(self.file)), format="attest_json", reason="Read."
        )
        self.refresh_ids(connection)

    def import_dry(self, connection: Connection, a: int, b: int, c: int) -> None:
        with self.database.reading() as before:
            ids = [list(before.scalars(select(table.c.id))) for table in (NOW.claim, NOW.attribution)]
        self.import_file(connection, a, b, c)
        connection.rollback()
        self.ids["claim"], self.ids["attribution"] = ids

    def merge_source(self, connection: Connection, a: int, b: int, _c: int) -> None:
        self.merge(connection, "source", source_merging.merge, a, b)

    def merge_topic(self, connection: Connection, a: int, b: int, _c: int) -> None:
        self.merge(connection, "topic", topic_merging.merge, a, b)

    # --- helpers of the actions ---

    def merge(self, connection: Connection, noun: str, merge: Callable[..., None], a: int, b: int) -> None:
        request = DuplicateMergeCreate(into=self.pick(noun, b), notice="Recorded twice.")
        merge(connection, self.actor, self.pick(noun, a), request, None)

    def amend(self, connection: Connection, number: int, **fields: Any) -> None:
        if self.ids["claim"]:
            change = ClaimCorrection(reason="Corrected.", **fields)
            claims.correct(connection, self.actor, self.pick("claim", number), change, None)

    def proposition(self, a: int, b: int, c: int) -> dict[str, Any]:
        figure = {"metric": METRICS[a % 2], "unit": "soldiers", "qualifier": "exact", "best": b}
        other = {"metric": METRICS[c % 2], "unit": "soldiers", "qualifier": "at_least", "low": c}
        return {
            "kind": KINDS[b % len(KINDS)],
            "statement": f"Statement {a}.",
            "topic": self.pick("topic", c) if a % 3 else None,
            "quantities": [figure, other][: c % 3],
        }

    def attribution_fields(self, number: int) -> ClaimAttributionCreate:
        return ClaimAttributionCreate(source=self.pick("source", number), stance="asserts")  # type: ignore[arg-type]  # pydantic converts it

    def pick(self, noun: str, number: int) -> str:
        return self.ids[noun][number % len(self.ids[noun])]

    def count_claims(self) -> int:
        return len(self.ids["claim"])

    def refresh_ids(self, connection: Connection) -> None:
        for noun, table in (("claim", NOW.claim), ("attribution", NOW.attribution)):
            self.ids[noun] = list(connection.scalars(select(table.c.id).order_by(table.c.id)))


@contextmanager
def open_desk(engine: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with a fresh database. Each example needs its own, so that hypothesis can shrink a failure."""
    with TemporaryDirectory() as folder:
        if engine == "sqlite":
            shutil.copy(request.getfixturevalue("sqlite_template"), Path(folder) / "attest.db")
            url = f"sqlite:///{folder}/attest.db"
        else:
            url = postgres.create_database(template=request.getfixturevalue("postgresql_template"))
        database = Database(url, pool_size=2)
        with database.writing() as connection:
            opened = Desk(database, actors.system_actor(connection, "Test"))
            for number in range(3):
                source = SourceCreate(name=f"Source {number}", kind="government")  # type: ignore[arg-type]  # pydantic converts it
                opened.ids["source"].append(sources.create(connection, opened.actor, source, "Recorded."))
                topic = TopicCreate(title=f"How many? {number}", subject="soldiers", metric_family="strength")  # type: ignore[arg-type]  # pydantic converts it
                opened.ids["topic"].append(topics.create(connection, opened.actor, topic, "Recorded."))
        yield opened
        database.close()
        if engine != "sqlite":
            postgres.drop_database(url)


@dataclass(frozen=True)
class CountedClaim:
    """The properties of a claim that the counters count, read from the record in the simplest way."""

    stage: str
    kind: str
    status: str
    values: Mapping[str, set[str]]

    def has(self, query: ClaimQuery) -> bool:
        return (
            self.stage in (query.stage or [Stage.PUBLISHED])
            and (not query.kind or self.kind in query.kind)
            and (not query.status or self.status in query.status)
            and (not query.topic or query.topic in self.values["topic"])
            and (not query.metric or bool(self.values["metric"].intersection(query.metric)))
        )


def read_claims(connection: Connection, record: Snapshot) -> list[CountedClaim]:
    """Every claim of a snapshot."""
    claim, figure, attribution = record.claim, record.quantity, record.attribution
    values: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"topic": set(), "metric": set(), "source": set()})
    rows = connection.execute(select(claim)).mappings().all()
    current = {(row["id"], row["content_version"]) for row in rows}
    for row in rows:
        values[row["id"]]["topic"] |= {row["topic_id"]} - {None}
    for claim_id, version, metric in connection.execute(
        select(figure.c.claim_id, figure.c.content_version, figure.c.metric)
    ):
        if (claim_id, version) in current:
            values[claim_id]["metric"].add(metric)
    for claim_id, source in connection.execute(
        select(attribution.c.claim_id, attribution.c.source_id).where(~attribution.c.withdrawn)
    ):
        values[claim_id]["source"].add(source)
    stale = set(connection.scalars(select(record.stale_period.c.claim_id)))
    return [
        CountedClaim(
            row["stage"],
            row["kind"],
            ClaimStatus.STALE if row["id"] in stale else row["status"],
            values[row["id"]],
        )
        for row in rows
    ]


def count_cells(counted_claims: Iterable[CountedClaim]) -> Totals:
    """The counter cells that these claims add up to."""
    totals: Counter[claim_counters.Cell] = Counter()
    for claim in counted_claims:
        totals[ANY, claim.stage, claim.kind, claim.status, ANY] += 1
        for facet, values in claim.values.items():
            for value in values:
                totals[facet, claim.stage, claim.kind, claim.status, value] += 1
                totals[facet, claim.stage, ANY, ANY, value] += 1
    return dict(totals)


def read_counters(connection: Connection, seq: int | None) -> Totals:
    """The cells of the stored counters, now or as of a change; cells with 0 claims are left out."""
    table = claim_counters.totals(seq)
    rows = connection.execute(select(table).where(table.c.claims != 0)).mappings()
    return {(row["facet"], row["stage"], row["kind"], row["status"], row["value"]): row["claims"] for row in rows}


def count_facet(counted_claims: Iterable[CountedClaim], query: ClaimQuery, facet: Facet) -> dict[str, int]:
    """A facet of a list, counted claim by claim."""
    counts: Counter[str] = Counter()
    for claim in counted_claims:
        if claim.has(query):
            counts.update(claim.values.get(facet) or [])
            if facet not in claim.values:
                counts[getattr(claim, facet)] += 1
    return dict(counts)


def counter_rows(connection: Connection) -> list[list[Any]]:
    """All rows of the counter tables, sorted."""
    tables = table_of(ClaimCount), table_of(ClaimCountHistory)
    return [sorted(map(tuple, connection.execute(select(table)))) for table in tables]


ACTION_NAMES = (
    "create", "correct", "publish", "withdraw", "annotate", "attribute", "correct_attribution", "import_file",
    "import_again", "import_dry", "merge_source", "merge_topic",
)  # fmt: skip

action = st.tuples(st.sampled_from(ACTION_NAMES), *(st.integers(0, 5) for _ in range(3)))

EVERY_ACTION = [
    [("create", 0, 0, 2), ("create", 1, 1, 3)], [("publish", 1, 0, 0)], [("import_file", 1, 3, 2)],
    [("import_again", 0, 0, 0)], [("correct", 0, 1, 2)], [("attribute", 0, 1, 0), ("attribute", 0, 1, 0)],
    [("correct_attribution", 0, 1, 1)], [("correct_attribution", 1, 1, 0)], [("correct_attribution", 1, 0, 0)],
    [("import_dry", 2, 1, 5)], [("import_file", 2, 1, 3)], [("withdraw", 0, 0, 0)], [("annotate", 0, 0, 0)],
    [("correct", 1, 2, 4), ("correct", 1, 0, 1), ("correct", 0, 0, 5)],
    [("merge_source", 1, 0, 0)], [("merge_topic", 1, 0, 0), ("merge_topic", 2, 0, 0)],
]  # fmt: skip
"""Every action, in an order in which none is refused."""

QUERIES: tuple[dict[str, Any], ...] = (
    {},
    {"stage": list(Stage)},
    {"stage": [Stage.PUBLISHED, Stage.WITHDRAWN], "kind": [ClaimKind.TROOP_ESTIMATE, ClaimKind.OTHER]},
    {"status": [Status.UNCONFIRMED, Status.UNASSESSED]},
    {"kind": [ClaimKind.CASUALTY_FIGURE], "status": [Status.UNASSESSED]},
    {"topic": "0"},
    {"topic": "1", "kind": [ClaimKind.TROOP_ESTIMATE]},
    {"metric": [Metric.PRESENT]},
    {"metric": [Metric.PRESENT, Metric.DEPLOYED_TOTAL]},
    {"metric": [Metric.PRESENT], "topic": "0", "stage": list(Stage)},
)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=4, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(st.lists(action, min_size=1, max_size=3), min_size=3, max_size=6))
@example(actions=EVERY_ACTION)
def test_counters_equal_a_count_of_the_claims(
    engine: str, request: pytest.FixtureRequest, actions: list[list[tuple[str, int, int, int]]]
) -> None:
    with open_desk(engine, request) as desk:
        for batch in actions:
            # A dry run rolls its transaction back, so it runs alone.
            dry_run = [action for action in batch if action[0] == "import_dry"][:1]
            desk.do(dry_run or batch)
            with desk.database.reading() as connection:
                assert read_counters(connection, None) == count_cells(read_claims(connection, NOW))

        if actions == EVERY_ACTION:
            assert desk.refused == []
        with desk.database.reading() as connection:
            last = connection.execute(select(table_of(Head).c.seq)).scalar_one()
            for seq in range(last + 1):
                assert read_counters(connection, seq) == count_cells(read_claims(connection, snapshot_at_seq(seq))), seq
            for record in (NOW, snapshot_at_seq(last // 2), snapshot_at_seq(0)):
                counted_claims = read_claims(connection, record)
                for fields in QUERIES:
                    check_facets(connection, record, fields, desk, counted_claims)

        with desk.database.writing() as connection:
            rows = counter_rows(connection)
            for table in (table_of(ClaimCount), table_of(ClaimCountHistory)):
                connection.execute(update(table).values(claims=table.c.claims + 1))
            assert not any(rows) or counter_rows(connection) != rows
            claim_counters.rebuild(connection)
            assert counter_rows(connection) == rows
        # The migration counts the claims that were recorded before it, as of each change.
        if {name for batch in actions for name, *_numbers in batch} & {"merge_source", "merge_topic"}:
            return  # older revisions cannot hold merges
        migrate.downgrade(desk.database, "0003")
        migrate.upgrade(desk.database)
        with desk.database.reading() as connection:
            assert counter_rows(connection) == rows


def check_facets(
    connection: Connection, record: Snapshot, fields: dict[str, Any], desk: Desk, counted_claims: list[CountedClaim]
) -> None:
    topic = {"topic": desk.pick("topic", int(fields["topic"]))} if "topic" in fields else {}
    if topic:  # a filter by a merged topic is one by the other topic
        table = record.topic
        target = connection.scalar(select(table.c.merged_into_id).where(table.c.id == topic["topic"]))
        topic["topic"] = target or topic["topic"]
    query = ClaimQuery(**{**fields, **topic}, facets=",".join(FACETS))
    matching = claim_lists.select_claim_ids(connection, record, query, desk.actor)
    stages = query.stage or [Stage.PUBLISHED]
    counts = facets.count_facets(connection, record, query, facets=FACETS, stages=stages, matching=matching)
    assert counts == {facet: count_facet(counted_claims, query, facet) for facet in FACETS}, fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, set(FACETS)),
        ({"stage": list(Stage), "kind": list(KINDS), "status": [Status.DISPUTED]}, set(FACETS)),
        ({"topic": "any"}, {"status", "kind", "stage", "topic"}),
        ({"topic": "any", "kind": list(KINDS)}, {"status", "kind", "stage", "topic"}),
        ({"metric": [Metric.KILLED]}, {"status", "kind", "stage"}),
        ({"metric": [Metric.KILLED, Metric.WOUNDED]}, set()),
        ({"metric": [Metric.KILLED], "topic": "any"}, set()),
        ({"metric": [Metric.KILLED], "value_min": 0}, set()),
        ({"source": "any"}, set()),
        ({"q": "soldiers"}, set()),
        ({"date_to": "2025"}, set()),
    ],
)
def test_which_facets_are_answered_from_the_counters(fields: dict[str, Any], expected: set[Facet]) -> None:
    query = ClaimQuery(**fields)

    assert {facet for facet in FACETS if facets.counter_facet_for(facet, query) is not None} == expected

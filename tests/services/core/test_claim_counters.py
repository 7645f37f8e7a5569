"""The counters hold what counting claims gives, whatever is done to the record; now and as of each change."""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from app.db import migrate
from app.db.engine import Database
from app.db.schema import table_of
from app.errors import AttestError
from app.formats.exchange import attest_json
from app.models import ClaimCount, ClaimCountHistory, Head
from app.models.claim_count import ANY
from app.schemas.attribution import AttributionCorrection, AttributionCreate, ClaimAttributionCreate
from app.schemas.claim import ClaimCorrection, ClaimCreate
from app.schemas.query_parameters import FACETS, ClaimQuery, Facet
from app.schemas.source import SourceCreate
from app.schemas.topic import TopicCreate
from app.services.catalogue import sources, topics
from app.services.claims import attributions, claims
from app.services.core import actors, claim_counters
from app.services.core.actors import Actor
from app.services.core.snapshot import NOW, Record, at_seq
from app.services.imports import imports
from app.services.queries import claim_lists, facets
from app.vocabulary import ClaimKind, Metric, Stage, Status
from tests.conftest import ENGINES
from tests.support import postgres

KINDS = (ClaimKind.TROOP_ESTIMATE, ClaimKind.CASUALTY_FIGURE, ClaimKind.OTHER)
METRICS = (Metric.PRESENT, Metric.DEPLOYED_TOTAL)
Totals = dict[claim_counters.Cell, int]


@dataclass
class Desk:
    """Does random things to the record; `a`, `b` and `c` choose among what there is."""

    database: Database
    actor: Actor
    ids: dict[str, list[str]] = field(default_factory=lambda: {"source": [], "topic": [], "claim": [], "said": []})
    file: bytes = b""

    def do(self, together: Iterable[tuple[str, int, int, int]]) -> None:
        """Do these in one transaction; all or nothing."""
        try:
            with self.database.writing() as connection:
                for name, a, b, c in together:
                    getattr(self, name)(connection, a, b, c)
        except AttestError:  # which an act may well meet with
            with self.database.reading() as connection:
                for noun, table in (("claim", NOW.claim), ("said", NOW.attribution)):
                    self.ids[noun] = list(connection.scalars(select(table.c.id).order_by(table.c.id)))

    def create(self, connection: Connection, a: int, b: int, c: int) -> None:
        stage = (Stage.PUBLISHED, Stage.DRAFT)[a % 2]
        said = [self.said(one) for one in (a, b, a)[:c]]
        new = ClaimCreate(**self.proposition(a, b, c), stage=stage, attributions=said, key=f"made {self.number()}")
        self.ids["claim"].append(claims.create(connection, self.actor, new, "Recorded."))
        self.learn(connection)

    def correct(self, connection: Connection, a: int, b: int, c: int) -> None:
        fields = self.proposition(a, b, c)
        some = {name: fields[name] for name in list(fields)[b % 3 :]}
        self.amend(connection, a, **some)

    def publish(self, connection: Connection, a: int, _b: int, _c: int) -> None:
        self.amend(connection, a, stage=Stage.PUBLISHED)

    def withdraw(self, connection: Connection, a: int, _b: int, _c: int) -> None:
        self.amend(connection, a, stage=Stage.WITHDRAWN, notice="Wrong.")

    def annotate(self, connection: Connection, a: int, b: int, _c: int) -> None:
        self.amend(connection, a, note=f"Note {b}.")

    def attribute(self, connection: Connection, a: int, b: int, _c: int) -> None:
        if self.ids["claim"]:
            new = AttributionCreate(claim=self.one("claim", a), **self.said(b).model_dump())
            attributions.create(connection, self.actor, new, "Said.")
            self.learn(connection)

    def correct_attribution(self, connection: Connection, a: int, b: int, c: int) -> None:
        if self.ids["said"]:
            changes: dict[str, Any] = {"source": self.one("source", b)} if c % 2 else {}
            changed = AttributionCorrection(reason="Corrected.", withdrawn=bool(b % 2), **changes)
            attributions.correct(connection, self.actor, self.one("said", a), changed, None)

    def import_file(self, connection: Connection, a: int, b: int, c: int) -> None:
        """New claims and others anew, with decisions; some twice, with other figures."""
        decision = {"rationale": f"Why {b}.", "decided_on": f"2025-01-{10 + c}", "decided_by": "Desk"}
        status = ("unconfirmed", "unverifiable", "corroborated")[a % 3]
        lines = []
        for number in {a % 4, b % 4, c % 4}:
            said = [self.said(one + number).model_dump(mode="json") | {"key": str(one)} for one in (a, b)[:c]]
            fields = {**self.proposition(a + number, b, c), "key": f"filed {number}", "attributions": said}
            lines.append({**fields, "reviews": [{"status": status, **decision}] if b % 2 else []})
            if c % 2:
                lines.append({**fields, **self.proposition(b, c, a)})
                lines.append({**fields, "joins": f"made {number}", "key": f"joining {number}"})
        self.file = "\n".join(json.dumps({"record": "claim", **line}) for line in lines).encode()
        self.import_again(connection, a, b, c)

    def import_again(self, connection: Connection, _a: int, _b: int, _c: int) -> None:
        imports.load(connection, self.actor, attest_json.read(BytesIO(self.file)), format="attest_json", reason="Read.")
        self.learn(connection)

    def import_dry(self, connection: Connection, a: int, b: int, c: int) -> None:
        with self.database.reading() as before:
            known = [list(before.scalars(select(table.c.id))) for table in (NOW.claim, NOW.attribution)]
        self.import_file(connection, a, b, c)
        connection.rollback()
        self.ids["claim"], self.ids["said"] = known

    # --- what acts are made of ---

    def amend(self, connection: Connection, number: int, **fields: Any) -> None:
        if self.ids["claim"]:
            change = ClaimCorrection(reason="Corrected.", **fields)
            claims.correct(connection, self.actor, self.one("claim", number), change, None)

    def proposition(self, a: int, b: int, c: int) -> dict[str, Any]:
        figure = {"metric": METRICS[a % 2], "unit": "soldiers", "qualifier": "exact", "best": b}
        other = {"metric": METRICS[c % 2], "unit": "soldiers", "qualifier": "at_least", "low": c}
        return {
            "kind": KINDS[b % len(KINDS)],
            "statement": f"Statement {a}.",
            "topic": self.one("topic", c) if a % 3 else None,
            "quantities": [figure, other][: c % 3],
        }

    def said(self, number: int) -> ClaimAttributionCreate:
        return ClaimAttributionCreate(source=self.one("source", number), stance="asserts")  # type: ignore[arg-type]  # pydantic converts it

    def one(self, noun: str, number: int) -> str:
        return self.ids[noun][number % len(self.ids[noun])]

    def number(self) -> int:
        return len(self.ids["claim"])

    def learn(self, connection: Connection) -> None:
        for noun, table in (("claim", NOW.claim), ("said", NOW.attribution)):
            self.ids[noun] = list(connection.scalars(select(table.c.id).order_by(table.c.id)))


@contextmanager
def desk(engine: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk at a fresh database: each example begins anew, else a failure could not be made smaller."""
    with TemporaryDirectory() as folder:
        if engine == "sqlite":
            shutil.copy(request.getfixturevalue("sqlite_template"), Path(folder) / "attest.db")
            url = f"sqlite:///{folder}/attest.db"
        else:
            url = postgres.create_database(template=request.getfixturevalue("postgresql_template"))
        database = Database(url, pool_size=2)
        with database.writing() as connection:
            at_work = Desk(database, actors.system(connection, "Test"))
            for number in range(3):
                source = SourceCreate(name=f"Source {number}", kind="government")  # type: ignore[arg-type]  # pydantic converts it
                at_work.ids["source"].append(sources.create(connection, at_work.actor, source, "Recorded."))
                topic = TopicCreate(title=f"How many? {number}", subject="soldiers", metric_family="strength")  # type: ignore[arg-type]  # pydantic converts it
                at_work.ids["topic"].append(topics.create(connection, at_work.actor, topic, "Recorded."))
        yield at_work
        database.close()
        if engine != "sqlite":
            postgres.drop_database(url)


@dataclass(frozen=True)
class Counted:
    """What a claim counts for, read from the record as plainly as can be."""

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


def counted(connection: Connection, record: Record) -> list[Counted]:
    """Every claim of the record."""
    claim, figure, said = record.claim, record.quantity, record.attribution
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
    for claim_id, source in connection.execute(select(said.c.claim_id, said.c.source_id).where(~said.c.withdrawn)):
        values[claim_id]["source"].add(source)
    return [Counted(row["stage"], row["kind"], row["status"], values[row["id"]]) for row in rows]


def cells(those: Iterable[Counted]) -> Totals:
    """The cells of the counters that these claims make."""
    totals: Counter[claim_counters.Cell] = Counter()
    for one in those:
        totals[ANY, one.stage, one.kind, one.status, ANY] += 1
        for facet, values in one.values.items():
            for value in values:
                totals[facet, one.stage, one.kind, one.status, value] += 1
                totals[facet, one.stage, ANY, ANY, value] += 1
    return dict(totals)


def on_counters(connection: Connection, seq: int | None) -> Totals:
    """What the counters say."""
    table = claim_counters.totals(seq)
    rows = connection.execute(select(table).where(table.c.claims != 0)).mappings()
    return {(row["facet"], row["stage"], row["kind"], row["status"], row["value"]): row["claims"] for row in rows}


def plainly(those: Iterable[Counted], query: ClaimQuery, facet: Facet) -> dict[str, int]:
    """A facet of a list, counted claim by claim."""
    found: Counter[str] = Counter()
    for one in those:
        if one.has(query):
            found.update(one.values.get(facet) or [])
            if facet not in one.values:
                found[getattr(one, facet)] += 1
    return dict(found)


def everything(connection: Connection) -> list[list[Any]]:
    """All rows of the counters, in an order of ours."""
    tables = table_of(ClaimCount), table_of(ClaimCountHistory)
    return [sorted(map(tuple, connection.execute(select(table)))) for table in tables]


ACTS = (
    "create", "correct", "publish", "withdraw", "annotate", "attribute", "correct_attribution", "import_file",
    "import_again", "import_dry",
)  # fmt: skip

act = st.tuples(st.sampled_from(ACTS), *(st.integers(0, 5) for _ in range(3)))

A_WEEK = [
    [("create", 0, 0, 2), ("create", 1, 1, 3)], [("publish", 1, 0, 0)], [("import_file", 1, 3, 2)],
    [("import_again", 0, 0, 0)], [("correct", 0, 1, 2)], [("attribute", 0, 1, 0), ("attribute", 0, 1, 0)],
    [("correct_attribution", 0, 1, 1)], [("correct_attribution", 1, 1, 0)], [("correct_attribution", 1, 0, 0)],
    [("import_dry", 2, 1, 5)], [("import_file", 2, 1, 3)], [("withdraw", 0, 0, 0)], [("annotate", 0, 0, 0)],
    [("correct", 1, 2, 4), ("correct", 1, 0, 1), ("correct", 0, 0, 5)],
]  # fmt: skip
"""One of everything, in an order in which each has something to work upon."""

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
@given(acts=st.lists(st.lists(act, min_size=1, max_size=3), min_size=3, max_size=6))
@example(acts=A_WEEK)
def test_counters_hold_what_counting_gives(
    engine: str, request: pytest.FixtureRequest, acts: list[list[tuple[str, int, int, int]]]
) -> None:
    with desk(engine, request) as at_work:
        for together in acts:
            # A dry run ends its transaction, so it is alone in it.
            dry = [one for one in together if one[0] == "import_dry"][:1]
            at_work.do(dry or together)
            with at_work.database.reading() as connection:
                assert on_counters(connection, None) == cells(counted(connection, NOW))

        with at_work.database.reading() as connection:
            last = connection.execute(select(table_of(Head).c.seq)).scalar_one()
            for seq in range(last + 1):
                assert on_counters(connection, seq) == cells(counted(connection, at_seq(seq))), seq
            for record in (NOW, at_seq(last // 2), at_seq(0)):
                those = counted(connection, record)
                for fields in QUERIES:
                    check_facets(connection, record, fields, at_work, those)

        with at_work.database.writing() as connection:
            kept = everything(connection)
            claim_counters.rebuild(connection)
            assert everything(connection) == kept
        # The migration counts what was there before it, as it was after each change.
        migrate.downgrade(at_work.database, "0003")
        migrate.upgrade(at_work.database)
        with at_work.database.reading() as connection:
            assert everything(connection) == kept


def check_facets(
    connection: Connection, record: Record, fields: dict[str, Any], at_work: Desk, those: list[Counted]
) -> None:
    topic = {"topic": at_work.one("topic", int(fields["topic"]))} if "topic" in fields else {}
    query = ClaimQuery(**{**fields, **topic}, facets=",".join(FACETS))
    matching = claim_lists.ids_of(connection, record, query, at_work.actor)
    stages = query.stage or [Stage.PUBLISHED]
    found = facets.count(connection, record, query, facets=FACETS, stages=stages, matching=matching)
    assert found == {facet: plainly(those, query, facet) for facet in FACETS}, fields


@pytest.mark.parametrize(
    ("fields", "told"),
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
def test_which_facets_the_counters_tell(fields: dict[str, Any], told: set[Facet]) -> None:
    query = ClaimQuery(**fields)

    assert {facet for facet in FACETS if facets.counters_for(facet, query) is not None} == told

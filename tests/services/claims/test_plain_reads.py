"""The API returns what a plain reader of the record returns, on records in which every field occurs.

The service reads fast: one compiled statement for a whole claim, its rows carried as JSON. The plain reader
(`tests.support.plain_record`) is written to be obvious. Both must agree on every claim, every list, the estimates of
every topic and an export, now and as of earlier moments, for a reader without a key and for a fact-checker.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.revisions import revision_table
from app.db.schema import table_of
from app.formats.parsing.import_rows import RECORD_ADAPTER
from app.models import Change, Claim
from app.schemas.base.fields import Read
from app.schemas.claim import ClaimPage, ClaimRead
from app.schemas.estimate import EstimatesPage
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord
from app.vocabulary import PUBLIC_STAGES, Role, Stage
from tests.conftest import ENGINES
from tests.support.desk import (
    EVERY_ACTION,
    INITIAL_ACTIONS,
    KINDS,
    MERGING_ACTIONS,
    STANCES,
    Action,
    Desk,
    action_strategy,
    issue_key_headers,
    open_desk,
)
from tests.support.plain_estimates import PlainEstimates
from tests.support.plain_exports import PlainExports
from tests.support.plain_record import Params, Query

# --- queries ---


def up_to_two_of(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True)


PUBLIC = ("published", "withdrawn")
FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "kind": up_to_two_of(*KINDS),
    "status": up_to_two_of("unassessed", "unconfirmed", "disputed"),
    "stage": up_to_two_of(*PUBLIC, "draft", "in_review"),
    "topic": st.integers(0, 3),
    "source": st.integers(0, 5),
    "stance": up_to_two_of(*STANCES),
    "metric": up_to_two_of("present", "killed", "wounded"),
    "value_min": st.sampled_from([0, 0.0001, 0.001, 2.25, 11000, 10000.0, 99999999999.9999]),
    "value_max": st.sampled_from([0, 0.0001, 2, 11000, 99999999999, 99999999999.9999]),
    "place": st.sampled_from(["курс", "% of a_", "CANKIRI", "a%b"]),
    "date_from": st.sampled_from(["2024-10-01", "2024-12-01", "2025-01-12", "2025-01-31", "2025-02-01"]),
    "date_to": st.sampled_from(["0001-01-01", "2024-11-30", "2025-01-01", "2025-01-12"]),
}
SORTS = ("-date", "date", "-recorded", "recorded", "-id", "id")
ALL = {"stage": [str(stage) for stage in Stage]}


@st.composite
def query_strategy(draw: st.DrawFn) -> Query:
    """A list with up to three filters, in some order; mostly of all stages, so that the filters match something."""
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
"""Queries for the estimates of each topic."""


class PlainReader(PlainEstimates, PlainExports):
    """The plain reader of claims, lists, estimates and exports."""


class Comparison:
    """Compares the responses of the API with the plain reader."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        key = issue_key_headers(desk.database, Role.FACT_CHECKER)
        self.readers = [({}, PUBLIC_STAGES), (key, frozenset(Stage))]
        with Session(desk.database.engine) as session:
            self.moments = {change.seq: change.at for change in session.scalars(select(Change))}

    def plain_reader(self, seq: int | None) -> PlainReader:
        with Session(self.desk.database.engine) as session:
            return PlainReader(session, seq)

    def read_body(self, path: str, headers: dict[str, str], params: Params) -> Any:
        """The body of a response; None for 404."""
        response = self.desk.api.get(path, params=params, headers=headers, follow_redirects=False)
        if response.status_code == 404:
            return None
        assert response.status_code in (200, 307), response.text  # 307: a merged claim
        shape: type[Read] = ClaimRead
        if path == "claims":
            shape = ClaimPage
        elif path.endswith("/estimates"):
            shape = EstimatesPage
        # The service does not build the body with the schema, but the body must match it.
        body = response.json()
        assert shape.model_validate_json(response.content, extra="forbid").model_dump(mode="json") == body
        if shape is EstimatesPage:
            # The order of the conflicts is undefined.
            body["conflicts"].sort(key=str)
        return body

    def as_of(self, seq: int | None) -> Params:
        """The moment of a change, as a parameter; empty for the present."""
        return {} if seq is None else {"as_of": self.moments[seq].isoformat()}

    def compare_claims(self, record: PlainReader) -> None:
        for claim_id in self.desk.ids["claims"]:
            claim = record.claims.get(claim_id)
            for headers, stages in self.readers:
                expected = (
                    record.read_claim(claim, stages).model_dump(mode="json")
                    if claim is not None and claim.stage in stages
                    else None
                )
                body = self.read_body(f"claims/{claim_id}", headers, self.as_of(record.seq))
                assert body == expected, f"{claim_id} as of {record.seq}"

    def compare_versions(self) -> None:
        with Session(self.desk.database.engine) as session:
            table = revision_table(table_of(Claim))
            rows = session.execute(select(table.c.id, table.c.version, table.c.stage, table.c.change_seq)).all()
        for seq in sorted({row.change_seq for row in rows}):
            record = self.plain_reader(seq)
            for row in (row for row in rows if row.change_seq == seq):
                claim = record.claims[row.id]
                for headers, stages in self.readers:
                    hidden = row.stage not in stages or claim.stage not in stages
                    expected = None if hidden else record.read_claim(claim, stages).model_dump(mode="json")
                    assert self.read_body(f"claims/{row.id}/versions/{row.version}", headers, {}) == expected

    def compare_list(self, record: PlainReader, query: Query) -> None:
        expected = record.list_claims(query)
        is_desk_only = not set(query.params.get("stage", [])) <= PUBLIC_STAGES
        for headers, _stages in self.readers[1 if is_desk_only else 0 :]:
            params = {**query.params, **self.as_of(record.seq), "limit": query.limit}
            pages = []
            while True:
                page = self.read_body("claims", headers, params)
                pages.append(page["items"])
                if page["next"] is None:
                    break
                params["cursor"] = page["next"]
            items = [item for page in pages for item in page]
            assert [item["id"] for item in items] == [claim.id for claim in expected], (query, record.seq)
            assert items == [record.list_item(claim).model_dump(mode="json") for claim in expected], (query, record.seq)
            assert all(len(page) == query.limit for page in pages[:-1])

    def compare_estimates(self, record: PlainReader) -> None:
        for topic_id in self.desk.ids["topics"]:
            for query in ESTIMATES:
                if topic_id not in record.topics:
                    assert self.read_body(f"topics/{topic_id}/estimates", {}, self.as_of(record.seq)) is None
                    continue
                expected = record.estimates(topic_id, query).model_dump(mode="json")
                expected["conflicts"].sort(key=str)
                params = {**query, **self.as_of(record.seq)}
                for headers, _stages in self.readers:
                    assert self.read_body(f"topics/{topic_id}/estimates", headers, params) == expected, (
                        query,
                        record.seq,
                    )
                params["limit"] = 2
                pages = []
                while True:
                    page = self.read_body(f"topics/{topic_id}/estimates", {}, params)
                    pages.append(page)
                    if page["next"] is None:
                        break
                    params["cursor"] = page["next"]
                assert [item for page in pages for item in page["items"]] == expected["items"]
                assert all({**page, "items": [], "next": None} == {**expected, "items": []} for page in pages)

    def compare_exports(self, record: PlainReader) -> None:
        for (headers, stages), params in zip(self.readers, ({"stage": list(PUBLIC)}, ALL), strict=True):
            expected = record.export_records(record.list_claims(Query(params, 0)), stages)
            response = self.desk.api.get("export", params={**params, **self.as_of(record.seq)}, headers=headers)
            assert response.status_code == 200, response.text
            records = [RECORD_ADAPTER.validate_json(line) for line in response.text.splitlines()]
            claims = {exported.id: exported for exported in records if isinstance(exported, ClaimRecord)}
            assert claims == expected, record.seq
            preceding: set[str | None] = set()
            for exported in records:
                assert not isinstance(exported, NoteRecord)
                if not isinstance(exported, ClaimRecord):
                    assert exported == record.other_record(exported.record, str(exported.id))
                # Each record is exported once, after all records that it refers to.
                assert exported.id not in preceding
                assert set(referenced_names(exported)) <= preceding
                preceding |= {exported.id, exported.key or exported.id}


def referenced_names(record: Record) -> Iterator[str]:
    """The sources, documents and topics that a record refers to."""
    match record:
        case SourceRecord():
            names = [record.parent]
        case DocumentRecord():
            names = [record.publisher]
        case ClaimRecord():
            names = [record.topic, record.adverse_to, *(piece.document for piece in record.evidence)]
            names += [name for row in record.attributions for name in (row.source, row.document)]
            names += [name for ruling in record.rulings for name in ruling.sources]
            names += [name for check in record.fact_checks for name in (check.source, check.document)]
        case _:
            names = []
    yield from (name for name in names if name is not None)


@pytest.mark.parametrize("engine", ENGINES)
@settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    actions=st.lists(action_strategy, min_size=4, max_size=25),
    queries=st.lists(query_strategy(), min_size=3, max_size=15),
)
@example(actions=[*EVERY_ACTION, *MERGING_ACTIONS], queries=EVERY_QUERY)
def test_the_api_returns_what_the_plain_reader_returns(
    engine: str, request: pytest.FixtureRequest, actions: list[Action], queries: list[Query]
) -> None:
    with open_desk(engine, request, initial_actions=INITIAL_ACTIONS) as desk:
        for action in actions:
            desk.perform(*action)
        comparison = Comparison(desk)
        last = max(comparison.moments)
        for seq in (None, last, last * 3 // 4, last // 2, 2):
            record = comparison.plain_reader(seq)
            comparison.compare_claims(record)
            comparison.compare_estimates(record)
            comparison.compare_exports(record)
            for query in queries:
                comparison.compare_list(record, query.resolve_ids(desk))
        comparison.compare_versions()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_example_actions_cover_every_field_that_is_compared(engine: str, request: pytest.FixtureRequest) -> None:
    # Otherwise the comparison above might compare empty lists.
    with open_desk(engine, request, initial_actions=[*INITIAL_ACTIONS, *EVERY_ACTION]) as desk:
        claims = [desk.read_json(f"claims/{claim_id}") for claim_id in desk.ids["claims"]]

    assert desk.performed >= {name for name, *_numbers in EVERY_ACTION}
    for name in ("attributions", "evidence", "relations", "review", "fact_checks", "quantities", "topic", "adverse_to"):
        assert any(claim[name] for claim in claims), name
    attributions = [row for claim in claims for row in claim["attributions"]]
    for name in ("chain", "quote", "search", "document", "own_claim_id", "origin_id", "withdrawn"):
        assert any(row[name] for row in attributions), name
    assert any(claim["origins"]["pairs"] for claim in claims)
    assert {claim["stage"] for claim in claims} >= {"draft", "published", "withdrawn"}


def test_a_moment_between_two_changes_shows_the_earlier_one(request: pytest.FixtureRequest) -> None:
    with open_desk("sqlite", request) as desk:
        comparison = Comparison(desk)
        claim_id = desk.ids["claims"][0]
        path = f"claims/{claim_id}"
        with Session(desk.database.engine) as session:
            claim = session.get_one(Claim, claim_id)
            first = comparison.moments[claim.change_seq]
        just_before = (first - timedelta(microseconds=1)).astimezone(UTC)
        assert comparison.read_body(path, desk.headers, {"as_of": just_before.isoformat()}) is None
        assert comparison.read_body(path, desk.headers, {"as_of": first.isoformat()})["version"] == 1
        assert (
            comparison.read_body(path, desk.headers, {"as_of": datetime.now(UTC).isoformat()})["version"]
            == claim.version
        )

"""What the API answers is what plain reads of the record give, on a record in which everything occurs.

Reads are made to be fast: one statement for a whole claim, compiled once, its rows carried as JSON. Here stands another
reader that is made to be obvious (`tests.support.plain_record`). Both must say the same of every claim, of every list,
of every topic's estimates and in an export, now and as of earlier moments, to a reader without a key and to a
fact-checker.
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
    STANCES,
    Action,
    Desk,
    action_strategy,
    open_desk,
    issue_key_headers,
)
from tests.support.plain_estimates import PlainEstimates
from tests.support.plain_exports import PlainExports
from tests.support.plain_record import Params, Query

# --- what is asked ---


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


class Plain(PlainEstimates, PlainExports):
    """The plain reader of everything."""


class Comparison:
    """Asks the API, and the plain reader, and compares."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        key = issue_key_headers(desk.database, Role.FACT_CHECKER)
        self.readers = [({}, PUBLIC_STAGES), (key, frozenset(Stage))]
        with Session(desk.database.engine) as session:
            self.moments = {change.seq: change.at for change in session.scalars(select(Change))}

    def plain(self, seq: int | None) -> Plain:
        with Session(self.desk.database.engine) as session:
            return Plain(session, seq)

    def ask(self, path: str, headers: dict[str, str], params: Params) -> Any:
        """The body of an answer; None for 404."""
        answer = self.desk.api.get(path, params=params, headers=headers, follow_redirects=False)
        if answer.status_code == 404:
            return None
        assert answer.status_code in (200, 307), answer.text  # where a claim gave way to another, it is there as well
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

    def whole_claims(self, record: Plain) -> None:
        for claim_id in self.desk.ids["claims"]:
            claim = record.claims.get(claim_id)
            for headers, stages in self.readers:
                expected = (
                    record.read_claim(claim, stages).model_dump(mode="json")
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
                    expected = None if hidden else record.read_claim(claim, stages).model_dump(mode="json")
                    assert self.ask(f"claims/{row.id}/versions/{row.version}", headers, {}) == expected

    def list_of(self, record: Plain, query: Query) -> None:
        expected = record.list_claims(query)
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
            assert found == [record.list_item(claim).model_dump(mode="json") for claim in expected], (query, record.seq)
            assert all(len(page) == query.limit for page in pages[:-1])

    def estimates(self, record: Plain) -> None:
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

    def exports(self, record: Plain) -> None:
        for (headers, stages), params in zip(self.readers, ({"stage": list(PUBLIC)}, ALL), strict=True):
            expected = record.export_records(record.list_claims(Query(params, 0)), stages)
            answer = self.desk.api.get("export", params={**params, **self.as_of(record.seq)}, headers=headers)
            assert answer.status_code == 200, answer.text
            found = [RECORD_ADAPTER.validate_json(line) for line in answer.text.splitlines()]
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
@given(acts=st.lists(action_strategy, min_size=4, max_size=25), asked=st.lists(queries(), min_size=3, max_size=15))
@example(acts=EVERY_ACTION, asked=EVERY_QUERY)
def test_the_api_answers_what_plain_reads_give(
    engine: str, request: pytest.FixtureRequest, acts: list[Action], asked: list[Query]
) -> None:
    with open_desk(engine, request, initial_actions=INITIAL_ACTIONS) as desk:
        for one in acts:
            desk.perform(*one)
        compared = Comparison(desk)
        last = max(compared.moments)
        for seq in (None, last, last * 3 // 4, last // 2, 2):
            record = compared.plain(seq)
            compared.whole_claims(record)
            compared.estimates(record)
            compared.exports(record)
            for query in asked:
                compared.list_of(record, query.resolve_ids(desk))
        compared.versions()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_week_at_the_desk_has_everything_in_it(engine: str, request: pytest.FixtureRequest) -> None:
    # So that what is compared above is not two empty records.
    with open_desk(engine, request, initial_actions=[*INITIAL_ACTIONS, *EVERY_ACTION]) as desk:
        claims = [desk.read_json(f"claims/{claim_id}") for claim_id in desk.ids["claims"]]

    assert desk.performed >= {name for name, *_numbers in EVERY_ACTION}
    for name in ("attributions", "evidence", "relations", "review", "fact_checks", "quantities", "topic", "adverse_to"):
        assert any(claim[name] for claim in claims), name
    said = [one for claim in claims for one in claim["attributions"]]
    for name in ("chain", "quote", "search", "document", "own_claim_id", "origin_id", "withdrawn"):
        assert any(one[name] for one in said), name
    assert any(claim["origins"]["pairs"] for claim in claims)
    assert {claim["stage"] for claim in claims} >= {"draft", "published", "withdrawn"}


def test_a_moment_between_two_changes_is_that_of_the_first(request: pytest.FixtureRequest) -> None:
    with open_desk("sqlite", request) as desk:
        compared = Comparison(desk)
        claim_id = desk.ids["claims"][0]
        path = f"claims/{claim_id}"
        with Session(desk.database.engine) as session:
            claim = session.get_one(Claim, claim_id)
            first = compared.moments[claim.change_seq]
        just_before = (first - timedelta(microseconds=1)).astimezone(UTC)
        assert compared.ask(path, desk.headers, {"as_of": just_before.isoformat()}) is None
        assert compared.ask(path, desk.headers, {"as_of": first.isoformat()})["version"] == 1
        assert compared.ask(path, desk.headers, {"as_of": datetime.now(UTC).isoformat()})["version"] == claim.version

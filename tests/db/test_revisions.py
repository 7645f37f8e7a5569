"""The revision store: recorded rows are never altered, and no change is lost or out of order."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Table, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from app import clock
from app.db import migrate
from app.db.engine import Database
from app.db.revisions import revision_table
from app.db.schema import table_of
from app.models import APPEND_ONLY, VERSIONED, Change, Claim, DumpLoad, Head, VersionHolder
from app.vocabulary import Role
from tests.support.writers import run_processes

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

APPEND_ONLY_TABLES = [table_of(model) for model in APPEND_ONLY] + [
    revision_table(table_of(model)) for model in VERSIONED
]
"""Every table whose rows must never change. The list comes from the models, so a new table is included."""

WRITERS = 16


# --- append-only tables ---


@pytest.fixture
def captured_document(api: TestClient, editor: Headers, record: Record) -> str:
    """The id of a document with a capture."""
    document_id = str(record("documents", title="Briefing")["id"])
    response = api.post(f"documents/{document_id}/captures", content=b"<p>Words.</p>", headers=editor)
    assert response.status_code == 201, response.text
    return document_id


@pytest.fixture
def full_record(
    api: TestClient,
    editor: Headers,
    record: Record,
    correct: Record,
    captured_document: str,
) -> None:
    """At least one row in every table of the record."""
    first_source, second_source = (record("sources", name=name, key=name)["id"] for name in ("One", "Two"))
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 1}
    topic = record("topics")
    record("topics", distinct_from=[topic["id"]])
    first = record("claims", topic=topic["id"], quantities=[figure])
    second = record(
        "claims",
        key="second",
        attributions=[
            {"source": source, "stance": "asserts", "lineage": "original"} for source in (first_source, second_source)
        ],
        evidence=[{"document": captured_document, "role": "context"}],
        relations=[{"relation": "refines", "other_claim": first["id"]}],
    )
    correct("claims", second["id"], note="Corrected.")
    ruling = {
        "sources": [first_source, second_source],
        "ruling": "established",
        "reason": "They do not know each other.",
    }
    assert api.post(f"claims/{second['id']}/independence-rulings", json=ruling, headers=editor).status_code == 201
    decision = {"status": "unconfirmed", "rationale": "Said.", "decided_on": "2025-01-13", "decided_by": "Desk"}
    line = {
        "record": "claim",
        "key": "second",
        "kind": "troop_estimate",
        "statement": second["statement"],
        "reviews": [decision],
        "fact_checks": [{"source": "One", "verdict": "True", "original": {"@type": "ClaimReview"}}],
    }
    report = api.post("imports", content=json.dumps(line), headers=editor).raise_for_status().json()
    assert (report["revised"], report["refusals"]) == (1, [])
    rating = {"reliability": "B", "rationale": "Borne out."}
    assert api.post(f"sources/{first_source}/proposals", json=rating, headers=editor).status_code == 201


@pytest.fixture
def signed_record(
    api: TestClient, editor: Headers, full_record: None, key_of: Callable[[Role], Headers], database: Database
) -> None:
    """The full record, a proposal that another person has signed, and the trace of a dump that was loaded."""
    (proposal,) = api.get("proposals", headers=editor).json()["items"]
    approval = {"verdict": "approve"}
    response = api.post(f"proposals/{proposal['id']}/sign-offs", json=approval, headers=key_of(Role.ADMIN))
    assert response.status_code == 201
    with database.writing() as connection:
        claim_id = connection.scalar(select(table_of(Claim).c.id).limit(1))
        origin = {"publisher": "Another", "address": "https://another.example/api/v1", "change_seq": 1}
        loaded_at = {"recorded_at": datetime(2025, 1, 12, tzinfo=UTC)}
        connection.execute(insert(table_of(DumpLoad)).values(**origin, **loaded_at, as_of=loaded_at["recorded_at"]))
        connection.execute(
            insert(table_of(VersionHolder)).values(**origin, **loaded_at, claim_id=claim_id, through_version=1)
        )


def rows_of(connection: Connection, table: Table) -> list[Any]:
    return list(connection.execute(select(table).order_by(*table.primary_key)).all())


def alterations(table: Table, *, sqlite: bool) -> dict[str, str]:
    """Minimal statements that would alter or remove rows of a table, by name."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    plain = next(column.name for column in table.columns if not column.primary_key)
    same_again = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {table.name} WHERE true"  # noqa: S608 - names of our own tables
    statements = {
        "update": f'UPDATE {table.name} SET "{plain}" = "{plain}"',  # noqa: S608 - names of our own tables
        "update the key": f"UPDATE {table.name} SET ({keys}) = (SELECT {keys})",  # noqa: S608 - names of our own tables
        "delete": f"DELETE FROM {table.name}",  # noqa: S608 - names of our own tables
        "upsert": f'{same_again} ON CONFLICT ({keys}) DO UPDATE SET "{plain}" = excluded."{plain}"',
    }
    if sqlite:
        return statements | {
            "replace": same_again.replace("INSERT", "INSERT OR REPLACE", 1),
            "update or replace": statements["update"].replace("UPDATE", "UPDATE OR REPLACE", 1),
            "replace by row number": same_again.replace("INSERT", "REPLACE", 1)
            .replace("(", "(rowid, ", 1)
            .replace("SELECT", "SELECT rowid,", 1),
        }
    return statements | {
        "truncate": f"TRUNCATE {table.name}",
        "truncate with what refers to it": f"TRUNCATE {table.name} CASCADE",
        "merge": f'MERGE INTO {table.name} t USING {table.name} s ON t."{plain}" = s."{plain}" '
        "WHEN MATCHED THEN DELETE",
    }


@pytest.mark.usefixtures("signed_record")
def test_recorded_rows_cannot_be_altered_or_removed(database: Database) -> None:
    for table in APPEND_ONLY_TABLES:
        with database.reading() as connection:
            before = rows_of(connection, table)
        assert before, f"the test needs a row of {table.name}"
        for name, statement in alterations(table, sqlite=database.is_sqlite).items():
            # PostgreSQL refuses to truncate a referenced table before it fires a trigger.
            expected = f"{table.name} is append-only|cannot truncate a table referenced in a foreign key"
            if name == "truncate with what refers to it":
                expected = "is append-only"
            with pytest.raises(DBAPIError, match=expected), database.writing() as connection:
                connection.exec_driver_sql(statement)
        with database.reading() as connection:
            assert rows_of(connection, table) == before


@pytest.mark.usefixtures("full_record")
def test_an_object_with_versions_cannot_be_removed(database: Database) -> None:
    for model in VERSIONED:
        table = table_of(model)
        removals = [f"DELETE FROM {table.name}"]  # noqa: S608 - names of our own tables
        if not database.is_sqlite:
            removals.append(f"TRUNCATE {table.name} CASCADE")
        for removal in removals:
            message = "(?i)foreign key constraint|is append-only"
            with pytest.raises(DBAPIError, match=message), database.writing() as connection:
                connection.exec_driver_sql(removal)


def test_exactly_the_append_only_tables_have_triggers(database: Database) -> None:
    catalogue = (
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_refuses\\_%' ESCAPE '\\'"
        if database.is_sqlite
        else "SELECT relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE tgname LIKE '%\\_refuses\\_%'"
    )
    with database.reading() as connection:
        protected = set(connection.scalars(text(catalogue)))
        all_tables = set(inspect(connection).get_table_names())
    log = {"log_checkpoint", "log_commitment", "log_leaf", "log_node"}
    assert protected == {table.name for table in APPEND_ONLY_TABLES} | log
    # The other tables hold bookkeeping, the present state of objects with revisions, or data derived from these. A new
    # table must be added to one of these sets.
    versioned = {table_of(model).name for model in VERSIONED}
    rest = {name for name in all_tables - protected - versioned if not name.startswith("search_index")}
    derived = {"claim_count", "claim_count_history", "equality_key", "search_text", "stale_period"}
    accounts = {"api_key", "api_key_scope", "idempotent_answer", "log_salt", "person"}
    transient = {"assignment", "review_request"}
    assert rest == {"alembic_version", "head"} | accounts | derived | transient


# --- concurrent writers ---


def changes(database: Database) -> list[Any]:
    with database.reading() as connection:
        return rows_of(connection, table_of(Change))


def assert_nothing_was_lost(database: Database, claim: dict[str, Any], corrections: int) -> None:
    recorded_changes = changes(database)
    assert [change.seq for change in recorded_changes] == list(range(1, len(recorded_changes) + 1))
    assert all(earlier.at < later.at for earlier, later in pairwise(recorded_changes))
    head, versions = table_of(Head), revision_table(table_of(Claim))
    with database.reading() as connection:
        assert connection.execute(select(head.c.seq, head.c.at)).one() == (
            recorded_changes[-1].seq,
            recorded_changes[-1].at,
        )
        recorded_versions = connection.scalars(
            select(versions.c.version).where(versions.c.id == claim["id"]).order_by(versions.c.change_seq)
        ).all()
    assert recorded_versions == list(range(1, corrections + 2))


@pytest.fixture
def counter(record: Record) -> dict[str, Any]:
    """A claim with the figure 0, which writers increment."""
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 0}
    return record("claims", quantities=[figure])


def test_parallel_writers_over_the_api_lose_nothing(
    api: TestClient, editor: Headers, database: Database, counter: dict[str, Any]
) -> None:
    times = 2

    def add_one(writer: int) -> list[int]:
        reached: list[int] = []
        while len(reached) < times:
            before = api.get(f"claims/{counter['id']}")
            figure = before.json()["quantities"][0]
            body = {"reason": f"Writer {writer}", "quantities": [{**figure, "best": figure["best"] + 1}]}
            headers = {**editor, "If-Match": before.headers["ETag"]}
            response = api.patch(f"claims/{counter['id']}", json=body, headers=headers)
            assert response.status_code in (200, 412), response.text
            if response.status_code == 200:
                reached.append(response.json()["quantities"][0]["best"])
        return reached

    with ThreadPoolExecutor(WRITERS) as pool:
        reached = list(pool.map(add_one, range(WRITERS)))

    # Every writer read the figure that the previous one wrote, so each number was reached once.
    assert sorted(number for numbers in reached for number in numbers) == list(range(1, WRITERS * times + 1))
    assert_nothing_was_lost(database, counter, WRITERS * times)
    entries = api.get(f"claims/{counter['id']}/history").json()["items"][1:]
    assert [entry["changes"][0]["after"] for entry in entries] == list(range(1, WRITERS * times + 1))
    assert [int(entry["reason"].removeprefix("Writer ")) for entry in entries] == [
        next(writer for writer, numbers in enumerate(reached) if number in numbers)
        for number in range(1, WRITERS * times + 1)
    ]


def test_parallel_processes_lose_nothing(api: TestClient, database: Database, counter: dict[str, Any]) -> None:
    times = 1

    codes = run_processes(database.url, counter["id"], writers=WRITERS, times=times)

    assert codes == [0] * WRITERS
    assert api.get(f"claims/{counter['id']}").json()["quantities"][0]["best"] == WRITERS * times
    assert_nothing_was_lost(database, counter, WRITERS * times)


def test_parallel_writers_of_new_objects_take_turns(api: TestClient, editor: Headers, database: Database) -> None:
    def post(number: int) -> int:
        body = {"name": f"Source {number}", "kind": "other", "key": f"key {number // 2}"}
        return api.post("sources", json=body, headers=editor).status_code

    with ThreadPoolExecutor(WRITERS) as pool:
        statuses = list(pool.map(post, range(2 * WRITERS)))

    # Of each two sources with the same key one is refused, and it uses no change number.
    assert sorted(statuses) == [201] * WRITERS + [422] * WRITERS
    assert [change.seq for change in changes(database)] == list(range(1, WRITERS + 1))


# --- change numbers and times ---


def test_a_clock_set_back_never_dates_a_change_before_its_predecessor(
    api: TestClient, database: Database, record: Record, correct: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = record("claims", statement="First.")
    correct("claims", claim["id"], statement="Second.")
    past = datetime(2001, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: past)

    third = correct("claims", claim["id"], statement="Third.")
    fourth = correct("claims", claim["id"], statement="Fourth.")

    recorded_changes = changes(database)
    assert [change.seq for change in recorded_changes] == [1, 2, 3, 4]
    assert all(earlier.at < later.at for earlier, later in pairwise(recorded_changes))
    assert recorded_changes[3].at - recorded_changes[1].at == timedelta(microseconds=2)
    # Moments that the service returned can be read, although they are in the future of this clock.
    for version in (third, fourth):
        response = api.get(f"claims/{claim['id']}", params={"as_of": version["recorded_at"]})
        assert (response.status_code, response.json().get("statement")) == (200, version["statement"])
    later = (recorded_changes[3].at + timedelta(microseconds=1)).isoformat()
    assert api.get(f"claims/{claim['id']}", params={"as_of": later}).status_code == 422


def test_a_write_that_changes_nothing_uses_no_change_number(
    api: TestClient, editor: Headers, database: Database, record: Record, correct: Record
) -> None:
    source, other, document = record("sources", key="s"), record("sources", name="Other"), record("documents")
    topic = record("topics", period="2025")
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 1.5}
    first = record("claims", statement="First.")
    claim = record(
        "claims",
        topic=topic["id"],
        time="2025-01~",
        place="Kursk",
        quantities=[figure],
        attributions=[{"source": source["id"], "stance": "asserts", "quote": {"exact": "so"}, "said": "2025"}],
        evidence=[{"document": document["id"], "role": "context"}],
        relations=[{"relation": "updates", "other_claim": first["id"]}],
    )
    before = changes(database)

    same: list[tuple[str, str, dict[str, Any]]] = [
        ("sources", source["id"], {"name": source["name"], "other_names": []}),
        ("topics", topic["id"], {"title": topic["title"], "period": "2025", "note": None}),
        ("documents", document["id"], {"title": None, "kind": "article"}),
        ("claims", claim["id"], {"quantities": [figure], "place": "Kursk", "time": "2025-01~", "topic": topic["id"]}),
        ("attributions", claim["attributions"][0]["id"], {"source": "s", "quote": {"exact": "so"}, "said": "2025"}),
        ("evidence", claim["evidence"][0]["id"], {"role": "context", "independent": None}),
        ("relations", claim["relations"][0]["id"], {"note": None, "withdrawn": False}),
    ]
    for plural, identifier, fields in same:
        version = api.get(f"{plural}/{identifier}").json()["version"]
        assert correct(plural, identifier, **fields)["version"] == version, plural

    response = api.post("claims", json={"kind": "other", "statement": "x", "topic": "nowhere"}, headers=editor)
    assert response.status_code == 422
    lines = [
        {"record": "source", "key": "s", "name": source["name"], "kind": source["kind"]},
        {"record": "claim", "id": claim["id"], "kind": claim["kind"], "statement": claim["statement"]},
        {"record": "claim", "kind": "other", "statement": "x", "topic": "nowhere"},
    ]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert (report["unchanged"], report["refused"]) == (2, 1)
    dry = {"record": "source", "key": "dry", "name": "Dry run", "kind": "other"}
    api.post("imports", params={"dry_run": True}, content=json.dumps(dry), headers=editor).raise_for_status()

    assert changes(database) == before
    correct("sources", other["id"], name="Another")
    assert changes(database)[-1].seq == before[-1].seq + 1


def test_every_object_has_consecutive_versions_and_the_last_is_its_present_state(
    full_record: None, database: Database
) -> None:
    for model in VERSIONED:
        table, versions = table_of(model), revision_table(table_of(model))
        with database.reading() as connection:
            current = {row.id: row for row in rows_of(connection, table)}
            last = select(versions.c.id, func.max(versions.c.version), func.count()).group_by(versions.c.id)
            version_counts = {row[0]: (row[1], row[2]) for row in connection.execute(last)}
            assert current, f"the test needs a row of {table.name}"
            stored_versions = {(row.id, row.version): row for row in rows_of(connection, versions)}
        assert version_counts == {identifier: (row.version, row.version) for identifier, row in current.items()}
        assert all(tuple(stored_versions[identifier, row.version]) == tuple(row) for identifier, row in current.items())


def test_the_migrations_are_read_from_the_repository() -> None:
    assert Path(__file__).resolve().parents[2] / "migrations" == migrate.MIGRATIONS


def test_an_import_that_changes_a_relation_gives_both_claims_a_new_version(
    api: TestClient, editor: Headers, record: Record
) -> None:
    other = record("claims", key="other")
    line = {"record": "claim", "key": "one", "kind": "other", "statement": "One.", "stage": "published"}
    relation = {"relation": "updates", "other_claim": "other"}
    for fields in ({}, {"note": "Noted."}, {"note": "Noted.", "withdrawn": True}):
        body = json.dumps({**line, "relations": [{**relation, **fields}]})
        assert api.post("imports", content=body, headers=editor).json()["refusals"] == []

        claims = api.get("claims").json()["items"]
        assert len(claims) == 2
        for claim in claims:
            now = api.get(f"claims/{claim['id']}").json()
            assert api.get(f"claims/{claim['id']}/versions/{now['version']}").json() == now

    assert api.get(f"claims/{other['id']}").json()["version"] == 4

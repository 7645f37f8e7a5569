"""Query plans of the statements that a service executes, with their real parameters.

On SQLite, EXPLAIN QUERY PLAN runs before each statement that goes through the driver, on the database itself and on a
copy with statistics. PostgreSQL reports the plan of each executed statement (auto_explain), with the rows per step.
"""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg.errors import Diagnostic
from sqlalchemy import event
from sqlalchemy.engine import make_url

from app.db.engine import Database
from app.services.queries.claim_filters import RARE_SOURCE_LIMIT

LARGE_TABLES = ("claim", "quantity", "attribution", "search_text", "claim_count")
"""Tables that grow with the record. Those of sources, topics and documents are small in comparison."""

MAX_ROWS_READ = RARE_SOURCE_LIMIT + 1
"""Rows of a large table that one step may read on PostgreSQL; SQLite does not report them. A service reads this many
to find out whether a source is rare, so a test's record should have twice as many."""

MAX_ROWS_SORTED = 200
"""Rows that may be sorted: the maximum size of a page."""

ROW_MULTIPLIER = 250
"""The factor by which the row counts in PostgreSQL's statistics are raised: small tables are best read by a scan."""


class PlanFault(NamedTuple):
    """A fault in a query plan."""

    kind: str
    """scan: a large table is read completely. sort: all matching rows are sorted, not only those of the page."""
    step: str
    """The step of the plan, as the engine describes it."""


class PlanRecorder:
    """The faults of the plans executed since they were last taken."""

    def __init__(self) -> None:
        self.statements = 0
        """The number of statements recorded in all."""
        self._faults: list[PlanFault] = []

    def add(self, faults: Iterator[PlanFault]) -> None:
        """Record faults."""
        self._faults += faults

    def take_faults(self) -> list[PlanFault]:
        """Return the recorded faults and forget them."""
        faults, self._faults = self._faults, []
        return faults


@contextmanager
def record_plans(database: Database) -> Iterator[PlanRecorder]:
    """Record the plans of all statements on a database, which must not have a connection yet."""
    recorder = PlanRecorder()
    if database.is_sqlite:
        with closing(_copy_with_statistics(database.url)) as twin:
            _record_sqlite_plans(database, twin, recorder)
            yield recorder
    else:
        _raise_row_counts(database.url)
        _record_postgresql_plans(database, recorder)
        yield recorder


# --- SQLite ---


def _copy_with_statistics(url: str) -> sqlite3.Connection:
    twin = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(sqlite3.connect(make_url(url).database or "")) as origin:
        origin.backup(twin)
    twin.execute("ANALYZE")
    return twin


def _record_sqlite_plans(database: Database, twin: sqlite3.Connection, recorder: PlanRecorder) -> None:
    class ExplainingCursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = (), /) -> "ExplainingCursor":
            if sql.lstrip().startswith(("SELECT", "WITH")):
                recorder.statements += 1
                # The database itself has no statistics, which is the usual case.
                for cursor in (sqlite3.Cursor(self.connection), sqlite3.Cursor(twin)):
                    recorder.add(_faults_in_sqlite(sql, cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()))
            return super().execute(sql, values)

    class ExplainingConnection(sqlite3.Connection):
        def cursor(self, factory: Any = ExplainingCursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, values: Any = (), /) -> Any:
            return self.cursor().execute(sql, values)

    @event.listens_for(database.engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: dict[str, Any]) -> sqlite3.Connection:
        return sqlite3.connect(*arguments, **options, factory=ExplainingConnection)


def _faults_in_sqlite(sql: str, plan: Sequence[Any]) -> Iterator[PlanFault]:
    tables = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", sql)}
    steps_by_parent: dict[int, list[str]] = defaultdict(list)
    details = {0: "the whole statement"}
    for number, parent, _unused, detail in plan:
        steps_by_parent[parent].append(detail)
        details[number] = detail
    for parent, steps in steps_by_parent.items():
        # Rows of a page that already has its LIMIT, or of a list passed in as a parameter, may be sorted.
        read = [step.split()[:2] for step in steps if step.startswith(("SCAN ", "SEARCH "))]
        large = [(how, name) for how, name in read if tables.get(name, name) in LARGE_TABLES]
        is_limited = any(name in ("page", "lookup_keys", "json_each") for _how, name in read)
        sorts = bool(large) and not is_limited and any("TEMP B-TREE FOR ORDER BY" in step for step in steps)
        description = f"{details[parent]}: {'; '.join(steps)}"
        if sorts:
            yield PlanFault("sort", description)
        # A scan in the requested order ends with the page.
        if any(how == "SCAN" for how, _name in large) and (sorts or "LIMIT" not in sql):
            yield PlanFault("scan", description)


# --- PostgreSQL ---


def _raise_row_counts(url: str) -> None:
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=True
    ) as connection:
        connection.execute("VACUUM ANALYZE")
        for table in LARGE_TABLES:
            connection.execute(
                "UPDATE pg_class SET reltuples = reltuples * %(times)s WHERE oid = %(table)s::regclass "
                "OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = %(table)s::regclass)",
                {"times": ROW_MULTIPLIER, "table": table},
            )


def _record_postgresql_plans(database: Database, recorder: PlanRecorder) -> None:
    def record_notice(notice: Diagnostic) -> None:
        _duration, mark, plan = (notice.message_primary or "").partition(" plan:\n")
        if mark:
            recorder.statements += 1
            recorder.add(_faults_in_postgresql(json.loads(plan)["Plan"]))

    @event.listens_for(database.engine, "connect")
    def connect(driver: Any, _record: object) -> None:
        driver.execute("LOAD 'auto_explain'")
        for name, value in {
            "log_min_duration": "0",
            "log_analyze": "on",
            "log_timing": "off",
            "log_format": "json",
            "log_level": "notice",
        }.items():
            driver.execute(f"SET auto_explain.{name} = {value}")
        driver.commit()
        driver.add_notice_handler(record_notice)


def _faults_in_postgresql(step: dict[str, Any], parent: str = "") -> Iterator[PlanFault]:
    how, table, children = step["Node Type"], step.get("Relation Name"), step.get("Plans", [])
    read = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
    # A limited number of arbitrary rows need not be read through an index.
    if table in LARGE_TABLES and (read > MAX_ROWS_READ or (how == "Seq Scan" and parent != "Limit")):
        yield PlanFault("scan", f"{how} on {table}, {read:.0f} rows")
    if how == "Sort" and children[0]["Actual Rows"] > MAX_ROWS_SORTED:
        yield PlanFault("sort", f"{how} by {step['Sort Key']}, {children[0]['Actual Rows']:.0f} rows")
    for child in children:
        yield from _faults_in_postgresql(child, how)

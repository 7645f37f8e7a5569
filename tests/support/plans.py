"""How the engines execute what a service asks of them: the very statements, with their values.

SQLite is asked how it would execute each statement that is about to go through the driver, as it is and with
statistics. PostgreSQL tells by itself how it did (auto_explain), with the rows that each step saw.
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
from app.services.queries.claim_filters import FEW

BIG = ("claim", "quantity", "attribution", "search_text", "claim_count")
"""Tables that grow with the record. Those of sources, topics and documents are small beside them."""

MOST_READ = FEW + 1
"""Rows of a big table that one step may read on PostgreSQL; SQLite does not tell. A service reads so many to see
whether a source says much; a record should have twice as many."""

MOST_SORTED = 200
"""Rows that may be sorted: as many as a page has at most."""

AS_IF = 250
"""PostgreSQL shall believe that there are so many times more rows: a small table is best read from end to end."""


class Fault(NamedTuple):
    """What is wrong with a plan."""

    kind: str
    """scan: a big table is read from end to end. sort: all that matches is sorted, not only what a page shows."""
    step: str
    """Where, in the words of the engine."""


class Told:
    """What is wrong with that which was executed since it was last asked."""

    def __init__(self) -> None:
        self.statements = 0
        """How many there were in all."""
        self._faults: list[Fault] = []

    def add(self, faults: Iterator[Fault]) -> None:
        """Take note of them."""
        self._faults += faults

    def faults(self) -> list[Fault]:
        """What was wrong with them."""
        found, self._faults = self._faults, []
        return found


@contextmanager
def listening(database: Database) -> Iterator[Told]:
    """Have a database that has no connection yet tell how it executes what it is asked, by statistics."""
    told = Told()
    if database.is_sqlite:
        with closing(_with_statistics(database.url)) as twin:
            _listen_to_sqlite(database, twin, told)
            yield told
    else:
        _believe_in_more(database.url)
        _listen_to_postgresql(database, told)
        yield told


# --- SQLite ---


def _with_statistics(url: str) -> sqlite3.Connection:
    twin = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(sqlite3.connect(make_url(url).database or "")) as origin:
        origin.backup(twin)
    twin.execute("ANALYZE")
    return twin


def _listen_to_sqlite(database: Database, twin: sqlite3.Connection, told: Told) -> None:
    class TellingCursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = (), /) -> "TellingCursor":
            if sql.lstrip().startswith(("SELECT", "WITH")):
                told.statements += 1
                # The database itself has no statistics, as is usual.
                for asked in (sqlite3.Cursor(self.connection), sqlite3.Cursor(twin)):
                    told.add(_faults_in_sqlite(sql, asked.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()))
            return super().execute(sql, values)

    class TellingConnection(sqlite3.Connection):
        def cursor(self, factory: Any = TellingCursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, values: Any = (), /) -> Any:
            return self.cursor().execute(sql, values)

    @event.listens_for(database.engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: dict[str, Any]) -> sqlite3.Connection:
        return sqlite3.connect(*arguments, **options, factory=TellingConnection)


def _faults_in_sqlite(sql: str, plan: Sequence[Any]) -> Iterator[Fault]:
    tables = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", sql)}
    within: dict[int, list[str]] = defaultdict(list)
    details = {0: "the whole"}
    for number, parent, _unused, detail in plan:
        within[parent].append(detail)
        details[number] = detail
    for parent, steps in within.items():
        # What is read from a page that has been cut, or from a list that was handed in, may be sorted.
        read = [step.split()[:2] for step in steps if step.startswith(("SCAN ", "SEARCH "))]
        big = [(how, name) for how, name in read if tables.get(name, name) in BIG]
        cut = any(name in ("places", "wanted", "json_each") for _how, name in read)
        sorts = bool(big) and not cut and any("TEMP B-TREE FOR ORDER BY" in step for step in steps)
        told = f"{details[parent]}: {'; '.join(steps)}"
        if sorts:
            yield Fault("sort", told)
        # A walk in the order that is asked for ends with the page.
        if any(how == "SCAN" for how, _name in big) and (sorts or "LIMIT" not in sql):
            yield Fault("scan", told)


# --- PostgreSQL ---


def _believe_in_more(url: str) -> None:
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=True) as own:
        own.execute("VACUUM ANALYZE")
        for table in BIG:
            own.execute(
                "UPDATE pg_class SET reltuples = reltuples * %(times)s WHERE oid = %(table)s::regclass "
                "OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = %(table)s::regclass)",
                {"times": AS_IF, "table": table},
            )


def _listen_to_postgresql(database: Database, told: Told) -> None:
    def hear(notice: Diagnostic) -> None:
        _duration, mark, plan = (notice.message_primary or "").partition(" plan:\n")
        if mark:
            told.statements += 1
            told.add(_faults_in_postgresql(json.loads(plan)["Plan"]))

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
        driver.add_notice_handler(hear)


def _faults_in_postgresql(step: dict[str, Any], above: str = "") -> Iterator[Fault]:
    how, table, below = step["Node Type"], step.get("Relation Name"), step.get("Plans", [])
    read = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
    # Where any rows will do, up to some number, they need not come by an index.
    if table in BIG and (read > MOST_READ or (how == "Seq Scan" and above != "Limit")):
        yield Fault("scan", f"{how} on {table}, {read:.0f} rows")
    if how == "Sort" and below[0]["Actual Rows"] > MOST_SORTED:
        yield Fault("sort", f"{how} by {step['Sort Key']}, {below[0]['Actual Rows']:.0f} rows")
    for one in below:
        yield from _faults_in_postgresql(one, how)

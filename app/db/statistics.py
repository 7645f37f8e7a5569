"""Planner statistics: the number of rows of each table, and how many rows share a value.

PostgreSQL updates them automatically, but only some time after a bulk write, and SQLite never does. Until then, query
plans are based on guesses.
"""

from sqlalchemy import Connection, inspect

BULK_LOAD_ROWS = 1_000
"""The number of rows in an imported file from which on all statistics are refreshed."""

_ANALYSIS_LIMIT = 100_000
"""Index entries that SQLite samples, so that ANALYZE takes about a second for a database of any size.

SQLite recommends 100 to 1,000, but it samples the first entries of each index. For a column with few distinct values it
then knows only one of them: a query for denials read 100,000 attributions and took 235 ms instead of 13. `PRAGMA
optimize` is no alternative: at least before SQLite 3.46 it skips tables that this connection has not queried by an
index.
"""

_GROWING_TABLES = "tbl = 'change' OR tbl LIKE 'log~_%' ESCAPE '~'"
"""Tables that are small after an import, grow with every write and are always looked up by number.

With the statistics of a small table SQLite would keep scanning them, so they are declared large from the start.
"""

_LARGE_STAT = "'1000000' || substr(stat, instr(stat || ' ', ' '))"
"""The `stat` of sqlite_stat1 with its first number, the number of rows, replaced by a million."""


def refresh(connection: Connection) -> None:
    """Refresh the statistics by ANALYZE. Call it in a write transaction, after the writes."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {_ANALYSIS_LIMIT}")
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql(f"UPDATE sqlite_stat1 SET stat = {_LARGE_STAT} WHERE {_GROWING_TABLES}")  # noqa: S608 - our own names
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # only reloads the statistics
        return
    # By table name: a bare ANALYZE includes the system tables, and PostgreSQL warns that we do not own them.
    names = map(connection.dialect.identifier_preparer.quote, inspect(connection).get_table_names())
    connection.exec_driver_sql(f"ANALYZE {', '.join(names)}")

"""Statistics by which the engines plan: how many rows there are, and how many share a value.

PostgreSQL gathers them by itself, but some time after much has been written, and SQLite never does. Until then plans
rest on guesses.
"""

from sqlalchemy import Connection, inspect

MANY = 1_000
"""Rows of a file from which on an import is worth a new look at all tables."""

_ROWS_LOOKED_AT = 100_000
"""Entries of each index that SQLite looks at, so that a look takes about a second, however much is on record.

It recommends 100 to 1,000, but those are the first ones of the index: of few words that come again and again it then
knows only one, and read 100,000 attributions to find some denials, 235 ms instead of 13. `PRAGMA optimize` would leave
out, before SQLite 3.46 at least, the tables that this very connection has not queried by an index.
"""

_GROWING = "tbl = 'change' OR tbl LIKE 'log~_%' ESCAPE '~'"
"""Tables that are small after an import and grow with every write, and of which all is found by its number.

By the statistics of then SQLite would read them from end to end ever after, so it is told that they are large already.
"""

_LARGE = "'1000000' || substr(stat, instr(stat || ' ', ' '))"
"""What SQLite knows of a table or an index begins with the number of its rows."""


def refresh(connection: Connection) -> None:
    """Have the engine look at samples of its tables. `connection` is one that may write, near the end of its work."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {_ROWS_LOOKED_AT}")
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql(f"UPDATE sqlite_stat1 SET stat = {_LARGE} WHERE {_GROWING}")  # noqa: S608 - our own names
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # only reads the statistics again
        return
    # Our tables by name: of all others PostgreSQL would complain that they are not ours.
    names = map(connection.dialect.identifier_preparer.quote, inspect(connection).get_table_names())
    connection.exec_driver_sql(f"ANALYZE {', '.join(names)}")

"""Statistics by which the engines plan: how many rows there are, and how many share a value.

PostgreSQL gathers them by itself, but some time after much has been written, and SQLite never does. Until then plans
rest on guesses.
"""

from sqlalchemy import Connection, inspect

MANY = 1_000
"""Rows of a file from which on an import is worth a new look at all tables."""

_ROWS_LOOKED_AT = 1_000
"""Rows of an index that SQLite looks at for each of its columns; it recommends 100 to 1,000.

With that it takes some milliseconds for each index, however many rows there are. `PRAGMA optimize` would leave out
tables that this very connection has not queried by index, before SQLite 3.46 at least.
"""


def refresh(connection: Connection) -> None:
    """Have the engine look at samples of its tables. `connection` is one that may write, near the end of its work."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {_ROWS_LOOKED_AT}")
        connection.exec_driver_sql("ANALYZE")
        return
    # Our tables by name: of all others PostgreSQL would complain that they are not ours.
    names = map(connection.dialect.identifier_preparer.quote, inspect(connection).get_table_names())
    connection.exec_driver_sql(f"ANALYZE {', '.join(names)}")

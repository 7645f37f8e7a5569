"""Copies a generated SQLite database to PostgreSQL, so that both engines hold the same record."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from app.db import migrate
from app.db.engine import Database
from benchmarks.generate import LOADED_AT, derive
from benchmarks.postgres import Server
from benchmarks.rows import ROW_TYPES, columns_of
from benchmarks.screen import step

MAINTENANCE = "maintenance_work_mem = '1GB'"


def to_postgresql(origin: Path, server: Server, database: str) -> None:
    """Create `database` on the server with Attest's migrations and all rows of the SQLite file."""
    loading = f"{database}_loading"
    server.create(loading)
    with step("migrations"):
        loading_database = Database(server.url(loading))
        migrate.upgrade(loading_database, LOADED_AT)
        loading_database.close()
    source = sqlite3.connect(f"file:{origin}?mode=ro", uri=True)
    with psycopg.connect(server.conninfo(loading), autocommit=True) as target:
        # Skip triggers and foreign keys: the rows come from a database that checked them.
        target.execute("SET session_replication_role = replica")
        target.execute(f"SET {MAINTENANCE}")
        index_statements = _drop_indexes(target)
        with step("rows"):
            for table in _tables(source):
                _copy(source, target, table, columns_of(table))
            _copy(source, target, "head", ["id", "seq", "at"])
        with step("indexes"):
            for statement in index_statements:
                target.execute(statement)
        _continue_sequences(target)
    source.close()
    finish_database(server, loading)
    server.rename(loading, database)


FLOOR_TEXT = """
CREATE TABLE IF NOT EXISTS floor_text AS SELECT id, claim_id, version, latest, change_seq, statement, quotes, sources,
  setweight(to_tsvector('simple', statement), 'A') || setweight(to_tsvector('simple', quotes), 'B')
  || setweight(to_tsvector('simple', sources), 'C') AS words
FROM search_text ORDER BY id;
CREATE INDEX IF NOT EXISTS floor_text_words ON floor_text USING gin (words)
"""
"""The search table of the floor: the same texts with the most obvious index."""


def finish_database(server: Server, database: str) -> None:
    """Migrate a database to the current revision, and do what autovacuum would have done by now."""
    derive(server.url(database))
    with psycopg.connect(server.conninfo(database), autocommit=True) as connection:
        with step("search table of the floor"):
            connection.execute(FLOOR_TEXT)
        with step("statistics"):
            connection.execute("VACUUM (ANALYZE, FREEZE)")
            connection.execute("CHECKPOINT")


def _tables(source: sqlite3.Connection) -> list[str]:
    names = {name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [name for table in ROW_TYPES for name in (table, f"{table}_revision") if name in names]


def _drop_indexes(target: "psycopg.Connection[tuple[object, ...]]") -> list[sql.SQL]:
    """Drop the indexes that belong to no constraint, and return the statements that create them again."""
    indexes = target.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
    ).fetchall()
    for name, _statement in indexes:
        target.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(str(name))))
    return [sql.SQL(str(statement)) for _name, statement in indexes]


def _copy(
    source: sqlite3.Connection, target: "psycopg.Connection[tuple[object, ...]]", table: str, columns: list[str]
) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    target.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))  # rows that a migration inserted
    with target.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in _rows(source, f"SELECT {names} FROM {table}"):
            copy.write_row(row)


def _rows(source: sqlite3.Connection, query: str) -> Iterator[tuple[object, ...]]:
    cursor = source.execute(query)
    while rows := cursor.fetchmany(5_000):
        yield from rows


def _continue_sequences(target: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Let the next search text get the id after the last one."""
    target.execute("SELECT setval(pg_get_serial_sequence('search_text', 'id'), greatest(max(id), 1)) FROM search_text")

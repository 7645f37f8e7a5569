"""Migrations: upgrade or downgrade a database, read its revision, compare it with the models.

Alembic is imported only by the functions that need it, because each start reads the database's revision.
"""
# ruff: noqa: PLC0415 - as above

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, column, inspect, select, table

from app.db import statistics
from app.db.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

_ALEMBIC_VERSION = table("alembic_version", column("version_num"))

_FULL_TEXT_PREFIXES = ("search_index",)
"""Name prefixes of the full-text index of each engine, which the migrations create and no model describes."""


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Upgrade to a revision, in one transaction."""
    from alembic import command

    before = current_revision(database)
    with database.writing() as connection:
        command.upgrade(_config(connection), revision)
        if before not in (None, head_revision()):  # the database may be large, and a migration may have filled tables
            statistics.refresh(connection)


def downgrade(database: Database, revision: str) -> None:
    """Downgrade to a revision, in one transaction; `base` drops all tables and their data."""
    from alembic import command

    with database.writing() as connection:
        command.downgrade(_config(connection), revision)


def current_revision(database: Database) -> str | None:
    """Return the revision of the database; None if it is empty."""
    with database.reading() as connection:
        if not inspect(connection).has_table(_ALEMBIC_VERSION.name):
            return None
        return connection.scalar(select(_ALEMBIC_VERSION.c.version_num))


def head_revision() -> str:
    """Return the revision that this version of Attest needs: the number at the start of the last migration's name."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def is_modelled(name: str | None, kind: str) -> bool:
    """False for the tables, columns and indexes of the full-text index, which are in no model on purpose."""
    return not (kind in ("table", "column", "index") and name is not None and name.startswith(_FULL_TEXT_PREFIXES))


def drift(database: Database, metadata: MetaData) -> list[str]:
    """Return the differences between the models and the database, one line each; empty if they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    options = {"include_name": lambda name, kind, _parents: is_modelled(name, kind), "compare_type": True}
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return [str(difference) for difference in compare_metadata(context, metadata)]

"""Bring a database to the schema of this version, and tell whether it is there.

Alembic is imported by what migrates or compares, and by nothing else: a start only asks where the database is.
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

_WHERE_ALEMBIC_KEEPS_IT = table("alembic_version", column("version_num"))

_OUR_INDEX = ("search_index",)
"""Names that begin so belong to a full-text index: each engine's own, made by migrations, in no model."""


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up to a revision, in one transaction."""
    from alembic import command

    before = current_revision(database)
    with database.writing() as connection:
        command.upgrade(_config(connection), revision)
        if before not in (None, head_revision()):  # there may be much on record, and a migration may have filled tables
            statistics.refresh(connection)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to a revision (`base` empties the database), in one transaction."""
    from alembic import command

    with database.writing() as connection:
        command.downgrade(_config(connection), revision)


def current_revision(database: Database) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with database.reading() as connection:
        if not inspect(connection).has_table(_WHERE_ALEMBIC_KEEPS_IT.name):
            return None
        return connection.scalar(select(_WHERE_ALEMBIC_KEEPS_IT.c.version_num))


def head_revision() -> str:
    """The revision that this version of Attest needs: that of the last file, for their names begin with it."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def ours(name: str | None, kind: str) -> bool:
    """False for what stands in the database on purpose and in no model."""
    return not (kind in ("table", "column", "index") and name is not None and name.startswith(_OUR_INDEX))


def drift(database: Database, metadata: MetaData) -> list[str]:
    """Differences between the models and the database, one line each; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    options = {"include_name": lambda name, kind, _parents: ours(name, kind), "compare_type": True}
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return [str(difference) for difference in compare_metadata(context, metadata)]

"""Bring a database to the schema of this version, and tell whether it is there."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from app.db.engine import Database

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

_OUR_INDEX = ("search_index",)
"""Names that begin so belong to a full-text index: each engine's own, made by migrations, in no model."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up to a revision, in one transaction."""
    with database.writing() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to a revision (`base` empties the database), in one transaction."""
    with database.writing() as connection:
        command.downgrade(_config(connection), revision)


def current_revision(database: Database) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    """The revision that this version of Attest needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def ours(name: str | None, kind: str) -> bool:
    """False for what stands in the database on purpose and in no model."""
    return not (kind in ("table", "column", "index") and name is not None and name.startswith(_OUR_INDEX))


def drift(database: Database, metadata: MetaData) -> list[str]:
    """Differences between the models and the database, one line each; empty when they agree."""
    options = {"include_name": lambda name, kind, _parents: ours(name, kind), "compare_type": True}
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return [str(difference) for difference in compare_metadata(context, metadata)]

"""Dumps that were loaded, and which installation holds which versions of a claim.

Revision: 0017
After: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# SQLite knows neither time zones nor integers of several widths.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TABLES = ("dump_load", "version_holder")


def upgrade() -> None:
    """Create the tables. A database that loaded a dump before has version 1 of its claims, so it needs no rows."""
    op.create_table(
        "dump_load",
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that loaded it"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was loaded, UTC"),
        sa.Column("publisher", sa.Text(), nullable=False, comment="Publisher of the installation that wrote it"),
        sa.Column("address", sa.Text(), nullable=False, comment="Address of the API of that installation"),
        sa.Column("as_of", MOMENT, nullable=False, comment="Time of the latest change in it, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_dump_load_change_seq")),
        sa.PrimaryKeyConstraint("change_seq", name=op.f("pk_dump_load")),
        comment="Dumps that were loaded; appended to, never altered",
    )
    op.create_table(
        "version_holder",
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="Of which claim"),
        sa.Column(
            "through_version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="The last version that it holds; the first follows the row before",
        ),
        sa.Column("publisher", sa.Text(), nullable=False, comment="Publisher of that installation"),
        sa.Column("address", sa.Text(), nullable=False, comment="Address of the API of that installation"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint("through_version >= 1", name=op.f("ck_version_holder_through_version_positive")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_version_holder_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_version_holder_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", "through_version", name=op.f("pk_version_holder")),
        comment="Which installation holds which versions of a claim; appended to, never altered",
    )
    op.create_index(op.f("ix_version_holder_change_seq"), "version_holder", ["change_seq"])
    for table in TABLES:
        guard(table)


def guard(table: str) -> None:
    """Refuse to alter what is recorded, as 0002 does."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_refuses_alteration BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    """Drop the tables. The versions of claims keep their numbers."""
    for table in reversed(TABLES):
        op.drop_table(table)

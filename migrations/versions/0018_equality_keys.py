"""Equality keys, by which equal objects are found, and rulings that equal objects are distinct.

Revision: 0018
After: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both tables. A row without an object marks that the keys of what is on record are still missing.

    The application computes them, because they must be those that it looks up later.
    """
    op.create_table(
        "distinct_ruling",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column(
            "object_id", sa.String(length=32), nullable=False, comment="The object that was recorded or corrected"
        ),
        sa.Column(
            "other_id", sa.String(length=32), nullable=False, comment="The object that it was ruled distinct from"
        ),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint("object_id <> other_id", name=op.f("ck_distinct_ruling_two_objects")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_distinct_ruling_change_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distinct_ruling")),
        comment="Which equal objects are distinct; appended to, never altered",
    )
    op.create_index(op.f("ix_distinct_ruling_change_seq"), "distinct_ruling", ["change_seq"], unique=False)
    op.create_index("ix_distinct_ruling_other_id", "distinct_ruling", ["other_id"], unique=False)
    op.create_index("uq_distinct_ruling_pair", "distinct_ruling", ["object_id", "other_id"], unique=True)
    _guard("distinct_ruling")
    op.create_table(
        "equality_key",
        sa.Column(
            "digest",
            BIG_INT,
            autoincrement=False,
            nullable=False,
            comment="First 64 bits of the SHA-256 of the normal form",
        ),
        sa.Column("object_id", sa.String(length=32), nullable=False, comment="Which object has it"),
        sa.Column(
            "abbreviation",
            sa.Boolean(),
            nullable=False,
            comment="It is only an abbreviation in parentheses in its name",
        ),
        sa.PrimaryKeyConstraint("digest", "object_id", name=op.f("pk_equality_key")),
        comment="By which equal objects are found; derived from the record",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_equality_key_object_id", "equality_key", ["object_id"], unique=False)
    op.execute(
        "INSERT INTO equality_key (digest, object_id, abbreviation) "
        "SELECT 0, 'missing', NOT EXISTS (SELECT 1 FROM change) WHERE EXISTS (SELECT 1 FROM change)"
    )


def _guard(table: str) -> None:
    """Refuse to alter what is recorded, as 0002 does."""
    if op.get_bind().dialect.name != "sqlite":
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
    """Drop both tables. The rulings are lost; the log shows that they were made."""
    op.drop_table("equality_key")
    op.drop_table("distinct_ruling")

"""Periods in which the current decision on a claim is stale. `attest db upgrade` fills them.

Revision: 0016
After: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the empty table: filling it needs the rules for each status, which are code."""
    op.create_table(
        "stale_period",
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="The claim that was decided on"),
        sa.Column(
            "since_seq",
            BIG_INT,
            autoincrement=False,
            nullable=False,
            comment="The change that made the decision stale, or added or removed a reason",
        ),
        sa.Column("until_seq", BIG_INT, nullable=True, comment="The change that ended the period; null: it lasts"),
        sa.Column(
            "reasons",
            sa.JSON().with_variant(JSONB(), "postgresql"),
            nullable=False,
            comment="Why the decision is stale, in the order of the list",
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_stale_period_claim_id")),
        sa.ForeignKeyConstraint(["since_seq"], ["change.seq"], name=op.f("fk_stale_period_since_seq")),
        sa.ForeignKeyConstraint(["until_seq"], ["change.seq"], name=op.f("fk_stale_period_until_seq")),
        sa.PrimaryKeyConstraint("claim_id", "since_seq", name=op.f("pk_stale_period")),
        comment="When decisions on claims were stale",
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_stale_period_open",
        "stale_period",
        ["since_seq", "claim_id"],
        sqlite_where=sa.text("until_seq IS NULL"),
        postgresql_where=sa.text("until_seq IS NULL"),
    )
    op.drop_index("ix_claim_decided", table_name="claim")


def downgrade() -> None:
    """Drop the table, which is derived from the record; the queue searches among the claims with a decision again."""
    is_decided = sa.text("status <> 'unassessed'")
    op.create_index("ix_claim_decided", "claim", ["change_seq"], sqlite_where=is_decided, postgresql_where=is_decided)
    op.drop_table("stale_period")

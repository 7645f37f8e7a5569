"""Rules and origins of decisions: under which rules they were taken, which file or installation they come from.

Revision: 0019
After: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OLDER_RULES = "rules < 2 AND status IN ('confirmed', 'unlikely', 'refuted')"

NOT_KEPT = "Why the examined bytes are not kept as a capture; public"
RULES = "Number of the rules for statuses under which it was taken"
ORIGIN = {
    "origin_file": "Name of the imported file that contains it; null: not imported, or not known",
    "origin_publisher": "Who published the installation that took it; null: this one, or not known",
    "origin_address": "Address of that installation",
}


def upgrade() -> None:
    """Add the columns; rows that are older than the rules have rules 1, which the log leaves out, like null."""
    for table in ("evidence", "evidence_revision"):
        op.add_column(table, sa.Column("not_kept_because", sa.Text(), nullable=True, comment=NOT_KEPT))
    for table in ("proposal", "review"):
        op.add_column(table, sa.Column("rules", sa.Integer(), server_default="1", nullable=False, comment=RULES))
    for table in ("review", "source_rating"):
        for name, comment in ORIGIN.items():
            op.add_column(table, sa.Column(name, sa.Text(), nullable=True, comment=comment))
    where = sa.text(OLDER_RULES)
    op.create_index(
        "ix_review_older_rules", "review", ["change_seq"], unique=False, sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    """Drop the columns."""
    op.drop_index("ix_review_older_rules", table_name="review")
    for table in ("source_rating", "review"):
        for name in reversed(ORIGIN):
            op.drop_column(table, name)
    for table in ("review", "proposal"):
        op.drop_column(table, "rules")
    for table in ("evidence_revision", "evidence"):
        op.drop_column(table, "not_kept_because")

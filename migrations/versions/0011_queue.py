"""The queue: who is at work on which claim, who asked for a decision, and indexes that find what may need one.

Revision: 0011
After: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# SQLite knows neither time zones nor integers of several widths.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Of each of these there are few among many: only those are indexed, and only as they are now.
FEW = {
    "ix_claim_decided": ("claim", "status <> 'unassessed'"),
    "ix_attribution_denying": ("attribution", "stance IN ('denies', 'disputes_figure') AND NOT withdrawn"),
    "ix_claim_relation_contradicting": ("claim_relation", "relation = 'contradicts' AND NOT withdrawn"),
}


def upgrade() -> None:
    """Make the tables and the indexes."""
    op.create_table(
        "assignment",
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="Which claim"),
        sa.Column("person_id", sa.String(length=32), nullable=False, comment="Who is at work on it"),
        sa.Column("taken_at", MOMENT, nullable=False, comment="Since when, UTC"),
        sa.Column("held_until", MOMENT, nullable=False, comment="Until when, UTC"),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_assignment_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_assignment")),
        comment="Who of the desk is at work on which claim, until when; no part of the record",
    )
    op.create_index(op.f("ix_assignment_person_id"), "assignment", ["person_id"], unique=False)
    op.create_index(op.f("ix_assignment_held_until"), "assignment", ["held_until"], unique=False)
    op.create_table(
        "review_request",
        sa.Column(
            "id",
            sa.String(length=32),
            nullable=False,
            comment="Opaque identifier, sortable by the time of first asking",
        ),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="On which claim"),
        sa.Column("person_id", sa.String(length=32), nullable=False, comment="Who asks"),
        sa.Column("note", sa.Text(), nullable=True, comment="Why, in their words"),
        sa.Column("asked_at", MOMENT, nullable=False, comment="When they asked last, UTC"),
        sa.Column(
            "seen_seq", BIG_INT, nullable=False, comment="Number of the last change of the record when they asked"
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_review_request_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_review_request_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_request")),
        sa.UniqueConstraint("claim_id", "person_id", name=op.f("uq_review_request_claim_id_person_id")),
        comment="Who asked for a decision on which claim; no part of the record, and never public",
    )
    op.create_index(op.f("ix_review_request_seen_seq"), "review_request", ["seen_seq"], unique=False)
    for name, (table, condition) in FEW.items():
        only = sa.text(condition)
        op.create_index(name, table, ["change_seq"], unique=False, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """Drop them. Who is at work on what, and who asked, is forgotten."""
    for name, (table, _condition) in FEW.items():
        op.drop_index(name, table_name=table)
    for table in ("review_request", "assignment"):
        op.drop_table(table)

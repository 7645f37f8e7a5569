"""What is recorded stays: triggers refuse to update or delete a revision, a change, a figure or a decision.

Revision: 0002
After: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEPT = (
    "change",
    "quantity",
    "capture",
    "independence_ruling",
    "review",
    "topic_revision",
    "source_revision",
    "document_revision",
    "claim_revision",
    "attribution_revision",
    "evidence_revision",
    "claim_relation_revision",
    "fact_check_revision",
)


def upgrade() -> None:
    """One trigger for each table and act; PostgreSQL also guards TRUNCATE."""
    if op.get_bind().dialect.name == "sqlite":
        for table in KEPT:
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_alteration() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_alteration BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration()"
        )


def downgrade() -> None:
    """Drop the triggers."""
    if op.get_bind().dialect.name == "sqlite":
        for table in KEPT:
            for act in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_refuses_{act}")
        return
    for table in KEPT:
        op.execute(f"DROP TRIGGER {table}_refuses_alteration ON {table}")
    op.execute("DROP FUNCTION refuse_alteration()")

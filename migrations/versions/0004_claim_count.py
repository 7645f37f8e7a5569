"""Counters of claims, and what they were after each change; filled from the revisions that are there.

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What each version of a claim counted for, from its change until that of the next version. A claim has a new version
# whenever one of its attributions changes, so nothing changes in between.
VERSIONS = """
    SELECT one.id, one.stage, one.kind, one.status, one.topic_id, one.content_version,
           one.change_seq AS since, later.change_seq AS until
    FROM claim_revision AS one
    LEFT JOIN claim_revision AS later ON later.id = one.id AND later.version = one.version + 1
"""

HELD = {
    "": "SELECT '' AS value, stage, kind, status, since, until FROM version",
    "topic": "SELECT topic_id AS value, stage, kind, status, since, until FROM version WHERE topic_id IS NOT NULL",
    "metric": """
        SELECT DISTINCT metric AS value, stage, kind, status, since, until, version.id
        FROM version
        JOIN quantity ON quantity.claim_id = version.id AND quantity.content_version = version.content_version
    """,
    "source": """
        SELECT DISTINCT said.source_id AS value, stage, kind, status, since, until, version.id
        FROM version
        JOIN attribution_revision AS said ON said.claim_id = version.id AND said.change_seq <= since
        LEFT JOIN attribution_revision AS later ON later.id = said.id AND later.version = said.version + 1
        WHERE NOT said.withdrawn AND (later.change_seq IS NULL OR later.change_seq > since)
    """,
}
"""For each facet of the counters its values, and from when until when a claim counted for them."""

WHICHEVER = "CAST('' AS text)"

HISTORY = """
    WITH version AS ({versions}), held AS ({held}),
    step AS (
        SELECT value, stage, kind, status, since AS change_seq, 1 AS more FROM held
        UNION ALL
        SELECT value, stage, kind, status, until, -1 FROM held WHERE until IS NOT NULL
    ),
    summed AS (
        SELECT value, stage, {kind} AS kind, {status} AS status, change_seq, sum(more) AS more
        FROM step GROUP BY 1, 2, 3, 4, 5 HAVING sum(more) <> 0
    )
    INSERT INTO claim_count_history (facet, stage, kind, status, value, change_seq, claims)
    SELECT '{facet}', stage, kind, status, value, change_seq,
           sum(more) OVER (PARTITION BY stage, kind, status, value ORDER BY change_seq)
    FROM summed
"""

PRESENT = """
    INSERT INTO claim_count (facet, stage, kind, status, value, claims)
    SELECT facet, stage, kind, status, value, claims FROM claim_count_history AS one
    WHERE change_seq = (
        SELECT max(last.change_seq) FROM claim_count_history AS last
        WHERE last.facet = one.facet AND last.stage = one.stage AND last.kind = one.kind
          AND last.status = one.status AND last.value = one.value
    )
"""


def upgrade() -> None:
    """Make the tables and count what is there."""
    op.create_table(
        "claim_count",
        *_cell(),
        sa.Column("claims", BIG_INT, nullable=False, comment="How many"),
        sa.PrimaryKeyConstraint("facet", "stage", "kind", "status", "value", name=op.f("pk_claim_count")),
        comment="How many claims each cell holds now",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claim_count_history",
        *_cell(),
        sa.Column(
            "change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that made it so many"
        ),
        sa.Column("claims", BIG_INT, nullable=False, comment="How many"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_claim_count_history_change_seq")),
        sa.PrimaryKeyConstraint(
            "facet", "stage", "kind", "status", "value", "change_seq", name=op.f("pk_claim_count_history")
        ),
        comment="How many claims each cell held after a change",
        sqlite_with_rowid=False,
    )
    for facet, held in HELD.items():
        op.execute(HISTORY.format(versions=VERSIONS, held=held, facet=facet, kind="kind", status="status"))
        if facet:
            # Of whichever kind and status.
            op.execute(HISTORY.format(versions=VERSIONS, held=held, facet=facet, kind=WHICHEVER, status=WHICHEVER))
    op.execute(PRESENT)


def _cell() -> list[sa.Column[str]]:
    return [
        sa.Column("facet", sa.Text(), nullable=False, comment="What the value is: topic, metric, source; or ''"),
        sa.Column("stage", sa.Text(), nullable=False, comment="Editorial stage"),
        sa.Column("kind", sa.Text(), nullable=False, comment="What they are about; '' with '': all together"),
        sa.Column("status", sa.Text(), nullable=False, comment="What we concluded; '' with '': all together"),
        sa.Column("value", sa.Text(), nullable=False, comment="Id of the topic or source, or the metric; or ''"),
    ]


def downgrade() -> None:
    """Drop them; they can be made again from the revisions."""
    op.drop_table("claim_count_history")
    op.drop_table("claim_count")

"""Captures have a custody, and evidence a kind, a passage and a note.

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

KINDS = "'document', 'photograph', 'video', 'audio', 'satellite_image', 'geolocation', 'official_record', 'testimony', 'dataset', 'physical', 'other'"

TEXTS = {
    "quote": "The passage: TextQuoteSelector exact",
    "quote_prefix": "The words right before: TextQuoteSelector prefix",
    "quote_suffix": "The words right after: TextQuoteSelector suffix",
    "page": "Page, as printed",
    "media_time": "Time in the recording, hh:mm:ss",
    "quote_language": "Language of the passage, BCP 47",
    "translation": "The passage in the language of the statement",
    "translated_by": "Who translated it, a person or a program",
    "note": "What a reader should know about it",
}
"""Columns that evidence gets, with what they hold."""


def upgrade() -> None:
    """Whatever is there already is evidence as a document, which is all that was said of it."""
    op.add_column(
        "capture",
        sa.Column("note", sa.Text(), nullable=True, comment="How they were captured, and what to know about them"),
    )
    op.create_table(
        "custody_event",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column("capture_id", sa.String(length=32), nullable=False, comment="To which bytes"),
        sa.Column("act", sa.Text(), nullable=False, comment="What happened"),
        sa.Column("note", sa.Text(), nullable=True, comment="What else there is to say about it"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "act IN ('received', 'declared', 'verified', 'failed_verification', 'moved')",
            name=op.f("ck_custody_event_act_known"),
        ),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_custody_event_capture_id")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_custody_event_change_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_event")),
        comment="What happened to the bytes that we kept; appended to, never altered",
    )
    op.create_index(op.f("ix_custody_event_capture_id"), "custody_event", ["capture_id"], unique=False)
    op.create_index(op.f("ix_custody_event_change_seq"), "custody_event", ["change_seq"], unique=False)
    _keep("custody_event")
    # SQLite adds a CHECK to a table that is there only with a column; to make the table anew would lose its triggers.
    _add(
        "evidence",
        "kind",
        f"TEXT DEFAULT 'document' NOT NULL CONSTRAINT ck_evidence_kind_known CHECK (kind IN ({KINDS}))",
    )
    _add("evidence_revision", "kind", "TEXT DEFAULT 'document' NOT NULL")
    for table in ("evidence", "evidence_revision"):
        _comment(table, "kind", "What it is, as something to examine")
        for name, comment in TEXTS.items():
            if (table, name) == ("evidence", "translated_by"):
                check = (
                    "CONSTRAINT ck_evidence_translator_named CHECK (translation IS NULL OR translated_by IS NOT NULL)"
                )
                _add(table, name, f"TEXT {check}")
                _comment(table, name, comment)
            else:
                op.add_column(table, sa.Column(name, sa.Text(), nullable=True, comment=comment))


def downgrade() -> None:
    """Forget it. What was said in the new columns goes with them; so does the story of captures, not their rows."""
    for table in ("evidence", "evidence_revision"):
        # The last ones first: a check goes with the column that it came with.
        for name in [*reversed(TEXTS), "kind"]:
            op.drop_column(table, name)
    op.drop_table("custody_event")
    op.drop_column("capture", "note")


def _add(table: str, column: str, definition: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")


def _comment(table: str, column: str, text: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{text}'")


def _keep(table: str) -> None:
    """Have the engine refuse to alter what stands in a table."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_refuses_alteration BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration()"
    )

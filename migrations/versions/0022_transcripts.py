"""Transcripts and subtitles: captures that belong to the capture of a recording.

Revision: 0022
After: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COMMENT = "The recording that this is a transcript of; null: it is none"
WHERE = "transcript_of IS NOT NULL"


def upgrade() -> None:
    """Add the column: null for all captures there are, which the log leaves out."""
    # The constraints are part of the column, because SQLite adds none to a table that exists.
    op.execute(
        "ALTER TABLE capture ADD COLUMN transcript_of VARCHAR(32) "
        "CONSTRAINT ck_capture_transcript_of_another CHECK (transcript_of <> id) "
        "CONSTRAINT fk_capture_transcript_of REFERENCES capture (id)"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"COMMENT ON COLUMN capture.transcript_of IS '{COMMENT}'")
    where = sa.text(WHERE)
    op.create_index("ix_capture_transcript", "capture", ["transcript_of"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop it. Transcripts stand in the way: the log says which recordings they belong to, and captures do not change."""
    if op.get_bind().scalar(sa.text(f"SELECT count(*) FROM capture WHERE {WHERE}")):
        raise ValueError(
            "The record contains transcripts, which revision 0021 cannot hold, so it cannot be downgraded."
        )
    op.drop_index("ix_capture_transcript", table_name="capture")
    op.drop_column("capture", "transcript_of")

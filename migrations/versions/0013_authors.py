"""Authors of documents, name by name: what citation styles put in order and shorten.

Revision: 0013
After: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TABLES = ("document", "document_revision")


def upgrade() -> None:
    """Add the column: null for all there is, which the log does not speak of."""
    for table in TABLES:
        op.add_column(
            table,
            sa.Column("authors", JSON, nullable=True, comment="The author taken apart, name by name, as CSL has it"),
        )


def downgrade() -> None:
    """Drop it. What was printed as the author stays."""
    for table in TABLES:
        op.drop_column(table, "authors")

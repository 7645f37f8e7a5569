"""Lists of the past: the indexes that they walk along tell when a version was recorded.

Revision: 0012
After: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WALKED = (
    ("stage", "kind", "status", "time_earliest", "id"),
    ("stage", "status", "time_earliest", "id"),
    ("stage", "time_earliest", "id"),
    ("topic_id", "time_earliest", "id"),
)


def upgrade() -> None:
    """Put the number of the change behind the columns."""
    for columns in WALKED:
        _replace(columns, (*columns, "change_seq"))


def downgrade() -> None:
    """The indexes as they were."""
    for columns in WALKED:
        _replace((*columns, "change_seq"), columns)


def _replace(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    # One by one: a large record has room for one more, not for all of them twice.
    op.drop_index(_name(old), table_name="claim_revision")
    op.create_index(_name(new), "claim_revision", list(new), unique=False)


def _name(columns: tuple[str, ...]) -> str:
    return op.f(f"ix_claim_revision_{'_'.join(columns)}")

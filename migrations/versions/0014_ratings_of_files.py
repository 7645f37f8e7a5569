"""Ratings of sources that come with a file: they name whoever decided, and rest on no sign-off here.

Revision: 0014
After: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SIGN_OFF = "The approval that made it"
_CHECK = "ck_source_rating_signed_or_named"


def upgrade() -> None:
    """Add who decided; null for all there is, which the log does not speak of."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    # SQLite can alter no column in place: the table is copied, and its triggers go with the old one.
    with op.batch_alter_table("source_rating", recreate="always" if sqlite else "never") as rating:
        rating.add_column(
            sa.Column(
                "decided_by",
                sa.Text(),
                nullable=True,
                comment="By whom, a byline, where it came with a file; null: whoever proposed and signed it",
            )
        )
        rating.alter_column(
            "sign_off_id",
            existing_type=sa.String(length=32),
            nullable=True,
            comment=f"{_SIGN_OFF}; null: it came with a file",
        )
        rating.create_check_constraint(op.f(_CHECK), "(decided_by IS NULL) = (sign_off_id IS NOT NULL)")
    if sqlite:
        guard("source_rating")


def guard(table: str) -> None:
    """Refuse to alter what is recorded, as 0002 does."""
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    """Drop it. Ratings that came with a file stand in the way: they would lose who decided them."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("source_rating", recreate="always" if sqlite else "never") as rating:
        rating.drop_constraint(op.f(_CHECK), type_="check")
        rating.alter_column("sign_off_id", existing_type=sa.String(length=32), nullable=False, comment=_SIGN_OFF)
        rating.drop_column("decided_by")
    if sqlite:
        guard("source_rating")

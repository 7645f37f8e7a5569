"""Retractions by the publisher of a document, who takes its report back while the source retracts nothing.

Revision: 0021
After: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

RETRACTION = {"retracted_by": sa.Text, "retracted_on": sa.Date, "retraction_notice": sa.Text}
WHOLE = (
    "CASE WHEN retracted_by IS NULL THEN retracted_on IS NULL AND retraction_notice IS NULL"
    " ELSE withdrawn AND retracted_on IS NOT NULL AND retraction_notice IS NOT NULL END"
)


def upgrade() -> None:
    """Allow the publisher in the list of those who retract."""
    _allow("origin", "publisher", "us")


def downgrade() -> None:
    """Take the publisher off the list. Retractions by publishers stand in the way: they would lose their meaning."""
    _allow("origin", "us")


def _allow(*retractors: str) -> None:
    known = f"retracted_by IN ({', '.join(repr(retractor) for retractor in retractors)})"
    if op.get_bind().dialect.name != "sqlite":
        name = op.f("ck_attribution_retracted_by_known")
        op.drop_constraint(name, "attribution", type_="check")
        op.create_check_constraint(name, "attribution", known)
        return
    # SQLite cannot change a CHECK. Both checks belong to the column of the notice (0010), which is therefore made anew.
    # While it is, the retractions wait in other columns, because ADD COLUMN tests its checks on the existing rows.
    for column, kind in RETRACTION.items():
        op.add_column("attribution", sa.Column(f"kept_{column}", kind, nullable=True))
    _copy({f"kept_{column}": column for column in RETRACTION})
    _copy(dict.fromkeys(RETRACTION, "NULL"))
    op.drop_column("attribution", "retraction_notice")
    checks = {"retracted_by_known": known, "retraction_whole": WHOLE}
    constraints = " ".join(f"CONSTRAINT ck_attribution_{name} CHECK ({check})" for name, check in checks.items())
    op.execute(f"ALTER TABLE attribution ADD COLUMN retraction_notice TEXT {constraints}")
    _copy({column: f"kept_{column}" for column in RETRACTION})
    for column in RETRACTION:
        op.drop_column("attribution", f"kept_{column}")


def _copy(values: dict[str, str]) -> None:
    """Set columns of all retracted attributions, also of those that are waiting, to other columns."""
    is_retracted = "retracted_by IS NOT NULL OR kept_retracted_by IS NOT NULL"
    assignments = ", ".join(f"{column} = {value}" for column, value in values.items())
    op.execute(f"UPDATE attribution SET {assignments} WHERE {is_retracted}")

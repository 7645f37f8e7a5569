"""The head also tells when something last changed that claims show but do not own, such as the name of a source.

Together with the version of a claim that makes an entity tag, without a look at all that the claim shows.

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whatever was shown before this counts as changed now: nobody's copy from before is taken for good."""
    op.add_column(
        "head",
        sa.Column(
            "shared_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
            comment="Number of the last change of something that claims show and do not own",
        ),
    )
    op.execute("UPDATE head SET shared_seq = seq")


def downgrade() -> None:
    """Forget it."""
    op.drop_column("head", "shared_seq")

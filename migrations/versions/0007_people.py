"""People have a role, a private name and an end; keys have scopes; answers to named requests are kept for a day.

Whoever has keys gets the highest role among those that still work, and keeps them with all that their roles allow.
Whoever never had one is the program itself.

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")

ROLES = ("reader", "fact_checker", "editor", "admin")

SCOPES = {"read": 0, "record": 1, "decide": 1, "import": 2, "administer": 3}
"""The least role, by its place above, that has each scope."""


def upgrade() -> None:
    """Add the columns and tables, and fill them from the keys that are there."""
    op.add_column("person", _flag("pseudonym", "Whether the byline is not their name"))
    op.add_column("person", sa.Column("name", sa.Text(), comment="Private: who it is; for administrators alone"))
    # As a part of the column, because SQLite adds no CHECK to a table that is there.
    listed = ", ".join(f"'{role}'" for role in ROLES)
    op.execute(
        "ALTER TABLE person ADD COLUMN role TEXT DEFAULT 'reader' NOT NULL "
        f"CONSTRAINT ck_person_role_known CHECK (role IN ({listed}))"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("COMMENT ON COLUMN person.role IS 'What they may do'")
    op.add_column("person", _flag("system", "Whether it is the program; it has no keys"))
    op.add_column("person", sa.Column("left_at", MOMENT, comment="Since when nothing opens it any more, UTC"))
    op.add_column("api_key", sa.Column("label", sa.Text(), comment="What it is for, in its holder's words"))
    op.add_column(
        "api_key", sa.Column("last_used_at", MOMENT, comment="When it last opened a door, UTC, to a minute or so")
    )
    op.create_table(
        "api_key_scope",
        sa.Column("key_id", sa.String(32), nullable=False, comment="Which key"),
        sa.Column("scope", sa.Text(), nullable=False, comment="For what"),
        sa.CheckConstraint(
            "scope IN (" + ", ".join(f"'{scope}'" for scope in SCOPES) + ")", name=op.f("ck_api_key_scope_scope_known")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_api_key_scope_key_id")),
        sa.PrimaryKeyConstraint("key_id", "scope", name=op.f("pk_api_key_scope")),
        comment="What keys may be used for; what is not here, a key may not",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotent_answer",
        sa.Column("key_id", sa.String(32), nullable=False, comment="With which key to the API"),
        sa.Column("name", sa.Text(), nullable=False, comment="The Idempotency-Key of the request"),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="BLAKE2b of method, address and body, hexadecimal"),
        sa.Column("status", sa.Integer(), nullable=False, comment="Status of the answer"),
        sa.Column("headers", sa.Text(), nullable=False, comment="Headers of the answer, a JSON object"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="Body of the answer"),
        sa.Column("created_at", MOMENT, nullable=False, comment="When it was given, UTC"),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_idempotent_answer_key_id")),
        sa.PrimaryKeyConstraint("key_id", "name", name=op.f("pk_idempotent_answer")),
        comment="Answers to requests with an Idempotency-Key, kept for a day",
    )
    op.create_index("ix_idempotent_answer_created_at", "idempotent_answer", ["created_at"])
    _fill()


def _fill() -> None:
    op.execute("UPDATE person SET system = true, role = 'admin' WHERE id NOT IN (SELECT person_id FROM api_key)")
    for role in ROLES[1:]:  # each one overwrites the lower ones
        op.execute(
            f"UPDATE person SET role = '{role}' WHERE id IN (SELECT person_id FROM api_key WHERE role = '{role}' "
            "AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP))"
        )
    for scope, least in SCOPES.items():
        having = ", ".join(f"'{role}'" for role in ROLES[least:])
        op.execute(
            f"INSERT INTO api_key_scope (key_id, scope) SELECT id, '{scope}' FROM api_key WHERE role IN ({having})"
        )


def _flag(name: str, comment: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False, comment=comment)


def downgrade() -> None:
    """Forget them. A key of somebody who has left would work again, and so is ended first."""
    op.execute(
        "UPDATE api_key SET revoked_at = CURRENT_TIMESTAMP WHERE revoked_at IS NULL "
        "AND person_id IN (SELECT id FROM person WHERE left_at IS NOT NULL)"
    )
    op.drop_table("idempotent_answer")
    op.drop_table("api_key_scope")
    for column in ("last_used_at", "label"):
        op.drop_column("api_key", column)
    for column in ("left_at", "system", "role", "name", "pseudonym"):
        op.drop_column("person", column)

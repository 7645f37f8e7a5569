"""The log that proves itself; what is on record already is taken into it afterwards, by `attest db upgrade`.

Revision: 0008
After: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

KEPT = ("log_leaf", "log_node", "log_commitment", "log_checkpoint")

HEAD = (
    ("log_seq", BIG_INT, False, "Number of the last change that is in the log"),
    ("log_size", BIG_INT, False, "How many entries the log has"),
    (
        "log_frontier",
        sa.LargeBinary(),
        True,
        "Roots of the complete subtrees that the log is made of, the largest first",
    ),
    ("log_secret", sa.LargeBinary(), True, "32 random bytes that blind the hashes in the log"),
)


def upgrade() -> None:
    """Make the tables, let nothing but salts be erased, and begin with an empty log."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column(
        "person",
        sa.Column(
            "erased_at",
            sa.DateTime(timezone=not sqlite),
            nullable=True,
            comment="When the person was erased, UTC",
        ),
    )
    for name, kind, nullable, comment in HEAD:
        default = None if nullable else "0"
        op.add_column("head", sa.Column(name, kind, server_default=default, nullable=nullable, comment=comment))
    op.create_table(
        "log_leaf",
        sa.Column(
            "position", BIG_INT, autoincrement=False, nullable=False, comment="0 for the first entry; without gaps"
        ),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that it is about"),
        sa.Column("object", sa.Text(), nullable=False, comment="Table and key, as 'claim/clm_…'"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Version of the object; 1 of what has no versions"),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 as RFC 6962 has it"),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_leaf")),
        comment="Entries of the log, one for each row of the record; appended to, never altered",
    )
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False, comment="It has 2^level leaves"),
        sa.Column("position", BIG_INT, autoincrement=False, nullable=False, comment="0 for the first of its level"),
        sa.Column("node_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 as RFC 6962 has it"),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_log_node")),
        comment="Complete subtrees of the log; appended to, never altered",
    )
    op.create_table(
        "log_salt",
        *_of_change("log_salt"),
        sa.Column("salt", sa.LargeBinary(), nullable=False, comment="32 random bytes"),
        comment="Salts of commitments to people; erased when a person is",
    )
    op.create_table(
        "log_commitment",
        *_of_change("log_commitment"),
        sa.Column("actor_commitment", sa.LargeBinary(), nullable=False, comment="HMAC-SHA256 of the person's id"),
        comment="Commitments to who made a change; appended to, never altered",
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", BIG_INT, autoincrement=False, nullable=False, comment="How many entries it had"),
        sa.Column("root", sa.LargeBinary(), nullable=False, comment="Root of the tree of these entries"),
        sa.Column("at", sa.DateTime(timezone=not sqlite), nullable=False, comment="When it was signed, UTC"),
        sa.Column("note", sa.Text(), nullable=False, comment="The checkpoint as a C2SP signed note"),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
        comment="Signed states of the log; appended to, never altered",
    )
    for table in KEPT:
        for statement in _guards(table, sqlite):
            op.execute(statement)


def _of_change(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="Of which change"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f(f"fk_{table}_change_seq")),
        sa.PrimaryKeyConstraint("change_seq", name=op.f(f"pk_{table}")),
    ]


def _guards(table: str, sqlite: bool) -> list[str]:
    """The triggers that refuse to alter or delete; as 0002 makes them."""
    if not sqlite:
        acts = "BEFORE UPDATE OR DELETE OR TRUNCATE"
        refuse = "FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration()"
        return [f"CREATE TRIGGER {table}_refuses_alteration {acts} ON {table} {refuse}"]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return [
        f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} {refuse}" for act in ("UPDATE", "DELETE")
    ]


def downgrade() -> None:
    """Drop it all. A log that is made again later is another one: its salts and its signatures are new."""
    for table in (*KEPT, "log_salt"):
        op.drop_table(table)
    for name, *_ in HEAD:
        op.drop_column("head", name)
    op.drop_column("person", "erased_at")

"""Merging of sources, topics and documents: which object each was merged into, and a word for such changes.

Revision: 0020
After: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

COMMENTS = {
    "source": "The source that this one is a duplicate of; null: it was not merged",
    "topic": "The topic that this one is a duplicate of; null: it was not merged",
    "document": "The document that this one is a duplicate of; null: it was not merged",
}
ACTIONS_BEFORE = "action IN ('create', 'correct', 'import', 'rule', 'decide')"
ACTIONS = "action IN ('create', 'correct', 'merge', 'import', 'rule', 'decide')"


def upgrade() -> None:
    """Add the columns: null for all there is, which the log does not speak of."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, comment in COMMENTS.items():
        for name in (table, f"{table}_revision"):
            op.add_column(name, sa.Column("merged_into_id", sa.String(length=32), nullable=True, comment=comment))
            notice = sa.Column(
                "merge_notice", sa.Text(), nullable=True, comment="What readers of the duplicate are told"
            )
            op.add_column(name, notice)
        where = sa.text("merged_into_id IS NOT NULL")
        op.create_index(
            op.f(f"ix_{table}_merged"), table, ["merged_into_id"], sqlite_where=where, postgresql_where=where
        )
        if sqlite:
            replace_in_schema(table, "\n)", "".join(f", \n\t{constraint}" for constraint in constraints(table)) + "\n)")
        else:
            op.execute(f"ALTER TABLE {table} ADD " + ", ADD ".join(constraints(table)))
    change_actions(ACTIONS_BEFORE, ACTIONS)


def downgrade() -> None:
    """Drop them. Merges stand in the way: the duplicates would become objects of their own again."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM change WHERE action = 'merge'")):
        raise ValueError("The record contains merges, which revision 0019 cannot hold, so it cannot be downgraded.")
    change_actions(ACTIONS, ACTIONS_BEFORE)
    for table in COMMENTS:
        op.drop_index(op.f(f"ix_{table}_merged"), table)
        if op.get_bind().dialect.name == "sqlite":
            replace_in_schema(table, "".join(f", \n\t{constraint}" for constraint in constraints(table)) + "\n)", "\n)")
        for name in (table, f"{table}_revision"):
            op.drop_column(name, "merged_into_id")  # PostgreSQL drops the constraints with the columns
            op.drop_column(name, "merge_notice")


def constraints(table: str) -> list[str]:
    """Nothing is merged into itself; readers are told of a merge; the other object exists."""
    return [
        f"CONSTRAINT ck_{table}_merged_into_another CHECK (merged_into_id <> id)",
        f"CONSTRAINT ck_{table}_merged_with_notice CHECK ((merged_into_id IS NULL) = (merge_notice IS NULL))",
        f"CONSTRAINT fk_{table}_merged_into_id FOREIGN KEY(merged_into_id) REFERENCES {table} (id)",
    ]


def change_actions(before: str, after: str) -> None:
    """Replace the closed list of actions of changes."""
    if op.get_bind().dialect.name == "sqlite":
        replace_in_schema("change", before, after)
        return
    name = "ck_change_action_known"
    op.execute(f"ALTER TABLE change DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({after})")


def replace_in_schema(table: str, before: str, after: str) -> None:
    """Replace the end of a table's definition, or a part that occurs once, on SQLite.

    SQLite cannot alter constraints, and copying a table that others refer to would break their foreign keys. Its
    documentation of ALTER TABLE describes this way for changes that leave the stored rows as they are.
    """
    connection = op.get_bind()
    definition = str(
        connection.scalar(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": table}
        )
    )
    if definition.count(before) != 1:
        raise ValueError(f"The definition of the table {table} is not the expected one.")
    schema_version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": definition.replace(before, after), "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {schema_version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")

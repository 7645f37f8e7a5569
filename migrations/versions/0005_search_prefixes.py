"""Search that does not slow down with the record: beginnings of one letter, the words themselves, the last row of a past.

Revision: 0005
After: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = "statement, quotes, sources"


def upgrade() -> None:
    """An index of one-letter beginnings and a view of the words on SQLite; statistics of the words on PostgreSQL."""
    op.drop_index("ix_search_text_change_seq", table_name="search_text")
    op.create_index("ix_search_text_recorded", "search_text", ["change_seq", "id"])
    if op.get_bind().dialect.name == "sqlite":
        _index_again(prefixes="1 2 3")
        op.execute("CREATE VIRTUAL TABLE search_index_terms USING fts5vocab('search_index', 'instance')")


def downgrade() -> None:
    """The index as it was."""
    op.drop_index("ix_search_text_recorded", table_name="search_text")
    op.create_index("ix_search_text_change_seq", "search_text", ["change_seq"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index_terms")
        _index_again(prefixes="2 3")


def _index_again(prefixes: str) -> None:
    op.execute("DROP TABLE search_index")
    op.execute(
        f"CREATE VIRTUAL TABLE search_index USING fts5({COLUMNS}, content='search_text', content_rowid='id', "
        f"tokenize='ascii', prefix='{prefixes}')"
    )
    op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")

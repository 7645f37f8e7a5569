"""The full-text index over search_text, each engine its own; both hold exactly the words that we cut ourselves.

Revision: 0003
After: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = "statement, quotes, sources"


def upgrade() -> None:
    """FTS5 over the table's own text on SQLite, a generated tsvector with a GIN index on PostgreSQL."""
    if op.get_bind().dialect.name == "sqlite":
        # The ascii tokenizer takes every other character as part of a word: it splits at our spaces and nowhere else.
        op.execute(
            f"CREATE VIRTUAL TABLE search_index USING fts5({COLUMNS}, content='search_text', content_rowid='id', "
            "tokenize='ascii', prefix='2 3')"
        )
        op.execute(
            "CREATE TRIGGER search_text_indexed AFTER INSERT ON search_text "
            f"BEGIN INSERT INTO search_index (rowid, {COLUMNS}) "
            "VALUES (new.id, new.statement, new.quotes, new.sources); END"
        )
        # Texts that are there already: the index was dropped by a downgrade and comes back.
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")
        return
    # A tsvector written out word by word: PostgreSQL's own parser would split some scripts in other places.
    op.execute(
        """
        CREATE FUNCTION search_vector(words text, weight text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
            SELECT coalesce(
                string_agg('''' || word || ''':' || least(place, 16383) || weight, ' ')::tsvector, ''::tsvector)
            FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS listed (word, place)
            WHERE word <> ''
        $$
        """
    )
    op.execute(
        "ALTER TABLE search_text ADD COLUMN search_index tsvector GENERATED ALWAYS AS "
        "(search_vector(statement, 'A') || search_vector(quotes, 'B') || search_vector(sources, 'C')) STORED"
    )
    op.execute("CREATE INDEX search_index_words ON search_text USING gin (search_index)")


def downgrade() -> None:
    """Drop the index; it can be made again from the table."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER search_text_indexed")
        op.execute("DROP TABLE search_index")
        return
    op.execute("DROP INDEX search_index_words")
    op.execute("ALTER TABLE search_text DROP COLUMN search_index")
    op.execute("DROP FUNCTION search_vector(text, text)")

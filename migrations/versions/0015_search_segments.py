"""PostgreSQL's full-text index segment by segment, so that the newest matches of a word need not wait for all others.

Revision: 0015
After: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SEGMENT = 32_768
"""So many rows, by number, have words of their own: each begins with the number of its segment."""


def upgrade() -> None:
    """The words with their segment, "2/kursk". SQLite gives the newest first as it is."""
    if op.get_bind().dialect.name == "sqlite":
        return
    _drop("text, text")
    op.execute(
        """
        CREATE FUNCTION search_vector(segment bigint, words text, weight text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
            SELECT coalesce(
                string_agg('''' || segment || '/' || word || ''':' || least(place, 16383) || weight, ' ')::tsvector,
                ''::tsvector)
            FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS listed (word, place)
            WHERE word <> ''
        $$
        """
    )
    _index(f"id / {SEGMENT}, ")


def downgrade() -> None:
    """The words alone, as 0003 has them."""
    if op.get_bind().dialect.name == "sqlite":
        return
    _drop("bigint, text, text")
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
    _index("")


def _drop(arguments: str) -> None:
    op.execute("DROP INDEX search_index_words")
    op.execute("ALTER TABLE search_text DROP COLUMN search_index")
    op.execute(f"DROP FUNCTION search_vector({arguments})")


def _index(segment: str) -> None:
    vectors = " || ".join(
        f"search_vector({segment}{words}, '{weight}')"
        for words, weight in (("statement", "A"), ("quotes", "B"), ("sources", "C"))
    )
    op.execute(f"ALTER TABLE search_text ADD COLUMN search_index tsvector GENERATED ALWAYS AS ({vectors}) STORED")
    op.execute("CREATE INDEX search_index_words ON search_text USING gin (search_index)")

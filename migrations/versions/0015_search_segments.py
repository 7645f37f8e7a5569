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


WEIGHTS = {"statement": "A", "quotes": "B", "sources": "C"}


def upgrade() -> None:
    """The words with their segment, "2/kursk". SQLite gives the newest first as it is."""
    _index_again(
        old="text, text",
        new="segment bigint, words text, weight text",
        word="segment || '/' || word",
        vectors=[f"search_vector(id / {SEGMENT}, {words}, '{weight}')" for words, weight in WEIGHTS.items()],
    )


def downgrade() -> None:
    """The words alone, as 0003 has them."""
    _index_again(
        old="bigint, text, text",
        new="words text, weight text",
        word="word",
        vectors=[f"search_vector({words}, '{weight}')" for words, weight in WEIGHTS.items()],
    )


def _index_again(*, old: str, new: str, word: str, vectors: list[str]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("DROP INDEX search_index_words")
    op.execute("ALTER TABLE search_text DROP COLUMN search_index")
    op.execute(f"DROP FUNCTION search_vector({old})")
    op.execute(
        f"""
        CREATE FUNCTION search_vector({new}) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
            SELECT coalesce(
                string_agg('''' || {word} || ''':' || least(place, 16383) || weight, ' ')::tsvector, ''::tsvector)
            FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS listed (word, place)
            WHERE word <> ''
        $$
        """
    )
    whole = " || ".join(vectors)
    op.execute(f"ALTER TABLE search_text ADD COLUMN search_index tsvector GENERATED ALWAYS AS ({whole}) STORED")
    op.execute("CREATE INDEX search_index_words ON search_text USING gin (search_index)")

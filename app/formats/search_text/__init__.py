"""The words of a text, the same on every engine.

SQLite FTS5 and PostgreSQL split and fold text differently, and neither finds the Korean "사상" inside
"사상자가". So words are made here. The index stores `index_text`, which FTS5 splits again with its `ascii`
tokenizer (at spaces only, since tokens hold no ASCII punctuation) and PostgreSQL in a function of the schema;
queries are compiled by `to_fts5` and `to_tsquery`. Whatever changes the tokens means that every index has to
be built anew.

Standards followed: UAX #15 (NFKD, NFC), Unicode case folding, UAX #29 for apostrophes inside words, Lucene's
ASCIIFoldingFilter and ArabicNormalizer for letters without decomposition, and its CJKBigramFilter.
"""

from app.formats.search_text.folding import fold
from app.formats.search_text.index import MOST_INDEX_BYTES, MOST_TOKENS, index_bytes, index_text
from app.formats.search_text.query import LONGEST_QUERY, Query, QueryError, Term, parse_query, to_fts5, to_tsquery
from app.formats.search_text.snippets import snippet
from app.formats.search_text.tokens import LONGEST_TOKEN, Token, tokens

__all__ = [
    "LONGEST_QUERY",
    "LONGEST_TOKEN",
    "MOST_INDEX_BYTES",
    "MOST_TOKENS",
    "Query",
    "QueryError",
    "Term",
    "Token",
    "fold",
    "index_bytes",
    "index_text",
    "parse_query",
    "snippet",
    "to_fts5",
    "to_tsquery",
    "tokens",
]

"""Tokenization and folding of texts and search queries, the same for both engines.

SQLite FTS5 and PostgreSQL tokenize and fold text differently, and neither finds the Korean "사상" inside "사상자가". So
tokens are made here. The index stores `index_text`, which FTS5 splits again with its `ascii` tokenizer (at spaces only,
since tokens contain no ASCII punctuation) and PostgreSQL with a function of the schema. `to_fts5` and `to_tsquery`
compile queries. After any change of the tokens, all indexes must be rebuilt.

Standards: UAX #15 (NFKD, NFC), Unicode case folding, UAX #29 for apostrophes inside words, Lucene's ASCIIFoldingFilter
and ArabicNormalizer for letters without decomposition, and its CJKBigramFilter.
"""

from app.formats.search_text.folding import fold
from app.formats.search_text.index import MAX_INDEX_BYTES, MAX_TOKENS, index_bytes, index_text
from app.formats.search_text.query import (
    MAX_QUERY_LENGTH,
    QueryError,
    SearchQuery,
    SearchTerm,
    parse_query,
    to_fts5,
    to_tsquery,
)
from app.formats.search_text.snippets import snippet
from app.formats.search_text.tokens import MAX_TOKEN_LENGTH, Token, tokens

__all__ = [
    "MAX_INDEX_BYTES",
    "MAX_QUERY_LENGTH",
    "MAX_TOKENS",
    "MAX_TOKEN_LENGTH",
    "QueryError",
    "SearchQuery",
    "SearchTerm",
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

"""Search queries: parsing them, and compiling them to the query language of each engine."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.formats.search_text.tokens import Token, is_unit, tokens

MAX_QUERY_LENGTH = 500  # characters, as typed


class QueryError(ValueError):
    """A query is invalid; the message is for the person who typed it."""


@dataclass(frozen=True)
class SearchTerm:
    """A phrase of folded words; with `prefix`, the last word may continue."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """The terms that a text must contain (all of `required`, at least one) and must not contain (`excluded`)."""

    required: tuple[SearchTerm, ...]
    excluded: tuple[SearchTerm, ...] = ()


# A quotation mark right after a letter does not open a phrase: it is an inch sign, or part of the Hebrew צה"ל.
_PART = re.compile(
    r"""(?P<minus>(?<!\S)-(?=[\w"„“«]))?
        (?: (?<!\w) (?: "[^"]*"? | [„“][^“”]*[“”]? | «[^»]*»? | ”[^”]*” | »[^«]*« )
          | (?: (?! (?<!\w)["„“«] ) \S )+ )""",
    re.VERBOSE,
)
_STAR = re.compile(r'["“”«»]?\*')


def parse_query(q: str) -> SearchQuery:
    """Parse a search query: `word`, `"a phrase"` (also „“ “” «»), `begin*`, `-without`, `-"without this"`.

    A text must match all of them. A word with several tokens ("F-16") is a phrase. A missing closing quotation mark is
    assumed at the end. Other characters separate words and have no meaning.

    Raises QueryError if `q` is longer than 500 characters or has no word to search for.
    """
    if len(q) > MAX_QUERY_LENGTH:
        raise QueryError(f"The query has {len(q)} characters; at most {MAX_QUERY_LENGTH} are allowed.")
    # Tokenized before it is split into parts, because "11 000" is one token with a space.
    query_tokens = tokens(q)
    starts = [token.start for token in query_tokens]
    required: dict[SearchTerm, None] = {}
    excluded: dict[SearchTerm, None] = {}
    for part in _PART.finditer(q):
        part_tokens = query_tokens[bisect_left(starts, part.start()) : bisect_left(starts, part.end())]
        if part_tokens:
            (excluded if part["minus"] else required)[_build_term(part_tokens, q)] = None
    if not required:
        raise QueryError(
            "The query only excludes words. Add at least one word or number to search for."
            if excluded
            else "The query needs a word or a number to search for."
        )
    return SearchQuery(tuple(required), tuple(excluded))


def _build_term(term_tokens: Sequence[Token], q: str) -> SearchTerm:
    has_star = _STAR.match(q, term_tokens[-1].end) is not None
    words = [token.text for token in term_tokens]
    if not is_unit(words[-1]):
        return SearchTerm(tuple(words), has_star)
    # The last character of a run is a token by itself. In the text more characters may follow: 사상 must also match
    # where 상 does not end its run. So that token is dropped, or becomes a prefix if it is the only one of its run.
    if len(term_tokens) > 1 and term_tokens[-2].end == term_tokens[-1].end:
        return SearchTerm(tuple(words[:-1]), has_star)
    return SearchTerm(tuple(words), prefix=True)


def to_fts5(query: SearchQuery, expansions: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """Compile to a query for FTS5's MATCH: `("a" AND "b c" AND "pre" *) NOT ("x")`. Safe, as it contains only tokens.

    `expansions` maps a prefix to the indexed words with it, which then replace the prefix.
    """

    def phrase(term: SearchTerm) -> str:
        *preceding, last = term.words
        if term.prefix and expansions.get(last):
            return f"({' OR '.join(_quote([*preceding, word]) for word in expansions[last])})"
        return _quote(term.words) + " *" * term.prefix

    required = " AND ".join(map(phrase, query.required))
    excluded = " OR ".join(map(phrase, query.excluded))
    return f"({required}) NOT ({excluded})" if excluded else required


def _quote(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"'


def to_tsquery(query: SearchQuery, word_prefix: str = "") -> str:
    """Compile to text for a cast to tsquery: `'a' & ('b' <-> 'c') & 'pre':* & !'x'`. Safe, as it contains only tokens.

    `word_prefix` is put before each word; it must not contain quotation marks.
    """

    def phrase(term: SearchTerm) -> str:
        joined = " <-> ".join(f"'{word_prefix}{word}'" for word in term.words) + ":*" * term.prefix
        return f"({joined})" if len(term.words) > 1 else joined

    return " & ".join([*map(phrase, query.required), *("!" + phrase(term) for term in query.excluded)])

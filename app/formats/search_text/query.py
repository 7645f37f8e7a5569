"""What somebody looks for, and how the engines are asked for it."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.formats.search_text.tokens import Token, is_unit, tokens

LONGEST_QUERY = 500  # characters, as typed


class QueryError(ValueError):
    """A query that cannot be run; the message is meant for the person who typed it."""


@dataclass(frozen=True)
class Term:
    """Folded words in this order, next to each other; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class Query:
    """What a text must contain (all of `required`, at least one) and must not contain (any of `excluded`)."""

    required: tuple[Term, ...]
    excluded: tuple[Term, ...] = ()


# A quotation mark right after a letter does not open a phrase: it is an inch, or the Hebrew צה"ל.
_PART = re.compile(
    r"""(?P<minus>(?<!\S)-(?=[\w"„“«]))?
        (?: (?<!\w) (?: "[^"]*"? | [„“][^“”]*[“”]? | «[^»]*»? | ”[^”]*” | »[^«]*« )
          | (?: (?! (?<!\w)["„“«] ) \S )+ )""",
    re.VERBOSE,
)
_STAR = re.compile(r'["“”«»]?\*')


def parse_query(q: str) -> Query:
    """What somebody looks for: `word`, `"a phrase"` (also „“ “” «»), `begin*`, `-without`, `-"without this"`.

    A text must have all of them. A word that makes several tokens ("F-16") is a phrase; a missing closing
    quotation mark is assumed at the end; everything else that is not a word parts words and means nothing.

    Raises QueryError if `q` is longer than 500 characters or has nothing to look for: no word, only
    exclusions.
    """
    if len(q) > LONGEST_QUERY:
        raise QueryError(f"The query has {len(q)} characters; at most {LONGEST_QUERY} are allowed.")
    # Split before cutting into parts, since "11 000" is one word although it holds a space.
    found = tokens(q)
    starts = [token.start for token in found]
    required: dict[Term, None] = {}
    excluded: dict[Term, None] = {}
    for part in _PART.finditer(q):
        mine = found[bisect_left(starts, part.start()) : bisect_left(starts, part.end())]
        if mine:
            (excluded if part["minus"] else required)[_term(mine, q)] = None
    if not required:
        besides = " besides what to leave out" if excluded else ""
        raise QueryError(f"The query needs a word or a number to look for{besides}.")
    return Query(tuple(required), tuple(excluded))


def _term(found: Sequence[Token], q: str) -> Term:
    starred = _STAR.match(q, found[-1].end) is not None
    words = [token.text for token in found]
    if not is_unit(words[-1]):
        return Term(tuple(words), starred)
    if len(found) > 1 and found[-2].end == found[-1].end:
        return Term(tuple(words[:-1]), starred)  # 사상, 상: in the text, 상 may not be the last of its run
    return Term(tuple(words), prefix=True)


def to_fts5(query: Query, endings: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """The query for MATCH, as `("a" AND "b c" AND "pre" *) NOT ("x")`; safe, as only tokens are in it.

    `endings` may tell for a prefix which words begin so: they are then asked for one by one.
    """

    def phrase(term: Term) -> str:
        *before, last = term.words
        if term.prefix and endings.get(last):
            return f"({' OR '.join(_quoted([*before, word]) for word in endings[last])})"
        return _quoted(term.words) + " *" * term.prefix

    required = " AND ".join(map(phrase, query.required))
    excluded = " OR ".join(map(phrase, query.excluded))
    return f"({required}) NOT ({excluded})" if excluded else required


def _quoted(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"'


def to_tsquery(query: Query, before: str = "") -> str:
    """The query for a cast to tsquery, as `'a' & ('b' <-> 'c') & 'pre':* & !'x'`; safe likewise.

    Each word begins with `before`, which has no quotation mark in it.
    """

    def phrase(term: Term) -> str:
        joined = " <-> ".join(f"'{before}{word}'" for word in term.words) + ":*" * term.prefix
        return f"({joined})" if len(term.words) > 1 else joined

    return " & ".join([*map(phrase, query.required), *("!" + phrase(term) for term in query.excluded)])

"""Search snippets: the part of a text that best matches a query, with the matches marked."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import NamedTuple

from app.formats.search_text.folding import fold
from app.formats.search_text.patterns import INNER_PUNCTUATION
from app.formats.search_text.query import SearchQuery, SearchTerm
from app.formats.search_text.tokens import Token, is_unit, tokens


class _Hit(NamedTuple):
    start: int
    end: int
    term: int  # index in the query's required terms


def snippet(text: str, query: SearchQuery, *, radius: int = 80) -> str | None:
    """Return the part of the text that matches most of the query, as HTML; None if nothing matches.

    Its length is about twice `radius` characters, never more than four times (`radius` is at least 1). The text is
    escaped, matches are in `<mark>`, and `…` shows where the text continues. It is cut between words, or between
    characters in scripts written without spaces.
    """
    searchable = _strip(text) if len(text) > MAX_CACHED_LENGTH else _strip_cached(text)
    if not any(term.words[0] in searchable for term in query.required):
        return None  # the case for most texts, and much cheaper than tokenizing them
    text_tokens = tokens(text)
    hits = _best_cluster(_hits(text_tokens, query), width=2 * radius)
    if not hits:
        return None
    begin, end = _boundaries(text_tokens, len(text), hits[0].start, max(hit.end for hit in hits), width=2 * radius)
    end = min(end, begin + 4 * radius)  # a "word" may be very long
    marked = _mark(text, begin, end, _merge(hits, end))
    return "…" * (begin > 0) + marked + "…" * (end < len(text))


MAX_CACHED_LENGTH = 200  # characters; the stripped form of texts up to this length is cached


def _strip(text: str) -> str:
    """The folded text without punctuation inside words, so that it contains each of its tokens as a substring."""
    return (text.lower() if text.isascii() else fold(text)).translate(INNER_PUNCTUATION)


# Cached because source names repeat often.
_strip_cached = lru_cache(maxsize=4_096)(_strip)


def _hits(text_tokens: Sequence[Token], query: SearchQuery) -> list[_Hit]:
    """All occurrences of the required terms, in text order."""
    words = [token.text for token in text_tokens]
    positions: dict[str, list[int]] = defaultdict(list)
    for position, word in enumerate(words):
        positions[word].append(position)
    vocabulary = sorted(positions)
    hits = []
    for number, term in enumerate(query.required):
        *preceding, last = term.words
        for first in _first_word_positions(term, positions, vocabulary):
            index = first + len(preceding)
            if index < len(words) and words[first:index] == preceding and _matches(words[index], last, term.prefix):
                hits.append(_Hit(text_tokens[first].start, _hit_end(text_tokens, index, last), number))
    return sorted(hits, key=lambda hit: (hit.start, hit.end))


def _first_word_positions(
    term: SearchTerm, positions: dict[str, list[int]], vocabulary: Sequence[str]
) -> Iterator[int]:
    first = term.words[0]
    if len(term.words) > 1 or not term.prefix:
        yield from positions.get(first, ())
        return
    for index in range(bisect_left(vocabulary, first), len(vocabulary)):
        if not vocabulary[index].startswith(first):
            break
        yield from positions[vocabulary[index]]


def _matches(word: str, query_word: str, is_prefix: bool) -> bool:
    return word.startswith(query_word) if is_prefix else word == query_word


def _hit_end(text_tokens: Sequence[Token], index: int, query_word: str) -> int:
    """Where to end the mark: a prefix marks its whole word, but a single character of a bigram only itself."""
    token = text_tokens[index]
    if is_unit(query_word) and not is_unit(token.text) and text_tokens[index + 1].start > token.start:
        return text_tokens[index + 1].start  # the next token starts right after that character
    return token.end


def _best_cluster(hits: Sequence[_Hit], width: int) -> Sequence[_Hit]:
    """The hits within `width` characters that cover the most terms; on a tie the most hits, then the first ones."""
    # A sliding window over the hits, from `left` to `right`.
    counts: Counter[int] = Counter()
    best_score, best_window, left, distinct_terms = (0, 0), slice(0), 0, 0
    for right, hit in enumerate(hits):
        distinct_terms += not counts[hit.term]
        counts[hit.term] += 1
        while left < right and hit.end - hits[left].start > width:
            counts[hits[left].term] -= 1
            distinct_terms -= not counts[hits[left].term]
            left += 1
        score = (distinct_terms, right - left + 1)
        if score > best_score:
            best_score, best_window = score, slice(left, right + 1)
    return hits[best_window]


def _boundaries(text_tokens: Sequence[Token], length: int, first: int, last: int, width: int) -> tuple[int, int]:
    """Where to cut a text of `length` characters: around `first` to `last`, with the rest of `width` on both sides."""
    spare = max(0, width - (last - first))
    begin = max(0, min(first - spare // 2, length - width))
    end = min(length, max(begin + width, last))
    if begin > 0:
        begin = text_tokens[bisect_left(text_tokens, begin, key=lambda token: token.start)].start
    if end < length:
        end = max(last, text_tokens[bisect_right(text_tokens, end, key=lambda token: token.end) - 1].end)
    return begin, end


def _merge(hits: Sequence[_Hit], end: int) -> list[tuple[int, int]]:
    """The spans to mark, up to `end`; hits that touch or overlap become one span."""
    spans: list[tuple[int, int]] = []
    for hit in hits:
        stop = min(hit.end, end)
        if spans and hit.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(stop, spans[-1][1]))
        elif hit.start < stop:
            spans.append((hit.start, stop))
    return spans


def _mark(text: str, begin: int, end: int, spans: Sequence[tuple[int, int]]) -> str:
    edges = [begin, *(edge for span in spans for edge in span), end]
    parts = [escape(text[left:right]) for left, right in pairwise(edges)]
    return "".join(f"<mark>{part}</mark>" if index % 2 else part for index, part in enumerate(parts))

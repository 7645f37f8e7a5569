"""Where a text has what was looked for, to be shown."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import NamedTuple

from app.formats.search_text.folding import fold
from app.formats.search_text.patterns import INNER
from app.formats.search_text.query import Query, Term
from app.formats.search_text.tokens import Token, is_unit, tokens


class _Hit(NamedTuple):
    start: int
    end: int
    term: int  # which of the required ones


def snippet(text: str, query: Query, *, radius: int = 80) -> str | None:
    """Where the text has most of the query, as HTML; None if it has none of it.

    About twice `radius` characters, and never more than four times (`radius` is at least 1). The text is
    escaped, what was found is in `<mark>`, `…` stands where the text goes on. It is cut between words, or
    between characters in scripts written without spaces.
    """
    bare = _bare(text) if len(text) > SHORT else _bare_of_short(text)
    if not any(term.words[0] in bare for term in query.required):
        return None  # which is so for most texts, and told without cutting them into words
    found = tokens(text)
    hits = _best_cluster(_hits(found, query), width=2 * radius)
    if not hits:
        return None
    begin, end = _borders(found, len(text), hits[0].start, max(hit.end for hit in hits), width=2 * radius)
    end = min(end, begin + 4 * radius)  # a "word" may be very long
    marked = _mark(text, begin, end, _merged(hits, end))
    return "…" * (begin > 0) + marked + "…" * (end < len(text))


SHORT = 200  # characters; of shorter texts it is remembered what is bare of them


def _bare(text: str) -> str:
    """The folded text without what may stand inside a word: each of its words is somewhere in it, in one piece."""
    return (text.lower() if text.isascii() else fold(text)).translate(INNER)


# Names of sources come again and again.
_bare_of_short = lru_cache(maxsize=4_096)(_bare)


def _hits(found: Sequence[Token], query: Query) -> list[_Hit]:
    """Everywhere that a required term is found, by place."""
    words = [token.text for token in found]
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(words):
        places[word].append(place)
    vocabulary = sorted(places)
    hits = []
    for number, term in enumerate(query.required):
        *before, last = term.words
        for first in _places_of_first(term, places, vocabulary):
            at = first + len(before)
            if at < len(words) and words[first:at] == before and _is_word(words[at], last, term.prefix):
                hits.append(_Hit(found[first].start, _end_of_hit(found, at, last), number))
    return sorted(hits, key=lambda hit: (hit.start, hit.end))


def _places_of_first(term: Term, places: dict[str, list[int]], vocabulary: Sequence[str]) -> Iterator[int]:
    first = term.words[0]
    if len(term.words) > 1 or not term.prefix:
        yield from places.get(first, ())
        return
    for at in range(bisect_left(vocabulary, first), len(vocabulary)):
        if not vocabulary[at].startswith(first):
            break
        yield from places[vocabulary[at]]


def _is_word(word: str, wanted: str, prefix: bool) -> bool:
    return word.startswith(wanted) if prefix else word == wanted


def _end_of_hit(found: Sequence[Token], at: int, wanted: str) -> int:
    """A prefix marks its whole word, but half a bigram only itself: the next token starts behind it."""
    token = found[at]
    if is_unit(wanted) and not is_unit(token.text) and found[at + 1].start > token.start:
        return found[at + 1].start
    return token.end


def _best_cluster(hits: Sequence[_Hit], width: int) -> Sequence[_Hit]:
    """The hits within `width` characters that cover most terms, then most hits, then come first."""
    inside: Counter[int] = Counter()
    best, chosen, left, distinct = (0, 0), slice(0), 0, 0
    for right, hit in enumerate(hits):
        distinct += not inside[hit.term]
        inside[hit.term] += 1
        while left < right and hit.end - hits[left].start > width:
            inside[hits[left].term] -= 1
            distinct -= not inside[hits[left].term]
            left += 1
        score = (distinct, right - left + 1)
        if score > best:
            best, chosen = score, slice(left, right + 1)
    return hits[chosen]


def _borders(found: Sequence[Token], length: int, first: int, last: int, width: int) -> tuple[int, int]:
    """Where to cut a text of that length around `first` to `last`, with what `width` leaves on each side."""
    spare = max(0, width - (last - first))
    begin = max(0, min(first - spare // 2, length - width))
    end = min(length, max(begin + width, last))
    if begin > 0:
        begin = found[bisect_left(found, begin, key=lambda token: token.start)].start
    if end < length:
        end = max(last, found[bisect_right(found, end, key=lambda token: token.end) - 1].end)
    return begin, end


def _merged(hits: Sequence[_Hit], end: int) -> list[tuple[int, int]]:
    """What to mark, up to `end`: hits that touch or overlap are one."""
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
    return "".join(f"<mark>{part}</mark>" if odd % 2 else part for odd, part in enumerate(parts))

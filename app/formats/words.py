"""The words of a text, the same on every engine.

SQLite FTS5 and PostgreSQL split and fold text differently, and neither finds the Korean "사상" inside
"사상자가". So words are made here. The index stores `index_text`, which FTS5 splits again with its `ascii`
tokenizer (at spaces only, since tokens hold no ASCII punctuation) and PostgreSQL in a function of the schema;
queries are compiled by `to_fts5` and `to_tsquery`. Whatever changes the tokens means that every index has to
be built anew.

Standards followed: UAX #15 (NFKD, NFC), Unicode case folding, UAX #29 for apostrophes inside words, Lucene's
ASCIIFoldingFilter and ArabicNormalizer for letters without decomposition, and its CJKBigramFilter.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

LONGEST_TOKEN = 64  # characters of a folded token
LONGEST_QUERY = 500  # characters, as typed

# PostgreSQL counts positions up to 16,383 and gives all later words that one, where phrases match by
# accident; and it refuses a tsvector above 1,048,575 bytes.
MOST_TOKENS = 16_000
MOST_INDEX_BYTES = 1_000_000
BYTES_PER_POSITION = 6  # that a tsvector adds to each word: alignment, count, position


class QueryError(ValueError):
    """A query that cannot be run; the message is meant for the person who typed it."""


class Token(NamedTuple):
    """One word: `text` is folded, `start` and `end` are code point offsets into the original text.

    `text` has 1 to 64 characters; the offsets span the whole word, also where `text` was cut.
    """

    text: str
    start: int
    end: int


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


class _Hit(NamedTuple):
    start: int
    end: int
    term: int  # which of the required ones


# --- folding ---

# Lower case is enough, as case is folded first.
_LATIN = dict(zip("łøđıħðŋŧĸɖɗɓƙə", "lodihdntqddbka", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
# Letters that Arabic and Persian writers interchange; the last is tatweel.
_ARABIC = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": ""}
# Letters by category, apostrophes by use: п'ять is also written пʼять, and Qur'an Qurʾan.
_APOSTROPHE_LETTERS = dict.fromkeys("ʹʺʻʼʽʾʿˈ", "")
_ACCENT_PLACES = {1, *range(10, 37), *range(200, 241)}
_VARIATION = re.compile("[\u034f\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_LETTERS = str.maketrans(_LATIN | _ARABIC | _APOSTROPHE_LETTERS)


def fold(text: str) -> str:
    """The text without case, accents, vowel points, tatweel and invisible characters; digits in ASCII.

    Idempotent. Vowel signs of Indic and South-East Asian scripts and the voicing of kana stay, since they
    make another word; Hangul syllables stay syllables (NFC after NFKD).
    """
    return unicodedata.normalize("NFC", "".join(map(_plain, unicodedata.normalize("NFKD", text))))


@lru_cache(maxsize=16_384)
def _plain(char: str) -> str:
    if _is_accent(char) or _is_invisible(char):
        return ""
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    return char.casefold().translate(_LETTERS)


def _is_accent(char: str) -> bool:
    """By canonical combining class: overlays, Hebrew and Arabic points, marks placed around a letter."""
    return unicodedata.combining(char) in _ACCENT_PLACES or unicodedata.category(char) == "Me"


def _is_invisible(char: str) -> bool:
    """Soft hyphens, joiners, direction marks and variation selectors; the zero width space parts words."""
    return char != "\u200b" and (unicodedata.category(char) == "Cf" or _VARIATION.match(char) is not None)


# --- splitting ---

# `re` knows no \p{M}, and without the marks a Hindi word would fall into its consonants.
_MARKS = "".join(char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.category(char) in ("Mn", "Mc"))

# What composes to one character: a decomposed Hangul syllable, or anything with its marks and half-width
# voicing (at most 30, as in the Stream-Safe Text Format of UAX #15).
_HANGUL = r"[\u1100-\u115f\uac00-\ud7a3][\u1160-\u11ff]{1,2}"
_PIECE = re.compile(rf"{_HANGUL}|.[{_MARKS}\uff9e\uff9f]{{0,30}}", re.DOTALL)

_UNSPACED = "".join(
    (
        r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0edf",  # Thai, Lao
        r"\u1000-\u103f\u1050-\u109d\ua9e0-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f",  # Myanmar
        r"\u1780-\u17d3\u17d7\u17dc\u17dd",  # Khmer
        r"\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb",  # Hangul
        r"\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001b000-\U0001b16f",  # kana
        r"\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3105-\u312f\u31a0-\u31bf",  # Bopomofo
        r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af",  # Han
    )
)
_UNSPACED_UNIT = rf"(?=\w)[{_UNSPACED}][{_MARKS}]*"
_UNIT = re.compile(_UNSPACED_UNIT)

_FIXED_SPACES = "\u00a0\u2007\u2009\u202f"
_APOSTROPHES = "'’‘`׳״"
_THOUSANDS = (r"[,\u066c\u060c]", r"\.", "['’]", "\u00a0", " ")

# Groups of exactly three digits are one number if they stand alone: "1,5,300", "5 300 6 400" and the "25 300"
# of "Su-25 300 km" are several, but a year may stand before. A plain space joins too, because that is how most
# people type "11 000"; the price is the rare "on May 13 300 men". "0.125" and "044 123" stay apart.
_NUMBER = "|".join(
    rf"(?:(?<!\d{sep})|(?<=\d{{4}}{sep}))[1-9]\d{{0,2}}(?:{sep}\d{{3}})+(?!{sep}?\d)" for sep in _THOUSANDS
)
_LETTER = r"[^\W\d_]"
_SPACED = rf"[^\W_{_UNSPACED}]+(?:[{_MARKS}][^\W_{_UNSPACED}]*)*"
_APOSTROPHE = rf"(?:(?<={_LETTER})[{_APOSTROPHES}](?={_LETTER})|(?<=[א-ת])\"(?=[א-ת]))"


def _words(run: str, spaced: str) -> re.Pattern[str]:
    number = rf"(?=[1-9])(?<!{_LETTER}-)(?:{_NUMBER})"  # tried at digits only: most words are none
    return re.compile(rf"{number}|(?P<run>{run})|{spaced}(?:{_APOSTROPHE}{spaced})*")


_WORD = _words(rf"(?:{_UNSPACED_UNIT})+", _SPACED)
# Nothing else is a word in ASCII, and the big classes take most of the time.
_ASCII_WORD = _words("(?!)", "[A-Za-z0-9]+")
_INNER = str.maketrans("", "", _APOSTROPHES + '"., \u00a0\u066c\u060c')


def tokens(text: str) -> list[Token]:
    """The words of a text in their order.

    A word is a run of letters, digits and their marks. Apostrophes inside it are dropped, and so are
    separators of thousands ("11,000", "11 000" and "11.000" are `11000`). Superscripts, fractions and
    symbols that stand for letters (¹ ½ ㎞ №) are words of their own, lest a footnote mark change a figure.

    In scripts written without spaces each character (with its marks) makes a token with the one after it, and
    the last one stands alone: 사상자 is 사상, 상자, 자. Lucene omits that last one; with it, every character
    begins some token, and one character can be looked for as a prefix.
    """
    return list(_scan(text))


def index_text(text: str) -> str:
    """What the index stores: the folded tokens, one space between them.

    At most 16,000 tokens and a million bytes as PostgreSQL counts them; what comes later is not found.
    """
    found = " ".join(_in_stretches(text))
    spaces = found.count(" ")
    if spaces < MOST_TOKENS and len(found.encode()) + BYTES_PER_POSITION * (spaces + 1) - spaces <= MOST_INDEX_BYTES:
        return found
    words: list[str] = []
    room = MOST_INDEX_BYTES
    for word in found.split(" ")[:MOST_TOKENS]:
        room -= len(word.encode()) + BYTES_PER_POSITION
        if room < 0:
            break
        words.append(word)
    return " ".join(words)


# Nothing goes on over a space but numbers, so that the words of a stretch without a digit are always the same.
_STRETCH = re.compile(r" ?[^ ]+| ")
_LONGEST_STRETCH = 40  # that is remembered
_DIGIT = re.compile(r"\d")


def _in_stretches(text: str) -> Iterator[str]:
    """The words of a text, some at a time: most of them have been folded and split before, in another text."""
    numeric = ""
    for stretch in _STRETCH.findall(text):
        folded, words = _remembered(stretch) if len(stretch) <= _LONGEST_STRETCH else _read_stretch(stretch)
        if words is None:
            numeric += folded
            continue
        if numeric:
            yield from (word for word, _, _ in _split(numeric))
            numeric = ""
        if words:
            yield words
    yield from (word for word, _, _ in _split(numeric))


def _read_stretch(stretch: str) -> tuple[str, str | None]:
    """A stretch, folded, and its words; None if it has digits, which may belong to those around it."""
    folded = _fold_in_place(stretch)[0]
    return folded, None if _DIGIT.search(folded) else " ".join(word for word, _, _ in _split(folded))


_remembered = lru_cache(maxsize=65_536)(_read_stretch)


def _scan(text: str) -> Iterator[Token]:
    folded, starts, ends = _fold_in_place(text)
    for word, first, last in _split(folded):
        yield Token(word, starts[first], ends[last])


def _split(folded: str) -> Iterator[tuple[str, int, int]]:
    """The words of a folded text, each with the places of its first and its last character."""
    if folded.isascii():
        for word in _ASCII_WORD.finditer(folded):
            text = word[0]
            plain = text if text.isalnum() else text.translate(_INNER)
            yield plain[:LONGEST_TOKEN], word.start(), word.end() - 1
        return
    for word in _WORD.finditer(folded):
        first, last = word.start(), word.end() - 1
        if word["run"]:
            units = [unit.span() for unit in _UNIT.finditer(word[0])]
            for (begin, _), (_, end) in zip(units, units[1:] + units[-1:], strict=True):
                yield _composed(word[0][begin:end]), first + begin, first + end - 1
        else:
            yield _composed(word[0].translate(_INNER)), first, last


def _composed(word: str) -> str:
    # Composed once more, for marks between which something invisible was dropped.
    return unicodedata.normalize("NFC", word)[:LONGEST_TOKEN]


def _fold_in_place(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The folded text, and for each of its characters where the original of it starts and ends."""
    if text.isascii():
        return text.lower(), range(len(text)), range(1, len(text) + 1)
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    for piece in _PIECE.findall(text):
        plain = _fold_piece(piece)
        end = start + len(piece)
        folded.append(plain)
        starts += [start] * len(plain)
        ends += [end] * len(plain)
        start = end
    return "".join(folded), starts, ends


@lru_cache(maxsize=16_384)
def _fold_piece(piece: str) -> str:
    if piece in _FIXED_SPACES:
        return "\u00a0"
    plain = fold(piece)
    apart = unicodedata.category(piece[0]) in ("No", "So") or " " in plain.strip()
    return f"\n{plain}\n" if apart else plain


# --- asking ---

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
    if not _is_unit(words[-1]):
        return Term(tuple(words), starred)
    if len(found) > 1 and found[-2].end == found[-1].end:
        return Term(tuple(words[:-1]), starred)  # 사상, 상: in the text, 상 may not be the last of its run
    return Term(tuple(words), prefix=True)


def _is_unit(word: str) -> bool:
    return _UNIT.fullmatch(word) is not None


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


def to_tsquery(query: Query) -> str:
    """The query for a cast to tsquery, as `'a' & ('b' <-> 'c') & 'pre':* & !'x'`; safe likewise."""

    def phrase(term: Term) -> str:
        joined = " <-> ".join(f"'{word}'" for word in term.words) + ":*" * term.prefix
        return f"({joined})" if len(term.words) > 1 else joined

    return " & ".join([*map(phrase, query.required), *("!" + phrase(term) for term in query.excluded)])


# --- showing ---


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
    return (text.lower() if text.isascii() else fold(text)).translate(_INNER)


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
    if _is_unit(wanted) and not _is_unit(token.text) and found[at + 1].start > token.start:
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

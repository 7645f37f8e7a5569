"""Words and symbols that multiply a number (thousand, млн, lakh, 5M), and whether one certainly does so in a text.

The table has the compact forms of all languages of the Unicode CLDR (`compact_forms.tsv`) and what people write besides
them. Many forms mean nothing, or something else, in another language: `bin` is a thousand in Turkish and a verb in
German; a `billion` is a thousand or a million millions. So a form is certain only if the language of the text has it,
or if the language is unknown and the form is no word of another one. Otherwise the number before it is in doubt.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from app.formats.numbers.numeral_words import MULTIPLIER_WORDS
from app.formats.numbers.text_language import TextLanguages, script_of

_SHORT = 2
"""Forms of so many letters are symbols: their case matters, and most of them are also units or words."""

_DOUBTFUL_SYMBOLS = frozenset("k K M B T bn Bn mn Mn tn Tn mm MM Mr Md mM kM Mld rb jt Cr cr L Tr NT m G".split())
"""Symbols that people take for multipliers in texts of any language, if they directly follow the digits."""

_HOMOGRAPHS = frozenset(
    "bin mil mill mile miles tis arab min mia mii mie mitra obz lak kun ora bil hoz dubu afe miu tri tuh mer mga"
    " ming ming".split()
)
"""Forms that are also words of other languages. Without a known language they are doubtful."""

_UNITS = frozenset(("min", "mer", "tri", "ora"))
"""Forms that are units or words in many languages (5 min); they multiply only in their own language."""


_VOWELS = frozenset("aeiouyаеиоуіїєяюыэё")


class Multiplier(NamedTuple):
    """What a word does to the number before it."""

    factors: tuple[Decimal, ...]
    """Its factors; several if languages differ."""
    is_certain: bool
    """False if it may also be no multiplier, or have another factor."""
    is_symbol: bool
    """True for k, M, bn: numbers with symbols are not added up."""
    is_abbreviation: bool
    """True if a point may follow it that ends no sentence."""


class _Form(NamedTuple):
    languages: dict[int, set[str]]
    """The languages in which it has a factor."""
    spaced: set[str]
    """The languages in which a space stands before it."""
    abbreviated: set[int]


def _key(word: str) -> str:
    return word if len(word) <= _SHORT else word.casefold()


_Entry: TypeAlias = list[tuple[str, int, str]]
"""The forms with one key: the form as it is written, its factor, and its languages."""


@cache
def _tables() -> tuple[Mapping[str, _Entry], Mapping[str, _Entry]]:
    """The forms that follow a number, and those that precede it. Each is read when a text has it."""
    tables: dict[str, dict[str, _Entry]] = {"after": {}, "before": {}}
    for line in Path(__file__).with_name("compact_forms.tsv").read_text("utf-8").splitlines():
        if line[0] != "#":
            position, form, factor, languages = line.split("\t")
            tables[position].setdefault(_key(form.rstrip(".")), []).append((form, int(factor), languages))
    after = tables["after"]
    for factor_value, by_language in MULTIPLIER_WORDS.items():
        for languages, forms in by_language.items():
            for form in forms.split():
                after.setdefault(_key(form.rstrip(".")), []).append((form, factor_value, languages))
    return after, tables["before"]


@cache
def _form(key: str, *, is_leading: bool) -> _Form | None:
    entries = _tables()[is_leading].get(key)
    if entries is None:
        return None
    result = _Form(defaultdict(set), set(), set())
    for form, factor, languages_text in entries:
        languages = languages_text.split()
        result.languages[factor].update(language.rstrip("~") for language in languages)
        result.spaced.update(language.rstrip("~") for language in languages if language.endswith("~"))
        if form.endswith(".") or not _VOWELS & set(form.casefold()):
            result.abbreviated.add(factor)
    return result


def all_forms() -> Iterator[str]:
    """Iterate over all forms of the table."""
    for table in _tables():
        yield from table


def is_multiplier_word(word: str) -> bool:
    """True if a word is in the table of forms that follow a number."""
    return _key(word) in _tables()[0]


def is_leading_multiplier(word: str) -> bool:
    """True if a word is in the table of forms that precede a number, as in Swahili."""
    return _key(word) in _tables()[1] and len(word) > _SHORT


def find_multiplier(word: str, languages: TextLanguages, *, is_attached: bool) -> Multiplier | None:
    """Return what a word does to the number before it; None if it is an ordinary word.

    `is_attached` is true if nothing is between the digits and the word.
    """
    entry = _form(_key(word), is_leading=False)
    return None if entry is None else _interpret(entry, _key(word), languages, is_attached=is_attached)


def find_leading_multiplier(word: str, languages: TextLanguages) -> Multiplier | None:
    """Return what a word does to the number after it; None if it is an ordinary word."""
    entry = _form(_key(word), is_leading=True)
    return None if entry is None else _interpret(entry, _key(word), languages, is_attached=False)


def _interpret(entry: _Form, form: str, languages: TextLanguages, *, is_attached: bool) -> Multiplier | None:
    text_languages = languages.of_script(script_of(form))
    known = [factor for factor, names in entry.languages.items() if names & text_languages]
    is_symbol = len(form) <= _SHORT and form.isascii()
    if is_symbol and not (is_attached or entry.spaced & text_languages):
        return None  # 300 m, 5 T
    is_short = is_symbol or form in _UNITS
    factors = known
    is_certain = len(known) == 1 and form != "m"  # 5m may be metres in English too
    if not known:
        if is_short and form not in _DOUBTFUL_SYMBOLS:
            return None
        factors = list(entry.languages)
        is_excluded = bool(text_languages) and languages.is_certain
        is_homograph = form in _HOMOGRAPHS
        is_certain = len(factors) == 1 and not is_excluded and not is_homograph and form != "m"
    return Multiplier(
        tuple(map(Decimal, factors)), is_certain, is_symbol, not set(factors).isdisjoint(entry.abbreviated)
    )

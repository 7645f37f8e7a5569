"""Words and symbols that multiply a number (thousand, млн, lakh, 5M), and whether one certainly does so in a text.

The table has the compact forms of all languages of the Unicode CLDR (`compact_forms.tsv`) and what people write besides
them. Many forms mean nothing, or something else, in another language: `bin` is a thousand in Turkish and a verb in
German; a `billion` is a thousand or a million millions. So a form is certain only if the language of the text has it,
or if the language is unknown and the form is no word of another one. Otherwise the number before it is in doubt.
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import NamedTuple

from app.formats.captures.numeral_words import MULTIPLIER_WORDS
from app.formats.captures.text_language import TextLanguages, script_of

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


@cache
def _tables() -> tuple[Mapping[str, _Form], Mapping[str, _Form]]:
    """The forms that follow a number, and those that precede it."""
    tables: dict[str, dict[str, _Form]] = {"after": {}, "before": {}}
    text = resources.files("app.formats.captures").joinpath("compact_forms.tsv").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        position, form, factor, languages = line.split("\t")
        _add(tables[position], form, int(factor), languages.split())
    for factor_value, by_language in MULTIPLIER_WORDS.items():
        for languages_text, forms in by_language.items():
            for form in forms.split():
                _add(tables["after"], form, factor_value, languages_text.split())
    return tables["after"], tables["before"]


def _add(table: dict[str, _Form], form: str, factor: int, languages: list[str]) -> None:
    entry = table.setdefault(_key(form.rstrip(".")), _Form(defaultdict(set), set(), set()))
    names = {language.rstrip("~") for language in languages}
    entry.languages[factor] |= names
    entry.spaced.update(language.rstrip("~") for language in languages if language.endswith("~"))
    if form.endswith(".") or not set("aeiouyаеиоуіїєяюыэё") & set(form.casefold()):
        entry.abbreviated.add(factor)


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
    entry = _tables()[0].get(_key(word))
    return None if entry is None else _interpret(entry, _key(word), languages, is_attached=is_attached)


def find_leading_multiplier(word: str, languages: TextLanguages) -> Multiplier | None:
    """Return what a word does to the number after it; None if it is an ordinary word."""
    entry = _tables()[1].get(_key(word))
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

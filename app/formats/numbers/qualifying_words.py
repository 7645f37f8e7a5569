"""Words around a number that make it another statement than the number alone: around 300, at least 300, 300명 이상.

The table has the words that reports use before or after a number, by what they say of it. All languages are tried,
because the words hardly collide and short quotes do not show their language.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from app.formats.numbers.numerals import find_numbers
from app.formats.numbers.text_language import detect_languages
from app.vocabulary import Qualifier

_REACH = 60
"""Characters before and after a number that are looked at."""

_BEFORE: Mapping[Qualifier, str] = {
    # A line for each language; words are separated by |. A hyphen at the end joins the word to the number.
    Qualifier.ABOUT: """
        around|about|approximately|approx.|approx|roughly|circa|ca.|c.|nearly|almost
        close to|some|an estimated|estimated
        ~|≈|∼|±
        близько|приблизно|орієнтовно|майже|біля|коло|десь
        около|примерно|приблизительно|ориентировочно|почти|порядка
        około|ok.|prawie|niemal|mniej więcej|asi|přibližně|zhruba|téměř|približne|okolo|skoro
        rund|etwa|ungefähr|zirka|circa|fast|beinahe|knapp
        environ|près de|quelque|à peu près|presque|autour de
        alrededor de|aproximadamente|cerca de|casi|unos|unas
        quase|por volta de|circa|quasi|all'incirca|pressappoco
        ongeveer|zo'n|bijna|omkring|ungefär|cirka|nästan|noin|lähes
        aproximativ|în jur de|aproape|yaklaşık|neredeyse|sekitar|kira-kira|khoảng|gần
        약|대략|거의|約|约|およそ|おおよそ|ほぼ|大约|大約|将近|將近|近
        حوالي|نحو|قرابة|زهاء|ما يقارب|ما يقرب من|تقريبا|حدود|تقریبا|כ-|בערך|כמעט""",
    Qualifier.MORE_THAN: """
        more than|over|above|in excess of|greater than|>
        понад|більше ніж|більш ніж|більше за|більше
        свыше|более чем|больше чем|более|больше
        ponad|więcej niż|přes|více než|viac ako|vyše
        mehr als|über
        plus de|más de|mais de|più di|oltre|meer dan|mer än|yli
        peste|mai mult de|lebih dari|hơn
        超过|超過|超
        أكثر من|ما يزيد عن|ما يزيد على|بیش از|יותר מ-|למעלה מ-""",
    Qualifier.AT_LEAST: """
        at least|no fewer than|not fewer than|no less than|not less than|a minimum of|minimum of|upwards of|≥
        щонайменше|принаймні|не менше ніж|не менше|не менш як|як мінімум|мінімум
        не менее чем|не менее|не меньше|по меньшей мере|по крайней мере|как минимум|минимум
        co najmniej|przynajmniej|minimum|nejméně|alespoň|najmenej
        mindestens|wenigstens|zumindest
        au moins|al menos|por lo menos|como mínimo|pelo menos|ao menos|no mínimo|almeno|cel puțin
        minstens|ten minste|minst|vähintään|en az|setidaknya|sedikitnya|ít nhất
        최소|최소한|적어도|少なくとも|至少|不少于|不下
        ما لا يقل عن|على الأقل|دست کم|حداقل|לפחות""",
    Qualifier.UP_TO: """
        up to|as many as|as much as
        до|аж до|bis zu|jusqu'à|hasta|até|fino a|tot|upp till|jopa|až|aż|până la|hingga|lên tới
        多达|多達
        يصل إلى|ما يصل إلى|حتى|تا|עד""",
    Qualifier.AT_MOST: """
        at most|no more than|not more than|a maximum of|maximum of|≤
        не більше ніж|не більше|щонайбільше|максимум
        не более чем|не более|не больше
        co najwyżej|najwyżej|maksymalnie|nejvýše|najviac
        höchstens|maximal|au plus|au maximum|como máximo|a lo sumo|no máximo|al massimo|hoogstens|en fazla|tối đa
        최대|最大|最多|不超过|不超過
        حداکثر|لا يزيد عن|לכל היותר""",
    Qualifier.FEWER_THAN: """
        fewer than|less than|under|below|<
        менше ніж|менш ніж|менше|менее чем|менее|меньше
        mniej niż|méně než|menej ako|weniger als|unter|moins de|menos de|meno di|minder dan|färre än|kurang dari
        不到|不足
        أقل من|کمتر از|פחות מ-""",
}
"""Words before a number. `not more than` is tried before `more than`, because the longest one counts."""

_AFTER: Mapping[Qualifier, str] = {
    Qualifier.ABOUT: """
        or so|or thereabouts|oder so|civarında|dolayında|تقريبا
        여|가량|정도|안팎|쯤|余り|あまり|程度|ほど|前後|左右|上下|余|餘""",
    Qualifier.MORE_THAN: "’den fazla|'den fazla|'dan fazla|’dan fazla|den fazla|dan fazla|초과|多",
    Qualifier.AT_LEAST: """
        or more|and more|and counting|+|oder mehr|ou plus|o más|ou mais|o più|або більше|чи більше|или более|или больше
        이상|以上""",
    Qualifier.AT_MOST: "or fewer|or less|at most|or under|або менше|или менее|이하|以下",
    Qualifier.FEWER_THAN: "미만|未満|未满|未滿",
}
"""Words after a number and what it counts: 300 or more, 300 soldiers or more, 300명 이상."""

_FILLERS = r"(?:(?:the|another|a further|further|a total of|other|some|ще|еще|ещё|weitere|otros|altri)\s+)?"
_COUNTED = r"(?:\s+[^\W\d_]+){0,2}\s+"
"""Up to two words between a number and the words after it: 300 North Koreans or more."""

_COUNTER = r"\s?(?:[가-힣]{1,2}|[名人台両輌辆輛件発隻])?\s?"
_SUFFIXES = frozenset("여余餘多超")
"""Words that follow a number at once, before its counter: 300여 명."""

_CJK_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_RANGE = re.compile(r"\b(?:from|von|від|от|od|de|du|desde|da|van|från|з|с|از|من)\s+\S+\s+\Z", re.IGNORECASE)
"""From 200 to 300: a range, in which the word before its end is none of these."""


class QualifiedNumber(NamedTuple):
    """A number that a text qualifies."""

    qualifier: Qualifier
    """What the text says of it."""
    words: str
    """The number with the words that qualify it, as in the normalized text."""


def find_qualified(text: str, value: Decimal, language: str | None = None) -> QualifiedNumber | None:
    """Return how a normalized text (`quote_match.normalize`) qualifies a number.

    None if it does not have the number, or has it also without such a word. `language` is the declared one, BCP 47.
    """
    if not _any_word().search(text):  # most texts have none, and reading their numbers takes longer
        return None
    first: QualifiedNumber | None = None
    for mention in find_numbers(text, detect_languages(text, language)):
        if value not in mention.readings:
            continue
        qualified = _qualified(text, mention.start, mention.end)
        if qualified is None:
            return None
        first = first or qualified
    return first


def _qualified(text: str, start: int, end: int) -> QualifiedNumber | None:
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    if match := _before().search(before):
        qualifier, word = _qualifier_of(match)
        is_range = qualifier is Qualifier.UP_TO and _RANGE.search(before[: match.start(word)])
        if not is_range:
            return QualifiedNumber(qualifier, before[match.start(word) :] + text[start:end])
    if match := _after().match(after):
        qualifier, word = _qualifier_of(match)
        return QualifiedNumber(qualifier, text[start:end] + after[: match.end(word)])
    return None


def _qualifier_of(match: re.Match[str]) -> tuple[Qualifier, str]:
    name = match.lastgroup or ""
    return Qualifier(name), name


def _words(table: Mapping[Qualifier, str]) -> list[tuple[str, Qualifier]]:
    """The words with their qualifiers, the longest first."""
    words = [
        (word.strip(), qualifier)
        for qualifier, lines in table.items()
        for line in lines.splitlines()
        for word in line.split("|")
        if word.strip()
    ]
    return sorted(words, key=lambda entry: -len(entry[0]))


@cache
def _before() -> re.Pattern[str]:
    # The search finds the leftmost match, and so `no more than` before `more than`.
    return re.compile(rf"(?:{_groups(_BEFORE, _before_number)}){_FILLERS}[$€£]?\Z", re.IGNORECASE)


@cache
def _after() -> re.Pattern[str]:
    return re.compile(_groups(_AFTER, _after_number), re.IGNORECASE)


def _groups(table: Mapping[Qualifier, str], pattern_of: Callable[[str], str]) -> str:
    """The words as alternatives, in a group for each qualifier that is named after it."""
    patterns: dict[Qualifier, list[str]] = {}
    for word, qualifier in _words(table):
        patterns.setdefault(qualifier, []).append(pattern_of(word))
    return "|".join(f"(?P<{qualifier.value}>{'|'.join(words)})" for qualifier, words in patterns.items())


def _before_number(word: str) -> str:
    """A word as a pattern that ends where the number begins."""
    pattern = _spaced(word)
    if _CJK_WORD.fullmatch(word):
        # 계약 300 is a contract, and 最近 is recently.
        return rf"(?<![가-힣最附]){pattern}\s?"
    start = r"(?<![^\W\d_])" if word[0].isalpha() else ""
    return start + pattern + (r"\s+" if word[-1].isalpha() else r"\s?")


def _after_number(word: str) -> str:
    """A word as a pattern that begins where the number ends."""
    pattern = _spaced(word)
    if word in _SUFFIXES:
        return rf"{pattern}(?![성자])"
    if _CJK_WORD.fullmatch(word):
        return _COUNTER + pattern
    if word[0].isalpha():
        # 300 dead or more than 200 wounded are two figures.
        return rf"{_COUNTED}{pattern}(?![^\W\d_]|\s+(?:than|ніж|чем|als)\b)"
    return pattern


def _spaced(word: str) -> str:
    return re.escape(word).replace(r"\ ", r"\s+")


@cache
def _any_word() -> re.Pattern[str]:
    words = [*_words(_BEFORE), *_words(_AFTER)]
    return re.compile("|".join(_spaced(word) for word, _qualifier in words), re.IGNORECASE)

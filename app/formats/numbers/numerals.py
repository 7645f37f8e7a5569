"""Recognition of numbers in text, in the notations that reports use.

Digits in the notations of `digit_notations`, with multipliers of all languages (11 тис., 1,5 млн, 3 lakh, 5M, 1만1천),
fractions and spoken decimals (2½ thousand, half a million, one point two million), numbers in English, Ukrainian and
Russian words, and numerals of East Asia. Words for no particular number (dozens, сотни) are ignored.

A number never crosses a border of the page: a line break in a normalized text (`quote_match.normalize`). Where it is
uncertain what a number means, because a word after it may multiply it or may not, its values are doubts. A space joins
groups of three digits, which misreads the rare "on May 13 300 men".
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from app.formats.numbers.digit_notations import MAX_DIGITS
from app.formats.numbers.number_ranges import MAX_GAP, share_multiplier
from app.formats.numbers.number_tokens import Kind, NumberToken, tokenize
from app.formats.numbers.partial_numbers import MAX_READINGS, NumberMention, PartialNumber
from app.formats.numbers.text_language import NO_LANGUAGES, TextLanguages

_BLOCK_LENGTH = 50_000
"""Characters that are read at a time, to bound memory."""

_MAX_MULTIPLIERS = 4

_SPACE = re.compile(r"[ \t]")
_BEFORE_MULTIPLIER = re.compile(r"[ \t]?-?[ \t]?|\u2028")
_LINKED_MULTIPLIERS = {
    " de ": frozenset("mii milioane miliarde trilioane".split()),
    " ka ": frozenset("libo milyon bilyon trilyon".split()),
    " na ": frozenset("libo milyon bilyon trilyon".split()),
}
_BEFORE_FRACTION = re.compile(r"[ \t]?")
_HALF_OF = re.compile(r"[ \t-](?:of[ \t])?(?:an?[ \t])?", re.IGNORECASE)
_AND_A_HALF = frozenset(
    "|and a|and one|-and-a|і|з|и|й|с|із|et|y|e|i|und|und eine|und ein|und einer|en|en een|och|och en|och ett|og|og en"
    "|og et|și".split("|")
)
"""Words between a number and a half: two and a half."""

_OWN_HALVES = frozenset("half demi demie medio media mezzo mezza meio meia buçuk ونصف וחצי rưỡi jumătate половиною "
                        "половиной половина пол pół halb halbe fél nusu half".split())  # fmt: skip
_POINT_DIGITS = re.compile(r"[ \t](?:[иі][ \t])?")


def find_numbers(text: str, languages: TextLanguages = NO_LANGUAGES) -> Iterator[NumberMention]:
    """Iterate over the numbers of a normalized text (`quote_match.normalize`), in text order."""
    for start, end in _blocks(text):
        yield from _Parser(text, start, end, languages).mentions()


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Pieces of a text that no number crosses; one of more than _BLOCK_LENGTH is cut at a space."""
    start = 0
    while start < len(text):
        if len(text) - start <= _BLOCK_LENGTH:
            end = len(text)
        else:
            end = text.rfind("\n", start, start + _BLOCK_LENGTH) + 1
            if end <= start:
                end = text.rfind(" ", start, start + _BLOCK_LENGTH) + 1
            if end <= start:
                end = start + _BLOCK_LENGTH
        yield start, end
        start = end


class _Parser:
    """Reads the numbers of a piece of text."""

    def __init__(self, text: str, start: int, end: int, languages: TextLanguages) -> None:
        self.offset = start
        self.text = text[start:end]
        self.tokens = list(tokenize(self.text, languages))

    def mentions(self) -> Iterator[NumberMention]:
        """Yield the numbers in text order."""
        numbers: list[PartialNumber] = []
        index = 0
        while index < len(self.tokens):
            number, following = self._number(index)
            if number is None:
                index += 1
                continue
            index = following
            while (addend := self._number(index))[0] is not None and self._add(number, addend[0]):
                index = addend[1]
            numbers.append(number)
            # A range is complete once the number after it is known.
            if len(numbers) > 2:
                share_multiplier(self.text, numbers)
                yield self._mention(numbers.pop(0))
        share_multiplier(self.text, numbers)
        for number in numbers:
            yield self._mention(number)

    def _mention(self, number: PartialNumber) -> NumberMention:
        mention = number.to_mention()
        return mention._replace(start=mention.start + self.offset, end=mention.end + self.offset)

    def _token(self, index: int) -> NumberToken | None:
        return self.tokens[index] if index < len(self.tokens) else None

    def _gap(self, end: int, token: NumberToken) -> str:
        # A sentence between two numbers is no connection; a few characters decide.
        return self.text[end : token.start] if token.start - end <= MAX_GAP else "\n"

    def _number(self, index: int) -> tuple[PartialNumber | None, int]:
        """The number that starts at a token, with its multipliers, and the index of the token after it."""
        first = self._token(index)
        if first is None:
            return None, index
        leading: NumberToken | None = None
        if first.kind is Kind.LEADING_MULTIPLIER:
            leading, index = first, index + 1
            first = self._token(index)
            if first is None or first.kind is not Kind.DIGITS or not _SPACE.fullmatch(self._gap(leading.end, first)):
                return None, index
        if first.kind is Kind.NUMERAL:
            number = PartialNumber(first.start, first.end, first.values, is_numeral=True)
            number.doubts = set() if first.is_certain else {*first.values}
            number.readings = first.values if first.is_certain else ()
            return number, index + 1
        start = self._start(first, index)
        if start is None:
            return None, index
        number, index = start
        index = self._fractions_after(number, index)
        index = self._multipliers(number, index)
        if leading is not None:
            number.start = leading.start
            number.multipliers.append(leading)
        if not number.multipliers and first.kind is Kind.HALF:
            return None, index
        number.evaluate()
        if first.kind is Kind.FRACTION and not first.is_certain and not number.multipliers:
            # 1/2 may be a half, or one of two.
            parts = self.text[first.start : first.end].split("/")
            number.readings = (*number.readings, *map(Decimal, parts))
        index = self._half_after_multiplier(number, index)
        return number, index

    def _start(self, first: NumberToken, index: int) -> tuple[PartialNumber, int] | None:
        """The number before its multipliers; None if no number starts with this token."""
        match first.kind:
            case Kind.DIGITS:
                return self._digits(first, index)
            case Kind.FRACTION:
                return self._fraction(first, index)
            case Kind.WORD:
                return self._words(first, index)
            case Kind.HALF:
                return self._half(first, index)
            case Kind.MULTIPLIER if first.values:
                return PartialNumber(first.start, first.start, (Decimal(1),), is_words=True), index
        return None

    def _digits(self, first: NumberToken, index: int) -> tuple[PartialNumber, int]:
        number = PartialNumber(first.start, first.end, first.values)
        index += 1
        fraction = self._token(index)
        if (
            fraction is not None
            and fraction.kind is Kind.FRACTION
            and fraction.values[0] < 1
            and first.values[0] == first.values[0].to_integral_value()
            and _BEFORE_FRACTION.fullmatch(self._gap(first.end, fraction))
        ):
            number.bare = tuple(value + fraction.values[0] for value in first.values)
            number.end, number.has_fraction = fraction.end, True
            index += 1
        return number, index

    def _fraction(self, first: NumberToken, index: int) -> tuple[PartialNumber, int]:
        number = PartialNumber(first.start, first.end, first.values, has_fraction=True)
        index += 1
        following = self._token(index)
        # "½ a million", "3/4 of a million"
        if following is not None and following.kind is Kind.WORD and following.word in ("a", "an"):
            gap = self._gap(first.end, following)
            if gap.strip() in ("", "of"):
                number.end = following.end
                index += 1
        return number, index

    def _half(self, first: NumberToken, index: int) -> tuple[PartialNumber, int]:
        number = PartialNumber(first.start, first.end, first.values, is_words=True, has_fraction=True)
        return number, self._article_after(number, index + 1)

    def _article_after(self, number: PartialNumber, index: int) -> int:
        """Skip the article in "half a million", "a quarter of a million"."""
        following = self._token(index)
        if following is None:
            return index
        if following.kind is Kind.WORD and following.word in ("a", "an", "one"):
            if self._gap(number.end, following).strip() in ("", "of"):
                number.end = following.end
                return index + 1
        elif following.kind is Kind.MULTIPLIER and _HALF_OF.fullmatch(self._gap(number.end, following)):
            number.end = following.start - (1 if self.text[following.start - 1] in " \t" else 0)
        return index

    def _words(self, first: NumberToken, index: int) -> tuple[PartialNumber, int]:
        """A number below a thousand in words: "two hundred and five", "двадцять п'ять"."""
        value, limit, end = first.values[0], first.addend_limit, first.end
        index += 1
        while (token := self._token(index)) is not None:
            gap = self._gap(end, token)
            if token.kind is Kind.WORD and token.values[0] < limit and token.word not in ("a", "an"):
                is_joined = gap in (" ", "\t") or (gap == "-" and limit == 10) or (gap == " and " and value % 100 == 0)
                if not is_joined or (gap == " and " and self._starts_own_number(index, value)):
                    break
                value, limit, end = value + token.values[0], token.addend_limit, token.end
            elif token.word == "hundred" and gap in (" ", "\t", "-") and value < 100 and value != 0:
                value, limit, end = value * 100, Decimal(100), token.end
            elif token.kind is Kind.HALF and token.word.startswith("quarter") and gap == " " and value <= 3:
                number = PartialNumber(
                    first.start, token.end, (value * token.values[0],), is_words=True, has_fraction=True
                )
                return number, self._article_after(number, index + 1)
            else:
                break
            index += 1
        number = PartialNumber(first.start, end, (value,), is_words=True)
        if first.word in ("a", "an") and value == 1:
            half = self._token(index)
            if half is not None and half.kind is Kind.HALF:
                number.bare = half.values
                number.end, number.has_fraction = half.end, True
                index = self._article_after(number, index + 1)
        return number, self._decimals(number, index)

    def _starts_own_number(self, index: int, value: Decimal) -> bool:
        """True for "three hundred" in "two hundred and three hundred"; false for "five thousand" after "and"."""
        following = self._token(index + 1)
        return following is not None and following.word == "hundred" and value >= 100

    def _decimals(self, number: PartialNumber, index: int) -> int:
        """Decimals that are spoken: "one point two five", "две целых пять десятых", "2 point 5"."""
        point, digit = self._token(index), self._token(index + 1)
        if point is None or digit is None or point.kind is not Kind.POINT:
            return index
        if not _SPACE.fullmatch(self._gap(number.end, point)) or not _POINT_DIGITS.fullmatch(
            self._gap(point.end, digit)
        ):
            return index
        digits, position, end = "", index + 1, point.end
        while (
            (token := self._token(position)) is not None
            and (token.kind is Kind.WORD or token.kind is Kind.DIGITS)
            and (position == index + 1 or _SPACE.fullmatch(self._gap(end, token)))
            and token.values[0] == token.values[0].to_integral_value()
            and token.word not in ("a", "an")
            and len(digits) < MAX_DIGITS
        ):
            digits += str(token.values[0].to_integral_value())
            end, position = token.end, position + 1
        if not digits:
            return index
        places = self._token(position)
        if places is not None and places.kind is Kind.DECIMALS and _SPACE.fullmatch(self._gap(end, places)):
            digits = digits.zfill(int(places.values[0]))
            end, position = places.end, position + 1
        number.bare = tuple(value + Decimal(f"0.{digits}") for value in number.bare)
        number.end, number.has_fraction = end, True
        return position

    def _fractions_after(self, number: PartialNumber, index: int) -> int:
        """ "and a half" between a number and its multiplier: "two and a half thousand", "2 с половиной млн"."""
        if number.has_fraction:
            return index
        if not number.is_words:
            index = self._decimals(number, index)
        half, multiplier = self._token(index), self._token(index + 1)
        if half is None or half.kind is not Kind.HALF or not self._adds_half(number, half):
            return index
        if multiplier is None or multiplier.kind is not Kind.MULTIPLIER:
            return index
        if not _BEFORE_MULTIPLIER.fullmatch(self._gap(half.end, multiplier)):
            return index
        number.bare = tuple(value + half.values[0] for value in number.bare)
        number.end, number.has_fraction = half.end, True
        return index + 1

    def _adds_half(self, number: PartialNumber, half: NumberToken) -> bool:
        gap = self._gap(number.end, half)
        return gap[:1] in (" ", "\t", "-") and gap.strip(" \t").casefold().rstrip("-") in _AND_A_HALF

    def _multipliers(self, number: PartialNumber, index: int) -> int:
        while (
            (token := self._token(index)) is not None
            and token.kind is Kind.MULTIPLIER
            and len(number.multipliers) < _MAX_MULTIPLIERS
        ):
            gap = self._gap(number.end, token)
            previous = number.multipliers[-1].multiplier if number.multipliers else None
            if previous is not None and previous.is_abbreviation and gap.startswith("."):
                gap = gap[1:]
            if not _BEFORE_MULTIPLIER.fullmatch(gap):
                if token.word not in _LINKED_MULTIPLIERS.get(gap, ()):
                    break
            elif gap == "\u2028":
                if token.multiplier is not None and token.multiplier.is_symbol:
                    break
                number.may_be_separate = True
            number.multipliers.append(token)
            number.end, index = token.end, index + 1
        return index

    def _half_after_multiplier(self, number: PartialNumber, index: int) -> int:
        """ "a million and a half", "2 millions et demi"."""
        half = self._token(index)
        if half is None or half.kind is not Kind.HALF or not number.multipliers or number.has_fraction:
            return index
        gap = self._gap(number.end, half)
        is_half = (
            self._adds_half(number, half) and half.word in _OWN_HALVES and (half.word != "half" or gap.endswith("a "))
        )
        following = self._token(index + 1)
        starts_number = (
            following is not None
            and following.kind in (Kind.MULTIPLIER, Kind.WORD)
            and _HALF_OF.fullmatch(self._gap(half.end, following))
        )
        if not is_half or starts_number or number.factor is None:
            return index
        number.readings = tuple(value + half.values[0] * number.factor for value in number.readings)
        number.doubts = {value + half.values[0] * number.factor for value in number.doubts}
        number.end = half.end
        return index + 1

    def _add(self, number: PartialNumber, addend: PartialNumber | None) -> bool:
        """Add a smaller number that belongs to this one: "11 thousand 500", "1억 2천만". False if it is another."""
        factor = number.factor
        if addend is None or factor is None or not number.readings or not addend.readings:
            return False
        gap = self.text[number.end : addend.start]
        last = number.multipliers[-1]
        if last.multiplier is not None and last.multiplier.is_abbreviation and gap.startswith(". "):
            gap = gap[1:]
        is_east_asian = last.word in _EAST_ASIAN_UNITS
        if number.has_symbol or addend.has_symbol or number.may_be_separate or max(addend.readings) >= factor:
            return False
        doubts: set[Decimal] = set()
        if gap == "" and is_east_asian:
            pass
        elif number.is_words and addend.is_words:
            if gap == " and " and (addend.multipliers or addend.has_fraction):
                doubts = {*number.readings, *addend.readings}
            elif gap not in (" ", "\t", " and ", ", and "):
                return False
        elif gap not in (" ", "\t") or not (addend.multipliers or is_east_asian or self._fills_zeros(addend, factor)):
            return False
        elif not is_east_asian:
            doubts = {*number.readings, *addend.readings}
        sums = tuple(first + second for first in number.readings for second in addend.readings)[:MAX_READINGS]
        is_doubtful = bool(doubts) and gap == " and "
        number.doubts |= doubts | addend.doubts | ({*sums} if is_doubtful else set())
        number.readings = () if is_doubtful else sums
        number.end = addend.end
        number.multipliers = addend.multipliers or number.multipliers
        if not addend.multipliers:
            number.may_be_separate = True  # nothing more can be added
        return True

    def _fills_zeros(self, addend: PartialNumber, factor: Decimal) -> bool:
        """True if digits fill all places that a multiplier leaves: 500 after thousand, not 2024 after million."""
        digits = self.text[addend.start : addend.end].replace(" ", "")
        return digits.isdecimal() and len(digits) == len(str(factor)) - 1


_EAST_ASIAN_UNITS = frozenset("십十백百천千만万萬억亿億조兆")

"""Tables of number words: the values that they add, and the factors by which they multiply."""

from collections.abc import Iterator, Mapping

_SMALL = (
    # 0, 1, 2, … 19, one string per language; forms of the same number are separated by |
    (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ),
    (
        "нуль один|одна|одне|одну|одного|однієї два|дві|двох|двома три|трьох|трьома чотири|чотирьох "
        "п'ять|п'яти|п'ятьох шість|шести|шістьох сім|семи|сімох вісім|восьми дев'ять|дев'яти десять|десяти "
        "одинадцять|одинадцяти "
        "дванадцять|дванадцяти тринадцять|тринадцяти чотирнадцять|чотирнадцяти п'ятнадцять|п'ятнадцяти "
        "шістнадцять|шістнадцяти сімнадцять|сімнадцяти вісімнадцять|вісімнадцяти дев'ятнадцять|дев'ятнадцяти"
    ),
    (
        "ноль|нуль один|одна|одно|одну|одного|одной два|две|двух|двумя три|трех|трёх|тремя четыре|четырех|четырёх "
        "пять|пяти шесть|шести семь|семи восемь|восьми девять|девяти десять|десяти одиннадцать|одиннадцати "
        "двенадцать|двенадцати тринадцать|тринадцати четырнадцать|четырнадцати пятнадцать|пятнадцати "
        "шестнадцать|шестнадцати семнадцать|семнадцати восемнадцать|восемнадцати девятнадцать|девятнадцати"
    ),
)
_TENS = (
    # 20, 30, … 90
    "twenty thirty forty|fourty fifty sixty seventy eighty ninety",
    (
        "двадцять|двадцяти тридцять|тридцяти сорок|сорока п'ятдесят|п'ятдесяти шістдесят|шістдесяти сімдесят|сімдесяти "
        "вісімдесят|вісімдесяти дев'яносто|дев'яноста"
    ),
    (
        "двадцать|двадцати тридцать|тридцати сорок|сорока пятьдесят|пятидесяти шестьдесят|шестидесяти "
        "семьдесят|семидесяти восемьдесят|восьмидесяти девяносто|девяноста"
    ),
)
_HUNDREDS = (
    # 100, 200, … 900, for languages that have single words for them
    (
        "сто|ста двісті|двохсот триста|трьохсот чотириста|чотирьохсот п'ятсот|п'ятисот шістсот|шестисот сімсот|семисот "
        "вісімсот|восьмисот дев'ятсот|дев'ятисот"
    ),
    (
        "сто|ста двести|двухсот триста|трехсот|трёхсот четыреста|четырехсот|четырёхсот пятьсот|пятисот "
        "шестьсот|шестисот семьсот|семисот восемьсот|восьмисот девятьсот|девятисот"
    ),
)
_POWERS: Mapping[int, str] = {
    100: "hundred",
    1_000: "thousand k тис тисяч тисяча тисячі тисячу тисячами тыс тысяч тысяча тысячи тысячу тысячами tausend tsd "
    "tys tysięcy tysiące mil mille",
    1_000_000: "million millions mln млн мільйон мільйона мільйони мільйонів миллион миллиона миллионы миллионов "
    "mio millionen miliony milionów millones",
    1_000_000_000: "billion bn млрд мільярд мільярда мільярдів миллиард миллиарда миллиардов",
}


def _word_values(languages: tuple[str, ...], first: int, step: int) -> Iterator[tuple[str, int]]:
    for words in languages:
        for index, forms in enumerate(words.split()):
            yield from ((form, first + step * index) for form in forms.split("|"))


ADDENDS: Mapping[str, int] = dict(
    (*_word_values(_SMALL, 0, 1), *_word_values(_TENS, 20, 10), *_word_values(_HUNDREDS, 100, 100))
)
"""The value that a word adds to a number (English, Ukrainian, Russian)."""

MULTIPLIERS: Mapping[str, int] = {form: value for value, forms in _POWERS.items() for form in forms.split()}
"""The factor by which a word multiplies the number before it (also German, Polish, Spanish and French)."""

CJK_MULTIPLIERS: Mapping[str, int] = {
    **dict.fromkeys("백百", 100),
    **dict.fromkeys("천千", 1_000),
    **dict.fromkeys("만万萬", 10_000),
    **dict.fromkeys("억亿億", 100_000_000),
}
"""The factor of a character in scripts that are written without spaces."""

STANDALONE: Mapping[str, int] = {
    "a hundred": 100,
    "a thousand": 1_000,
    "a million": 1_000_000,
    "тисяча": 1_000,
    "тисячу": 1_000,
    "тысяча": 1_000,
    "тысячу": 1_000,
}
"""Powers of ten that are a number by themselves, without a number before them."""

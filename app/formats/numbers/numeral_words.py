"""Tables of number words: the values that they add, and the factors by which they multiply."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

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
MULTIPLIER_WORDS: Mapping[int, Mapping[str, str]] = {
    10: {"uk": "десяток десятки десятків", "ru": "десяток десятка десятков"},
    12: {"en": "dozen", "uk": "дюжин дюжини", "ru": "дюжин дюжины", "de": "dutzend"},
    100: {
        "en": "hundred hundreds",
        "uk": "сотень сотні",
        "ru": "сотен сотни",
        "de": "hundert",
        "tr": "yüz",
        "id": "ratus",
        "ar": "مئة مائة",
        "fa": "صد",
        "hi": "सौ",
        "vi": "trăm",
        "th": "ร้อย",
        "he": "מאות",
    },
    1_000: {
        "en": "thousand thousands k K",
        "uk": "тис тисяч тисяча тисячі тисячу тисячами тисячам тисячах",
        "ru": "тыс тысяч тысяча тысячи тысячу тысячами тысячам тысячах",
        "de": "tausend tsd tsd.",
        "pl": "tysiąc tysiąca",
        "cs": "tisíc tisíce tisíců tisícům tis.",
        "sk": "tisíc tisíce tis.",
        "fr": "millier milliers mille k",
        "it": "migliaia",
        "ar": "آلاف ألفا الف",
        "fa": "هزار",
        "tr": "bin",
        "pt": "mil",
        "es": "mil miles",
    },
    10**5: {"en hi ur ne bn mr pa": "lakh lakhs lac lacs"},
    10**6: {
        "en": "million millions mln mn mm mil M m",
        "uk": "млн мільйон мільйона мільйони мільйонів мільйонам",
        "ru": "млн миллион миллиона миллионы миллионов",
        "de": "mio mio. millionen million",
        "fr": "million millions",
        "ar": "ملايين مليون",
        "pl": "mln miliony milionów miliona",
        "es": "millones millón",
    },
    10**7: {"en hi ur ne bn mr pa": "crore crores cr Cr"},
    10**9: {
        "en": "billion billions bn B milliard milliards",
        "uk": "млрд мільярд мільярда мільярди мільярдів",
        "ru": "млрд миллиард миллиарда миллиарды миллиардов",
        "de": "mrd mrd. milliarde milliarden",
        "fr": "milliard milliards md mds",
        "ar": "مليار مليارات بليون",
        "en hi ur ne bn": "arab",
    },
    10**11: {"en hi ur ne": "kharab"},
    10**12: {
        "en": "trillion trillions tn T",
        "uk": "трлн трильйон трильйона трильйони трильйонів",
        "ru": "трлн триллион триллиона триллионы триллионов",
        "de": "bio. billion billionen",
        "ar": "تريليون تريليونات",
    },
    10**18: {"de fr": "trillion trillions trillionen"},
}
"""Words and symbols that multiply the number before them, by factor and language, besides those of the CLDR."""


def _word_values(languages: tuple[str, ...], first: int, step: int) -> Iterator[tuple[str, int]]:
    for words in languages:
        for index, forms in enumerate(words.split()):
            yield from ((form, first + step * index) for form in forms.split("|"))


ADDENDS: Mapping[str, int] = dict(
    (*_word_values(_SMALL, 0, 1), *_word_values(_TENS, 20, 10), *_word_values(_HUNDREDS, 100, 100))
)
"""The value that a word adds to a number (English, Ukrainian, Russian)."""

_SINGLE = {
    "тисяча тисячу тысяча тысячу": 1_000,
    "мільйон миллион": 10**6,
    "мільярд миллиард": 10**9,
}
STANDALONE: Mapping[str, int] = {form: value for forms, value in _SINGLE.items() for form in forms.split()}
"""Powers of ten that are a number by themselves, without a number before them."""

HALVES: frozenset[str] = frozenset(
    "half halves пів пол половина половини половиною половиной половину полу halb halbe halben halber demi demie "
    "medio media mezzo mezza meio meia mig mitja halv halvt halve pół połowa půl pol pola fél jumătate puoli puolen "
    "yarım buçuk نصف ونصف نیم חצי וחצי आधा nửa rưỡi setengah nusu pusė puse половин pool poole".split()
)
"""Words for one half: half a million, two and a half thousand."""

QUARTERS: frozenset[str] = frozenset(
    "quarter quarters чверть чверті четверть четверти viertel quart quarto cuarto".split()
)
"""Words for one quarter: three quarters of a million."""

_ONE_AND_A_HALF = (
    "півтора півтори полтора полторы полутора anderthalb anderthalbe eineinhalb półtora półtorej poldruhého "
    "puolitoista poolteist másfél halvanden halvannan pusantro pusotra anderhalf anderhalve"
)
_FUSED = {
    "тисячі тысячи": 500,
    "сотні сотни": 50,
    "мільйона миллиона": 500_000,
    "мільярда миллиарда": 500_000_000,
}
WHOLES: Mapping[str, Decimal] = {
    **dict.fromkeys(_ONE_AND_A_HALF.split(), Decimal("1.5")),
    **{
        f"{half}{word}": Decimal(value)
        for words, value in _FUSED.items()
        for half, word in zip(("пів", "пол"), words.split(), strict=True)
    },
}
"""Words for numbers with a half: one and a half, half a million."""

POINTS: frozenset[str] = frozenset("point кома запятая целых целая целые цілих ціла цілі".split())
"""Words between a whole number and its decimals."""

DECIMALS: Mapping[str, int] = {
    **dict.fromkeys("десята десятих десятая десятых десяті десятые".split(), 1),
    **dict.fromkeys("сота сотих сотая сотых соті сотые".split(), 2),
    **dict.fromkeys("тисячних тысячных тисячна тысячная".split(), 3),
}
"""How many decimals a word says that there are: three tenths is 0.3."""

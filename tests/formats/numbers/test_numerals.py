"""Numbers are read in all notations, and what a number means is doubted where that is uncertain."""

from decimal import Decimal

import pytest

from app.formats.captures.quote_match import normalize
from app.formats.numbers.numerals import find_numbers
from app.formats.numbers.text_language import detect_languages


def read(text: str, language: str | None = None) -> list[str]:
    """The numbers of a text: readings, separated by spaces, and doubts after a question mark."""
    normalized = normalize(text)
    numbers = []
    for mention in find_numbers(normalized, detect_languages(normalized, language)):
        readings, doubts = (
            " ".join(f"{value:f}" for value in sorted(value.normalize() for value in values))
            for values in (mention.readings, mention.doubts)
        )
        numbers.append(f"{readings}?{doubts}" if doubts else readings)
    return numbers


NUMBERS: list[tuple[str, list[str]]] = [
    # A text and the numbers in it; an ambiguous number has both readings.
    ("11,000", ["11000"]),
    ("11.000 Mann", ["11000"]),
    ("11 000", ["11000"]),
    ("11\u202f000", ["11000"]),
    ("11'000", ["11000"]),
    ("11’000", ["11000"]),
    ("2,00,000", ["200000"]),
    ("697,680", ["697.68 697680"]),
    ("1.125 km²", ["1.125 1125"]),
    ("11,000.5", ["11000.5"]),
    ("11.000,5", ["11000.5"]),
    ("0.125", ["0.125"]),
    ("1,5 млн", ["1500000"]),
    ("11 тис. військових", ["11000"]),
    ("11тис", ["11000"]),
    ("11 тысяч", ["11000"]),
    ("11 thousand", ["11000"]),
    ("11k", ["11000"]),
    ("5 hundred thousand", ["500000"]),
    ("11 tys. żołnierzy", ["11000"]),
    ("1만1천여 명", ["11000"]),
    ("1만 1000여명", ["11000"]),
    ("1万1千", ["11000"]),
    ("3천만", ["30000000"]),
    ("1억 2천만", ["120000000"]),
    ("eleven thousand five hundred", ["11500"]),
    ("twenty-one", ["21"]),
    ("a hundred and five", ["105"]),
    ("двадцять п’ять тисяч триста", ["25300"]),
    ("одиннадцать тысяч", ["11000"]),
    ("понад тисячу", ["1000"]),
    ("10-12 thousand", ["10000?10", "12000"]),
    ("10 до 12 тис.", ["10000?10", "12000"]),
    ("１１，０００", ["11000"]),
    ("٣٠٠", ["300"]),
    ("in 2025, 300 were", ["2025", "300"]),
    ("on 3 November 2024, 697 680 men", ["3", "2024", "697680"]),
    ("300²", ["300"]),
    ("dozens of thousands, сотни тысяч, 하지만", []),
    ("123456789012345", ["123456789012345"]),
    ("1234567890123456", []),
    ("11,0000", ["11"]),
    # Grouping and separators of other scripts
    ("1,00,000", ["100000"]),
    ("12,34,567.5", ["1234567.5"]),
    ("١٬٢٣٤٬٥٦٧", ["1234567"]),
    ("١٢٫٥", ["12.5"]),
    ("١٬١٢٥", ["1125"]),
    ("۱۲۳۴", ["1234"]),
    ("१,२३,४५६", ["123456"]),
    ("1'234'567.50; 1.234.567,50", ["1234567.5", "1234567.5"]),
    ("12.05.2024; 1,2,3; 10.0.0.1", ["12", "5", "2024", "1", "2", "3", "10", "0", "0", "1"]),
    ("lost.300 men", ["300"]),
    # Numbers that follow a multiplier are added up only if they belong to it.
    ("1.5k–2k men", ["1500", "2000"]),
    ("1.5k 2k", ["1500", "2000"]),
    ("200 thousand and 300 thousand", ["200000", "300000"]),
    ("200 тысяч и 300 тысяч", ["200000", "300000"]),
    ("200 тис. і 300 тис.", ["200000", "300000"]),
    ("200 Tausend und 300 Tausend", ["200000", "300000"]),
    ("200 mille et 300 mille", ["200000", "300000"]),
    ("200 tysięcy i 300 tysięcy", ["200000", "300000"]),
    ("20万和30万", ["200000", "300000"]),
    ("20만 30만", ["200000", "300000"]),
    ("5 million and 300 thousand", ["5000000", "300000"]),
    ("two hundred and three hundred", ["200", "300"]),
    ("two hundred and five thousand", ["205000"]),
    ("one million and two hundred thousand", ["?200000 1000000 1200000"]),
    ("2 млн 300 тыс. чел.", ["2300000?300000 2000000"]),
    ("11 тис. 500", ["11500?500 11000"]),
    ("5 million 2024", ["5000000", "2024"]),
    ("5 thousand. 300 men", ["5000", "300"]),
    # Ranges with one multiplier
    ("between 10 and 12 thousand men", ["10000?10", "12000"]),
    ("від 10 до 12 тисяч", ["10000?10", "12000"]),
    ("между 10 и 12 тысячами", ["10000?10", "12000"]),
    ("zwischen 10 und 12 Tausend", ["10000?10", "12000"]),
    ("entre 10 et 12 mille hommes", ["10000?10", "12000"]),
    ("entre 10 y 12 millones", ["10000000?10", "12000000"]),
    ("od 10 do 12 tysięcy", ["10000?10", "12000"]),
    ("بين 10 و 12 ألف", ["10000?10", "12000"]),
    ("10~12만", ["100000?10", "120000"]),
    ("10至12万", ["100000?10", "120000"]),
    ("двадцять-двадцять пять тисяч", ["20000?20", "25000"]),
    ("10 and 12 thousand", ["?10 10000", "12000"]),
    ("10, 12 and 15 thousand", ["?10 10000", "?12 12000", "15000"]),
    ("in 2022 and 3 million", ["2022?2022000000", "3000000"]),
    ("2022-2024", ["2022", "2024"]),
    # Fractions and spoken decimals
    ("one point two million shells", ["1200000"]),
    ("two point five five", ["2.55"]),
    ("одна целая две десятых миллиона", ["1200000"]),
    ("одна ціла п’ять десятих мільйона", ["1500000"]),
    ("half a million men", ["500000"]),
    ("half of a million; a half million; ½ million", ["500000", "500000", "500000"]),
    ("2½ thousand; 2 1/2 thousand", ["2500", "2500"]),
    ("a million and a half; two and a half thousand", ["1500000", "2500"]),
    ("a quarter of a million; three quarters of a million", ["250000", "750000"]),
    ("півмільйона; пів мільйона; півтора мільйона", ["500000", "500000", "1500000"]),
    ("полмиллиона; полтора миллиона; два с половиной миллиона", ["500000", "1500000", "2500000"]),
    ("anderthalb Millionen; eine halbe Million", ["1500000", "500000"]),
    ("2 millions et demi; un demi-million", ["2500000", "500000"]),
    ("2 millones y medio; medio millón", ["2500000", "500000"]),
    ("pół miliona; półtora miliona", ["500000", "1500000"]),
    ("half of them", []),
    ("1/2 of them", ["0.5 1 2"]),
    # Multipliers of all languages
    ("١١ ألف جندي", ["11000"]),
    ("11 هزار نفر", ["11000"]),
    ("3 lakh people; 2 crore; 2 lakh crore", ["300000", "20000000", "2000000000000"]),
    ("5 लाख लोग", ["500000"]),
    ("5 হাজার", ["5000"]),
    ("11 tisíc vojáků", ["11000"]),
    ("3 Mrd. Euro, 5 Mio. Menschen", ["3000000000", "5000000"]),
    ("5ล้านคน", ["5000000"]),
    ("5 triệu người", ["5000000"]),
    ("11 χιλιάδες", ["11000"]),
    ("11 אלף", ["11000"]),
    ("5 trillion of them", ["5000000000000"]),
    ("5 frobozz of 7M rounds", ["5", "7000000"]),
    ("5 dozen; two dozen", ["60", "24"]),
    ("31 M1A1 Abrams, 5 T-72, 2 M-113", ["31", "1", "1", "5", "72", "2", "113"]),
    ("up to 700 men a day, 300 m, 5 min", ["700", "300", "5"]),
    # East Asia
    ("삼백 명이 사망; 3백 명; 5조 원; 제5조", ["300", "300", "5000000000000", "5"]),
    ("하지만 이천 시장은 일이 많다", ["?2000"]),
    ("三百人死亡; 十二万人; 12万5千人; 5兆円", ["300", "120000", "125000", "5000000000000"]),
    ("二〇二五年", ["2025"]),
    ("三四百人; 数百人; 二十多万人; 一些; 三峡; 千万不要", ["?300 400", "?200000"]),
    # Borders
    ("12\n300", ["12", "300"]),
    ("12\t300", ["12", "300"]),
    ("11\u2028thousand", ["?11 11000"]),
    ("11\nthousand", ["11"]),
    ("5 km², 10 м², CO₂", ["5", "10"]),
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_numbers_are_read_in_every_notation(text: str, expected: list[str]) -> None:
    assert read(text) == expected


BY_LANGUAGE: list[tuple[str, str | None, list[str]]] = [
    # The same words in different languages
    ("5 bin", None, ["?5 5000"]),
    ("5 bin", "tr", ["5000"]),
    ("5 bin", "de", ["?5 5000"]),
    ("3 billion", None, ["?3 3000000000 3000000000000"]),
    ("3 billion", "en-GB", ["3000000000"]),
    ("3 Billion", "de", ["3000000000000"]),
    ("5M", None, ["?5 5000000 5000000000"]),
    ("5M", "en", ["5000000"]),
    ("5M", "id", ["5000000000"]),
    ("5M", "de", ["?5 5000000 5000000000"]),
    ("5m", "en", ["?5 5000000"]),
    ("11 тис.", "en", ["11000"]),
    ("11 tys.", "en", ["?11 11000"]),
    ("11 tys. żołnierzy w lesie i na polu, że nie ma z do", "en", ["11000"]),
    ("elfu 11", "sw", ["11000"]),
    ("elfu 11", "en", ["?11 11000"]),
    ("20 de mii de oameni", "ro", ["20000"]),
    ("2 mil millones", "es", ["2000000000"]),
    ("5 frobozz", "en", ["5"]),
]


@pytest.mark.parametrize(("text", "language", "expected"), BY_LANGUAGE)
def test_a_multiplier_is_certain_only_in_its_language(text: str, language: str | None, expected: list[str]) -> None:
    assert read(text, language) == expected


def test_a_long_text_is_read_in_blocks() -> None:
    text = " ".join(f"{number}x" for number in range(10_000, 40_000))
    assert [mention.readings for mention in find_numbers(text)] == [{Decimal(n)} for n in range(10_000, 40_000)]
    assert all(text[mention.start : mention.end].isdecimal() for mention in find_numbers(text))

"""Words around a number that make it another statement than the number alone."""

from decimal import Decimal

import pytest

from app.formats.captures.quote_match import normalize
from app.formats.numbers.qualifying_words import find_qualified

QUALIFIED = [
    ("around 300 soldiers", 300, "about", "around 300"),
    ("Some three hundred soldiers fell", 300, "about", "Some three hundred"),
    ("nearly a thousand men", 1000, "about", "nearly a thousand"),
    ("approx. 300", 300, "about", "approx. 300"),
    ("~300", 300, "about", "~300"),
    ("three hundred or so", 300, "about", "three hundred or so"),
    ("more than 300", 300, "more_than", "more than 300"),
    ("Over $300 million", 300_000_000, "more_than", "Over $300 million"),
    ("at least 300", 300, "at_least", "at least 300"),
    ("at least another 300", 300, "at_least", "at least another 300"),
    ("no fewer than 300", 300, "at_least", "no fewer than 300"),
    ("300 or more", 300, "at_least", "300 or more"),
    ("300 North Koreans or more", 300, "at_least", "300 North Koreans or more"),
    ("300+ men", 300, "at_least", "300+"),
    ("up to 300", 300, "up_to", "up to 300"),
    ("as many as 300", 300, "up_to", "as many as 300"),
    ("no more than 300", 300, "at_most", "no more than 300"),
    ("fewer than 300", 300, "fewer_than", "fewer than 300"),
    ("more than about 300", 300, "about", "about 300"),
    # Ukrainian and Russian
    ("близько 11 тисяч військових КНДР", 11_000, "about", "близько 11 тисяч"),
    ("майже триста осіб", 300, "about", "майже триста"),
    ("понад 11 тис.", 11_000, "more_than", "понад 11 тис"),
    ("не менше ніж 300", 300, "at_least", "не менше ніж 300"),
    ("щонайменше 300", 300, "at_least", "щонайменше 300"),
    ("до 300 осіб", 300, "up_to", "до 300"),
    ("не більше 300", 300, "at_most", "не більше 300"),
    ("около 300 военных", 300, "about", "около 300"),
    ("свыше трёхсот", 300, "more_than", "свыше трёхсот"),
    ("не менее 300", 300, "at_least", "не менее 300"),
    ("более 300", 300, "more_than", "более 300"),
    ("менее чем 300", 300, "fewer_than", "менее чем 300"),
    # Korean, Japanese and Chinese
    ("약 300명", 300, "about", "약 300"),
    ("사상자 약 1만1천 명", 11_000, "about", "약 1만1천"),
    ("300여 명", 300, "about", "300여"),
    ("300명 이상", 300, "at_least", "300명 이상"),
    ("300명가량", 300, "about", "300명가량"),
    ("최소 300명", 300, "at_least", "최소 300"),
    ("최대 300명", 300, "at_most", "최대 300"),
    ("300명 미만", 300, "fewer_than", "300명 미만"),
    ("約300人", 300, "about", "約300"),
    ("300人以上", 300, "at_least", "300人以上"),
    ("敌军近300人", 300, "about", "近300"),
    ("超过300人", 300, "more_than", "超过300"),
    ("300多名", 300, "more_than", "300多"),
    ("300人左右", 300, "about", "300人左右"),
    # Others
    ("rund 300 Soldaten", 300, "about", "rund 300"),
    ("mehr als 300", 300, "more_than", "mehr als 300"),
    ("près de 300 soldats", 300, "about", "près de 300"),
    ("jusqu'à 300 soldats", 300, "up_to", "jusqu'à 300"),
    ("al menos 300 soldados", 300, "at_least", "al menos 300"),
    ("co najmniej 300 żołnierzy", 300, "at_least", "co najmniej 300"),
    ("oltre 300 soldati", 300, "more_than", "oltre 300"),
    ("yaklaşık 300 asker", 300, "about", "yaklaşık 300"),
    ("300'den fazla asker", 300, "more_than", "300'den fazla"),
    ("حوالي 300 جندي", 300, "about", "حوالي 300"),
    ("أكثر من ٣٠٠ جندي", 300, "more_than", "أكثر من 300"),
    ("כ-300 חיילים", 300, "about", "כ-300"),
    ("aproximativ 300 de soldați", 300, "about", "aproximativ 300"),
    # Every mention is qualified; the first one is shown.
    ("about 300 fell; around 300, they said", 300, "about", "about 300"),
]  # fmt: skip

NOT_QUALIFIED = [
    ("300 soldiers", 300),
    ("exactly 300 of about 300 soldiers", 300),  # it has the number without such a word, too
    ("about 500 men, of whom 300 fell", 300),
    ("about 500", 300),
    ("someone counted 300", 300),
    ("from 200 to 300", 300),
    ("від 200 до 300", 300),
    ("contract 300", 300),
    ("계약 300건", 300),
    ("300명 여성", 300),
    ("最近300人", 300),
    ("300 dead or more than 200 wounded", 300),
    ("etc. 300 men", 300),
    ("", 300),
]


@pytest.mark.parametrize(("text", "value", "qualifier", "words"), QUALIFIED)
def test_a_number_is_qualified(text: str, value: int, qualifier: str, words: str) -> None:
    found = find_qualified(normalize(text), Decimal(value))
    assert found is not None
    assert (found.qualifier, found.words) == (qualifier, words)


@pytest.mark.parametrize(("text", "value"), NOT_QUALIFIED)
def test_a_number_is_not_qualified(text: str, value: int) -> None:
    assert find_qualified(normalize(text), Decimal(value)) is None

"""The languages that a text is probably in: as declared, by its script, and by its most frequent words.

It only decides whether a word such as `bin` or `billion` multiplies the number before it, so a few languages are
enough.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_SAMPLE_LENGTH = 20_000
"""Characters at the start of a text that are looked at."""

_ENOUGH_WORDS = 5
"""Frequent words that show a language other than the declared one."""

_STOP_WORDS: Mapping[str, str] = {
    "en": "the of and to in that is for was with men were by said are about between than more at on or have",
    "de": "der die das und von ist nicht mit ein eine im dem des sich auf für wurden sind zwischen oder mehr als bin",
    "fr": "le la les des et du une est dans que pour sur pas plus avec par sont entre ou au aux",
    "es": "el la los las de y que en un una por con para del más entre se al según fueron",
    "pt": "o os as de e que do da em um uma para com não dos das por mais entre foram segundo",
    "it": "il di che la e un una per non sono con del della dei le gli nel tra più",
    "nl": "de het een van en in dat is op te zijn met voor niet aan er door tussen",
    "pl": "w na z do i że się nie to jest od o po przez między oraz ponad żołnierzy lub",
    "cs": "v na že se je z do a s o to pro jako mezi nebo více vojáků tisíc",
    "sk": "v na že sa je z do a s o to pre ako medzi alebo viac vojakov",
    "tr": "ve bir bu için ile olarak da de den daha kadar asker en az olduğu veya",
    "id": "yang dan di dari untuk dengan ini pada tidak orang adalah dalam itu akan atau",
    "sv": "och att det som en på är av för med till den inte har om mellan eller",
    "da": "og det at en er på til af den der for ikke med har mellem eller",
    "nb": "og det at en er på til av den som for ikke med har mellom eller",
    "fi": "ja on ei se että oli sekä tai kuin ovat välillä",
    "hu": "a az és hogy nem is egy volt meg vagy között több",
    "ro": "și de la în cu nu pe un o din care este mai între sau",
    "vi": "và của là có trong cho không người được một với các từ đến",
    "sw": "na ya wa kwa ni katika za la watu",
}
_WORDS = re.compile(r"[^\W\d_]+")
_LANGUAGES_OF_WORD: dict[str, list[str]] = {}
for _language, _words in _STOP_WORDS.items():
    for _word in _words.split():
        _LANGUAGES_OF_WORD.setdefault(_word, []).append(_language)

_CYRILLIC = frozenset("ru uk be bg sr mk kk ky mn tg tt ba ce cv os sah".split())
_OTHER_SCRIPTS = frozenset(
    "ar fa ur ps sd ug ckb he yi hi bn ta te kn ml mr ne pa gu or as si th lo km my ka hy am ti ja zh yue ko el dz bo "
    "kok dv".split()
)

_ALSO_LATIN = frozenset(("sr", "kk", "hi", "kok"))


def script_of(word: str) -> str:
    """The script of a word: latin, cyrillic or other."""
    first = word[:1]
    if first < "\u0370" or "\u1e00" <= first <= "\u1eff":
        return "latin"
    return "cyrillic" if "\u0400" <= first <= "\u052f" else "other"


@dataclass(frozen=True)
class TextLanguages:
    """The languages of a text, as ISO 639 codes. Without any, the language is unknown."""

    codes: frozenset[str] = frozenset()
    is_certain: bool = True
    """False if only a few words of the text suggest them."""

    def of_script(self, script: str) -> frozenset[str]:
        """The languages of the text that are written in a script; empty if none is known."""
        if script == "latin":
            return self.codes - ((_CYRILLIC | _OTHER_SCRIPTS) - _ALSO_LATIN)
        if script == "cyrillic":
            # Ukrainian and Russian quote each other, and their tables are complete.
            codes = self.codes & _CYRILLIC
            return codes | {"uk", "ru"} if codes else codes
        return self.codes & _OTHER_SCRIPTS


NO_LANGUAGES = TextLanguages()
"""The languages of a text of which nothing is known."""


def detect_languages(text: str, declared: str | None = None) -> TextLanguages:
    """The languages of a text: the declared one (BCP 47), and the one that its most frequent words are from."""
    codes = set()
    if declared and (code := declared.strip().lower().replace("_", "-").partition("-")[0]).isalpha():
        codes.add("nb" if code == "no" else code)
    counts: Counter[str] = Counter()
    for word in _WORDS.findall(text[:_SAMPLE_LENGTH].casefold()):
        counts.update(_LANGUAGES_OF_WORD.get(word, ()))
    ranking = counts.most_common(2)
    if ranking and (len(ranking) == 1 or ranking[0][1] > 1.3 * ranking[1][1]):
        # A wrong `lang` in the template of a site is common, so many words count as much as the declaration.
        language, count = ranking[0]
        if not codes or count >= _ENOUGH_WORDS:
            is_certain = bool(codes) or count >= _ENOUGH_WORDS
            return TextLanguages(frozenset({*codes, language}), is_certain)
    return TextLanguages(frozenset(codes))

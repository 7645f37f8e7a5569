"""Normal forms of names, titles and statements.

Case, accents, invisible characters, Unicode forms, spacing, punctuation and thousands separators do not count. Digits,
letters of any script, currencies and signs such as % and + do.
"""

import re
import unicodedata

from app.formats.search_text import fold
from app.formats.search_text.patterns import INNER_PUNCTUATION, ascii_word_pattern, word_pattern
from app.formats.search_text.tokens import fold_in_place

_SIGNS = frozenset("%‰°#+±×<>=~≈≤≥")
"""Signs that change what a text says. All other punctuation and symbols are dropped."""

_MINUS = re.compile(r"(?<![^\s(\[])[-\u2212](?=\d)")
"""A hyphen or minus before a number, and not inside a word or a range: -5, but not Su-25 or 10-15."""

_PLAIN = re.compile(r"(?!.*(?:\d[,. ]\d|-\d))[a-z0-9 ,.;:!?()\n\"-]*", re.DOTALL)
_PLAIN_WORD = re.compile(r"[a-z0-9]+")
"""Fast path, for texts without apostrophes, signs and grouped numbers. It takes a fifth of the time."""

_MIN_ABBREVIATION, _MAX_ABBREVIATION = 3, 12


def normal_form(text: str) -> str:
    """Return the normal form of a text: its words, and the signs between them, each on a line of its own.

    Characters of scripts that are written without spaces form one word, however they were spaced. A text that has
    neither words nor signs keeps its folded characters.
    """
    folded, _starts, _ends = fold_in_place(text)
    if _PLAIN.fullmatch(folded) and (words := _PLAIN_WORD.findall(folded)):
        return "\n".join(words)
    pattern = ascii_word_pattern() if folded.isascii() else word_pattern()
    parts: list[str] = []
    end, was_run = 0, False
    for word in pattern.finditer(folded):
        gap = folded[end : word.start()]
        is_run = "run" in pattern.groupindex and word["run"] is not None
        content = word[0] if word[0].isalnum() else word[0].translate(INNER_PUNCTUATION)
        if not content.isascii():
            content = unicodedata.normalize("NFC", content)
        if gap == " " and not (is_run and was_run) and word[0][0].isalpha():
            # The usual case, which takes none of the checks below.
            parts.append(content)
            end, was_run = word.end(), is_run
            continue
        signs = _signs(gap, folded, word.start())
        if not signs and parts and ((is_run and was_run) or _is_decimal_point(parts[-1], gap, content)):
            parts[-1] += content if is_run else f".{content}"
        else:
            parts += [*signs, content]
        end, was_run = word.end(), is_run
    parts += _signs(folded[end:], folded, len(folded))
    return "\n".join(parts) or "".join(folded.split())


def _signs(gap: str, folded: str, end: int) -> list[str]:
    signs = [char for char in gap if char in _SIGNS or unicodedata.category(char) == "Sc"]
    return [*signs, "-"] if gap and _MINUS.match(folded, end - 1) else signs


def _is_decimal_point(before: str, gap: str, after: str) -> bool:
    return gap in {".", ","} and before[-1:].isdecimal() and after.isdecimal()


def abbreviations(name: str) -> list[str]:
    """Return the abbreviations in parentheses in a name, such as NIS in "South Korean intelligence (NIS)".

    An abbreviation has 3 to 12 letters or digits and no small letters. Two letters are more often a country: "Ministry
    of Defence (UK)".
    """
    found = re.findall(r"[(（]\s*([^()（）]+?)\s*[)）]", name)
    return [text for text in found if _is_abbreviation(text)]


def _is_abbreviation(text: str) -> bool:
    letters = [char for char in text if char.isalnum()]
    cased = [char for char in letters if char.isalpha()]
    return (
        _MIN_ABBREVIATION <= len(letters) <= _MAX_ABBREVIATION
        and bool(cased)
        and all(char.isupper() for char in cased)
        and not any(char.isspace() for char in text)
    )


def without_own_abbreviation(name: str) -> str | None:
    """Return a name without the abbreviation in parentheses that consists of its initials; None if it has none.

    "National Intelligence Service (NIS)" is "National Intelligence Service". The name without an abbreviation of
    another kind is too general: "Ministry of Defence (DPRK)" is not "Ministry of Defence".
    """
    for abbreviation in abbreviations(name):
        rest = re.sub(rf"\s*[(（]\s*{re.escape(abbreviation)}\s*[)）]\s*", " ", name).strip()
        initials = [fold(word)[:1] for word in re.split(r"[\s\-]+", rest) if word]
        capitals = [fold(word)[:1] for word in re.split(r"[\s\-]+", rest) if word[:1].isupper()]
        letters = list(fold(abbreviation).replace(".", ""))
        if letters in (initials, capitals):
            return rest
    return None

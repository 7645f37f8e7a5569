"""Columns of tables in PDF: pypdf separates them by one space, like the groups of a number."""

import re
from typing import TYPE_CHECKING

from app.formats.numbers.multipliers import is_multiplier_word

if TYPE_CHECKING:
    from pypdf import PageObject

_GROUPS = re.compile(r"(?<![0-9])[0-9]{1,3}(?: [0-9]{3})+(?![0-9])")
_BEFORE_WORD = re.compile(r"[0-9] ([^\W\d_]{1,30})")


def separate_columns(page: "PageObject", text: str) -> str:
    """Return the text of a page with a tab instead of a space between numbers, or a number and a word, in two columns.

    The layout of the page decides, which takes time, so it is only computed for pages that need it.
    """
    doubtful = {match[0] for match in _GROUPS.finditer(text)}
    doubtful |= {match[0] for match in _BEFORE_WORD.finditer(text) if is_multiplier_word(match[1])}
    if not doubtful:
        return text
    layout = page.extract_text(extraction_mode="layout", layout_mode_strip_rotated=False)
    single_spaced = re.sub(" {2,}", "  ", layout)
    for connected in doubtful:
        if connected not in layout and connected.replace(" ", "  ") in single_spaced:
            text = text.replace(connected, connected.replace(" ", "\t"))
    return text

"""Columns of tables in PDF: pypdf separates them by one space, like the groups of a number."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdf import PageObject

_GROUPS = re.compile(r"(?<![0-9])[0-9]{1,3}(?: [0-9]{3})+(?![0-9])")
_MULTIPLIED = re.compile(r"(?<=[0-9]) (?=[^\W\d_])")


def separate_columns(page: "PageObject", text: str) -> str:
    """Return the text of a page with a tab instead of a space between numbers that are in different columns.

    The layout of the page decides, which takes time, so it is only computed for pages that need it.
    """
    if _GROUPS.search(text) is None:
        return text
    layout = page.extract_text(extraction_mode="layout", layout_mode_strip_rotated=False)
    joined = set(_GROUPS.findall(layout))
    wide = {" ".join(match[0].split()) for match in re.finditer(r"[0-9]{1,3}(?: +[0-9]{3})+(?![0-9])", layout)} - joined
    return _GROUPS.sub(lambda match: match[0].replace(" ", "\t") if match[0] in wide else match[0], text)

"""Text that spreadsheets show and never run.

A cell that begins with `=`, `+`, `-` or `@` is a formula to Excel, LibreOffice and Google Sheets, quoted or not; so is
one whose first character is a full-width or small form of these where East Asian input is on, and some skip blanks,
tabs and line breaks before they look. Such a cell gets an apostrophe before it (OWASP, "CSV Injection").
"""

import re

_RUNS = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋\N{MINUS SIGN}"
# Blank or not to be seen: what some spreadsheets skip before they look, and what hides a sign from whoever looks.
_SKIPPED = (
    r"\s\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"
)
_PROTECT = re.compile(rf"'*[{_SKIPPED}]*[{_RUNS}]|'*[\t\r\n]")
_PROTECTED = re.compile(rf"'+[{_SKIPPED}]*[{_RUNS}]|'+[\t\r\n]")


def safe(text: str) -> str:
    """A text as it may stand in a cell. What looks protected is protected, too, so that `unsafe` is exact."""
    return f"'{text}" if _PROTECT.match(text) else text


def unsafe(cell: str) -> str:
    """The text that a cell was made of."""
    return cell[1:] if _PROTECTED.match(cell) else cell


def runs(cell: str) -> bool:
    """True if a spreadsheet might take a cell for a formula."""
    return not cell.startswith("'") and _PROTECT.match(cell) is not None

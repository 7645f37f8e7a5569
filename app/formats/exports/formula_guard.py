"""Protection of CSV cells against formula injection: spreadsheets show the text and never run it.

Excel, LibreOffice and Google Sheets run a cell that begins with `=`, `+`, `-` or `@` as a formula, quoted or not. With
East Asian input enabled, full-width and small forms of these characters count too, and some programs skip leading
spaces, tabs and line breaks. Such a cell gets an apostrophe before it (OWASP, "CSV Injection").
"""

import re

_FORMULA_STARTS = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋\N{MINUS SIGN}"
# Whitespace and invisible characters: some spreadsheets skip them, and they hide a formula sign from a human reader.
_SKIPPED = (
    r"\s\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"
)
_NEEDS_ESCAPE = re.compile(rf"'*[{_SKIPPED}]*[{_FORMULA_STARTS}]|'*[\t\r\n]")
_ESCAPED = re.compile(rf"'+[{_SKIPPED}]*[{_FORMULA_STARTS}]|'+[\t\r\n]")


def escape_cell(text: str) -> str:
    """Return a text as a safe cell; texts that look escaped are escaped too, so that `unescape_cell` is exact."""
    return f"'{text}" if _NEEDS_ESCAPE.match(text) else text


def unescape_cell(cell: str) -> str:
    """Return the text that `escape_cell` was called with."""
    return cell[1:] if _ESCAPED.match(cell) else cell

"""Text for XML 1.0: well-formed whatever was recorded.

XML has no way to write most control characters, U+FFFE, U+FFFF or half of a pair of surrogates, escaped or not
(XML 1.0, 2.2 Char); each becomes U+FFFD. `>` is escaped, too, so that no text has `]]>` in it.
"""

import re

_NO_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"}
_ESCAPED = re.compile("[&<>\"'\r]")


def xml(text: str) -> str:
    """A text as it may stand between tags, and within the quotes of an attribute."""
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], _NO_CHARACTERS.sub("\ufffd", text))

"""Escaping of text for XML 1.0, so that any recorded text gives a well-formed document.

XML cannot represent most control characters, U+FFFE, U+FFFF or unpaired surrogates, escaped or not (XML 1.0, section
2.2, Char); each becomes U+FFFD. `>` is escaped too, so that no text contains `]]>`.
"""

import re

_INVALID_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"}
_ESCAPED = re.compile("[&<>\"'\r]")


def escape_xml(text: str) -> str:
    """Escape a text for element content and quoted attribute values."""
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], _INVALID_CHARACTERS.sub("\ufffd", text))

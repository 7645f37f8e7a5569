"""JSON that can be embedded in HTML, in `<script type="application/ld+json">`.

A script element ends at the first `</script`, even inside a JSON string (HTML, section 4.12.1.3), so `<` is written as
\\u003c. U+2028 and U+2029 are escaped too, because old JavaScript parsers take them for line ends.
"""

from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def dump_json(value: Any) -> str:
    """Return a value as JSON that is safe inside a script element."""
    text = _encode(value).decode()
    if "<" in text:
        text = text.replace("<", "\\u003c")
    if "\u2028" in text or "\u2029" in text:
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return text

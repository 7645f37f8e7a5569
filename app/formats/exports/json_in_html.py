"""JSON that may also stand inside HTML, in `<script type="application/ld+json">`.

There a script ends at the first `</script`, whatever JSON says of it (HTML, 4.12.1.3), so `<` is written as \\u003c;
and the two line separators of Unicode as escapes, which old readers of scripts take for the end of a line.
"""

from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def text_of(value: Any) -> str:
    """A value as JSON."""
    text = _encode(value).decode()
    if "<" in text:
        text = text.replace("<", "\\u003c")
    if "\u2028" in text or "\u2029" in text:
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return text

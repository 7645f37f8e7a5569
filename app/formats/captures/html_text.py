"""The text of HTML and XML pages.

Every element that is not part of a line of text ends the line, so that numbers in different cells, list items or
paragraphs stay apart (see `quote_match.normalize` for the breaks). Styles are not read: whatever a style sheet makes a
block is still part of its line.
"""

import re
from html.parser import HTMLParser

_HIDDEN = frozenset({"script", "style", "template"})
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark nobr q s samp small span strike"
    " strong sub sup time tt u var wbr".split()
)
"""Elements that do not separate words."""

_SEPARATE_NUMBERS = frozenset("del ins s strike".split())
"""Elements whose text replaces the text beside it."""

_SMALL = frozenset(("sub", "sup"))
_SMALL_NUMBER = re.compile(r"[0-9]{1,3}")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_LINE_END = re.compile(r"\t?\n\t?((?:\n\t?)+)?")

FRAMES_ONLY = "The page consists of frames, whose pages are not part of the file."


class HtmlText(HTMLParser):
    """Collects the text of a page, without scripts, styles and templates, but with declarative shadow trees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.gaps: list[str] = []
        self.language: str | None = None
        """The declared language of the page."""
        self.embedded: list[str] = []
        """Pages within the page (`<iframe srcdoc>`)."""
        self._hidden: list[str] = []
        self._data: list[str] = []
        self._small: list[str] = []
        self._preformatted = 0
        self._last_closed = ""

    def finish(self) -> bool:
        """Process the rest of the page. Returns False, without doing so, if it ends in a tag, comment or script.

        The parser would treat the rest as text and search for an end again from each "<" in it, which takes minutes for
        a page made for that.
        """
        if self.rawdata.startswith("<") or self.cdata_elem is not None:
            self._flush()
            return False
        self.close()
        self._flush()
        return True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Start an element."""
        self._flush()
        if tag in _HIDDEN and tag not in self._hidden:  # the end of the first one ends all of them
            is_shown = tag == "template" and any(name == "shadowrootmode" for name, _value in attrs)
            if not is_shown:
                self._hidden.append(tag)
        elif tag == "html" and self.language is None:
            values = dict(attrs)
            self.language = values.get("lang") or values.get("xml:lang")
        elif tag == "iframe" and not self._hidden:
            self.embedded += [value for name, value in attrs if name == "srcdoc" and value]
        elif tag == "frame" and FRAMES_ONLY not in self.gaps:
            self.gaps.append(FRAMES_ONLY)
        elif tag in ("pre", "textarea", "listing", "xmp"):
            self._preformatted += 1
        elif tag in _SMALL:
            self._small.append(tag)
        if tag == "a" and self._last_closed == "a" and self.pieces and not self.pieces[-1].isspace():
            self.pieces.append("\n")  # two links are two things
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        self._flush()
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag in ("pre", "textarea", "listing", "xmp"):
            self._preformatted = max(0, self._preformatted - 1)
        elif tag in _SMALL and self._small:
            self._small.pop()
        self._separate(tag)
        self._last_closed = tag

    def handle_data(self, data: str) -> None:
        """Collect text; comments do not end a text node."""
        if not self._hidden:
            self._data.append(data)

    def _flush(self) -> None:
        """Complete a text node."""
        if not self._data:
            return
        text = "".join(self._data)
        self._data.clear()
        self._last_closed = ""
        if self._preformatted:
            self.pieces.append(mark_columns(text))
            return
        text = _SPACES.sub(" ", text)
        if self._small and _SMALL_NUMBER.fullmatch(text.strip()):
            self.pieces.append(text.strip().translate(_SUPERSCRIPT if self._small[-1] == "sup" else _SUBSCRIPT))
        elif self._small:
            self.pieces.append(f"\t{text}\t")  # a footnote mark does not belong to the number before it
        else:
            # A space at the edge of an element joins no groups of digits.
            before, after = ("\t" if text[edge].isspace() else "" for edge in (0, -1))
            self.pieces.append(f"{before}{text.strip()}{after}")

    def _separate(self, tag: str) -> None:
        if tag not in _INLINE or tag in _SEPARATE_NUMBERS:
            self.pieces.append("\n")


def mark_columns(text: str) -> str:
    """Return preformatted text with a break for each line end and between columns; text goes on in the next line."""
    text = re.sub(r"\r\n?", "\n", text)
    text = re.sub(r"[ \t]{2,}", "\t", text).replace(" \n", "\n").replace("\n ", "\n")
    # Two line ends are a paragraph; after one, a sentence may go on.
    text = _LINE_END.sub(lambda match: "\n" if match[1] else "\u2028", text)
    return text.replace("\t", "\n")

"""Text in LaTeX, as the fields of BibTeX and BibLaTeX hold it: written so that nothing in it is a command, and read.

What BibTeX itself makes of braces decides how they are written: it counts every one of them, also behind a backslash.
Those of the text that come in pairs are `\\{` and `\\}`, which every reader knows; one that stands alone is a command
(`\\textbraceleft{}`), which not every reader does. Ligatures of LaTeX's fonts (`--`, `''`) are kept apart.
Anything outside ASCII stays as it is: the files are UTF-8.
"""

import re
import unicodedata
from collections.abc import Iterator

# --- written ---

_LONE_LEFT, _LONE_RIGHT = "\x02", "\x03"  # never in a record
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        _LONE_LEFT: r"\textbraceleft{}",
        _LONE_RIGHT: r"\textbraceright{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "`": r"\`{}",  # as readers know it; it prints the same
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        **{char: f"\\{char}" for char in "$&#_%"},
        "\u00a0": "~",
        "\u0085": " ",  # a line break to many readers
        "\u2028": " ",
        "\u2029": " ",
        "\n": r"\par{} ",
    }
)
_LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=,)(?=,)")
_BLANKS = re.compile(r"(?<= ) ")
_WORD = re.compile(r"(\w[\w'’-]*)")


def escaped(text: str) -> str:
    """A text as LaTeX that prints just that."""
    return _escaped(_paired(text))


def _escaped(text: str) -> str:
    # Readers make one blank of many, but for those in braces of their own.
    return _BLANKS.sub("{ }", _LIGATURES.sub("{}", text.translate(_ESCAPES)))


def _paired(text: str) -> str:
    """A text whose braces come in pairs, those that do not being marked."""
    if "{" not in text and "}" not in text:
        return text
    chars = list(text)
    opened: list[int] = []
    for at, char in enumerate(chars):
        if char == "{":
            opened.append(at)
        elif char == "}" and opened:
            opened.pop()
        elif char == "}":
            chars[at] = _LONE_RIGHT
    for at in opened:
        chars[at] = _LONE_LEFT
    return "".join(chars)


def title(text: str, language: str | None) -> str:
    """A title that keeps its capitals.

    Styles put English titles into small letters, and do not know other languages from English. So every word with a
    capital is put into braces in an English title, and one in any other language as a whole. Where nobody says which
    it is, words are protected: a style may then still raise small letters, which only English styles do.
    """
    paired = _paired(text)
    before, *words = _WORD.split(paired)  # every second one is a word
    # Styles raise the first letter, so that one that is small wants as much protection as a capital further on.
    small = bool(words) and words[0][0].islower()
    if not small and not any(_raised(char) for char in text[1:]):
        return _escaped(paired)
    if language is not None and not language.lower().startswith("en"):
        return _braced(_escaped(paired))
    kept = [_escaped(before)]
    for at, piece in enumerate(words):
        letters = piece[1:] if at == 0 and not before else piece
        raised = any(_raised(char) for char in letters) or (at == 0 and small)
        kept.append(_braced(_escaped(piece)) if at % 2 == 0 and raised else _escaped(piece))
    return "".join(kept)


def _raised(char: str) -> bool:
    return char.isupper() or char.istitle()


def _braced(latex: str) -> str:
    # A brace right before a backslash would begin a "special character", whose letters are not protected.
    return f"{{{{}}{latex}}}" if latex.startswith("\\") else f"{{{latex}}}"


# --- read ---

_ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
    "t": "\u0361",
}
_ALONE = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0308": "¨", "\u0327": "¸"}
_SYMBOLS = {
    "textbackslash": "\\",
    "backslash": "\\",
    "textbraceleft": "{",
    "textbraceright": "}",
    "lbrace": "{",
    "rbrace": "}",
    "textasciicircum": "^",
    "textasciitilde": "~",
    "textasciigrave": "`",
    "textquotesingle": "'",
    "textquotedbl": '"',
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textdollar": "$",
    "textunderscore": "_",
    "textendash": "–",
    "textemdash": "—",
    "textellipsis": "…",
    "dots": "…",
    "ldots": "…",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "quotedblbase": "„",
    "quotesinglbase": "‚",
    "guillemotleft": "«",
    "guillemotright": "»",
    "glqq": "„",
    "grqq": "“",
    "flqq": "«",
    "frqq": "»",
    "textexclamdown": "¡",
    "textquestiondown": "¿",
    "textdegree": "°",
    "textregistered": "®",
    "texttrademark": "™",
    "copyright": "©",
    "textcopyright": "©",
    "pounds": "£",
    "texteuro": "€",
    "euro": "€",
    "S": "§",
    "P": "¶",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ss": "ß",
    "SS": "ẞ",
    "i": "ı",
    "j": "ȷ",
    "th": "þ",
    "TH": "Þ",
    "dh": "ð",
    "DH": "Ð",
    "dj": "đ",
    "DJ": "Đ",
    "ng": "ŋ",
    "NG": "Ŋ",
    "times": "×",
    "pm": "±",
    "cdot": "·",
    "infty": "∞",
    "hyphen": "-",
    "slash": "/",
    "textasteriskcentered": "*",
    "nobreakspace": "\u00a0",
    "space": " ",
    "quad": " ",
    "par": "\n",
    "newline": "\n",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "hskip": " ",
}
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lamda mu nu xi omicron pi rho sigma tau upsilon phi chi "
    "psi omega"
)
for _name in _GREEK.split():
    _word = "lambda" if _name == "lamda" else _name
    _SYMBOLS[_word] = unicodedata.lookup(f"GREEK SMALL LETTER {_name}")
    _SYMBOLS[_word.capitalize()] = unicodedata.lookup(f"GREEK CAPITAL LETTER {_name}")

_SIGNS = {",": " ", ";": " ", ":": " ", "!": "", " ": " ", "\n": " ", "/": "", "-": "", "\\": "\n", "(": "", ")": ""}
_LIGATURE = {
    "---": "—",
    "--": "–",
    "``": "“",
    "''": "”",
    "`": "‘",
    ",,": "„",
    "<<": "«",
    ">>": "»",
    "?`": "¿",
    "!`": "¡",
}
_TOKEN = re.compile(
    r"\\[A-Za-z]+\*?|\\.|---?|``?|''|,,|<<|>>|[?!]`|[{}$~]|[^\S\n]*\n\s*|\s+|[^\\{}$~\-`',<>?!\s]+|.", re.DOTALL
)
_ADDRESS = re.compile(r"\\(?:url|path|nolinkurl)\s*\{([^{}]*)\}")
_LINK = re.compile(r"\\href\s*\{[^{}]*\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def plain(latex: str) -> str:
    """The text that LaTeX prints, without commands that only say how it looks."""
    text = "".join(_printed(_CONTROL.sub(" ", _LINK.sub("", latex))))
    return "\n".join(line.strip() for line in text.split("\n")).strip()


def line(latex: str) -> str:
    """The same, in one line."""
    return plain(latex).replace("\n", " ")


def _printed(latex: str) -> Iterator[str]:
    start = 0
    for address in _ADDRESS.finditer(latex):
        yield from _pieces(latex[start : address.start()])
        yield address[1]
        start = address.end()
    yield from _pieces(latex[start:])


def _pieces(latex: str) -> Iterator[str]:
    accent = ""  # waits for the letter that it stands upon
    after_word = False  # blanks behind a command's name belong to it
    for piece in _TOKEN.findall(latex):
        if piece[0] == "\\" and len(piece) > 1:
            name = piece[1:].rstrip("*")
            after_word = name.isalpha()
            if name in _ACCENTS:
                accent = _ACCENTS[name]
                continue
            found = _SYMBOLS.get(name) if name.isalpha() else _SIGNS.get(name, name)
        elif piece.isspace() and "\u00a0" not in piece and piece.isascii():
            found = None if after_word or accent else " "
        elif piece in "{}$":
            after_word = False
            if accent and piece == "}":
                yield _ALONE.get(accent, "")
                accent = ""
            continue
        else:
            found = "\u00a0" if piece == "~" else _LIGATURE.get(piece, piece)
            after_word = False
        if not found:
            continue
        if accent:
            base = {"ı": "i", "ȷ": "j"}.get(found[0], found[0])
            found, accent = unicodedata.normalize("NFC", base + accent) + found[1:], ""
        yield found

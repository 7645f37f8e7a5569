"""LaTeX text in the fields of BibTeX and BibLaTeX: escaping text so that it contains no commands, and reading it.

BibTeX counts every brace, including those after a backslash. Therefore matching braces in a text are written as `\\{`
and `\\}`, which every reader understands, and an unmatched one as a command (`\\textbraceleft{}`), which some readers
do not know. Sequences that LaTeX fonts print as ligatures (`--`, `''`) are separated. Characters outside ASCII stay as
they are, because the files are UTF-8.
"""

import re
import unicodedata
from collections.abc import Iterator

# --- writing ---

_UNMATCHED_LEFT, _UNMATCHED_RIGHT = "\x02", "\x03"  # control characters never occur in a record
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        _UNMATCHED_LEFT: r"\textbraceleft{}",
        _UNMATCHED_RIGHT: r"\textbraceright{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "`": r"\`{}",  # the spelling that readers understand; the output is the same
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        **{char: f"\\{char}" for char in "$&#_%"},
        "\u00a0": "~",
        "\u0085": " ",  # many readers take it for a line break
        "\u2028": " ",
        "\u2029": " ",
        "\n": r"\par{} ",
    }
)
_LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=,)(?=,)")
_REPEATED_SPACES = re.compile(r"(?<= ) ")
_WORD = re.compile(r"(\w[\w'’-]*)")


def escape_text(text: str) -> str:
    """LaTeX that prints exactly this text."""
    return _escape_characters(_mark_unmatched_braces(text))


def _escape_characters(text: str) -> str:
    # Readers collapse repeated spaces unless each is in its own braces.
    return _REPEATED_SPACES.sub("{ }", _LIGATURES.sub("{}", text.translate(_ESCAPES)))


def _mark_unmatched_braces(text: str) -> str:
    """The text with control characters in place of the braces that have no counterpart."""
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
            chars[at] = _UNMATCHED_RIGHT
    for at in opened:
        chars[at] = _UNMATCHED_LEFT
    return "".join(chars)


def escape_title(text: str, language: str | None) -> str:
    """LaTeX for a title, with braces that keep bibliography styles from changing its capitals.

    Styles convert English titles to lower case, and cannot tell other languages from English. Therefore braces protect
    each word with a capital in an English title, and the whole title in any other language. Without a known language
    words are protected, so a style may still capitalise lower-case words, which only English styles do.
    """
    marked = _mark_unmatched_braces(text)
    before, *pieces = _WORD.split(marked)  # words and the text between them alternate
    # Styles capitalise the first letter, so a lower-case one needs protection like a capital further on.
    starts_lower_case = bool(pieces) and pieces[0][0].islower()
    if not starts_lower_case and not any(_is_capital(char) for char in text[1:]):
        return _escape_characters(marked)
    if language is not None and not language.lower().startswith("en"):
        return _enclose(_escape_characters(marked))
    parts = [_escape_characters(before)]
    for at, piece in enumerate(pieces):
        letters = piece[1:] if at == 0 and not before else piece
        needs_braces = any(_is_capital(char) for char in letters) or (at == 0 and starts_lower_case)
        latex = _escape_characters(piece)
        parts.append(_enclose(latex) if at % 2 == 0 and needs_braces else latex)
    return "".join(parts)


def _is_capital(char: str) -> bool:
    return char.isupper() or char.istitle()


def _enclose(latex: str) -> str:
    # A brace directly before a backslash would begin a "special character", whose letters are not protected.
    return f"{{{{}}{latex}}}" if latex.startswith("\\") else f"{{{latex}}}"


# --- reading ---

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
_STANDALONE_ACCENTS = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0308": "¨", "\u0327": "¸"}
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
_LIGATURE_CHARACTERS = {
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
_URL = re.compile(r"\\(?:url|path|nolinkurl)\s*\{([^{}]*)\}")
_LINK = re.compile(r"\\href\s*\{[^{}]*\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def to_text(latex: str) -> str:
    """The text that LaTeX prints, without formatting commands."""
    text = "".join(_printed_text(_CONTROL.sub(" ", _LINK.sub("", latex))))
    return "\n".join(line.strip() for line in text.split("\n")).strip()


def to_line(latex: str) -> str:
    """The text that LaTeX prints, on one line."""
    return to_text(latex).replace("\n", " ")


def _printed_text(latex: str) -> Iterator[str]:
    start = 0
    for url in _URL.finditer(latex):
        yield from _printed_tokens(latex[start : url.start()])
        yield url[1]
        start = url.end()
    yield from _printed_tokens(latex[start:])


def _printed_tokens(latex: str) -> Iterator[str]:
    accent = ""  # a combining accent that waits for its base letter
    after_command = False  # spaces after a command's name are part of the command
    for piece in _TOKEN.findall(latex):
        if piece[0] == "\\" and len(piece) > 1:
            name = piece[1:].rstrip("*")
            after_command = name.isalpha()
            if name in _ACCENTS:
                accent = _ACCENTS[name]
                continue
            text = _SYMBOLS.get(name) if name.isalpha() else _SIGNS.get(name, name)
        elif piece.isspace() and "\u00a0" not in piece and piece.isascii():
            text = None if after_command or accent else " "
        elif piece in "{}$":
            after_command = False
            if accent and piece == "}":
                yield _STANDALONE_ACCENTS.get(accent, "")
                accent = ""
            continue
        else:
            text = "\u00a0" if piece == "~" else _LIGATURE_CHARACTERS.get(piece, piece)
            after_command = False
        if not text:
            continue
        if accent:
            base = {"ı": "i", "ȷ": "j"}.get(text[0], text[0])
            text, accent = unicodedata.normalize("NFC", base + accent) + text[1:], ""
        yield text

"""Names in BibTeX (`von Last, Jr, First`) and in BibLaTeX, whose extended format names the parts (`family=…, given=…`).

BibTeX splits text outside braces at `and`, at commas, at spaces, and at words that begin with a lower-case letter.
Therefore organisations and single names are enclosed in braces as a whole. In a name with parts, only the characters
and words that BibTeX would misread are enclosed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.formats.bibtex.latex import escape_text, to_line

# --- writing ---

_RESERVED_WORDS = re.compile(r"(?<![^ ])(and|others)(?![^ ])", re.IGNORECASE)


def format_names(names: Sequence[Mapping[str, str]], *, extended: bool) -> str:
    """A list of names. `extended` allows BibLaTeX's extended format for names that the plain format cannot express."""
    return " and ".join(_format_name(name, extended) for name in names)


def _format_name(name: Mapping[str, str], extended: bool) -> str:
    if "literal" in name:
        return f"{{{_guard_backslash(escape_text(name['literal']))}}}"
    family, given = name["family"], name.get("given")
    particle, suffix = name.get("particle"), name.get("suffix")
    parts = {"family": family, "given": given, "prefix": particle, "suffix": suffix}
    is_recognisable = particle is None or _is_particle(particle.split(" ")[-1])
    if extended and not (is_recognisable and all("," not in (text or "") for text in parts.values())):
        return ", ".join(f"{part}={{{escape_text(text)}}}" for part, text in parts.items() if text is not None)
    if particle is not None and not is_recognisable:
        # BibTeX recognises a particle by its lower-case letter only. This one becomes part of the family name.
        particle, family = None, f"{particle} {family}"
    is_only_part = particle is None and given is None and suffix is None
    last = _format_family(family, is_only_part)
    if particle is not None:
        last = f"{_protect_words(particle)} {last}"
    if suffix is not None:
        return f"{last}, {_protect_words(suffix)}, {_protect_words(given or '')}"
    if given is not None:
        return f"{last}, {_protect_words(given)}"
    return last


def _format_family(family: str, is_only_part: bool) -> str:
    words = family.split(" ")
    if is_only_part or any(_may_be_particle(word) for word in words[:-1]):
        return "{ }".join(_protect_words(word) for word in words)
    return _protect_words(family)


def _is_particle(word: str) -> bool:
    return _is_lower_case(escape_text(word)) and not escape_text(word).startswith("\\")


def _may_be_particle(word: str) -> bool:
    # BibTeX itself counts the letters of a command as letters.
    return _is_lower_case(escape_text(word)) or "\\" in escape_text(word)


def _protect_words(text: str) -> str:
    protected = _RESERVED_WORDS.sub("{\\1}", escape_text(text).replace(",", "{,}").replace("=", "{=}"))
    # A tie separates names as a space does.
    protected = protected.replace("~", "{~}")
    # A name that is entirely in braces would never be split.
    return f"{{}}{protected}" if protected.startswith("{") else protected


def _guard_backslash(latex: str) -> str:
    # A brace directly before a backslash begins a "special character".
    return f"{{}}{latex}" if latex.startswith("\\") else latex


# --- reading ---

_PARTS = {"family": "family", "given": "given", "prefix": "particle", "suffix": "suffix"}
_EXTENDED = re.compile(r"\s*[a-z][a-z-]*\s*=", re.IGNORECASE)
_REFERENCE = re.compile(r"\s*xdata\s*=", re.IGNORECASE)
_OTHERS = "others"


def parse_names(text: str) -> tuple[list[dict[str, str]], list[str]]:
    """The names of a list as fields of `AuthorName`, and its items that are no names (`others`, references)."""
    names: list[dict[str, str]] = []
    other_items: list[str] = []
    for item in split_list(text, "and"):
        if item.casefold() == _OTHERS:
            other_items.append("and others")
        elif _REFERENCE.match(item):
            other_items.append(item)
        elif name := _parse_name(item):
            names.append(name)
    return names, other_items


def _parse_name(text: str) -> dict[str, str]:
    if text.startswith("{") and _closing_brace(text) == len(text) - 1:
        return _build_name(literal=[text[1:-1]])
    if _EXTENDED.match(text):
        return _parse_extended_name(text)
    pieces = [_tokens(piece) for piece in _split_at(text, ",")]
    if len(pieces) == 1:
        (tokens,) = pieces
        lower_case = [at for at, token in enumerate(tokens[:-1]) if _is_lower_case(token)]
        first = tokens[: lower_case[0]] if lower_case else tokens[:-1]
        return _split_particle(tokens[len(first) :], first, [])
    suffix = pieces[1] if len(pieces) > 2 else []  # noqa: PLR2004 - `von Last, Jr, First`
    given = [token for piece in pieces[2 if suffix else 1 :] for token in piece]
    return _split_particle(pieces[0], given, suffix)


def _split_particle(tokens: list[str], given: list[str], suffix: list[str]) -> dict[str, str]:
    lower_case = [at for at, token in enumerate(tokens[:-1]) if _is_lower_case(token)]
    at = lower_case[-1] + 1 if lower_case else 0
    return _build_name(particle=tokens[:at], family=tokens[at:], given=given, suffix=suffix)


def _build_name(**parts: list[str]) -> dict[str, str]:
    name = {part: text for part, tokens in parts.items() if (text := to_line(" ".join(tokens)))}
    if "literal" in name or "family" in name:
        return name
    return {"literal": " ".join(name.values())} if name else {}


def _parse_extended_name(text: str) -> dict[str, str]:
    parts: dict[str, list[str]] = {}
    for piece in _split_at(text, ","):
        label, _, value = piece.partition("=")
        part = _PARTS.get(label.strip().casefold())
        if part is not None:
            parts[part] = [value.strip().strip('"')]
    return _build_name(**parts)


def _is_lower_case(token: str) -> bool:
    """True for a word that BibTeX takes for a particle: its first letter outside braces is in lower case."""
    depth = 0
    at = 0
    while at < len(token):
        char = token[at]
        if char == "{":
            if depth == 0 and token.startswith("{\\", at):
                return _first_letter(to_line(token[at : _closing_brace(token, at) + 1])).islower()
            depth += 1
        elif char == "}":
            depth -= 1
        elif depth == 0 and char == "\\":
            return _first_letter(to_line(token[at:])).islower()
        elif depth == 0 and char.isalpha():
            return char.islower()
        at += 1
    return False


def _first_letter(text: str) -> str:
    return next((char for char in text if char.isalpha()), "")


# --- braces ---


def split_list(text: str, separator: str) -> list[str]:
    """The items of a list that is separated by a word, such as `and`, outside braces."""
    items: list[list[str]] = [[]]
    for token in _tokens(text, ties=False):
        if token.casefold() == separator:
            items.append([])
        else:
            items[-1].append(token)
    return [" ".join(item) for item in items if item]


def _tokens(text: str, *, ties: bool = True) -> list[str]:
    return [token for token in _split_at(text, " \t\n\r~" if ties else " \t\n\r") if token]


def _split_at(text: str, separators: str) -> list[str]:
    return list(_iterate_parts(text, separators))


def _iterate_parts(text: str, separators: str) -> Iterator[str]:
    depth, start, is_escaped = 0, 0, False
    for at, char in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif char == "\\":
            is_escaped = True
            continue
        elif depth == 0 and char in separators:
            yield text[start:at].strip()
            start = at + 1
        # BibTeX counts braces after a backslash too.
        if char == "{":
            depth += 1
        elif char == "}":
            depth = max(0, depth - 1)
    yield text[start:].strip()


def _closing_brace(text: str, start: int = 0) -> int:
    """The position of the brace that closes the one at `start`; the last position of the text if none does."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
    return len(text) - 1

"""Names in BibTeX (`von Last, Jr, First`) and in BibLaTeX, whose extended format names the parts (`family=…, given=…`).

BibTeX takes apart whatever is not in braces: at `and`, at commas, at blanks, and at words that begin with a small
letter. Organisations and single names are therefore in braces as a whole, and in a name in parts whatever would be
taken for something else is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.formats.bibtex.latex import escaped, line

# --- written ---

_KEPT_APART = re.compile(r"(?<![^ ])(and|others)(?![^ ])", re.IGNORECASE)


def written(names: Sequence[Mapping[str, str]], *, extended: bool) -> str:
    """A list of names. `extended`: a name that the plain format cannot hold may be written by its parts."""
    return " and ".join(_written(name, extended) for name in names)


def _written(name: Mapping[str, str], extended: bool) -> str:
    if "literal" in name:
        return f"{{{_guarded(escaped(name['literal']))}}}"
    family, given = name["family"], name.get("given")
    particle, suffix = name.get("particle"), name.get("suffix")
    parts = {"family": family, "given": given, "prefix": particle, "suffix": suffix}
    told = particle is None or _is_particle(particle.split(" ")[-1])
    if extended and not (told and all("," not in (text or "") for text in parts.values())):
        return ", ".join(f"{part}={{{escaped(text)}}}" for part, text in parts.items() if text is not None)
    if particle is not None and not told:
        # BibTeX knows a particle by its small letter, and has no other way to tell one.
        particle, family = None, f"{particle} {family}"
    glued = particle is None and given is None and suffix is None
    last = _last(family, glued)
    if particle is not None:
        last = f"{_words(particle)} {last}"
    if suffix is not None:
        return f"{last}, {_words(suffix)}, {_words(given or '')}"
    if given is not None:
        return f"{last}, {_words(given)}"
    return last


def _last(family: str, glued: bool) -> str:
    words = family.split(" ")
    if glued or any(_may_be_particle(word) for word in words[:-1]):
        return "{ }".join(_words(word) for word in words)
    return _words(family)


def _is_particle(word: str) -> bool:
    return _is_small(escaped(word)) and not escaped(word).startswith("\\")


def _may_be_particle(word: str) -> bool:
    # To BibTeX itself the letters of a command are letters.
    return _is_small(escaped(word)) or "\\" in escaped(word)


def _words(text: str) -> str:
    guarded = _KEPT_APART.sub("{\\1}", escaped(text).replace(",", "{,}").replace("=", "{=}"))
    # Ties part names as blanks do.
    guarded = guarded.replace("~", "{~}")
    # Fully in braces it would be a name that is never taken apart.
    return f"{{}}{guarded}" if guarded.startswith("{") else guarded


def _guarded(latex: str) -> str:
    # A brace right before a backslash begins a "special character".
    return f"{{}}{latex}" if latex.startswith("\\") else latex


# --- read ---

_PARTS = {"family": "family", "given": "given", "prefix": "particle", "suffix": "suffix"}
_EXTENDED = re.compile(r"\s*[a-z][a-z-]*\s*=", re.IGNORECASE)
_REFERENCE = re.compile(r"\s*xdata\s*=", re.IGNORECASE)
_OTHERS = "others"


def read(names: str) -> tuple[list[dict[str, str]], list[str]]:
    """The names of a list as `author_name.Name`, and what stands in it that is none (`others`, references)."""
    found: list[dict[str, str]] = []
    left: list[str] = []
    for name in split(names, "and"):
        if name.casefold() == _OTHERS:
            left.append("and others")
        elif _REFERENCE.match(name):
            left.append(name)
        elif parts := _read(name):
            found.append(parts)
    return found, left


def _read(name: str) -> dict[str, str]:
    if name.startswith("{") and _closes(name) == len(name) - 1:
        return _named(literal=[name[1:-1]])
    if _EXTENDED.match(name):
        return _by_parts(name)
    pieces = [_tokens(piece) for piece in _split_at(name, ",")]
    if len(pieces) == 1:
        (tokens,) = pieces
        small = [at for at, token in enumerate(tokens[:-1]) if _is_small(token)]
        first = tokens[: small[0]] if small else tokens[:-1]
        return _with_particle(tokens[len(first) :], first, [])
    suffix = pieces[1] if len(pieces) > 2 else []  # noqa: PLR2004 - `von Last, Jr, First`
    given = [token for piece in pieces[2 if suffix else 1 :] for token in piece]
    return _with_particle(pieces[0], given, suffix)


def _with_particle(tokens: list[str], given: list[str], suffix: list[str]) -> dict[str, str]:
    small = [at for at, token in enumerate(tokens[:-1]) if _is_small(token)]
    at = small[-1] + 1 if small else 0
    return _named(particle=tokens[:at], family=tokens[at:], given=given, suffix=suffix)


def _named(**parts: list[str]) -> dict[str, str]:
    named = {part: text for part, tokens in parts.items() if (text := line(" ".join(tokens)))}
    if "literal" in named or "family" in named:
        return named
    return {"literal": " ".join(named.values())} if named else {}


def _by_parts(name: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for piece in _split_at(name, ","):
        part, _, value = piece.partition("=")
        known = _PARTS.get(part.strip().casefold())
        if known is not None:
            found[known] = [value.strip().strip('"')]
    return _named(**found)


def _is_small(token: str) -> bool:
    """True for what BibTeX takes for a particle: its first letter outside of braces is small."""
    depth = 0
    at = 0
    while at < len(token):
        char = token[at]
        if char == "{":
            if depth == 0 and token.startswith("{\\", at):
                return _first_letter(line(token[at : _closes(token, at) + 1])).islower()
            depth += 1
        elif char == "}":
            depth -= 1
        elif depth == 0 and char == "\\":
            return _first_letter(line(token[at:])).islower()
        elif depth == 0 and char.isalpha():
            return char.islower()
        at += 1
    return False


def _first_letter(text: str) -> str:
    return next((char for char in text if char.isalpha()), "")


# --- braces ---


def split(text: str, word: str) -> list[str]:
    """The parts of a list that a word, such as `and`, stands between, outside of braces."""
    parts: list[list[str]] = [[]]
    for token in _tokens(text, ties=False):
        if token.casefold() == word:
            parts.append([])
        else:
            parts[-1].append(token)
    return [" ".join(part) for part in parts if part]


def _tokens(text: str, *, ties: bool = True) -> list[str]:
    return [token for token in _split_at(text, " \t\n\r~" if ties else " \t\n\r") if token]


def _split_at(text: str, chars: str) -> list[str]:
    return list(_parted(text, chars))


def _parted(text: str, chars: str) -> Iterator[str]:
    depth, start, escaped_char = 0, 0, False
    for at, char in enumerate(text):
        if escaped_char:
            escaped_char = False
        elif char == "\\":
            escaped_char = True
            continue
        elif depth == 0 and char in chars:
            yield text[start:at].strip()
            start = at + 1
        # BibTeX counts braces behind a backslash too.
        if char == "{":
            depth += 1
        elif char == "}":
            depth = max(0, depth - 1)
    yield text[start:].strip()


def _closes(text: str, start: int = 0) -> int:
    """Where the brace that opens there closes; the end of the text if it does not."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
    return len(text) - 1

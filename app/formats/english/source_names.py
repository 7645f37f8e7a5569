"""Names of sources in English sentences and lists, with their parent organisation where the name does not imply it."""

import re
from collections.abc import Iterable, Sequence

from app.schemas.files.publication import PublishedSource
from app.schemas.source import SourceBrief
from app.vocabulary import Anonymity, SourceKind

MAX_LISTED_NAMES = 4
"""Most names in a list; a longer list names the first ones and counts the others."""

_PLACEHOLDER = re.compile(r"(unnamed|anonymous|unknown|unidentified)( sources?)?|(source )?not named|sources?", re.I)
_SHARED_PREFIX = 5
"""Letters that an adjective of nationality shares with its country's name: Ukraine, Ukrainian."""


def name_with_parent(source: PublishedSource) -> str:
    """Return the name with the parent in brackets where needed: 'National Intelligence Service (South Korea)'."""
    parent_name = _parent_name(source)
    return source.name if parent_name is None else f"{source.name} ({parent_name})"


def name_in_sentence(source: PublishedSource) -> str:
    """Return a name for a sentence: 'South Korea's National Intelligence Service', 'Volodymyr Zelensky of Ukraine'."""
    parent = source.parent
    if source.anonymity != Anonymity.NAMED and re.match(r"\w+ of ", source.name):
        return f"the {source.name[:1].lower()}{source.name[1:]}"
    if parent is None or _implies_parent(source.name, parent.name):
        return _with_article(source.name)
    parent_name = _with_article(parent.name)
    if source.kind is SourceKind.PERSON:
        return f"{source.name} of {parent_name}"
    return f"{parent_name}{possessive_suffix(parent_name)} {source.name}"


def possessive_suffix(name: str) -> str:
    """Return what makes a name possessive: an apostrophe after an s, otherwise 's."""
    return "'" if name.endswith(("s", "S")) else "'s"


def join_sources(sources: Iterable[PublishedSource], word: str = "and") -> str:
    """Join the names of sources: 'A, B and C', or 'Western and Ukrainian intelligence' where the ends are alike.

    `word` precedes the last name. Each source is named once.
    """
    distinct = list({source.id: source for source in sources}.values())
    names = list(dict.fromkeys(name_in_sentence(source) for source in distinct))
    if len(names) > 1 and all(source.anonymity != Anonymity.NAMED for source in distinct):
        heads, tails = zip(*(([*name.split(" ", 1), ""])[:2] for name in names), strict=True)
        if len(set(tails)) == 1 and tails[0]:
            return f"{join_names(heads, word)} {tails[0]}"
    return join_names(names, word)


def join_names(names: Sequence[str], word: str = "and") -> str:
    """Join names with commas and put `word` before the last one; at most MAX_LISTED_NAMES are listed."""
    if len(names) > MAX_LISTED_NAMES:
        others = len(names) - MAX_LISTED_NAMES + 1
        return f"{', '.join(names[: MAX_LISTED_NAMES - 1])} {word} {others} others"
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def is_placeholder(source: PublishedSource) -> bool:
    """True for a source that stands in for an unnamed one, such as 'Unnamed sources'."""
    return source.anonymity != Anonymity.NAMED and _PLACEHOLDER.fullmatch(source.name) is not None


def is_plural(source: PublishedSource | SourceBrief) -> bool:
    """True if the source is a description of several people, such as 'Western officials'."""
    return source.anonymity != Anonymity.NAMED and re.search(r"[^s]s$", source.name) is not None


def _with_article(name: str) -> str:
    """Put 'the' before the names of states and organisations that take an article: 'the United States'."""
    return f"the {name}" if re.match(r"United (States|Kingdom|Nations|Arab)|Netherlands|Philippines", name) else name


def _parent_name(source: PublishedSource) -> str | None:
    """Return the name of the parent if the source's own name does not imply it."""
    if source.parent is None or source.kind in (SourceKind.PERSON, SourceKind.NEWS_ORGANISATION):
        return None
    return None if _implies_parent(source.name, source.parent.name) else source.parent.name


def _implies_parent(name: str, parent: str) -> bool:
    """True if a name contains its parent's name or an adjective of it."""
    if parent in name:
        return True
    start = parent[:_SHARED_PREFIX].casefold()
    return len(start) == _SHARED_PREFIX and any(word.casefold().startswith(start) for word in name.split())

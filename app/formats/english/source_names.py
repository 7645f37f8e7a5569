"""How sources are called in running text and in lists: with whose they are, unless their own name says so."""

import re
from collections.abc import Iterable, Sequence

from app.schemas.files.publication import PublishedSource
from app.vocabulary import Anonymity, SourceKind

MOST = 4
"""Names that are listed; of more, the first ones and how many others."""

_NOBODY = re.compile(r"(unnamed|anonymous|unknown|unidentified)( sources?)?|(source )?not named|sources?", re.I)
_ALIKE = 5
"""Letters that a name of a people shares with that of its country: Ukraine, Ukrainian."""


def in_brackets(source: PublishedSource) -> str:
    """How a source is called where nothing else tells whose it is: 'National Intelligence Service (South Korea)'."""
    whose = _whose(source)
    return source.name if whose is None else f"{source.name} ({whose})"


def in_a_sentence(source: PublishedSource) -> str:
    """'South Korea's National Intelligence Service', 'Volodymyr Zelensky of Ukraine'."""
    parent = source.parent
    if source.anonymity != Anonymity.NAMED and re.match(r"\w+ of ", source.name):
        return f"the {source.name[:1].lower()}{source.name[1:]}"
    if parent is None or _tells(source.name, parent.name):
        return _article(source.name)
    whose = _article(parent.name)
    if source.kind is SourceKind.PERSON:
        return f"{source.name} of {whose}"
    return f"{whose}{possessive(whose)} {source.name}"


def possessive(name: str) -> str:
    """What makes a name a possessor."""
    return "'" if name.endswith(("s", "S")) else "'s"


def joined(sources: Iterable[PublishedSource], word: str = "and") -> str:
    """'Western and Ukrainian intelligence'; 'A, B and C'."""
    several = list({one.id: one for one in sources}.values())
    names = list(dict.fromkeys(in_a_sentence(one) for one in several))
    if len(names) > 1 and all(one.anonymity != Anonymity.NAMED for one in several):
        heads, tails = zip(*(([*name.split(" ", 1), ""])[:2] for name in names), strict=True)
        if len(set(tails)) == 1 and tails[0]:
            return f"{listed(heads, word)} {tails[0]}"
    return listed(names, word)


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names in a row, the last one after a word."""
    if len(names) > MOST:
        others = len(names) - MOST + 1
        return f"{', '.join(names[: MOST - 1])} {word} {others} others"
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def nobody(source: PublishedSource) -> bool:
    """True for the entry that stands where nobody is named."""
    return source.anonymity != Anonymity.NAMED and _NOBODY.fullmatch(source.name) is not None


def plural(source: PublishedSource) -> bool:
    """True for a description of several: 'Western officials'."""
    return source.anonymity != Anonymity.NAMED and re.search(r"[^s]s$", source.name) is not None


def _article(name: str) -> str:
    """'the United States': of the countries that have an article, those whose names say so."""
    return f"the {name}" if re.match(r"United (States|Kingdom|Nations|Arab)|Netherlands|Philippines", name) else name


def _whose(source: PublishedSource) -> str | None:
    if source.parent is None or source.kind in (SourceKind.PERSON, SourceKind.NEWS_ORGANISATION):
        return None
    return None if _tells(source.name, source.parent.name) else source.parent.name


def _tells(name: str, parent: str) -> bool:
    if parent in name:
        return True
    start = parent[:_ALIKE].casefold()
    return len(start) == _ALIKE and any(word.casefold().startswith(start) for word in name.split())

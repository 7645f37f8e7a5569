"""Retractions in English: who took a statement back and when, and what that means for those who relayed it.

A statement that its source retracted is still one that the source made. An attribution that we withdrew was recorded
wrongly: its source is not named, because it never made the statement.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.formats.english.source_names import name_with_parent
from app.schemas.files.publication import PublishedAttribution, TakenBackLink, is_retraction
from app.vocabulary import Retractor

LOST_SOURCE = "a source that is not known (it had been recorded wrongly)"
"""Stands for the source of a relay whose upstream attribution we withdrew."""


def describe_retraction(retraction: Mapping[str, Any]) -> str:
    """Who retracted and when, as a note in brackets gives it: 'retracted on 2025-03-03'."""
    report = "report retracted by its publisher" if retraction["by"] == Retractor.PUBLISHER else "retracted"
    return f"{report} on {retraction['on']}"


def describe_chain(attribution: PublishedAttribution) -> str:
    """What an attribution was relayed from, as the end of a phrase: ', citing A (retracted on 2025-03-03)'."""
    by_step = {link.step: link.retraction for link in attribution.taken_back}
    phrases = []
    for step, source in enumerate(attribution.relayed_from, 1):
        retraction = by_step.get(step)
        suffix = "" if retraction is None else f" ({describe_retraction(retraction)})"
        phrases.append(f", citing {source.name}{suffix}")
    if attribution.has_lost_source:
        phrases.append(f", citing {LOST_SOURCE}")
    return "".join(phrases)


def describe_taken_back(links: Iterable[TakenBackLink]) -> str:
    """What became of the sources of a relay, in a few words: 'citing A (retracted on 2025-03-03)'."""
    phrases = [
        f"citing {name_with_parent(link.source)} ({describe_retraction(link.retraction)})"
        if link.retraction is not None and is_retraction(link.retraction)
        else f"citing {LOST_SOURCE}"
        for link in links
    ]
    return ", ".join(phrases)


def retraction_sentences(links: Iterable[TakenBackLink]) -> str:
    """A sentence for each attribution that was taken back, with its notice."""
    return " ".join(_retraction_sentence(link) for link in links)


def _retraction_sentence(link: TakenBackLink) -> str:
    retraction = link.retraction
    notice = "" if retraction is None else f": {' '.join(retraction['notice'].split()).rstrip('. ')}"
    name = name_with_parent(link.source)
    if retraction is None or not is_retraction(retraction):
        return f"The attribution to {name} was withdrawn, because it had been recorded wrongly{notice}."
    if retraction["by"] == Retractor.PUBLISHER:
        return f"The report of what {name} said was retracted by its publisher on {retraction['on']}{notice}."
    return f"{name} retracted the statement on {retraction['on']}{notice}."

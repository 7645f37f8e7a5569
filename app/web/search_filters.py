"""The filters of the search page: what is active, what can be chosen, and the addresses of the other searches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.services.queries.facets import NamedRef
from app.vocabulary import ClaimKind, ClaimStatus
from app.web.localization import Localization
from app.web.word_labels import label

State = Mapping[str, str | list[str]]
"""The parameters of a search that were accepted, as they were sent."""

MAX_OPTIONS = 8
"""The most sources and topics that the page offers; a search box finds the others."""


@dataclass(frozen=True)
class Chip:
    """A filter that is active."""

    text: str
    """What it says, such as 'Status: Confirmed'."""
    remove: str
    """Address of the search without it."""


@dataclass(frozen=True)
class Option:
    """A value of a filter that can be chosen."""

    value: str
    text: str
    claims: int | None
    """How many claims of the list have it; None if that is not known, because the list is filtered by another value."""
    is_chosen: bool


def search_address(root: str, state: State, **changes: str | None) -> str:
    """The address of a search with other values of some parameters; None leaves one out."""
    merged = {name: value for name, value in {**state, **changes}.items() if value is not None}
    # The page of another list, and an order that needs words, mean nothing after a change.
    if "cursor" not in changes:
        merged.pop("cursor", None)
    if "q" not in merged and merged.get("sort") == "relevance":
        del merged["sort"]
    return f"{root}/search" + (f"?{urlencode(merged, doseq=True)}" if merged else "")


def active_chips(root: str, state: State, names: Mapping[str, NamedRef], l10n: Localization) -> list[Chip]:
    """The active filters, in the order in which the page offers them."""
    chips = []
    for name, (pattern, say) in _chip_patterns(names, l10n).items():
        values = state.get(name, [])
        for value in [values] if isinstance(values, str) else values:
            rest: Any = [other for other in values if other != value] if isinstance(values, list) else None
            text = pattern.format(value=say(value))
            chips.append(Chip(text, search_address(root, state, **{name: rest or None})))
    return chips


def _chip_patterns(names: Mapping[str, NamedRef], l10n: Localization) -> dict[str, tuple[str, Any]]:
    _ = l10n.gettext

    def as_sent(value: str) -> str:
        return value

    def named(facet: str) -> Any:
        return lambda value: names[facet].name if facet in names else value

    def word(kind: str) -> Any:
        return lambda value: label(l10n, kind, value)

    return {
        "q": (_("Words: {value}"), as_sent),
        "status": (_("Status: {value}"), word("status")),
        "stage": (_("Stage: {value}"), word("stage")),
        "kind": (_("Kind: {value}"), word("kind")),
        "source": (_("Who speaks: {value}"), named("source")),
        "stance": (_("Stance: {value}"), word("stance")),
        "topic": (_("Question: {value}"), named("topic")),
        "metric": (_("What is counted: {value}"), word("metric")),
        "value_min": (_("Figure: at least {value}"), as_sent),
        "value_max": (_("Figure: at most {value}"), as_sent),
        "place": (_("Place: {value}"), as_sent),
        "date_from": (_("Time: from {value}"), l10n.edtf),
        "date_to": (_("Time: up to {value}"), l10n.edtf),
        "as_of": (_("As we knew it on: {value}"), lambda value: l10n.day(value[:10])),
    }


def closed_list_options(
    words: type[ClaimStatus] | type[ClaimKind],
    kind: str,
    counts: Mapping[str, int],
    chosen: Iterable[str],
    l10n: Localization,
) -> list[Option]:
    """The values of a closed list that can be chosen: those in the list of claims, or all if it is filtered by them."""
    ticked = set(chosen)
    values = [word.value for word in words] if ticked else list(counts)
    return [
        Option(value, label(l10n, kind, value), counts.get(value, None if ticked else 0), value in ticked)
        for value in values
    ]


def named_options(counts: Mapping[str, int], names: Mapping[str, str], chosen: NamedRef | None) -> Sequence[Option]:
    """The sources or topics that can be chosen, the most frequent first; the chosen one is always there."""
    options = [
        Option(identifier, names.get(identifier, identifier), claims, chosen is not None and chosen.id == identifier)
        for identifier, claims in list(counts.items())[:MAX_OPTIONS]
    ]
    if chosen is not None and not any(option.is_chosen for option in options):
        options.insert(0, Option(chosen.id, chosen.name, counts.get(chosen.id), is_chosen=True))
    return options

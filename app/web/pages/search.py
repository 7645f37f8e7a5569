"""The search page: words, filters, and the claims that match, a page at a time. Its address holds the whole search."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from app.api.http.dependencies import CursorSigner, ReadConnection
from app.api.http.permissions import API
from app.errors import FieldProblem, InvalidError
from app.schemas.base.fields import Schema
from app.schemas.query_parameters import ClaimFilter, ClaimQuery
from app.services.core.cursors import Cursors
from app.services.core.snapshot import snapshot_at
from app.services.queries import claim_lists, facets
from app.services.queries.facets import NamedRef
from app.vocabulary import ClaimKind, ClaimStatus
from app.web.form_queries import answer_form, given_values
from app.web.listed_claims import ListedClaim, listed_claim
from app.web.localization import Localization
from app.web.query_types import FormText, PageMoment
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router
from app.web.search_filters import (
    Chip,
    Option,
    State,
    active_chips,
    closed_list_options,
    named_options,
    search_address,
)
from app.web.word_labels import N_

FACETS = "status,kind,source,topic"

SORTS: Sequence[tuple[str, str]] = (
    ("relevance", N_("Best match")),
    ("-date", N_("Latest first")),
    ("date", N_("Oldest first")),
    ("-recorded", N_("Recorded last")),
    ("recorded", N_("Recorded first")),
)
"""The sort orders that the page offers."""

DOWNLOADS: Sequence[tuple[str, str]] = (
    ("CSV", ".csv"),
    ("JSON", ""),
    ("Parquet", ".parquet"),
    ("JSON-LD", ".jsonld"),
    ("BibTeX", ".bib"),
    ("RIS", ".ris"),
    (N_("news lines"), ".news.txt"),
    (N_("Atom feed"), ".atom"),
)
"""The formats in which all claims of a search can be taken along, with the suffixes of their addresses."""

MAX_DIGITS, LEAST_VALUE = 15, 10
"""The longest and the smallest number in the words of a search for which the page suggests figures of that size."""

IN_FORM = frozenset({"q", "sort", "as_of", "status", "kind", "source", "topic", "place", "date_from", "date_to"}) | {
    "value_min",
    "value_max",
}
"""The parameters that the page has fields for; it sends the others along unseen."""

router = page_router()


class SearchForm(Schema):
    """The parameters of the search page, as they were sent. They mean what they mean in `GET /claims`."""

    q: FormText | None = None
    kind: list[FormText] = Field(default_factory=list)
    status: list[FormText] = Field(default_factory=list)
    stage: list[FormText] = Field(default_factory=list)
    topic: FormText | None = None
    source: FormText | None = None
    stance: list[FormText] = Field(default_factory=list)
    metric: list[FormText] = Field(default_factory=list)
    value_min: FormText | None = None
    value_max: FormText | None = None
    place: FormText | None = None
    date_from: FormText | None = None
    date_to: FormText | None = None
    sort: FormText | None = None
    as_of: FormText | None = None
    cursor: FormText | None = None
    limit: FormText | None = None
    facets: FormText | None = None
    """Accepted, because addresses of the API lead here, and ignored: the page has facets of its own."""


class SearchPageQuery(ClaimQuery):
    """The query of the page: a day in `as_of` means its end."""

    as_of: PageMoment | None = None


@dataclass(frozen=True)
class FormProblem:
    """What is wrong with a field that was left out."""

    field: str
    """Name of the field as readers see it; empty if the page has no such field."""
    message: str


@dataclass(frozen=True)
class Suggestion:
    """Another search to try, and how many claims it finds."""

    text: str
    address: str
    claims: int


@dataclass(frozen=True)
class SearchContext:
    """What the template is given."""

    values: Mapping[str, str | list[str]]
    """What was sent, for the fields of the form."""
    hidden: Sequence[tuple[str, str]]
    """Parameters without a field, which the form sends along."""
    problems: Mapping[str, FormProblem]
    """What is wrong with the fields that were left out, by field."""
    chips: Sequence[Chip]
    clear: str
    """Address of the search without words and filters."""
    claims: Sequence[ListedClaim]
    total: int
    is_complete: bool
    """False if the search matched more claims than are counted."""
    statuses: Sequence[Option]
    kinds: Sequence[Option]
    sources: Sequence[Option]
    topics: Sequence[Option]
    sorts: Sequence[tuple[str, str]]
    sort: str
    next_page: str | None
    next_count: int
    """How many claims the next page has; on later pages, at most."""
    first_page: str | None
    """Address of the first page; None if this is it."""
    downloads: Sequence[tuple[str, str]]
    suggestions: Sequence[Suggestion]
    """Other searches to try, where nothing was found."""
    past: datetime | None
    today: str


@page(router, "/search")
def search_claims(
    request: Request, form: Annotated[SearchForm, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """Search for claims. A parameter that cannot be read is explained at its field, and the others apply."""
    return cached_html_response(request, connection, lambda: _respond(request, form, connection, cursors))


def _respond(request: Request, form: SearchForm, connection: Connection, cursors: Cursors) -> Response:
    l10n = localization_for(request)
    values = given_values(form)
    values.pop("facets", None)

    def read(query: SearchPageQuery) -> tuple[Mapping[str, Any], dict[str, NamedRef]]:
        snapshot = snapshot_at(connection, query.as_of)
        names = facets.read_filter_names(connection, snapshot, query)
        return claim_lists.read_page(connection, query, None, cursors).body, names

    query, (found, names), faults = answer_form(SearchPageQuery, {**values, "facets": FACETS}, read)
    state = _state(values, query)
    counts, facet_names = found["facets"], found["facet_names"] or {}
    sort = query.sort or ("relevance" if query.q else "-date")
    first_page = search_address(l10n.prefix, state)
    has_cursor = query.cursor is not None
    context = SearchContext(
        values=values,
        hidden=[(name, value) for name in sorted(state.keys() - IN_FORM) for value in _listed(state[name])],
        problems={fault.field: _problem_in_words(fault, l10n) for fault in faults},
        chips=active_chips(l10n.prefix, state, names, l10n),
        clear=f"{l10n.prefix}/search",
        claims=[listed_claim(item, l10n, values.get("as_of") if query.as_of else None) for item in found["items"]],
        total=found["counted"]["claims"],
        is_complete=found["counted"]["complete"],
        statuses=closed_list_options(ClaimStatus, "status", counts["status"], _listed(state.get("status")), l10n),
        kinds=closed_list_options(ClaimKind, "kind", counts["kind"], _listed(state.get("kind")), l10n),
        sources=named_options(counts["source"], facet_names, names.get("source")),
        topics=named_options(counts["topic"], facet_names, names.get("topic")),
        sorts=[(value, l10n.gettext(name)) for value, name in SORTS if value != "relevance" or query.q],
        sort=sort,
        next_page=search_address(l10n.prefix, state, cursor=found["next"]) if found["next"] else None,
        next_count=query.limit if has_cursor else min(query.limit, found["counted"]["claims"] - len(found["items"])),
        first_page=first_page if has_cursor else None,
        downloads=[(l10n.gettext(name), _api_address(query, suffix)) for name, suffix in DOWNLOADS],
        suggestions=[] if found["items"] or has_cursor else _suggestions(connection, query, state, cursors, l10n),
        past=query.as_of,
        today=datetime.now(UTC).date().isoformat(),
    )
    frame = Frame(
        title=_title(query, context.total, l10n),
        section="search",
        api_path=_api_address(query, ""),
        is_indexed=False,
    )
    return html_response(request, "search.html", frame, context)


def _state(values: Mapping[str, str | list[str]], query: SearchPageQuery) -> dict[str, str | list[str]]:
    """The parameters that were accepted; of a list with a wrong value, the right ones."""
    state: dict[str, str | list[str]] = {}
    for name, value in values.items():
        accepted = getattr(query, name)
        if name == "cursor" or accepted is None or accepted == []:
            continue
        state[name] = [str(word) for word in accepted] if isinstance(value, list) else value
    return state


def _listed(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value


def _api_address(query: SearchPageQuery, suffix: str) -> str:
    """The address of all claims of this search in the API, in the format with this suffix."""
    fields = {*ClaimFilter.model_fields, "as_of"} | ({"sort"} if not suffix else set())
    parameters = query.model_dump(mode="json", include=fields, exclude_none=True, exclude_defaults=True)
    return f"{API}/claims{suffix}" + (f"?{urlencode(parameters, doseq=True)}" if parameters else "")


def _problem_in_words(fault: FieldProblem, l10n: Localization) -> FormProblem:
    _ = l10n.gettext
    if fault.field == "cursor":
        return FormProblem("", _("This page of the list is no longer there. You see the first page."))
    if fault.field == "stage":
        return FormProblem("", fault.message)
    names = {
        "q": _("Words"),
        "kind": _("Kind"),
        "status": _("Status"),
        "source": _("Who speaks"),
        "topic": _("Question"),
        "place": _("Place"),
        "date_from": _("From"),
        "date_to": _("To"),
        "value_min": _("At least"),
        "value_max": _("At most"),
        "as_of": _("As we knew it on"),
        "sort": _("Order"),
    }
    message = f"{fault.message}."
    if fault.field in ("kind", "status", "stance", "metric", "sort"):
        message = _("there is no such value.")
    elif fault.field in ("date_from", "date_to") and "EDTF" in fault.message:
        message = _("must be a date such as 2025-01-12, or a part of one such as 2025-01 or 2025.")
    if fault.field in names:
        return FormProblem(names[fault.field], message)
    return FormProblem("", f"{fault.field}: {message}")


def _title(query: SearchPageQuery, total: int, l10n: Localization) -> str:
    _ = l10n.gettext
    if not total:
        found = _("no claim fits")
    else:
        found = l10n.ngettext("{count} claim", "{count} claims", total).format(count=l10n.number(total))
    return f"{query.q}: {found}" if query.q else _("Search: {found}").format(found=found)


def _suggestions(
    connection: Connection, query: SearchPageQuery, state: State, cursors: Cursors, l10n: Localization
) -> list[Suggestion]:
    """Searches that find something: without the filters, without a number, and for figures of about its value."""
    _ = l10n.gettext
    tries: list[tuple[str, dict[str, Any]]] = []
    has_filters = bool(state.keys() - {"q", "sort", "limit"})
    if query.q and has_filters:
        tries.append((_("Without the filters"), {"q": query.q}))
    number = re.search(r"(?<![\w*])\d[\d,.\u00a0 ]*(?!\w)", query.q or "")
    value = int(re.sub(r"\D", "", number[0]) or 0) if number and len(number[0]) <= MAX_DIGITS else 0
    if query.q and number:
        words = " ".join(query.q.replace(number[0], " ").split())
        if words:
            tries.append((_("Without the number: {words}").format(words=words), {"q": words}))
    if value >= LEAST_VALUE:
        low, high = value * 9 // 10, -(-value * 11 // 10)
        text = _("Figures are searched by value: any figure from {low} to {high}")
        text = text.format(low=l10n.number(low), high=l10n.number(high))
        tries.append((text, {"value_min": str(low), "value_max": str(high)}))
    suggestions = []
    for text, parameters in tries:
        other = ClaimQuery(facets="status", limit=1, **parameters)
        try:
            counted = claim_lists.read_page(connection, other, None, cursors).body["counted"]
        except InvalidError:  # without the number, there is nothing to search for
            continue
        if counted["claims"]:
            suggestions.append(Suggestion(text, search_address(l10n.prefix, parameters), counted["claims"]))
    return suggestions

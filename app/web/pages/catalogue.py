"""The lists of topics, sources and documents, a page at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from app.api.http.dependencies import CursorSigner, ReadConnection
from app.api.http.permissions import API
from app.schemas.base.fields import Page, Schema
from app.schemas.query_parameters import DocumentQuery, ListParameters, SourceQuery, TopicQuery
from app.services.core.cursors import Cursors
from app.services.core.snapshot import NOW
from app.services.queries import claim_totals, noun_lists
from app.vocabulary import DocumentKind, MetricFamily, SourceKind
from app.web.form_queries import answer_form, given_values
from app.web.query_types import FormText
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router
from app.web.word_labels import label

router = page_router()

ListQuery = TypeVar("ListQuery", bound=ListParameters)


class TopicsForm(Schema):
    """The parameters of the list of topics, as they were sent."""

    metric_family: list[FormText] = Field(default_factory=list)
    cursor: FormText | None = None
    limit: FormText | None = None


class SourcesForm(Schema):
    """The parameters of the list of sources, as they were sent."""

    name: FormText | None = None
    kind: list[FormText] = Field(default_factory=list)
    anonymity: list[FormText] = Field(default_factory=list)
    parent: FormText | None = None
    cursor: FormText | None = None
    limit: FormText | None = None


class DocumentsForm(Schema):
    """The parameters of the list of documents, as they were sent."""

    url: FormText | None = None
    kind: list[FormText] = Field(default_factory=list)
    publisher: FormText | None = None
    date_from: FormText | None = None
    date_to: FormText | None = None
    cursor: FormText | None = None
    limit: FormText | None = None


@dataclass(frozen=True)
class ListContext:
    """What the templates of the three lists are given."""

    items: Sequence[Any]
    claims: Mapping[str, int]
    """The number of published claims by id, where the list shows it."""
    values: Mapping[str, str | list[str]]
    """What was sent, for the fields of the form."""
    problems: Mapping[str, str]
    """What is wrong with the fields that were left out, by field."""
    kinds: Sequence[tuple[str, str]]
    """The values that the list can be narrowed to, and what readers see for them."""
    next_page: str | None
    first_page: str | None
    """Address of the first page; None if this is it."""


@dataclass(frozen=True)
class NounList(Generic[ListQuery]):
    """What differs between the three lists."""

    section: str
    """Name of the list in addresses and templates."""
    query: type[ListQuery]
    read: Callable[[Connection, ListQuery, Cursors], Page[Any]]
    kinds: Sequence[str]
    """The values that the list can be narrowed to."""
    labels: str
    """The list of labels for these values."""
    counted: Literal["topic", "source"] | None
    """The counters that know the number of claims of each item; None if the list does not show it."""


TOPICS = NounList("topics", TopicQuery, noun_lists.list_topics, list(MetricFamily), "metric_family", "topic")
SOURCES = NounList("sources", SourceQuery, noun_lists.list_sources, list(SourceKind), "source_kind", "source")
DOCUMENTS = NounList("documents", DocumentQuery, noun_lists.list_documents, list(DocumentKind), "document_kind", None)


@page(router, "/topics")
def list_topics(
    request: Request, form: Annotated[TopicsForm, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """List the topics in the order in which they were recorded."""
    return cached_html_response(request, connection, lambda: _respond(request, TOPICS, form, connection, cursors))


@page(router, "/sources")
def list_sources(
    request: Request, form: Annotated[SourcesForm, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """List the sources in the order in which they were recorded."""
    return cached_html_response(request, connection, lambda: _respond(request, SOURCES, form, connection, cursors))


@page(router, "/documents")
def list_documents(
    request: Request, form: Annotated[DocumentsForm, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """List the documents in the order in which they were recorded."""
    return cached_html_response(request, connection, lambda: _respond(request, DOCUMENTS, form, connection, cursors))


def _respond(
    request: Request, nouns: NounList[ListQuery], form: Schema, connection: Connection, cursors: Cursors
) -> Response:
    l10n = localization_for(request)
    _ = l10n.gettext
    values = given_values(form)
    query, found, faults = answer_form(nouns.query, values, lambda query: nouns.read(connection, query, cursors))
    state = {name: value for name, value in values.items() if name != "cursor" and name in query.model_fields_set}
    ids = [item.id for item in found.items]
    address = f"{l10n.prefix}/{nouns.section}"
    context = ListContext(
        items=found.items,
        claims=claim_totals.count_published(connection, NOW, nouns.counted, ids) if nouns.counted else {},
        values=values,
        problems={fault.field: f"{fault.field.replace('_', ' ').capitalize()}: {fault.message}." for fault in faults},
        kinds=[(value, label(l10n, nouns.labels, value)) for value in nouns.kinds],
        next_page=_address(address, {**state, "cursor": found.next}) if found.next else None,
        first_page=_address(address, state) if query.cursor is not None else None,
    )
    titles = {"topics": _("Topics"), "sources": _("Sources"), "documents": _("Documents")}
    frame = Frame(
        title=titles[nouns.section],
        section=nouns.section,
        api_path=_address(f"{API}/{nouns.section}", state),
        is_indexed=not values,
    )
    return html_response(request, f"{nouns.section}.html", frame, context)


def _address(path: str, parameters: Mapping[str, str | list[str]]) -> str:
    return path + (f"?{urlencode(parameters, doseq=True)}" if parameters else "")

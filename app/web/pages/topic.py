"""The page of a topic: the question, its figures as a chart and as a table, and which of them contradict each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from app.api.http.dependencies import CursorSigner, Identifier, ReadConnection
from app.api.http.permissions import API
from app.schemas.query_parameters import ClaimQuery, EstimatesQuery, SeriesQuery
from app.services.core.cursors import Cursors
from app.services.queries import claim_lists, estimates
from app.web.charts.chart_figures import ChartFigure, chart_figures
from app.web.charts.drawing import Drawing
from app.web.charts.row_chart import MAX_ROWS, draw_rows
from app.web.charts.time_chart import draw_over_time
from app.web.localization import Localization
from app.web.query_types import PastQuery
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router
from app.web.word_labels import label

MAX_TABLE_ROWS = 200
"""Figures in the table: the latest ones. The downloads have all of them."""

SHOWN_CLAIMS = 20
"""Claims of the topic that are listed below the figures."""

SHOWN_CONFLICTS = 10
"""Conflicts that are told in words; all are counted."""

router = page_router()


@dataclass(frozen=True)
class TopicContext:
    """What the template is given."""

    topic: Mapping[str, Any]
    lede: str
    """What the figures say, in a sentence or two."""
    figure_count: int
    rows: Sequence[tuple[Mapping[str, Any], ChartFigure]]
    """The latest figures, for the table."""
    drawings: Sequence[Drawing]
    undrawn_count: int
    """Number of figures that have no number or no time and stand in the table only."""
    statuses: Sequence[str]
    """Statuses that occur among the figures, for the key of shapes."""
    conflicts: Sequence[Mapping[str, Any]]
    conflict_count: int
    claims: Sequence[Mapping[str, Any]]
    has_more_claims: bool
    past: datetime | None
    today: str


@page(router, "/topics/{identifier}")
def show_topic(
    request: Request,
    identifier: Identifier,
    query: Annotated[PastQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
) -> Response:
    """Show a topic. One that was merged into another leads there."""
    return cached_html_response(request, connection, lambda: _respond(request, identifier, query, connection, cursors))


def _respond(request: Request, identifier: str, query: PastQuery, connection: Connection, cursors: Cursors) -> Response:
    l10n = localization_for(request)
    series = estimates.read_series(connection, identifier, SeriesQuery(as_of=query.as_of)).body
    topic = series["topic"]
    if topic["merged_into_id"] is not None and query.as_of is None:
        return RedirectResponse(f"{l10n.prefix}/topics/{topic['merged_into_id']}", 307)
    compared = estimates.read_estimates(connection, identifier, EstimatesQuery(limit=1, as_of=query.as_of), cursors)
    conflicts = compared.body["conflicts"]
    claim_query = ClaimQuery(topic=topic["id"], limit=SHOWN_CLAIMS, as_of=query.as_of)
    claim_page = claim_lists.read_page(connection, claim_query, None, cursors).body
    figures = chart_figures(series["figures"], l10n)
    drawings, undrawn = _draw(figures, l10n, {claim["id"] for pair in conflicts for claim in pair["claims"]})
    context = TopicContext(
        topic=topic,
        lede=_lede(figures, series["figure_count"], l10n),
        figure_count=series["figure_count"],
        rows=list(zip(series["figures"], figures, strict=True))[: -MAX_TABLE_ROWS - 1 : -1],
        drawings=drawings,
        undrawn_count=undrawn,
        statuses=list(dict.fromkeys(figure.status for figure in figures)),
        conflicts=conflicts[:SHOWN_CONFLICTS],
        conflict_count=compared.body["conflict_count"],
        claims=claim_page["items"],
        has_more_claims=claim_page["next"] is not None,
        past=query.as_of,
        today=datetime.now(UTC).date().isoformat(),
    )
    frame = Frame(
        title=topic["title"],
        section="topics",
        description=context.lede,
        canonical=f"{l10n.prefix}/topics/{topic['id']}",
        api_path=f"{API}/topics/{topic['id']}/series",
        is_indexed=query.as_of is None,
    )
    return html_response(request, "topic.html", frame, context)


def _draw(figures: Sequence[ChartFigure], l10n: Localization, in_conflict: set[str]) -> tuple[list[Drawing], int]:
    """The chart, and the number of figures that it cannot show."""
    if not figures:
        return [], 0
    if len(figures) <= MAX_ROWS:
        return draw_rows(figures, l10n.prefix, l10n), 0
    drawn = sum(figure.value is not None and figure.day is not None for figure in figures)
    return (draw_over_time(figures, l10n.prefix, l10n, in_conflict) if drawn else []), len(figures) - drawn


def _lede(figures: Sequence[ChartFigure], count: int, l10n: Localization) -> str:
    _ = l10n.gettext
    if not figures:
        return _("No figure is on record.")
    latest = figures[-1]
    sentence = l10n.ngettext("{count} figure is on record.", "{count} figures are on record.", count)
    number = l10n.small_number(count)
    opening = sentence.format(count=number[:1].upper() + number[1:])
    latest_sentence = _("The latest: {figure} {unit}, {metric} ({origin}{time}).").format(
        figure=latest.words,
        unit=latest.unit,
        metric=label(l10n, "metric", latest.metric),
        origin=latest.origin,
        time=f", {latest.time}" if latest.time else "",
    )
    return f"{opening} {latest_sentence}"

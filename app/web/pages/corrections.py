"""The page of corrections: what was decided, corrected and withdrawn, the latest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import Connection

from app.api.http.dependencies import CursorSigner, ReadConnection
from app.api.http.permissions import API
from app.schemas.activity import Act, ActivityQuery
from app.services.core.cursors import Cursors
from app.services.queries.activity import read_activity
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router
from app.web.word_differences import Piece, word_differences

router = page_router()


@dataclass(frozen=True)
class CorrectionsContext:
    """What the template is given."""

    acts: Sequence[Act]
    differences: Mapping[int, Sequence[Piece]]
    """The corrected wordings, by the position of their act."""
    next_cursor: str | None
    is_first: bool


@page(router, "/corrections")
def show_corrections(
    request: Request, query: Annotated[ActivityQuery, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """Show a page of the feed."""
    return cached_html_response(request, connection, lambda: _respond(request, query, connection, cursors))


def _respond(request: Request, query: ActivityQuery, connection: Connection, cursors: Cursors) -> Response:
    l10n = localization_for(request)
    activity = read_activity(connection, query, cursors)
    context = CorrectionsContext(
        acts=activity.items,
        differences={
            position: word_differences(act.before, act.after)
            for position, act in enumerate(activity.items)
            if act.before is not None and act.after is not None
        },
        next_cursor=activity.next,
        is_first=query.cursor is None,
    )
    frame = Frame(
        title=l10n.gettext("Decisions and corrections"),
        canonical=f"{l10n.prefix}/corrections",
        api_path=f"{API}/activity",
        is_indexed=query.cursor is None and query.as_of is None,
    )
    return html_response(request, "corrections.html", frame, context)

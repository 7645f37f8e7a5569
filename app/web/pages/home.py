"""The front page: search, what is widely repeated and not confirmed, the latest decisions, and topics with figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Connection

from app.api.http.dependencies import CursorSigner, ReadConnection
from app.schemas.query_parameters import ClaimQuery
from app.services.core.cursors import Cursors
from app.services.queries import claim_lists, latest_decisions, repeated_claims
from app.services.queries.latest_decisions import LatestDecision
from app.vocabulary import ClaimStatus
from app.web.localization import Localization
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router
from app.web.speaker_phrases import Phrase, speaker_phrases

REPEATED_CLAIMS = 4
DECISIONS = 5
TOPICS = 3
"""How many entries each part of the page has."""

TOPICS_EXAMINED = 10
"""The most topics among which the page looks for `TOPICS` with a figure."""

router = page_router()


@dataclass(frozen=True)
class RepeatedClaim:
    """A claim that is widely repeated and not confirmed."""

    claim: Mapping[str, Any]
    phrases: Sequence[Phrase]


@dataclass(frozen=True)
class TopicWithFigure:
    """A topic, and the claim with a figure about the most recent time."""

    id: str
    title: str
    claims: int
    latest: Mapping[str, Any]
    """The claim, as in a list."""
    figure: Mapping[str, Any]
    phrases: Sequence[Phrase]


@dataclass(frozen=True)
class HomeContext:
    """What the template is given."""

    repeated: Sequence[RepeatedClaim]
    decisions: Sequence[LatestDecision]
    topics: Sequence[TopicWithFigure]
    total: int
    """How many claims are public."""
    decided: int
    """How many of them have a decision that applies."""


@page(router, "/")
def show_front_page(request: Request, connection: ReadConnection, cursors: CursorSigner) -> Response:
    """Show the front page."""
    return cached_html_response(request, connection, lambda: _respond(request, connection, cursors))


def _respond(request: Request, connection: Connection, cursors: Cursors) -> Response:
    l10n = localization_for(request)
    counted = claim_lists.read_page(connection, ClaimQuery(limit=1, facets="status,topic"), None, cursors).body
    by_status = counted["facets"]["status"]
    undecided = sum(by_status.get(status, 0) for status in (ClaimStatus.UNASSESSED, ClaimStatus.STALE))
    context = HomeContext(
        repeated=[
            RepeatedClaim(claim, speaker_phrases(_speakers(claim), l10n))
            for claim in repeated_claims.read_most_repeated(connection, REPEATED_CLAIMS)
        ],
        decisions=latest_decisions.read_latest(connection, DECISIONS),
        topics=_topics_with_figures(connection, counted, cursors, l10n),
        total=counted["counted"]["claims"],
        decided=counted["counted"]["claims"] - undecided,
    )
    _ = l10n.gettext
    frame = Frame(
        title=_("Who said it, who only repeated it, and what could be confirmed"),
        description=_("Who claimed what, on whose word, in which document, and what could be confirmed."),
    )
    return html_response(request, "home.html", frame, context)


def _speakers(claim: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The sources of a claim as lists have them (`attributed_to`)."""
    speakers = {
        (row["source"]["id"], row["stance"], row["lineage"]): {
            "source_id": row["source"]["id"],
            "name": row["source"]["name"],
            **{name: row[name] for name in ("stance", "lineage", "upstream_state")},
        }
        for row in claim["attributions"]
        if not row["withdrawn"]
    }
    return list(speakers.values())


def _topics_with_figures(
    connection: Connection, counted: Mapping[str, Any], cursors: Cursors, l10n: Localization
) -> list[TopicWithFigure]:
    """The topics with the most claims, those without a figure left out."""
    topics = []
    for topic_id, claims in list(counted["facets"]["topic"].items())[:TOPICS_EXAMINED]:
        with_figure = ClaimQuery(topic=topic_id, value_min=Decimal(0), sort="-date", limit=1)
        for claim in claim_lists.read_page(connection, with_figure, None, cursors).body["items"]:
            figure = next(
                quantity
                for quantity in claim["quantities"]
                if any(quantity[bound] is not None for bound in ("best", "low", "high"))
            )
            phrases = [phrase for phrase in speaker_phrases(claim["attributed_to"], l10n) if phrase.puts_forward]
            topics.append(
                TopicWithFigure(topic_id, counted["facet_names"][topic_id], claims, claim, figure, phrases[:2])
            )
        if len(topics) == TOPICS:
            break
    return topics

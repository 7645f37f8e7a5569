"""Pages about the record: how we decide, what the words mean, and who watches the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request, Response

from app.api.http.dependencies import ReadConnection
from app.api.http.permissions import API
from app.services.audit import log_proofs
from app.services.policy.status_rules import RULE_CHANGES, STATUS_RULES
from app.vocabulary import LISTS, ClaimStatus, Staleness, Status
from app.vocabulary.closed_list import Word
from app.web.rendering import Frame, html_response, localization_for
from app.web.routes import page, page_router

router = page_router()


@dataclass(frozen=True)
class DecidingContext:
    """What the page "How we decide" is given."""

    statuses: Sequence[ClaimStatus]
    requirements: Mapping[str, str]
    """What must be on record for each status that can be decided."""
    rule_changes: Mapping[int, str]
    staleness: Sequence[Staleness]


@page(router, "/how-we-decide")
def show_how_we_decide(request: Request) -> Response:
    """Show what each status means and needs, from the table that the service checks decisions with."""
    l10n = localization_for(request)
    context = DecidingContext(
        statuses=list(ClaimStatus),
        requirements={
            str(status): rule.requirement for status, rule in STATUS_RULES.items() if status is not Status.UNASSESSED
        },
        rule_changes=RULE_CHANGES,
        staleness=list(Staleness),
    )
    frame = Frame(title=l10n.gettext("How we decide"), api_path=f"{API}/vocabulary")
    return html_response(request, "how_we_decide.html", frame, context)


@dataclass(frozen=True)
class WordsContext:
    """What the page "What the words mean" is given."""

    lists: Mapping[str, type[Word]]


@page(router, "/words")
def show_words(request: Request) -> Response:
    """Show every closed list of the record, from the vocabulary itself."""
    l10n = localization_for(request)
    frame = Frame(title=l10n.gettext("What the words mean"), api_path=f"{API}/vocabulary")
    return html_response(request, "words.html", frame, WordsContext({words.__name__: words for words in LISTS}))


@dataclass(frozen=True)
class RecordContext:
    """What the page "Who watches the record" is given."""

    size: int
    """Number of entries of the log."""
    root_hash: str
    """Root hash of its Merkle tree, in hexadecimal."""
    checkpoint: str | None
    """The newest signed checkpoint."""


@page(router, "/record")
def show_record(request: Request, connection: ReadConnection) -> Response:
    """Show the state of the log, and how anybody can verify it."""
    l10n = localization_for(request)
    state = log_proofs.tree_head(connection)
    frame = Frame(title=l10n.gettext("Who watches the record"), api_path=f"{API}/log")
    return html_response(request, "record.html", frame, RecordContext(state.size, state.root.hex(), state.checkpoint))

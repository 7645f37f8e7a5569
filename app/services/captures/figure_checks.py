"""Do the quotes and figures of a claim stand in the captured texts that they cite?

A help for whoever decides, never a decision: it reads what was kept, not what was meant. Nothing of it is stored.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, select

from app.blobs.store import Store
from app.db.revisions import Row
from app.db.schema import table_of
from app.errors import NotFoundError
from app.formats.captures.capture_search import Answer, Question
from app.models import Capture
from app.schemas.desk.figure_check import CaptureLookup, FigureCheck, FigureChecks
from app.schemas.quantity import QuantityCreate
from app.services.captures import capture_search_pool
from app.services.claims import attributions, claims, evidence
from app.services.core.nouns import rows_by_id
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW
from app.vocabulary import ASSERTING_STANCES, FigureFound

MOST_CAPTURES = 50
"""Captures that are looked into for one claim."""

SECONDS = 45.0
"""After which no further file is begun."""

_capture = table_of(Capture)


@dataclass(frozen=True)
class Wanted:
    """Something to be looked up, and where."""

    about: Literal["attribution", "evidence", "quantity"]
    id: str | None
    position: int | None
    question: Question
    captures: Sequence[Row]
    reason: str
    """Why there is nothing to look in, should there be nothing."""


def of_claim(connection: Connection, store: Store, claim_id: str) -> FigureChecks:
    """All that can be looked up for a claim, looked up now. Raises NotFoundError, and BusyError as `looked_up` does.

    This may take a minute, in which the connection waits: who serves others takes `wanted` and `looked_up` apart.
    """
    return looked_up(store, wanted(connection, claim_id))


def wanted(connection: Connection, claim_id: str) -> list[Wanted]:
    """What is to be looked up for a claim: its quotes, its passages of evidence, its figures. Raises NotFoundError."""
    claim = rows_by_id(connection, NOW.claim, [claim_id]).get(claim_id)
    if claim is None:
        raise NotFoundError("claim", claim_id)
    said = [row for row in attributions.rows_of_claims(connection, NOW, [claim_id])[claim_id] if not row["withdrawn"]]
    shown = [row for row in evidence.rows_of_claims(connection, NOW, [claim_id])[claim_id] if not row["withdrawn"]]
    kept = _captures(connection, {row["document_id"] for row in (*said, *shown)} - {None})
    found = [_quote("attribution", row, kept.get(row["document_id"], ())) for row in said if row["quote"] is not None]
    for row in shown:
        if row["quote"] is not None:
            all_of_it = kept.get(row["document_id"], ())
            chosen = [one for one in all_of_it if row["capture_id"] in (None, one["id"])]
            found.append(_quote("evidence", row, chosen))
    asserting = [row["document_id"] for row in said if row["stance"] in ASSERTING_STANCES]
    cited = [one for document in dict.fromkeys(asserting) for one in kept.get(document, ())]
    for position, figure in enumerate(claims.quantities_on_record(connection, [claim])[claim_id]):
        reason = "No document in which the claim is put forward was captured."
        found.append(Wanted("quantity", None, position, _figure(figure), cited, reason))
    return found


def _captures(connection: Connection, document_ids: Iterable[str]) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for chunk in chunks(sorted(document_ids)):
        statement = select(_capture).where(_capture.c.document_id.in_(chunk)).order_by(_capture.c.id)
        for row in connection.execute(statement).mappings():
            found[row["document_id"]].append(row)
    return found


def _quote(about: Literal["attribution", "evidence"], row: Row, captures: Sequence[Row]) -> Wanted:
    question = Question(row["quote"], row["quote_prefix"], row["quote_suffix"])
    reason = "No capture of its document was kept." if row["document_id"] else "It names no document."
    return Wanted(about, row["id"], None, question, captures, reason)


def _figure(figure: QuantityCreate) -> Question:
    values = dict.fromkeys(value for value in (figure.best, figure.low, figure.high) if value is not None)
    return Question(figure.verbatim, numbers=tuple(_digits(value) for value in values))


def _digits(value: Decimal) -> str:
    return f"{value.normalize():f}"


def looked_up(store: Store, things: Sequence[Wanted]) -> FigureChecks:
    """Look things up, each file once. Raises BusyError if too many are at it already."""
    with capture_search_pool.place():
        return _looked_up(store, things)


def _looked_up(store: Store, things: Sequence[Wanted]) -> FigureChecks:
    deadline = time.monotonic() + SECONDS
    asked: dict[str, list[Question]] = defaultdict(list)
    captures: dict[str, Row] = {}
    for thing in things:
        for one in thing.captures:
            captures[one["id"]] = one
            if thing.question not in asked[one["id"]]:
                asked[one["id"]].append(thing.question)
    told: dict[tuple[str, Question], Answer] = {}
    for place, (identifier, questions) in enumerate(asked.items()):
        if place >= MOST_CAPTURES:
            reason = f"Only {MOST_CAPTURES} captures are looked into for one claim."
            replies = [Answer(FigureFound.NOT_CHECKABLE, reason)] * len(questions)
        else:
            one = captures[identifier]
            replies = capture_search_pool.answers(store, one["sha256"], one["media_type"], questions, deadline)
        told |= {(identifier, question): reply for question, reply in zip(questions, replies, strict=True)}
    return FigureChecks(items=[_check(thing, told) for thing in things])


def _check(thing: Wanted, told: Mapping[tuple[str, Question], Answer]) -> FigureCheck:
    lookups = [_lookup(one, told[one["id"], thing.question]) for one in thing.captures]
    result, reason = _whole(lookups) or (FigureFound.NOT_CHECKABLE, thing.reason)
    return FigureCheck(
        about=thing.about,
        id=thing.id,
        position=thing.position,
        looked_for=thing.question.words or ", ".join(thing.question.numbers),
        result=result,
        reason=reason,
        captures=lookups,
    )


def _lookup(capture: Row, reply: Answer) -> CaptureLookup:
    return CaptureLookup(
        capture_id=capture["id"],
        document_id=capture["document_id"],
        result=reply.result,
        reason=reply.reason,
        where=reply.where,
        excerpt=reply.excerpt,
    )


def _whole(lookups: Sequence[CaptureLookup]) -> tuple[FigureFound, str] | None:
    """What all captures together say: one that has it is enough, and one that cannot be read leaves it open."""
    for result in (FigureFound.FOUND, FigureFound.NOT_CHECKABLE, FigureFound.NOT_FOUND):
        for one in lookups:
            if one.result is result:
                return result, one.reason
    return None

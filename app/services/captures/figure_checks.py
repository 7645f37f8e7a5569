"""Checks whether the quotes and figures of a claim occur in the captured texts that they cite.

The result helps fact-checkers decide; it is never a decision itself, and it is not stored.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection

from app.blobs.store import BlobStore
from app.db.revisions import StoredRow
from app.errors import NotFoundError
from app.formats.captures import recordings
from app.formats.captures.capture_search import CaptureSearchQuery, CaptureSearchResult
from app.schemas.desk.figure_check import CaptureLookup, FigureCheck, FigureChecks
from app.schemas.quantity import QuantityCreate
from app.services.captures import capture_search_pool
from app.services.catalogue import documents
from app.services.claims import attributions, claims, evidence
from app.services.core.nouns import fetch_rows_by_id
from app.services.core.snapshot import NOW
from app.vocabulary import ASSERTING_STANCES, FigureFound

MAX_CAPTURES = 50
"""Captures searched for one claim at most."""

TIME_BUDGET_SECONDS = 45.0
"""After this time no further file is opened."""


@dataclass(frozen=True)
class LookupTask:
    """A quote or figure to look up, and the captures to search."""

    about: Literal["attribution", "evidence", "quantity"]
    id: str | None
    position: int | None
    question: CaptureSearchQuery
    captures: Sequence[StoredRow]
    reason: str
    """Why there is nothing to search, if `captures` is empty."""


def plan_lookups(connection: Connection, claim_id: str) -> list[LookupTask]:
    """List the lookups for a claim: quotes of attributions, passages of evidence, figures. Raises NotFoundError."""
    claim = fetch_rows_by_id(connection, NOW.claim, [claim_id]).get(claim_id)
    if claim is None:
        raise NotFoundError("claim", claim_id)
    statements = [
        row for row in attributions.fetch_by_claim(connection, NOW, [claim_id])[claim_id] if not row["withdrawn"]
    ]
    evidence_rows = [
        row for row in evidence.fetch_by_claim(connection, NOW, [claim_id])[claim_id] if not row["withdrawn"]
    ]
    captures = _captures(connection, {row["document_id"] for row in (*statements, *evidence_rows)} - {None})
    tasks = [
        _quote_task("attribution", row, captures.get(row["document_id"], ()))
        for row in statements
        if row["quote"] is not None
    ]
    tasks += [
        _quote_task("evidence", row, _captures_of_piece(row, captures))
        for row in evidence_rows
        if row["quote"] is not None
    ]
    asserting = [row["document_id"] for row in statements if row["stance"] in ASSERTING_STANCES]
    asserting_captures = [capture for document in dict.fromkeys(asserting) for capture in captures.get(document, ())]
    for position, figure in enumerate(claims.fetch_quantities(connection, [claim])[claim_id]):
        reason = "No document that asserts the claim has a capture."
        tasks.append(LookupTask("quantity", None, position, _figure_query(figure), asserting_captures, reason))
    return tasks


def plan_proposal_lookups(connection: Connection, proposal: StoredRow) -> list[LookupTask]:
    """List the lookups for a proposed status: the passages of its evidence, and the claim's figures in that evidence.

    Only the evidence that the proposal names is searched, because only that counts. Empty for a proposed rating.
    """
    if proposal["claim_id"] is None:
        return []
    claim = fetch_rows_by_id(connection, NOW.claim, [proposal["claim_id"]])[proposal["claim_id"]]
    pieces = [
        row
        for row in evidence.fetch_by_claim(connection, NOW, [claim["id"]])[claim["id"]]
        if row["id"] in proposal["evidence"] and not row["withdrawn"]
    ]
    if not pieces:
        return []
    captures = _captures(connection, {row["document_id"] for row in pieces})
    examined = {row["id"]: _captures_of_piece(row, captures) for row in pieces}
    tasks = [_quote_task("evidence", row, examined[row["id"]]) for row in pieces if row["quote"] is not None]
    distinct_captures = list({capture["id"]: capture for rows in examined.values() for capture in rows}.values())
    for position, figure in enumerate(claims.fetch_quantities(connection, [claim])[claim["id"]]):
        reason = "None of the evidence has a capture."
        tasks.append(LookupTask("quantity", None, position, _figure_query(figure), distinct_captures, reason))
    return tasks


def _captures_of_piece(row: StoredRow, captures: Mapping[str, Sequence[StoredRow]]) -> list[StoredRow]:
    """The capture that a piece of evidence names, with its transcripts, or else all captures of its document."""
    return [
        capture
        for capture in captures.get(row["document_id"], ())
        if row["capture_id"] in (None, capture["id"], capture["transcript_of"])
    ]


def _captures(connection: Connection, document_ids: Iterable[str]) -> Mapping[str, Sequence[StoredRow]]:
    """The captures of each document, and of its duplicates, each with the language of the document."""
    ids = sorted(document_ids)
    languages = {row["id"]: row["language"] for row in fetch_rows_by_id(connection, NOW.document, ids).values()}
    captures: dict[str, list[StoredRow]] = defaultdict(list)
    for row in documents.fetch_captures(connection, NOW, ids):
        document_id = row["current_document_id"]
        captures[document_id].append({**row, "language": languages[document_id]})
    return captures


def _quote_task(about: Literal["attribution", "evidence"], row: StoredRow, captures: Sequence[StoredRow]) -> LookupTask:
    question = CaptureSearchQuery(row["quote"], row["quote_prefix"], row["quote_suffix"], media_time=row["media_time"])
    reason = "Its document has no capture." if row["document_id"] else "It names no document."
    return LookupTask(about, row["id"], None, question, captures, reason)


def _figure_query(figure: QuantityCreate) -> CaptureSearchQuery:
    values = dict.fromkeys(value for value in (figure.best, figure.low, figure.high) if value is not None)
    return CaptureSearchQuery(figure.verbatim, numbers=tuple(_digits(value) for value in values))


def _digits(value: Decimal) -> str:
    return f"{value.normalize():f}"


def run_lookups(store: BlobStore, tasks: Sequence[LookupTask]) -> FigureChecks:
    """Run lookups, reading each file once. Raises BusyError if too many checks are running already."""
    with capture_search_pool.admission():
        return _run_lookups(store, tasks)


def _run_lookups(store: BlobStore, tasks: Sequence[LookupTask]) -> FigureChecks:
    deadline = time.monotonic() + TIME_BUDGET_SECONDS
    questions_by_capture: dict[str, list[CaptureSearchQuery]] = defaultdict(list)
    captures: dict[str, StoredRow] = {}
    for task in tasks:
        for capture in task.captures:
            captures[capture["id"]] = capture
            if task.question not in questions_by_capture[capture["id"]]:
                questions_by_capture[capture["id"]].append(task.question)
    transcribed = {capture["transcript_of"] for capture in captures.values()}
    answers: dict[tuple[str, CaptureSearchQuery], CaptureSearchResult] = {}
    for position, (identifier, questions) in enumerate(questions_by_capture.items()):
        if position >= MAX_CAPTURES:
            reason = f"Only {MAX_CAPTURES} captures are searched for one claim."
            capture_answers = [CaptureSearchResult(FigureFound.NOT_CHECKABLE, reason)] * len(questions)
        else:
            capture = captures[identifier]
            capture_answers = _answer_for_recording(capture, questions, identifier in transcribed) or (
                capture_search_pool.search(
                    store, capture["sha256"], capture["media_type"], questions, deadline, language=capture["language"]
                )
            )
        answers |= {(identifier, question): answer for question, answer in zip(questions, capture_answers, strict=True)}
    return FigureChecks(items=[_build_check(task, answers) for task in tasks])


def _answer_for_recording(
    capture: StoredRow, questions: Sequence[CaptureSearchQuery], is_transcribed: bool
) -> list[CaptureSearchResult]:
    """The results for a recording, which is not searched; none for other captures."""
    if not recordings.is_recording(capture["media_type"]):
        return []
    reason = "The file is a recording, which has no text to search. "
    if is_transcribed:
        reason += "Its transcript is searched instead, but may leave out what is said or shown."
    else:
        reason += "Upload its transcript or subtitles as a capture, with the recording as `transcript_of`."
    return [CaptureSearchResult(FigureFound.NOT_CHECKABLE, reason)] * len(questions)


def _build_check(
    task: LookupTask, answers: Mapping[tuple[str, CaptureSearchQuery], CaptureSearchResult]
) -> FigureCheck:
    lookups = [_build_lookup(capture, answers[capture["id"], task.question]) for capture in task.captures]
    result, reason = _overall_result(lookups) or (FigureFound.NOT_CHECKABLE, task.reason)
    return FigureCheck(
        about=task.about,
        id=task.id,
        position=task.position,
        looked_for=task.question.words or ", ".join(task.question.numbers),
        result=result,
        reason=reason,
        captures=lookups,
    )


def _build_lookup(capture: StoredRow, answer: CaptureSearchResult) -> CaptureLookup:
    return CaptureLookup(
        capture_id=capture["id"],
        document_id=capture["document_id"],
        transcript_of=capture["transcript_of"],
        result=answer.result,
        reason=answer.reason,
        where=answer.where,
        excerpt=answer.excerpt,
    )


def _overall_result(lookups: Sequence[CaptureLookup]) -> tuple[FigureFound, str] | None:
    """Combine the results of all captures: one match is enough; without one, an unreadable capture leaves it open."""
    for result in (FigureFound.FOUND, FigureFound.NOT_CHECKABLE, FigureFound.NOT_FOUND):
        for lookup in lookups:
            if lookup.result is result:
                return result, lookup.reason
    return None

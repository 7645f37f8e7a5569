"""How far sources can be relied upon: ratings that the desk has signed. They are shown, and never reckoned with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, FromClause, Select, func, select

from app.db.compiled_reads import PlainRow
from app.db.ids import new_id
from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import Person, SignOff, SourceRating, Topic
from app.schemas.base import edtf
from app.schemas.desk.rating import RatingBrief, RatingCreate, RatingRead
from app.services.core.nouns import shaped
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import Record

rating = table_of(SourceRating)

SHOWN = ("id", "source_id", "change_seq", "reliability", "rationale", "topic_id", "period_earliest", "period_latest")
"""What tells which rating holds, and what is shown of it."""


def record(change: Change, proposed: Row, sign_off_id: str) -> None:
    """Record the rating that a proposal spoke of and that a sign-off approved."""
    bounds = edtf.bounds(proposed["period"])
    row = {
        "id": new_id(SourceRating.prefix),
        **{name: proposed[name] for name in ("source_id", "reliability", "topic_id", "period", "rationale")},
        "period_earliest": bounds.earliest,
        "period_latest": bounds.latest,
        "decided_on": change.at.date(),
        "decided_by": None,
        "sign_off_id": sign_off_id,
    }
    change.append(rating, [row])


def of_sources(connection: Connection, record: Record, source_ids: Iterable[str]) -> list[Row]:
    """The ratings of these sources, oldest first."""
    found: list[Row] = []
    table = record.source_rating
    for chunk in chunks(sorted(set(source_ids))):
        statement = select(*(table.c[name] for name in SHOWN)).where(table.c.source_id.in_(chunk))
        found += connection.execute(statement.order_by(table.c.change_seq)).mappings()
    return found


class Ratings:
    """Finds the rating that holds for something that a source says."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._of: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            self._of[row["source_id"]].append(row)

    def holding(self, said: Mapping[str, Any], topic_id: str | None) -> PlainRow | None:
        """The rating of its source that holds for an attribution, as `RatingBrief` has it; None if there is none.

        It must be for that topic or for any, and for a period in which it may have been said. Of several the most
        particular one holds (topic before period before none), of these the last.
        """
        if not self._of:
            return None
        fitting = [row for row in self._of.get(said["source_id"], ()) if _fits(row, said, topic_id)]
        return shaped(RatingBrief, max(fitting, key=_rank)) if fitting else None


def _fits(row: Mapping[str, Any], said: Mapping[str, Any], topic_id: str | None) -> bool:
    within = str(row["period_earliest"]) <= str(said["said_latest"]) and str(said["said_earliest"]) <= str(
        row["period_latest"]
    )
    return row["topic_id"] in (None, topic_id) and within


def _rank(row: Mapping[str, Any]) -> tuple[bool, bool, int]:
    bounded = (str(row["period_earliest"]), str(row["period_latest"])) != (str(date.min), str(date.max))
    return row["topic_id"] is not None, bounded, row["change_seq"]


def read_all(connection: Connection, record: Record, source_id: str) -> list[RatingRead]:
    """All ratings of a source, newest first."""
    table = record.source_rating
    statement = signed(table).where(table.c.source_id == source_id)
    # Of one change, as several that came with a file are, the last is the newest.
    newest_first = statement.order_by(table.c.change_seq.desc(), table.c.id.desc())
    rows: Sequence[Row] = connection.execute(newest_first).mappings().all()
    return [RatingRead(**row) for row in rows]


def signed(rated: FromClause) -> Select[Any]:
    """Ratings with the bylines of whoever decided them."""
    sign_off = table_of(SignOff)
    proposer, approver = table_of(Person).alias("proposer"), table_of(Person).alias("approver")
    return select(
        *(column for column in rated.c if column.name not in ("decided_by", "sign_off_id")),
        func.coalesce(rated.c.decided_by, proposer.c.byline + " and " + approver.c.byline).label("decided_by"),
        proposer.c.byline.label("proposed_by"),
        approver.c.byline.label("approved_by"),
    ).select_from(
        rated.outerjoin(sign_off, sign_off.c.id == rated.c.sign_off_id)
        .outerjoin(proposer, proposer.c.id == sign_off.c.proposer_id)
        .outerjoin(approver, approver.c.id == sign_off.c.person_id)
    )


def declare(change: Change, refs: Refs, said: Sequence[tuple[str, RatingCreate]]) -> list[bool | InvalidError]:
    """Record ratings that a file holds, each with the id of its source; those that are on record are passed over.

    For each: true if it is new, or why it cannot be taken. A file, which one person brings in, adds nothing to what two
    people of the desk have signed about a source.
    """
    on_record: dict[str, list[Row]] = {}
    for source_id in {one for one, _rating in said}:
        mine = signed(rating).where(rating.c.source_id == source_id)
        on_record[source_id] = list(change.connection.execute(mine).mappings())
    rows: list[Row] = []
    outcomes: list[bool | InvalidError] = []
    for source_id, one in said:
        try:
            topic_id = refs.field(table_of(Topic), one.topic, "ratings.topic")
        except InvalidError as error:
            outcomes.append(error)
            continue
        columns = one.model_dump(exclude={"topic"}) | {"source_id": source_id, "topic_id": topic_id}
        new = not any(all(row[name] == columns[name] for name in columns) for row in on_record[source_id])
        if new and (fault := _fault(one, on_record[source_id], change.at.date())) is not None:
            outcomes.append(fault)
            continue
        outcomes.append(new)
        if new:
            bounds = edtf.bounds(one.period)
            period = {"period_earliest": bounds.earliest, "period_latest": bounds.latest}
            rows.append({"id": new_id(SourceRating.prefix), "sign_off_id": None, **columns, **period})
    change.append(rating, rows)
    return outcomes


def _fault(said: RatingCreate, on_record: Sequence[Row], today: date) -> InvalidError | None:
    # Whatever its day: one for a topic or a period would hold before what was signed for all of them.
    if any(row["approved_by"] is not None for row in on_record):
        why = "must not be given: the desk has rated this source itself, by two people, and a file does not change that"
        return InvalidError.of("ratings", why)
    if said.decided_on > today:
        return InvalidError.of("ratings.decided_on", "must not be in the future")
    return None

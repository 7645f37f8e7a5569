"""Reliability ratings of sources, signed by two people. They are shown, but never change the status of a claim."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from app.db.compiled_reads import PlainRow
from app.db.ids import new_id
from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import Change, Person, SignOff, Source, SourceRating, Topic
from app.schemas.base import edtf
from app.schemas.desk.decision_origin import OriginCreate
from app.schemas.desk.rating import RatingBrief, RatingCreate, RatingRead
from app.services.core import decision_origins
from app.services.core.merged_objects import current_id, with_duplicates
from app.services.core.nouns import serialize_row
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot

rating = table_of(SourceRating)


def brief_columns(snapshot: Snapshot) -> list[ColumnElement[Any]]:
    """The columns that decide which rating applies, and those of its short form.

    A rating of a duplicate is one of the source that it was merged into.
    """
    rating = snapshot.source_rating
    names = ("id", "change_seq", "reliability", "rationale", "period_earliest", "period_latest")
    return [*(rating.c[name] for name in names), *_current_references(snapshot)]


def _current_references(snapshot: Snapshot) -> list[ColumnElement[Any]]:
    rating = snapshot.source_rating
    return [current_id(snapshot.source, rating.c.source_id), current_id(snapshot.topic, rating.c.topic_id)]


def rates(snapshot: Snapshot, source_ids: Select[Any]) -> ColumnElement[bool]:
    """SQL: whether a rating of the outer statement is one of these sources, or of a source merged into one."""
    return snapshot.source_rating.c.source_id.in_(with_duplicates(snapshot.source, source_ids))


def record_rating(change: ChangeWriter, proposal: StoredRow, sign_off_id: str) -> None:
    """Record the rating of a proposal that a sign-off has approved."""
    bounds = edtf.bounds(proposal["period"])
    row = {
        "id": new_id(SourceRating.prefix),
        **{name: proposal[name] for name in ("source_id", "reliability", "topic_id", "period", "rationale")},
        "period_earliest": bounds.earliest,
        "period_latest": bounds.latest,
        "decided_on": change.at.date(),
        "decided_by": None,
        "sign_off_id": sign_off_id,
    }
    change.append(rating, [row])


def fetch_ratings(connection: Connection, snapshot: Snapshot, source_ids: Iterable[str]) -> list[StoredRow]:
    """The ratings of these sources, oldest first."""
    ratings: list[StoredRow] = []
    table, source = snapshot.source_rating, snapshot.source
    for chunk in chunks(sorted(set(source_ids))):
        statement = select(*brief_columns(snapshot)).where(
            rates(snapshot, select(source.c.id).where(source.c.id.in_(chunk)))
        )
        ratings += connection.execute(statement.order_by(table.c.change_seq)).mappings()
    return ratings


class RatingIndex:
    """Finds the rating that applies to an attribution."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._by_source: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            self._by_source[row["source_id"]].append(row)

    def in_force(self, attribution: Mapping[str, Any], topic_id: str | None) -> PlainRow | None:
        """The rating of the source that applies to an attribution, in the shape of `RatingBrief`; None if none does.

        It must be for this topic or for all, and for a period that overlaps the time of the statement. Of several
        ratings, the most specific one applies (topic before period before neither), and of these the latest.
        """
        if not self._by_source:
            return None
        applicable = [
            row for row in self._by_source.get(attribution["source_id"], ()) if _applies(row, attribution, topic_id)
        ]
        return serialize_row(RatingBrief, max(applicable, key=_specificity)) if applicable else None


def _applies(row: Mapping[str, Any], attribution: Mapping[str, Any], topic_id: str | None) -> bool:
    # As text, because the rows come from two kinds of reads: one has dates, the other ISO 8601 text.
    starts_before = str(row["period_earliest"]) <= str(attribution["said_latest"])
    ends_after = str(attribution["said_earliest"]) <= str(row["period_latest"])
    return row["topic_id"] in (None, topic_id) and starts_before and ends_after


def _specificity(row: Mapping[str, Any]) -> tuple[bool, bool, int, str]:
    bounded = (str(row["period_earliest"]), str(row["period_latest"])) != (str(date.min), str(date.max))
    # An import records several ratings in one change, in the order of their ids.
    return row["topic_id"] is not None, bounded, row["change_seq"], row["id"]


def read_all(connection: Connection, snapshot: Snapshot, source_id: str) -> list[RatingRead]:
    """All ratings of a source, or of the source that it was merged into, newest first."""
    table = snapshot.source_rating
    current = Refs(connection, snapshot).resolve_target(table_of(Source), source_id)
    statement = select_ratings_of(snapshot, current)
    # The id breaks ties between several ratings of one change, such as an import.
    newest_first = statement.order_by(table.c.change_seq.desc(), table.c.id.desc())
    rows: Sequence[StoredRow] = connection.execute(newest_first).mappings().all()
    return [RatingRead(**{**row, "origin": decision_origins.serialize(row)}) for row in rows]


def select_ratings_of(snapshot: Snapshot, source_id: str) -> Select[Any]:
    """Select the ratings of a source as `select_with_bylines` has them."""
    source = snapshot.source
    return select_with_bylines(snapshot).where(rates(snapshot, select(source.c.id).where(source.c.id == source_id)))


def select_with_bylines(snapshot: Snapshot) -> Select[Any]:
    """Select ratings with the bylines of the people who proposed and approved, or imported them."""
    table = snapshot.source_rating
    sign_off, change = table_of(SignOff), table_of(Change)
    proposer, approver, importer = (table_of(Person).alias(name) for name in ("proposer", "approver", "importer"))
    return select(
        *(column for column in table.c if column.name not in ("decided_by", "sign_off_id", "source_id", "topic_id")),
        *_current_references(snapshot),
        func.coalesce(table.c.decided_by, proposer.c.byline + " and " + approver.c.byline).label("decided_by"),
        proposer.c.byline.label("proposed_by"),
        approver.c.byline.label("approved_by"),
        importer.c.byline.label("imported_by"),
    ).select_from(
        table.outerjoin(sign_off, sign_off.c.id == table.c.sign_off_id)
        .outerjoin(proposer, proposer.c.id == sign_off.c.proposer_id)
        .outerjoin(approver, approver.c.id == sign_off.c.person_id)
        .outerjoin(change, and_(change.c.seq == table.c.change_seq, table.c.sign_off_id.is_(None)))
        .outerjoin(importer, importer.c.id == change.c.actor_id)
    )


def import_ratings(
    change: ChangeWriter,
    refs: Refs,
    ratings: Sequence[tuple[str, RatingCreate]],
    import_origin: OriginCreate,
    *,
    ids: Sequence[str | None],
    restoring: bool,
) -> list[bool | InvalidError]:
    """Record the ratings in a file, each with the id of its source, and skip those that are stored already.

    `import_origin` is where the import comes from; `restoring` tells that it is a dump, whose own origins are kept.
    Returns for each rating True if it is new, False if it was skipped, or the reason why it was rejected. One person
    imports a file, so it adds no rating to a source that two fact-checkers have rated. `ids` are the ids of the ratings
    in a dump; one that is None is new.
    """
    stored_ratings: dict[str, list[StoredRow]] = {}
    for source_id in {source_id for source_id, _rating in ratings}:
        of_source = select_ratings_of(NOW, source_id)
        stored_ratings[source_id] = list(change.connection.execute(of_source).mappings())
    rows: list[StoredRow] = []
    outcomes: list[bool | InvalidError] = []
    for (source_id, imported), identifier in zip(ratings, ids, strict=True):
        try:
            topic_id = refs.resolve_field(table_of(Topic), imported.topic, "ratings.topic")
        except InvalidError as error:
            outcomes.append(error)
            continue
        columns = imported.model_dump(exclude={"topic", "origin"}) | {"source_id": source_id, "topic_id": topic_id}
        is_new = not any(all(row[name] == columns[name] for name in columns) for row in stored_ratings[source_id])
        if is_new and (problem := _problem(imported, stored_ratings[source_id], change.at.date())) is not None:
            outcomes.append(problem)
            continue
        outcomes.append(is_new)
        if is_new:
            bounds = edtf.bounds(imported.period)
            period = {"period_earliest": bounds.earliest, "period_latest": bounds.latest}
            origin = decision_origins.origin_columns(import_origin, imported.origin, restoring=restoring)
            identity = {"id": identifier or new_id(SourceRating.prefix), "sign_off_id": None}
            rows.append({**identity, **columns, **period, **origin})
    change.append(rating, rows)
    return outcomes


def _problem(imported: RatingCreate, stored_ratings: Sequence[StoredRow], today: date) -> InvalidError | None:
    # Regardless of dates: an imported rating for a topic or a period would take precedence over a signed general one.
    if any(row["approved_by"] is not None for row in stored_ratings):
        message = "must be left out: this desk has approved a rating of this source, and an import cannot replace it"
        return InvalidError.of("ratings", message)
    if imported.decided_on > today:
        return InvalidError.of("ratings.decided_on", "must not be in the future")
    return None

"""Counters of claims, updated in the same transaction as the record.

An observer of every change follows in memory which claims, figures and attributions it writes. Before the commit, each
cell whose number of claims has changed gets its new total. So services need no code for it, an import of thousands of
new claims reads none of them back, and one change writes a cell at most once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Table,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from app.db.engine import before_commit, before_read
from app.db.revisions import ChangeWriter, StoredRow, revision_table
from app.db.schema import table_of
from app.models import Attribution, Claim, ClaimCount, ClaimCountHistory, Quantity, StalePeriod
from app.models.claim_count import ANY
from app.services.changes import stale_periods
from app.services.core.claim_parts import is_current_figure
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW
from app.vocabulary import ClaimStatus

claim, quantity, attribution = table_of(Claim), table_of(Quantity), table_of(Attribution)
claim_count, history, period = table_of(ClaimCount), table_of(ClaimCountHistory), table_of(StalePeriod)

_CELL = tuple(column.name for column in claim_count.primary_key)

Cell = tuple[str, str, str, str, str]
"""Facet, stage, kind, status and value."""

_CLAIM_COLUMNS = frozenset({"stage", "kind", "status", "topic_id", "content_version"})
_ATTRIBUTION_COLUMNS = frozenset({"source_id", "withdrawn"})

MAX_BUFFERED_CLAIMS = 5_000
"""Claims whose state is held in memory at a time. Beyond that, a long import keeps only the sums."""


def _increment(upsert: sqlite.Insert | postgresql.Insert) -> ReturningInsert[Any]:
    incremented = {"claims": claim_count.c.claims + upsert.excluded.claims}
    return upsert.on_conflict_do_update(index_elements=_CELL, set_=incremented).returning(*claim_count.c)


_INCREMENT = {
    "sqlite": _increment(sqlite.insert(claim_count)),
    "postgresql": _increment(postgresql.insert(claim_count)),
}
"""Adds a number of claims, which may be negative, to each cell and returns the new totals."""


@dataclass(slots=True)
class _ClaimState:
    """The values of a claim that decide which cells it counts in."""

    stage: str
    kind: str
    status: str
    topic_id: str | None
    content_version: int
    is_stale: bool = False
    """Whether the decision that the status comes from is stale."""
    metrics: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By content version, because figures of the next version are written before the claim refers to them."""
    sources: dict[str, str | None] = field(default_factory=dict)
    """The source of each attribution; None for a withdrawn one."""

    def cells(self) -> Iterable[Cell]:
        """Yield the cells that the claim counts in."""
        status = ClaimStatus.STALE.value if self.is_stale else self.status
        yield (ANY, self.stage, self.kind, status, ANY)
        values = {("metric", metric) for metric in self.metrics[self.content_version]}
        values |= {("source", source) for source in self.sources.values() if source is not None}
        if self.topic_id is not None:
            values.add(("topic", self.topic_id))
        for facet, value in values:
            yield (facet, self.stage, self.kind, status, value)
            yield (facet, self.stage, ANY, ANY, value)


def totals(seq: int | None) -> FromClause:
    """How many claims each cell held right after change number `seq`, or holds now if it is None.

    Cells are never deleted, so a past total takes one lookup in the primary key of the history per cell.
    """
    if seq is None:
        return claim_count
    past_total = (
        select(history.c.claims)
        .where(*(history.c[name] == claim_count.c[name] for name in _CELL), history.c.change_seq <= seq)
        .order_by(history.c.change_seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    cells = [claim_count.c[name] for name in _CELL]
    return select(*cells, func.coalesce(past_total, 0).label("claims")).subquery("claim_count_then")


def attach_counters(change: ChangeWriter) -> None:
    """Update the counters with everything that is written under a change, just before it is committed."""
    observer = _ChangeObserver(change)
    change.observer = observer
    before_read(change.connection, observer.examine_decisions)
    before_commit(change.connection, observer.finish)


class _ChangeObserver:
    """Follows the writes of one change and sums up by how many claims each cell grows."""

    def __init__(self, change: ChangeWriter) -> None:
        self._change = change
        self._decisions = stale_periods.ChangedClaims(change)
        self._claims: dict[str, _ClaimState] = {}
        """The claims written so far, in their current state; they are not in `_increments` yet."""
        self._increments: Counter[Cell] = Counter()
        """What each cell grows by, without the claims in `_claims`: those count only once their state is final."""

    def before_insert(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Take up new claims, figures and attributions."""
        if table is claim:
            if len(self._claims) > MAX_BUFFERED_CLAIMS:
                self._flush()
            for row in rows:
                self._claims[row["id"]] = _state_of(row)
        elif table is attribution:
            self._follow(row["claim_id"] for row in rows)
            for row in rows:
                self._claims[row["claim_id"]].sources[row["id"]] = None if row["withdrawn"] else row["source_id"]
        elif table is quantity:
            self._follow(row["claim_id"] for row in rows)
            for row in rows:
                self._claims[row["claim_id"]].metrics[row["content_version"]].add(row["metric"])

    def before_update(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Take up changed columns of claims and attributions."""
        self._decisions.before_update(table, rows)
        if table is claim and _CLAIM_COLUMNS & rows[0].keys():
            self._follow(row["id"] for row in rows)
            for row in rows:
                state = self._claims[row["id"]]
                for name in _CLAIM_COLUMNS & row.keys():
                    setattr(state, name, row[name])
        elif table is attribution and _ATTRIBUTION_COLUMNS & rows[0].keys():
            before = _read_attributions(self._change.connection, [row["id"] for row in rows])
            self._follow(row["claim_id"] for row in before.values())
            for row in rows:
                after = {**before[row["id"]], **row}
                self._claims[after["claim_id"]].sources[row["id"]] = None if after["withdrawn"] else after["source_id"]

    def _follow(self, claim_ids: Iterable[str]) -> None:
        """Load existing claims before they change, and subtract them from the cells that they count in now."""
        for chunk in chunks(sorted(set(claim_ids) - self._claims.keys())):
            states = _read_states(self._change.connection, chunk)
            self._claims |= states
            for state in states.values():
                self._increments.subtract(state.cells())

    def _flush(self) -> None:
        """Add the claims in memory to the cells that they count in, and forget them."""
        for state in self._claims.values():
            self._increments.update(state.cells())
        self._claims.clear()

    def examine_decisions(self) -> None:
        """Write which decisions are stale after the writes so far."""
        update = self._decisions.plan()
        self._follow(update.became_stale)
        for claim_id, is_stale in update.became_stale.items():
            self._claims[claim_id].is_stale = is_stale
        update.write()

    def finish(self) -> None:
        """Write which decisions are stale now, the new totals of the cells that have changed, and their history."""
        self.examine_decisions()
        self._flush()
        names = (*_CELL, "claims")
        rows = [
            dict(zip(names, (*cell, increment), strict=True))
            for cell, increment in sorted(self._increments.items())
            if increment
        ]
        self._increments.clear()
        if not rows:
            return
        connection = self._change.connection
        new_totals = connection.execute(_INCREMENT[connection.dialect.name], rows).mappings()
        connection.execute(insert(history), [{**total, "change_seq": self._change.seq} for total in new_totals])


def _state_of(row: StoredRow) -> _ClaimState:
    return _ClaimState(row["stage"], row["kind"], row["status"], row["topic_id"], row["content_version"])


def _read_states(connection: Connection, claim_ids: Sequence[str]) -> dict[str, _ClaimState]:
    columns = [claim.c.id, *(claim.c[name] for name in sorted(_CLAIM_COLUMNS))]
    states = {
        row["id"]: _state_of(row)
        for row in connection.execute(select(*columns).where(claim.c.id.in_(claim_ids))).mappings()
    }
    for claim_id in stale_periods.fetch_reasons(connection, NOW, claim_ids):
        states[claim_id].is_stale = True
    figures = select(quantity.c.claim_id, quantity.c.content_version, quantity.c.metric).join(
        claim, is_current_figure(quantity, claim)
    )
    for claim_id, version, metric in connection.execute(figures.where(quantity.c.claim_id.in_(claim_ids))):
        states[claim_id].metrics[version].add(metric)
    attributions = select(attribution.c.claim_id, attribution.c.id, attribution.c.source_id)
    for claim_id, attribution_id, source_id in connection.execute(
        attributions.where(attribution.c.claim_id.in_(claim_ids), ~attribution.c.withdrawn)
    ):
        states[claim_id].sources[attribution_id] = source_id
    return states


def _read_attributions(connection: Connection, identifiers: Sequence[str]) -> dict[str, StoredRow]:
    columns = (attribution.c.id, attribution.c.claim_id, attribution.c.source_id, attribution.c.withdrawn)
    rows: dict[str, StoredRow] = {}
    for chunk in chunks(identifiers):
        stored_rows = connection.execute(select(*columns).where(attribution.c.id.in_(chunk))).mappings()
        rows |= {row["id"]: row for row in stored_rows}
    return rows


def rebuild(connection: Connection) -> None:
    """Recompute all counters and their history from the revisions and from the periods of stale decisions."""
    connection.execute(delete(history))
    connection.execute(delete(claim_count))
    for facet, spans in _select_spans().items():
        for is_split in (True, False) if facet != ANY else (True,):
            connection.execute(
                insert(history).from_select([*_CELL, "change_seq", "claims"], _select_totals(facet, spans, is_split))
            )
    later = history.alias("later")
    has_later_row = exists().where(
        *(later.c[name] == history.c[name] for name in _CELL), later.c.change_seq > history.c.change_seq
    )
    current = select(*(history.c[column.name] for column in claim_count.c)).where(~has_later_row)
    connection.execute(insert(claim_count).from_select([*_CELL, "claims"], current))


def _select_spans() -> dict[str, Select[Any]]:
    """For each facet, its values with the changes since and until which a claim counted for them.

    A claim gets a new version whenever its figures or attributions change, so what is true when a version is recorded
    stays true until the next version.
    """
    version, attribution_version = _versions(claim), _versions(attribution)
    span = [version.c[name] for name in ("stage", "kind", "status", "since", "until")]
    was_current = (attribution_version.c.since <= version.c.since) & (
        attribution_version.c.until.is_(None) | (attribution_version.c.until > version.c.since)
    )
    figures = is_current_figure(quantity, version)
    return {
        ANY: select(literal(ANY).label("value"), *span, version.c.id),
        "topic": select(version.c.topic_id.label("value"), *span, version.c.id).where(version.c.topic_id.is_not(None)),
        # DISTINCT counts a claim once, however many of its figures or attributions have the value.
        "metric": select(quantity.c.metric.label("value"), *span, version.c.id).join(version, figures).distinct(),
        "source": select(attribution_version.c.source_id.label("value"), *span, version.c.id)
        .join(attribution_version, attribution_version.c.claim_id == version.c.id)
        .where(was_current, ~attribution_version.c.withdrawn)
        .distinct(),
    }


def _versions(table: Table) -> FromClause:
    """Every version of every object, with `since`, the number of its change, and `until`, that of the next version."""
    revision = revision_table(table)
    later = revision.alias()
    is_next = (later.c.id == revision.c.id) & (later.c.version == revision.c.version + 1)
    columns = [column for column in revision.c if column.name != "change_seq"]
    span = revision.c.change_seq.label("since"), later.c.change_seq.label("until")
    return select(*columns, *span).select_from(revision.outerjoin(later, is_next)).subquery(f"{table.name}_versions")


def _with_stale_status(spans: Select[Any]) -> Select[Any]:
    """Spans with a weight: while a decision is stale, its claim counts as stale (1) and not with its status (-1)."""
    span = spans.cte("span")
    overlap = span.join(
        period,
        (period.c.claim_id == span.c.id)
        & or_(span.c.until.is_(None), period.c.since_seq < span.c.until)
        & or_(period.c.until_seq.is_(None), period.c.until_seq > span.c.since),
    )
    since = case((period.c.since_seq > span.c.since, period.c.since_seq), else_=span.c.since)
    until = case(
        (period.c.until_seq.is_(None), span.c.until),
        (span.c.until.is_(None) | (period.c.until_seq < span.c.until), period.c.until_seq),
        else_=span.c.until,
    )
    whole = select(
        span.c.value, span.c.stage, span.c.kind, span.c.status, span.c.since, span.c.until, literal(1).label("weight")
    )
    stale_parts = [
        select(span.c.value, span.c.stage, span.c.kind, status, since, until, literal(weight)).select_from(overlap)
        for status, weight in ((span.c.status, -1), (literal(ClaimStatus.STALE.value), 1))
    ]
    return select(union_all(whole, *stale_parts).subquery("part"))


def _select_totals(facet: str, spans: Select[Any], is_split: bool) -> Select[Any]:
    """The total of each cell of a facet after each change, split by kind and status or over all of them."""
    span = _with_stale_status(spans).cte("weighted_span")
    # A claim adds 1 where its span begins and -1 where it ends; the running sum of these steps is the total.
    begin = select(span, span.c.since.label("change_seq"), span.c.weight.label("increment"))
    end = select(span, span.c.until, -span.c.weight).where(span.c.until.is_not(None))
    step = union_all(begin, end).subquery("step")
    cell = [
        literal(facet).label("facet"),
        step.c.stage,
        (step.c.kind if is_split else literal(ANY)).label("kind"),
        (step.c.status if is_split else literal(ANY)).label("status"),
        step.c.value,
    ]
    keys = [step.c.stage, *((step.c.kind, step.c.status) if is_split else ()), step.c.value]
    increment = func.sum(step.c.increment)
    total = func.sum(increment).over(partition_by=keys, order_by=step.c.change_seq)
    return select(*cell, step.c.change_seq, total).group_by(*keys, step.c.change_seq).having(increment != 0)

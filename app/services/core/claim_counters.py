"""Keeps the counters of claims in step with the record, in the same transaction.

Every change is watched: what it writes of claims, figures and attributions is followed in memory, and before it is
committed each cell that holds more or fewer claims than before gets its new total. So no service has to remember it,
an import of thousands of new claims reads none of them back, and one change writes a cell at most once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Table, delete, exists, func, insert, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from app.db.engine import before_commit
from app.db.revisions import Change, Row, revision_table
from app.db.schema import table_of
from app.models import Attribution, Claim, ClaimCount, ClaimCountHistory, Quantity
from app.models.claim_count import ANY
from app.services.core.refs import chunks

claim, quantity, attribution = table_of(Claim), table_of(Quantity), table_of(Attribution)
claim_count, history = table_of(ClaimCount), table_of(ClaimCountHistory)

_CELL = tuple(column.name for column in claim_count.primary_key)

Cell = tuple[str, str, str, str, str]
"""Facet, stage, kind, status and value."""

_OF_CLAIMS = frozenset({"stage", "kind", "status", "topic_id", "content_version"})
_OF_ATTRIBUTIONS = frozenset({"source_id", "withdrawn"})

MOST_HELD = 5_000
"""Claims that are followed at a time; of others a long import keeps the sums only."""


def _grow(upsert: sqlite.Insert | postgresql.Insert) -> ReturningInsert[Any]:
    grown = {"claims": claim_count.c.claims + upsert.excluded.claims}
    return upsert.on_conflict_do_update(index_elements=_CELL, set_=grown).returning(*claim_count.c)


_GROW = {"sqlite": _grow(sqlite.insert(claim_count)), "postgresql": _grow(postgresql.insert(claim_count))}
"""Makes cells grow by so many claims, which may be less than none, and gives their new totals."""


@dataclass(slots=True)
class _Counted:
    """That of a claim by which it is counted."""

    stage: str
    kind: str
    status: str
    topic_id: str | None
    content_version: int
    metrics: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By the version of the proposition; another one than the current may be about to become it."""
    sources: dict[str, str | None] = field(default_factory=dict)
    """Who is on record in each attribution; nobody in a withdrawn one."""

    def cells(self) -> Iterable[Cell]:
        """The cells that it counts in."""
        yield (ANY, self.stage, self.kind, self.status, ANY)
        values = {("metric", metric) for metric in self.metrics[self.content_version]}
        values |= {("source", source) for source in self.sources.values() if source is not None}
        if self.topic_id is not None:
            values.add(("topic", self.topic_id))
        for facet, value in values:
            yield (facet, self.stage, self.kind, self.status, value)
            yield (facet, self.stage, ANY, ANY, value)


def totals(seq: int | None) -> FromClause:
    """How many claims each cell held right after change number `seq`; now if it is None.

    Cells never go away, so for the past it is one look at the primary key of the history for each cell.
    """
    if seq is None:
        return claim_count
    then = (
        select(history.c.claims)
        .where(*(history.c[name] == claim_count.c[name] for name in _CELL), history.c.change_seq <= seq)
        .order_by(history.c.change_seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    cells = [claim_count.c[name] for name in _CELL]
    return select(*cells, func.coalesce(then, 0).label("claims")).subquery("claim_count_then")


def keep(change: Change) -> None:
    """Have the counters follow what is going to be written under a change."""
    counting = _Counting(change)
    change.watch = counting
    before_commit(change.connection, counting.finish)


class _Counting:
    """Follows one change."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._claims: dict[str, _Counted] = {}
        """As they are by now."""
        self._more: Counter[Cell] = Counter()
        """By how many claims each cell grows, but for what the claims that are followed now count for."""

    def adding(self, table: Table, rows: Sequence[Row]) -> None:
        """Count new claims, figures and attributions in."""
        if table is claim:
            if len(self._claims) > MOST_HELD:
                self._settle()
            for row in rows:
                self._claims[row["id"]] = _counted(row)
        elif table is attribution:
            self._follow(row["claim_id"] for row in rows)
            for row in rows:
                self._claims[row["claim_id"]].sources[row["id"]] = None if row["withdrawn"] else row["source_id"]
        elif table is quantity:
            self._follow(row["claim_id"] for row in rows)
            for row in rows:
                self._claims[row["claim_id"]].metrics[row["content_version"]].add(row["metric"])

    def amending(self, table: Table, rows: Sequence[Row]) -> None:
        """Count claims and attributions otherwise than before."""
        if table is claim and _OF_CLAIMS & rows[0].keys():
            self._follow(row["id"] for row in rows)
            for row in rows:
                counted = self._claims[row["id"]]
                for name in _OF_CLAIMS & row.keys():
                    setattr(counted, name, row[name])
        elif table is attribution and _OF_ATTRIBUTIONS & rows[0].keys():
            before = _attributions(self._change.connection, [row["id"] for row in rows])
            self._follow(row["claim_id"] for row in before.values())
            for row in rows:
                after = {**before[row["id"]], **row}
                self._claims[after["claim_id"]].sources[row["id"]] = None if after["withdrawn"] else after["source_id"]

    def _follow(self, claim_ids: Iterable[str]) -> None:
        """Read what claims that are there already count for, before it changes."""
        for chunk in chunks(sorted(set(claim_ids) - self._claims.keys())):
            found = _read(self._change.connection, chunk)
            self._claims |= found
            for counted in found.values():
                self._more.subtract(counted.cells())

    def _settle(self) -> None:
        for counted in self._claims.values():
            self._more.update(counted.cells())
        self._claims.clear()

    def finish(self) -> None:
        """Write the new totals."""
        self._settle()
        grown = (*_CELL, "claims")
        rows = [dict(zip(grown, (*cell, more), strict=True)) for cell, more in sorted(self._more.items()) if more]
        self._more.clear()
        if not rows:
            return
        connection = self._change.connection
        totals = connection.execute(_GROW[connection.dialect.name], rows).mappings()
        connection.execute(insert(history), [{**total, "change_seq": self._change.seq} for total in totals])


def _counted(row: Row) -> _Counted:
    return _Counted(row["stage"], row["kind"], row["status"], row["topic_id"], row["content_version"])


def _read(connection: Connection, claim_ids: Sequence[str]) -> dict[str, _Counted]:
    columns = [claim.c.id, *(claim.c[name] for name in sorted(_OF_CLAIMS))]
    found = {
        row["id"]: _counted(row)
        for row in connection.execute(select(*columns).where(claim.c.id.in_(claim_ids))).mappings()
    }
    figures = select(quantity.c.claim_id, quantity.c.content_version, quantity.c.metric).join(
        claim, (claim.c.id == quantity.c.claim_id) & (claim.c.content_version == quantity.c.content_version)
    )
    for claim_id, version, metric in connection.execute(figures.where(quantity.c.claim_id.in_(claim_ids))):
        found[claim_id].metrics[version].add(metric)
    said = select(attribution.c.claim_id, attribution.c.id, attribution.c.source_id)
    for claim_id, one, source in connection.execute(
        said.where(attribution.c.claim_id.in_(claim_ids), ~attribution.c.withdrawn)
    ):
        found[claim_id].sources[one] = source
    return found


def _attributions(connection: Connection, identifiers: Sequence[str]) -> dict[str, Row]:
    columns = (attribution.c.id, attribution.c.claim_id, attribution.c.source_id, attribution.c.withdrawn)
    rows: dict[str, Row] = {}
    for chunk in chunks(identifiers):
        found = connection.execute(select(*columns).where(attribution.c.id.in_(chunk))).mappings()
        rows |= {row["id"]: row for row in found}
    return rows


def rebuild(connection: Connection) -> None:
    """Make the counters again from the revisions, for whoever loaded the record past the services."""
    connection.execute(delete(history))
    connection.execute(delete(claim_count))
    for facet, held in _held().items():
        for parted in (True, False) if facet != ANY else (True,):
            connection.execute(
                insert(history).from_select([*_CELL, "change_seq", "claims"], _totals(facet, held, parted))
            )
    later = history.alias("later")
    followed = exists().where(
        *(later.c[name] == history.c[name] for name in _CELL), later.c.change_seq > history.c.change_seq
    )
    present = select(*(history.c[column.name] for column in claim_count.c)).where(~followed)
    connection.execute(insert(claim_count).from_select([*_CELL, "claims"], present))


def _held() -> dict[str, Select[Any]]:
    """For each facet its values, and from which change until which other a claim counted for them.

    A claim has a new version whenever its figures or attributions change: what holds when a version is recorded holds
    until the next one is.
    """
    version, said = _versions(claim), _versions(attribution)
    span = [version.c[name] for name in ("stage", "kind", "status", "since", "until")]
    lived = (said.c.since <= version.c.since) & (said.c.until.is_(None) | (said.c.until > version.c.since))
    figures = (quantity.c.claim_id == version.c.id) & (quantity.c.content_version == version.c.content_version)
    return {
        ANY: select(literal(ANY).label("value"), *span),
        "topic": select(version.c.topic_id.label("value"), *span).where(version.c.topic_id.is_not(None)),
        # Once for each claim, however many of its figures or attributions say so.
        "metric": select(quantity.c.metric.label("value"), *span, version.c.id).join(version, figures).distinct(),
        "source": select(said.c.source_id.label("value"), *span, version.c.id)
        .join(said, said.c.claim_id == version.c.id)
        .where(lived, ~said.c.withdrawn)
        .distinct(),
    }


def _versions(table: Table) -> FromClause:
    """Every version of every object, from its change until that of the next version."""
    revision = revision_table(table)
    later = revision.alias()
    following = (later.c.id == revision.c.id) & (later.c.version == revision.c.version + 1)
    columns = [column for column in revision.c if column.name != "change_seq"]
    span = revision.c.change_seq.label("since"), later.c.change_seq.label("until")
    return select(*columns, *span).select_from(revision.outerjoin(later, following)).subquery(f"{table.name}_versions")


def _totals(facet: str, held: Select[Any], parted: bool) -> Select[Any]:
    """The total of each cell of a facet after each change; parted by kind and status or of whichever."""
    span = held.cte("held")
    begin = select(span, span.c.since.label("change_seq"), literal(1).label("more"))
    end = select(span, span.c.until, literal(-1)).where(span.c.until.is_not(None))
    step = union_all(begin, end).subquery("step")
    cell = [
        literal(facet).label("facet"),
        step.c.stage,
        (step.c.kind if parted else literal(ANY)).label("kind"),
        (step.c.status if parted else literal(ANY)).label("status"),
        step.c.value,
    ]
    by = [step.c.stage, *((step.c.kind, step.c.status) if parted else ()), step.c.value]
    more = func.sum(step.c.more)
    total = func.sum(more).over(partition_by=by, order_by=step.c.change_seq)
    return select(*cell, step.c.change_seq, total).group_by(*by, step.c.change_seq).having(more != 0)

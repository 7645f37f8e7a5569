"""Snapshots: the tables of the record as they are now or as they were after a past change, to select from."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, FromClause, Select, bindparam, select

from app import clock, models
from app.db.compiled_reads import CompiledStatement, PlainRow
from app.db.revisions import appended_as_of, last_change_at, seq_at, versioned_as_of
from app.db.schema import table_of
from app.db.types import BigInt
from app.errors import InvalidError


class Snapshot:
    """The tables of the record as they were after one change; each is built on first use."""

    def __init__(self, seq: int | None, seq_parameter: BindParameter[int] | None = None) -> None:
        """`seq` is the number of the change, None for now; or `seq_parameter` is bound to it on execution."""
        self.seq = seq
        self._seq = seq if seq_parameter is None else seq_parameter

    @cached_property
    def topic(self) -> FromClause:
        """Topics."""
        return versioned_as_of(table_of(models.Topic), self._seq)

    @cached_property
    def source(self) -> FromClause:
        """Sources."""
        return versioned_as_of(table_of(models.Source), self._seq)

    @cached_property
    def document(self) -> FromClause:
        """Documents."""
        return versioned_as_of(table_of(models.Document), self._seq)

    @cached_property
    def capture(self) -> FromClause:
        """Captures."""
        return appended_as_of(table_of(models.Capture), self._seq)

    @cached_property
    def custody_event(self) -> FromClause:
        """Events in the chain of custody of captures."""
        return appended_as_of(table_of(models.CustodyEvent), self._seq)

    @cached_property
    def claim(self) -> FromClause:
        """Claims."""
        return versioned_as_of(table_of(models.Claim), self._seq)

    @cached_property
    def attribution(self) -> FromClause:
        """Attributions."""
        return versioned_as_of(table_of(models.Attribution), self._seq)

    @cached_property
    def evidence(self) -> FromClause:
        """Evidence."""
        return versioned_as_of(table_of(models.Evidence), self._seq)

    @cached_property
    def claim_relation(self) -> FromClause:
        """Relations between claims."""
        return versioned_as_of(table_of(models.ClaimRelation), self._seq)

    @cached_property
    def independence_ruling(self) -> FromClause:
        """Rulings on independence."""
        return appended_as_of(table_of(models.IndependenceRuling), self._seq)

    @cached_property
    def distinct_ruling(self) -> FromClause:
        """Rulings that equal objects are distinct."""
        return appended_as_of(table_of(models.DistinctRuling), self._seq)

    @cached_property
    def review(self) -> FromClause:
        """Decisions."""
        return appended_as_of(table_of(models.Review), self._seq)

    @cached_property
    def proposal(self) -> FromClause:
        """Proposed decisions."""
        return appended_as_of(table_of(models.Proposal), self._seq)

    @cached_property
    def sign_off(self) -> FromClause:
        """Sign-offs on proposals."""
        return appended_as_of(table_of(models.SignOff), self._seq)

    @cached_property
    def source_rating(self) -> FromClause:
        """Reliability ratings of sources."""
        return appended_as_of(table_of(models.SourceRating), self._seq)

    @cached_property
    def fact_check(self) -> FromClause:
        """Fact-checks published by others."""
        return versioned_as_of(table_of(models.FactCheck), self._seq)

    @cached_property
    def stale_period(self) -> FromClause:
        """Claims whose current decision is stale, with the reasons."""
        period = table_of(models.StalePeriod)
        if self._seq is None:
            return select(period).where(period.c.until_seq.is_(None)).subquery("stale")
        has_ended = period.c.until_seq <= self._seq
        return select(period).where(period.c.since_seq <= self._seq, has_ended.is_not(True)).subquery("stale_then")

    @property
    def quantity(self) -> FromClause:
        """Figures. They need no filter, because they are joined by the content version of their claim."""
        return table_of(models.Quantity)


@lru_cache(maxsize=256)
def snapshot_at_seq(seq: int | None) -> Snapshot:
    """The snapshot right after change number `seq`; the current one for None."""
    return Snapshot(seq)


MAX_CLOCK_SKEW = timedelta(minutes=1)
"""How far a client's clock may be ahead of the server's."""

NOW = snapshot_at_seq(None)
"""The current snapshot."""


class SnapshotQuery:
    """A frequent query, written once against a snapshot and compiled twice: for now and for any past change.

    Used as a decorator of a function that takes a snapshot and returns the statement.
    """

    def __init__(self, build: Callable[[Snapshot], Select[Any]]) -> None:
        self._build = build

    @cached_property
    def _current(self) -> CompiledStatement:
        return CompiledStatement(self._build(NOW))

    @cached_property
    def _past(self) -> CompiledStatement:
        return CompiledStatement(self._build(Snapshot(None, bindparam("seq", type_=BigInt))))

    def __call__(self, connection: Connection, snapshot: Snapshot, /, **values: Any) -> list[PlainRow]:
        """The rows in this snapshot; `values` are the parameters of the statement."""
        if snapshot.seq is None:
            return self._current.rows(connection, **values)
        return self._past.rows(connection, seq=snapshot.seq, **values)


def snapshot_at(connection: Connection, as_of: datetime | None) -> Snapshot:
    """The snapshot at a moment; the current one for None.

    Raises InvalidError for a moment in the future, because that snapshot could still change.
    """
    if as_of is None:
        return NOW
    # After the clock was set back, the latest changes have times in the future; they may be read all the same.
    if as_of > clock.now() + MAX_CLOCK_SKEW and as_of > last_change_at(connection):
        raise InvalidError.of("as_of", "must not be in the future")
    return snapshot_at_seq(seq_at(connection, as_of))

"""The record as it is, or as it stood at a moment: one set of names to write reads against."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, FromClause, Select, bindparam, select

from app import clock, models
from app.db.compiled_reads import PlainRow, Statement
from app.db.revisions import appended, as_recorded, last_moment, seq_at
from app.db.schema import table_of
from app.db.types import BigInt
from app.errors import InvalidError


class Record:
    """Every table of the record, each as it stood after one change. They are made when they are asked for."""

    def __init__(self, seq: int | None, at: BindParameter[int] | None = None) -> None:
        """`seq` is the number of the change, None for now; `at` a parameter that gives it later."""
        self.seq = seq
        self._at = seq if at is None else at

    @cached_property
    def topic(self) -> FromClause:
        """Topics."""
        return as_recorded(table_of(models.Topic), self._at)

    @cached_property
    def source(self) -> FromClause:
        """Sources."""
        return as_recorded(table_of(models.Source), self._at)

    @cached_property
    def document(self) -> FromClause:
        """Documents."""
        return as_recorded(table_of(models.Document), self._at)

    @cached_property
    def capture(self) -> FromClause:
        """Captures."""
        return appended(table_of(models.Capture), self._at)

    @cached_property
    def custody_event(self) -> FromClause:
        """What happened to captures."""
        return appended(table_of(models.CustodyEvent), self._at)

    @cached_property
    def claim(self) -> FromClause:
        """Claims."""
        return as_recorded(table_of(models.Claim), self._at)

    @cached_property
    def attribution(self) -> FromClause:
        """Attributions."""
        return as_recorded(table_of(models.Attribution), self._at)

    @cached_property
    def evidence(self) -> FromClause:
        """Evidence."""
        return as_recorded(table_of(models.Evidence), self._at)

    @cached_property
    def claim_relation(self) -> FromClause:
        """Relations between claims."""
        return as_recorded(table_of(models.ClaimRelation), self._at)

    @cached_property
    def independence_ruling(self) -> FromClause:
        """Rulings on independence."""
        return appended(table_of(models.IndependenceRuling), self._at)

    @cached_property
    def review(self) -> FromClause:
        """Decisions."""
        return appended(table_of(models.Review), self._at)

    @cached_property
    def proposal(self) -> FromClause:
        """What was proposed to the desk."""
        return appended(table_of(models.Proposal), self._at)

    @cached_property
    def sign_off(self) -> FromClause:
        """What was said to proposals."""
        return appended(table_of(models.SignOff), self._at)

    @cached_property
    def source_rating(self) -> FromClause:
        """The reliability of sources."""
        return appended(table_of(models.SourceRating), self._at)

    @cached_property
    def fact_check(self) -> FromClause:
        """What other fact-checkers published."""
        return as_recorded(table_of(models.FactCheck), self._at)

    @property
    def quantity(self) -> FromClause:
        """Figures. They need no filter: they are reached through the version of the claim that they belong to."""
        return table_of(models.Quantity)


@lru_cache(maxsize=256)
def at_seq(seq: int | None) -> Record:
    """The record right after change number `seq`; as it is now for None."""
    return Record(seq)


_head = Statement(select(table_of(models.Head).c.seq))


def tag_of(connection: Connection, record: Record, *, desk: bool) -> str:
    """The entity tag of what may show any part of the record, such as a list: the number of its last change."""
    moment = _head.rows(connection)[0]["seq"] if record.seq is None else f"as-of-{record.seq}"
    return f'"{moment}{".desk" if desk else ""}"'


FAST_CLOCK = timedelta(minutes=1)
"""How far a reader's clock may be ahead of ours."""

NOW = at_seq(None)
"""The record as it is."""


class Read:
    """A hot read: what it reads is written once, against a record, and prepared for now and for any past moment.

    Used as a decorator of a function that takes a record and returns the statement.
    """

    def __init__(self, write: Callable[[Record], Select[Any]]) -> None:
        self._write = write

    @cached_property
    def _now(self) -> Statement:
        return Statement(self._write(NOW))

    @cached_property
    def _then(self) -> Statement:
        return Statement(self._write(Record(None, bindparam("seq", type_=BigInt))))

    def __call__(self, connection: Connection, record: Record, /, **values: Any) -> list[PlainRow]:
        """The rows, from the record as it stood then."""
        if record.seq is None:
            return self._now.rows(connection, **values)
        return self._then.rows(connection, seq=record.seq, **values)


def at(connection: Connection, as_of: datetime | None) -> Record:
    """The record as it stood at a moment; as it is for None.

    Raises InvalidError for a moment that lies ahead: what will have been known then nobody knows yet.
    """
    if as_of is None:
        return NOW
    # Where the clock was set back, what we have recorded ourselves is past for all that.
    if as_of > clock.now() + FAST_CLOCK and as_of > last_moment(connection):
        raise InvalidError.of("as_of", "must not lie in the future")
    return at_seq(seq_at(connection, as_of))

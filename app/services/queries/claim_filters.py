"""Which claims a filter asks for.

What a filter says is kept apart from the statement that asks for it: the same filters with other values are the same
statement, so that it is built and compiled once (`Shape`), and only its values change.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, and_, bindparam, exists, func, select

from app.db.compiled_reads import Statement, among, texts
from app.db.schema import table_of
from app.errors import PermissionDeniedError
from app.formats.search_text import fold
from app.models import Source, Topic
from app.schemas.base import edtf
from app.schemas.query_parameters import ClaimFilter
from app.services.catalogue import sources
from app.services.core.actors import Actor, visible_stages
from app.services.core.refs import Refs
from app.services.core.snapshot import NOW, Record
from app.vocabulary import Stage


class Shape(NamedTuple):
    """All of a filter but its values."""

    given: frozenset[str]
    several: frozenset[str]
    """Those of the given ones that have more than one value."""


class Asked(NamedTuple):
    """A filter, taken apart; its words are looked after elsewhere."""

    shape: Shape
    values: Mapping[str, Any]
    """Values by the names of the parameters of a statement."""


def ask(connection: Connection, record: Record, query: ClaimFilter, actor: Actor | None) -> Asked:
    """Take a filter apart. Raises InvalidError, and PermissionDeniedError for what this reader may not see."""
    refs = Refs(connection)
    single = {
        "topic": refs.field(table_of(Topic), query.topic, "topic"),
        "date_from": None if query.date_from is None else edtf.bounds(query.date_from).earliest,
        "date_to": None if query.date_to is None else edtf.bounds(query.date_to).latest,
        "place": None if query.place is None else _like(fold(query.place)),
        "value_min": query.value_min,
        "value_max": query.value_max,
    }
    source_id = refs.field(table_of(Source), query.source, "source")
    lists: dict[str, Sequence[str]] = {
        "kind": query.kind,
        "status": query.status,
        "stage": stages_of(query, actor),
        "source": [] if source_id is None else sources.descendants(connection, record, source_id),
        "stance": query.stance,
        "metric": query.metric,
    }
    return taken_apart(single, lists)


def taken_apart(single: Mapping[str, Any], lists: Mapping[str, Sequence[str]]) -> Asked:
    """A filter from what is asked: by its name a value (None: nothing is), or a list of them (empty: nothing is)."""
    several = {name: [str(value) for value in values] for name, values in lists.items() if len(values) > 1}
    values = {
        **{name: value for name, value in single.items() if value is not None},
        **{name: str(values[0]) for name, values in lists.items() if len(values) == 1},
        **several,
    }
    return Asked(Shape(frozenset(values), frozenset(several)), values)


FEW = 2_000
"""Attributions that are looked up one by one sooner than the claims of a list are walked through."""


@lru_cache(maxsize=1)
def _look() -> Statement:
    wanted, said = texts("sources"), NOW.attribution
    some = select(said.c.claim_id).select_from(wanted.join(said, said.c.source_id == wanted.c.value)).limit(FEW + 1)
    return Statement(select(func.count().label("attributions")).select_from(some.subquery()))


def says_little(connection: Connection, asked: Asked) -> bool:
    """True if a filter asks for a source that is on record so seldom that a list had best begin with what it said.

    To find twenty claims of a source among all, in order, takes the longer the less it has said; to look up and sort
    all that it said, the longer the more that is. Neither engine plans by how much one source has said, so one look at
    the index tells, which ends after `FEW`. At that many either way takes some ten milliseconds with a million claims.
    What is on record now is near enough for a list of the past too: the answer does not depend on it.
    """
    if "source" not in asked.shape.given:
        return False
    given = asked.values["source"]
    sources = given if "source" in asked.shape.several else [given]
    return bool(_look().rows(connection, sources=sources)[0]["attributions"] <= FEW)


def stages_of(query: ClaimFilter, actor: Actor | None) -> list[Stage]:
    """The stages that a filter asks for. Raises PermissionDeniedError for one that this reader may not see."""
    stages = query.stage or [Stage.PUBLISHED]
    if set(stages) - visible_stages(actor):
        raise PermissionDeniedError("Drafts and claims in review are the desk's: they take a fact-checker's key.")
    return stages


_OWN_WORDS = ("stage", "kind", "status")
"""Filters of words that stand on a claim itself."""


def _like(part: str) -> str:
    escaped = part.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"


@dataclass(frozen=True)
class Conditions:
    """The conditions that claims of a record must meet. Their parameters are named after the filters."""

    record: Record
    shape: Shape
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values that the conditions carry with them; a statement that is compiled once gets them later."""

    def all(self, *, tried: Collection[str] = ()) -> list[ColumnElement[bool]]:
        """All of them. Those of the filters in `tried` are tried on each claim; no index is asked for them."""
        claim, said = self.record.claim, self.record.attribution
        found = self._of_claims(tried)
        if self.shape.given & {"source", "stance"}:
            found.append(exists(select(1).select_from(said).where(said.c.claim_id == claim.c.id, *self._said(tried))))
        return found

    def _of_claims(self, tried: Collection[str] = ()) -> list[ColumnElement[bool]]:
        """Those that do not ask who says so."""
        claim, given = self.record.claim, self.shape.given
        asked = {name: self._one_of(claim.c[name], name) for name in _OWN_WORDS if name in given}
        if "date_to" in given:
            asked["date_to"] = claim.c.time_earliest <= self._value("date_to")
        # By what IS TRUE no index is asked.
        found = [condition.is_(True) if name in tried else condition for name, condition in asked.items()]
        if "topic" in given:
            found.append(claim.c.topic_id == self._value("topic"))
        if given & {"date_from", "date_to"}:
            found.append(claim.c.time.is_not(None))
        if "date_from" in given:
            found.append(claim.c.time_latest >= self._value("date_from"))
        if "place" in given:
            found.append(claim.c.place_folded.like(self._value("place"), escape="/"))
        if given & {"metric", "value_min", "value_max"}:
            found.append(self._measured())
        return found

    def of_what_was_said(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """The claims that meet the conditions, looked up from what was said by the source that is asked for."""
        claim, said = self.record.claim, self.record.attribution
        by_it: Select[Any] = select(said.c.claim_id).distinct()
        if "source" in self.shape.several:
            wanted = texts("source")
            by_it = by_it.select_from(wanted.join(said, said.c.source_id == wanted.c.value))
        else:
            by_it = by_it.where(said.c.source_id == self._value("source"))
        its = by_it.where(~said.c.withdrawn, *self._with_stance()).subquery("its")
        # By what IS TRUE no index is asked, so that none is walked through for the order.
        met = and_(*self._of_claims()).is_(True)
        return select(*columns).select_from(its.join(claim, claim.c.id == its.c.claim_id)).where(met)

    @property
    def narrows(self) -> bool:
        """True if there is a filter that an index answers."""
        return bool(self.shape.given & {"kind", "status", "topic", "source"})

    def narrowed(self) -> list[Select[Any]]:
        """For each filter that an index answers: the ids of the claims that it leaves, whatever the others do."""
        claim, given = self.record.claim, self.shape.given
        found = [select(claim.c.id).where(*self._of_own_words())] if given & {"kind", "status"} else []
        if "topic" in given:
            found.append(select(claim.c.id).where(claim.c.topic_id == self._value("topic")))
        if "source" in given:
            found.append(select(self.record.attribution.c.claim_id).where(*self._said()))
        return found

    def _of_own_words(self) -> list[ColumnElement[bool]]:
        claim = self.record.claim
        return [self._one_of(claim.c[name], name) for name in _OWN_WORDS if name in self.shape.given]

    def _said(self, tried: Collection[str] = ()) -> list[ColumnElement[bool]]:
        said = self.record.attribution
        found: list[ColumnElement[bool]] = [~said.c.withdrawn]
        if "source" in self.shape.given:
            by_it = self._one_of(said.c.source_id, "source")
            found.append(by_it.is_(True) if "source" in tried else by_it)
        return [*found, *self._with_stance()]

    def _with_stance(self) -> list[ColumnElement[bool]]:
        if "stance" not in self.shape.given:
            return []
        return [self._one_of(self.record.attribution.c.stance, "stance")]

    def _measured(self) -> ColumnElement[bool]:
        figure, claim = self.record.quantity, self.record.claim
        value = func.coalesce(figure.c.best, figure.c.low, figure.c.high, type_=figure.c.best.type)
        found = [figure.c.claim_id == claim.c.id, figure.c.content_version == claim.c.content_version]
        if "metric" in self.shape.given:
            found.append(self._one_of(figure.c.metric, "metric"))
        if "value_min" in self.shape.given:
            found.append(value >= self._value("value_min"))
        if "value_max" in self.shape.given:
            found.append(value <= self._value("value_max"))
        return exists(select(1).select_from(figure).where(*found))

    def _one_of(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """The condition that a column has one of the values of a filter."""
        if name in self.shape.several:
            return among(column, name, self.values.get(name))
        return column == self._value(name)

    def _value(self, name: str) -> BindParameter[Any]:
        return bindparam(name, self.values[name]) if name in self.values else bindparam(name)

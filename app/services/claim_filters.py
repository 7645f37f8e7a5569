"""Which claims a filter asks for.

What a filter says is kept apart from the statement that asks for it: the same filters with other values are the same
statement, so that it is built and compiled once (`Shape`), and only its values change.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, func, select
from sqlalchemy.sql import FromClause

from app.db.schema import table_of
from app.db.statements import among
from app.errors import PermissionDeniedError
from app.formats.words import Query, fold
from app.models import Source, Topic
from app.schemas import edtf
from app.schemas.query import ClaimFilter
from app.services import search, sources
from app.services.actors import Actor, visible_stages
from app.services.record import Record
from app.services.refs import Refs
from app.vocabulary import Stage

_LISTS = frozenset({"kind", "status", "stage", "source", "stance", "metric"})
"""Filters that may have several values."""


class Shape(NamedTuple):
    """All of a filter but its values."""

    given: frozenset[str]
    several: frozenset[str]
    """Those of the given ones that have more than one value."""

    def one_of(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """The condition that a column has one of the values of a filter."""
        return among(column, name) if name in self.several else column == bindparam(name)


class Asked(NamedTuple):
    """A filter, taken apart."""

    shape: Shape
    values: Mapping[str, Any]
    """Values by the names of the parameters of the statement."""


class Selection(NamedTuple):
    """Which claims, and the matches of the search, if there is one."""

    conditions: list[ColumnElement[bool]]
    values: Mapping[str, Any]
    source: FromClause
    query: Query | None
    rank: ColumnElement[float] | None

    def select(self, *columns: ColumnElement[Any], source: FromClause | None = None) -> Select[Any]:
        """These columns of the chosen claims; `source` is what they are joined with, if with anything."""
        found = select(*columns).select_from(self.source if source is None else source)
        return found.where(*self.conditions).params(self.values)


def ask(connection: Connection, record: Record, query: ClaimFilter, actor: Actor | None) -> Asked:
    """Take a filter apart, without its words. Raises InvalidError, PermissionDeniedError."""
    refs = Refs(connection)
    lists: dict[str, Sequence[str]] = {
        "kind": query.kind,
        "status": query.status,
        "stage": _stages(query, actor),
        "stance": query.stance,
        "metric": query.metric,
    }
    single = {
        "topic": refs.field(table_of(Topic), query.topic, "topic"),
        "date_from": None if query.date_from is None else edtf.bounds(query.date_from).earliest,
        "date_to": None if query.date_to is None else edtf.bounds(query.date_to).latest,
        "place": None if query.place is None else _like(fold(query.place)),
        "value_min": query.value_min,
        "value_max": query.value_max,
    }
    source_id = refs.field(table_of(Source), query.source, "source")
    if source_id is not None:
        lists["source"] = sources.descendants(connection, record, source_id)
    several = {name: [str(value) for value in values] for name, values in lists.items() if len(values) > 1}
    values = {
        **{name: value for name, value in single.items() if value is not None},
        **{name: str(values[0]) for name, values in lists.items() if len(values) == 1},
        **several,
    }
    return Asked(Shape(frozenset(values), frozenset(several)), values)


def _stages(query: ClaimFilter, actor: Actor | None) -> list[Stage]:
    stages = query.stage or [Stage.PUBLISHED]
    if set(stages) - visible_stages(actor):
        raise PermissionDeniedError("Drafts and claims in review are the desk's: they take a fact-checker's key.")
    return stages


def _like(part: str) -> str:
    escaped = part.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"


def conditions(record: Record, shape: Shape) -> list[ColumnElement[bool]]:
    """The conditions that claims of the record must meet; their parameters are named after the filters."""
    claim = record.claim
    found: list[ColumnElement[bool]] = [
        shape.one_of(claim.c[name], name) for name in ("stage", "kind", "status") if name in shape.given
    ]
    if "topic" in shape.given:
        found.append(claim.c.topic_id == bindparam("topic"))
    if shape.given & {"date_from", "date_to"}:
        found.append(claim.c.time.is_not(None))
    if "date_from" in shape.given:
        found.append(claim.c.time_latest >= bindparam("date_from"))
    if "date_to" in shape.given:
        found.append(claim.c.time_earliest <= bindparam("date_to"))
    if "place" in shape.given:
        found.append(claim.c.place_folded.like(bindparam("place"), escape="/"))
    if shape.given & {"source", "stance"}:
        found.append(_said(record, shape))
    if shape.given & {"metric", "value_min", "value_max"}:
        found.append(_measured(record, shape))
    return found


def _said(record: Record, shape: Shape) -> ColumnElement[bool]:
    said = record.attribution
    of_source = [shape.one_of(said.c.source_id, "source")] if "source" in shape.given else []
    of_stance = [shape.one_of(said.c.stance, "stance")] if "stance" in shape.given else []
    live = (said.c.claim_id == record.claim.c.id, ~said.c.withdrawn)
    return exists(select(1).select_from(said).where(*live, *of_source, *of_stance))


def _measured(record: Record, shape: Shape) -> ColumnElement[bool]:
    figure, claim = record.quantity, record.claim
    value = func.coalesce(figure.c.best, figure.c.low, figure.c.high, type_=figure.c.best.type)
    found = [figure.c.claim_id == claim.c.id, figure.c.content_version == claim.c.content_version]
    if "metric" in shape.given:
        found.append(shape.one_of(figure.c.metric, "metric"))
    if "value_min" in shape.given:
        found.append(value >= bindparam("value_min", type_=figure.c.best.type))
    if "value_max" in shape.given:
        found.append(value <= bindparam("value_max", type_=figure.c.best.type))
    return exists(select(1).select_from(figure).where(*found))


def choose(connection: Connection, record: Record, query: ClaimFilter, actor: Actor | None) -> Selection:
    """The claims that a filter asks for and this reader may see. Raises InvalidError, PermissionDeniedError."""
    asked = ask(connection, record, query, actor)
    found, claim = conditions(record, asked.shape), record.claim
    if query.q is None:
        return Selection(found, asked.values, claim, None, None)
    words = search.parse(query.q)
    matches = search.matches(connection, record, words)
    joined = claim.join(matches, matches.c.claim_id == claim.c.id)
    return Selection(found, asked.values, joined, words, matches.c.rank)

"""Equality keys: the normal forms by which objects equal to a new one are found, updated with the record.

| noun | equal if |
| --- | --- |
| source | a name or another name is the same, or the abbreviation in parentheses in a name is a name of the other |
| topic | the title is the same |
| document | the address is the same |
| claim | the statement, the topic, the time and the figures are the same |

The table holds 64 bits of a hash for each, because statements are too long for an index. It is derived: a migration
that creates it, or that comes with other normal forms, only adds a row with the id `MISSING`, and the keys are built
when the database is upgraded, or at the latest when they are first looked up.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from app.db import bulk
from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.formats.equality.addresses import normal_address
from app.formats.equality.texts import abbreviations, normal_form, without_own_abbreviation
from app.models import Claim, Document, EqualityKey, Quantity, Source, Topic
from app.services.core.refs import chunks

equality_key = table_of(EqualityKey)

MISSING = "missing"
"""The object id of the row that marks that the keys of the record must be built."""

_REBUILD_BATCH = 5_000

_MAX_FOUND = 1_000
"""Objects found for the keys of one object at most, oldest first."""


class Key(NamedTuple):
    """A key of an object."""

    digest: int
    """A signed 64-bit integer, as both engines store it."""
    abbreviation: bool = False
    """True for an abbreviation in parentheses, which equals a name of another source but no other abbreviation."""


def keys_of_source(row: Mapping[str, Any]) -> list[Key]:
    """The keys of a source: its names, and the abbreviations in them."""
    names = (row["name"], *row["other_names"])
    full = {_digest("source", form) for name in names for form in _name_forms(name)}
    short = {_digest("source", normal_form(text)) for name in names for text in abbreviations(name)}
    return [*(Key(digest) for digest in sorted(full)), *(Key(digest, True) for digest in sorted(short - full))]


@lru_cache(maxsize=4_096)
def _name_forms(name: str) -> tuple[str, ...]:
    rest = without_own_abbreviation(name)
    return (normal_form(name),) if rest is None else (normal_form(name), normal_form(rest))


def keys_of_topic(row: Mapping[str, Any]) -> list[Key]:
    """The key of a topic: its title."""
    return [Key(_digest("topic", normal_form(row["title"])))]


def keys_of_document(row: Mapping[str, Any]) -> list[Key]:
    """The key of a document: its address. A document without an address has none."""
    url = row.get("url")
    return [] if url is None else [Key(_digest("document", normal_address(url)))]


def keys_of_claim(row: Mapping[str, Any], figures: Iterable[Any]) -> list[Key]:
    """The key of a claim: its statement, topic, time and figures, which are inputs or stored rows.

    Of a figure, the basis and the source's words do not count: they belong to whoever states it.
    """
    listed = sorted(
        (
            str(figure.metric),
            _repeated_form(figure.unit),
            _repeated_form(figure.population or ""),
            str(figure.qualifier),
            *(_decimal(bound) for bound in (figure.low, figure.best, figure.high)),
            str(bool(figure.cumulative)),
        )
        for figure in figures
    )
    parts = [normal_form(row["statement"]), str(row["topic_id"]), _time_form(row), repr(listed)]
    return [Key(_digest("claim", "\0".join(parts)))]


_repeated_form = lru_cache(maxsize=4_096)(normal_form)
"""The normal form of units and populations, of which there are few."""


def _time_form(row: Mapping[str, Any]) -> str:
    # By days, so that 2025-01 equals 2025-01-01/2025-01-31; but the hours of one day are several times.
    if "T" in (row["time"] or ""):
        return str(row["time"])
    return f"{row['time_earliest']}/{row['time_latest']}"


def _decimal(value: Decimal | float | None) -> str:
    return "" if value is None else format(Decimal(str(value)).normalize(), "f")


def _digest(noun: str, form: str) -> int:
    content = f"{noun}\0{form}".encode(errors="surrogatepass")
    return int.from_bytes(sha256(content).digest()[:8], "big", signed=True)


KEYS_OF: Mapping[str, Callable[[Mapping[str, Any]], list[Key]]] = {
    table_of(Source).name: keys_of_source,
    table_of(Topic).name: keys_of_topic,
    table_of(Document).name: keys_of_document,
}
"""The keys of the nouns that are described by their own row, by table."""


def store(connection: Connection, keys: Mapping[str, Sequence[Key]], *, new: bool = False) -> None:
    """Store the keys of these objects, by id, in place of those that they have; `new` objects have none."""
    if not new:
        for chunk in chunks(keys):
            connection.execute(delete(equality_key).where(equality_key.c.object_id.in_(chunk)))
    rows = [
        {"digest": key.digest, "object_id": identifier, "abbreviation": key.abbreviation}
        for identifier, own_keys in keys.items()
        for key in own_keys
    ]
    if rows:
        bulk.insert(connection, equality_key, rows, {})


def find(connection: Connection, keys: Sequence[Key]) -> list[str]:
    """The ids of the objects that have one of these keys, oldest first."""
    build_missing(connection)
    return list(dict.fromkeys(identifier for _key, identifier in _matches(connection, keys)))


def find_each(connection: Connection, keys: Iterable[Key]) -> dict[Key, list[str]]:
    """The ids of the objects that have each of these keys, oldest first; keys that no object has are left out."""
    build_missing(connection)
    found: dict[Key, list[str]] = defaultdict(list)
    for chunk in chunks(keys):
        for key, identifier in _matches(connection, chunk, limit=None):
            found[key].append(identifier)
    return found


def _matches(
    connection: Connection, keys: Sequence[Key], *, limit: int | None = _MAX_FOUND
) -> Iterator[tuple[Key, str]]:
    by_digest: dict[int, list[Key]] = defaultdict(list)
    for key in keys:
        by_digest[key.digest].append(key)
    statement = (
        select(equality_key).where(equality_key.c.digest.in_(by_digest)).order_by(equality_key.c.object_id).limit(limit)
    )
    for row in connection.execute(statement):
        for key in by_digest[row.digest]:
            if not (key.abbreviation and row.abbreviation):
                yield key, row.object_id


def build_missing(connection: Connection) -> bool:
    """Compute all keys from the current state of the record if a migration has marked them as missing; True if so."""
    if connection.scalar(select(1).where(equality_key.c.object_id == MISSING)) is None:
        return False
    connection.execute(delete(equality_key))
    for model in (Source, Topic, Document):
        table = table_of(model)
        names = {"source": ("name", "other_names"), "topic": ("title",), "document": ("url",)}[table.name]
        for rows in _batches(connection, table, names):
            store(connection, {row["id"]: KEYS_OF[table.name](row) for row in rows}, new=True)
    columns = ("statement", "topic_id", "time", "time_earliest", "time_latest", "content_version")
    for rows in _batches(connection, table_of(Claim), columns):
        figures = _figures(connection, rows)
        store(connection, {row["id"]: keys_of_claim(row, figures[row["id"]]) for row in rows}, new=True)
    return True


def _batches(connection: Connection, table: Any, names: Sequence[str]) -> Iterator[Sequence[StoredRow]]:
    columns = [table.c.id, *(table.c[name] for name in names)]
    last = ""
    while True:
        statement = select(*columns).where(table.c.id > last).order_by(table.c.id).limit(_REBUILD_BATCH)
        rows = connection.execute(statement).mappings().all()
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _figures(connection: Connection, rows: Sequence[StoredRow]) -> Mapping[str, list[Any]]:
    figure = table_of(Quantity)
    names = ("metric", "unit", "population", "qualifier", "low", "best", "high", "cumulative")
    versions = {row["id"]: row["content_version"] for row in rows}
    figures: dict[str, list[Any]] = defaultdict(list)
    for chunk in chunks(versions):
        statement = select(figure.c.claim_id, figure.c.content_version, *(figure.c[name] for name in names))
        for row in connection.execute(statement.where(figure.c.claim_id.in_(chunk))):
            if row.content_version == versions[row.claim_id]:
                figures[row.claim_id].append(row)
    return figures

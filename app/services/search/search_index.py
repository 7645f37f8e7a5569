"""Keeps the words by which claims are found in step with the record, in the same transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from app.db import bulk
from app.db.revisions import Change
from app.db.schema import table_of
from app.formats.search_text import MOST_INDEX_BYTES, index_bytes, index_text
from app.models import Attribution, Claim, Quantity, SearchText, Source
from app.services.core.nouns import rows_by_id
from app.services.core.refs import chunks

claim, quantity, attribution, source = (table_of(model) for model in (Claim, Quantity, Attribution, Source))
search_text = table_of(SearchText)

_FIELDS = ("statement", "quotes", "sources")

BOUNDARY = "¶"
"""Stands behind each text in one column, so that a phrase never matches across them. It is in nobody's query."""

LARGEST = MOST_INDEX_BYTES // 3
"""Bytes of one of the three columns, as PostgreSQL counts them. It would refuse more: what is beyond is not searched.

A single text hardly ever is: one of 50,000 characters, in a script with three bytes for each and no spaces.
"""


def refresh(change: Change, claim_ids: Iterable[str]) -> None:
    """Bring the words of these claims up to date. Words that have not changed stay as they are."""
    for chunk in chunks(claim_ids):
        _refresh_chunk(change, chunk)


def refresh_of_source(change: Change, source_id: str) -> None:
    """Bring the words of every claim of a source up to date."""
    told = select(attribution.c.claim_id).where(attribution.c.source_id == source_id).distinct()
    refresh(change, change.connection.scalars(told).all())


def _refresh_chunk(change: Change, claim_ids: Sequence[str]) -> None:
    latest = select(search_text).where(search_text.c.claim_id.in_(claim_ids), search_text.c.latest)
    before = {row["claim_id"]: row for row in change.connection.execute(latest).mappings()}
    rows: list[dict[str, Any]] = []
    for claim_id, texts in _texts(change.connection, claim_ids).items():
        old = before.get(claim_id)
        if old is not None and all(old[field] == texts[field] for field in _FIELDS):
            continue
        version = 1 if old is None else old["version"] + 1
        rows.append({"claim_id": claim_id, "version": version, **texts})
    if not rows:
        return
    superseded = [{"b_claim_id": claim_id} for claim_id in before.keys() & {row["claim_id"] for row in rows}]
    if superseded:
        change.connection.execute(
            update(search_text)
            .where(search_text.c.claim_id == bindparam("b_claim_id"), search_text.c.latest)
            .values(latest=False),
            superseded,
        )
    bulk.insert(change.connection, search_text, rows, {"latest": True, "change_seq": change.seq})


def _texts(connection: Connection, claim_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """For each claim the words of its statement, of what was said, and of who said it."""
    # Nothing is joined: PostgreSQL knows nothing of what an import has written so far, and would go by way of all
    # attributions of a source, or all claims.
    claims = connection.execute(
        select(claim.c.id, claim.c.statement, claim.c.place, claim.c.content_version).where(claim.c.id.in_(claim_ids))
    ).all()
    said = connection.execute(
        select(attribution.c.claim_id, attribution.c.quote, attribution.c.translation, attribution.c.source_id)
        .where(attribution.c.claim_id.in_(claim_ids), ~attribution.c.withdrawn)
        .order_by(attribution.c.id)
    ).all()
    speakers = rows_by_id(connection, source, {row.source_id for row in said})
    quotes: dict[str, list[str]] = defaultdict(list)
    names: dict[str, list[str]] = defaultdict(list)
    for row in said:
        quotes[row.claim_id] += [text for text in (row.quote, row.translation) if text is not None]
        names[row.claim_id] += [speakers[row.source_id]["name"], *speakers[row.source_id]["other_names"]]
    figures = connection.execute(
        select(quantity.c.claim_id, quantity.c.content_version, quantity.c.verbatim)
        .where(quantity.c.claim_id.in_(claim_ids), quantity.c.verbatim.is_not(None))
        .order_by(quantity.c.claim_id, quantity.c.position)
    )
    current = {row.id: row.content_version for row in claims}
    for figure in figures:
        if figure.content_version == current[figure.claim_id]:
            quotes[figure.claim_id].append(figure.verbatim)
    return {
        row.id: {
            "statement": _words([row.statement, row.place or ""]),
            "quotes": _words(quotes[row.id]),
            "sources": _words_of_names(tuple(names[row.id])),
        }
        for row in claims
    }


@lru_cache(maxsize=1_024)
def _words_of_names(names: tuple[str, ...]) -> str:
    # A file mostly has the same sources speak in claim after claim.
    return _words(names)


def _words(texts: Iterable[str]) -> str:
    # Each text once: a thousand reprints of one quote would only drown the other words.
    found, room = [], LARGEST
    for text in dict.fromkeys(texts):
        if words := index_text(text, room - index_bytes(BOUNDARY)):
            found.append(f"{words} {BOUNDARY}")
            room -= index_bytes(found[-1])
    return " ".join(found)

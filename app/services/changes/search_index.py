"""The full-text index of claims, updated in the same transaction as the record."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from app.db import bulk
from app.db.revisions import ChangeWriter
from app.db.schema import table_of
from app.formats.search_text import MAX_INDEX_BYTES, index_bytes, index_text
from app.models import Attribution, Claim, Quantity, SearchText, Source
from app.services.core.nouns import fetch_rows_by_id
from app.services.core.refs import chunks

claim, quantity, attribution, source = (table_of(model) for model in (Claim, Quantity, Attribution, Source))
search_text = table_of(SearchText)

_FIELDS = ("statement", "quotes", "sources")

BOUNDARY = "¶"
"""Ends each text in a column, so that no phrase matches across two texts. No query can contain it."""

MAX_COLUMN_BYTES = MAX_INDEX_BYTES // 3
"""The size of one of the three indexed columns in bytes, as PostgreSQL counts them. It rejects larger values, so the
rest of the text is not indexed.

A single text rarely reaches it: it takes 50,000 characters of three bytes each, in a script without spaces.
"""


def refresh(change: ChangeWriter, claim_ids: Iterable[str]) -> None:
    """Update the index for these claims; texts that have not changed are not written again."""
    for chunk in chunks(claim_ids):
        _refresh_chunk(change, chunk)


def refresh_source(change: ChangeWriter, source_id: str) -> None:
    """Update the index for every claim of a source."""
    claim_ids = select(attribution.c.claim_id).where(attribution.c.source_id == source_id).distinct()
    refresh(change, change.connection.scalars(claim_ids).all())


def _refresh_chunk(change: ChangeWriter, claim_ids: Sequence[str]) -> None:
    latest = select(search_text).where(search_text.c.claim_id.in_(claim_ids), search_text.c.latest)
    stored_rows = {row["claim_id"]: row for row in change.connection.execute(latest).mappings()}
    rows: list[dict[str, Any]] = []
    for claim_id, texts in _read_texts(change.connection, claim_ids).items():
        stored_row = stored_rows.get(claim_id)
        if stored_row is not None and all(stored_row[field] == texts[field] for field in _FIELDS):
            continue
        version = 1 if stored_row is None else stored_row["version"] + 1
        rows.append({"claim_id": claim_id, "version": version, **texts})
    if not rows:
        return
    superseded = [{"b_claim_id": claim_id} for claim_id in stored_rows.keys() & {row["claim_id"] for row in rows}]
    if superseded:
        change.connection.execute(
            update(search_text)
            .where(search_text.c.claim_id == bindparam("b_claim_id"), search_text.c.latest)
            .values(latest=False),
            superseded,
        )
    bulk.insert(change.connection, search_text, rows, {"latest": True, "change_seq": change.seq})


def _read_texts(connection: Connection, claim_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """For each claim, the indexed words of its statement, of its quotes and of the names of its sources."""
    # No joins: PostgreSQL has no statistics yet on what an import has just written, and would read all attributions of
    # a source, or all claims.
    claims = connection.execute(
        select(claim.c.id, claim.c.statement, claim.c.place, claim.c.content_version).where(claim.c.id.in_(claim_ids))
    ).all()
    attribution_rows = connection.execute(
        select(attribution.c.claim_id, attribution.c.quote, attribution.c.translation, attribution.c.source_id)
        .where(attribution.c.claim_id.in_(claim_ids), ~attribution.c.withdrawn)
        .order_by(attribution.c.id)
    ).all()
    source_rows = fetch_rows_by_id(connection, source, {row.source_id for row in attribution_rows})
    quotes: dict[str, list[str]] = defaultdict(list)
    names: dict[str, list[str]] = defaultdict(list)
    for row in attribution_rows:
        quotes[row.claim_id] += [text for text in (row.quote, row.translation) if text is not None]
        names[row.claim_id] += [source_rows[row.source_id]["name"], *source_rows[row.source_id]["other_names"]]
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
            "statement": _index_words([row.statement, row.place or ""]),
            "quotes": _index_words(quotes[row.id]),
            "sources": _index_names(tuple(names[row.id])),
        }
        for row in claims
    }


@lru_cache(maxsize=1_024)
def _index_names(names: tuple[str, ...]) -> str:
    # Cached, because the same sources appear in claim after claim of a file.
    return _index_words(names)


def _index_words(texts: Iterable[str]) -> str:
    # Each text once: a thousand reprints of one quote would only outweigh the other words in the ranking.
    indexed, room_left = [], MAX_COLUMN_BYTES
    for text in dict.fromkeys(texts):
        if words := index_text(text, room_left - index_bytes(BOUNDARY)):
            indexed.append(f"{words} {BOUNDARY}")
            room_left -= index_bytes(indexed[-1])
    return " ".join(indexed)

"""Lists are read along an index: no table of claims is read from end to end, and no order is made by sorting them all.

The very statements that the service executes are looked at, with their values, on a record of a few thousand claims of
which the engine has statistics. SQLite tells what it executes, and is asked how; PostgreSQL tells itself how it did.
What is not so stands in `KNOWN`, with the reason.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Connection, text

from app.db.engine import Database
from app.formats import attest_json
from app.schemas.query import ClaimQuery
from app.services import claim_lists, imports
from app.services.actors import Actor
from app.services.cursors import Cursors

CLAIMS, PER_CHANGE = 4_000, 500

BIG = ("claim", "attribution", "quantity", "claim_revision", "attribution_revision", "search_text")
"""Tables that grow with the record. Those of sources, topics and documents are small beside them."""

Params = dict[str, Any]

FILTERS: dict[str, Params] = {
    "none": {},
    "kind": {"kind": ["troop_estimate"]},
    "kinds": {"kind": ["troop_estimate", "casualty_figure"]},
    "status": {"status": ["unconfirmed"]},
    "statuses": {"status": ["unconfirmed", "unverifiable"]},
    "kind+status": {"kind": ["troop_estimate"], "status": ["unconfirmed"]},
    "kind+status+from": {"kind": ["troop_estimate"], "status": ["unconfirmed"], "date_from": "2024-06-01"},
    "topic": {"topic": "topic 3"},
    "topic+status": {"topic": "topic 3", "status": ["unconfirmed"]},
    "from": {"date_from": "2024-06-01"},
    "to": {"date_to": "2024-06-01"},
    "from+to": {"date_from": "2024-06-01", "date_to": "2024-06-30"},
    "source": {"source": "source 3"},
    "source+stance": {"source": "source 3", "stance": ["asserts"]},
    "metric+min": {"metric": ["present"], "value_min": 100},
    "place": {"place": "kursk"},
}

SORTS = ("-date", "date", "-recorded", "recorded", "-id", "id")


@dataclass(frozen=True)
class Plan:
    """How a statement was executed, as far as it matters."""

    scans: frozenset[str]
    """Big tables that are read from end to end."""
    sorts: bool
    """All that matches is sorted before the page is cut."""
    told: str
    """The plan itself."""


# --- SQLite ---


def sqlite_plan(connection: Connection, statement: str) -> Plan:
    """What SQLite says of a statement."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
    parents = {row[0]: row[1] for row in rows}
    details = {row[0]: row[3] for row in rows}
    scans, sorts = set(), False
    for row in rows:
        words = row[3].split()
        if words[0] == "SCAN" and named(words[1]) in BIG:
            scans.add(named(words[1]))
        if "TEMP B-TREE FOR ORDER BY" in row[3] or "TEMP B-TREE FOR RIGHT PART" in row[3]:
            # The rows of a page, cut already, may be sorted; where the page is cut all that matches is.
            above = details.get(parents[row[0]], "")
            sorts |= above.startswith(("CO-ROUTINE", "MATERIALIZE"))
    return Plan(frozenset(scans), sorts, "\n".join(row[3] for row in rows))


def named(alias: str) -> str:
    return alias


def explore():
    pass

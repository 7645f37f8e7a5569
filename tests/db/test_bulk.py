"""Bulk writes: any number of rows is stored completely, each as its first version."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import bulk
from app.db.engine import Database
from app.db.revisions import revision_table
from app.db.schema import table_of
from app.models import Claim, SearchText, Source

Headers = dict[str, str]


def stored(database: Database, table: Any) -> list[Any]:
    """The rows of a table or of its revisions, ordered by id."""
    with database.reading() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)).all())


@pytest.mark.parametrize("count", [1, 9, 10, 11, 100, 213])
def test_an_import_of_any_size_stores_every_row_as_its_first_version(
    api: TestClient, editor: Headers, database: Database, count: int
) -> None:
    sources: list[Any] = [
        {
            "record": "source",
            "key": f"s{n}",
            "name": "Ä'\\\t"[: 1 + n % 3] + f"%s?{n}",
            "kind": "ngo",
            "other_names": ["é"],
        }
        for n in range(count)
    ]
    claims: list[Any] = [
        {
            "record": "claim",
            "key": f"c{n}",
            "kind": "other",
            "statement": f"Line one of {n},\nand line two: \\N, 100%.",
            "time": f"{1990 + n % 40}",
            "quantities": [{"metric": "other", "unit": "km", "qualifier": "exact", "best": n / 4}],
            "attributions": [{"source": f"s{n}", "stance": "asserts"}],
        }
        for n in range(count)
    ]
    body = "\n".join(map(json.dumps, sources + claims))

    report = api.post("imports", content=body, headers=editor).raise_for_status().json()

    assert (report["created"], report["refused"]) == (2 * count, 0)
    for model in (Source, Claim):
        table = table_of(model)
        assert [row.version for row in stored(database, table)] == [1] * count
        assert stored(database, table) == stored(database, revision_table(table))
    assert len(stored(database, table_of(SearchText))) == count
    again = api.post("imports", content=body, headers=editor).raise_for_status().json()
    assert again["unchanged"] == 2 * count
    last = api.get("claims", params={"q": f'"of {count - 1}"', "stage": "draft"}, headers=editor).json()["items"]
    assert last[0]["quantities"][0]["best"] == (count - 1) / 4
    assert last[0]["statement"] == claims[-1]["statement"]


def test_a_bulk_revision_sets_equal_and_different_values(
    database: Database, record: Callable[..., dict[str, Any]]
) -> None:
    ids = [record("claims")["id"] for _ in range(4)]
    claim = table_of(Claim)
    rows = [
        {"id": claim_id, "place": place} for claim_id, place in zip(ids, ["Kursk", "Kursk", None, "Sumy"], strict=True)
    ]
    with database.writing() as connection:
        seq = connection.scalar(select(claim.c.change_seq).where(claim.c.id == ids[0]))
        bulk.revise(connection, claim, rows, {"change_seq": seq})
        stored_rows = connection.execute(select(claim.c.id, claim.c.place, claim.c.version).order_by(claim.c.id)).all()
    assert [tuple(row) for row in stored_rows] == [(row["id"], row["place"], 2) for row in rows]

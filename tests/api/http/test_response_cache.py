"""Answers that are kept: as many as there is room for, those that were asked for last, and for nobody but their reader.

That none is given when it is no longer right is shown by test_etags. Here it shows that one is given at all:
the record is changed in secret, past the services, so that no tag tells.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.api.http.response_cache import Answer, KeptAnswers
from app.db.engine import Database
from app.db.schema import table_of
from app.models import Claim
from app.vocabulary import Role
from tests.support.desk import key_for, service

Record = Callable[..., dict[str, Any]]

SECRET = "Changed in secret."


def change_in_secret(database: Database) -> None:
    claim = table_of(Claim)
    with database.writing() as connection:
        connection.execute(update(claim).values(statement=SECRET))


def is_given_again(api: TestClient, claim: dict[str, Any]) -> bool:
    """True if the answer is one from before the change."""
    statement: str = api.get(f"claims/{claim['id']}").raise_for_status().json()["statement"]
    return statement != SECRET


def test_those_that_were_asked_for_last_are_kept(url: str, database: Database, record: Record) -> None:
    claims = [record("claims") for _ in range(24)]
    with service(url, kept_answers_bytes=0) as api:
        size = len(api.get(f"claims/{claims[0]['id']}").content)
    # An answer may take a twentieth of the room.
    with service(url, kept_answers_bytes=20 * size) as api:
        first, second, *others = claims
        for claim in (first, second, *others[:18], first, *others[18:20]):
            is_given_again(api, claim)
        change_in_secret(database)
        kept = [first, *others[1:20]]
        assert [is_given_again(api, claim) for claim in kept] == [True] * 20
        assert [is_given_again(api, claim) for claim in (second, others[0], *others[20:])] == [False] * 4


@pytest.mark.parametrize(("room", "kept"), [(0, False), (19, False), (20, True)])
def test_one_answer_does_not_take_all_the_room(
    url: str, database: Database, record: Record, room: int, kept: bool
) -> None:
    claim = record("claims")
    with service(url, kept_answers_bytes=0) as api:
        size = len(api.get(f"claims/{claim['id']}").content)
    with service(url, kept_answers_bytes=room * size) as api:
        assert is_given_again(api, claim)
        change_in_secret(database)
        assert is_given_again(api, claim) is kept


def told(answer: Response) -> tuple[Any, ...]:
    return answer.status_code, answer.content, answer.headers.get("ETag"), answer.headers.get("Cache-Control")


def test_what_a_key_shows_is_given_to_nobody_else(url: str, database: Database, record: Record) -> None:
    claims = [record("claims", stage=stage)["id"] for stage in ("draft", "published", "in_review")]
    every = "claims?stage=draft&stage=in_review&stage=published"
    paths = ["claims", "claims?facets=stage", "claims?q=are", every, f"{every}&q=are"]
    paths += [f"claims/{claim}{more}" for claim in claims for more in ("", "/versions/1")]
    readers = [key_for(database, Role.FACT_CHECKER), {}, key_for(database, Role.READER)]
    with service(url) as api, service(url, kept_answers_bytes=0) as fresh:
        for path in paths:
            right = [told(fresh.get(path, headers=reader)) for reader in readers]
            for number in (0, 1, 2, 1, 0, 2):
                assert told(api.get(path, headers=readers[number])) == right[number], path
                others = {tag for _status, _body, tag, _caching in right if tag not in (None, right[number][2])}
                known = {"If-None-Match": ", ".join(others) or '"none"'}
                assert told(api.get(path, headers={**readers[number], **known})) == right[number], path


# --- the book of what is kept ---

ROOM, PLACES = 400, 25

act = st.tuples(st.integers(0, PLACES - 1), st.sampled_from((20, 20, 20, 21, 19, 5, 0, None, None)))
"""An address, of more than there is room for, and the size of an answer to keep; None: it is asked for."""


@settings(max_examples=50, deadline=None)
@given(st.lists(act, min_size=40, max_size=120))
def test_there_is_never_more_kept_than_there_is_room_for(acts: list[tuple[int, int | None]]) -> None:
    book, expected = KeptAnswers(ROOM), OrderedDict[int, Answer]()
    for number, (place, size) in enumerate(acts):
        address = (f"/{place}", b"")
        if size is None:
            assert book.get(address) == expected.get(place)
            if place in expected:
                expected.move_to_end(place)
            continue
        answer = Answer(f'"{number}"', b"x" * size, "")
        book.put(address, answer)
        expected.pop(place, None)
        if size * 20 <= ROOM:
            expected[place] = answer
            while sum(len(one.body) for one in expected.values()) > ROOM:
                expected.popitem(last=False)
    # Asked for in their order, so that the order stays as it is.
    assert [book.get((f"/{place}", b"")) for place in [*expected, *(set(range(PLACES)) - set(expected))]] == [
        *expected.values(),
        *[None] * (PLACES - len(expected)),
    ]

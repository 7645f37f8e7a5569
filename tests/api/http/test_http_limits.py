"""HTTP on the wire: heads are bounded, requests are answered in their order, and what is malformed leaves no trace.

The engine makes no difference there, so that all of this is on SQLite. Garbage is sent by tests/cli/test_cli.py.
"""

import asyncio
import logging
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from app.api.http import http_limits
from app.db.engine import Database
from app.main import create_app
from app.settings import Settings
from app.vocabulary import Role
from tests.support.desk import key_for

HEALTH = b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n"
VOCABULARY = b"GET /api/v1/vocabulary HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
NOTHING = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW_SECONDS = 0.8


class Line:
    """A connection on which bytes are sent, and answers are read one by one."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._read = b""

    def send(self, *parts: bytes, pause: float = 0.05) -> "Line":
        """Send each part for itself. Whoever hung up is not sent the rest."""
        for number, part in enumerate(parts):
            if number:
                time.sleep(pause)
            with suppress(ConnectionError):
                self.socket.sendall(part)
        return self

    def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer; 0 if the other side hung up instead."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                return 0, self._read
        head, _end, self._read = self._read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None, head
        while len(self._read) < int(length[1]):
            assert self._more(), "the body ends early"
        body, self._read = self._read[: int(length[1])], self._read[int(length[1]) :]
        return int(head.split()[1]), body

    def statuses(self, count: int) -> list[int]:
        return [self.answer()[0] for _answer in range(count)]

    def _more(self) -> bytes:
        try:
            part = self.socket.recv(65_536)
        except ConnectionError:
            part = b""
        self._read += part
        return part


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    path = tmp_path_factory.mktemp("wire") / "attest.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def editor(url: str) -> bytes:
    """The header of an editor's key."""
    database = Database(url, pool_size=1)
    key = key_for(database, Role.EDITOR)["Authorization"]
    database.close()
    return f"Authorization: {key}\r\n".encode()


@pytest.fixture(scope="module")
def port(url: str) -> Iterator[int]:
    """The service behind its protocol, as it is served, and one address beside it that takes long to answer."""
    attest = create_app(Settings(database_url=url, secret_key=SecretStr("not secret"), pool_size=2))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/slow":
            await asyncio.sleep(SLOW_SECONDS)
            scope = {**scope, "path": "/api/v1/health", "raw_path": b"/api/v1/health"}
        await attest(scope, receive, send)

    config = uvicorn.Config(
        app, port=0, http=http_limits.BoundedHttp, ws="none", lifespan="on", access_log=False, log_config=None
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def line(port: int, caplog: pytest.LogCaptureFixture) -> Iterator[Line]:
    """A connection, during which nothing unexpected happens."""
    with caplog.at_level(logging.WARNING):
        opened = Line(port)
        yield opened
        opened.socket.close()
        # Also when somebody hung up in the midst of it.
        after = Line(port).send(HEALTH)
        assert after.statuses(1) == [200]
        after.socket.close()
    for told in caplog.records:
        assert told.levelno < logging.ERROR, told.getMessage()
        assert told.exc_info is None, told.getMessage()


# --- heads ---


def head(size: int, *, at_once: bool = True) -> bytes:
    """A request whose address and headers have so many bytes; one long header, or many."""
    given = len(b"/api/v1/health") + len(b"Host") + len(b"a")
    filling = size - given
    many = [b"X-%03d: %s\r\n" % (number, b"x" * 95) for number in range(filling // 100)] if not at_once else []
    rest = filling - 100 * len(many)
    return HEALTH[:-2] + b"".join(many) + b"X: " + b"x" * (rest - 1) + b"\r\n\r\n"


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 400), (100_000, 400), (2_000_000, 400)])
def test_a_head_may_be_so_long_and_no_longer(line: Line, at_once: bool, more: int, status: int) -> None:
    line.send(head(http_limits.LONGEST_HEAD + more, at_once=at_once))

    assert line.answer()[0] in ((status, 0) if more > 100_000 else (status,))
    assert line.send(HEALTH).answer()[0] == (200 if status == 200 else 0)


def test_a_head_without_end_is_refused_before_it_ends(line: Line) -> None:
    line.send(HEALTH[:-2], *[b"X: " + b"x" * 20_000 + b"\r\n"] * 6)

    assert line.answer()[0] == 400
    assert line.answer() == (0, b"")


def test_a_head_may_come_in_pieces(line: Line) -> None:
    line.send(*(HEALTH[place : place + 7] for place in range(0, len(HEALTH), 7)))

    assert line.answer()[0] == 200


def test_a_head_behind_a_long_body_is_not_taken_for_a_long_head(line: Line) -> None:
    body = b"x" * (http_limits.LONGEST_HEAD + 1)
    long = b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    line.send(long + HEALTH[:20], HEALTH[20:], pause=0.3)

    assert line.statuses(2) == [404, 200]


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ([b"GET /api"], 0),
        ([HEALTH[:-2]], 0),
        ([HEALTH + HEALTH[:-2]], 1),
        ([HEALTH[:9], HEALTH[9:], HEALTH[:9]], 1),  # the one before took its time as well
    ],
)
def test_a_head_may_not_take_for_ever(
    line: Line, sent: list[bytes], answered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_limits, "SLOWEST_HEAD", 0.3)
    line.send(*sent)
    begun = time.monotonic()

    assert line.statuses(answered + 1) == [200] * answered + [0]
    assert 0.2 < time.monotonic() - begun < 3  # where nothing is sent for 5 seconds, uvicorn itself hangs up


def test_a_head_that_comes_drop_by_drop_is_not_waited_for(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "SLOWEST_HEAD", 0.3)

    line.send(HEALTH[:-2], *[b"X: x\r\n"] * 10, b"\r\n", pause=0.1)

    assert line.answer()[0] == 0


def test_the_bound_is_on_heads_alone(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "SLOWEST_HEAD", 0.3)
    post = b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"

    assert line.send(SLOW).answer()[0] == 200  # neither on answers
    assert line.send(post + b"ab", b"cd", pause=0.5).answer()[0] == 404  # nor on bodies
    assert line.send(HEALTH[:9], HEALTH[9:]).answer()[0] == 200
    time.sleep(0.5)
    assert line.send(HEALTH).answer()[0] == 200  # nor on what lies between two requests


def test_an_answer_is_not_cut_off_by_a_head_that_waits_behind_it(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "SLOWEST_HEAD", 0.3)

    line.send(SLOW + HEALTH + HEALTH[:9])

    assert line.statuses(3) == [200, 200, 0]


# --- requests one after the other ---


def test_requests_sent_together_are_answered_in_their_order(line: Line) -> None:
    requests = [
        SLOW,
        VOCABULARY,
        NOTHING,
        HEALTH,
        b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        HEALTH,
    ]

    line.send(b"".join(requests))

    answers = [line.answer() for _request in requests]
    assert [status for status, _body in answers] == [200, 200, 404, 200, 404, 200]
    assert [b"troop_estimate" in body for _status, body in answers] == [False, True, False, False, False, False]


def test_a_connection_is_kept_for_many_requests_and_closed_when_asked(line: Line) -> None:
    for number in range(50):
        assert line.send(HEALTH if number % 2 else NOTHING).answer()[0] == (200 if number % 2 else 404)

    assert line.send(HEALTH[:-2] + b"Connection: close\r\n\r\n").answer()[0] == 200
    assert line.answer() == (0, b"")


# --- bodies in chunks ---

SOURCE = b'{"name": "A ministry", "kind": "government"}'


def chunked(editor: bytes, *parts: bytes) -> bytes:
    head = b"POST /api/v1/sources HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + editor
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts)


def test_a_body_may_come_in_chunks(line: Line, editor: bytes) -> None:
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (SOURCE[:10], SOURCE[10:])]

    line.send(chunked(editor), *chunks, b"0\r\n\r\n", HEALTH)

    assert line.statuses(2) == [201, 200]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize(
    "parts",
    [
        (b"ZZZ\r\n",),
        (b"-1\r\n",),
        (b"5\r\n{}\r\n0\r\n\r\n",),
        (b"2\r\n{}XX0\r\n\r\n",),
        (b"fffffffffffffffffff\r\n{}",),
        (b"2\r\n{}\r\n", b"nonsense\r\n"),
        (b"2\r\n{}\r\n", b"0\r\nnot a trailer\r\n\r\n"),
    ],
)
def test_malformed_chunks_are_refused(
    line: Line, editor: bytes, parts: tuple[bytes, ...], keyed: bool, together: bool
) -> None:
    request = chunked(editor if keyed else b"", parts[0])
    sent = (request, *parts[1:])

    line.send(*([b"".join(sent)] if together else sent), pause=0.1)

    # Without a key nothing of the body is waited for.
    first = line.answer()[0]
    assert first in ((400,) if keyed else (400, 401))
    assert line.answer()[0] in (0, 400)


def test_who_hangs_up_amid_a_body_leaves_no_trace(line: Line, editor: bytes) -> None:
    line.send(chunked(editor, b"5\r\n{"))
    time.sleep(0.1)

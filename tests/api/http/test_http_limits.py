"""HTTP on the wire: limits on request heads, pipelining, keep-alive and chunked bodies.

The tests run on SQLite only, because the engine makes no difference. tests/cli/test_cli.py sends malformed requests.
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
from tests.support.desk import issue_key_headers

pytestmark = pytest.mark.slow

HEALTH = b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n"
VOCABULARY = b"GET /api/v1/vocabulary HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
NOTHING = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW_SECONDS = 0.8
MAX_HEAD_BYTES = 65_536


class Connection:
    """A TCP connection on which a test sends bytes and reads the responses one by one."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._read = b""

    def send(self, *parts: bytes, pause: float = 0.05) -> "Connection":
        """Send each part on its own, with a pause between them. Ignore that the server has closed the connection."""
        for number, part in enumerate(parts):
            if number:
                time.sleep(pause)
            with suppress(ConnectionError):
                self.socket.sendall(part)
        return self

    def read_response(self) -> tuple[int, bytes]:
        """Status and body of the next response; status 0 if the server closed the connection instead."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                return 0, self._read
        build_head, _end, self._read = self._read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", build_head)
        assert length is not None, build_head
        while len(self._read) < int(length[1]):
            assert self._more(), "the server closed the connection in the middle of a body"
        body, self._read = self._read[: int(length[1])], self._read[int(length[1]) :]
        return int(build_head.split()[1]), body

    def statuses(self, count: int) -> list[int]:
        return [self.read_response()[0] for _number in range(count)]

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
    key = issue_key_headers(database, Role.EDITOR)["Authorization"]
    database.close()
    return f"Authorization: {key}\r\n".encode()


@pytest.fixture(scope="module")
def port(url: str) -> Iterator[int]:
    """The port of a running service, with its HTTP protocol class and an additional slow path `/slow`."""
    attest = create_app(Settings(database_url=url, secret_key=SecretStr("not secret"), pool_size=2))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/slow":
            await asyncio.sleep(SLOW_SECONDS)
            scope = {**scope, "path": "/api/v1/health", "raw_path": b"/api/v1/health"}
        await attest(scope, receive, send)

    config = uvicorn.Config(
        app, port=0, http=http_limits.LimitedHttpProtocol, ws="none", lifespan="on", access_log=False, log_config=None
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
def connection(port: int, caplog: pytest.LogCaptureFixture) -> Iterator[Connection]:
    """A connection. After the test, the service must still answer and must have logged no error."""
    with caplog.at_level(logging.WARNING):
        opened = Connection(port)
        yield opened
        opened.socket.close()
        # Even if the client disconnected in the middle of a request.
        later = Connection(port).send(HEALTH)
        assert later.statuses(1) == [200]
        later.socket.close()
    for entry in caplog.records:
        assert entry.levelno < logging.ERROR, entry.getMessage()
        assert entry.exc_info is None, entry.getMessage()


# --- heads ---


def build_head(size: int, *, at_once: bool = True) -> bytes:
    """A request whose path and headers have this size in bytes, with one long header or many short ones."""
    fixed_size = len(b"/api/v1/health") + len(b"Host") + len(b"a")
    remaining = size - fixed_size
    short_headers = (
        [b"X-%03d: %s\r\n" % (number, b"x" * 95) for number in range(remaining // 100)] if not at_once else []
    )
    long_header_size = remaining - 100 * len(short_headers)
    return HEALTH[:-2] + b"".join(short_headers) + b"X: " + b"x" * (long_header_size - 1) + b"\r\n\r\n"


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("excess", "status"), [(0, 200), (1, 400), (100_000, 400), (2_000_000, 400)])
def test_a_request_head_has_at_most_64_kib(connection: Connection, at_once: bool, excess: int, status: int) -> None:
    connection.send(build_head(MAX_HEAD_BYTES + excess, at_once=at_once))

    assert connection.read_response()[0] in ((status, 0) if excess > 100_000 else (status,))
    assert connection.send(HEALTH).read_response()[0] == (200 if status == 200 else 0)


def test_an_endless_head_is_refused_at_the_limit(connection: Connection) -> None:
    connection.send(HEALTH[:-2], *[b"X: " + b"x" * 20_000 + b"\r\n"] * 6)

    assert connection.read_response()[0] == 400
    assert connection.read_response() == (0, b"")


def test_a_head_may_arrive_in_pieces(connection: Connection) -> None:
    connection.send(*(HEALTH[place : place + 7] for place in range(0, len(HEALTH), 7)))

    assert connection.read_response()[0] == 200


def test_the_bytes_of_a_body_do_not_count_as_head(connection: Connection) -> None:
    body = b"x" * (MAX_HEAD_BYTES + 1)
    long = b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    connection.send(long + HEALTH[:20], HEALTH[20:], pause=0.3)

    assert connection.statuses(2) == [404, 200]


@pytest.mark.parametrize(
    ("parts", "complete"),
    [
        ([b"GET /api"], 0),
        ([HEALTH[:-2]], 0),
        ([HEALTH + HEALTH[:-2]], 1),
        ([HEALTH[:9], HEALTH[9:], HEALTH[:9]], 1),  # after a complete request that arrived in two parts
    ],
)
def test_an_incomplete_head_times_out(
    connection: Connection, parts: list[bytes], complete: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert http_limits.MAX_HEAD_SECONDS == 30
    monkeypatch.setattr(http_limits, "MAX_HEAD_SECONDS", 0.3)
    connection.send(*parts)
    start = time.monotonic()

    assert connection.statuses(complete + 1) == [200] * complete + [0]
    assert 0.2 < time.monotonic() - start < 3  # after 5 seconds without data uvicorn closes the connection anyway


def test_a_head_that_arrives_too_slowly_times_out(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "MAX_HEAD_SECONDS", 0.3)

    connection.send(HEALTH[:-2], *[b"X: x\r\n"] * 10, b"\r\n", pause=0.1)

    assert connection.read_response()[0] == 0


def test_the_timeout_applies_only_to_heads(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "MAX_HEAD_SECONDS", 0.3)
    post = b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"

    assert connection.send(SLOW).read_response()[0] == 200  # not to slow responses
    assert connection.send(post + b"ab", b"cd", pause=0.5).read_response()[0] == 404  # not to slow bodies
    assert connection.send(HEALTH[:9], HEALTH[9:]).read_response()[0] == 200
    time.sleep(0.5)
    assert connection.send(HEALTH).read_response()[0] == 200  # not to the time between two requests


def test_a_pipelined_incomplete_head_does_not_cut_off_earlier_responses(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_limits, "MAX_HEAD_SECONDS", 0.3)

    connection.send(SLOW + HEALTH + HEALTH[:9])

    assert connection.statuses(3) == [200, 200, 0]


# --- several requests on one connection ---


def test_pipelined_requests_are_answered_in_order(connection: Connection) -> None:
    requests = [
        SLOW,
        VOCABULARY,
        NOTHING,
        HEALTH,
        b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        HEALTH,
    ]

    connection.send(b"".join(requests))

    responses = [connection.read_response() for _request in requests]
    assert [status for status, _body in responses] == [200, 200, 404, 200, 404, 200]
    assert [b"troop_estimate" in body for _status, body in responses] == [False, True, False, False, False, False]


def test_a_connection_is_kept_alive_until_the_client_asks_to_close_it(connection: Connection) -> None:
    for number in range(50):
        assert connection.send(HEALTH if number % 2 else NOTHING).read_response()[0] == (200 if number % 2 else 404)

    assert connection.send(HEALTH[:-2] + b"Connection: close\r\n\r\n").read_response()[0] == 200
    assert connection.read_response() == (0, b"")


# --- chunked bodies ---

SOURCE = b'{"name": "A ministry", "kind": "government"}'


def chunked_request(editor: bytes, *parts: bytes) -> bytes:
    build_head = b"POST /api/v1/sources HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + editor
    return build_head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts)


def test_a_body_may_be_sent_in_chunks(connection: Connection, editor: bytes) -> None:
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (SOURCE[:10], SOURCE[10:])]

    connection.send(chunked_request(editor), *chunks, b"0\r\n\r\n", HEALTH)

    assert connection.statuses(2) == [201, 200]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("has_key", [True, False])
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
    connection: Connection, editor: bytes, parts: tuple[bytes, ...], has_key: bool, at_once: bool
) -> None:
    request = chunked_request(editor if has_key else b"", parts[0])
    sent_parts = (request, *parts[1:])

    connection.send(*([b"".join(sent_parts)] if at_once else sent_parts), pause=0.1)

    # Without a key the service responds before it has read the body.
    first = connection.read_response()[0]
    assert first in ((400,) if has_key else (400, 401))
    assert connection.read_response()[0] in (0, 400)


def test_a_client_that_disconnects_during_a_body_causes_no_error(connection: Connection, editor: bytes) -> None:
    connection.send(chunked_request(editor, b"5\r\n{"))
    time.sleep(0.1)

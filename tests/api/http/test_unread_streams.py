"""Readers that do not read, and senders that do not stop: through a running service, on both engines."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import httpx2 as httpx
import pytest
import uvicorn
from pydantic import SecretStr

from app.api.http import http_limits, streams
from app.db.engine import Database
from app.main import create_app
from app.settings import Settings
from app.vocabulary import Role
from tests.support.desk import issue_key_headers

pytestmark = pytest.mark.slow

UNREAD = 40
"""More than there are connections in the pool, with its overflow, of a service with `pool_size` 4."""

PUBLISHED = {"stage": "published"}


@pytest.fixture
def port(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a service whose export, of a few hundred claims, is too long for the buffers on its way."""
    monkeypatch.setattr(streams, "WHOLE_BYTES", 1)
    monkeypatch.setattr(streams, "SLOT_WAIT", 0.05)
    monkeypatch.setattr(http_limits, "LINGER_SECONDS", 0.3)
    config = Settings(database_url=url, secret_key=SecretStr("not secret"), pool_size=4, max_streams=3)
    app = create_app(config)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, http=http_limits.LimitedHttpProtocol, ws="none", lifespan="on", log_config=None)
    )
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def client(port: int) -> Iterator[httpx.Client]:
    """A client of that service that gives up after a few seconds."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=5) as opened:
        yield opened


def open_unread(port: int, path: str) -> socket.socket:
    """Ask for a path and read nothing."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the kernel would take it all
    opened.connect(("127.0.0.1", port))
    opened.sendall(f"GET /api/v1{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return opened


def record_long_claims(client: httpx.Client, database: Database) -> None:
    """Record claims of about 2 MB."""
    lines = "".join(
        json.dumps({"record": "claim", "kind": "other", "statement": f"S{number} " + "s" * 1_900, **PUBLISHED}) + "\n"
        for number in range(2_000)
    )
    answer = client.post(
        "/imports?format=attest_json&strict=true",
        content=lines,
        headers=issue_key_headers(database, Role.EDITOR),
        timeout=120,
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["/export?format=attest_json", "/citations?format=csl_json"])
def test_unread_streams_leave_connections_for_everybody_else(
    port: int, client: httpx.Client, database: Database, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_long_claims(client, database)
    monkeypatch.setattr(http_limits, "MAX_STALL_SECONDS", 3)
    unread = [open_unread(port, path) for _number in range(UNREAD)]
    time.sleep(1)
    for short in ("/health", "/claims?limit=1"):
        assert client.get(short).status_code == 200, short
    refused = client.get(path)
    assert refused.status_code == 503, refused.text[:300]
    assert refused.headers["Retry-After"] == "10"
    assert refused.headers["Content-Type"] == "application/problem+json"
    time.sleep(3.5)  # the stalled readers are broken off, and their places are free again
    assert client.get(path).status_code == 200
    for opened in unread:
        opened.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST /api/v1/claims HTTP/1.1\r\nContent-Length: 150000000", 401),
        ("POST /api/v1/imports HTTP/1.1\r\nContent-Length: 50000000\r\nAuthorization: Bearer attest_x_y", 401),
        ("POST /nowhere HTTP/1.1\r\nContent-Length: 50000000", 404),
        ("DELETE /api/v1/claims HTTP/1.1\r\nContent-Length: 50000000", 405),
        ("POST /api/v1/claims HTTP/1.1\r\nTransfer-Encoding: chunked", 401),
    ],
)
def test_the_body_of_a_refused_request_is_not_read(port: int, head: str, status: int) -> None:
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"{head}\r\nHost: a\r\nContent-Type: application/json\r\n\r\n".encode())
        assert int(connection.recv(65_536).split()[1]) == status
        with suppress(ConnectionError):
            while sent < 100_000_000:
                sent += connection.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
    assert sent < 20_000_000  # what the buffers of both ends hold

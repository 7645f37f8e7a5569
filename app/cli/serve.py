"""`attest serve`: the API."""

import gc
import socket
from typing import Annotated

import typer

from app.cli.output import database, fail, say


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; ATTEST_HOST unless given.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; ATTEST_PORT unless given.")] = None,
) -> None:
    """Serve the API and its documentation.

    The first start prints an administrator's key, once.

    Example: [bold]ATTEST_PORT=8080 attest serve[/bold]
    """
    # What a start makes is there to stay, and looking through it for garbage would take a tenth of the time.
    gc.disable()
    import uvicorn

    from app import settings
    from app.db import migrate
    from app.services.log import recorder
    from app.services.people import keys

    chosen = settings.load()
    with database() as opened:
        if migrate.current_revision(opened) != migrate.head_revision():
            fail("The database is not at this version. Run: attest db upgrade")
        with opened.writing() as connection:
            first = keys.issue_first(connection)
        recorder.catch_up(opened)
    if first is not None:
        say("Administrator's key, shown this once; keep it safe:")
        typer.echo(f"\n    {first}\n")
    address, number = host or chosen.host, chosen.port if port is None else port
    _check_free(address, number)
    say(f"Attest serves on http://{address}:{number} (API: /api/v1/claims, documentation: /docs)")
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=address,
        port=number,
        log_level=chosen.log_level,
        access_log=False,  # addresses of readers and what they search for are nobody's business
        server_header=False,
        # Who asks is told by the connection, unless that is one of a proxy of our own.
        proxy_headers=bool(chosen.trusted_proxies),
        forwarded_allow_ips=chosen.trusted_proxies,
        http="app.api.http.http_limits:BoundedHttp",
        lifespan="on",
        ws="none",
        timeout_keep_alive=5,
        limit_concurrency=1_000,
        timeout_graceful_shutdown=10,
    )


def _check_free(address: str, port: int) -> None:
    """End, and say why, where nothing can be served: uvicorn would say so after it was announced, and end with 3."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except (OSError, OverflowError) as error:
        fail(f"{address}:{port}: {error}. Serve elsewhere: --port, --host, ATTEST_PORT, ATTEST_HOST.")

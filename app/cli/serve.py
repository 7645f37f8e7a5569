"""`attest serve`: run the web service."""

import gc
import socket
from typing import Annotated

import typer

from app.cli.output import fail, open_database, print_text


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. The default is the value of ATTEST_HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on. The default is the value of ATTEST_PORT.")
    ] = None,
) -> None:
    """Serve the API and its documentation.

    On the first start it prints the key of an administrator, which is shown only once.

    Example: [bold]ATTEST_PORT=8080 attest serve[/bold]
    """
    # Objects created at startup live as long as the process, and collecting among them would take a tenth of the
    # startup time. The application enables the collector again.
    gc.disable()
    import uvicorn

    from app import settings
    from app.db import migrate
    from app.services.log import recorder
    from app.services.people import keys

    config = settings.load()
    with open_database() as database:
        if migrate.current_revision(database) != migrate.head_revision():
            fail("The database does not match this version of Attest. Run: attest db upgrade")
        with database.writing() as connection:
            first_key = keys.issue_first(connection)
        recorder.catch_up(database)
    if first_key is not None:
        print_text("This is the administrator's key. It is shown only once, so keep it safe:")
        typer.echo(f"\n    {first_key}\n")
    host, port = host or config.host, config.port if port is None else port
    _check_port(host, port)
    print_text(f"Attest is starting on http://{host}:{port} (API: /api/v1/claims, documentation: /docs)")
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        log_level=config.log_level,
        access_log=False,  # it would contain the addresses of readers and what they search for
        server_header=False,
        # Trust X-Forwarded-For only from the configured proxies.
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=config.trusted_proxies,
        http="app.api.http.http_limits:LimitedHttpProtocol",
        lifespan="on",
        ws="none",
        timeout_keep_alive=5,
        limit_concurrency=1_000,
        timeout_graceful_shutdown=10,
    )


def _check_port(host: str, port: int) -> None:
    """Exit with a message if the port is not available.

    Uvicorn would report that only after the address has been announced, and exit with code 3.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        fail(
            f"Attest cannot listen on {host}:{port}: {error}. Choose another address with --host and --port, or with "
            "ATTEST_HOST and ATTEST_PORT."
        )

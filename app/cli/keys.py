"""`attest keys`: issue, list and revoke keys to the API."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from app.cli.output import AsJson, console, database, print_json, say
from app.vocabulary import Role

app = typer.Typer(help="Issue, list and revoke keys to the API.", no_args_is_help=True)


@app.command()
def create(
    byline: Annotated[str, typer.Argument(help="Public name or pseudonym of whoever holds it.")],
    role: Annotated[Role, typer.Option(help="What the holder may do.")] = Role.READER,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it expires; never unless given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a key; it is shown this once.

    Example: [bold]attest keys create "Desk 3" --role fact_checker --days 90[/bold]
    """
    from app import clock
    from app.services import keys

    expires: datetime | None = None if days is None else clock.now() + timedelta(days=days)
    with database() as opened, opened.writing() as connection:
        info, key = keys.issue(connection, byline, role, expires)
    if as_json:
        print_json({**asdict(info), "key": key})
    else:
        say(f"Key {info.id} for {byline} ({role}), shown this once; keep it safe:")
        typer.echo(f"\n    {key}\n")


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys; their secrets are not stored.

    Example: [bold]attest keys list --json[/bold]
    """
    from rich.table import Column, Table
    from rich.text import Text

    from app.services import keys

    with database() as opened, opened.reading() as connection:
        found = keys.list_all(connection)
    if as_json:
        print_json([asdict(info) for info in found])
        return
    table = Table(Column("id", no_wrap=True), "begins with", "byline", "role", "issued", "expires", "revoked")
    for info in found:
        dates = (info.created_at, info.expires_at, info.revoked_at)
        table.add_row(
            info.id,
            f"attest_{info.handle}_…",
            Text(info.byline),  # in a string a table would read [brackets] as markup
            info.role,
            *(f"{day:%Y-%m-%d}" if day else "" for day in dates),
        )
    console().print(table)


@app.command()
def revoke(identifier: Annotated[str, typer.Argument(help="Identifier of the key: key_…")]) -> None:
    """End a key at once.

    Example: [bold]attest keys revoke key_01jhf3m8w5k6v0x2s9r7q4t1ya[/bold]
    """
    from app.services import keys

    with database() as opened, opened.writing() as connection:
        keys.revoke(connection, identifier)
    say(f"Revoked {identifier}.")

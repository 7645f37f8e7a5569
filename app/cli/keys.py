"""`attest keys`: issue, list, rotate and revoke keys to the API."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.output import AsJson, checked, console, database, desk, print_json, say
from app.vocabulary import Role, Scope

if TYPE_CHECKING:
    from app.schemas.key import KeyIssued

app = typer.Typer(help="Issue, list, rotate and revoke keys to the API.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(help="Identifier of the key: key_…")]


@app.command()
def create(
    byline: Annotated[str, typer.Argument(help="Whose key. Somebody new is entered, as with attest people create.")],
    role: Annotated[
        Role | None, typer.Option(help="What the holder may do with it; all that they may unless given.")
    ] = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may be used for, may be repeated; all of it unless given.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it expires; never unless given.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a key; it is shown this once.

    Example: [bold]attest keys create "Desk 3" --role fact_checker --scope read --scope record --days 90[/bold]
    """
    from app import clock
    from app.schemas.key import KeyCreate
    from app.services.people import keys

    expires: datetime | None = None if days is None else clock.now() + timedelta(days=days)
    # As the API would take it: what is typed is checked before anybody is entered.
    asked = checked(KeyCreate, {"person": byline, "scopes": scope or None, "label": label})
    with database() as opened, opened.writing() as connection:
        key, _secret = keys.issue(connection, byline, role, expires, scopes=asked.scopes, label=asked.label)
    _tell(key, as_json, f"Key {key.id} for {byline} ({key.role}), shown this once; keep it safe:")


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys; their secrets are not stored.

    Example: [bold]attest keys list --json[/bold]
    """
    from rich.table import Column, Table
    from rich.text import Text

    from app.services.people import keys

    with database() as opened, opened.reading() as connection:
        found = keys.read_all(connection, desk())
    if as_json:
        print_json([key.model_dump() for key in found])
        return
    table = Table(
        Column("id", no_wrap=True), "begins with", "byline", "role", "for", "issued", "expires", "revoked", "last used"
    )
    for key in found:
        dates = (key.created_at, key.expires_at, key.revoked_at, key.last_used_at)
        table.add_row(
            key.id,
            f"attest_{key.handle}_…",
            Text(key.byline),  # in a string a table would read [brackets] as markup
            key.role,
            Text(key.label or ", ".join(key.scopes)),
            *(f"{day:%Y-%m-%d}" if day else "" for day in dates),
        )
    console().print(table)


@app.command()
def rotate(
    identifier: Which,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=168, help="Hours for which the old key works beside the new one.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Replace a key by a new one with the same powers; it is shown this once.

    Example: [bold]attest keys rotate key_01jhf3m8w5k6v0x2s9r7q4t1ya --overlap-hours 24[/bold]
    """
    from app.services.people import keys

    with database() as opened, opened.writing() as connection:
        key = keys.rotate(connection, desk(), identifier, timedelta(hours=overlap_hours))
    ends = f"in {overlap_hours} hours" if overlap_hours else "now"
    _tell(key, as_json, f"Key {key.id} in place of {identifier}, which ends {ends}; shown this once, keep it safe:")


@app.command()
def revoke(identifier: Which) -> None:
    """End a key at once.

    Example: [bold]attest keys revoke key_01jhf3m8w5k6v0x2s9r7q4t1ya[/bold]
    """
    from app.services.people import keys

    with database() as opened, opened.writing() as connection:
        keys.revoke(connection, desk(), identifier)
    say(f"Revoked {identifier}.")


def _tell(key: "KeyIssued", as_json: bool, text: str) -> None:
    if as_json:
        print_json(key.model_dump())
    else:
        say(text)
        typer.echo(f"\n    {key.key}\n")

"""`attest keys`: issue, list, rotate and revoke API keys."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.output import JsonOption, console, open_database, plural, print_json, print_text, superuser, validated
from app.vocabulary import Role, Scope

if TYPE_CHECKING:
    from app.schemas.key import KeyIssued

app = typer.Typer(help="Issue, list, rotate and revoke API keys.", no_args_is_help=True)

KeyArgument = Annotated[str, typer.Argument(help="Identifier of the key: key_…")]


@app.command()
def create(
    byline: Annotated[
        str,
        typer.Argument(
            help="Byline of the holder. If nobody has it, the person is added, as with attest people create."
        ),
    ],
    role: Annotated[Role | None, typer.Option(help="Role of the key. The default is the role of the holder.")] = None,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="Scope of the key. The default is all scopes that the role allows. Can be repeated."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until the key expires. By default it never expires.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="What the key is for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Issue a key. It is shown only once.

    Example: [bold]attest keys create "Desk 3" --role fact_checker --scope read --scope record --days 90[/bold]
    """
    from app import clock
    from app.schemas.key import KeyCreate
    from app.services.people import keys

    expires_at: datetime | None = None if days is None else clock.now() + timedelta(days=days)
    # Validated before the holder is added.
    fields = validated(KeyCreate, {"person": byline, "scopes": scope or None, "label": label})
    with open_database() as database, database.writing() as connection:
        key, _secret = keys.issue(connection, byline, role, expires_at, scopes=fields.scopes, label=fields.label)
    _print_key(key, as_json, f"Key {key.id} for {byline} ({key.role}). It is shown only once, so keep it safe:")


@app.command("list")
def list_keys(as_json: JsonOption = False) -> None:
    """List all keys; their secrets are not stored.

    Example: [bold]attest keys list --json[/bold]
    """
    from rich.table import Column, Table
    from rich.text import Text

    from app.services.people import keys

    with open_database() as database, database.reading() as connection:
        listed = keys.read_all(connection, superuser())
    if as_json:
        print_json([key.model_dump() for key in listed])
        return
    table = Table(
        Column("id", no_wrap=True),
        "begins with",
        "byline",
        "role",
        "scopes",
        "label",
        "issued",
        "expires",
        "revoked",
        "last used",
    )
    for key in listed:
        dates = (key.created_at, key.expires_at, key.revoked_at, key.last_used_at)
        table.add_row(
            key.id,
            f"attest_{key.handle}_…",
            Text(key.byline),  # a Text object, because rich would read [brackets] in a string as markup
            key.role,
            ", ".join(key.scopes),
            Text(key.label or ""),
            *(f"{day:%Y-%m-%d}" if day else "" for day in dates),
        )
    console().print(table)


@app.command()
def rotate(
    identifier: KeyArgument,
    overlap_hours: Annotated[int, typer.Option(min=0, max=168, help="Hours for which the old key stays valid.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Replace a key with a new one that has the same role and scopes. The new key is shown only once.

    Example: [bold]attest keys rotate key_01jhf3m8w5k6v0x2s9r7q4t1ya --overlap-hours 24[/bold]
    """
    from app.services.people import keys

    with open_database() as database, database.writing() as connection:
        key = keys.rotate(connection, superuser(), identifier, timedelta(hours=overlap_hours))
    expiry = f"expires in {plural(overlap_hours, 'hour')}" if overlap_hours else "no longer works"
    _print_key(
        key,
        as_json,
        f"Key {key.id} replaces {identifier}, which {expiry}. It is shown only once, so keep it safe:",
    )


@app.command()
def revoke(identifier: KeyArgument) -> None:
    """Revoke a key. It stops working at once.

    Example: [bold]attest keys revoke key_01jhf3m8w5k6v0x2s9r7q4t1ya[/bold]
    """
    from app.services.people import keys

    with open_database() as database, database.writing() as connection:
        keys.revoke(connection, superuser(), identifier)
    print_text(f"Revoked {identifier}.")


def _print_key(key: "KeyIssued", as_json: bool, text: str) -> None:
    if as_json:
        print_json(key.model_dump())
    else:
        print_text(text)
        typer.echo(f"\n    {key.key}\n")

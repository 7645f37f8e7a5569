"""`attest people`: add, list and change people, and deactivate their accounts."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import JsonOption, console, open_database, print_json, print_text, superuser, validated
from app.vocabulary import Role

if TYPE_CHECKING:
    from app.schemas.person import PersonRead

app = typer.Typer(help="Add, list and change people, and deactivate their accounts.", no_args_is_help=True)

PersonArgument = Annotated[str, typer.Argument(help="Byline or identifier (per_…) of the person.")]
NameOption = Annotated[str | None, typer.Option(help="Real name. Only administrators see it.")]
PseudonymOption = Annotated[
    bool | None, typer.Option("--pseudonym/--own-name", help="Whether the byline is a pseudonym or the person's name.")
]


@app.command()
def create(
    byline: Annotated[str, typer.Argument(help="Public name of the person: their own name or a pseudonym.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.READER,
    name: NameOption = None,
    pseudonym: PseudonymOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add a person. They need a key to use the API: attest keys create.

    Example: [bold]attest people create "Desk 3" --role fact_checker --pseudonym --name "Jane Doe"[/bold]
    """
    from app.schemas.person import PersonCreate
    from app.services.people import people

    fields = validated(PersonCreate, {"byline": byline, "role": role, "name": name, "pseudonym": bool(pseudonym)})
    with open_database() as database, database.writing() as connection:
        person = people.read_one(connection, superuser(), people.create(connection, superuser(), fields))
    _print_person(person, as_json, f"Added {person.byline} ({person.role}): {person.id}")


@app.command("list")
def list_people(as_json: JsonOption = False) -> None:
    """List everyone who works or worked with the record.

    Example: [bold]attest people list --json[/bold]
    """
    from rich.table import Column, Table
    from rich.text import Text

    from app.services.people import people

    with open_database() as database, database.reading() as connection:
        listed = people.read_all(connection, superuser())
    if as_json:
        print_json([person.model_dump() for person in listed])
        return
    table = Table(Column("id", no_wrap=True), "byline", "name", "role", "since", "left")
    for person in listed:
        names = (Text(person.byline), Text("(system account)" if person.system else person.name or ""))
        since, left = (f"{day:%Y-%m-%d}" if day else "" for day in (person.created_at, person.left_at))
        table.add_row(person.id, *names, person.role, since, left)
    console().print(table)


@app.command()
def show(who: PersonArgument, as_json: JsonOption = False) -> None:
    """Show a person's account.

    Example: [bold]attest people show "Desk 3"[/bold]
    """
    from app.services.people import people

    with open_database() as database, database.reading() as connection:
        person = people.read_one(connection, superuser(), who)
    lines = [f"{name}: {value}" for name, value in person.model_dump(mode="json").items() if value is not None]
    _print_person(person, as_json, "\n".join(lines))


@app.command()
def change(
    who: PersonArgument,
    byline: Annotated[
        str | None, typer.Option(help="New byline. It also replaces the old one on everything the person did.")
    ] = None,
    role: Annotated[Role | None, typer.Option(help="New role.")] = None,
    name: NameOption = None,
    forget_name: Annotated[bool, typer.Option("--forget-name", help="Delete the real name.")] = False,
    pseudonym: PseudonymOption = None,
    active: Annotated[bool | None, typer.Option("--active", help="Reactivate a deactivated account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Change a person's byline, name or role.

    Example: [bold]attest people change "Desk 3" --role editor[/bold]
    """
    options = {"byline": byline, "role": role, "name": name, "pseudonym": pseudonym, "active": active}
    fields: dict[str, Any] = {field: value for field, value in options.items() if value is not None}
    person = _change(who, {**fields, **({"name": None} if forget_name else {})})
    _print_person(person, as_json, f"Changed {person.byline} ({person.role}).")


@app.command()
def deactivate(who: PersonArgument, as_json: JsonOption = False) -> None:
    """Deactivate a person's account and revoke all their keys at once. What they did stays on record.

    Example: [bold]attest people deactivate "Desk 3"[/bold]
    """
    person = _change(who, {"active": False})
    _print_person(person, as_json, f"Deactivated the account of {person.byline} and revoked all their keys.")


def _change(who: str, fields: dict[str, Any]) -> "PersonRead":
    from app.schemas.person import PersonChange
    from app.services.people import people

    change = validated(PersonChange, fields)
    with open_database() as database, database.writing() as connection:
        return people.read_one(connection, superuser(), people.update_person(connection, superuser(), who, change))


def _print_person(person: "PersonRead", as_json: bool, text: str) -> None:
    if as_json:
        print_json(person.model_dump())
    else:
        print_text(text)

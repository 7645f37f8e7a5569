"""`attest people`: who works with the record, in which role, and until when."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import AsJson, checked, console, database, desk, print_json, say
from app.vocabulary import Role

if TYPE_CHECKING:
    from app.schemas.person import PersonRead

app = typer.Typer(help="Enter, list and change people, and end their accounts.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="Byline, or identifier: per_…")]
Name = Annotated[str | None, typer.Option(help="Who it is; private, for administrators alone.")]
Pseudonym = Annotated[bool | None, typer.Option("--pseudonym/--own-name", help="Whether the byline is not their name.")]


@app.command()
def create(
    byline: Annotated[str, typer.Argument(help="What the public is told of them: their name, or a pseudonym.")],
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.READER,
    name: Name = None,
    pseudonym: Pseudonym = False,
    as_json: AsJson = False,
) -> None:
    """Enter somebody. They get in with a key: attest keys create.

    Example: [bold]attest people create "Desk 3" --role fact_checker --pseudonym --name "Jane Doe"[/bold]
    """
    from app.schemas.person import PersonCreate
    from app.services.people import people

    fields = checked(PersonCreate, {"byline": byline, "role": role, "name": name, "pseudonym": bool(pseudonym)})
    with database() as opened, opened.writing() as connection:
        entered = people.read_one(connection, desk(), people.create(connection, desk(), fields))
    _tell(entered, as_json, f"Entered {entered.byline} ({entered.role}): {entered.id}")


@app.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List everybody who works, or worked, with the record.

    Example: [bold]attest people list --json[/bold]
    """
    from rich.table import Column, Table
    from rich.text import Text

    from app.services.people import people

    with database() as opened, opened.reading() as connection:
        found = people.read_all(connection, desk())
    if as_json:
        print_json([one.model_dump() for one in found])
        return
    table = Table(Column("id", no_wrap=True), "byline", "name", "role", "since", "left")
    for one in found:
        names = (Text(one.byline), Text("(the program itself)" if one.system else one.name or ""))
        since, left = (f"{day:%Y-%m-%d}" if day else "" for day in (one.created_at, one.left_at))
        table.add_row(one.id, *names, one.role, since, left)
    console().print(table)


@app.command()
def show(who: Who, as_json: AsJson = False) -> None:
    """Show somebody's account.

    Example: [bold]attest people show "Desk 3"[/bold]
    """
    from app.services.people import people

    with database() as opened, opened.reading() as connection:
        found = people.read_one(connection, desk(), who)
    lines = [f"{name}: {value}" for name, value in found.model_dump(mode="json").items() if value is not None]
    _tell(found, as_json, "\n".join(lines))


@app.command()
def change(
    who: Who,
    byline: Annotated[str | None, typer.Option(help="Another byline, for all that they ever did.")] = None,
    role: Annotated[Role | None, typer.Option(help="What they may do from now on.")] = None,
    name: Name = None,
    forget_name: Annotated[bool, typer.Option("--forget-name", help="Remove the private name.")] = False,
    pseudonym: Pseudonym = None,
    active: Annotated[bool | None, typer.Option("--active", help="Open an account again that was ended.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change somebody's byline, name or role.

    Example: [bold]attest people change "Desk 3" --role editor[/bold]
    """
    given = {"byline": byline, "role": role, "name": name, "pseudonym": pseudonym, "active": active}
    fields: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    changed = _change(who, {**fields, **({"name": None} if forget_name else {})})
    _tell(changed, as_json, f"Changed {changed.byline} ({changed.role}).")


@app.command()
def deactivate(who: Who, as_json: AsJson = False) -> None:
    """End somebody's account: their keys are revoked at once. What they did stays on record.

    Example: [bold]attest people deactivate "Desk 3"[/bold]
    """
    changed = _change(who, {"active": False})
    _tell(changed, as_json, f"{changed.byline} is out, and all their keys are revoked.")


def _change(who: str, fields: dict[str, Any]) -> "PersonRead":
    from app.schemas.person import PersonChange
    from app.services.people import people

    change = checked(PersonChange, fields)
    with database() as opened, opened.writing() as connection:
        return people.read_one(connection, desk(), people.change(connection, desk(), who, change))


def _tell(person: "PersonRead", as_json: bool, text: str) -> None:
    if as_json:
        print_json(person.model_dump())
    else:
        say(text)

"""`attest db`: bring the database to this version, and check it."""

import typer

from app.cli.output import AsJson, database, fail, print_json, say

app = typer.Typer(help="Migrate and check the database.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Migrate the database to this version of Attest; makes it if there is none.

    Example: [bold]attest db upgrade[/bold]
    """
    from app.db import migrate
    from app.services.log import recorder

    with database() as opened:
        before = migrate.current_revision(opened)
        migrate.upgrade(opened)
        after = migrate.current_revision(opened)
        logged = recorder.catch_up(opened)
    say(f"The database is at {after}." if before == after else f"Migrated from {before or 'nothing'} to {after}.")
    if logged:
        say(f"{logged} changes from before were taken into the log.")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Check that the database is at this version and agrees with the models; exit 1 if not.

    Example: [bold]attest db check --json[/bold]
    """
    from app import models  # noqa: F401 - makes every table known
    from app.db import migrate
    from app.db.schema import Base

    with database() as opened:
        current, head = migrate.current_revision(opened), migrate.head_revision()
        differences = migrate.drift(opened, Base.metadata) if current == head else []
    if as_json:
        print_json({"current": current, "head": head, "differences": differences})
    if current != head:
        fail(f"The database is at {current or 'nothing'}, this version needs {head}. Run: attest db upgrade")
    if differences:
        fail("The database differs from the models:\n" + "\n".join(differences))
    if not as_json:
        say(f"The database is at {current} and agrees with the models.")

"""`attest db`: migrate and check the database."""

import typer

from app.cli.output import JsonOption, fail, open_database, plural, print_json, print_text

app = typer.Typer(help="Migrate and check the database.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Migrate the database to this version of Attest. Create it if it does not exist.

    Example: [bold]attest db upgrade[/bold]
    """
    from app.db import migrate
    from app.services.changes import change_effects
    from app.services.core import equality_keys
    from app.services.log import recorder

    with open_database() as database:
        before = migrate.current_revision(database)
        migrate.upgrade(database)
        after = migrate.current_revision(database)
        if before is not None and before < change_effects.LAST_DERIVED_REVISION:
            with database.writing() as connection:
                change_effects.rebuild(connection)
        added = recorder.catch_up(database)
        with database.writing() as connection:
            equality_keys.build_missing(connection)
    if before is None:
        print_text(f"Created the database at version {after}.")
    elif before == after:
        print_text(f"The database is already at version {after}.")
    else:
        print_text(f"Migrated the database from version {before} to {after}.")
    if added:
        print_text(f"Added {plural(added, 'earlier change')} to the log.")


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Check that the database is at this version and matches the models. Exit with code 1 if not.

    Example: [bold]attest db check --json[/bold]
    """
    from app import models  # noqa: F401 - registers every table
    from app.db import migrate
    from app.db.schema import Base

    with open_database() as database:
        current, head = migrate.current_revision(database), migrate.head_revision()
        differences = migrate.drift(database, Base.metadata) if current == head else []
    if as_json:
        print_json({"current": current, "head": head, "differences": differences})
    if current != head:
        state = f"is at version {current}" if current else "has not been created"
        fail(f"The database {state}, but this version of Attest needs {head}. Run: attest db upgrade")
    if differences:
        fail("The database differs from the models:\n" + "\n".join(differences))
    if not as_json:
        print_text(f"The database is at version {current} and matches the models.")


@app.command()
def rebuild_counters() -> None:
    """Recompute the counters behind facets, and which decisions are stale, after rows were changed outside Attest.

    Example: [bold]attest db rebuild-counters[/bold]
    """
    from app.services.changes import change_effects

    with open_database() as database, database.writing() as connection:
        change_effects.rebuild(connection)
    print_text("Recomputed the counters of all claims and their stale decisions, for the present and the past.")

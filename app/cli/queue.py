"""`attest queue`: claims that are waiting for a decision, and why."""

from typing import Annotated

import typer

from app.cli.output import JsonOption, console, open_database, print_json, print_text, superuser, validated


def queue(
    reason: Annotated[
        list[str] | None, typer.Option(help="Only claims in the queue for this reason. Can be repeated.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Kind of claim. Can be repeated.")] = None,
    topic: Annotated[str | None, typer.Option(help="Topic of the claim (id or key).")] = None,
    stage: Annotated[
        list[str] | None, typer.Option(help="Editorial stage. The default is in_review and published. Can be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Maximum number of claims to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List claims that need a decision, the most urgent first, with the reasons for each.

    Example: [bold]attest queue --reason contradicted --reason stale --limit 10[/bold]
    """
    from rich.table import Table
    from rich.text import Text

    from app.schemas.desk.queue import QueueQuery
    from app.services.core.cursors import Cursors
    from app.services.desk import queue as queues

    fields = {"reason": reason, "kind": kind, "topic": topic, "stage": stage, "limit": limit}
    query = validated(QueueQuery, {name: value for name, value in fields.items() if value not in (None, [])})
    with open_database() as database, database.reading() as connection:
        page = queues.read_page(connection, query, superuser(), Cursors("unused: the command line has no cursors"))
    if as_json:
        print_json([item.model_dump(mode="json") for item in page.items])
        return
    table = Table("points", "id", "status", "statement", "reasons", "taken by")
    for item in page.items:
        reasons = "\n".join(
            f"{entry.points:>3} {entry.reason.replace('_', ' ')}: {entry.detail}" for entry in item.reasons
        )
        cells = str(item.score), item.claim.id, item.claim.status, item.claim.statement, reasons, item.taken_by or ""
        # Text objects, because rich would read [brackets] in strings as markup.
        table.add_row(*map(Text, cells))
    console().print(table)
    if not page.complete:
        print_text("More claims may be waiting: for each reason only the newest candidates were considered.")

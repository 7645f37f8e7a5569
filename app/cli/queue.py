"""`attest queue`: what waits for a decision, and why."""

from typing import Annotated

import typer

from app.cli.output import AsJson, checked, console, database, desk, print_json, say


def queue(
    reason: Annotated[list[str] | None, typer.Option(help="They wait for this reason; may be given again.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="What they are about; may be given again.")] = None,
    topic: Annotated[str | None, typer.Option(help="The question that they answer (id or key).")] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Stage; in_review and published unless given.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List claims that need a decision, the most pressing first, each with its reasons.

    Example: [bold]attest queue --reason contradicted --reason stale --limit 10[/bold]
    """
    from rich.table import Table
    from rich.text import Text

    from app.schemas.desk.queue import QueueQuery
    from app.services.core.cursors import Cursors
    from app.services.desk import queue as queues

    asked = {"reason": reason, "kind": kind, "topic": topic, "stage": stage, "limit": limit}
    query = checked(QueueQuery, {name: value for name, value in asked.items() if value not in (None, [])})
    with database() as opened, opened.reading() as connection:
        page = queues.page_of(connection, query, desk(), Cursors("the command line gives no cursors"))
    if as_json:
        print_json([item.model_dump(mode="json") for item in page.items])
        return
    table = Table("points", "id", "status", "statement", "why", "with")
    for item in page.items:
        why = "\n".join(f"{one.points:>3} {one.reason.replace('_', ' ')}: {one.detail}" for one in item.reasons)
        cells = str(item.score), item.claim.id, item.claim.status, item.claim.statement, why, item.taken_by or ""
        # Texts, not strings: in a string a table would read [brackets] as markup.
        table.add_row(*map(Text, cells))
    console().print(table)
    if not page.complete:
        say("More may wait: of each reason only the newest were looked at.")

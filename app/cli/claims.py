"""`attest claim`: look at claims."""

from typing import Annotated, Any

import typer

from app.cli.output import AsJson, checked, console, database, desk, print_json, say

app = typer.Typer(help="Look at claims.", no_args_is_help=True)

AsOf = Annotated[str | None, typer.Option(help="Answer from what was recorded at this moment, e.g. 2025-01-12T18:00Z.")]


@app.command()
def show(
    identifier: Annotated[str, typer.Argument(help="Identifier or key of the claim.")],
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show a claim, whole.

    Example: [bold]attest claim show story/5-strength-11000[/bold]
    """
    from app.db.schema import table_of
    from app.models import Claim
    from app.schemas.claim import ClaimRead
    from app.schemas.query_parameters import Reading
    from app.services.claims import claim_reads
    from app.services.core.refs import Refs
    from app.services.core.snapshot import at

    reading = checked(Reading, {"as_of": as_of})
    with database() as opened, opened.reading() as connection:
        found = Refs(connection).the_one(table_of(Claim), identifier)
        shown = claim_reads.read_one(connection, at(connection, reading.as_of), found, desk()).body
    if as_json:
        print_json(shown)
        return
    claim = ClaimRead.model_validate(shown)
    status = _status(claim.status, stale=claim.review is not None and claim.review.stale)
    say(claim.statement, style="bold")
    say(
        f"{status} · {claim.stage} · {claim.time or 'undated'} · {claim.place or 'no place'} · {claim.id}",
    )
    for figure in claim.quantities:
        say(f"  {figure.metric}: {_figure(figure)}")
    for said in claim.attributions:
        via = " ← ".join([said.source.name, *(link.source.name for link in said.chain)])
        say(f"  {via} {said.stance.replace('_', ' ')} ({said.lineage})")
    counts = " · ".join(f"{name.replace('_', ' ')} {count}" for name, count in claim.counts.model_dump().items())
    say(counts)
    if claim.review is not None:
        say(f"{claim.review.decided_on} {claim.review.decided_by}: {claim.review.rationale}")


@app.command("list")
def list_claims(
    q: Annotated[str | None, typer.Option("--q", help='Words to look for: "a phrase", -without, beginn*.')] = None,
    kind: Annotated[list[str] | None, typer.Option(help="What they are about; may be given again.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="What we concluded; may be given again.")] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Editorial stage; published unless given.")] = None,
    source: Annotated[str | None, typer.Option(help="Who has a stance on them (id or key).")] = None,
    topic: Annotated[str | None, typer.Option(help="The question that they answer (id or key).")] = None,
    place: Annotated[str | None, typer.Option(help="Place, or a part of its name.")] = None,
    date_from: Annotated[str | None, typer.Option(help="They may speak of this day or a later one.")] = None,
    date_to: Annotated[str | None, typer.Option(help="They may speak of this day or an earlier one.")] = None,
    as_of: AsOf = None,
    sort: Annotated[str | None, typer.Option(help="-date, date, -recorded, recorded, id, -id, relevance.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List and search claims.

    Example: [bold]attest claim list --kind troop_estimate --status unconfirmed --date-from 2024-10-01[/bold]
    """
    from rich.table import Table
    from rich.text import Text

    from app.schemas.claim import ClaimPage
    from app.schemas.query_parameters import ClaimQuery
    from app.services.core.cursors import Cursors
    from app.services.queries import claim_lists

    asked = {
        "q": q,
        "kind": kind,
        "status": status,
        "stage": stage,
        "source": source,
        "topic": topic,
        "place": place,
        "date_from": date_from,
        "date_to": date_to,
        "as_of": as_of,
        "sort": sort,
        "limit": limit,
    }
    query = checked(ClaimQuery, {name: value for name, value in asked.items() if value not in (None, [])})
    with database() as opened, opened.reading() as connection:
        shown = claim_lists.page_of(connection, query, desk(), Cursors("the command line gives no cursors")).body
    if as_json:
        print_json(shown["items"])
        return
    page = ClaimPage.model_validate(shown)
    table = Table("key or id", "time", "status", "statement", "figures", "who")
    for item in page.items:
        figures = "\n".join(f"{figure.metric}: {_figure(figure)}" for figure in item.quantities)
        who = "\n".join(f"{said.name} {said.stance.replace('_', ' ')}" for said in item.attributed_to[:3])
        concluded = _status(item.status, stale=item.stale)
        # Texts, not strings: in a string a table would read [brackets] as markup.
        table.add_row(*map(Text, (item.key or item.id, item.time or "", concluded, item.statement, figures, who)))
    console().print(table)


def _status(status: str, *, stale: bool) -> str:
    from app.formats.english.status_words import BEFORE_IT_CHANGED

    return f"{status}, {BEFORE_IT_CHANGED}" if stale else status


def _figure(figure: Any) -> str:
    numbers = [f"{value:,}" for value in (figure.low, figure.best, figure.high) if value is not None]
    return f"{figure.qualifier.replace('_', ' ')} {'–'.join(numbers) or figure.verbatim} {figure.unit}"

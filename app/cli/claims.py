"""`attest claim`: show, list and search claims."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import JsonOption, console, open_database, print_json, print_text, superuser, validated

if TYPE_CHECKING:
    from app.schemas.attribution import AttributionRead, ChainLink
    from app.schemas.claim import SpeakerRead

app = typer.Typer(help="Show, list and search claims.", no_args_is_help=True)

AsOfOption = Annotated[str | None, typer.Option(help="Show the record as it was at this time, e.g. 2025-01-12T18:00Z.")]


@app.command()
def show(
    identifier: Annotated[str, typer.Argument(help="Identifier or key of the claim.")],
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a claim with its figures, attributions, counts and decision.

    Example: [bold]attest claim show story/5-strength-11000[/bold]
    """
    from app.db.schema import table_of
    from app.formats.english.decision_origins import describe_origin
    from app.models import Claim
    from app.schemas.claim import ClaimRead
    from app.schemas.query_parameters import AsOfParameters
    from app.services.claims import claim_reads
    from app.services.core.refs import Refs
    from app.services.core.snapshot import snapshot_at

    reading = validated(AsOfParameters, {"as_of": as_of})
    with open_database() as database, database.reading() as connection:
        claim_id = Refs(connection).resolve_target(table_of(Claim), identifier)
        body = claim_reads.read_one(connection, snapshot_at(connection, reading.as_of), claim_id, superuser()).body
    if as_json:
        print_json(body)
        return
    claim = ClaimRead.model_validate(body)
    print_text(claim.statement, style="bold")
    print_text(
        f"{claim.status} · {claim.stage} · {claim.time or 'undated'} · {claim.place or 'no place'} · {claim.id}",
    )
    for figure in claim.quantities:
        print_text(f"  {figure.metric}: {_figure(figure)}")
    for attribution in claim.attributions:
        links = [f"{link.source.name}{_taken_back(link)}" for link in attribution.chain]
        chain = " ← ".join([f"{attribution.source.name}{_taken_back(attribution)}", *links])
        print_text(f"  {chain} {attribution.stance.replace('_', ' ')} ({attribution.lineage})")
    counts = " · ".join(f"{name.replace('_', ' ')} {count}" for name, count in claim.counts.model_dump().items())
    print_text(counts)
    if claim.review is not None:
        origin = describe_origin(claim.review.model_dump())
        lead = f"{claim.review.decided_on} " if origin is None else f"{claim.review.decided_on}, {origin}: decided by "
        print_text(f"{lead}{claim.review.decided_by}: {claim.review.rationale}")


@app.command("list")
def list_claims(
    q: Annotated[str | None, typer.Option("--q", help='Search words: "a phrase", -exclude, prefix*.')] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Kind of claim. Can be repeated.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="Status of the claim. Can be repeated.")] = None,
    stage: Annotated[
        list[str] | None, typer.Option(help="Editorial stage. The default is published. Can be repeated.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Source with a stance on the claim (id or key).")] = None,
    topic: Annotated[str | None, typer.Option(help="Topic of the claim (id or key).")] = None,
    place: Annotated[str | None, typer.Option(help="Place, or part of its name.")] = None,
    date_from: Annotated[str | None, typer.Option(help="Only claims that may refer to this date or later.")] = None,
    date_to: Annotated[str | None, typer.Option(help="Only claims that may refer to this date or earlier.")] = None,
    as_of: AsOfOption = None,
    sort: Annotated[
        str | None, typer.Option(help="Order: -date, date, -recorded, recorded, id, -id, relevance.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Maximum number of claims to list.")] = 20,
    as_json: JsonOption = False,
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

    fields = {
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
    query = validated(ClaimQuery, {name: value for name, value in fields.items() if value not in (None, [])})
    with open_database() as database, database.reading() as connection:
        body = claim_lists.read_page(
            connection, query, superuser(), Cursors("unused: the command line has no cursors")
        ).body
    if as_json:
        print_json(body["items"])
        return
    page = ClaimPage.model_validate(body)
    table = Table("key or id", "time", "status", "statement", "figures", "who")
    for item in page.items:
        figures = "\n".join(f"{figure.metric}: {_figure(figure)}" for figure in item.quantities)
        who = "\n".join(map(_speaker, item.attributed_to[:3]))
        # Text objects, because rich would read [brackets] in strings as markup.
        table.add_row(*map(Text, (item.key or item.id, item.time or "", item.status, item.statement, figures, who)))
    console().print(table)


def _taken_back(attribution: "AttributionRead | ChainLink") -> str:
    """Whether an attribution was retracted or withdrawn, in square brackets; empty if it stands."""
    if not attribution.withdrawn:
        return ""
    retraction = attribution.retraction
    if retraction is None or retraction.by == "us":
        return " [withdrawn: recorded wrongly]"
    by_publisher = " by the publisher" if retraction.by == "publisher" else ""
    return f" [retracted{by_publisher} on {retraction.on}]"


def _speaker(speaker: "SpeakerRead") -> str:
    """A source with its stance and, for a relay, what became of the source that it cites."""
    words = {"retracted": " [its source retracted this]", "withdrawn": " [its source was recorded wrongly]"}
    return f"{speaker.name} {speaker.stance.replace('_', ' ')}{words.get(speaker.upstream_state, '')}"


def _figure(figure: Any) -> str:
    numbers = [f"{value:,}" for value in (figure.low, figure.best, figure.high) if value is not None]
    return f"{figure.qualifier.replace('_', ' ')} {'–'.join(numbers) or figure.verbatim} {figure.unit}"

"""`attest topic`: contradictions between the figures of a topic, and topics that ask the same question."""

from typing import Annotated

import typer

from app.cli.output import JsonOption, open_database, plural, print_json, print_text, validated

app = typer.Typer(help="Compare the figures of a topic, and find topics to merge.", no_args_is_help=True)


@app.command()
def conflicts(
    identifier: Annotated[str, typer.Argument(help="Identifier or key of the topic.")],
    as_of: Annotated[
        str | None, typer.Option(help="Show the record as it was at this time, e.g. 2025-01-12T18:00Z.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show which figures of a topic contradict each other, and who gave them.

    Example: [bold]attest topic conflicts ua-mod-losses/personnel[/bold]
    """
    from app.db.schema import table_of
    from app.formats.english.conflict_sentences import conflict_sentence
    from app.models import Topic
    from app.schemas.estimate import EstimatesPage
    from app.schemas.query_parameters import EstimatesQuery
    from app.services.core.cursors import Cursors
    from app.services.core.refs import Refs
    from app.services.queries import estimates

    query = validated(EstimatesQuery, {"limit": 1, **({} if as_of is None else {"as_of": as_of})})
    with open_database() as database, database.reading() as connection:
        topic_id = Refs(connection).resolve_target(table_of(Topic), identifier)
        cursors = Cursors("unused: the command line has no cursors")
        body = estimates.read_estimates(connection, topic_id, query, cursors).body
    if as_json:
        print_json({"conflicts": body["conflicts"], "conflict_count": body["conflict_count"]})
        return
    page = EstimatesPage.model_validate(body)
    print_text(page.topic.title, style="bold")
    for conflict in page.conflicts:
        print_text(conflict_sentence(conflict))
    unlisted = page.conflict_count - len(page.conflicts)
    if not page.conflict_count:
        print_text("No figures contradict each other.")
    elif unlisted:
        print_text(f"{plural(unlisted, 'further conflict')} not shown.")


@app.command()
def duplicates(as_json: JsonOption = False) -> None:
    """List topics that may ask the same question as an earlier one, for the desk to merge.

    Example: [bold]attest topic duplicates[/bold]
    """
    from app.schemas.query_parameters import TopicDuplicatesQuery
    from app.services.queries import topic_duplicates

    with open_database() as database, database.reading() as connection:
        page = topic_duplicates.read_duplicates(connection, TopicDuplicatesQuery())
    if as_json:
        print_json(page.model_dump(mode="json")["items"])
        return
    for item in page.items:
        earlier = item.possible_duplicate_of
        print_text(f"{item.topic.title} ({item.topic.key or item.topic.id})")
        print_text(f"  may be the same question as: {earlier.title} ({earlier.key or earlier.id}); {item.reason}")
    if not page.items:
        print_text("No topics ask the same question.")

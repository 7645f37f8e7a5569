"""`attest reference`: the words of the record and the rules for a status, as a page of documentation."""

from collections.abc import Iterable, Sequence

import typer

from app.vocabulary import LISTS


def reference() -> None:
    """Print the closed lists of the record and what each status needs, in Markdown; docs/vocabulary.md is made from it.

    Example: [bold]attest reference > docs/vocabulary.md[/bold]
    """
    typer.echo(vocabulary_page(), nl=False)


def vocabulary_page() -> str:
    """The page, made from the code alone."""
    from app.services.policy import queue_rules
    from app.services.policy.proposal_states import STEPS
    from app.services.policy.status_rules import RULES

    parts = [
        "# Vocabulary\n",
        "Every closed list of the record: code, database, API and pages use the same words.\n",
        "This page is made by `attest reference`, and a test holds it to the code.\n",
    ]
    for words in LISTS:
        parts.append(f"## {words.__name__}\n\n{(words.__doc__ or '').strip()}\n")
        parts.append(_table(("word", "meaning"), [(f"`{word}`", word.meaning) for word in words]))
    parts.append(
        "## What a status needs\n\nA decision that the record cannot carry is refused, naming what is missing.\n"
    )
    needs = [(f"`{one}`", rule.needs, " or ".join(map(str, sorted(rule.credibility)))) for one, rule in RULES.items()]
    parts.append(_table(("status", "it may be set only with", "credibility of the claim"), needs))
    parts.append(
        "## How the queue ranks\n\nThe points of a claim's reasons are added up. Reach alone is none to wait.\n"
    )
    parts.append(_table(("reason", "points"), [(f"`{one}`", rule.counts) for one, rule in queue_rules.RULES.items()]))
    parts.append(
        "## The way of a proposal\n\nWho may do what about it, and what comes of it; anything else is refused.\n"
    )
    ways = [
        (f"`{verdict}` by: {', '.join(sorted(step.by))}", f"from `{before}` to `{after}`")
        for verdict, step in STEPS.items()
        for before, after in step.leads.items()
    ]
    parts.append(_table(("who does what", "what comes of it"), ways))
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

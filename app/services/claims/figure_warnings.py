"""Questions about figures that are recorded as exact although the quoted words say otherwise ("around 300").

They are sentences for whoever writes the record. They refuse nothing and are not stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection

from app.formats.captures.quote_match import normalize
from app.formats.numbers.qualifying_words import find_qualified
from app.schemas.attribution import AttributionRead
from app.schemas.files.exchange_record import ClaimRecord
from app.services.claims import claims
from app.services.core.nouns import fetch_row
from app.vocabulary import ASSERTING_STANCES, Qualifier


class FigureWarning(NamedTuple):
    """A figure whose qualifier is questioned."""

    field: str
    """The questioned field of the claim: `quantities.0.qualifier`."""
    sentence: str
    """What differs, and what would be right."""


class _Words(NamedTuple):
    """Words of a source in which a figure may be."""

    place: str
    """Whose words they are, as a sentence names them."""
    text: str
    language: str | None


Fields = Mapping[str, Any]


def question_claim(claim: Fields) -> list[str]:
    """Return the questions about the figures of a claim, given as `ClaimRead` has it."""
    named = [(f"attribution {part['id']}", part) for part in claim["attributions"]]
    return [warning.sentence for warning in _question(claim["quantities"], named)]


def question_record(record: ClaimRecord) -> list[FigureWarning]:
    """Return the questions about the figures of a claim in an import file."""
    if all(figure.qualifier is not Qualifier.EXACT for figure in record.quantities):
        return []  # most rows of large files have no quotes to compare, and converting them takes long
    claim = record.model_dump(include={"quantities", "attributions"})
    parts = claim["attributions"]
    named = [(f"attribution {part['key'] or number}", part) for number, part in enumerate(parts, 1)]
    return list(_question(claim["quantities"], named))


def question_attribution(connection: Connection, attribution: AttributionRead) -> list[str]:
    """Return the questions that the quote of an attribution raises about the figures of its claim."""
    row = fetch_row(connection, claims.CLAIM.table, attribution.claim_id)
    figures = [dict(figure) for figure in claims.fetch_quantities(connection, [row])[row["id"]]]
    quote = None if attribution.quote is None else attribution.quote.model_dump()
    part = {"quote": quote, "withdrawn": attribution.withdrawn, "stance": attribution.stance}
    return [
        warning.sentence for warning in _question(figures, [(f"attribution {attribution.id}", part)], verbatim=False)
    ]


def _question(
    figures: Sequence[Fields], attributions: Sequence[tuple[str, Fields]], *, verbatim: bool = True
) -> Iterator[FigureWarning]:
    """Yield a question for each exact figure and each text that qualifies it, the figure's own words first."""
    exact = [(number, figure) for number, figure in enumerate(figures) if figure["qualifier"] == Qualifier.EXACT]
    if not exact:
        return
    quotes = list(_quoted(attributions))
    for number, figure in exact:
        own = [_Words("its verbatim words", figure["verbatim"], figure["verbatim_language"])] if verbatim else []
        for words in (*own, *quotes):
            if not words.text:
                continue
            found = find_qualified(normalize(words.text), Decimal(str(figure["best"])), words.language)
            if found is not None:
                yield FigureWarning(
                    f"quantities.{number}.qualifier",
                    f"quantities.{number}.qualifier is 'exact', but {words.place} say \"{found.words}\". If they give "
                    f"this figure, its qualifier is '{found.qualifier}'.",
                )


def _quoted(attributions: Iterable[tuple[str, Fields]]) -> Iterator[_Words]:
    """Yield the quotes of the attributions that put the claim forward, and their translations."""
    for name, part in attributions:
        quote = part["quote"]
        if quote is None or part["withdrawn"] or part["stance"] not in ASSERTING_STANCES:
            continue
        yield _Words(f"the quoted words of {name}", quote["exact"], quote["language"])
        if quote["translation"] is not None:
            yield _Words(f"the translated words of {name}", quote["translation"], None)

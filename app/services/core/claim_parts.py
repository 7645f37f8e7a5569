"""SQL for the parts of claims that several reads need."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, FromClause, Select, select

from app.services.core.nouns import columns_of


def is_current_figure(figure: FromClause, claim: FromClause) -> ColumnElement[bool]:
    """Whether a figure belongs to the current wording of a claim.

    Figures are never changed: a new wording gets figures of its own, under its number.
    """
    return (figure.c.claim_id == claim.c.id) & (figure.c.content_version == claim.c.content_version)


def select_figures(figure: FromClause, claim: FromClause, schema: type[BaseModel]) -> Select[Any]:
    """The figures of a claim of the outer statement: their positions, and the columns that a schema has."""
    return select(figure.c.position, *columns_of(schema, figure)).where(is_current_figure(figure, claim))

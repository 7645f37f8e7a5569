"""What claims with a decision share with others: who a source is, where a document stands, what a topic asks.

It is read together with the decision, and a change of it makes no decision stale: a source may speak in thousands of
claims. One fact-checker may record it, and add what nobody has said of it. To say something else takes an editor; else
one person could have a confirmed claim come from somebody else.
"""

from collections.abc import Collection, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, Select, select, union_all

from app.db.revisions import Row
from app.db.schema import table_of
from app.db.statements import among
from app.models import Attribution, Claim, Document, Evidence, Review
from app.services.actors import Actor
from app.services.objects import Columns
from app.vocabulary import Role

claim, review, attribution, evidence, document = map(table_of, (Claim, Review, Attribution, Evidence, Document))

Claims: TypeAlias = Sequence[Select[tuple[str]]]
"""The ids of claims, which several statements give together."""


def replaced(row: Row, columns: Columns, shown: Collection[str]) -> list[str]:
    """Of what is `shown` with claims, what `columns` say otherwise than the row did; not what it did not say."""
    return [name for name in columns if name in shown and row[name] is not None]


def refuse_replacing(connection: Connection, actor: Actor, names: Sequence[str], claims: Claims) -> None:
    """Raises PermissionDeniedError for whoever is no editor, if there is a decision on one of these claims."""
    if not names or actor.role.includes(Role.EDITOR):
        return
    decision = select(review.c.id).where(review.c.claim_id.in_(union_all(*claims))).limit(1)
    if connection.scalar(decision) is not None:
        fields = ", ".join(name.removesuffix("_id") for name in names)
        actor.require(Role.EDITOR, f"change what is shown with a claim that has a decision ({fields})")


def citing(documents: Select[tuple[str]]) -> Claims:
    """The claims that cite one of these documents: what was said stands there, or evidence for or against it."""
    return [select(cites.c.claim_id).where(cites.c.document_id.in_(documents)) for cites in (attribution, evidence)]


def naming(sources: list[str]) -> Claims:
    """The claims in which one of these sources speaks, or which cite what it has published."""
    spoken = select(attribution.c.claim_id).where(among(attribution.c.source_id, "speakers", sources))
    published = select(document.c.id).where(among(document.c.publisher_id, "publishers", sources))
    return [spoken, *citing(published)]

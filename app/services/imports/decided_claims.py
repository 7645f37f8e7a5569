"""Claims on which this desk has decided: an import adds to them, but changes nothing that the decision rests on."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.errors import FieldProblem
from app.models import Attribution, Review
from app.services.claims.attributions import ATTRIBUTION
from app.services.claims.claims import CLAIM, CONTENT_COLUMNS
from app.services.claims.evidence import EVIDENCE
from app.services.claims.relations import RELATION
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW
from app.services.core.source_tree import descendants
from app.services.imports.import_batches import PendingWrites

attribution, review = table_of(Attribution), table_of(Review)

UNCHANGED_MESSAGE = (
    "must stay as it is, because this desk has decided on claim {claim_id}, and an import never changes what a "
    "decision rests on; if the file is right, make the change by hand, which makes the decision stale"
)
"""What is wrong with a change of a claim on which this desk has decided, and the next step."""


def fetch_decided_ids(connection: Connection, claim_ids: Iterable[str]) -> set[str]:
    """Those of these claims on which this desk has decided, so that two people signed the decision."""
    decided: set[str] = set()
    for chunk in chunks(claim_ids):
        statement = select(review.c.claim_id).where(review.c.claim_id.in_(chunk), review.c.sign_off_id.is_not(None))
        decided |= set(connection.scalars(statement))
    return decided


def find_problems(
    writes: PendingWrites, decided_ids: Collection[str], attributions: Mapping[str, Sequence[StoredRow]]
) -> list[FieldProblem]:
    """What the writes of one record would change about claims with a decision of this desk, if anything.

    `attributions` are those on record, by claim id.
    """
    return [
        FieldProblem(name, UNCHANGED_MESSAGE.format(claim_id=claim_id))
        for name, claim_id in dict.fromkeys(_changes(writes, attributions))
        if claim_id in decided_ids
    ]


def find_source_problems(connection: Connection, row: StoredRow, columns: Mapping[str, object]) -> list[FieldProblem]:
    """What new values of a source would change about claims with a decision of this desk, if anything.

    Whether two origins are independent, and who concedes or denies, depends on whether sources are named and on whose
    parts they are.
    """
    names = [name for name in ("parent_id", "anonymity") if name in columns]
    if not names:
        return []
    ids = descendants(connection, NOW, row["id"])
    statement = (
        select(review.c.id)
        .join(attribution, attribution.c.claim_id == review.c.claim_id)
        .where(attribution.c.source_id.in_(ids), ~attribution.c.withdrawn, review.c.sign_off_id.is_not(None))
    )
    if connection.scalar(statement.limit(1)) is None:
        return []
    message = (
        "must stay as it is, because this desk has decided on claims of this source or of its parts, and an import "
        "never changes what a decision rests on; if the file is right, correct the source by hand"
    )
    return [FieldProblem(name.removesuffix("_id"), message) for name in names]


def _changes(writes: PendingWrites, attributions: Mapping[str, Sequence[StoredRow]]) -> Iterator[tuple[str, str]]:
    """Yield each field that the writes change in such a way that a decision may no longer apply, with its claim."""
    for claim_id, columns in writes.amends[CLAIM.name].items():
        names = sorted(CONTENT_COLUMNS & columns.keys())
        if "content_version" in columns:
            yield from ((name.removesuffix("_id"), claim_id) for name in names or ["quantities"])
    for noun, field in ((EVIDENCE, "evidence"), (ATTRIBUTION, "attributions"), (RELATION, "relations")):
        for identifier in writes.amends[noun.name]:
            yield from ((field, claim_id) for claim_id in writes.amended_claims[identifier])
    yield from (("evidence", row["claim_id"]) for row in writes.adds[EVIDENCE.name])
    for row in writes.adds[ATTRIBUTION.name]:
        # A source that now turns out to relay another one may no longer be independent of it.
        speakers = {known["source_id"] for known in attributions.get(row["claim_id"], ())}
        if row["upstream_id"] is not None and row["source_id"] in speakers:
            yield "attributions", row["claim_id"]

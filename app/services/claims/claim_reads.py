"""One claim, whole: as it is, as it stood at a moment, as it stood in one of its versions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, case, or_, select, true, union_all

from app.db.compiled_reads import PlainRow, Statement, rows_of
from app.db.revisions import revision_table
from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Claim, Head
from app.schemas.claim import ClaimRead
from app.schemas.document import DocumentBrief
from app.schemas.fact_check import FactCheckRead
from app.schemas.quantity import QuantityRead
from app.schemas.relation import ClaimBrief, RelationRead
from app.schemas.source import SourceBrief
from app.services.catalogue import source_ratings, sources
from app.services.catalogue.source_ratings import Ratings
from app.services.claims import attributions, evidence, independence, relations, reviews
from app.services.core.actors import Actor, of_the_desk, visible_stages
from app.services.core.nouns import Shown, check_etag, columns_of, shaped
from app.services.core.snapshot import NOW, Read, Record, at_seq
from app.services.policy import origins
from app.services.policy.status_rules import facts_of
from app.vocabulary import Status

_versions = revision_table(table_of(Claim))

_id = bindparam("id", type_=Text())
_TAG = re.compile(r'"\d+\.(0|[1-9]\d*)(\.as-of-\d+)?(\.desk)?"')
_BY_ID = itemgetter("id")
_BY_CHANGE = itemgetter("change_seq", "id")


@Read
def _claim(record: Record) -> Select[Any]:
    """A claim with everything that is shown with it."""
    claim, topic, document, source, figure = record.claim, record.topic, record.document, record.source, record.quantity
    said, shown, related, checked = record.attribution, record.evidence, record.claim_relation, record.fact_check
    decided, ruled, rated = record.review, record.independence_ruling, record.source_rating
    other = record.claim.alias("other")
    placed = union_all(*(select(part.c.document_id).where(part.c.claim_id == _id) for part in (said, shown, checked)))
    publishers = select(document.c.publisher_id).where(document.c.id.in_(placed))
    speakers = union_all(
        select(claim.c.adverse_to_id).where(claim.c.id == _id),
        *(select(part.c.source_id).where(part.c.claim_id == _id) for part in (said, checked)),
        publishers,
    )
    others = union_all(
        select(related.c.other_claim_id).where(related.c.claim_id == _id),
        select(related.c.claim_id).where(related.c.other_claim_id == _id),
        select(said.c.own_claim_id).where(said.c.claim_id == _id),
    )
    parts: dict[str, Select[Any]] = {
        "quantities": select(figure.c.position, *columns_of(QuantityRead, figure)).where(
            figure.c.claim_id == _id, figure.c.content_version == claim.c.content_version
        ),
        "attributions": select(
            said.c.change_seq, attributions.first_seq(said), *attributions.shown_columns(said)
        ).where(said.c.claim_id == _id),
        "documents": select(document.c.publisher_id, *columns_of(DocumentBrief, document)).where(
            document.c.id.in_(placed)
        ),
        "sources": select(source.c.parent_id, *columns_of(SourceBrief, source)).where(source.c.id.in_(speakers)),
        "evidence": select(shown.c.change_seq, *evidence.shown_columns(shown)).where(shown.c.claim_id == _id),
        "relations": select(related.c.claim_id, related.c.other_claim_id, *columns_of(RelationRead, related)).where(
            or_(related.c.claim_id == _id, related.c.other_claim_id == _id)
        ),
        "claims": select(*columns_of(ClaimBrief, other)).where(other.c.id.in_(others)),
        "reviews": reviews.signed(decided).where(decided.c.claim_id == _id),
        "ratings": select(*(rated.c[name] for name in source_ratings.SHOWN)).where(
            rated.c.source_id.in_(select(said.c.source_id).where(said.c.claim_id == _id))
        ),
        "rulings": select(ruled).where(ruled.c.claim_id == _id),
        "fact_checks": select(checked.c.source_id, *columns_of(FactCheckRead, checked)).where(
            checked.c.claim_id == _id
        ),
    }
    return (
        select(
            claim.c.topic_id,
            claim.c.adverse_to_id,
            topic.c.title.label("topic_title"),
            _shared(record),
            *columns_of(ClaimRead, claim),
            *(rows_of(part).label(name) for name, part in parts.items()),
        )
        .select_from(claim.outerjoin(topic, topic.c.id == claim.c.topic_id).join(table_of(Head), true()))
        .where(claim.c.id == _id)
    )


@Read
def _state(record: Record) -> Select[Any]:
    """What tells one state of a claim from another."""
    claim = record.claim
    return select(claim.c.version, claim.c.stage, _shared(record)).where(claim.c.id == _id)


def _shared(record: Record) -> ColumnElement[int]:
    """`shared_seq`: what a claim shows but does not own is as it was after this change.

    In the past that is as it was then, but for the bylines of those who signed a decision: they are as they are now.
    """
    seq = table_of(Head).c.shared_seq
    return seq if record is NOW else case((_signed(record), seq), else_=0).label(seq.name)


def _signed(record: Record) -> ColumnElement[bool]:
    """Whether people of the desk have decided on a claim."""
    decided = record.review
    return select(1).where(decided.c.claim_id == _id, decided.c.sign_off_id.is_not(None)).exists()


_version = Statement(
    select(_versions.c.stage, _versions.c.change_seq).where(
        _versions.c.id == _id, _versions.c.version == bindparam("version")
    )
)


_outlook = Statement(
    select(NOW.claim.c.version.label("newest"), _signed(NOW).label("signed")).where(NOW.claim.c.id == _id)
)


def read_one(connection: Connection, record: Record, identifier: str, actor: Actor | None) -> Shown:
    """A claim that this reader may see, whole, as `ClaimRead` has it. Raises NotFoundError."""
    row = _seen(_claim(connection, record, id=identifier), "claim", identifier, actor, then=record.seq is not None)
    return Shown(_tag(row, record, actor), _whole(connection, record, row, actor))


def read_version(connection: Connection, identifier: str, version: int, actor: Actor | None) -> Shown:
    """One version of a claim with all that hung on it: it never says anything else. Raises NotFoundError."""
    return read_one(connection, record_of_version(connection, identifier, version, actor), identifier, actor)


class Outlook(NamedTuple):
    """What may still become of what a version of a claim shows."""

    newest: bool
    """Another version may come, of which this one has to tell."""
    signed: bool
    """It may show who decided on it; their bylines are no part of the record, and may be changed or erased."""


def outlook(connection: Connection, identifier: str, version: int) -> Outlook:
    """That of a version; of one that there is not, too."""
    return next(
        (Outlook(row["newest"] == version, row["signed"]) for row in _outlook.rows(connection, id=identifier)),
        Outlook(newest=False, signed=False),
    )


def version_tag(connection: Connection, identifier: str, version: int, actor: Actor | None) -> str:
    """The entity tag that the version would be shown with. Raises NotFoundError."""
    return tag_of(connection, record_of_version(connection, identifier, version, actor), identifier, actor)


def record_of_version(connection: Connection, identifier: str, version: int, actor: Actor | None) -> Record:
    """The record as it stood when a claim had this version. Raises NotFoundError."""
    found = _version.rows(connection, id=identifier, version=version)
    return at_seq(_seen(found, "version", f"{identifier}/versions/{version}", actor)["change_seq"])


def tag_of(connection: Connection, record: Record, identifier: str, actor: Actor | None) -> str:
    """The entity tag that the claim would be shown with. Raises NotFoundError."""
    row = _seen(_state(connection, record, id=identifier), "claim", identifier, actor, then=record.seq is not None)
    return _tag(row, record, actor)


def _tag(row: PlainRow, record: Record, actor: Actor | None) -> str:
    """The version counts all that hangs on the claim; the rest is what claims show but do not own, such as names.

    So another tag may stand for the same content, and never one tag for two.
    """
    moment = "" if record.seq is None else f".as-of-{record.seq}"
    return f'"{row["version"]}.{row["shared_seq"]}{moment}{".desk" if of_the_desk(actor) else ""}"'


def check_version(expected: str | None, current: str) -> None:
    """Raises VersionMismatchError if the caller expects another version of a claim than the one with this tag.

    The rest of the tag does not matter: a source that has been renamed meanwhile makes nobody's correction wrong.
    """
    version = current.partition(".")[0]
    tags = [] if expected is None else [tag.strip().removeprefix("W/") for tag in expected.split(",")]
    same = any(_TAG.fullmatch(tag) and tag.partition(".")[0] == version for tag in tags)
    check_etag(current if same else expected, current)


def _seen(rows: Sequence[PlainRow], noun: str, ref: str, actor: Actor | None, *, then: bool = False) -> PlainRow:
    if not rows or rows[0]["stage"] not in visible_stages(actor):
        raise NotFoundError(noun, ref, then=then)
    return rows[0]


def _whole(connection: Connection, record: Record, row: PlainRow, actor: Actor | None) -> PlainRow:
    """What was read as `ClaimRead` has it."""
    parents = {one["id"]: one.pop("parent_id") for one in row["sources"]}
    briefs = {one["id"]: one for one in row["sources"]}
    publishers = {one["id"]: one.pop("publisher_id") for one in row["documents"]}
    placed = {one["id"]: one for one in row["documents"]}
    for identifier, document in placed.items():
        document["publisher"] = briefs.get(publishers[identifier])
    seen = relations.briefs([*row["claims"], row], actor) if row["claims"] else {}
    said = sorted(row["attributions"], key=_BY_ID)
    ends = origins.traced(said, {one: brief["anonymity"] for one, brief in briefs.items()})
    found = origins.origins_of(said, ends)
    names = {one: brief["name"] for one, brief in briefs.items()}
    decision = reviews.standing(sorted(row["reviews"], key=_BY_CHANGE))
    # Whether two origins belong together takes a second look, and so does whether a party is what conceded.
    climbed = set(found) if len(found) > 1 else set()
    if decision is not None and decision["status"] == Status.CONCEDED:
        climbed |= {one["source_id"] for one in said}
    if higher := {parents[one] for one in climbed} - {None}:
        for one in sources.up_from(connection, record, higher):
            parents[one["id"]], names[one["id"]] = one["parent_id"], one["name"]
    above = {one: sources.line_above(one, parents) for one in (found if decision is None else briefs)}
    pairs = origins.pairs(said, found, above, names, independence.by_pair(sorted(row["rulings"], key=_BY_CHANGE)))
    related = relations.shown(sorted(row["relations"], key=_BY_ID), seen)
    counts = origins.counts(said, ends, publishers, pairs)
    review = None
    if decision is not None:
        held = facts_of(
            row,
            attributions=said,
            evidence=reviews.among(row["evidence"], decision["evidence"]),
            anonymity={one: brief["anonymity"] for one, brief in briefs.items()},
            ancestors=above,
            independent_origins=counts["independent_origins"],
            contradicted=relations.contradicted(related),
        )
        review = reviews.shown(decision, row["content_version"], row["evidence"], said, held)
    return shaped(
        ClaimRead,
        row,
        topic=None if row["topic_id"] is None else {"id": row["topic_id"], "title": row["topic_title"]},
        quantities=figures_in_order(row["quantities"]),
        adverse_to=briefs.get(row["adverse_to_id"]),
        attributions=attributions.shown(
            said, ends, briefs, placed, seen, rated=Ratings(row["ratings"]), topic_id=row["topic_id"]
        ),
        counts=counts,
        origins={
            "origins": [briefs[one] for one in found],
            "pairs": [pair.model_dump(mode="json") for pair in pairs],
        },
        evidence=[evidence.shown(one, placed) for one in sorted(row["evidence"], key=_BY_ID)],
        relations=related,
        successor=relations.successor(row, related),
        review=review,
        fact_checks=[_fact_check(one, briefs, placed) for one in sorted(row["fact_checks"], key=_BY_ID)],
    )


def figures_in_order(rows: Iterable[PlainRow]) -> list[PlainRow]:
    """The figures of a claim as `QuantityRead` has them, by position."""
    figures = sorted(rows, key=itemgetter("position"))
    for figure in figures:
        del figure["position"]
    return figures


def _fact_check(row: PlainRow, briefs: Mapping[str, PlainRow], placed: Mapping[str, PlainRow]) -> PlainRow:
    document = placed.get(row["document_id"])
    url = None if document is None else document["url"]
    return shaped(FactCheckRead, row, source=briefs[row["source_id"]], url=url)

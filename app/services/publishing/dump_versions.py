"""Which version of each object a dump contains, and whether it shows a claim exactly as that version does.

A version of a claim shows the names of sources, documents and related claims as they were when it was recorded. A dump
shows them as they are. Where the two differ, the number of the version must not stand for what the dump shows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from sqlalchemy import Connection, Table, select

from app.db.compiled_reads import PlainRow
from app.db.revisions import StoredRow, revision_table
from app.db.schema import EMBEDDED_COLUMNS, table_of
from app.models import Claim, Document, DumpLoad, Source, Topic
from app.services.changes import decision_staleness
from app.services.core.held_elsewhere import holders
from app.services.core.refs import chunks
from app.services.core.snapshot import Snapshot
from app.services.publishing import export_reads
from app.vocabulary import PUBLIC_STAGES, Staleness

PARTS = ("attributions", "evidence", "relations", "fact_checks")
"""The parts of a claim that have versions."""

Shown = tuple[Table, str]
"""An object that a claim shows but does not own: its table and id."""


class DumpVersions:
    """Describes the versions of the objects of a dump, in the shape of `DumpedVersion`."""

    def __init__(self, connection: Connection, snapshot: Snapshot) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._has_loads = connection.scalar(select(table_of(DumpLoad).c.change_seq).limit(1)) is not None

    def of_object(self, noun: str, row: PlainRow) -> PlainRow:
        """Return the version of a topic, source or document."""
        version = {"record": noun, "id": row["id"], "version": row["version"]}
        ratings = [rating["id"] for rating in row.get("ratings", ())]
        return version | ({"ratings": ratings} if ratings else {})

    def of_claim(self, claim: PlainRow, *, is_exact: bool) -> PlainRow:
        """Return the version of a claim, whose parts are in the order in which the dump writes them."""
        held_by = holders(self._connection, claim["id"]) if self._has_loads else []
        version = {
            "record": "claim",
            "id": claim["id"],
            "version": claim["version"],
            "is_exact": is_exact,
            "content_version": claim["content_version"],
            **{name: [{"id": part["id"], "version": part["version"]} for part in claim[name]] for name in PARTS},
            "reviews": [
                {"id": review["id"], "claim_version": _claim_version(claim, review)} for review in claim["reviews"]
            ],
            "held_by": [holder._asdict() for holder in held_by],
        }
        return {name: value for name, value in version.items() if value != []}

    def exact_claims(
        self,
        claims: Sequence[PlainRow],
        documents: Iterable[PlainRow],
        sources: Iterable[PlainRow],
        topics: Iterable[PlainRow],
    ) -> set[str]:
        """Return the ids of those of these claims that are shown as in their newest version.

        The other rows are all objects that these claims refer to.
        """
        objects: dict[Shown, PlainRow] = {}
        for table, rows in (
            (table_of(Document), documents),
            (table_of(Source), sources),
            (table_of(Topic), topics),
        ):
            objects |= {(table, row["id"]): row for row in rows}
        other_claims = self._other_claims(claims, objects)
        newer: dict[str, list[Shown]] = {}
        for claim in claims:
            shown = [*_shown_objects(claim, objects), *other_claims[claim["id"]]]
            newer[claim["id"]] = [name for name in shown if objects[name]["change_seq"] > claim["change_seq"]]
        histories = self._histories({name for names in newer.values() for name in names})
        return {
            claim["id"]
            for claim in claims
            if not any(_differs(objects[name], name[0], histories[name], claim) for name in newer[claim["id"]])
            and not _has_newer_rating(claim, objects)
            and _has_movable_decisions(claim)
        }

    def _other_claims(self, claims: Sequence[PlainRow], objects: dict[Shown, PlainRow]) -> dict[str, list[Shown]]:
        """Add the claims that these claims show to `objects`, and return which claim shows which."""
        shown: dict[str, list[Shown]] = defaultdict(list)
        claim_ids = [claim["id"] for claim in claims]
        if claim_ids:
            for row in export_reads.shown_claims(self._connection, self._snapshot, ids=claim_ids):
                if row["stage"] in PUBLIC_STAGES:
                    name = table_of(Claim), row["id"]
                    objects[name] = row
                    shown[row["claim_id"]].append(name)
        return shown

    def _histories(self, names: set[Shown]) -> dict[Shown, list[PlainRow]]:
        """Return all versions of these objects, oldest first, with the columns that claims show."""
        histories: dict[Shown, list[PlainRow]] = defaultdict(list)
        for table in {table for table, _identifier in names}:
            versions = revision_table(table)
            columns = [versions.c[name] for name in ("id", "change_seq", *_embedded(table))]
            for chunk in chunks(sorted(identifier for of, identifier in names if of is table)):
                statement = select(*columns).where(versions.c.id.in_(chunk)).order_by(versions.c.id, versions.c.version)
                for row in self._connection.execute(statement).mappings():
                    histories[table, row["id"]].append(dict(row))
        return histories


def _embedded(table: Table) -> list[str]:
    return sorted(table.info[EMBEDDED_COLUMNS])


def _shown_objects(claim: PlainRow, objects: Mapping[Shown, PlainRow]) -> Iterator[Shown]:
    """Yield the topic, the documents and the sources that a claim shows, with the ancestors of these."""
    document, source = table_of(Document), table_of(Source)
    if claim["topic_id"] is not None:
        yield table_of(Topic), claim["topic_id"]
    parts = [part for name in ("attributions", "evidence", "fact_checks") for part in claim[name]]
    document_ids = {part["document_id"] for part in parts} - {None}
    source_ids = {part.get("source_id") for part in parts} | {claim["adverse_to_id"]}
    source_ids |= {objects[document, document_id]["publisher_id"] for document_id in document_ids}
    remaining, seen = list(source_ids - {None}), set()
    while remaining:
        if (source_id := remaining.pop()) not in seen:
            seen.add(source_id)
            parent_id = objects[source, source_id]["parent_id"]
            remaining += [] if parent_id is None else [parent_id]
    yield from ((document, document_id) for document_id in document_ids)
    yield from ((source, source_id) for source_id in seen)


def _differs(current: PlainRow, table: Table, history: Sequence[PlainRow], claim: PlainRow) -> bool:
    """Return True if an object is shown otherwise than when the claim's newest version was recorded."""
    then = [row for row in history if row["change_seq"] <= claim["change_seq"]]
    return not then or any(then[-1][name] != current[name] for name in _embedded(table))


def _has_newer_rating(claim: PlainRow, objects: Mapping[Shown, PlainRow]) -> bool:
    speakers = (objects[table_of(Source), part["source_id"]] for part in claim["attributions"])
    return any(rating["change_seq"] > claim["change_seq"] for source in speakers for rating in source["ratings"])


def _has_movable_decisions(claim: PlainRow) -> bool:
    """Return True if another database shows the same current decision, and the same reasons for it to be stale.

    It sees by the version that the wording has changed, but not that evidence or attributions have.
    """
    in_order = sorted(claim["reviews"], key=lambda review: (review["change_seq"], review["id"]))
    decision = decision_staleness.current_decision(in_order)
    has_order = all(first["id"] < second["id"] for first, second in pairwise(in_order))
    return has_order and (decision is None or _staleness(claim, decision) <= {Staleness.WORDING})


def _staleness(claim: PlainRow, review: StoredRow) -> set[Staleness]:
    parts = claim["evidence"], claim["attributions"]
    return set(decision_staleness.staleness(review, claim["content_version"], *parts))


def _claim_version(claim: PlainRow, review: PlainRow) -> int:
    return int(review["claim_version"]) if _staleness(claim, review) <= {Staleness.WORDING} else 0

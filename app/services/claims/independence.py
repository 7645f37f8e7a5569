"""Rulings on whether two origins of a claim are independent of each other."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from app.db.ids import new_id
from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import ConflictError, FieldProblem, InvalidError
from app.models import Change as ChangeRow
from app.models import Claim, IndependenceRuling, Person, Source
from app.schemas.desk.independence import IndependenceRulingCreate, IndependenceRulingRead
from app.services.catalogue import sources
from app.services.changes import change_effects
from app.services.changes.actors import Actor
from app.services.changes.status_facts import current_rulings, latest_by_pair, select_rulings
from app.services.claims import attributions
from app.services.core import source_tree
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot
from app.services.policy import origins
from app.services.policy.origins import SourcePair
from app.vocabulary import Action, Independence, Role, Scope

claim, person, source = (table_of(model) for model in (Claim, Person, Source))
changes, _rulings = table_of(ChangeRow), table_of(IndependenceRuling)


def record_ruling(connection: Connection, actor: Actor, claim_ref: str, ruling: IndependenceRulingCreate) -> str:
    """Rule on two origins of a claim and return the id of the ruling; of the last one if it says the same.

    Raises NotFoundError; PermissionDeniedError; InvalidError unless both sources are identified origins of the claim;
    ConflictError if the ruling is "established" but the record makes the two dependent.
    """
    actor.require(Role.EDITOR, "rule on independence", Scope.DECIDE)
    change = actor.open(connection, Action.RULE, ruling.reason)
    refs = Refs(connection)
    claim_id = refs.resolve_target(claim, claim_ref)
    attribution_rows = attributions.fetch_by_claim(connection, NOW, [claim_id])[claim_id]
    pair = _resolve_pair(
        connection, attribution_rows, [refs.resolve_required_field(source, ref, "sources") for ref in ruling.sources]
    )
    if ruling.ruling is Independence.ESTABLISHED:
        _raise_if_dependent(connection, attribution_rows, pair)
    last = fetch_latest_rulings(connection, NOW, [claim_id]).get(claim_id, {}).get(pair)
    if last is not None and _is_same_ruling(last, pair, ruling):
        return str(last["id"])
    row = _row(claim_id, pair, ruling)
    change.append(_rulings, [row])
    change_effects.bump_versions(change, [claim_id])
    return str(row["id"])


def import_rulings(
    change: ChangeWriter,
    refs: Refs,
    rulings: Mapping[str, Sequence[IndependenceRulingCreate]],
    decided_ids: Collection[str],
) -> tuple[set[str], dict[str, list[FieldProblem]]]:
    """Record the rulings of an imported file, by claim id. Rulings that are already on record are skipped.

    New ones are refused for the claims in `decided_ids`, because a decision of this desk may rest on the present ones.

    Returns the ids of the claims for which a ruling was recorded, and the problems of refused rulings by claim id.
    """
    rows: list[StoredRow] = []
    refused: dict[str, list[FieldProblem]] = {}
    for claim_id, claim_rulings in rulings.items():
        existing = current_rulings(_fetch_rows(change.connection, claim_id))
        for index, ruling in enumerate(claim_rulings):
            try:
                pair = origins.ordered_pair(
                    *(refs.resolve_required_field(source, ref, "sources") for ref in ruling.sources)
                )
            except InvalidError as error:
                refused[claim_id] = error.prefix_fields(f"rulings.{index}").problems
                continue
            # A ruling on two sources that have been merged since has lost its subject.
            if pair[0] == pair[1] or any(_is_same_ruling(row, pair, ruling) for row in existing):
                continue
            if claim_id in decided_ids:
                message = (
                    "must be left out, because this desk has decided on the claim, and an import never changes what a "
                    "decision rests on; if the file is right, record the ruling by hand"
                )
                refused.setdefault(claim_id, []).append(FieldProblem(f"rulings.{index}", message))
                continue
            rows.append(_row(claim_id, pair, ruling))
    change.append(_rulings, rows)
    return {row["claim_id"] for row in rows}, refused


def _row(claim_id: str, pair: SourcePair, ruling: IndependenceRulingCreate) -> dict[str, Any]:
    return {
        "id": new_id(IndependenceRuling.prefix),
        "claim_id": claim_id,
        "first_source_id": pair[0],
        "second_source_id": pair[1],
        "ruling": ruling.ruling,
        "reason": ruling.reason,
    }


def _is_same_ruling(row: StoredRow, pair: SourcePair, ruling: IndependenceRulingCreate) -> bool:
    same_pair = (row["first_source_id"], row["second_source_id"]) == pair
    return same_pair and (row["ruling"], row["reason"]) == (ruling.ruling, ruling.reason)


def _fetch_rows(connection: Connection, claim_id: str) -> Sequence[StoredRow]:
    return connection.execute(select_rulings(NOW).where(_rulings.c.claim_id == claim_id)).mappings().all()


def _resolve_pair(connection: Connection, attribution_rows: Sequence[StoredRow], source_ids: list[str]) -> SourcePair:
    briefs = sources.read_briefs(connection, NOW, {row["source_id"] for row in attribution_rows})
    anonymity = {source_id: str(brief.anonymity) for source_id, brief in briefs.items()}
    traced = origins.trace_origins(attribution_rows, anonymity)
    identified = origins.identified_origins(attribution_rows, traced)
    for index, source_id in enumerate(source_ids):
        if source_id not in identified:
            raise InvalidError.of(
                f"sources.{index}",
                "must be one of the claim's identified origins, which the claim lists under `origins`",
            )
    if source_ids[0] == source_ids[1]:
        raise InvalidError.of("sources", "must be two different origins")
    return origins.ordered_pair(*source_ids)


def _raise_if_dependent(connection: Connection, attribution_rows: Sequence[StoredRow], pair: SourcePair) -> None:
    ancestors = source_tree.ancestors(connection, NOW, pair)
    source_ids = {row["source_id"] for row in attribution_rows}.union(*ancestors.values())
    briefs = sources.read_briefs(connection, NOW, source_ids)
    names = {source_id: brief.name for source_id, brief in briefs.items()}
    reason = origins.dependence_reason(pair, origins.relay_paths(attribution_rows), ancestors, names)
    if reason is not None:
        raise ConflictError(
            f"{reason} They are dependent and cannot be ruled independent. If the record is wrong, correct it first."
        )


def fetch_latest_rulings(
    connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str]
) -> dict[str, dict[SourcePair, StoredRow]]:
    """The last ruling on each pair of sources, by claim id."""
    table = snapshot.independence_ruling
    by_claim: dict[str, dict[SourcePair, StoredRow]] = {}
    for chunk in chunks(claim_ids):
        rows = connection.execute(
            select_rulings(snapshot).where(table.c.claim_id.in_(chunk)).order_by(table.c.change_seq)
        ).mappings()
        for row in rows:
            by_claim.setdefault(row["claim_id"], {}).update(latest_by_pair([row]))
    return by_claim


def read_all(connection: Connection, snapshot: Snapshot, claim_id: str) -> list[IndependenceRulingRead]:
    """All rulings on a claim, oldest first."""
    table = snapshot.independence_ruling
    rows = connection.execute(
        select(table, person.c.byline.label("ruled_by"))
        .join(changes, changes.c.seq == table.c.change_seq)
        .join(person, person.c.id == changes.c.actor_id)
        .where(table.c.claim_id == claim_id)
        .order_by(table.c.change_seq)
    ).mappings()
    return [IndependenceRulingRead(**row, source_ids=[row["first_source_id"], row["second_source_id"]]) for row in rows]

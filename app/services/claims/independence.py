"""Rulings on whether two origins of a claim know it independently."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from app.db.ids import new_id
from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import ConflictError, FieldProblem, InvalidError
from app.models import Change as ChangeRow
from app.models import Claim, IndependenceRuling, Person, Source
from app.schemas.desk.independence import IndependenceRulingCreate, IndependenceRulingRead
from app.services.catalogue import sources
from app.services.claims import attributions
from app.services.core.actors import Actor
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Record
from app.services.core.version_bumps import touch
from app.services.policy import origins
from app.services.policy.origins import Pair
from app.vocabulary import Action, Independence, Role, Scope

claim, person, source = (table_of(model) for model in (Claim, Person, Source))
changes, _rulings = table_of(ChangeRow), table_of(IndependenceRuling)


def rule(connection: Connection, actor: Actor, claim_ref: str, ruling: IndependenceRulingCreate) -> str:
    """Rule on two origins of a claim; the ruling's id.

    Raises InvalidError unless both are origins of the claim, and ConflictError where a ruling would establish what
    the record itself contradicts.
    """
    actor.require(Role.EDITOR, "rule on independence", Scope.DECIDE)
    change = actor.open(connection, Action.RULE, ruling.reason)
    refs = Refs(connection)
    claim_id = refs.the_one(claim, claim_ref)
    said = attributions.rows_of_claims(connection, NOW, [claim_id])[claim_id]
    pair = _pair_of(connection, said, [refs.required(source, ref, "sources") for ref in ruling.sources])
    if ruling.ruling is Independence.ESTABLISHED:
        _refuse_dependent(connection, said, pair)
    last = latest(connection, NOW, [claim_id]).get(claim_id, {}).get(pair)
    if last is not None and _says(last, pair, ruling):
        return str(last["id"])
    row = _row(claim_id, pair, ruling)
    change.append(_rulings, [row])
    touch(change, [claim_id])
    return str(row["id"])


def record_rulings(
    change: Change, refs: Refs, rulings: Mapping[str, Sequence[IndependenceRulingCreate]]
) -> tuple[set[str], dict[str, list[FieldProblem]]]:
    """Record rulings on claims, as a file holds them; those that are on record already are passed over.

    The claims on which one was recorded, and for others what could not be taken.
    """
    rows: list[Row] = []
    refused: dict[str, list[FieldProblem]] = {}
    for claim_id, offered in rulings.items():
        on_record = _rows_of(change.connection, claim_id)
        for place, ruling in enumerate(offered):
            try:
                pair = origins.ordered(*(refs.required(source, ref, "sources") for ref in ruling.sources))
            except InvalidError as error:
                refused[claim_id] = error.under(f"rulings.{place}").problems
                continue
            if not any(_says(row, pair, ruling) for row in on_record):
                rows.append(_row(claim_id, pair, ruling))
    change.append(_rulings, rows)
    return {row["claim_id"] for row in rows}, refused


def _row(claim_id: str, pair: Pair, ruling: IndependenceRulingCreate) -> dict[str, Any]:
    return {
        "id": new_id(IndependenceRuling.prefix),
        "claim_id": claim_id,
        "first_source_id": pair[0],
        "second_source_id": pair[1],
        "ruling": ruling.ruling,
        "reason": ruling.reason,
    }


def _says(row: Row, pair: Pair, ruling: IndependenceRulingCreate) -> bool:
    same_pair = (row["first_source_id"], row["second_source_id"]) == pair
    return same_pair and (row["ruling"], row["reason"]) == (ruling.ruling, ruling.reason)


def _rows_of(connection: Connection, claim_id: str) -> Sequence[Row]:
    return connection.execute(select(_rulings).where(_rulings.c.claim_id == claim_id)).mappings().all()


def _pair_of(connection: Connection, said: Sequence[Row], source_ids: list[str]) -> Pair:
    briefs = sources.briefs_of(connection, NOW, {row["source_id"] for row in said})
    anonymity = {one: str(brief.anonymity) for one, brief in briefs.items()}
    found = origins.origins_of(said, origins.traced(said, anonymity))
    for place, source_id in enumerate(source_ids):
        if source_id not in found:
            raise InvalidError.of(f"sources.{place}", "is not an identified origin of this claim")
    if source_ids[0] == source_ids[1]:
        raise InvalidError.of("sources", "must be two different origins")
    return origins.ordered(*source_ids)


def _refuse_dependent(connection: Connection, said: Sequence[Row], pair: Pair) -> None:
    above = sources.ancestors(connection, NOW, pair)
    named = {row["source_id"] for row in said}.union(*above.values())
    names = {one: brief.name for one, brief in sources.briefs_of(connection, NOW, named).items()}
    why_not = origins.dependence(pair, origins.lines(said), above, names)
    if why_not is not None:
        raise ConflictError(f"{why_not} They are dependent and cannot be ruled independent.")


def latest(connection: Connection, record: Record, claim_ids: Iterable[str]) -> dict[str, dict[Pair, Row]]:
    """For each claim the ruling that holds on each pair."""
    table = record.independence_ruling
    found: dict[str, dict[Pair, Row]] = {}
    for chunk in chunks(claim_ids):
        rows = connection.execute(
            select(table).where(table.c.claim_id.in_(chunk)).order_by(table.c.change_seq)
        ).mappings()
        for row in rows:
            found.setdefault(row["claim_id"], {}).update(by_pair([row]))
    return found


def by_pair(rulings: Iterable[Row]) -> dict[Pair, Row]:
    """The last of the rulings on each pair; they come oldest first."""
    return {(row["first_source_id"], row["second_source_id"]): row for row in rulings}


def read_all(connection: Connection, record: Record, claim_id: str) -> list[IndependenceRulingRead]:
    """All rulings on a claim, oldest first."""
    table = record.independence_ruling
    rows = connection.execute(
        select(table, person.c.byline.label("ruled_by"))
        .join(changes, changes.c.seq == table.c.change_seq)
        .join(person, person.c.id == changes.c.actor_id)
        .where(table.c.claim_id == claim_id)
        .order_by(table.c.change_seq)
    ).mappings()
    return [IndependenceRulingRead(**row, source_ids=[row["first_source_id"], row["second_source_id"]]) for row in rows]

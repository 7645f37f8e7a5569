"""Checks that Attest could have written a generated database."""

import random
from collections.abc import Iterator

from sqlalchemy import Connection, func, select, text

from app.db import migrate
from app.db.engine import Database
from app.db.revisions import ChangeWriter, open_change, revision_table
from app.db.schema import Base, table_of
from app.models import VERSIONED, Claim, Person, Review, SearchText
from app.services.changes import decision_staleness, search_index
from app.services.changes.status_facts import fetch_status_facts
from app.services.claims import reviews
from app.services.core.snapshot import NOW
from app.services.policy.status_rules import STATUS_RULES
from app.vocabulary import Action, Status

SAMPLE = 2_000
"""Number of claims that are checked individually."""


def find_faults(url: str) -> list[str]:
    """Return the faults of a database; an empty list if it has none."""
    database = Database(url)
    faults = migrate.drift(database, Base.metadata)
    with database.writing() as connection:
        faults += _check_foreign_keys(connection)
        faults += _check_current_versions(connection)
        faults += _check_claims(connection)
        connection.rollback()
    database.close()
    return faults


def _check_foreign_keys(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for row in connection.execute(text("PRAGMA foreign_key_check")).fetchmany(5):
            yield f"foreign key: {row}"


def _check_current_versions(connection: Connection) -> Iterator[str]:
    for model in VERSIONED:
        table = table_of(model)
        revision = revision_table(table)
        same_object = revision.c.id == table.c.id
        versions = select(func.count()).where(same_object).scalar_subquery()
        last = select(func.count()).where(same_object, revision.c.version == table.c.version)
        last = last.where(revision.c.change_seq == table.c.change_seq, revision.c.recorded_at == table.c.recorded_at)
        is_wrong = (versions != table.c.version) | (last.scalar_subquery() != 1)
        count = connection.scalar(select(func.count()).select_from(table).where(is_wrong))
        if count:
            yield f"{table.name}: {count} rows differ from their last revision"


def _check_claims(connection: Connection) -> Iterator[str]:
    claim, review, search_text = table_of(Claim), table_of(Review), table_of(SearchText)
    identifiers = list(connection.scalars(select(claim.c.id).order_by(claim.c.id)))
    claim_ids = random.Random(1).sample(identifiers, min(SAMPLE, len(identifiers)))
    before = connection.scalar(select(func.count()).select_from(search_text))
    actor = connection.scalar(select(table_of(Person).c.id).limit(1))
    change: ChangeWriter = open_change(connection, actor_id=str(actor), action=Action.CORRECT, reason="A check.")
    search_index.refresh(change, claim_ids)
    written = (connection.scalar(select(func.count()).select_from(search_text)) or 0) - (before or 0)
    if written:
        yield f"search_text: {written} of {len(claim_ids)} differ from what the service would have written"
    facts = fetch_status_facts(connection, NOW, dict.fromkeys(claim_ids))
    for claim_id, rows in reviews.fetch_by_claim(connection, NOW, claim_ids).items():
        row = connection.execute(select(claim).where(claim.c.id == claim_id)).mappings().one()
        last = decision_staleness.current_decision(rows)
        if row["status"] != (last["status"] if last else Status.UNASSESSED):
            yield f"{claim_id}: its status differs from its current decision"
        if last is not None and not STATUS_RULES[Status(last["status"])].is_met(facts[claim_id]):
            yield f"{claim_id}: {last['status']} needs {STATUS_RULES[Status(last['status'])].requirement}"
    decided = connection.scalar(select(func.count(review.c.claim_id.distinct())))
    if not decided:
        yield "no claim has a decision"

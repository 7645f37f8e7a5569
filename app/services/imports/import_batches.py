"""Pending writes of a batch of claims: collected per table, then written together at the end of the batch."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.models import Quantity, VersionHolder
from app.schemas.files.dump import PartVersion
from app.schemas.relation import ClaimRelationCreate
from app.services.changes import change_effects
from app.services.claims import relations
from app.services.claims.claims import CLAIM
from app.services.claims.relations import RELATION
from app.services.core.nouns import Columns, Noun
from app.services.imports.import_duplicates import NewKeys


@dataclass(frozen=True)
class PendingRelation:
    """A relation to a claim that is neither on record nor in the file so far."""

    line: int
    position: int
    claim_id: str
    relation: ClaimRelationCreate
    dumped: PartVersion | None = None
    """Its id and version in a dump."""


@dataclass
class PendingWrites:
    """The rows that one record or a batch of records adds and amends; written per table at the end of the batch."""

    adds: dict[str, list[Columns]] = field(default_factory=lambda: defaultdict(list))
    amends: dict[str, dict[str, Columns]] = field(default_factory=lambda: defaultdict(dict))
    quantities: list[Columns] = field(default_factory=list)
    holders: list[Columns] = field(default_factory=list)
    """Which other installations hold versions of a dump's claims."""
    touched: set[str] = field(default_factory=set)
    """Ids of claims that changed, themselves or in a part."""
    keys: list[NewKeys] = field(default_factory=list)
    """The equality keys of claims that are new or reworded."""
    related: list[StoredRow] = field(default_factory=list)
    """Relations that are new or changed."""
    pending_relations: list[PendingRelation] = field(default_factory=list)
    amended_claims: dict[str, list[str]] = field(default_factory=dict)
    """The claims to which each amended part belongs, by the part's id; a relation belongs to both of its claims."""

    def join(self, other: "PendingWrites") -> None:
        """Add the writes of one record, once none of it was refused."""
        for name, rows in other.adds.items():
            self.adds[name] += rows
        for name, amended in other.amends.items():
            pending = self.amends[name]
            for identifier, columns in amended.items():
                pending[identifier] = {**pending.get(identifier, {}), **columns}
        self.quantities += other.quantities
        self.holders += other.holders
        self.touched |= other.touched
        self.keys += other.keys
        self.related += other.related
        self.pending_relations += other.pending_relations

    def add(self, noun: Noun, row: Columns) -> None:
        """Add a new row."""
        self.adds[noun.name].append(row)
        self._touch(noun, row)

    def amend(self, noun: Noun, row: StoredRow, columns: Columns) -> None:
        """Change these columns of a row on record."""
        pending = self.amends[noun.name]
        pending[row["id"]] = {**pending.get(row["id"], {}), **columns}
        self.amended_claims[row["id"]] = [row[name] for name in ("claim_id", "other_claim_id") if row.get(name)]
        self._touch(noun, row)

    def _touch(self, noun: Noun, row: StoredRow) -> None:
        if noun is RELATION:
            self.related.append(row)
        else:
            self.touched.add(str(row.get("claim_id") or row["id"]))

    def write(self, change: ChangeWriter, parts: Iterable[Noun]) -> None:
        """Write everything, then bump the versions of the affected claims and refresh their search index entries."""
        # Amend before adding: an existing claim may hand its unique key over to a new one.
        change.amend_each(CLAIM.table, self.amends[CLAIM.name])
        change.add(CLAIM.table, self.adds[CLAIM.name])
        for noun in parts:
            change.add(noun.table, self.adds[noun.name])
            change.amend_each(noun.table, self.amends[noun.name])
        new = {row["id"] for row in self.adds[CLAIM.name]}
        amended = self.amends[CLAIM.name].keys()
        ends = relations.affected_claim_ids(change.connection, self.related)
        change_effects.bump_versions(change, sorted((self.touched | ends) - new - amended))
        change.append(table_of(Quantity), self.quantities)
        change.append(table_of(VersionHolder), self.holders)
        change_effects.update_search_texts(change, sorted(self.touched))

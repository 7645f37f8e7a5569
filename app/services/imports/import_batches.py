"""What the claims of a file come to, before it is written: like with like, at the end of a batch."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.models import Quantity
from app.schemas.relation import ClaimRelationCreate
from app.services.claims import relations
from app.services.claims.claims import CLAIM
from app.services.claims.relations import RELATION
from app.services.core.nouns import Columns, Noun
from app.services.core.version_bumps import touch
from app.services.search import search_index


@dataclass(frozen=True)
class Awaited:
    """A relation to a claim that has not been seen yet."""

    line: int
    place: int
    claim_id: str
    relation: ClaimRelationCreate


@dataclass
class Writes:
    """What a record, or a batch of them, comes to; written at the end of the batch, like with like."""

    adds: dict[str, list[Columns]] = field(default_factory=lambda: defaultdict(list))
    amends: dict[str, dict[str, Columns]] = field(default_factory=lambda: defaultdict(dict))
    quantities: list[Columns] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    """Claims of which a part changed."""
    related: list[Row] = field(default_factory=list)
    """Relations that are new or changed."""
    awaited: list[Awaited] = field(default_factory=list)

    def join(self, other: "Writes") -> None:
        """Have this written too: what a record comes to, once nothing of it is refused."""
        for name, rows in other.adds.items():
            self.adds[name] += rows
        for name, amended in other.amends.items():
            waiting = self.amends[name]
            for identifier, columns in amended.items():
                waiting[identifier] = {**waiting.get(identifier, {}), **columns}
        self.quantities += other.quantities
        self.touched |= other.touched
        self.related += other.related
        self.awaited += other.awaited

    def add(self, noun: Noun, row: Columns) -> None:
        """Have a new row written."""
        self.adds[noun.name].append(row)
        self._touch(noun, row)

    def amend(self, noun: Noun, row: Row, columns: Columns) -> None:
        """Have these columns of a row that is there changed."""
        waiting = self.amends[noun.name]
        waiting[row["id"]] = {**waiting.get(row["id"], {}), **columns}
        self._touch(noun, row)

    def _touch(self, noun: Noun, row: Row) -> None:
        if noun is RELATION:
            self.related.append(row)
        else:
            self.touched.add(str(row.get("claim_id") or row["id"]))

    def write(self, change: Change, parts: Iterable[Noun]) -> None:
        """Write all of it, with what follows: new versions of claims that look different, and their words."""
        # Amended first: a claim may be handing its key over to a new one.
        change.amend_each(CLAIM.table, self.amends[CLAIM.name])
        change.add(CLAIM.table, self.adds[CLAIM.name])
        for noun in parts:
            change.add(noun.table, self.adds[noun.name])
            change.amend_each(noun.table, self.amends[noun.name])
        new = {row["id"] for row in self.adds[CLAIM.name]}
        amended = self.amends[CLAIM.name].keys()
        ends = relations.ends_that_show(change.connection, self.related)
        touch(change, sorted((self.touched | ends) - new - amended))
        change.append(table_of(Quantity), self.quantities)
        search_index.refresh(change, sorted(self.touched))

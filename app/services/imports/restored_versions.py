"""The versions that objects had in the installation whose dump is loaded: the numbers with which they begin here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, NamedTuple, Protocol

from app.db.revisions import ChangeWriter
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import Claim, DumpLoad
from app.schemas.files.dump import DumpedVersion, PartVersion
from app.schemas.files.exchange_record import ClaimRecord
from app.services.core.nouns import Columns, Noun


class DumpInstallation(NamedTuple):
    """The installation that wrote a dump."""

    publisher: str
    address: str
    """Address of its API."""
    as_of: datetime
    """Time of the latest change in the dump."""


class _Identified(Protocol):
    id: str | None


@dataclass
class RestoredVersions:
    """The versions of the objects of a dump, which are read in the order of its records."""

    installation: DumpInstallation
    versions: Iterator[DumpedVersion]
    first_unknown_version: int | None
    """First version of all objects if the dump has no versions; else None."""
    _passed: dict[tuple[str, str], DumpedVersion] = field(default_factory=dict)
    """Versions that were read before their records."""

    def close(self) -> None:
        """Close the file that the versions are read from."""
        close = getattr(self.versions, "close", None)
        if close is not None:
            close()

    def begin(self, change: ChangeWriter) -> None:
        """Record where the objects of this change come from. Claims get one version, whatever else comes with them."""
        change.append(table_of(DumpLoad), [self.installation._asdict()])
        change.keep_single_version(table_of(Claim))

    def finish(self, change: ChangeWriter) -> None:
        """Store the versions of the claims."""
        change.store_single_versions(table_of(Claim))

    def find(self, noun: str, identifier: str | None) -> DumpedVersion | None:
        """Return the version of an object; None if the dump does not tell."""
        if identifier is None:
            return None
        name = noun, identifier
        while name not in self._passed:
            following = next(self.versions, None)
            if following is None:
                return None
            self._passed[following.record, following.id] = following
        return self._passed.pop(name)

    def first_version(self, dumped: DumpedVersion | None) -> int:
        """Return the first version that an object has here.

        It is the version in the dump if the object is shown as in that version, else the one after it. Raises
        InvalidError for an object whose version is missing from the dump.
        """
        if dumped is None:
            if self.first_unknown_version is None:
                raise InvalidError.of("id", "must have a version in versions.jsonl")
            return self.first_unknown_version
        return dumped.version if dumped.is_exact else dumped.version + 1

    def place_object(self, noun: Noun, record: _Identified, columns: Columns) -> list[str]:
        """Add its version to the row of a new topic, source or document; return the ids of its ratings."""
        dumped = self.find(noun.name, record.id)
        columns["version"] = self.first_version(dumped)
        return [] if dumped is None else dumped.ratings

    def holder_rows(self, claim_id: str, dumped: DumpedVersion | None, first_version: int) -> list[dict[str, Any]]:
        """Return which installations before that of the dump hold versions of a claim."""
        held_by = [] if dumped is None else dumped.held_by
        through = {holder.through: holder for holder in held_by if holder.through < first_version}
        return [
            {
                "claim_id": claim_id,
                "through_version": holder.through,
                "publisher": holder.publisher,
                "address": holder.address.rstrip("/"),
            }
            for holder in through.values()
        ]


def check_parts(record: ClaimRecord, dumped: DumpedVersion) -> None:
    """Raise InvalidError unless the dump gives a version for each part of a claim."""
    for name in ("attributions", "evidence", "relations", "fact_checks", "reviews"):
        if len(getattr(record, name)) != len(getattr(dumped, name)):
            raise InvalidError.of(name, "must have as many items as in versions.jsonl")
    if dumped.content_version is None or dumped.content_version > dumped.version:
        raise InvalidError.of("id", "must have a content_version in versions.jsonl that is not above its version")
    if any(review.claim_version > dumped.version for review in dumped.reviews):
        raise InvalidError.of("reviews", "must not be on a version in versions.jsonl that the claim does not have")


def place_parts(rows: list[Columns], parts: list[PartVersion]) -> None:
    """Give the rows of a claim's parts the ids and versions of the dump; without any, version 1."""
    for row, part in zip_longest(rows, parts[: len(rows)]):
        row["version"] = 1 if part is None else part.version
        if part is not None:
            row["id"] = part.id
            if row.get("key") == part.id:  # exports give a part without a key its id as its key
                row["key"] = None


def occurs_twice(noun: str) -> InvalidError:
    """Return the error for a record of a dump whose id or key another record has."""
    return InvalidError.of("id", f"must not be the id, and the key not the key, of another {noun} of the dump")

"""Metadata of an export as a whole, apart from the claims that it contains."""

from dataclasses import dataclass

from app.schemas.files.publication import Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Metadata of one export: publisher, address, and the moment whose state it contains."""

    publisher: Publisher
    address: str
    """Address from which the same export can be requested again."""
    moment: str
    """Time of the latest change that the export contains, RFC 3339, UTC."""
    single: bool = False
    """True for one claim requested by id, false for a list, even if it contains only one claim."""
    bom: bool = False
    """True if text begins with a byte order mark, so that spreadsheets recognise UTF-8."""

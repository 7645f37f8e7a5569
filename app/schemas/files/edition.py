"""Editions: what is said of an export as a whole, beside the claims in it."""

from dataclasses import dataclass

from app.schemas.files.publication import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Claims as they are given out at one moment."""

    house: House
    address: str
    """Where the same may be asked for again."""
    moment: str
    """When what is in it was last changed, RFC 3339, UTC."""
    single: bool = False
    """It is one claim, asked for by its id, and no list that happens to hold one."""
    bom: bool = False
    """Text begins with a byte order mark, by which spreadsheets know UTF-8."""

"""Schemas of the origin of a decision that was not taken at this desk."""

from typing import Literal

from pydantic import Field

from app.schemas.base.fields import Line, Read, Schema, Timestamp, Url

UNNAMED_FILE = "unnamed file"
"""The name of an imported file if the request named none, or if it was imported before names were recorded."""


class OriginCreate(Schema):
    """Where a decision comes from, in an import file.

    It is kept when a dump is restored. In any other file it is only text of the file and is ignored.
    """

    file: Line | None = None
    """Name of the imported file that contained the decision; null if the installation itself took it."""
    publisher: Line | None = None
    """Publisher of the installation that took the decision or, if `file` is given, that imported it."""
    address: Url | None = None
    """Address of that installation's record."""


class OriginRead(Read):
    """Where a decision comes from that was not taken at this desk.

    Whoever took it is named in the file only: `decided_by` is text of the file, even if an account here has the same
    byline.
    """

    kind: Literal["import", "dump"]
    """`import` if a file contains the decision; `dump` if it was restored from the dump of another installation."""
    file: str | None = Field(examples=["decisions-2025-01.jsonl"])
    """Name of the file; null for a decision that another installation took itself."""
    publisher: str | None
    """Publisher of the other installation; null if the file was imported here."""
    address: str | None
    """Address of the other installation's record; null if the file was imported here."""
    imported_by: str
    """Byline of the person who imported it here."""
    imported_at: Timestamp
    """When it was imported here, UTC."""

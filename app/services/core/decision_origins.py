"""Where decisions come from that were not taken at this desk: the file or the installation, and who imported them.

The file's words about who decided are never shown as a decision of people here.
"""

from collections.abc import Mapping
from typing import Any

from app.db.compiled_reads import PlainRow
from app.schemas.desk.decision_origin import UNNAMED_FILE, OriginCreate
from app.schemas.files.publication import Publisher

ORIGIN_COLUMNS = ("origin_file", "origin_publisher", "origin_address")
"""Columns of decisions and ratings that say where an imported one comes from."""


def origin_columns(imported: OriginCreate, stated: OriginCreate | None, *, restoring: bool) -> dict[str, str | None]:
    """The columns of an imported decision or rating.

    `imported` is where the import comes from, and `stated` is what the file says of this decision. Only a dump that is
    restored as a whole is believed, because any file could name any organisation.
    """
    origin = stated if restoring and stated is not None else imported
    return {"origin_file": origin.file, "origin_publisher": origin.publisher, "origin_address": origin.address}


def serialize(row: Mapping[str, Any]) -> PlainRow | None:
    """The origin of a decision or rating as `OriginRead` has it; None if this desk took it.

    The row needs the origin columns, and `imported_by`, which is null for a decision of this desk.
    """
    if row["imported_by"] is None:
        return None
    is_dump = row["origin_publisher"] is not None and row["origin_file"] is None
    return {
        "kind": "dump" if is_dump else "import",
        "file": None if is_dump else row["origin_file"] or UNNAMED_FILE,
        "publisher": row["origin_publisher"],
        "address": row["origin_address"],
        "imported_by": row["imported_by"],
        "imported_at": row["recorded_at"],
    }


def exported(row: Mapping[str, Any], publisher: Publisher) -> PlainRow:
    """The origin of a decision or rating as `OriginCreate` has it, for a file of this publisher.

    It names this installation unless another one is on record, so that it stays the same from dump to dump.
    """
    file = None if row["imported_by"] is None or row["origin_publisher"] is not None else UNNAMED_FILE
    return {
        "file": row["origin_file"] or file,
        "publisher": row["origin_publisher"] or publisher.name,
        "address": row["origin_address"] if row["origin_publisher"] is not None else publisher.address,
    }

"""On whose word a decision is, in English: this desk's own decisions need no such words, imported ones always do."""

from collections.abc import Mapping
from typing import Any


def describe_origin(decision: Mapping[str, Any]) -> str | None:
    """Return on whose word a decision is, as a phrase such as "according to FILE, imported by X"; None if it is ours.

    `decision` has the fields of `app.schemas.desk.review.ReviewRead`.
    """
    origin = decision["origin"]
    if origin is None:
        return None
    address = "" if origin["address"] is None else f" ({_one_line(origin['address'])})"
    record = None if origin["publisher"] is None else f"the record of {_one_line(origin['publisher'])}{address}"
    if origin["file"] is None:
        source = record
    else:
        source = _one_line(origin["file"]) if record is None else f"{_one_line(origin['file'])} in {record}"
    return f"according to {source}, imported by {_one_line(origin['imported_by'])}"


def origin_suffix(decision: Mapping[str, Any] | None) -> str:
    """Return what follows the status of an imported decision, beginning with a comma; empty for our own decisions."""
    phrase = None if decision is None else describe_origin(decision)
    return "" if phrase is None else f", {phrase}"


def _one_line(text: str) -> str:
    return " ".join(text.split())

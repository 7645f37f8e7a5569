"""Retractions of attributions, by everybody who can take one back."""

from typing import Any

RECORDED_WRONGLY: dict[str, Any] = {"by": "us", "on": "2025-01-15", "notice": "We had misread it."}
"""We recorded the attribution wrongly."""

RETRACTED: dict[str, Any] = {"by": "origin", "on": "2025-01-14", "notice": "One unit was counted twice."}
"""The source retracted its statement."""

REPORT_RETRACTED: dict[str, Any] = {"by": "publisher", "on": "2025-01-16", "notice": "We did not check it."}
"""The publisher of the document retracted its report of the statement."""

STATES: tuple[dict[str, Any], ...] = (
    {"withdrawn": False, "retraction": None},
    *({"withdrawn": True, "retraction": value} for value in (RECORDED_WRONGLY, RETRACTED, REPORT_RETRACTED)),
)
"""The fields of an attribution that stands, and of those that were taken back."""

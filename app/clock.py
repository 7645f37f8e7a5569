"""The only source of the current time, so that tests can replace it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, timezone-aware, with microseconds."""
    return datetime.now(UTC)

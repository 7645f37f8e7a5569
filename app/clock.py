"""The one place that knows what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, timezone-aware, in UTC, to the microsecond."""
    return datetime.now(UTC)

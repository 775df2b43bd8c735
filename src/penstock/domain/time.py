"""Time is an `int` of nanoseconds since the Unix epoch, UTC; on every wire it is ISO-8601 with `Z`."""

from datetime import UTC, datetime

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def to_iso(ns: int) -> str:
    """ISO-8601 in UTC with milliseconds (floored): `2025-08-16T10:15:02.123Z`."""
    seconds, rest = divmod(ns, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // MILLISECOND:03d}Z"


def from_iso(text: str) -> int:
    """Nanoseconds of an ISO-8601 text with a zone (`Z` or an offset); finer than microseconds is refused.

    Raises:
        ValueError: not ISO-8601, or without a time zone.
    """
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone: add Z or an offset")
    whole = when.replace(microsecond=0)
    return int(whole.timestamp()) * SECOND + when.microsecond * 1000

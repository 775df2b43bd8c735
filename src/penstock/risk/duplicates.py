"""A parent exactly like one that was taken a moment ago is most likely the same one, sent twice."""

from decimal import Decimal

from penstock.domain.time import MILLISECOND

Recent = dict[str, int]  # when each kind of order was last taken (ns), oldest first
KEPT_FOR = 60_000 * MILLISECOND  # the longest time that can be asked about


def likeness(account: str, symbol: str, side: str, quantity: Decimal, price: Decimal | None) -> str:
    """What two orders must have in common to be duplicates; 1.0 and 1.00 are one quantity."""
    return f"{account}/{symbol}/{side}/{quantity.normalize()}/{'' if price is None else price.normalize()}"


def is_duplicate(recent: Recent, like: str, within_ms: int, now: int) -> bool:
    """Whether one like it was taken less than `within_ms` ago."""
    at = recent.get(like)
    return at is not None and now - at < within_ms * MILLISECOND


def taken(recent: Recent, like: str, now: int) -> None:
    """Remember it, and forget what is too old to be asked about. O(1) amortised."""
    recent.pop(like, None)
    recent[like] = now
    while recent:
        oldest = next(iter(recent))
        if recent[oldest] > now - KEPT_FOR:
            return
        del recent[oldest]

"""A parent exactly like one that was taken a moment ago is most likely the same one, sent twice."""

from penstock.domain.orders import OrderTerms
from penstock.domain.time import MILLISECOND

Recent = dict[str, int]  # when each kind of order was last taken (ns), oldest first
KEPT_FOR = 60_000 * MILLISECOND  # the longest time that can be asked about


def likeness(terms: OrderTerms) -> str:
    """What two orders must have in common to be duplicates: account, symbol, direction, quantity and price."""
    price, side = terms.limit_price, "/buy/" if terms.side.is_buy else "/sell/"
    limit = "/" if price is None else "/" + str(price.normalize())
    return terms.account + "/" + terms.symbol + side + str(terms.quantity.normalize()) + limit


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

"""Passive to aggressive: work a slice as a maker first, and cross the spread when there is a reason to.

The reasons (A maker earns spread and rebate; waiting must stay cheaper than crossing):
time (the slice's patience is used up), behind schedule, an adverse move, and a queue too long to be worth waiting in.
"""

from decimal import Decimal

from penstock.algos.randomness import uniform
from penstock.algos.slicing import Slice
from penstock.algos.strategy import Style
from penstock.algos.view import Enough, Plan, Rest, Take, View, Working
from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms
from penstock.domain.time import MILLISECOND, SECOND

ZERO, TWO = Decimal(0), Decimal(2)
POLL_SHARE = 0.05  # of a slice: how often a waiting order is looked at
POLL_MIN, POLL_MAX = 250 * MILLISECOND, 5 * SECOND
RETRY = SECOND  # between two sweeps, so that the book can refill
QUEUE_WATCH = 5 * SECOND  # how long a queue is watched before its pace is believed
SLIP_BPS = Decimal(2)  # how far beyond the far touch a slice may take, for moves while the order travels
SWEEP_BPS = Decimal(25)  # the same for the end of the window, when being done matters more


def work(view: View, piece: Slice, due: Decimal, style: Style, lag: float) -> Plan:
    """What to have working for `due` (units still to do in this slice), and when to look again.

    `lag` is how far behind schedule the order began the slice, in slices.
    """
    enough = Enough(piece.target, piece.end) if piece.fixed else None  # else its target moves before
    if due <= ZERO:
        return Plan((), piece.end, enough=enough)
    until = patience_ends(piece, style)
    if crossing_reason(view, style, lag, until):
        return take(view, due, SLIP_BPS, piece.end, enough=enough)
    wake_at = view.now + poll_interval(view, piece)
    if until < wake_at:
        wake_at = until if until > view.now else view.now + 1
    if piece.end < wake_at:
        wake_at = piece.end
    return Plan((Rest(due, level(view, piece, style)),), wake_at, enough=enough)


def patience_ends(piece: Slice, style: Style) -> int:
    """Until when a slice is worked as a maker (ns)."""
    return piece.start + round((piece.end - piece.start) * style.patience)


def take(
    view: View, due: Decimal, slip_bps: Decimal, until: int, *, patient: bool = True, enough: Enough | None = None
) -> Plan:
    """Cross for `due`, no faster than one sweep a `RETRY`, within `slip_bps` of the far touch and the order's limit."""
    ready = view.taken_at + RETRY
    if view.taken_at and view.now < ready:
        return Plan((), min(ready, max(until, view.now + 1)), enough=enough)
    return Plan((Take(due, cap(view, slip_bps), patient),), view.now + RETRY, enough=enough)


def within(view: View, price: Decimal) -> Decimal:
    """A price, but no worse than the order's own limit."""
    limit = view.terms.limit_price
    if limit is None:
        return price
    return min(price, limit) if view.terms.side.is_buy else max(price, limit)


def cap(view: View, slip_bps: Decimal) -> Decimal | None:
    """The worst acceptable price for a parent now."""
    return worst_price(view.terms, view.instrument, view.far, slip_bps)


def worst_price(terms: OrderTerms, instrument: Instrument, far: Decimal | None, slip_bps: Decimal) -> Decimal | None:
    """The far touch and a little, never past the order's own limit."""
    limit, buys = terms.limit_price, terms.side.is_buy
    if far is None:
        return limit
    reach = far * (1 + terms.side.sign * slip_bps / 10_000)
    allowed = instrument.round_price(reach, up=buys)
    if limit is None:
        return allowed
    return min(allowed, limit) if buys else max(allowed, limit)


def crossing_reason(view: View, style: Style, lag: float, until: int) -> str:
    """Why to be a taker now; empty to go on waiting, `until` the patience ends (ns) at the latest."""
    now = view.now
    if now >= until and style.patience < 1:
        return "time"
    if lag > style.behind:
        return "behind schedule"
    if not view.working:
        return ""
    mid = view.mid
    for child in view.working:
        if child.immediate or not child.settled:
            continue
        if mid is not None and child.mid and mid != child.mid:
            moved = view.terms.side.sign * (mid - child.mid) * 10_000
            if moved > style.adverse_bps * child.mid:
                return "adverse move"
        if hopeless(view, child, style, until):
            return "queue position"
    return ""


def hopeless(view: View, child: Working, style: Style, until: int) -> bool:
    """Whether the queue ahead of a child moves too slowly to reach it while we are willing to wait.

    The pace is the venue's traded volume since the child was sent; half of it is taken to hit our side.
    """
    waited, left = view.now - child.sent_at, until - view.now
    if waited < QUEUE_WATCH or left <= 0 or style.hopeless is None:
        return False
    quote = view.venues.get(child.venue)
    if quote is None:
        return False
    traded = (quote.volume - child.volume) / TWO
    if traded <= ZERO:  # a quiet market says nothing about its pace
        return False
    ahead = child.ahead - traded
    return ahead > ZERO and ahead * waited > traded * left * style.hopeless


def level(view: View, piece: Slice, style: Style) -> int:
    """Ticks inside the near touch for this slice: the style's, or one less by the order's seed."""
    ticks = improvement(view, style)
    return ticks - (uniform(view.key, "level", piece.number) < 0) if ticks and not style.to_mid else ticks


def improvement(view: View, style: Style) -> int:
    """Ticks inside the near touch: the style's, as long as the spread leaves one tick free; half of it for the mid."""
    near, far = view.near, view.far
    if near is None or far is None or not (style.improve or style.to_mid):
        return 0
    spread = view.instrument.to_ticks(abs(far - near))
    return spread // 2 if style.to_mid else max(min(style.improve, spread - 1), 0)


def poll_interval(view: View, piece: Slice) -> int:
    """Time until the next look, itself a little random so that reactions cannot be timed."""
    even = min(max(int((piece.end - piece.start) * POLL_SHARE), POLL_MIN), POLL_MAX)
    number = view.now // even
    length, drawn_for, pause = view.memo.poll
    if length != even or drawn_for != number:
        pause = even + int(even * 0.2 * uniform(view.key, "poll", number))
        view.memo.poll = (even, number, pause)
    return pause

"""What quoting both sides of a market brought, and what it was like: how a market maker looks at a day.

For each account and symbol that orders with the algorithm `quote` worked in, from the journal alone. With s the signed
quantity, p the price and m the lit middle at each fill, and M the middle at the end, what was made is

    Σ s (M − p) − fees  =  Σ s (m − p)  +  Σ s (M − m)  −  fees
                             spread          inventory

exactly: what fills earned against the middle, what the stock then gained or lost with it, and what was paid. The middle
between fills is that of every quote on record (samples, decisions, fills): its steps are as fine as those.
"""

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

import msgspec

from penstock.domain import events as ev
from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.engine.sight import consolidated_mid
from penstock.tca.fees import fees_of

ZERO, BPS = Decimal(0), 10_000
MARKOUTS_S = (1, 10, 60)
NAME = "quote"


class Standing(msgspec.Struct):
    """A child of ours: what it asks for, what filled of it, and whether it is at its venue."""

    sign: int
    price: Decimal | None
    quantity: Decimal
    filled: Decimal = ZERO
    live: bool = False

    @property
    def shows(self) -> bool:
        return self.live and self.price is not None and self.filled < self.quantity


class Tracked(msgspec.Struct):
    """What is gathered of one account's quoting in one symbol, in the order of events."""

    account: str
    symbol: str
    instrument: Instrument
    children: dict[str, Standing] = {}
    touches: list[tuple[int, Decimal | None, Decimal | None]] = []  # our best bid and ask from then on
    mids: list[tuple[int, Decimal]] = []
    fills: list[ev.ChildFilled] = []
    signs: list[int] = []
    messages: int = 0


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side's fills: how many, how much, and what they earned against the middle in bps of what was traded."""

    fills: int
    quantity: Decimal
    spread_bps: float | None


class QuotingReport(msgspec.Struct, frozen=True, kw_only=True):
    """Money is in the instrument's currency, positive is a gain; shares are of the time from first to last quote.

    `markouts_bps` is by seconds what the middle then was worth to the fill (negative: adverse selection), on average by
    quantity. `path` is (time, middle, our bid, our ask, position) at every change, for charts.
    """

    account: str
    symbol: str
    began: int
    ended: int
    both_sides: float
    bid_shown: float
    ask_shown: float
    quoted_spread_bps: float | None
    buys: Side
    sells: Side
    markouts_bps: dict[str, float | None]
    spread: Decimal
    inventory: Decimal
    fees: Decimal
    position: Decimal
    position_most: Decimal
    position_mean: float
    messages: int
    messages_per_fill: float | None
    path: tuple[tuple[int, Decimal | None, Decimal | None, Decimal | None, Decimal], ...]

    @property
    def made(self) -> Decimal:
        """Spread and inventory less fees."""
        return self.spread + self.inventory - self.fees


def quoting(events: Iterable[ev.AnyEvent]) -> list[QuotingReport]:
    """The reports of a journal, by account and symbol; none where nobody quoted."""
    instruments: dict[str, Instrument] = {}
    parents: dict[str, Tracked] = {}
    of_child: dict[str, Tracked] = {}
    signs: dict[str, int] = {}
    tracked: dict[tuple[str, str], Tracked] = {}
    for event in events:
        match event:
            case ev.SessionStarted():
                instruments |= {each.symbol: each for each in event.instruments}
            case ev.OrderReceived() if event.terms.algorithm == NAME:
                place = (event.terms.account, event.terms.symbol)
                if place not in tracked:
                    tracked[place] = Tracked(*place, instruments[event.terms.symbol])
                parents[event.terms.order_id] = tracked[place]
            case ev.MarketSampled():
                for each in tracked.values():
                    if each.symbol == event.symbol:
                        _see(each, event.ts, consolidated_mid(event.quotes))
            case ev.ChildSubmitted() if (event.terms.parent_id or "") in parents:
                own = of_child[event.terms.order_id] = parents[event.terms.parent_id or ""]
                own.children[event.terms.order_id] = _standing(event.terms)
                signs[event.terms.order_id] = event.terms.side.sign
                own.messages += 1
                _see(own, event.ts, event.quote.mid)
            case ev.ChildAccepted() | ev.ChildRejected() | ev.ChildCanceled() | ev.ChildExpired() if (
                event.order_id in of_child
            ):
                _changed(of_child[event.order_id], event)
            case ev.CancelAsked() if event.order_id in of_child:
                of_child[event.order_id].messages += 1
            case ev.ReplaceAsked() if event.order_id in of_child:
                of_child[event.order_id].messages += 1
                _see(of_child[event.order_id], event.ts, event.quote.mid)
            case ev.ChildReplaced() if event.order_id in of_child:
                _changed(of_child[event.order_id], event)
            case ev.ChildFilled() if event.order_id in of_child:
                _filled(of_child[event.order_id], event, signs[event.order_id])
    return [_report(each) for each in tracked.values() if each.touches]


def _see(own: Tracked, ts: int, mid: Decimal | None) -> None:
    if mid is not None:
        own.mids.append((max(ts, own.mids[-1][0] if own.mids else ts), mid))


def _standing(terms: OrderTerms) -> Standing:
    return Standing(terms.side.sign, terms.limit_price, terms.quantity)


def _show(own: Tracked, ts: int) -> None:
    """Our best bid and ask, as they are from now on."""
    prices: dict[int, list[Decimal]] = {1: [], -1: []}
    for child in own.children.values():
        if child.shows and child.price is not None:
            prices[child.sign].append(child.price)
    own.touches.append((ts, max(prices[1], default=None), min(prices[-1], default=None)))


def _changed(own: Tracked, event: ev.AnyEvent) -> None:
    match event:
        case ev.ChildAccepted():
            own.children[event.order_id].live = True
        case ev.ChildReplaced():
            child = own.children[event.order_id]
            child.price, child.quantity = event.limit_price, event.quantity
        case ev.ChildRejected() | ev.ChildCanceled() | ev.ChildExpired():
            del own.children[event.order_id]
    _show(own, event.ts)


def _filled(own: Tracked, fill: ev.ChildFilled, sign: int) -> None:
    child = own.children.get(fill.order_id)
    if child is not None:
        child.filled += fill.last_qty
    own.fills.append(fill)
    own.signs.append(sign)
    _see(own, fill.ts, _middle(fill.before))
    _show(own, fill.ts)
    _see(own, fill.ts, _middle(fill.after))


def _middle(quote: Quote | None) -> Decimal | None:
    return None if quote is None else quote.mid


def _report(own: Tracked) -> QuotingReport:
    began, ended = own.touches[0][0], max(own.touches[-1][0], own.mids[-1][0] if own.mids else 0)
    last = own.mids[-1][1] if own.mids else ZERO
    spread = inventory = position = ZERO
    for fill, sign in zip(own.fills, own.signs, strict=True):
        middle = _middle(fill.before) or last
        spread += own.instrument.move_value(sign * fill.last_qty, fill.last_px, middle, fill.last_px)
        inventory += own.instrument.move_value(sign * fill.last_qty, middle, last, fill.last_px)
        position += sign * fill.last_qty
    path = _path(own, ended)
    held = [(after - at, abs(stock)) for (at, _, _, _, stock), (after, *_) in pairwise(path)]
    both = [(after - at, bid, ask) for (at, bid, ask), (after, *_) in pairwise([*own.touches, (ended, None, None)])]
    span = ended - began
    wide = [
        (time, float(ask - bid), float(ask + bid) / 2) for time, bid, ask in both if bid is not None and ask is not None
    ]
    shown = sum(time for time, _, _ in wide)
    return QuotingReport(
        account=own.account,
        symbol=own.symbol,
        began=began,
        ended=ended,
        both_sides=_share(shown, span),
        bid_shown=_share(sum(time for time, bid, _ in both if bid is not None), span),
        ask_shown=_share(sum(time for time, _, ask in both if ask is not None), span),
        quoted_spread_bps=sum(time * gap / mid for time, gap, mid in wide) / shown * BPS if shown else None,
        buys=_side(own, 1),
        sells=_side(own, -1),
        markouts_bps={f"{seconds}s": _markout(own, seconds * SECOND) for seconds in MARKOUTS_S},
        spread=spread,
        inventory=inventory,
        fees=fees_of(own.instrument, own.fills),
        position=position,
        position_most=max((abs(stock) for *_, stock in path), default=ZERO),
        position_mean=_share(sum(time * float(stock) for time, stock in held), sum(time for time, _ in held)),
        messages=own.messages,
        messages_per_fill=own.messages / len(own.fills) if own.fills else None,
        path=tuple(path),
    )


def _side(own: Tracked, sign: int) -> Side:
    fills = [fill for fill, each in zip(own.fills, own.signs, strict=True) if each == sign]
    known = [(fill, middle) for fill in fills if (middle := _middle(fill.before)) is not None]
    value = sum(float(fill.last_qty * middle) for fill, middle in known)
    earned = sum(sign * float(fill.last_qty * (middle - fill.last_px)) for fill, middle in known)
    quantity = sum((fill.last_qty for fill in fills), ZERO)
    return Side(fills=len(fills), quantity=quantity, spread_bps=earned / value * BPS if value else None)


def _markout(own: Tracked, after_ns: int) -> float | None:
    """What the middle so long after each fill was worth to it, in bps of what was traded."""
    times, gained, value = [at for at, _ in own.mids], 0.0, 0.0
    for fill, sign in zip(own.fills, own.signs, strict=True):
        middle, place = _middle(fill.before), bisect_right(times, fill.traded_at + after_ns) - 1
        if middle is None or place < 0 or times[-1] < fill.traded_at + after_ns:
            continue
        gained += sign * float(fill.last_qty * (own.mids[place][1] - middle))
        value += float(fill.last_qty * middle)
    return gained / value * BPS if value else None


def _path(own: Tracked, ended: int) -> list[tuple[int, Decimal | None, Decimal | None, Decimal | None, Decimal]]:
    """Everything that changed, in order: the middle, our quotes, and the position."""
    changes: list[tuple[int, int, int, Decimal | None, Decimal | None]] = []
    changes += [(at, 0, number, mid, None) for number, (at, mid) in enumerate(own.mids)]
    changes += [(at, 1, number, bid, ask) for number, (at, bid, ask) in enumerate(own.touches)]
    changes += [
        (fill.ts, 2, number, sign * fill.last_qty, None)
        for number, (fill, sign) in enumerate(zip(own.fills, own.signs, strict=True))
    ]
    path: list[tuple[int, Decimal | None, Decimal | None, Decimal | None, Decimal]] = []
    mid = bid = ask = None
    stock = ZERO
    for at, what, _, first, second in sorted(changes, key=lambda change: change[:3]):
        if what == 0:
            mid = first
        elif what == 1:
            bid, ask = first, second
        else:
            stock += first or ZERO
        path.append((at, mid, bid, ask, stock))
    path.append((ended, mid, bid, ask, stock))
    return path


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0

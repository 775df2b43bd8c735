"""Orders, fills, positions and quotes as clients see them: documented names, ISO times, decimals as numbers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from penstock.api.order_form import parent_reference, shown_id
from penstock.domain.instructions import PLAIN
from penstock.domain.orders import Order, OrderTerms
from penstock.domain.quote import Depth, Quote
from penstock.domain.time import SECOND
from penstock.domain.time import to_iso as written
from penstock.engine.families import Family
from penstock.engine.position import Execution, Position
from penstock.engine.remembered import Child, Parent
from penstock.engine.sight import consolidated_mid
from penstock.engine.state import EngineState

ZERO = Decimal(0)
View = dict[str, Any]

_seconds: dict[int, str] = {}


def to_iso(ns: int) -> str:
    """As `penstock.domain.time.to_iso`; the text of the second before is kept, for most times are of the same one."""
    second, rest = divmod(ns, SECOND)
    begin = _seconds.get(second)
    if begin is None:
        if len(_seconds) > 1000:
            _seconds.clear()
        begin = _seconds[second] = written(ns)[:-5]
    return f"{begin}.{rest // 1_000_000:03d}Z"


def order_view(order: Order, parent: Parent | None, owner: str, seq: int) -> View:
    """A parent order as of event `seq`. A denied one has no `parent`."""
    terms = order.terms
    return terms_view(terms, owner) | {
        "status": status_of(order, parent),
        "filled_quantity": order.cum_qty,
        "remaining_quantity": ZERO if parent is None or is_over(order, parent) else order.leaves_qty,
        "average_price": rounded(order.avg_px),
        "fees": order.fees,
        "reason": order.reason or (parent.stopped if parent is not None else ""),
        "created_at": to_iso(order.created_at),
        "ended_at": None if order.ended_at is None else to_iso(order.ended_at),
        "arrival_price": None if parent is None else parent.arrival_price,
        "children": 0 if parent is None else parent.children,
        "seq": seq,
    }


def accepted_view(terms: OrderTerms, owner: str, at: int, seq: int) -> View:
    """A parent order at the moment in which it was taken, with event `seq`: nothing of it is done."""
    return terms_view(terms, owner) | {
        "status": "new",
        "filled_quantity": ZERO,
        "remaining_quantity": terms.quantity,
        "average_price": None,
        "fees": ZERO,
        "reason": "",
        "created_at": to_iso(at),
        "ended_at": None,
        "arrival_price": None,
        "children": 0,
        "seq": seq,
    }


def terms_view(terms: OrderTerms, owner: str) -> View:
    """What was asked for."""
    view: View = {
        "order_id": terms.order_id,
        "client_order_id": shown_id(terms.client_order_id),
        "user_id": owner or None,
        "account_id": terms.account,
        "symbol": terms.symbol,
        "side": terms.side,
        "order_type": terms.order_type,
        "quantity": terms.quantity,
        "price": terms.limit_price,
        "time_in_force": terms.tif,
        "algo_type": None if terms.algorithm in (None, "market", "limit") else terms.algorithm,
        "algo_parameters": terms.parameters,
        "strategy": terms.strategy,
        "venues": terms.venues,
        "instructions": {},
    }
    if terms.instructions is not PLAIN:
        asked = terms.instructions
        view["instructions"] = {name: getattr(asked, name) for name in asked.__struct_fields__ if getattr(asked, name)}
    return view


def status_of(order: Order, parent: Parent | None) -> str:
    """FIX's words for a parent: `new` from the moment it is taken."""
    status = order.ord_status
    if parent is not None and parent.stopped and not is_over(order, parent):
        return "pending_cancel"
    return "new" if status == "pending_new" and parent is not None else status


def is_over(order: Order, parent: Parent | None) -> bool:
    return parent is None or order.is_over or order.cum_qty >= order.terms.quantity


def child_view(order: Order, child: Child) -> View:
    """A slice: what was sent to a venue."""
    terms = order.terms
    return {
        "slice_id": f"{terms.slice_no:03d}",
        "order_id": terms.order_id,
        "parent_order_id": terms.parent_id,
        "venue": terms.venue,
        "side": terms.side.value,
        "order_type": terms.order_type.value,
        "quantity": terms.quantity,
        "price": terms.limit_price,
        "time_in_force": terms.tif.value,
        "status": "unknown" if order.unknown else order.ord_status,
        "filled_quantity": order.cum_qty,
        "average_price": rounded(order.avg_px),
        "sent_at": to_iso(child.sent_at),
        "ended_at": None if order.ended_at is None else to_iso(order.ended_at),
        "reason": order.reason,
    }


def fill_views(family: Family) -> list[View]:
    """The executions of a parent, oldest first."""
    booked = sorted(family.executions.items(), key=lambda pair: pair[1].at)
    return [fill_view(key, each, family.orders[each.order_id].terms) for key, each in booked]


def fill_view(key: str, execution: Execution, terms: OrderTerms) -> View:
    quantity = abs(execution.quantity)
    return {
        "fill_id": key,
        "order_id": terms.order_id,
        "parent_order_id": terms.parent_id,
        "venue": terms.venue,
        "symbol": terms.symbol,
        "side": terms.side.value,
        "quantity": quantity,
        "price": execution.price,
        "fee": execution.fee,
        "fee_currency": execution.fee_currency or None,
        "timestamp": to_iso(execution.at),
    }


def execution_view(order: Order, parent: Parent | None, now: int) -> View:
    """An order as it is being executed: how much of its time and of its quantity has gone."""
    terms = order.terms
    window = None if parent is None else (parent.start, parent.end)
    share = float(order.cum_qty / terms.quantity) if terms.quantity else 0.0
    elapsed = 0.0
    if window is not None and window[1] > window[0]:
        until = order.ended_at or now
        elapsed = min(max((until - window[0]) / (window[1] - window[0]), 0.0), 1.0)
    return {
        "execution_id": terms.order_id,
        "parent_order_id": parent_reference(terms.client_order_id),
        "symbol": terms.symbol,
        "side": terms.side.value,
        "quantity": terms.quantity,
        "algorithm": terms.algorithm or terms.order_type.value,
        "strategy": terms.strategy.value,
        "parameters": terms.parameters,
        "status": status_of(order, parent),
        "filled_quantity": order.cum_qty,
        "remaining_quantity": ZERO if is_over(order, parent) else order.leaves_qty,
        "average_price": rounded(order.avg_px),
        "progress": round(share, 6),
        "time_elapsed": round(elapsed, 6),
        "start_time": None if window is None else to_iso(window[0]),
        "end_time": None if window is None else to_iso(window[1]),
        "slices": 0 if parent is None else parent.children,
        "open_slices": 0 if parent is None else len(parent.open_children),
        "reason": order.reason,
    }


def position_views(
    state: EngineState, quotes: Mapping[str, Mapping[str, Quote]], accounts: Callable[[str], bool]
) -> Iterator[View]:
    """What each account holds, of those that `accounts(name)` lets pass."""
    for symbol, books in state.ledger.books.items():
        mid = consolidated_mid(dict(quotes.get(symbol, {})))
        for account, book in books.items():
            if accounts(account):
                yield position_view(state, symbol, account, book.position, mid)


def position_view(state: EngineState, symbol: str, account: str, position: Position, mark: Decimal | None) -> View:
    instrument = state.instruments[symbol]
    return {
        "account_id": account,
        "symbol": symbol,
        "quantity": position.quantity,
        "average_price": position.entry_price(instrument),
        "mark_price": mark,
        "currency": instrument.settlement_currency,
        "realized_pnl": position.realized,
        "unrealized_pnl": None if mark is None else position.unrealized(instrument, mark),
        "fees": position.fees,
    }


def quote_view(quote: Quote) -> View:
    return {
        "bid": quote.bid,
        "bid_quantity": quote.bid_qty,
        "ask": quote.ask,
        "ask_quantity": quote.ask_qty,
        "last": quote.last,
        "volume": quote.volume,
        "timestamp": to_iso(quote.ts),
    }


def market_view(symbol: str, quotes: Mapping[str, Quote]) -> View:
    """A symbol's market: the best of all venues, and each."""
    bids = [quote.bid for quote in quotes.values() if quote.bid is not None]
    asks = [quote.ask for quote in quotes.values() if quote.ask is not None]
    bid, ask = max(bids, default=None), min(asks, default=None)
    latest = max((quote.ts for quote in quotes.values()), default=None)
    return {
        "symbol": symbol,
        "bid": bid,
        "ask": ask,
        "mid": consolidated_mid(dict(quotes)),
        "spread": None if bid is None or ask is None else ask - bid,
        "volume": sum((quote.volume for quote in quotes.values()), ZERO),
        "timestamp": None if latest is None else to_iso(latest),
        "venues": {venue: quote_view(quote) for venue, quote in quotes.items()},
    }


def book_view(symbol: str, depths: dict[str, Depth], levels: int) -> View:
    """The displayed levels of a symbol, all venues together and each."""
    return {
        "symbol": symbol,
        "bids": merged((depth.bids for depth in depths.values()), levels, best_first=True),
        "asks": merged((depth.asks for depth in depths.values()), levels, best_first=False),
        "venues": {
            venue: {
                "bids": [{"price": price, "quantity": quantity} for price, quantity in depth.bids[:levels]],
                "asks": [{"price": price, "quantity": quantity} for price, quantity in depth.asks[:levels]],
            }
            for venue, depth in depths.items()
        },
    }


def merged(sides: Iterable[Iterable[tuple[Decimal, Decimal]]], levels: int, *, best_first: bool) -> list[View]:
    sizes: dict[Decimal, Decimal] = {}
    for side in sides:
        for price, quantity in side:
            sizes[price] = sizes.get(price, ZERO) + quantity
    ranked = sorted(sizes.items(), reverse=best_first)[:levels]
    return [{"price": price, "quantity": quantity} for price, quantity in ranked]


def rounded(price: Decimal | None) -> Decimal | None:
    """An average with twelve decimals: more of them would say nothing."""
    if price is None:
        return None
    return (round(price, 12) if price.as_tuple().exponent < -12 else price).normalize() + ZERO  # type: ignore[operator]

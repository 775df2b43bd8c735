"""What the checks would say to an order, all of them, and how much of each limit is used before and after it.

An order with a strategy is a parent whose children are asked later. One without is asked a second time as the single
order that would go to its venue. What only reduces its position is not asked for its size. Shares sold short count as
located; no market data is stale. Nothing is kept of an order that would be stopped; one that passes works while the
next is asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal

import msgspec

from penstock.app.risk.order_files import WorkingOrder
from penstock.domain.instructions import PLAIN, Instructions, OrderType
from penstock.domain.instrument import Instrument
from penstock.domain.orders import Order, OrderTerms, Side
from penstock.risk.asked import Asked
from penstock.risk.checks import OF_SIZE, Market, Scene
from penstock.risk.effective import Effective, effective
from penstock.risk.limit_book import LimitBook
from penstock.risk.limit_checks import CHILD_CHECKS, PARENT_CHECKS
from penstock.risk.limits import RULES
from penstock.risk.risk_state import RiskState, counted_anew, limits_changed, parent_open, parent_taken
from penstock.risk.rules import Rules
from penstock.risk.scopes import DESK, Belongs
from penstock.risk.usage import uses

ZERO = Decimal(0)
ACCOUNT = "main"
ANY_VENUE = "any venue"
NOW = 10**18  # one instant: all orders are asked at the same time


class Stop(msgspec.Struct, frozen=True):
    """A check that would stop the order: the code of its denial, and its sentence."""

    code: str
    reason: str


class UseLine(msgspec.Struct, frozen=True):
    """A limit, and how much of it is used before and after the order; `scope` is whose it is."""

    scope: str
    name: str
    before: Decimal
    after: Decimal
    most: Decimal

    @property
    def fraction(self) -> Decimal:
        """After the order, over what is allowed; 1 where nothing is."""
        return self.after / self.most if self.most else Decimal(1)


class Verdict(msgspec.Struct, frozen=True):
    """What became of one order."""

    order: WorkingOrder
    stops: tuple[Stop, ...]
    uses: tuple[UseLine, ...]

    @property
    def passes(self) -> bool:
        return not self.stops


class Desk:
    """A desk that only answers: positions of one account, prices, limits, and the orders it has passed."""

    def __init__(
        self,
        book: LimitBook,
        instruments: Mapping[str, Instrument],
        prices: Mapping[str, Decimal],
        positions: Mapping[str, Decimal],
        *,
        account: str = "",
        day_gain: Decimal = ZERO,
    ) -> None:
        self.book, self.instruments, self.prices = book, instruments, prices
        self.account, self.positions = account or ACCOUNT, positions
        self.state, self.numbered = RiskState(), 0
        self.open: dict[tuple[str, int], Decimal] = {}
        limits_changed(self.state, book, instruments)
        holdings = [(self.account, symbol, units, prices[symbol]) for symbol, units in positions.items()]
        counted_anew(self.state, instruments, prices, holdings, (), ())
        for scope in (DESK, f"account/{self.account}"):
            if scope in self.state.tally.exposure.totals:
                self.state.tally.exposure.totals[scope].gain = day_gain

    def work(self, order: WorkingOrder) -> None:
        """An order that works already: it is not asked, it counts."""
        terms = self._terms(order, None)
        self._take(self.state, order, terms, self._effective(order, ""))

    def ask(self, order: WorkingOrder) -> Verdict:
        """What the checks say; the order works from now on if none stops it."""
        terms = self._terms(order, None)
        found = self._effective(order, "")
        stops = list(self._stops(order, terms, found))
        if not order.strategy:
            child = self._terms(order, order.venue or ANY_VENUE)
            as_child = self._stops(order, child, self._effective(order, child.venue or ""))
            stops += [stop for stop in as_child if stop.code not in {each.code for each in stops}]
        after = deepcopy(self.state)
        own = tuple(self._own_uses(order, found))
        self._take(after, order, terms, found)
        whole = self._uses(after, found)
        if stops:
            self._forget(order)
        else:
            self.state = after
        return Verdict(order, tuple(stops), own + whole)

    def _terms(self, order: WorkingOrder, venue: str | None) -> OrderTerms:
        if venue is None:
            self.numbered += 1
        is_short = order.side is Side.SELL_SHORT
        return OrderTerms(
            order_id=f"P{self.numbered:03d}" if venue is None else f"P{self.numbered:03d}-001",
            symbol=order.symbol,
            side=order.side,
            quantity=order.quantity,
            order_type=OrderType.MARKET if order.limit_price is None else OrderType.LIMIT,
            limit_price=order.limit_price,
            account=order.account or self.account,
            algorithm=order.strategy or None,
            parent_id=None if venue is None else f"P{self.numbered:03d}",
            venue=venue,
            instructions=Instructions(located=True) if is_short and venue is None else PLAIN,
        )

    def _effective(self, order: WorkingOrder, venue: str) -> Effective:
        belongs = Belongs(
            account=order.account or self.account,
            user=order.user,
            strategy=order.strategy,
            symbol=order.symbol,
            asset_class=self.instruments[order.symbol].asset_class.value,
            sector=self.book.sectors.get(order.symbol, ""),
            venue=venue,
        )
        return effective(self.book, belongs)

    def _stops(self, order: WorkingOrder, terms: OrderTerms, found: Effective) -> Iterator[Stop]:
        """Every check that denies, in the engine's order."""
        instrument, price = self.instruments[order.symbol], self.prices[order.symbol]
        held, sign = self.positions.get(order.symbol, ZERO), order.side.sign
        opened = self.open.get((order.symbol, sign), ZERO)
        rules = Rules(instrument, found.limits)
        scene = Scene(
            now=NOW,
            rules=rules,
            market=Market(True, NOW, price),
            halted="",
            position=held,
            open_qty=opened,
            parent_room=None if terms.venue is None else order.quantity,
            reducible=max(ZERO, -sign * held - opened) if terms.reduces_only else None,
            reduces_only=terms.reduces_only,
            best_bid=price,
        )
        reduces = -sign * held >= opened + order.quantity
        for check in rules.checks(terms):
            denial = check(terms, scene)
            if denial is not None and not (reduces and denial.code in OF_SIZE):
                yield Stop(denial.code.value, denial.reason)
        asked = Asked(
            now=NOW,
            terms=terms,
            instrument=instrument,
            effective=found,
            quantity=order.quantity,
            value=instrument.notional(order.quantity, self._worst(order)),
            reference=price,
            reduces=reduces,
        )
        for limit_check in PARENT_CHECKS if terms.venue is None else CHILD_CHECKS:
            breach = limit_check(asked, self.state.tally)
            if breach is not None:
                yield Stop(breach.code, breach.reason)

    def _worst(self, order: WorkingOrder) -> Decimal:
        """The highest price that the order may trade at, as far as is known."""
        price, limit = self.prices[order.symbol], order.limit_price
        return price if limit is None or (not order.side.is_buy and limit < price) else limit

    def _take(self, state: RiskState, order: WorkingOrder, terms: OrderTerms, found: Effective) -> None:
        parent_taken(state, terms, order.user, found.order_rate_max, NOW)
        parent_open(
            state, Order(terms=terms, created_at=NOW), self.instruments[order.symbol], self.prices[order.symbol]
        )
        key = (order.symbol, order.side.sign)
        self.open[key] = self.open.get(key, ZERO) + order.quantity

    def _forget(self, order: WorkingOrder) -> None:
        self.open[order.symbol, order.side.sign] -= order.quantity

    def _own_uses(self, order: WorkingOrder, found: Effective) -> Iterator[UseLine]:
        """The limits on the order by itself and on its symbol's position."""
        instrument, price, sign = self.instruments[order.symbol], self.prices[order.symbol], order.side.sign
        value = instrument.notional(order.quantity, self._worst(order))
        before = self.positions.get(order.symbol, ZERO) + sign * self.open.get((order.symbol, sign), ZERO)
        after = before + sign * order.quantity
        figures = {
            "order_value_max": (ZERO, value),
            "order_quantity_max": (ZERO, order.quantity),
            "parent_value_max": (ZERO, value),
            "position_value_max": (instrument.notional(abs(before), price), instrument.notional(abs(after), price)),
            "position_quantity_max": (abs(before), abs(after)),
        }
        for name, (used, then) in figures.items():
            most = getattr(found.limits, name)
            is_childs = name in ("order_value_max", "order_quantity_max")
            if most is not None and not (is_childs and order.strategy):
                yield UseLine(found.set_by[name], name, used, then, most)

    def _uses(self, after: RiskState, found: Effective) -> tuple[UseLine, ...]:
        """The limits on totals of every scope that the order belongs to."""
        scopes: Sequence[str] = found.scopes
        pairs = zip(uses(self.state, NOW), uses(after, NOW), strict=True)
        return tuple(
            UseLine(old.scope, old.name, old.used, new.used, old.most)
            for old, new in pairs
            if old.scope in scopes and old.name in RULES
        )

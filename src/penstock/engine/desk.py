"""The state with its one writer, the quotes in sight, the step in progress: what all parts of the engine share."""

from decimal import Decimal

import msgspec

from penstock.algos.view import Session
from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.instructions import PLAIN, Instructions, OrderType, TimeInForce
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.reports import VenueReport
from penstock.engine.amending import forbidden_change
from penstock.engine.effects import Effect
from penstock.engine.folds import apply
from penstock.engine.reducing import reducible
from penstock.engine.sight import Quotes, Sight, usable
from penstock.engine.state import EngineState
from penstock.risk import Approved, Denial, Limits, Rules, Scene, review
from penstock.risk.checks import Code, Market
from penstock.routing.native import everywhere

ZERO = Decimal(0)
SELL_SHORT = Side.SELL_SHORT

Told = VenueReport | cmd.BookFunding  # what an alert may keep whole


class Desk:
    """Emits events, collects effects, and puts every order before risk."""

    def __init__(self, state: EngineState) -> None:
        self.state = state
        self.quotes: Quotes = {}
        self.now = state.ts
        self.effects: list[Effect] = []
        self.not_on_record: frozenset[str] = frozenset()  # recalls whose answer is being dealt with
        self.events: list[ev.AnyEvent] = []
        self._limits: Limits | None
        self._session: Session | None
        self._everywhere: frozenset[tuple[OrderType, TimeInForce]] | None
        self._rules: dict[str, Rules]
        self._sights: dict[str, dict[tuple[str, ...], Sight]]
        self.renew()

    def renew(self) -> None:
        """Forget what was found out about the session before, for another begins."""
        self._limits = self._session = self._everywhere = None
        self._rules, self._sights = {}, {}

    def finish(self) -> tuple[list[ev.AnyEvent], list[Effect]]:
        """Hand over what came of the inputs since the last time."""
        events, effects = self.events, self.effects
        self.events, self.effects = [], []
        return events, effects

    def emit(self, event: ev.AnyEvent) -> None:
        """Record an event and fold it in at once: what follows in this step already sees it."""
        apply(self.state, event)
        self.events.append(event)

    def see(self, quotes: Quotes) -> None:
        """Take in what the market looks like now."""
        for symbol, by_venue in quotes.items():
            self.quotes.setdefault(symbol, {}).update(by_venue)
            self._sights.pop(symbol, None)

    def sight(self, symbol: str, venues: tuple[str, ...]) -> Sight:
        """What may be seen of a symbol, which must be one of ours, on these venues (all when none is named)."""
        sights = self._sights.get(symbol)
        if sights is None:
            sights = self._sights[symbol] = {}
        sight = sights.get(venues)
        if sight is None:
            quotes = usable(self.quotes.get(symbol, {}), venues)
            sight = sights[venues] = Sight(quotes, self.state.instruments[symbol], self.state.venues)
        return sight

    def alert(self, severity: str, code: str, text: str, order_id: str = "", report: Told | None = None) -> None:
        kept = {} if report is None else {"type": type(report).__name__, **msgspec.to_builtins(report)}
        self.emit(ev.AlertRaised(ts=self.now, severity=severity, code=code, text=text, order_id=order_id, report=kept))

    def is_plain(self, terms: OrderTerms) -> bool:
        """Whether every venue does all of an order by itself, so that it can be worked on any."""
        if self._everywhere is None:
            self._everywhere = everywhere(self.state.venues.values())
        plain = terms.instructions is PLAIN and not terms.post_only and not terms.side.covers
        return plain and (terms.order_type, terms.tif) in self._everywhere

    @property
    def limits(self) -> Limits:
        """The limits of the session."""
        if self._limits is None:
            assert self.state.session is not None
            self._limits = msgspec.convert(self.state.session.limits, Limits)
        return self._limits

    @property
    def session(self) -> Session:
        if self._session is None:
            assert self.state.session is not None
            self._session = Session(self.state.session.market_start, self.state.session.market_end)
        return self._session

    def review_parent(self, terms: OrderTerms) -> Approved | Denial:
        """Whether a parent may be worked at all."""
        if terms.symbol not in self.state.instruments:
            return Denial(Code.NO_MARKET, f"no market trades {terms.symbol}")
        return review(terms, self._scene(terms, self.sight(terms.symbol, terms.venues).market))

    def review_child(self, terms: OrderTerms) -> Approved | Denial:
        """Whether a child may leave for its venue; a replacement counts only what it adds."""
        assert terms.venue is not None
        return review(terms, self._scene(terms, self.sight(terms.symbol, (terms.venue,)).market))

    def amended(self, command: cmd.AmendOrder) -> OrderTerms | Denial:
        """A parent's new terms, or why it cannot have them."""
        state = self.state
        if command.order_id not in state.working or state.parents[command.order_id].stopped:
            return Denial(Code.NOT_WORKING, f"order {command.order_id} is not working: only a working order is amended")
        order = state.orders[command.order_id]
        terms = order.terms
        quantity = terms.quantity if command.quantity is None else command.quantity
        limit = terms.limit_price if command.limit_price is None else command.limit_price
        open_children = state.parents[command.order_id].open_children
        committed = order.cum_qty + sum((state.orders[child].open_qty for child in open_children), ZERO)
        if quantity < committed:
            return Denial(
                Code.BELOW_COMMITTED, f"quantity {quantity} is below the {committed} that are filled or working"
            )
        if command.quantity is not None and command.order_id in state.member_of:
            return Denial(Code.TERMS, "the orders of a group share their quantity: cancel them and send another group")
        asked = msgspec.structs.replace(
            terms,
            quantity=quantity,
            limit_price=limit,
            tif=command.tif or terms.tif,
            parameters=terms.parameters if command.parameters is None else command.parameters,
            instructions=self._instructions(command, terms),
        )
        rule = forbidden_change(terms, asked, bool(state.parents[command.order_id].native))
        if rule:
            return Denial(Code.TERMS, rule)
        outcome = self.review_parent(asked)
        return outcome if isinstance(outcome, Denial) else asked

    @staticmethod
    def _instructions(command: cmd.AmendOrder, terms: OrderTerms) -> Instructions:
        """The instructions as amended; what only GTD needs goes when GTD goes."""
        asked = command.instructions or terms.instructions
        leaves_gtd = command.instructions is None and command.tif not in (None, TimeInForce.GTD)
        return msgspec.structs.replace(asked, expire_time=None) if leaves_gtd else asked

    def _scene(self, terms: OrderTerms, market: Market) -> Scene:
        state, symbol, parent_id = self.state, terms.symbol, terms.parent_id
        known = state.orders.get(terms.order_id)
        own = filled = ZERO
        if known is not None:  # a replacement or amendment does not count against itself
            own, filled = known.open_qty, known.cum_qty
        room, asked = None, terms
        if parent_id is not None:
            parent, order = state.parents[parent_id], state.orders[parent_id]
            asked = order.terms
            room = order.leaves_qty + own + filled
            for child in parent.open_children:
                room -= state.orders[child].open_qty
        reduces_only, totals = asked.reduces_only, state.open_qty.get(symbol)
        return Scene(
            now=self.now,
            rules=self._rules.get(symbol) or self._rules_of(symbol),
            market=market,
            halted=state.halted,
            position=state.ledger.net.get(symbol, ZERO),
            open_qty=ZERO if totals is None else totals.beside(terms) - own,
            parent_room=room,
            filled_qty=filled,
            reducible=reducible(state, terms) if state.reducing or reduces_only else None,
            reduces_only=reduces_only,
            best_bid=self._best_bid(terms) if terms.side is SELL_SHORT else None,
        )

    def _rules_of(self, symbol: str) -> Rules:
        rules = self._rules[symbol] = Rules(self.state.instruments[symbol], self.limits)
        return rules

    def _best_bid(self, terms: OrderTerms) -> Decimal | None:
        """The best bid of a symbol over all venues."""
        bids = (quote.bid for quote in self.quotes.get(terms.symbol, {}).values())
        return max((bid for bid in bids if bid is not None), default=None)

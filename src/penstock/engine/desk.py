"""The state with its one writer, the quotes in sight, the step in progress: what all parts of the engine share."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from penstock.algos.view import Session
from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.instructions import PLAIN, Instructions, OrderType, TimeInForce
from penstock.domain.orders import Order, OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.reports import VenueReport
from penstock.domain.time import DAY, SECOND
from penstock.engine.amending import forbidden_change
from penstock.engine.budget_lines import BudgetLines
from penstock.engine.effects import Effect
from penstock.engine.folds import apply
from penstock.engine.parts import parts_of
from penstock.engine.reducing import closable, open_on_side, reducible
from penstock.engine.risk_folds import effective_of, resting
from penstock.engine.sight import Quotes, Sight, usable
from penstock.engine.state import EngineState
from penstock.risk import Approved, Denial, Limits, Rules, Scene, review
from penstock.risk.asked import Asked
from penstock.risk.checks import NOT_OF_REDUCING, Code, too_large, worst_price
from penstock.risk.effective import Effective, effectives_of
from penstock.risk.risk_state import resting_of
from penstock.risk.self_trade import meets
from penstock.routing.native import everywhere

ZERO = Decimal(0)
SELL_SHORT = Side.SELL_SHORT
KEPT_MAX = 100_000
MARK_STEP = 1000  # a mark is on record anew once it is off by more than a thousandth

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
        self.limits: Limits  # the desk's own
        self.child_timeout: int  # how long a child may rest without a fill (ns)
        self.stale_after: int  # from what age on a quote is not traded on (ns)
        self._session: Session | None
        self._everywhere: frozenset[tuple[OrderType, TimeInForce]] | None
        self._rules: dict[str, Rules]
        self._rules_of_scopes: dict[tuple[int, str], Rules]
        self._is_scoped: bool
        self.budgets = BudgetLines(state)
        self._summed_at = -1
        self._sums: dict[tuple[str, str, int], Decimal] = {}
        self._sights: dict[str, dict[tuple[str, ...], Sight]]
        self.renew()

    def renew(self) -> None:
        """Forget what was found out about the session or the limits before, for others hold."""
        self._session = self._everywhere = None
        self._rules, self._sights, self._rules_of_scopes = {}, {}, {}
        book = self.state.risk.book
        self.limits = book.desk
        self.child_timeout = round(self.limits.child_timeout_s * SECOND)
        self.stale_after = round(self.limits.stale_after_s * SECOND)
        self._is_scoped = bool(book.scopes or self.state.risk.counts.exposure)

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

    def limits_of(self, terms: OrderTerms) -> Limits:
        """The limits that bound one order: the tightest of all its scopes."""
        return effective_of(self.state, terms).limits if self._is_scoped else self.limits

    @property
    def session(self) -> Session:
        if self._session is None:
            assert self.state.session is not None
            self._session = Session(self.state.session.market_start, self.state.session.market_end)
        return self._session

    def review_parent(self, terms: OrderTerms, user: str = "") -> Approved | Denial:
        """Whether a parent may be worked at all; `user` is whose it is, while that is not on record."""
        if terms.symbol not in self.state.instruments:
            return Denial(Code.NO_MARKET, f"no market trades {terms.symbol}")
        if self._is_scoped:
            self.value((terms.symbol,))
        return self._reviewed(terms, self._scene(terms, self.sight(terms.symbol, terms.venues), user))

    def review_new(self, terms: OrderTerms, user: str, sight: Sight) -> Approved | Denial:
        """As `review_parent`, for an id that nobody has: nothing of it is open or filled."""
        state, symbol = self.state, terms.symbol
        rules = self._rules.get(symbol)
        if (
            rules is None
            or self._is_scoped
            or state.risk.holds_back
            or rules.of_parents
            or terms.instructions is not PLAIN
            or terms.side.covers
            or terms.side is SELL_SHORT
        ):
            return self.review_parent(terms, user)
        totals = state.open_qty.get(symbol)
        scene = Scene(
            now=self.now,
            rules=rules,
            market=sight.market,
            halted="",
            position=state.ledger.net.get(symbol, ZERO),
            open_qty=ZERO if totals is None else totals.beside(terms),
            parent_room=None,
        )
        return self._reviewed(terms, scene)

    def review_child(self, terms: OrderTerms) -> Approved | Denial:
        """Whether a child may leave for its venue; a replacement counts only what it adds."""
        return self._reviewed(terms, self._scene_at_venue(terms))

    def parts_of(self, child: OrderTerms) -> list[Decimal]:
        """What a child that is too large can be sent as; none if that were too many."""
        return parts_of(child, self._scene_at_venue(child))

    def _scene_at_venue(self, child: OrderTerms) -> Scene:
        """What a child is decided on: the quote of its venue, or of all the lit ones where that shows none."""
        assert child.venue is not None
        seen = (child.venue,) if self.state.venues[child.venue].is_lit else ()
        return self._scene(child, self.sight(child.symbol, seen))

    def too_large(self, child: OrderTerms, scene: Scene) -> Denial | None:
        """Why a child is too large to be sent, in a scene that is its parent's; of what reduces nothing is asked."""
        denial = too_large(child, scene)
        return None if denial is None or self._reduces(child, scene) else denial

    def quote_at(self, symbol: str, venue: str) -> Quote:
        """What a child for this venue is decided on: its quote, or where it shows none the best of the lit venues."""
        quote = self.quotes[symbol][venue]
        if self.state.venues[venue].is_lit:
            return quote
        seen = self.sight(symbol, ())
        newest = seen.market.newest or quote.ts
        return msgspec.structs.replace(quote, ts=newest, bid=seen.sound.bid, ask=seen.sound.ask)

    def _reviewed(self, terms: OrderTerms, scene: Scene) -> Approved | Denial:
        outcome = review(terms, scene)
        return outcome if isinstance(outcome, Approved) else self._unless_reducing(terms, scene, outcome)

    def value(self, symbols: Iterable[str]) -> None:
        """Where exposure is counted: begin a new day's totals, and value symbols at their mids, on record.

        A mark is on record where it has moved enough to matter, or is not known.
        """
        risk, day = self.state.risk, self.now // DAY
        if not risk.counts.exposure:
            return
        if day > risk.day:
            self.emit(ev.DayOpened(ts=self.now, day=day))
        for symbol in symbols:
            mid = self.sight(symbol, ()).mid if symbol in self.state.instruments else None
            known = risk.tally.exposure.prices.get(symbol)
            if mid is not None and (known is None or abs(mid - known) * MARK_STEP > known):
                self.emit(ev.MarkMoved(ts=self.now, symbol=symbol, price=mid))

    def _unless_reducing(self, terms: OrderTerms, scene: Scene, denial: Denial) -> Approved | Denial:
        """A denial; but where orders that reduce a position pass, one that does nothing but that is asked anew."""
        if denial.code not in NOT_OF_REDUCING or not self._reduces(terms, scene):
            return denial
        if scene.asked is not None:
            scene = msgspec.structs.replace(scene, asked=msgspec.structs.replace(scene.asked, reduces=True))
        return review(terms, scene, reduces=True)

    def _reduces(self, terms: OrderTerms, scene: Scene) -> bool:
        """Whether an order brings its account's position nearer to zero, whatever else of ours fills first."""
        added = terms.quantity - scene.filled_qty
        closes = closable(self.state, terms)
        return closes >= added and closes - self._open_beside(terms) >= added

    def _open_beside(self, terms: OrderTerms) -> Decimal:
        """What other orders of the account have open on an order's side: summed once, until something happens."""
        state = self.state
        if self._summed_at != state.seq:
            self._summed_at, self._sums = state.seq, {}
        key = (terms.symbol, terms.account, terms.side.sign)
        total = self._sums.get(key)
        if total is None:
            total = self._sums[key] = open_on_side(state, terms, but="")
        parent = state.parents.get(terms.order_id)
        own = (terms.order_id,) if parent is None else parent.open_children
        return total - sum((state.orders[each].open_qty for each in own if each in state.orders), ZERO)

    def amended(self, command: cmd.AmendOrder) -> OrderTerms | Denial:
        """A parent's new terms, or why it cannot have them."""
        state = self.state
        if command.order_id not in state.working or state.parents[command.order_id].stopped:
            return Denial(Code.NOT_WORKING, f"order {command.order_id} is not working: only a working order is amended")
        order = state.orders[command.order_id]
        terms = order.terms
        quantity = terms.quantity if command.quantity is None else command.quantity
        limit = terms.limit_price if command.limit_price is None else command.limit_price
        if quantity < order.cum_qty or quantity <= ZERO:
            return Denial(Code.BELOW_FILLED, f"quantity {quantity} is below the {order.cum_qty} that are filled")
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

    def committed(self, order_id: str) -> Decimal:
        """What of a parent is filled, or may fill at a venue."""
        state = self.state
        open_children = state.parents[order_id].open_children
        return state.orders[order_id].cum_qty + sum((state.orders[child].open_qty for child in open_children), ZERO)

    @staticmethod
    def _instructions(command: cmd.AmendOrder, terms: OrderTerms) -> Instructions:
        """The instructions as amended; what only GTD needs goes when GTD goes."""
        asked = command.instructions or terms.instructions
        leaves_gtd = command.instructions is None and command.tif not in (None, TimeInForce.GTD)
        return msgspec.structs.replace(asked, expire_time=None) if leaves_gtd else asked

    def _scene(self, terms: OrderTerms, sight: Sight, user: str = "") -> Scene:
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
        reduces_only, totals, risk = asked.reduces_only, state.open_qty.get(symbol), state.risk
        if self._is_scoped or risk.holds_back:
            rules = self._rules_of_its_scopes(terms, user)
        else:
            rules = self._rules.get(symbol) or self._rules_of(terms)
        scene = Scene(
            now=self.now,
            rules=rules,
            market=sight.market,
            halted=state.halted if risk.holds_back else "",
            position=state.ledger.net.get(symbol, ZERO),
            open_qty=ZERO if totals is None else totals.beside(terms) - own,
            parent_room=room,
            filled_qty=filled,
            reducible=reducible(state, terms) if state.reducing or reduces_only else None,
            reduces_only=reduces_only,
            best_bid=self._best_bid(terms) if terms.side is SELL_SHORT else None,
        )
        if parent_id is None:
            may_deny = bool(rules.of_parents or risk.holds_back)
        else:
            may_deny = bool(rules.of_children or risk.holds_back)
            if not may_deny and totals is not None and rules.prevents_self_trade:
                opposite = totals.children_sell if terms.side.is_buy else totals.children_buy
                may_deny = bool(opposite and self.meets_ours(terms))
        return self._with_limits(terms, scene, sight.mid, known, own) if may_deny else scene

    def meets_ours(self, terms: OrderTerms) -> bool:
        """Whether an order would meet one of ours at its venue."""
        risk = self.state.risk
        ours = risk.tally.resting if risk.rests_kept else resting_of(resting(self.state))
        return meets(ours, terms.venue or "", terms.symbol, terms.side.sign, terms.limit_price)

    def _with_limits(
        self, terms: OrderTerms, scene: Scene, mid: Decimal | None, known: Order | None, own: Decimal
    ) -> Scene:
        """The scene with the order as modes, breakers and the limits on more than itself see it."""
        state, rules = self.state, scene.rules
        risk = state.risk
        assert rules.effective is not None
        worst = terms.limit_price or mid or worst_price(terms, scene) or ZERO
        value = rules.instrument.notional(terms.quantity - scene.filled_qty, worst) if worst else ZERO
        if known is not None and own:
            before = risk.tally.exposure.orders.get(terms.order_id)
            value -= rules.instrument.notional(own, worst) if before is None else before.value
        asked = Asked(
            now=self.now,
            terms=terms,
            instrument=rules.instrument,
            effective=rules.effective,
            quantity=terms.quantity - scene.filled_qty - own,
            value=value,
            reference=mid,
            is_change=known is not None,
        )
        if not risk.rests_kept and terms.parent_id is not None:
            tally = msgspec.structs.replace(risk.tally, resting=resting_of(resting(state)))
            risk = msgspec.structs.replace(risk, tally=tally)
        return msgspec.structs.replace(scene, asked=asked, risk=risk)

    def _rules_of(self, terms: OrderTerms) -> Rules:
        """The rules of an order's symbol, where no scope has limits of its own."""
        rules = self._rules[terms.symbol] = self._new_rules(terms.symbol, effective_of(self.state, terms))
        return rules

    def _rules_of_its_scopes(self, terms: OrderTerms, user: str) -> Rules:
        state = self.state
        if user:
            asset_class = state.instruments[terms.symbol].asset_class.value
            found = effectives_of(state.risk.book).of(
                terms.account, user, terms.algorithm or "", terms.symbol, asset_class
            )
        else:
            found = effective_of(state, terms)
        key = (id(found), terms.symbol)
        rules = self._rules_of_scopes.get(key)
        if rules is None or rules.effective is not found:
            if len(self._rules_of_scopes) >= KEPT_MAX:
                self._rules_of_scopes.clear()
            rules = self._rules_of_scopes[key] = self._new_rules(terms.symbol, found)
        return rules

    def _new_rules(self, symbol: str, found: Effective) -> Rules:
        session = self.state.session
        times = () if session is None else session.sessions.get(symbol, ())
        closes = times[-1].closes if times else None
        return Rules(self.state.instruments[symbol], found.limits, found, closes, is_scoped=self._is_scoped)

    def _best_bid(self, terms: OrderTerms) -> Decimal | None:
        """The best bid of a symbol over all venues."""
        bids = (quote.bid for quote in self.quotes.get(terms.symbol, {}).values())
        return max((bid for bid in bids if bid is not None), default=None)

"""What must hold, whatever happens: each checker watches one promise, after every step and at the end.

A checker looks at the world from outside: at the record, at what left, at the venues' own ledgers. It answers with a
sentence about what is broken, empty if nothing is.
"""

from decimal import Decimal

from penstock.domain import events as ev
from penstock.domain.contingency import Contingency
from penstock.domain.orders import ENDED, OrderTerms
from penstock.engine.contingent import received, shared
from penstock.engine.effects import Look, Recall, SendCancel, SendNew, SendReplace
from penstock.engine.engine import Engine
from penstock.engine.families import family_of
from penstock.engine.recall import is_archived
from penstock.engine.state import EngineState
from penstock.journal.recall import MOVES, look_through
from penstock.journal.replay import replay
from penstock.sim.faults.clients import SYMBOL
from penstock.sim.faults.world import World

ZERO = Decimal(0)
ROUNDING = Decimal("1e-12")  # a synthetic fill's price is a quotient
HASHED_EVERY = 10
SHORT_RUN_STEPS = 40
ENDINGS = (ev.ChildCanceled, ev.ChildExpired, ev.ChildRejected, ev.ChildDoneForDay)


class Checker:
    """Watches one promise in one world; it says nothing unless it is made to."""

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        """After every event of the record, with the state that the record gives then."""
        return ""

    def check(self, world: World) -> str:
        """After every step."""
        return ""

    def finish(self, world: World) -> str:
        """After everything has settled."""
        return ""


class QuantityConserved(Checker):
    """A parent's filled quantity is its children's, always."""

    def check(self, world: World) -> str:
        return self._differences(world.engine.state.spelled_out())

    def finish(self, world: World) -> str:
        return self._differences(world.whole())

    def _differences(self, state: EngineState) -> str:
        filled = dict.fromkeys(state.parents, ZERO)
        for order in state.orders.values():
            if order.terms.parent_id is not None:
                filled[order.terms.parent_id] += order.cum_qty
        for name, total in filled.items():
            if state.orders[name].cum_qty != total:
                return f"{name} has filled {state.orders[name].cum_qty}, its children {total}"
        return ""


class WithinParent(Checker):
    """When a child or a larger replacement leaves, its parent's children fit into it, as far as anyone can know."""

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        if not isinstance(event, ev.ChildSubmitted | ev.ReplaceAsked):
            return ""
        child = state.orders[event.terms.order_id]
        if isinstance(event, ev.ReplaceAsked) and event.terms.quantity <= child.terms.quantity:
            return ""  # late fills may have left less room than is open: it is being made smaller
        name = event.terms.parent_id or ""
        parent = state.orders[name]
        open_qty = sum((state.orders[child].open_qty for child in state.parents[name].open_children), ZERO)
        if parent.cum_qty + open_qty > parent.terms.quantity:
            return f"{name} of {parent.terms.quantity} has {parent.cum_qty} filled and {open_qty} open"
        return ""


class NoOverfill(Checker):
    """No child truly fills beyond what was ever asked, no parent beyond what its venues told after an order's end."""

    def __init__(self) -> None:
        self._known_at_end: dict[str, Decimal] = {}

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        if isinstance(event, ENDINGS):
            self._known_at_end.setdefault(event.order_id, state.orders[event.order_id].cum_qty)
        if isinstance(event, ev.FillBusted) and event.order_id in self._known_at_end:
            known = self._known_at_end[event.order_id]
            self._known_at_end[event.order_id] = min(known, state.orders[event.order_id].cum_qty)
        return ""

    def check(self, world: World) -> str:
        for venue in world.venues.values():
            for name, held in venue.orders.items():
                if held.cum_qty > held.most:
                    return f"{name} truly filled {held.cum_qty} of {held.most}"
        return ""

    def finish(self, world: World) -> str:
        state = world.whole()
        late = dict.fromkeys(state.parents, ZERO)
        for order_id, known in self._known_at_end.items():
            order = state.orders[order_id]
            late[order.terms.parent_id or ""] += max(order.cum_qty - known, ZERO)
        for name, unforeseen in late.items():
            parent = state.orders[name]
            if parent.cum_qty > parent.terms.quantity + unforeseen:
                return f"{name} filled {parent.cum_qty} of {parent.terms.quantity}, only {unforeseen} of it told late"
        return ""


class BooksAreTrue(Checker):
    """The ledger is the sum of the executions on record at every step, and the venues' truth at the end."""

    def __init__(self) -> None:
        self._booked: dict[str, tuple[Decimal, Decimal]] = {}

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        """Add executions up from the record, apart from the ledger: signed quantity and cash of each."""
        match event:
            case ev.ChildFilled():
                self._book(event, event.exec_id, state)
            case ev.FillBusted():
                del self._booked[event.venue + event.exec_id]
            case ev.FillCorrected():
                del self._booked[event.venue + event.exec_id]
                self._book(event, event.new_exec_id, state)
        return ""

    def check(self, world: World) -> str:
        quantity = sum((each[0] for each in self._booked.values()), ZERO)
        cash = sum((each[1] for each in self._booked.values()), ZERO)
        ledger = world.engine.state.ledger
        held, has = ledger.net.get(SYMBOL, ZERO), ledger.cash().get("USD", ZERO)
        if held != quantity:
            return f"the ledger holds {held}, the executions on record make {quantity}"
        if abs(has - cash) > ROUNDING:
            return f"the ledger has {has} in cash, the executions on record make {cash}"
        return ""

    def finish(self, world: World) -> str:
        state = world.whole()
        for venue in world.venues.values():
            for name, held in venue.orders.items():
                ours = state.orders.get(name)
                if ours is None:
                    return f"{venue.name} holds {name}, which we do not know"
                if ours.cum_qty != held.cum_qty:
                    return f"{name} filled {held.cum_qty} at {venue.name}, {ours.cum_qty} in our book"
                if abs(ours.cum_value - held.cum_value) > ROUNDING:
                    return f"{name} is worth {held.cum_value} at {venue.name}, {ours.cum_value} in our book"
        return ""

    def _book(self, event: ev.ChildFilled | ev.FillCorrected, exec_id: str, state: EngineState) -> None:
        signed = state.orders[event.order_id].terms.side.sign * event.last_qty
        self._booked[event.venue + exec_id] = (signed, -signed * event.last_px - event.fee)


class EverythingEnds(Checker):
    """Within a bounded time after the sun shines, no order is unknown or open, here or at a venue."""

    def finish(self, world: World) -> str:
        state = world.engine.state
        for venue in world.venues.values():
            if venue.open:
                return f"{venue.name} still works {', '.join(venue.open)}"
        if state.working:
            return f"{', '.join(state.working)} still works"
        if state.recalls:
            return f"{', '.join(state.recalls)} is still being looked up"
        for name, order in world.whole().orders.items():
            if order.unknown or order.is_open:
                return f"{name} is {'unknown' if order.unknown else 'open'}: {order.ord_status}"
            if order.requests and order.state not in ENDED:
                return f"{name} still waits for the answer to a {order.pending()}"
        if any(totals.any for totals in state.open_qty.values()):
            return f"open quantity is left in the totals: {state.open_qty}"
        if not world.is_settled:
            return "the engine still wants to be woken"
        return ""


class ReplayIsIdentical(Checker):
    """The record gives back the state that the live engine has."""

    def __init__(self) -> None:
        self._steps = 0
        self._recorded = EngineState()

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        self._recorded = state
        return ""

    def check(self, world: World) -> str:
        self._steps += 1
        if world.steps > SHORT_RUN_STEPS and self._steps % HASHED_EVERY:
            return ""
        return self.finish(world)

    def finish(self, world: World) -> str:
        if self._recorded.state_hash() != world.engine.state.state_hash():
            return f"after event {self._recorded.seq} the record gives another state than the live one"
        return ""


class NothingTwice(Checker):
    """No order id and no request id ever leaves twice, and none leaves that is not on record."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._read = 0

    def check(self, world: World) -> str:
        fresh = world.sent[self._read :]
        self._read = len(world.sent)
        for _, effect in fresh:
            match effect:
                case SendNew():
                    sent_id = effect.approved.terms.order_id
                case SendReplace() | SendCancel():
                    sent_id = effect.request_id
                case Look():
                    continue
            if sent_id in self._ids:
                return f"{sent_id} was sent twice"
            self._ids.add(sent_id)
        return ""


class NothingAfterHalt(Checker):
    """From a mode's or a breaker's event on, nothing leaves that it forbids: nothing at all where it halts a scope.

    What may leave in a milder mode reduces the account's position, with all else that is open on its side filled, or
    only makes an order smaller.
    Modes and open breakers are kept here by themselves, from the record.
    """

    def __init__(self) -> None:
        self._modes: dict[str, str] = {}
        self._open: dict[tuple[str, str], tuple[str, int | None]] = {}  # by breaker and scope: its mode, and until when

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        match event:
            case ev.ModeChanged():
                self._modes[event.scope] = event.mode
            case ev.BreakerTripped():
                self._open[event.breaker, event.scope] = (event.mode, event.until)
            case ev.BreakerReset():
                del self._open[event.breaker, event.scope]
            case ev.ChildSubmitted() | ev.ReplaceAsked():
                return self._judge(event, state)
        return ""

    def _judge(self, event: ev.ChildSubmitted | ev.ReplaceAsked, state: EngineState) -> str:
        terms = event.terms
        for scope in scopes_of(terms, state):
            held = [self._modes.get(scope, "active")]
            for (_, where), (mode, until) in self._open.items():
                if where == scope and (until is None or event.ts < until):
                    held.append(mode)
            if "halted" in held:
                return f"{terms.order_id} left although {scope} is halted"
            if set(held) - {"active"} and not (shrinks(event, state) or reduces(event, state)):
                mode = max(held)
                if not (isinstance(event, ev.ReplaceAsked) and held == ["reduce_only"]):
                    return f"{terms.order_id} left and does not reduce, although {scope} is {mode}"
        return ""


def scopes_of(terms: OrderTerms, state: EngineState) -> list[str]:
    parent = state.orders[terms.parent_id or ""].terms
    algorithm = [f"strategy/{parent.algorithm}"] if parent.algorithm else []
    return ["desk", f"symbol/{terms.symbol}", f"venue/{terms.venue}", f"account/{terms.account}", *algorithm]


def shrinks(event: ev.ChildSubmitted | ev.ReplaceAsked, state: EngineState) -> bool:
    """Whether an order is only made smaller, at no worse a price, as when a late fill has left less to reduce."""
    terms, before = event.terms, state.orders[event.terms.order_id].terms
    if not isinstance(event, ev.ReplaceAsked) or terms.quantity >= before.quantity:
        return False
    if terms.limit_price is None or before.limit_price is None:
        return terms.limit_price == before.limit_price
    return terms.side.sign * (terms.limit_price - before.limit_price) <= 0


def reduces(event: ev.ChildSubmitted | ev.ReplaceAsked, state: EngineState) -> bool:
    """Whether the order as it is asked for, and all else open on its side, does not take the account through zero."""
    terms = event.terms
    held = state.ledger.position(terms.account, terms.symbol).quantity
    is_open = ZERO
    for order in state.orders.values():
        other = order.terms
        same = (other.symbol, other.account, other.side.sign) == (terms.symbol, terms.account, terms.side.sign)
        if other.order_id == terms.order_id:
            is_open += terms.quantity - order.cum_qty
        elif other.parent_id is not None and same:
            is_open += order.open_qty
    return is_open <= -terms.side.sign * held


class NothingToADeadVenue(Checker):
    """From the moment a venue is down until it has been looked at, nothing but looks goes to it."""

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        if isinstance(event, ev.ChildSubmitted | ev.ReplaceAsked | ev.CancelAsked):
            order = state.orders[event.order_id if isinstance(event, ev.CancelAsked) else event.terms.order_id]
            status = state.venue_status.get(order.terms.venue or "", "up")
            if status != "up":
                return f"a message about {order.terms.order_id} left for {order.terms.venue}, which is {status}"
        return ""


class MessagesFindTheirOrder(Checker):
    """Every message of a venue is about an order that we know, and can be true of it."""

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        if isinstance(event, ev.AlertRaised) and event.code in WRONG:
            return f"{event.code}: {event.text}"
        return ""


WRONG = ("unknown_report", "impossible_report", "unknown_execution", "stray_order", "books_differ")


class LooksChangeNothingTwice(Checker):
    """Once all is settled, another look at a venue leads to nothing: no event, no message.

    A look that shows archived orders may have them looked up, once, and that leads to nothing either.
    """

    def finish(self, world: World) -> str:
        engine = Engine(replay(world.record))
        for venue in world.venues.values():
            picture = venue.picture(world.clock, world.clock, tuple(venue.orders))
            said = [engine.handle(picture)]
            recalls = [effect for effect in said[0].effects if isinstance(effect, Recall)]
            said += [engine.handle(look_through(world.record, recall)) for recall in recalls]
            events: list[ev.AnyEvent] = [
                event for step in said for event in step.events if not isinstance(event, MOVES)
            ]
            events += engine.handle(picture).events
            if events or any(not isinstance(effect, Look | Recall) for step in said for effect in step.effects):
                return f"another look at {venue.name} leads to {[type(event).__name__ for event in events]}"
        return ""


class ReduceOnlyReduces(Checker):
    """No fill of a reduce-only order takes the position through zero, as far as venues told of their fills in time."""

    def __init__(self) -> None:
        self._held = ZERO
        self._ended: set[str] = set()
        self._misled = False  # a bust, or a fill told after an order's end, can take away what was to be reduced

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        before, self._held = self._held, state.ledger.net.get(SYMBOL, ZERO)
        if isinstance(event, ENDINGS):
            self._ended.add(event.order_id)
        late = isinstance(event, ev.ChildFilled) and event.order_id in self._ended
        self._misled = self._misled or late or isinstance(event, ev.FillBusted | ev.FillCorrected)
        if not isinstance(event, ev.ChildFilled) or self._misled:
            return ""
        parent_id = state.orders[event.order_id].terms.parent_id
        if parent_id is not None and state.orders[parent_id].terms.reduces_only and before * self._held < 0:
            return f"{event.order_id} may only reduce, and took the position from {before} to {self._held}"
        return ""


class GroupsShare(Checker):
    """What the legs of a group filled beyond what they share is said, and nothing else is said to be."""

    def __init__(self) -> None:
        self._said: dict[str, Decimal] = {}

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        if isinstance(event, ev.GroupDisturbed):
            self._said[event.group_id] = event.excess
        return ""

    def finish(self, world: World) -> str:
        state = world.whole()
        for group_id, group in state.groups.items():
            if group.kind is Contingency.OTO:
                continue
            excess = sum((leg.cum_qty for leg in received(state, group)), ZERO) - shared(state, group)
            said = self._said.get(group_id, ZERO)
            if excess > 0 and said != excess:
                return f"the legs of {group_id} filled {excess} more than they share, and {said} was said"
            if said > 0 and excess != said:
                return f"the legs of {group_id} were said to have filled {said} too much, and it is {excess}"
        return ""


class NothingForgotten(Checker):
    """What was archived is on record as it was, and all is as if nothing had ever been archived."""

    def hear(self, event: ev.AnyEvent, state: EngineState) -> str:
        if isinstance(event, ev.OrdersArchived):
            for order_id in event.order_ids:
                if order_id in state.orders or f"{order_id}-001" in state.orders or order_id in state.closed:
                    return f"{order_id} is archived and still in memory"
        return ""

    def finish(self, world: World) -> str:
        state, whole = world.engine.state, world.whole()
        if state.ledger != whole.ledger or state.working != whole.working:
            return "the ledger is another than without an archive"
        for order_id, order in whole.orders.items():
            if order.terms.parent_id is not None:
                continue
            found = family_of(state, order_id) or look_through(world.record, Recall(order_id=order_id)).family
            if found != family_of(whole, order_id):
                return f"{order_id} was {family_of(whole, order_id)} and comes back as {found}"
            if not (order_id in state.orders or is_archived(state, order_id)):
                return f"{order_id} is neither in memory nor archived"
        in_memory = {key for key, each in whole.executions.items() if each.order_id in state.orders}
        if set(state.executions) != in_memory:
            return f"executions that belong to nobody in memory: {set(state.executions) ^ in_memory}"
        return ""


CHECKERS: tuple[type[Checker], ...] = (
    QuantityConserved,
    WithinParent,
    NoOverfill,
    BooksAreTrue,
    EverythingEnds,
    ReplayIsIdentical,
    NothingTwice,
    NothingAfterHalt,
    NothingToADeadVenue,
    MessagesFindTheirOrder,
    LooksChangeNothingTwice,
    ReduceOnlyReduces,
    GroupsShare,
    NothingForgotten,
)

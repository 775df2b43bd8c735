"""What stays as it is while a parent's terms and its start do: found out once, and not at every look.

It is not state: it follows from the state, and a restart finds it again.
"""

from decimal import Decimal

import msgspec

from penstock.algos.named import Algorithm
from penstock.algos.view import Enough, Memo, Session, Working
from penstock.domain.instrument import Instrument
from penstock.domain.orders import Order, OrderTerms
from penstock.domain.sessions import current
from penstock.engine.hours import session_at, sessions_of
from penstock.engine.remembered import Child, Parent
from penstock.engine.state import EngineState


class Seen(msgspec.Struct, gc=False):
    """A child that rests with nothing asked of it, as its algorithm saw it: so it is while these stay what they are."""

    order: Order
    child: Child
    terms: OrderTerms
    filled: Decimal
    sent_at: int

    @property
    def holds(self) -> bool:
        """Whether nothing has become of it since."""
        order, child = self.order, self.child
        same = order.terms is self.terms and order.cum_qty is self.filled and child.sent_at == self.sent_at
        return same and order.is_settled and not child.refused_at


class Standing(msgspec.Struct):
    """What works a parent, in which session, and the key to its randomness; `enough` is as its latest plan said.

    `reduces`: it may bring a position towards zero and never beyond; `is_bounded`: for that reason, or as one of a
    group, it may not fill as much as it asks for. `has_breaks`: its session has. `memo` is what its algorithm keeps
    between looks.

    Two things are known of the open children as long as they are those that they were at a look. `children`: all of
    them rested with nothing asked of them, and `working` is what the algorithm saw, while all that was `seen` holds.
    `rest`: all of them rested without a fill, the oldest that may time out since `rest_since` (ns).
    """

    terms: OrderTerms
    start: int
    algorithm: Algorithm
    instrument: Instrument
    session: Session
    key: str
    reduces: bool
    is_bounded: bool
    has_breaks: bool
    enough: Enough | None = None
    memo: Memo = msgspec.field(default_factory=Memo)
    children: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    working: tuple[Working, ...] = ()
    rest: tuple[str, ...] = ()
    rest_since: int = 0

    def holds(self, order: Order, parent: Parent) -> bool:
        """Whether this is still how the parent stands."""
        return self.terms is order.terms and self.start == parent.start

    def trades_at(self, now: int) -> bool:
        """Whether the exchange surely trades then: inside a session without breaks."""
        return self.session.start <= now < self.session.end and not self.has_breaks

    def is_served(self, order: Order, now: int) -> bool:
        """Whether an order of which nothing works has filled as much as is wanted for the time being."""
        enough = self.enough
        return enough is not None and order.cum_qty >= enough.filled and now < enough.until


def standing_of(state: EngineState, order: Order, parent: Parent, algorithm: Algorithm) -> Standing:
    assert state.session is not None
    terms = order.terms
    times = current(sessions_of(state.session, terms.symbol), parent.start)
    return Standing(
        terms=terms,
        start=parent.start,
        algorithm=algorithm,
        instrument=state.instruments[terms.symbol],
        session=session_at(state.session, terms.symbol, parent.start),
        has_breaks=bool(times.breaks),
        key=f"{state.session.seed}/{terms.order_id}",
        reduces=terms.reduces_only,
        is_bounded=terms.reduces_only or terms.order_id in state.member_of,
    )

"""Everything about risk that the journal can give back, and what each event does to it. Only folds call these.

A parent is counted in its account's lines, and in its user's and strategy's where these are limited; a child in its
venue's. So what a child has open is counted once for the parent's owners, and once for the venue, the counterparty.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from penstock.domain.instrument import Instrument
from penstock.domain.orders import Order, OrderTerms
from penstock.risk import duplicates, rates, self_trade
from penstock.risk.asked import Tally
from penstock.risk.breakers import Answers
from penstock.risk.circuits import Circuits, sent
from penstock.risk.effective import Effective, RateBound, scopes_with_own_positions
from penstock.risk.exposure import ZERO
from penstock.risk.exposure_changes import filled, held, order_open, totals_changed
from penstock.risk.limit_book import LimitBook
from penstock.risk.modes import Modes
from penstock.risk.scopes import Belongs

NO_ANSWERS = Answers()


class Rest(msgspec.Struct, frozen=True):
    """Where a child of ours may rest, and at which prices: its own, and those of replaces under way."""

    venue: str
    symbol: str
    sign: int
    limits: tuple[Decimal | None, ...]


class RiskState(msgspec.Struct, kw_only=True):
    """The limits in force, what they are compared with, the modes and the breakers. `users` is whose each parent is."""

    book: LimitBook = msgspec.field(default_factory=LimitBook)
    tally: Tally = msgspec.field(default_factory=Tally)
    modes: Modes = {}
    circuits: Circuits = msgspec.field(default_factory=Circuits)
    answers: dict[str, Answers] = {}
    users: dict[str, str] = {}
    rests: dict[str, Rest] = {}


def limits_changed(state: RiskState, book: LimitBook, instruments: Mapping[str, Instrument]) -> None:
    """Other limits are in force. What was sent under the old ones counts under the new."""
    old, state.book = state.book, book
    totals_changed(state.tally.exposure, instruments, book.scopes, book.sectors)
    for scope in ("desk", *book.scopes):
        limits, before = book.of(scope), old.of(scope)
        window_s, before_s = (each.of(scope).rate_window_s or each.desk.rate_window_s for each in (book, old))
        for name in ("order_rate_max", "message_rate_max"):
            most = getattr(limits, name)
            if most is not None and (most, window_s) != (getattr(before, name), before_s):
                rates.limited_anew(state.tally.rates, name.removesuffix("_max"), scope, most, round(window_s * 1e9))


def parent_taken(state: RiskState, terms: OrderTerms, user: str, bounds: tuple[RateBound, ...], now: int) -> None:
    """A parent was accepted: it counts in its rates, and as one that another may be a duplicate of."""
    if user:
        state.users[terms.order_id] = user
    if bounds:
        rates.counted(state.tally.rates, "order_rate", bounds, now)
    duplicates.taken(state.tally.recent, duplicates.likeness(terms), now)


def child_sent(state: RiskState, effective: Effective, now: int) -> None:
    """A new order or a replace left for a venue: it counts in the message rates, and probes half-open breakers."""
    if effective.message_rate_max:
        rates.counted(state.tally.rates, "message_rate", effective.message_rate_max, now)
    if state.circuits.tripped:
        sent(state.circuits, state.book.breakers, effective.scopes, now)


def parent_open(state: RiskState, order: Order, instrument: Instrument, reference: Decimal) -> None:
    """What a parent may still fill has changed: at its start, with every fill and amendment, at its end.

    `reference` is the price that a parent without a limit is counted at, its arrival price.
    """
    terms = order.terms
    worst = reference if terms.limit_price is None else terms.limit_price
    _open(state, order, owners_of(state, terms), instrument, worst)


def child_open(state: RiskState, order: Order, instrument: Instrument, reference: Decimal) -> None:
    """The same of a child, in its venue's line; and where it rests, so that no other order of ours meets it.

    While a replace is under way either price may hold, so the order is counted at the worse one and rests at both.
    """
    terms = order.terms
    assert terms.venue is not None
    limits = _limits_of(order)
    prices = [limit for limit in limits if limit is not None]
    worst = reference if len(prices) < len(limits) else max(prices)
    _open(state, order, (f"venue/{terms.venue}",), instrument, worst)
    known = state.rests.get(terms.order_id)
    if known is None or known.limits != limits or not order.open_qty:
        rest = Rest(terms.venue, terms.symbol, terms.side.sign, limits) if order.open_qty else None
        _rest(state, terms.order_id, known, rest)


def _limits_of(order: Order) -> tuple[Decimal | None, ...]:
    if not order.requests:
        return (order.terms.limit_price,)
    asked = (request.terms.limit_price for request in order.requests if request.terms is not None)
    return tuple(dict.fromkeys((order.terms.limit_price, *asked)))


def _rest(state: RiskState, order_id: str, before: Rest | None, after: Rest | None) -> None:
    for rest, change in ((before, self_trade.closed), (after, self_trade.opened)):
        for limit in () if rest is None else rest.limits:
            assert rest is not None
            change(state.tally.resting, rest.venue, rest.symbol, rest.sign, limit)
    if after is None:
        state.rests.pop(order_id, None)
    else:
        state.rests[order_id] = after


def child_filled(
    state: RiskState,
    child: Order,
    parent: Order,
    instrument: Instrument,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal,
    references: tuple[Decimal, Decimal],
) -> None:
    """A signed quantity of a child filled, and both orders count it already.

    `references` are those of `child_open` and `parent_open`, neither of which has to be told. `fee` is in the
    settlement currency.
    """
    owners = (*owners_of(state, parent.terms), f"venue/{child.terms.venue}")
    filled(state.tally.exposure, owners, instrument, quantity, price, fee)
    child_open(state, child, instrument, references[0])
    parent_open(state, parent, instrument, references[1])


def fill_undone(
    state: RiskState,
    child: OrderTerms,
    parent: OrderTerms,
    instrument: Instrument,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal,
) -> None:
    """A fill was busted: the opposite quantity and fee. What is open again, `child_open` and `parent_open` tell."""
    owners = (*owners_of(state, parent), f"venue/{child.venue}")
    held(state.tally.exposure, owners, instrument, quantity, price, fee)


def answered(state: RiskState, venue: str, *, rejected: bool) -> Decimal | None:
    """A venue accepted or rejected an order; returns the measurement that a reject is for the reject rate."""
    now = state.answers.get(venue, NO_ANSWERS).after(rejected=rejected)
    state.answers[venue] = now
    return now.reject_rate if rejected else None


def owners_of(state: RiskState, terms: OrderTerms) -> tuple[str, ...]:
    """Whose lines a parent changes: those that it was opened in, as long as it is."""
    known = state.tally.exposure.orders.get(terms.order_id)
    if known is not None:
        return known.owners
    account = f"account/{terms.account}"
    if not state.book.scopes:
        return (account,)
    belongs = Belongs(user=state.users.get(terms.order_id, ""), strategy=terms.algorithm or "")
    return (account, *scopes_with_own_positions(state.book, belongs))


def _open(state: RiskState, order: Order, owners: tuple[str, ...], instrument: Instrument, worst: Decimal) -> None:
    terms, quantity, has_traded = order.terms, order.open_qty, order.cum_qty > ZERO
    exposure, sign = state.tally.exposure, terms.side.sign
    order_open(exposure, terms.order_id, owners, instrument, sign, quantity, worst, has_traded=has_traded)

"""Stopping in order: no new orders, what works is cancelled, its ends are awaited, and the venues are asked whether so.

Stop parents, cancel, wait for the ends, flatten if asked, look, report: a straight line with one deadline over all of
it. Whatever the deadline cuts short is named in the report; nothing is assumed gone that no venue has said is gone.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

import msgspec

from penstock.app.live.answers import Ack
from penstock.app.live.driver import LiveDriver
from penstock.domain import commands as cmd
from penstock.domain.orders import OrderTerms, Side
from penstock.engine.recall import is_ours


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`cancel` False leaves orders working where they are, to be taken up by the next start.

    The venues get `look_s` to show what they hold, even after the deadline.
    """

    cancel: bool = True
    flatten: bool = False
    deadline_s: float = 30.0
    look_s: float = 2.0


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that may still fill. `ours` is how it stands in our book, `venues` how its venue showed it just now."""

    order_id: str
    venue: str
    symbol: str
    side: Side
    open_qty: Decimal
    ours: str
    venues: str = ""


class Remains(msgspec.Struct, frozen=True, kw_only=True):
    """What is left: open orders, positions, venues that could not be asked, and what prevented a clean end."""

    orders: tuple[OpenOrder, ...]
    positions: dict[str, Decimal]
    unverified: tuple[str, ...]
    troubles: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing can fill any more, and every venue said so."""
        return not (self.orders or self.unverified or self.troubles)


async def wind_down(driver: LiveDriver, policy: Policy, reason: str) -> Remains:
    """Stop trading by a policy, within its deadline; the driver keeps running, and takes no new orders.

    Commands wait in line for a journal that cannot be written now, as long as the deadline allows.
    """
    driver.refusing = reason
    troubles: list[str] = []
    try:
        async with asyncio.timeout(policy.deadline_s):
            if policy.cancel or policy.flatten:
                await carry_out(driver, [cmd.CancelAll(ts=driver.clock.now(), reason=reason)])
                await driver.until(lambda: not driver.state.working)
            if policy.flatten:
                troubles += await flatten(driver)
    except TimeoutError:
        troubles.append(f"not done within {policy.deadline_s:g} s")
        troubles += driver.alarms.standing
    verified = await verify(driver, policy.look_s)
    return remains(driver, verified, troubles)


async def carry_out(driver: LiveDriver, commands: Sequence[cmd.Command]) -> list[Ack]:
    """Our own commands, which no refusal of new orders stops."""
    return [await (await driver.inbox.ask(command)) for command in commands]


async def flatten(driver: LiveDriver) -> list[str]:
    """Trade every position back to nothing at the market; returns why that could not be done, where it could not."""
    back = [
        OrderTerms(
            order_id=driver.next_order_id(),
            symbol=symbol,
            side=Side.SELL if net > 0 else Side.BUY,
            quantity=abs(net),
            algorithm="market",
        )
        for symbol, net in driver.state.ledger.net.items()
        if net
    ]
    acks = await carry_out(driver, [cmd.SubmitOrder(ts=driver.clock.now(), terms=terms) for terms in back])
    await driver.until(lambda: not driver.state.working)
    return [
        f"{terms.symbol} cannot be flattened: {ack.reason}" for terms, ack in zip(back, acks, strict=True) if ack.code
    ]


async def verify(driver: LiveDriver, patience_s: float) -> set[str]:
    """Look at every venue that can be reached; returns those that showed what they hold."""
    asked = driver.look()
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            await driver.until(lambda: all(venue in driver.pictures for venue in asked))
    return {venue for venue in asked if venue in driver.pictures}


def remains(driver: LiveDriver, verified: set[str], troubles: Sequence[str]) -> Remains:
    """What our book and the venues' pictures still hold."""
    state = driver.state
    shown = {
        order.order_id: (venue, order)
        for venue in verified
        for order in driver.pictures[venue].orders
        if order.state == "open"
    }
    left = [order for order in state.orders.values() if order.terms.venue is not None and order.is_open]
    orders = [
        OpenOrder(
            order_id=order.terms.order_id,
            venue=order.terms.venue or "",
            symbol=order.terms.symbol,
            side=order.terms.side,
            open_qty=order.open_qty,
            ours="unknown" if order.unknown else order.ord_status,
            venues="open" if order.terms.order_id in shown else "",
        )
        for order in left
    ]
    known = {order.order_id for order in orders}
    orders += [
        OpenOrder(
            order_id=order.order_id or order.venue_order_id,
            venue=venue,
            symbol=order.symbol,
            side=order.side,
            open_qty=order.quantity - order.cum_qty,
            ours="over" if is_ours(state, order.order_id) else "foreign",
            venues="open",
        )
        for venue, order in shown.values()
        if order.order_id not in known
    ]
    return Remains(
        orders=tuple(orders),
        positions={symbol: net for symbol, net in state.ledger.net.items() if net},
        unverified=tuple(sorted(set(state.venues) - verified)),
        troubles=tuple(troubles),
    )

"""A session's events, made by hand: a builder for stories, and a day that looks like one."""

import random
from decimal import Decimal
from typing import Any

from penstock.domain import events as ev
from penstock.domain.instruments import AnyInstrument, Equity, Perpetual
from penstock.domain.orders import OrderTerms, OrderType, Side, TimeInForce
from penstock.domain.quote import Depth, Quote
from penstock.domain.time import MILLISECOND, SECOND, from_iso
from penstock.domain.venue import Fees, Liquidity, VenueSpec

START = from_iso("2025-08-16T10:00:00Z")
D = Decimal

STOCK = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1), currency="USD")
INVERSE = Perpetual(
    symbol="BTCUSD-PERP",
    tick_size=D("0.1"),
    lot_size=D(1),
    multiplier=D(100),
    inverse=True,
)


def quote(bid: str, ask: str, *, volume: int | str = 0, turnover: int | str = 0, ts: int = START) -> Quote:
    return Quote(
        ts=ts,
        bid=D(bid),
        bid_qty=D(500),
        ask=D(ask),
        ask_qty=D(400),
        volume=D(volume),
        turnover=D(turnover),
    )


def filled(
    qty: str | int,
    px: str,
    *,
    order_id: str = "P1-1",
    at: int = START,
    before: Quote | None = None,
    after: Quote | None = None,
    maker: bool = False,
    fee: str = "0",
    fee_currency: str = "",
    venue: str = "XA",
    exec_id: str = "e1",
) -> ev.ChildFilled:
    return ev.ChildFilled(
        ts=at,
        order_id=order_id,
        venue=venue,
        exec_id=exec_id,
        last_qty=D(qty),
        last_px=D(px),
        fee=D(fee),
        fee_currency=fee_currency,
        liquidity=Liquidity.MAKER if maker else Liquidity.TAKER,
        traded_at=at,
        slippage_bps=D("1.5"),
        before=before,
        after=after,
        depth=Depth(((D("9.99"), D(500)), (D("9.98"), D(900))), ((D("10.01"), D(400)), (D("10.02"), D(800)))),
    )


class Session:
    """Writes events one after the other; `at` is seconds after the start."""

    def __init__(
        self,
        instruments: tuple[AnyInstrument, ...] = (STOCK,),
        venues: tuple[str, ...] = ("XA",),
        positions: dict[str, Decimal] | None = None,
        entry_prices: dict[str, Decimal] | None = None,
    ) -> None:
        self.events: list[Any] = [
            ev.SessionStarted(
                ts=START,
                version="0.1.0",
                seed=7,
                instruments=instruments,
                venues=tuple(VenueSpec(name=name, fees=Fees(taker_bps=D(1))) for name in venues),
                listings={name: tuple(each.symbol for each in instruments) for name in venues},
                positions=positions or {},
                entry_prices=entry_prices or {},
                limits={},
                market_start=START,
                market_end=START + 3600 * SECOND,
            )
        ]

    def now(self, at: float) -> int:
        return START + round(at * SECOND)

    def receive(
        self,
        order_id: str = "P1",
        *,
        at: float = 0,
        symbol: str = "ACME",
        side: Side = Side.BUY,
        quantity: int | str = 100,
        arrival: dict[str, Quote] | None = None,
        arrival_price: str = "10.00",
        decision_price: str = "10.00",
        seconds: float = 60,
        estimate: dict[str, Decimal] | None = None,
        algorithm: str = "twap",
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.events.append(
            ev.OrderReceived(
                ts=self.now(at),
                terms=OrderTerms(
                    order_id=order_id,
                    symbol=symbol,
                    side=side,
                    quantity=D(quantity),
                    algorithm=algorithm,
                    parameters=parameters or {},
                ),
                arrival={"XA": quote("9.99", "10.01")} if arrival is None else arrival,
                arrival_price=D(arrival_price),
                decision_price=D(decision_price),
                start=self.now(at),
                end=self.now(at + seconds),
                estimate=estimate or {},
            )
        )

    def send(
        self,
        order_id: str = "P1-1",
        *,
        at: float = 1,
        symbol: str = "ACME",
        side: Side = Side.BUY,
        quantity: int | str = 100,
        limit: str | None = "10.01",
        venue: str = "XA",
        slice_no: int = 1,
        quoted: Quote | None = None,
        ack_ms: int | None = 4,
    ) -> None:
        terms = OrderTerms(
            order_id=order_id,
            symbol=symbol,
            side=side,
            quantity=D(quantity),
            order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            limit_price=None if limit is None else D(limit),
            tif=TimeInForce.IOC,
            parent_id=order_id.rsplit("-", 1)[0],
            venue=venue,
            slice_no=slice_no,
        )
        self.events.append(ev.ChildSubmitted(ts=self.now(at), terms=terms, quote=quoted or quote("9.99", "10.01")))
        if ack_ms is not None:
            accepted = self.now(at) + ack_ms * MILLISECOND
            self.events.append(ev.ChildAccepted(ts=accepted, order_id=order_id, venue_order_id=f"v-{order_id}"))

    def fill(self, qty: str | int, px: str, *, at: float = 2, **more: Any) -> None:
        exec_id = f"e{len(self.events)}"
        self.events.append(filled(qty, px, at=self.now(at), exec_id=exec_id, **more))

    def sample(self, at: float, quotes: dict[str, Quote], symbol: str = "ACME") -> None:
        self.events.append(ev.MarketSampled(ts=self.now(at), symbol=symbol, quotes=quotes))

    def end(self, at: float, quotes: dict[str, dict[str, Quote]] | None = None, status: str = "completed") -> None:
        self.events.append(ev.SessionEnded(ts=self.now(at), status=status, quotes=quotes or {}))

    def say(self, kind: type[ev.Event], at: float, **fields: Any) -> None:
        self.events.append(kind(ts=self.now(at), **fields))


def a_plausible_session(
    parents: int = 1, *, seconds: int = 1800, slices: int = 40, seed: int = 5, done: float = 1.0
) -> Session:
    """A drifting market on two venues, and parents of either side worked half passively over it."""
    draw = random.Random(seed)
    session = Session(venues=("XA", "XB"))
    mid, volume, turnover = 4000, {"XA": 0, "XB": 0}, {"XA": D(0), "XB": D(0)}

    def touch(venue: str, half: int = 1) -> Quote:
        return Quote(
            ts=now,
            bid=D(mid - half) / 100,
            bid_qty=D(draw.randint(2, 30) * 100),
            ask=D(mid + half) / 100,
            ask_qty=D(draw.randint(2, 30) * 100),
            volume=D(volume[venue]),
            turnover=turnover[venue],
        )

    now = session.now(0)
    sides = [Side.BUY if n % 2 == 0 else Side.SELL for n in range(parents)]
    for n, side in enumerate(sides, start=1):
        session.receive(
            f"P{n:03d}",
            side=side,
            quantity=slices * 250,
            arrival={venue: touch(venue) for venue in volume},
            arrival_price="40.00",
            decision_price="39.99" if side.is_buy else "40.01",
            seconds=seconds,
            estimate={"immediate_bps": D("9.4"), "expected_bps": D("3.2")},
            parameters={"num_slices": slices},
        )
    every = seconds / slices
    sent = 0
    for second in range(1, seconds + 1):
        now = session.now(second)
        mid += draw.choices((-1, 0, 1), (9, 80, 11))[0]
        for venue in volume:
            traded = draw.randint(0, 12) * 20
            volume[venue] += traded
            turnover[venue] += traded * D(mid) / 100
        if second >= (sent + 0.5) * every and sent < slices * done:
            sent += 1
            for n, side in enumerate(sides, start=1):
                _slice(session, draw, f"P{n:03d}-{sent}", side, second, sent, touch)
        if second % 2 == 0:
            session.sample(second, {venue: touch(venue) for venue in volume})
    session.end(seconds + 1, {"ACME": {venue: touch(venue) for venue in volume}})
    return session


def _slice(
    session: Session, draw: random.Random, order_id: str, side: Side, second: int, sent: int, touch: Any
) -> None:
    venue = draw.choice(("XA", "XB"))
    maker = draw.random() < 0.55
    before = touch(venue)
    own, facing = (before.bid, before.ask) if side.is_buy else (before.ask, before.bid)
    px = own if maker else facing
    session.send(
        order_id,
        at=second,
        side=side,
        quantity=250,
        limit=str(px),
        venue=venue,
        slice_no=sent,
        quoted=before,
        ack_ms=draw.randint(2, 9),
    )
    moved = D(0) if maker else D(side.sign) / 100
    after = Quote(
        ts=before.ts,
        bid=before.bid + moved,
        bid_qty=before.bid_qty,
        ask=before.ask + moved,
        ask_qty=before.ask_qty,
        volume=before.volume,
        turnover=before.turnover,
    )
    fee = "-0.5" if maker else "0.75"
    for qty, step in ((150, 0), (100, 0 if maker else side.sign)):
        session.events.append(
            ev.ChildFilled(
                ts=session.now(second + 0.02),
                order_id=order_id,
                venue=venue,
                exec_id=f"{order_id}/{qty}",
                last_qty=D(qty),
                last_px=px + D(step) / 100,
                fee=D(fee),
                liquidity=Liquidity.MAKER if maker else Liquidity.TAKER,
                traded_at=session.now(second + 0.01),
                slippage_bps=D("-1.2") if maker else D("1.9"),
                before=before,
                after=after,
                depth=Depth(
                    tuple((before.bid - D(n) / 100, D(300 + 200 * n)) for n in range(5)),
                    tuple((before.ask + D(n) / 100, D(250 + 220 * n)) for n in range(5)),
                ),
            )
        )

"""Paper trading: markets that move with the desk's clock, go on when their data ends, and can never trade for real."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from penstock.app.server.pace import QuickClock
from penstock.app.server.serve import ServeRequest, opened
from penstock.domain import reports as rep
from penstock.domain.commands import MarketUpdate
from penstock.domain.errors import BadInput
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.domain.time import MINUTE, SECOND
from penstock.engine.effects import Look, SendCancel
from penstock.engine.ports import NotSent
from penstock.risk.review import Approved
from penstock.venues.paper.market import PaperMarket
from penstock.venues.paper.venue import PaperVenue

D = Decimal
SECRET_WORDS = ("key", "secret", "token", "password", "credential", "login", "url")


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now_ns = 1_800_000_000 * SECOND

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def market(clock: Clock) -> PaperMarket:
    return PaperMarket("synthetic", 3, clock)


def approved(order_id: str, side: Side = Side.BUY, price: str | None = None) -> Approved:
    """A review's word, which only a test may make up."""
    terms = OrderTerms(
        order_id=order_id,
        symbol="ACME",
        side=side,
        quantity=D(10),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        limit_price=None if price is None else D(price),
        venue="NYX",
    )
    word = object.__new__(Approved)
    word.terms = terms
    return word


def said(line: "asyncio.Queue[Any]") -> list[Any]:
    """What a venue has said so far, quotes aside."""
    told = []
    while not line.empty():
        each = line.get_nowait()
        if not isinstance(each, MarketUpdate):
            told.append(each)
    return told


async def test_orders_fill_by_the_desks_clock(market: PaperMarket, clock: Clock) -> None:
    venue, line = PaperVenue("NYX", market), market.attach("NYX")
    await venue.connect()
    line = market.attach("NYX")
    await venue.send_new(approved("P001-001"))
    assert said(line) == [], "nothing comes before its latency is over"
    clock.now_ns += SECOND
    market.play()
    accepted, *fills = said(line)
    assert isinstance(accepted, rep.Accepted)
    assert sum(fill.last_qty for fill in fills) == 10
    for fill in fills:
        assert clock.now_ns - SECOND <= fill.traded_at <= clock.now_ns
        assert fill.before is not None
        assert abs(fill.before.ts - clock.now_ns) < 5 * SECOND


async def test_what_rests_is_shown_and_cancelled(market: PaperMarket, clock: Clock) -> None:
    venue = PaperVenue("NYX", market)
    with pytest.raises(NotSent):
        await venue.send_new(approved("P001-001", price="150"))
    await venue.connect()
    line = market.attach("NYX")
    await venue.send_new(approved("P001-001", price="150"))
    clock.now_ns += SECOND
    await venue.look(Look("NYX"))
    clock.now_ns += SECOND
    market.play()
    accepted, picture = said(line)
    assert isinstance(accepted, rep.Accepted)
    assert [(order.order_id, order.state) for order in picture.orders] == [("P001-001", "open")]
    await venue.send_cancel(SendCancel("NYX", "P001-001"))
    clock.now_ns += SECOND
    market.play()
    assert isinstance(said(line)[0], rep.Canceled)


async def test_when_the_data_ends_the_market_begins_anew(market: PaperMarket, clock: Clock) -> None:
    venue = PaperVenue("NYX", market)
    await venue.connect()
    line = market.attach("NYX")
    await venue.send_new(approved("P001-001"))
    clock.now_ns += SECOND
    market.play()
    await venue.send_new(approved("P002-001", price="150"))
    clock.now_ns += SECOND
    market.play()
    before = said(line)
    market._tell_quotes()
    volume = market._shown["ACME", "NYX"].volume
    clock.now_ns += market.market.end - market.market.start + MINUTE
    market.play()
    (expired,) = said(line)
    assert isinstance(expired, rep.Expired)
    await venue.send_new(approved("P003-001"))
    clock.now_ns += SECOND
    market.play()
    after = said(line)
    ids = [each.exec_id for each in (*before, *after) if isinstance(each, rep.Fill)]
    assert len(ids) == len(set(ids)) >= 2, "an execution is never named like one of another round"
    market._tell_quotes()
    assert market._shown["ACME", "NYX"].volume >= volume, "what was traded counts on"


def test_a_paper_desk_has_no_place_for_a_live_credential(tmp_path: Path) -> None:
    """By its types: nothing that a server is asked for, or that a paper venue is made of, can hold one."""
    for kind in (PaperVenue.__init__, PaperMarket.__init__):
        hints = get_type_hints(kind)
        assert not [name for name in hints if any(word in name.lower() for word in SECRET_WORDS)], kind
    assert set(get_type_hints(PaperVenue.__init__)) == {"name", "market", "return"}
    assert get_type_hints(PaperVenue.__init__)["market"] is PaperMarket
    named = {name for name in ServeRequest.__struct_fields__ if any(word in name for word in SECRET_WORDS)}
    assert named == {"certificate_key"}, "the server's own TLS key, and nothing of a venue"
    assert get_args(get_type_hints(ServeRequest)["markets"]) == (str, ...)
    with pytest.raises(TypeError):
        PaperVenue("okx", market=None, api_key="live")  # type: ignore[call-arg, arg-type]
    with pytest.raises(BadInput, match="no such file"):
        opened(ServeRequest(journal=tmp_path / "x.db", markets=("binance://user:secret@live",)), lambda: 0)


def test_two_sources_may_not_have_a_venue_in_common(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="which synthetic has too"):
        opened(ServeRequest(journal=tmp_path / "x.db", markets=("synthetic", "synthetic")), Clock())


def test_a_quick_clock_keeps_its_pace_and_never_goes_back() -> None:
    clock = QuickClock(50.0, not_before=2**62)
    first, second = clock.now(), clock.now()
    assert 2**62 <= first <= second
    plain = QuickClock(1.0)
    assert plain.now() < 2**62

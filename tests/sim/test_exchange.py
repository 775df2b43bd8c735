"""The simulated venues: what we send acts one latency later, what happens is heard one latency after it happened."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from scripted_book import SHARE, ScriptedBook

from penstock.domain import reports as rep
from penstock.domain.orders import OrderTerms, Side, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.time import MILLISECOND as MS
from penstock.domain.venue import Fees, VenueSpec
from penstock.engine.effects import Effect, SendCancel, SendNew, SendReplace
from penstock.risk import Approved, Limits, Rules, Scene, market_of, review
from penstock.sim.clockwork import Clockwork
from penstock.sim.exchange import Exchange
from penstock.sim.native_orders import NativeOrder

D = Decimal
FEES = Fees(maker_bps=D(-1), taker_bps=D(3))
TO, BACK = 3 * MS, 5 * MS  # order and report latency


def approved(terms: OrderTerms) -> Approved:
    seen = Quote(ts=0, bid=D("9.99"), bid_qty=D(50), ask=D("10.01"), ask_qty=D(50))
    outcome = review(
        terms,
        Scene(
            now=0,
            rules=Rules(SHARE, Limits()),
            market=market_of([seen]),
            halted="",
            position=D(0),
            open_qty=D(0),
            parent_room=None,
        ),
    )
    assert isinstance(outcome, Approved)
    return outcome


def order(quantity: int = 100, price: str | None = "9.99", name: str = "C1", **changes: Any) -> OrderTerms:
    limit = None if price is None else D(price)
    given: dict[str, Any] = {"side": Side.BUY, "venue": "XA", "limit_price": limit} | changes
    return OrderTerms(order_id=name, symbol="ACME", quantity=D(quantity), parent_id="P", **given)


class Floor:
    """An exchange with scripted books, and a diary of what is sent and heard, in milliseconds."""

    def __init__(self, *prints: tuple[float, int], reject: Any = None) -> None:
        self.book = ScriptedBook([(round(at * MS), lots) for at, lots in prints])
        spec = VenueSpec(name="XA", fees=FEES, order_latency_ns=TO, report_latency_ns=BACK)
        self.exchange = Exchange([self.book], [spec], 0, reject=reject)
        self.heard: list[tuple[float, rep.VenueReport]] = []

    def new(self, terms: OrderTerms) -> None:
        self.send(SendNew(approved(terms)))

    def cancel(self, name: str = "C1") -> None:
        self.send(SendCancel("XA", name))

    def replace(self, terms: OrderTerms) -> None:
        self.send(SendReplace(approved(terms)))

    def send(self, effect: Effect) -> None:
        self.exchange.carry_out([effect])

    def until(self, ms: float) -> None:
        while self.exchange.now < round(ms * MS):
            reached = self.exchange.advance(round(ms * MS))
            self.heard += [(reached / MS, report) for report in self.exchange.take_reports()]

    @property
    def diary(self) -> list[tuple[float, str]]:
        return [(at, in_words(report)) for at, report in self.heard]


def in_words(report: rep.VenueReport) -> str:
    match report:
        case rep.Fill():
            return f"fill {report.last_qty} @ {report.last_px} {report.liquidity}"
        case rep.Canceled() | rep.Refused() | rep.Expired() | rep.CancelRefused() | rep.ReplaceRefused():
            return f"{type(report).__name__}: {report.reason}"
        case rep.Replaced():
            return f"replaced {report.quantity} @ {report.limit_price}"
    return type(report).__name__


def test_an_order_acts_one_latency_later_and_is_heard_of_another_later() -> None:
    floor = Floor()
    floor.new(order())
    floor.until(20)
    assert floor.book.acts == [(TO, "new")]
    assert floor.diary == [(8, "Accepted")]


def test_a_print_fills_what_rests_and_is_heard_one_latency_after() -> None:
    floor = Floor((10, 30), (12.5, 90))
    floor.new(order())
    floor.until(30)
    assert floor.diary == [(8, "Accepted"), (15, "fill 30 @ 9.99 maker"), (17.5, "fill 70 @ 9.99 maker")]
    fills = [report for _, report in floor.heard if isinstance(report, rep.Fill)]
    assert [fill.traded_at for fill in fills] == [10 * MS, 12.5 * MS]
    assert len({fill.exec_id for fill in fills}) == 2
    assert [fill.fee for fill in fills] == [D("-0.02997"), D("-0.06993")]


def test_a_print_before_the_order_arrives_is_not_ours() -> None:
    floor = Floor((2.9, 30))
    floor.new(order())
    floor.until(30)
    assert floor.diary == [(8, "Accepted")]


def test_an_immediate_order_takes_what_is_displayed_and_loses_the_rest() -> None:
    floor = Floor()
    floor.new(order(price="10.02", tif=TimeInForce.IOC))
    floor.until(20)
    assert floor.diary == [(8, "Accepted"), (8, "fill 50 @ 10.01 taker"), (8, "Canceled: immediate remainder")]
    fill = floor.heard[1][1]
    assert isinstance(fill, rep.Fill)
    assert fill.fee == D("0.15015")


def test_an_immediate_order_that_nothing_matches_is_canceled() -> None:
    floor = Floor()
    floor.new(order(price="10.00", tif=TimeInForce.IOC))
    floor.until(20)
    assert floor.diary == [(8, "Accepted"), (8, "Canceled: immediate remainder")]


def test_a_market_order_never_rests() -> None:
    floor = Floor()
    floor.new(order(price=None))
    floor.until(20)
    assert [words for _, words in floor.diary][1:] == ["fill 50 @ 10.01 taker", "Canceled: immediate remainder"]


def test_a_post_only_order_that_would_cross_does_nothing() -> None:
    floor = Floor((10, 30))
    floor.new(order(price="10.01", post_only=True))
    floor.until(20)
    assert floor.diary == [(8, "Accepted"), (8, "Canceled: post-only would cross")]


def test_a_cancel_takes_effect_when_it_arrives() -> None:
    floor = Floor((12.9, 40), (13.1, 40))
    floor.new(order())
    floor.until(10)
    floor.cancel()
    floor.until(30)
    assert floor.diary[1:] == [(17.9, "fill 40 @ 9.99 maker"), (18, "Canceled: canceled")]


def test_a_cancel_loses_the_race_against_a_full_fill() -> None:
    floor = Floor((12.9, 100))
    floor.new(order())
    floor.until(10)
    floor.cancel()
    floor.until(30)
    assert floor.diary[1:] == [(17.9, "fill 100 @ 9.99 maker"), (18, "CancelRefused: no such working order")]


def test_a_replace_counts_what_filled_before_it_arrived() -> None:
    floor = Floor((12.9, 40), (20, 100))
    floor.new(order())
    floor.until(10)
    floor.replace(order(70, "9.98"))
    floor.until(30)
    assert floor.diary[1:] == [(17.9, "fill 40 @ 9.99 maker"), (18, "replaced 70 @ 9.98"), (25, "fill 30 @ 9.98 maker")]


def test_a_replace_below_what_has_filled_is_too_late() -> None:
    floor = Floor((12.9, 40), (20, 100))
    floor.new(order())
    floor.until(10)
    floor.replace(order(40, "9.98"))
    floor.until(30)
    assert floor.diary[2:] == [(18, "ReplaceRefused: too late to replace"), (25, "fill 60 @ 9.99 maker")]


def test_a_replace_of_what_is_gone_is_refused() -> None:
    floor = Floor()
    floor.replace(order())
    floor.until(30)
    assert floor.diary == [(8, "ReplaceRefused: no such working order")]


def test_a_strict_venue_may_refuse_an_order() -> None:
    floor = Floor((10, 30), reject=lambda terms: "not today" if terms.quantity > 50 else "")
    floor.new(order())
    floor.new(order(10, name="C2"))
    floor.until(30)
    assert floor.diary == [(8, "Refused: not today"), (8, "Accepted"), (15, "fill 10 @ 9.99 maker")]


def test_the_end_of_the_session_expires_what_rests_and_what_is_still_on_its_way() -> None:
    floor = Floor((14, 100))
    floor.new(order())
    floor.until(10)
    floor.new(order(50, "10.01", name="C2"))
    floor.cancel()
    floor.exchange.close()
    floor.until(30)
    assert floor.diary[1:] == [
        (15, "Expired: end of session"),
        (18, "Expired: end of session"),
        (18, "CancelRefused: no such working order"),
    ]
    assert [report.order_id for _, report in floor.heard[1:]] == ["C1", "C2", "C1"]
    assert floor.exchange.is_quiet


def test_the_touch_after_one_fill_is_the_touch_before_the_next() -> None:
    floor = Floor((10, 30), (12, 30))
    floor.new(order())
    floor.until(30)
    first, second = [report for _, report in floor.heard if isinstance(report, rep.Fill)]
    assert first.after is not None
    assert second.before is not None
    assert (first.after.bid, second.before.bid) == (D("9.99"), D("9.99"))
    assert first.depth is not None
    assert first.depth.asks == ((D("10.01"), D(50)),)


def test_quotes_are_in_the_instruments_own_units() -> None:
    floor = Floor()
    (seen,) = floor.exchange.quotes(["ACME"])["ACME"].values()
    assert (seen.bid, seen.bid_qty, seen.ask, seen.mid) == (D("9.99"), 50, D("10.01"), 10)
    assert floor.exchange.quotes(["OTHER"]) == {}


@pytest.mark.parametrize("seed", range(40))
def test_whatever_we_do_on_however_many_venues_nothing_reaches_a_markets_past(seed: int) -> None:
    """Orders at random times to three venues, by what was heard: each acts exactly one latency after it left."""
    random = Random(seed)
    latency = {"XA": (1, 2), "XB": (3, 1), "XC": (2, 4)}
    books = [
        ScriptedBook(sorted((random.randrange(200 * MS), random.randint(1, 60)) for _ in range(60)), venue=name)
        for name in latency
    ]
    specs = [
        VenueSpec(name=name, order_latency_ns=to * MS, report_latency_ns=back * MS)
        for name, (to, back) in latency.items()
    ]
    exchange = Exchange(books, specs, 0)
    due: dict[str, list[int]] = {name: [] for name in latency}
    sent = 0
    while exchange.now < 200 * MS:
        reached = exchange.advance(min(exchange.now + random.randrange(10 * MS), 200 * MS))
        assert max(book.now for book in books) <= reached
        for report in exchange.take_reports():
            if isinstance(report, rep.Fill):
                assert reached >= report.traded_at + latency[report.venue][1] * MS
            assert report.ts <= reached
        if random.random() < 0.4:
            sent += 1
            venue = random.choice(list(latency))
            exchange.carry_out([SendNew(approved(order(random.randint(1, 90), name=f"C{sent}", venue=venue)))])
            due[venue].append(reached + latency[venue][0] * MS)
    for book in books:
        arrived = [at for at, what in book.acts if what == "new"]
        assert arrived == [at for at in due[book.venue] if at <= exchange.now]
        assert arrived


@pytest.mark.parametrize("seed", range(40))
def test_markets_move_together_and_none_runs_ahead_of_what_we_could_hear(seed: int) -> None:
    random, reaction = Random(seed), 10
    books = [
        ScriptedBook(sorted((random.randrange(1000), random.randint(1, 5)) for _ in range(30)), venue=name)
        for name in "ABC"
    ]
    clock = Clockwork(books, 0, reaction)
    resting = [book for book in books if random.random() < 0.7]
    for number, book in enumerate(resting):
        book.enter(number, NativeOrder(1, 990, 40))
    heard: list[int] = []
    while clock.now < 1000:
        reached = clock.advance(1000, resting)
        fills = [fill.ts for _, fill in clock.take_fills()]
        assert fills == sorted(fills)
        assert {book.now for book in resting} <= {reached}
        assert max(book.now for book in books) <= reached
        if fills:
            assert reached <= min(fills) + reaction
        heard += fills
    assert heard == sorted(heard)

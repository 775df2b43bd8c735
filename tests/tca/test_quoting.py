"""Two-sided quoting: what was shown, what fills earned, and parts that add up to what was made, to the last digit."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from penstock import Desk
from penstock.app.cli import app
from penstock.domain import events as ev
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import MINUTE, SECOND
from penstock.domain.venue import Liquidity, VenueSpec
from penstock.tca.quoting import QuotingReport, quoting

D = Decimal
STOCK = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))


def quote(mid: str) -> Quote:
    return Quote(ts=0, bid=D(mid) - D("0.05"), bid_qty=D(10), ask=D(mid) + D("0.05"), ask_qty=D(10))


class Record:
    """A journal by hand; times in seconds."""

    def __init__(self) -> None:
        self.events: list[ev.AnyEvent] = [
            ev.SessionStarted(
                ts=0, version="0", seed=0, instruments=(STOCK,), venues=(VenueSpec(name="XA"),),
                listings={"XA": ("ACME",)}, positions={}, entry_prices={}, limits={}, market_start=0,
                market_end=10**12,
            )
        ]  # fmt: skip
        for side in (Side.BUY, Side.SELL):
            name = f"P-{side}"
            terms = OrderTerms(order_id=name, symbol="ACME", side=side, quantity=D(1000), algorithm="quote")
            self.events.append(
                ev.OrderReceived(
                    ts=0, terms=terms, arrival_price=D(10), decision_price=D(10), arrival={"XA": quote("10")},
                    start=0, end=10**12,
                )
            )  # fmt: skip

    def show(self, at: float, name: str, side: Side, price: str, mid: str = "10") -> None:
        terms = OrderTerms(
            order_id=name,
            symbol="ACME",
            side=side,
            quantity=D(100),
            limit_price=D(price),
            parent_id=f"P-{side}",
            venue="XA",
        )
        ts = round(at * SECOND)
        self.events.append(ev.ChildSubmitted(ts=ts, terms=terms, quote=quote(mid)))
        self.events.append(ev.ChildAccepted(ts=ts, order_id=name, venue_order_id=name))

    def fill(self, at: float, name: str, quantity: int, price: str, mid: str, fee: str = "0") -> None:
        ts = round(at * SECOND)
        self.events.append(
            ev.ChildFilled(
                ts=ts, order_id=name, venue="XA", exec_id=str(len(self.events)), last_qty=D(quantity), last_px=D(price),
                fee=D(fee), liquidity=Liquidity.MAKER, traded_at=ts, slippage_bps=D(0), before=quote(mid),
                after=quote(mid),
            )
        )  # fmt: skip

    def sample(self, at: float, mid: str) -> None:
        self.events.append(ev.MarketSampled(ts=round(at * SECOND), symbol="ACME", quotes={"XA": quote(mid)}))

    def report(self) -> QuotingReport:
        (report,) = quoting(self.events)
        return report


def test_what_a_round_trip_made_by_part() -> None:
    record = Record()
    record.show(0, "B", Side.BUY, "9.96")
    record.show(0, "S", Side.SELL, "10.04")
    record.fill(10, "B", 50, "9.96", "10", fee="0.10")  # 0.04 below the middle
    record.sample(20, "10.02")
    record.fill(30, "S", 50, "10.04", "10.02", fee="-0.05")
    record.sample(40, "9")
    report = record.report()
    assert (report.spread, report.inventory, report.fees) == (D("3.00"), D("1.00"), D("0.05"))
    assert report.made == D("3.95")
    assert (report.position, report.position_most) == (0, 50)
    assert (report.buys.fills, report.buys.quantity, report.buys.spread_bps) == (1, 50, pytest.approx(40))
    assert report.sells.spread_bps == pytest.approx(0.02 / 10.02 * 10_000)
    assert report.markouts_bps["10s"] == pytest.approx((50 * 0.02 + 50 * 1.02) / (50 * 10 + 50 * 10.02) * 10_000)
    assert report.markouts_bps["60s"] is None


def test_what_was_shown_counts_by_time() -> None:
    record = Record()
    record.show(0, "B", Side.BUY, "9.96")
    record.show(25, "S", Side.SELL, "10.04")
    record.events.append(ev.ChildCanceled(ts=75 * SECOND, order_id="B", reason=""))
    record.sample(100, "10")
    report = record.report()
    assert (report.bid_shown, report.ask_shown, report.both_sides) == (0.75, 0.75, 0.5)
    assert report.quoted_spread_bps == pytest.approx(80)
    assert report.messages == 2
    assert report.messages_per_fill is None


@given(
    st.lists(
        st.tuples(st.sampled_from("BS"), st.integers(1, 40), st.integers(-9, 9), st.integers(-30, 30)), max_size=25
    )
)
def test_the_parts_are_what_cash_and_stock_say(trades: list[tuple[str, int, int, int]]) -> None:
    record, cash, stock, mid = Record(), D(0), D(0), D(10)
    record.show(0, "B", Side.BUY, "9.96")
    record.show(0, "S", Side.SELL, "10.04")
    for number, (name, quantity, away, moved) in enumerate(trades, 1):
        mid += D(moved) / 100
        price, sign, fee = mid + D(away) / 100, 1 if name == "B" else -1, D(quantity) / 1000
        record.fill(number, name, quantity, str(price), str(mid), fee=str(fee))
        cash -= sign * quantity * price + fee
        stock += sign * quantity
    record.sample(1000, str(mid := mid + D("0.37")))
    assert record.report().made == cash + stock * mid


def test_where_nobody_quotes_there_is_nothing_to_say() -> None:
    assert quoting(Record().events[:1]) == []


def test_on_the_generated_market_it_is_what_the_desk_has_made(tmp_path: Path) -> None:
    desk = Desk.open("synthetic", seed=4, journal=tmp_path / "journal.db")
    for side in ("buy", "sell"):
        desk.submit("GLOBEX", side, 20_000, algorithm="quote", parameters={"size": 200})
    asyncio.run(desk.wait_until(desk.now + 20 * MINUTE))
    (report,) = quoting(desk.events)
    assert report.both_sides > 0.9
    assert report.position == desk.positions["GLOBEX"].quantity
    last = report.path[-1][1]
    assert last is not None
    cash = desk.positions["GLOBEX"].cash["USD"]
    assert report.made == cash + report.position * last
    assert report.spread > 0  # it earns the spread …
    assert report.markouts_bps["1s"] is not None
    assert report.markouts_bps["1s"] < 0  # … and trades with those who know more
    desk.close()

    told = CliRunner().invoke(app, ["report", "quoting", str(tmp_path / "journal.db"), "--out", str(tmp_path / "out")])
    assert told.exit_code == 0, told.output
    assert "both sides shown" in told.output
    (row,) = json.loads((tmp_path / "out" / "quoting.json").read_text())
    assert Decimal(row["spread"]) + Decimal(row["inventory"]) - Decimal(row["fees"]) == Decimal(row["made"])
    page = (tmp_path / "out" / "quoting.html").read_text()
    assert page.count("<svg") == 3
    assert len(page) < 400_000


def test_a_side_that_was_filled_is_not_topped_up_at_once() -> None:
    desk = Desk.open("synthetic", seed=4)
    asked: dict[str, Any] = {"size": 200, "replenish_seconds": 5}
    order_id = desk.submit("GLOBEX", "buy", 20_000, algorithm="quote", parameters=asked)
    asyncio.run(desk.wait_until(desk.now + 5 * MINUTE))
    fills = [event.ts for event in desk.events if isinstance(event, ev.ChildFilled)]
    sent = [event.ts for event in desk.events if isinstance(event, ev.ChildSubmitted)][1:]
    assert desk.order(order_id).cum_qty > 200
    for at in sent:
        before = [fill for fill in fills if fill <= at]
        assert not before or at - before[-1] >= 5 * SECOND

"""The desk in a program: what a notebook or a strategy does with it."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from penstock import BadInput, Desk, TWAPExecutor, VWAPExecutor
from penstock.domain import events as ev
from penstock.domain.time import MINUTE
from penstock.journal import read, replay, verify
from penstock.risk import Limits
from penstock.tca.schema import validate

D = Decimal


async def test_a_twap_executor_returns_the_report_of_its_order() -> None:
    desk = Desk.open("synthetic", seed=7)
    began = desk.now
    report = await TWAPExecutor(desk).execute("BTCUSDT-PERP", "buy", 2, duration_minutes=4)
    validate(report)
    assert (report["symbol"], report["execution_quality"]["fill_rate"]) == ("BTCUSDT-PERP", 1)
    assert sum(fill["qty"] for fill in report["fills"]) == pytest.approx(2)
    (parent,) = report["details"]["parents"]
    assert parent["algorithm"] == "twap"
    assert 3 * MINUTE < desk.now - began <= 4 * MINUTE


async def test_a_vwap_executor_follows_the_market_at_the_rate_it_is_given() -> None:
    desk = Desk.open("synthetic", seed=7)
    report = await VWAPExecutor(desk).execute("ACME", "sell", 6000, target_participation_rate=0.05)
    (parent,) = report["details"]["parents"]
    assert parent["filled"] == 6000
    assert 0.02 < parent["participation"] < 0.06


async def test_orders_handed_over_together_share_one_clock() -> None:
    desk = Desk.open("synthetic", seed=7)
    began = desk.now
    twap = TWAPExecutor(desk)
    reports = await asyncio.gather(
        twap.execute("BTCUSDT-PERP", "buy", 1, duration_minutes=3),
        twap.execute("ETHUSDT-PERP", "sell", 20, duration_minutes=3),
    )
    assert [report["symbol"] for report in reports] == ["BTCUSDT-PERP", "ETHUSDT-PERP"]
    assert {parent["start"] for report in reports for parent in report["details"]["parents"]} == {
        reports[0]["details"]["parents"][0]["start"]
    }
    assert desk.now - began <= 3 * MINUTE
    assert desk.positions["BTCUSDT-PERP"].quantity == 1
    assert desk.positions["ETHUSDT-PERP"].quantity == -20


async def test_the_same_client_order_id_again_is_the_same_order() -> None:
    desk = Desk.open("synthetic", seed=7)
    first = desk.submit("ACME", "buy", 100, "market", client_order_id="mine-1")
    again = desk.submit("ACME", "buy", 100, "market", client_order_id="mine-1")
    await desk.wait(first)
    assert again == first
    assert desk.positions["ACME"].quantity == 100


async def test_a_limit_order_rests_is_amended_and_fills() -> None:
    desk = Desk.open("synthetic", seed=7)
    order_id = desk.submit("ETHUSDT-PERP", "buy", 5, "limit", limit_price="2500")
    desk.amend(order_id, limit_price="2700")
    report = await desk.wait(order_id)
    assert desk.order(order_id).ord_status == "filled"
    assert all(fill["price"] < 2700 for fill in report["fills"])


async def test_an_order_cancelled_before_time_passes_never_trades() -> None:
    desk = Desk.open("synthetic", seed=7)
    order_id = desk.submit("ETHUSDT-PERP", "buy", 5, "limit", limit_price="2500")
    desk.cancel(order_id)
    report = await desk.wait(order_id)
    assert desk.order(order_id).ord_status == "canceled"
    assert report["fills"] == []


async def test_with_a_journal_everything_is_on_disk_before_it_happens(tmp_path: Path) -> None:
    desk = Desk.open("synthetic", seed=7, journal=tmp_path / "desk.db")
    await desk.execute("ACME", "buy", 300, "market")
    report = desk.close()
    assert report["details"]["status"] == "completed"
    assert verify(tmp_path / "desk.db").fault == ""
    assert replay(read(tmp_path / "desk.db")).positions["ACME"].quantity == 300
    with pytest.raises(BadInput, match="exists already"):
        Desk.open("synthetic", journal=tmp_path / "desk.db")


async def test_closing_a_desk_cancels_what_works_and_says_so() -> None:
    desk = Desk.open("synthetic", seed=7)
    order_id = desk.submit("ACME", "buy", 100, "limit", limit_price="100")
    report = desk.close()
    assert report["details"]["status"] == "interrupted"
    assert desk.order(order_id).ord_status == "canceled"
    assert isinstance(desk.events[-1], ev.SessionEnded)
    with pytest.raises(BadInput, match="session is over"):
        desk.submit("ACME", "buy", 1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"symbol": "NOPE"}, "symbol: is not in this market"),
        ({"side": "long"}, "side: must be one of buy, sell"),
        ({"quantity": 0}, "quantity: must be greater than zero"),
        ({"quantity": "many"}, "quantity: must be a number"),
        ({"quantity": float("nan")}, "quantity: must be a finite number"),
        ({"quantity": 1.5}, "must be a multiple of the lot size 1"),
        ({"algorithm": "twop"}, "did you mean 'twap'"),
        ({"algorithm": "limit"}, "limit_price: is missing"),
        ({"algorithm": "twap", "parameters": {"slices": 3}}, "unknown parameter 'slices'"),
        ({"limit_price": "1.005"}, "limit_price: is off the tick"),
        ({"venues": ["okx"]}, "venues: ACME does not trade there"),
    ],
)
def test_what_cannot_be_traded_as_asked_is_refused_with_a_sentence(asked: dict[str, Any], said: str) -> None:
    desk = Desk.open("synthetic", seed=7)
    before = len(desk.events)
    order: dict[str, Any] = {"symbol": "ACME", "side": "buy", "quantity": 100, "algorithm": "market", **asked}
    with pytest.raises(BadInput) as refusal:
        desk.submit(**order)
    assert said in str(refusal.value)
    assert len(desk.events) == before


def test_risk_refuses_what_is_above_a_limit_and_keeps_it_on_record() -> None:
    desk = Desk.open("synthetic", seed=7, limits=Limits(parent_value_max=D(10_000)))
    with pytest.raises(BadInput, match="order value 18"):
        desk.submit("ACME", "buy", 100)
    assert isinstance(desk.events[-1], ev.OrderDenied)

"""Benchmarks, by hand: what the market traded and where its mid stood while an order lived."""

from decimal import Decimal

import pytest
from journal_events import Session, quote

from penstock.domain.orders import Side
from penstock.tca.benchmarks import benchmarks, cost_bps
from penstock.tca.record import read

D = Decimal


def marks(session: Session):
    record = read(session.events)
    return benchmarks(record, record.parents["P1"])


def test_interval_vwap_is_what_traded_between_arrival_and_end_over_all_venues() -> None:
    session = Session(venues=("XA", "XB"))
    session.receive(
        arrival={
            "XA": quote("9.99", "10.01", volume=1000, turnover=9000),
            "XB": quote("9.98", "10.02", volume=500, turnover=5000),
        }
    )
    session.sample(
        5,
        {
            "XA": quote("9.99", "10.01", volume=1300, turnover=12030),
            "XB": quote("9.98", "10.02", volume=600, turnover=5980),
        },
    )
    session.end(6)
    assert marks(session).vwap == (D(3030) + D(980)) / 400
    assert marks(session).market_volume == 400


def test_the_market_after_a_filled_parent_is_not_its_benchmark() -> None:
    session = Session()
    session.receive()
    session.send()
    after = quote("9.99", "10.01", volume=100, turnover=1001)
    session.fill(100, "10.01", before=quote("9.99", "10.01"), after=after)
    session.sample(3, {"XA": quote("19.99", "20.01", volume=5000, turnover=90000)})
    session.end(4)
    found = marks(session)
    assert found.vwap == D("10.01"), "our own fill is part of the tape, what follows our end is not"
    assert found.twap == D("10.00")
    assert found.end == D("10.00")


def test_interval_twap_holds_each_mid_until_the_next() -> None:
    session = Session()
    session.receive()
    session.sample(10, {"XA": quote("10.09", "10.11")})
    session.sample(40, {"XA": quote("10.19", "10.21")})
    session.end(50)
    # 10.00 for 10 s, 10.10 for 30 s, 10.20 for 10 s
    assert marks(session).twap == D("10.10")


def test_mid_at_fill_weighs_by_quantity() -> None:
    session = Session()
    session.receive()
    session.send()
    session.fill(75, "10.01", before=quote("9.99", "10.01"))
    session.fill(25, "10.05", before=quote("10.03", "10.05"))
    session.end(5)
    assert marks(session).mid_at_fill == D("10.01")


def test_what_the_record_cannot_say_is_none() -> None:
    session = Session()
    session.receive(arrival={"XA": quote("9.99", "10.01")})
    session.end(9)
    found = marks(session)
    assert found.vwap is None
    assert found.mid_at_fill is None


@pytest.mark.parametrize(
    ("side", "average", "benchmark", "bps"),
    [
        (Side.BUY, "30.2", "30.1", "33.222591"),
        (Side.BUY, "30.2", "30.18", "6.626905"),
        (Side.SELL, "30.2", "30.1", "-33.222591"),
        (Side.SELL, "30.0", "30.1", "33.222591"),
    ],
)
def test_costs_are_positive_for_both_sides(side: Side, average: str, benchmark: str, bps: str) -> None:
    found = cost_bps(side, D(average), D(benchmark))
    assert found is not None
    assert round(found, 6) == D(bps)


def test_a_crossed_book_says_nothing_of_the_mid() -> None:
    session = Session(venues=("XA", "XB"))
    session.receive()
    session.sample(10, {"XA": quote("10.52", "10.51"), "XB": quote("9.99", "10.01")})
    session.sample(20, {"XA": quote("10.52", "10.51")})
    session.end(30)
    assert marks(session).twap == marks(session).end == D("10.00")

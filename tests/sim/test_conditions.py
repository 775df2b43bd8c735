"""What venues do beyond matching: delays, fee tiers, refusals, reports that are lost or come twice, outages."""

from decimal import Decimal
from typing import Any

import pytest
from scripted_book import ScriptedBook
from test_exchange import FEES, MS, Floor, order

from penstock.domain import reports as rep
from penstock.domain.venue import VenueSpec
from penstock.engine.effects import Look
from penstock.sim.conditions import Conditions, Line, Outage, Tier
from penstock.sim.exchange import Exchange
from penstock.sim.latency import Constant, Empirical, Jitter

D = Decimal


def floor(conditions: Conditions, *prints: tuple[float, int], seed: int = 1) -> Floor:
    made = Floor(*prints)
    made.exchange = Exchange([made.book], [made.exchange.specs["XA"]], 0, conditions={"XA": conditions}, seed=seed)
    return made


def test_what_the_conditions_say_of_latency_holds_instead_of_the_spec() -> None:
    there = floor(Conditions(to_venue=Constant(ms=1), from_venue=Constant(ms=2)))
    there.new(order())
    there.until(20)
    assert there.diary == [(3, "Accepted")]


@pytest.mark.parametrize("latency", [Jitter(ms=1, mean_ms=3), Empirical(samples_ms=[1, 2, 9])])
def test_messages_of_one_direction_never_overtake_each_other(latency: Any) -> None:
    line = Line(VenueSpec(name="XA"), Conditions(to_venue=latency, from_venue=latency), 7)
    sent = [line.arrives(at) for at in range(0, 1000 * MS, MS)]
    assert sent == sorted(sent)
    assert min(at - number * MS for number, at in enumerate(sent)) >= latency.least == MS
    assert len({at - number * MS for number, at in enumerate(sent)}) > 3
    assert line.reaction == MS


def test_one_seed_is_one_course_of_events() -> None:
    conditions = Conditions(from_venue=Jitter(ms=1, mean_ms=5), loses=0.2, repeats=0.2, refuses=0.2)

    def diary(seed: int) -> list[tuple[float, str]]:
        there = floor(conditions, *[(float(at), 7) for at in range(5, 200, 3)], seed=seed)
        for number in range(20):
            there.new(order(name=f"C{number}"))
        there.until(400)
        return there.diary

    assert diary(1) == diary(1)
    assert diary(1) != diary(2)


def test_fees_follow_what_was_traded_there() -> None:
    tiers = (Tier(maker_bps=D(2)), Tier(from_notional=D(300), maker_bps=D(1)))
    there = floor(Conditions(tiers=tiers), (20, 30), (30, 30), (40, 40))
    there.new(order())
    there.until(60)
    fees = [
        report.fee / (report.last_qty * report.last_px) for _, report in there.heard if isinstance(report, rep.Fill)
    ]
    assert fees == [D("0.0002"), D("0.0002"), D("0.0001")]  # 299.70 traded, then 599.40
    there = floor(Conditions(tiers=tiers, traded_before=D(300)), (20, 30))
    there.new(order())
    there.until(60)
    assert [report.fee for _, report in there.heard if isinstance(report, rep.Fill)] == [D("0.029970")]


def test_without_tiers_the_spec_says_the_fees() -> None:
    line = Line(VenueSpec(name="XA", fees=FEES), Conditions(), 1)
    assert line.fees(D(10**9)) is FEES


def test_a_share_of_new_orders_is_refused() -> None:
    there = floor(Conditions(refuses=1.0))
    there.new(order())
    there.until(20)
    assert there.diary == [(8, "Refused: refused by the venue")]


def test_too_many_messages_in_a_second_are_refused_and_then_it_goes_on() -> None:
    there = floor(Conditions(messages_per_second=2))
    for number in range(4):
        there.new(order(name=f"C{number}"))
    there.until(1002)
    there.new(order(name="later"))
    there.until(1100)
    said = [text for _, text in there.diary]
    assert said == ["Accepted"] * 2 + ["Refused: more than 2 messages in a second"] * 2 + ["Accepted"]


def test_a_report_may_be_lost_and_a_picture_never_is() -> None:
    there = floor(Conditions(loses=1.0), (20, 30))
    there.new(order())
    there.until(30)
    assert there.diary == []
    there.send(Look("XA", ("C1",)))
    there.until(60)
    ((_, picture),) = there.heard
    assert isinstance(picture, rep.Picture)
    assert [(each.order_id, each.cum_qty) for each in picture.orders] == [("C1", 30)]


def test_a_repeated_report_is_the_same_execution() -> None:
    there = floor(Conditions(repeats=1.0), (20, 30))
    there.new(order())
    there.until(60)
    fills = [report for _, report in there.heard if isinstance(report, rep.Fill)]
    assert len(fills) == 2
    assert len({fill.exec_id for fill in fills}) == 1


def test_in_an_outage_nothing_passes_and_both_ends_are_told() -> None:
    outage = Outage(start="1970-01-01T00:00:00.010Z", end="1970-01-01T00:00:00.050Z")
    there = floor(Conditions(outages=(outage,)), (20, 30), (60, 30))
    there.new(order())
    there.until(12)
    there.new(order(name="lost"))
    there.until(100)
    said = [(at, report.up if isinstance(report, rep.VenueStatus) else text) for (at, text), (_, report) in
            zip(there.diary, there.heard, strict=True)]  # fmt: skip
    assert said == [(8, "Accepted"), (10, False), (50, True), (65, "fill 30 @ 9.99 maker")]
    assert there.book.acts == [(3 * MS, "new")]


def test_who_begins_in_an_outage_is_told_of_it() -> None:
    outage = Outage(start="1970-01-01T00:00:00.010Z", end="1970-01-01T00:00:00.050Z")
    there = floor(Conditions(outages=(outage,)))
    while there.exchange.now < 20 * MS:  # nobody listens
        there.exchange.advance(20 * MS)
    there.exchange.announce_outages()
    there.until(60)
    assert [(at, report.up) for at, report in there.heard if isinstance(report, rep.VenueStatus)] == [
        (20, False),
        (50, True),
    ]


def test_books_without_conditions_are_as_they_were() -> None:
    book = ScriptedBook()
    assert Exchange([book], [VenueSpec(name="XA")], 0).now == 0

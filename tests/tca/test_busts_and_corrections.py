"""A fill that a venue takes back or corrects: the report tells what was, not what was thought at first."""

from decimal import Decimal

from journal_events import Session, quote

from penstock.domain import events as ev
from penstock.tca.execution_report import execution_report

D = Decimal
CLOSING = {"ACME": {"XA": quote("9.99", "10.01")}}


def two_fills() -> Session:
    session = Session()
    session.receive(quantity=100)
    session.send(quantity=100)
    session.fill(60, "10.00", fee="0.6")
    session.fill(40, "10.02", fee="0.4")
    return session


def first(session: Session) -> ev.ChildFilled:
    return next(event for event in session.events if isinstance(event, ev.ChildFilled))


def test_a_busted_fill_has_never_been() -> None:
    session = two_fills()
    wrong = first(session)
    session.say(ev.FillBusted, 3, order_id="P1-1", venue="XA", exec_id=wrong.exec_id, reason="clearly erroneous")
    session.end(5, CLOSING)
    report = execution_report(session.events)
    (fill,), (parent,), (position,) = report["fills"], report["details"]["parents"], report["details"]["positions"]
    assert (fill["qty"], report["costs"]["fees_usd"]) == (40, 0.4)
    assert (parent["status"], parent["filled"], parent["ended_at"]) == ("working", 40, None)
    assert (position["quantity"], position["entry_price"]) == (40, 10.02)


def test_a_corrected_fill_was_always_the_right_one() -> None:
    session = two_fills()
    wrong = first(session)
    right = {"new_exec_id": "e9", "last_qty": D(60), "last_px": D("9.98"), "fee": D("0.5")}
    session.say(ev.FillCorrected, 3, order_id="P1-1", venue="XA", exec_id=wrong.exec_id, **right)
    session.end(5, CLOSING)
    report = execution_report(session.events)
    parent, position = report["details"]["parents"][0], report["details"]["positions"][0]
    assert [(fill["qty"], fill["price"]) for fill in report["fills"]] == [(60, 9.98), (40, 10.02)]
    assert (parent["status"], parent["avg_price"], report["costs"]["fees_usd"]) == ("filled", 9.996, 0.9)
    assert position["unrealized"] == 0.4
    before, after = 1.5, report["fills"][0]["slippage_bps"]
    assert abs(before - after - 20) < 0.01  # two cents of ten dollars better

"""The ExecutionReport: its exact shape, and each of its figures where one can check it by hand."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from journal_events import START, Session, a_plausible_session, filled, quote

from penstock.domain import events as ev
from penstock.domain.errors import BadInput
from penstock.domain.orders import OrderTerms, Side
from penstock.tca.execution_report import execution_report, to_json
from penstock.tca.schema import schema, validate
from penstock.tca.summary import summary_table

D = Decimal
SHAPE = {
    "orders": "venue symbol side qty tif order_type limit_price slice_id parent_id",
    "fills": "order_id price qty slippage_bps venue timestamp",
    "costs": "fees_usd impact_bps spread_cost_usd total_cost_usd",
    "violations": None,
    "pnl": "realized unrealized",
    "latency_ms": None,
    "ts": None,
    "symbol": None,
    "venue": None,
    "execution_quality": "arrival_slippage_bps vwap_slippage_bps fill_rate passive_ratio",
    "details": None,
}


def report_of(session: Session) -> dict[str, Any]:
    report = execution_report(session.events)
    validate(report)
    validate(json.loads(to_json(report)))
    return report


def two_fills() -> Session:
    """One buy of 200: half taken, half made; 120 left of the market's word."""
    book = quote("9.99", "10.01")
    session = Session()
    session.receive(quantity=200, estimate={"immediate_bps": D("14")})
    session.send("P1-1", quantity=100, limit="10.01", slice_no=1, ack_ms=4)
    session.fill(100, "10.01", order_id="P1-1", before=book, after=book, fee="1.50")
    session.send("P1-2", at=3, quantity=100, limit="9.99", slice_no=2, ack_ms=8)
    session.fill(50, "9.99", at=4, order_id="P1-2", before=book, after=book, maker=True, fee="-0.25")
    session.say(ev.ChildExpired, 60, order_id="P1-2", reason="end of window")
    session.say(ev.OrderEnded, 60, order_id="P1", expired=True, reason="end of window")
    session.end(61, {"ACME": {"XA": quote("10.03", "10.05")}})
    return session


def test_the_report_has_the_promised_keys_in_the_promised_order() -> None:
    report = report_of(two_fills())
    assert list(report) == list(SHAPE)
    for key, names in SHAPE.items():
        value = report[key]
        if names is not None:
            assert list(value[0] if isinstance(value, list) else value) == names.split()


def test_every_figure_of_a_small_session() -> None:
    report = report_of(two_fills())
    assert report["orders"][0] == {
        "venue": "XA",
        "symbol": "ACME",
        "side": "buy",
        "qty": 100,
        "tif": "IOC",
        "order_type": "limit",
        "limit_price": 10.01,
        "slice_id": "001",
        "parent_id": "P1",
    }
    assert report["fills"][1] == {
        "order_id": "P1-2",
        "price": 9.99,
        "qty": 50,
        "slippage_bps": 1.5,
        "venue": "XA",
        "timestamp": "2025-08-16T10:00:04.000Z",
    }
    assert report["costs"] == {
        "fees_usd": 1.25,
        "impact_bps": 0.0,
        "spread_cost_usd": 0.5,
        "total_cost_usd": 1.75,
    }
    assert report["pnl"]["realized"] == 0
    assert report["pnl"]["unrealized"] == pytest.approx(150 * 10.04 - 1001 - 499.5)
    assert report["latency_ms"] == 6.0
    assert report["ts"] == "2025-08-16T10:01:01.000Z"
    assert (report["symbol"], report["venue"]) == ("ACME", "XA")
    quality = report["execution_quality"]
    assert quality["arrival_slippage_bps"] == pytest.approx((1500.5 / 150 - 10) / 10 * 1e4, abs=1e-6)
    assert quality["vwap_slippage_bps"] is None
    assert quality["fill_rate"] == 0.75
    assert quality["passive_ratio"] == pytest.approx(499.5 / 1500.5, abs=1e-6)


def test_details_say_how_each_parent_fared() -> None:
    (parent,) = report_of(two_fills())["details"]["parents"]
    assert (parent["status"], parent["filled"], parent["children"]) == ("expired", 150, 2)
    assert parent["shortfall"]["amounts"]["opportunity"] == 0.0
    assert parent["realised_bps"] == pytest.approx(3.333333 + 1.25 / 1500.5 * 1e4, abs=1e-5)
    assert parent["saving_bps"] == pytest.approx(14 - parent["realised_bps"], abs=1e-5)


def test_the_exact_parts_in_the_json_add_up_to_the_last_digit() -> None:
    for parent in report_of(a_plausible_session(3))["details"]["parents"]:
        exact = {name: D(text) for name, text in parent["shortfall"]["exact"].items()}
        total = exact.pop("total")
        assert sum(exact.values()) == total != 0


def test_the_tca_summary_climbs_from_its_parts_to_the_shortfall() -> None:
    details = report_of(a_plausible_session(2, done=0.6))["details"]
    tca = details["tca"]
    assert list(tca) == [
        "implementation_shortfall_bps",
        "market_impact_bps",
        "timing_cost_bps",
        "fees_bps",
        "total_cost_bps",
    ]
    amounts = [parent["shortfall"]["amounts"] for parent in details["parents"]]
    notional = sum(parent["shortfall"]["notional"] for parent in details["parents"])
    opportunity = sum(each["opportunity"] for each in amounts) / notional * 1e4
    assert opportunity != 0
    assert tca["implementation_shortfall_bps"] == pytest.approx(tca["total_cost_bps"] + opportunity, abs=1e-5)


def test_several_venues_are_named_multi() -> None:
    report = report_of(a_plausible_session())
    assert (report["symbol"], report["venue"]) == ("ACME", "MULTI")


def test_a_session_that_sent_nothing_has_every_key_and_nulls() -> None:
    session = Session()
    session.end(1)
    report = report_of(session)
    assert (report["orders"], report["fills"], report["venue"], report["latency_ms"]) == ([], [], None, None)
    assert set(report["execution_quality"].values()) == {None}
    assert report["costs"]["impact_bps"] is None


@pytest.mark.parametrize(("status", "expected"), [("completed",) * 2, ("interrupted",) * 2, (None, "unfinished")])
def test_the_status_is_what_the_run_said_or_that_it_could_say_nothing(status: str | None, expected: str) -> None:
    session = two_fills()
    session.events.pop()
    if status:
        session.end(61, status=status)
    assert report_of(session)["details"]["status"] == expected


def test_an_unfinished_journal_can_be_read_at_every_event() -> None:
    events = a_plausible_session(2, slices=8, seconds=120).events
    for length in range(1, len(events) + 1):
        validate(execution_report(events[:length]))


def test_denials_breakers_and_alerts_are_violations() -> None:
    session = two_fills()
    terms = OrderTerms(order_id="P9", symbol="ACME", side=Side.BUY, quantity=D(5))
    session.say(ev.OrderDenied, 62, terms=terms, code="order_value", reason="too large")
    session.say(ev.BreakerTripped, 63, breaker="slippage", scope="desk", reason="3 times in 5 min")
    session.say(ev.AlertRaised, 64, severity="warning", code="overfill", text="filled 5 too many", order_id="P1")
    assert report_of(session)["violations"] == [
        violation("order_value", "too large", "P9", 62, "warning"),
        violation("slippage", "desk: 3 times in 5 min", None, 63, "critical"),
        violation("overfill", "filled 5 too many", "P1", 64, "warning"),
    ]


def violation(code: str, text: str, order_id: str | None, at: int, severity: str) -> dict[str, Any]:
    return {
        "code": code,
        "text": text,
        "order_id": order_id,
        "ts": f"2025-08-16T10:01:{at - 60:02d}.000Z",
        "severity": severity,
    }


def test_the_first_word_of_the_venue_may_be_a_fill() -> None:
    session = Session()
    session.receive()
    session.send(at=1, ack_ms=None)
    session.fill(100, "10.01", at=1.025)
    session.end(2)
    assert report_of(session)["latency_ms"] == 25.0


def test_a_replaced_child_is_reported_with_the_terms_last_in_force() -> None:
    session = Session()
    session.receive()
    session.send(quantity=100, limit="9.99")
    session.say(ev.ChildReplaced, 2, order_id="P1-1", quantity=D(60), limit_price=D("10.00"))
    session.end(3)
    (order,) = report_of(session)["orders"]
    assert (order["qty"], order["limit_price"]) == (60, 10.0)


def test_a_fill_after_the_cancel_still_counts() -> None:
    session = Session()
    session.receive()
    session.send()
    session.say(ev.ChildCanceled, 2, order_id="P1-1", reason="asked")
    session.say(ev.OrderEnded, 2, order_id="P1")
    session.fill(10, "10.01", at=3)
    session.end(4)
    report = report_of(session)
    assert report["details"]["parents"][0]["status"] == "canceled"
    assert report["execution_quality"]["fill_rate"] == 0.1


def test_the_same_journal_gives_the_same_bytes() -> None:
    events = a_plausible_session(2).events
    assert to_json(execution_report(events)) == to_json(execution_report(list(events)))


def test_a_journal_without_its_start_is_refused() -> None:
    with pytest.raises(ValueError, match="starts with SessionStarted"):
        execution_report([filled(1, "10", at=START)])


def broken(path: str, value: Any = None) -> dict[str, Any]:
    report = copy.deepcopy(execution_report(two_fills().events))
    *place, key = path.split("/")
    target: Any = report
    for part in place:
        target = target[int(part) if part.isdigit() else part]
    if value is None:
        del target[key]
    else:
        target[key] = value
    return report


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((key, None) for key in SHAPE if key != "details"),
        ("fills/0/price", None),
        ("execution_quality/passive_ratio", None),
        ("costs/fees_usd", float("nan")),
        ("details/tca/fees_bps", float("inf")),
        ("costs/fees_usd", "12.3"),
        ("orders/0/qty", True),
        ("orders/0/side", "short"),
        ("fills/0/timestamp", "yesterday"),
        ("extra", 1),
        ("orders/0/extra", 1),
    ],
)
def test_a_report_out_of_shape_is_refused(path: str, value: Any) -> None:
    with pytest.raises(BadInput, match="execution report"):
        validate(broken(path, value))


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(broken("costs/fees_usd", float("nan")))


def test_the_schema_accepts_the_specifications_example() -> None:
    example = json.loads("""{
      "orders": [{"venue": "okx", "symbol": "BTCUSDT-PERP", "side": "buy", "qty": 1000, "tif": "IOC",
                  "order_type": "limit", "limit_price": 62430.0, "slice_id": "001", "parent_id": "P001"}],
      "fills": [{"order_id": "ORD123456", "price": 62431.5, "qty": 500, "slippage_bps": 3.2, "venue": "okx",
                 "timestamp": "2025-08-16T10:15:02.123Z"}],
      "costs": {"fees_usd": 23.4, "impact_bps": 5.1, "spread_cost_usd": 12.3, "total_cost_usd": 35.7},
      "violations": [], "pnl": {"realized": -2.3, "unrealized": 5.1}, "latency_ms": 85,
      "ts": "2025-08-16T10:15:02.345Z", "symbol": "BTCUSDT-PERP", "venue": "okx",
      "execution_quality": {"arrival_slippage_bps": 4.2, "vwap_slippage_bps": -1.3, "fill_rate": 0.95,
                            "passive_ratio": 0.60}
    }""")
    validate(example)
    assert schema()["$schema"].endswith("2020-12/schema")


def test_the_summary_has_a_row_per_parent() -> None:
    (row,) = summary_table(report_of(two_fills()))
    assert row[:6] == ("P1", "ACME", "buy", 150, 200, 0.75)
    assert row.status == "expired"
    assert row.arrival_bps == pytest.approx(3.333333)

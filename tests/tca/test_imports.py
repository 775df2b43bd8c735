"""Other people's files: every bad row is counted, listed and left out by its rule, and no total swallows a NaN."""

import json
import math
from pathlib import Path

import polars as pl
import pytest

from penstock.domain.errors import BadInput
from penstock.tca.exact_table import exact_parts_table
from penstock.tca.imports.columns import FILL_NAMES, MARKET_NAMES, ORDER_NAMES, found
from penstock.tca.imports.execution_report import imported_report
from penstock.tca.imports.read import study_of_files
from penstock.tca.imports.times import to_ns
from penstock.tca.schema import validate
from penstock.tca.study import Settings, Study, study_report
from penstock.tca.study.exclusions import RULES

QUICK = Settings(draws=20, permutations=19)
HEAD = "fill_id,order_id,symbol,side,time,price,quantity,venue\n"
GOOD = "f1,O1,ACME,buy,2025-08-18T14:00:10Z,10.01,100,XA\n"
TAPE = """symbol,time,bid,ask,price,size
ACME,2025-08-18T14:00:00Z,10.00,10.02,,
ACME,2025-08-18T14:00:05Z,,,10.01,500
ACME,2025-08-18T14:02:00Z,10.01,10.03,10.02,300
"""


def read(tmp_path: Path, rows: str, *, tape: str = TAPE, head: str = HEAD, orders: str = "", **more: str) -> Study:
    """A study of fills and a market written as text."""
    (tmp_path / "fills.csv").write_text(head + rows)
    (tmp_path / "tape.csv").write_text(tape)
    if orders:
        (tmp_path / "orders.csv").write_text(orders)
    return study_of_files(
        tmp_path / "fills.csv",
        tmp_path / "tape.csv",
        tmp_path / "orders.csv" if orders else None,
        settings=QUICK,
        **more,
    )


BAD_FILLS = [  # the rule, and a row that breaks it
    ("outside_tape", "f2,O2,ACME,buy,2025-08-18T13:59:00Z,10.01,100,XA"),
    ("outside_tape", "f2,O2,ACME,buy,2025-08-18T14:03:00Z,10.01,100,XA"),
    ("unknown_symbol", "f2,O2,NOWHERE,buy,2025-08-18T14:00:20Z,10.01,100,XA"),
    ("duplicate_fill", "f1,O1,ACME,buy,2025-08-18T14:00:20Z,10.02,100,XA"),
    ("bad_price", "f2,O2,ACME,buy,2025-08-18T14:00:20Z,0,100,XA"),
    ("bad_price", "f2,O2,ACME,buy,2025-08-18T14:00:20Z,-3,100,XA"),
    ("bad_price", "f2,O2,ACME,buy,2025-08-18T14:00:20Z,nan,100,XA"),
    ("bad_price", "f2,O2,ACME,buy,2025-08-18T14:00:20Z,ten,100,XA"),
    ("bad_quantity", "f2,O2,ACME,buy,2025-08-18T14:00:20Z,10.01,0,XA"),
    ("bad_quantity", "f2,O2,ACME,buy,2025-08-18T14:00:20Z,10.01,,XA"),
    ("bad_quantity", "f2,O2,ACME,buy,2025-08-18T14:00:20Z,10.01,inf,XA"),
    ("wrong_side", "f2,O2,ACME,purchase,2025-08-18T14:00:20Z,10.01,100,XA"),
    ("wrong_side", "f2,O2,ACME,,2025-08-18T14:00:20Z,10.01,100,XA"),
    ("mixed_time_zones", "f2,O2,ACME,buy,2025-08-18T14:00:20,10.01,100,XA"),
    ("bad_time", "f2,O2,ACME,buy,yesterday Z,10.01,100,XA"),
    ("bad_time", "f2,O2,ACME,buy,2025-13-18T14:00:20Z,10.01,100,XA"),
]


@pytest.mark.parametrize(("rule", "row"), BAD_FILLS)
def test_a_bad_fill_is_counted_listed_and_left_out(tmp_path: Path, rule: str, row: str) -> None:
    clean = study_report(read(tmp_path, GOOD))
    made = read(tmp_path, GOOD + row + "\n")
    report = study_report(made)
    counts = {name: count for name, count in report["left_out"]["counts"].items() if name != "all_fills_left_out"}
    assert counts == {rule: 1}
    listed = made.exclusions.frame().filter(pl.col("rule") == rule)
    assert listed["row"][0] in {"line 3", "f2"}
    assert listed["says"][0]
    assert report["totals"] == clean["totals"], "the totals are those of the good rows"
    assert report["shortfall"] == clean["shortfall"]
    json.dumps(report, allow_nan=False)


BAD_TAPES = [  # the rule, and rows of a market that break it
    ("crossed_quote", "ACME,2025-08-18T14:00:02Z,10.03,10.01,,"),
    ("no_price", "ACME,2025-08-18T14:00:02Z,0,10.01,,"),
    ("no_price", "ACME,2025-08-18T14:00:02Z,-1,10.01,,"),
    ("no_price", "ACME,2025-08-18T14:00:02Z,,10.01,,"),
    ("no_price", "ACME,2025-08-18T14:00:02Z,,,0,100"),
    ("no_price", "ACME,2025-08-18T14:00:02Z,,,10.01,-5"),
    ("mixed_time_zones", "ACME,2025-08-18T14:00:02,10.01,10.02,,"),
    ("unreadable_row", "ACME,noon,10.01,10.02,,"),
]


@pytest.mark.parametrize(("rule", "row"), BAD_TAPES)
def test_a_bad_row_of_a_market_is_counted_and_passed_over(tmp_path: Path, rule: str, row: str) -> None:
    clean = study_report(read(tmp_path, GOOD))
    report = study_report(read(tmp_path, GOOD, tape=TAPE + row + "\n"))
    assert report["left_out"]["counts"] == {rule: 1}
    assert report["totals"] == clean["totals"]
    json.dumps(report, allow_nan=False)


def test_a_fill_without_a_quote_stays_in_the_cost_and_out_of_the_spreads(tmp_path: Path) -> None:
    tape = "symbol,time,price,size\nACME,2025-08-18T14:00:00Z,10.00,500\nACME,2025-08-18T14:02:00Z,10.02,300\n"
    made = read(tmp_path, GOOD, tape=tape)
    report = study_report(made)
    assert report["left_out"]["counts"] == {"no_quote": 1, "no_arrival": 1}
    assert report["totals"]["effective_spread_bps"] is None
    assert report["totals"]["traded_notional"] == 1001.0


def test_an_order_with_a_left_out_fill_is_not_charged_for_its_quantity(tmp_path: Path) -> None:
    orders = "order_id,symbol,side,quantity,decision_price\nO1,ACME,buy,250,10.00\n"
    rows = GOOD + "f2,O1,ACME,buy,2025-08-18T14:09:00Z,10.05,100,XA\n"
    made = read(tmp_path, rows, orders=orders)
    assert made.exclusions.counts() == {"outside_tape": 1}
    assert made.orders["quantity"].to_list() == [150.0], "250 less the 100 that nothing can be said of"
    assert made.orders["fill_rate"][0] == pytest.approx(100 / 150)


ORDERS = "order_id,symbol,side,quantity,arrival_time\n"
BAD_ORDERS = [
    ("unknown_order", "O9,ACME,buy,100,2025-08-18T14:00:01Z", {"unknown_order"}),
    ("side_differs", "O1,ACME,sell,100,2025-08-18T14:00:01Z", {"side_differs"}),
]


@pytest.mark.parametrize(("rule", "row", "rules"), BAD_ORDERS)
def test_a_fill_that_its_order_denies_is_left_out(tmp_path: Path, rule: str, row: str, rules: set[str]) -> None:
    good = "O2,ACME,buy,100,2025-08-18T14:00:01Z\n"
    rows = GOOD + "f2,O2,ACME,buy,2025-08-18T14:00:20Z,10.01,100,XA\n"
    made = read(tmp_path, rows, orders=ORDERS + good + row + "\n")
    assert set(made.exclusions.counts()) == rules
    assert made.fills["fill_id"].to_list() == ["f2"]


def test_more_than_the_order_is_said_and_counts_whole(tmp_path: Path) -> None:
    made = read(tmp_path, GOOD, orders=ORDERS + "O1,ACME,buy,60,2025-08-18T14:00:01Z\n")
    assert made.exclusions.counts() == {"overfilled": 1}
    assert made.orders["quantity"].to_list() == [100.0]


def test_without_one_sound_fill_it_is_said_why(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no row is a sound fill .*bad_price: 1"):
        read(tmp_path, GOOD.replace("10.01", "0"))


MISSING = [
    ("fill_id,symbol,side,time,quantity\n", "price"),
    ("fill_id,symbol,side,time,price\n", "quantity"),
    ("fill_id,side,time,price,quantity\n", "symbol"),
]


@pytest.mark.parametrize(("head", "field"), MISSING)
def test_a_missing_column_is_named_with_the_names_that_would_do(tmp_path: Path, head: str, field: str) -> None:
    with pytest.raises(BadInput, match=rf"fills.csv: {field}: no column for it: name one of"):
        read(tmp_path, "", head=head)


TIMES = [  # as written, nanoseconds after 2025-08-18T14:00:00Z
    ("2025-08-18T14:00:10Z", 10_000_000_000),
    ("2025-08-18 14:00:10.123456789+00:00", 10_123_456_789),
    ("2025-08-18T16:00:10.5+0200", 10_500_000_000),
    ("2025-08-18 14:00:10 UTC", 10_000_000_000),
    ("1755525610", 10_000_000_000),
    ("1755525610.25", 10_250_000_000),
    ("1755525610123", 10_123_000_000),
    ("1755525610123456", 10_123_456_000),
    ("1755525610123456789", 10_123_456_789),
]
TWO_O_CLOCK = 1_755_525_600_000_000_000


@pytest.mark.parametrize(("text", "after"), TIMES)
def test_times_are_read_as_people_write_them(text: str, after: int) -> None:
    ns, zoneless = to_ns(pl.Series([text]), "UTC", "fills")
    assert ns.to_list() == [TWO_O_CLOCK + after]
    assert not zoneless.any()


def test_a_time_without_a_zone_is_in_the_zone_of_its_file() -> None:
    ns, _ = to_ns(pl.Series(["2025-08-18 10:00:00", "20250818 10:00:01"]), "America/New_York", "fills")
    assert ns.to_list() == [TWO_O_CLOCK, TWO_O_CLOCK + 1_000_000_000]
    with pytest.raises(BadInput, match="time zone"):
        to_ns(pl.Series(["2025-08-18 10:00:00"]), "Atlantis/Poseidonia", "fills")


def test_columns_are_found_by_their_usual_names() -> None:
    fix = found(["ExecID", "ClOrdID", "Symbol", "Side", "TransactTime", "LastPx", "LastQty", "LastMkt"], FILL_NAMES)
    assert fix == {
        "fill_id": "ExecID",
        "order_id": "ClOrdID",
        "symbol": "Symbol",
        "side": "Side",
        "time": "TransactTime",
        "price": "LastPx",
        "quantity": "LastQty",
        "venue": "LastMkt",
    }
    assert found(["Order ID", "Ticker", "Order Qty"], ORDER_NAMES)["quantity"] == "Order Qty"
    assert found(["ts", "best bid", "best ask"], MARKET_NAMES) == {"time": "ts", "bid": "best bid", "ask": "best ask"}


def test_the_same_in_parquet_and_in_a_folder_of_files(tmp_path: Path) -> None:
    from_csv = study_report(read(tmp_path, GOOD))
    folder = tmp_path / "market"
    folder.mkdir()
    tape = pl.read_csv(tmp_path / "tape.csv", try_parse_dates=True)
    tape.filter(pl.col("bid").is_not_null()).select("symbol", "time", "bid", "ask").write_parquet(folder / "q.parquet")
    tape.filter(pl.col("price").is_not_null()).select("symbol", "time", "price", "size").write_csv(folder / "t.csv")
    pl.read_csv(tmp_path / "fills.csv", try_parse_dates=True).write_parquet(tmp_path / "fills.parquet")
    made = study_of_files(tmp_path / "fills.parquet", folder, settings=QUICK)
    assert study_report(made) == from_csv


def test_the_execution_report_of_imported_fills_keeps_the_promised_shape(tmp_path: Path) -> None:
    made = read(tmp_path, GOOD + "f2,O1,ACME,buy,2025-08-18T14:00:20Z,10.02,50,XB\n")
    report = study_report(made)
    promised = imported_report(made, report)
    validate(promised)
    assert promised["venue"] == "MULTI"
    assert promised["symbol"] == "ACME"
    assert [fill["qty"] for fill in promised["fills"]] == [100.0, 50.0]
    assert set(promised["details"]["tca"]) == {
        "implementation_shortfall_bps", "market_impact_bps", "timing_cost_bps", "fees_bps", "total_cost_bps",
    }  # fmt: skip


def test_the_recorded_fx_orders_are_read_whole(data_dir: Path) -> None:
    folder = data_dir / "tca"
    made = study_of_files(folder / "small_test_trade_df.csv", orders=folder / "small_test_order_df.csv", settings=QUICK)
    assert (len(made.orders), len(made.fills)) == (322, 326)
    assert made.exclusions.counts() == {}
    report = study_report(made)
    assert report["totals"]["currency"] == "USD"
    assert {row["currency"] for row in report["shortfall"]} == {"USD", "EUR", "JPY"}
    validate(imported_report(made, report))
    json.dumps(report, allow_nan=False)
    exact = exact_parts_table(made)
    assert len(exact) == 322
    assert all(math.isfinite(float(total)) for total in exact["exact_total"])


def test_every_rule_is_on_the_page_of_the_documentation() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "tca.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"`{rule}`" in page, rule


def test_orders_sent_to_venues_give_rates_and_latencies(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    (tmp_path / "routes.csv").write_text(
        "order id,venue,qty,filled qty,status,sent at,acked at\n"
        "O1,XA,100,100,Filled,2025-08-18T14:00:09.000Z,2025-08-18T14:00:09.004Z\n"
        "O1,XA,100,0,Rejected,2025-08-18T14:00:09.000Z,2025-08-18T14:00:09.010Z\n"
        "O1,XB,200,0,timeout,2025-08-18T14:00:09.000Z,\n"
        "O1,XB,0,0,filled,2025-08-18T14:00:09.000Z,soon Z\n"
    )
    made = study_of_files(tmp_path / "fills.csv", tmp_path / "tape.csv", routes=tmp_path / "routes.csv", settings=QUICK)
    report = study_report(made)
    assert {row["venue"]: (row["fill_rate"], row["reject_rate"], row["timeout_rate"]) for row in report["venues"]} == {
        "XA": (0.5, 0.5, 0.0),
        "XB": (0.0, 0.0, 1.0),
    }
    assert report["latency_ms"]["sent to acknowledged"] == {"count": 2, "p50": 4.0, "p95": 10.0, "p99": 10.0}
    assert report["left_out"]["counts"] == {"bad_time": 1, "bad_quantity": 1}
    assert report["totals"]["reject_rate"] == pytest.approx(1 / 3, abs=1e-6)

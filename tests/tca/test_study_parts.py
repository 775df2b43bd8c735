"""The parts over columns: exact, the same as the journal's account, and the published examples to the last digit."""

from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_events import STOCK, filled, quote
from small_studies import fill, order, quotes, studied, trades

from penstock.domain.orders import Side
from penstock.domain.venue import Liquidity
from penstock.tca.shortfall import EXACT, shortfall
from penstock.tca.study import Settings, study, study_report
from penstock.tca.study.exact_parts import PARTS
from penstock.tca.study.order_costs import market_adjusted_bps
from penstock.tca.study.tape import HeldMarket
from penstock.tca.study.units import decimals_of, to_units

D = Decimal
QUICK = Settings(draws=10, permutations=9)
PUBLISHED = [
    ("CFA Impulse Robotics", 1, 1000, 10.0, 10.05, 700, 10.07, 10.08, 14, "35 14 24", 87.0),
    ("Schwesser Megawidgets", 1, 1000, 50.0, 50.05, 700, 50.07, 50.09, 23, "35 14 27", 19.8),
    ("gaodun b03v1i", 1, 1000, 40.0, 40.04, 700, 40.05, 40.08, 17, "28 7 24", 19.0),
    ("Bloomberg Prep a84284", 1, 4000, 16.24, 16.24, 4000, 16.2, 16.28, 38.5, "0 -160 0", -18.703818),
    ("CFA 2000 L3 Q28", -1, 50000, 43.0, 41.0, 50000, 40.25, 38.0, 2500, "100000 37500 0", 651.162791),
    ("CFA L3 RLK-style", 1, 100000, 30.0, 30.1, 80000, 30.2, 30.5, 1600, "8000 8000 10000", 92.0),
]


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case[0])
def test_published_shortfalls_are_reproduced_to_the_last_digit(case: tuple) -> None:
    _, side, quantity, decision, arrival, done, price, end, fees, expected, bps = case
    made = studied(
        [fill(1, price, done, side=side, fee=float(fees))],
        [order(quantity=quantity, side=side, decision_price=decision, arrival_price=arrival, end_price=end)],
        book=quotes((0, 1, 2), (5, 1, 2)),
    )
    parts = made.parts.of(0)
    delay, trading, opportunity = map(D, expected.split())
    assert parts["delay"] == delay
    assert parts["spread"] + parts["temporary"] + parts["permanent"] + parts["timing"] == trading
    assert parts["opportunity"] == opportunity
    assert parts["fees"] == D(str(fees))
    assert sum(parts.values()) == delay + trading + opportunity + D(str(fees))
    assert round(made.orders["shortfall_bps"][0], 6) == bps


def test_costs_against_benchmarks_and_without_the_market_are_as_published() -> None:
    made = studied(
        [fill(1, 30.2, 80000)],
        [order(quantity=80000, arrival_price=30.1)],
        book=quotes((0, 30, 30.2), (5, 30, 30.2)),
        tape=trades((1, 30.2, 80_000), (1, 30.16, 80_000)),
    )
    assert made.orders["arrival_bps"][0] == pytest.approx(33.222591362125534, abs=1e-11)
    assert made.orders["vwap_bps"][0] == pytest.approx(6.626905235254995, abs=1e-10)
    assert market_adjusted_bps(33.222591362125534, 1, 0.002, 1.25) == pytest.approx(8.222591362125534, abs=1e-12)


prices = st.integers(900, 1100).map(lambda ticks: ticks / 100)
books = st.one_of(st.none(), st.tuples(prices, st.integers(1, 9).map(lambda ticks: ticks / 100)))


@st.composite
def parents(draw: st.DrawFn):
    rows = [
        {
            "ts": draw(st.integers(0, 4)),
            "price": draw(prices),
            "quantity": draw(st.integers(1, 50_000)) / draw(st.sampled_from([1, 10, 100])),
            "fee": draw(st.integers(-999, 999)) / 1000,
            "venue": draw(st.sampled_from(["XA", "XB"])),
            "liquidity": draw(st.sampled_from(["maker", "taker"])),
            "before": draw(books),
            "after": draw(books),
        }
        for _ in range(draw(st.integers(0, 8)))
    ]
    return {
        "rows": sorted(rows, key=lambda row: row["ts"]),
        "side": draw(st.sampled_from([1, -1])),
        "rest": draw(st.integers(0 if rows else 1, 500)),
        "decision": draw(prices),
        "arrival": draw(prices),
        "end": draw(prices),
    }


@given(given_parents=st.lists(parents(), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_parts_are_those_of_the_journals_account_and_add_up_to_the_last_digit(given_parents: list[dict]) -> None:
    fills, orders, expected = [], [], {}
    for n, parent in enumerate(given_parents):
        name = f"O{n}"
        done = sum((D(str(row["quantity"])) for row in parent["rows"]), D(0))
        quantity = done + parent["rest"]
        told = {key: f"{key}_price" for key in ("decision", "arrival", "end")}
        orders.append(
            order(name, quantity=float(quantity), side=parent["side"], **{told[key]: parent[key] for key in told})
        )
        account = []
        for k, row in enumerate(parent["rows"]):
            book = {}
            for when, suffix in (("before", ""), ("after", "_after")):
                if row[when] is not None:
                    bid, gap = row[when]
                    book[f"bid{suffix}"], book[f"ask{suffix}"] = bid, round(bid + gap, 2)
            fills.append(
                {
                    **fill(row["ts"], row["price"], row["quantity"], side=parent["side"], order=name),
                    "fill_id": f"{name}-{k}",
                    "fee": row["fee"],
                    "venue": row["venue"],
                    "liquidity": row["liquidity"],
                    **{key: book.get(key) for key in ("bid", "ask", "bid_after", "ask_after")},
                }
            )
            pair = [
                quote(str(book[f"bid{s}"]), str(book[f"ask{s}"])) if f"bid{s}" in book else None for s in ("", "_after")
            ]
            made = filled(str(row["quantity"]), str(row["price"]), at=row["ts"], before=pair[0], after=pair[1],
                          maker=row["liquidity"] == "maker", fee=str(row["fee"]), venue=row["venue"])  # fmt: skip
            account.append(made)
        expected[name] = shortfall(
            instrument=STOCK,
            side=Side.BUY if parent["side"] > 0 else Side.SELL,
            quantity=quantity,
            decision=D(str(parent["decision"])),
            arrival=D(str(parent["arrival"])),
            end=D(str(parent["end"])),
            fills=account,
        )
    known = quotes((-9, 10, 10.02), (9, 10, 10.02))
    frame = pl.DataFrame(fills, infer_schema_length=None) if fills else pl.DataFrame(schema={"order_id": pl.String})
    none = replace(QUICK, quote_age_max_s=1, after_max_s=1e-9)  # the tape says nothing; only the fills' own quotes do
    made = study(frame, pl.DataFrame(orders), HeldMarket({"ACME": known}), settings=none)
    for place, name in enumerate(made.orders["order_id"]):
        parts = {part: amount for part, amount in made.parts.of(place).items() if part != "commissions"}
        assert parts == expected[name].parts
        assert made.parts.total(place) == expected[name].total


def test_an_order_of_many_digits_adds_up_exactly() -> None:
    made = studied(
        [fill(1, 1.0879649446610604, 18517881, side=-1), fill(2, 1.0879, 0.123456789, side=-1)],
        [order(quantity=18517882, side=-1, decision_price=1.0879650115966797)],
        book=quotes((0, 1.0879, 1.088), (5, 1.0879, 1.088)),
    )
    with localcontext(EXACT):
        check_many_digits(made.parts.of(0))


def check_many_digits(parts: dict[str, Decimal]) -> None:
    paid = -(D("1.0879649446610604") - D("1.0879650115966797")) * 18517881
    paid += -(D("1.0879") - D("1.0879650115966797")) * D("0.123456789")
    assert sum(parts[part] for part in PARTS if part != "opportunity") == paid


@given(st.lists(st.decimals(-(10**6), 10**6, places=5).map(float), min_size=1))
def test_doubles_become_the_decimals_that_they_were_written_as(values: list[float]) -> None:
    column = np.array(values)
    decimals = decimals_of(column)
    back = [D(int(value)).scaleb(-decimals) for value in to_units(column, decimals)]
    assert back == [D(repr(value)) for value in values]


def test_totals_by_currency_are_exact_text_that_adds_up() -> None:
    made = studied(
        [fill(1, 10.01, 3, fee=0.1), fill(2, 10.02, 7, fee=0.2)],
        [order(quantity=12, currency="USD")],
        book=quotes((0, 10, 10.02), (9, 10, 10.02)),
    )
    (row,) = study_report(made)["shortfall"]
    assert row["currency"] == "USD"
    assert sum(D(row["exact"][part]) for part in PARTS) == D(row["exact"]["total"])
    assert D(row["exact"]["fees"]) == D("0.3")


def test_a_stated_maker_is_a_maker_and_one_unstated_is_told_by_its_price() -> None:
    made = studied(
        [
            fill(1, 10.01, 1, liquidity="maker"),
            fill(2, 10.00, 1),
            fill(3, 10.02, 1, liquidity=""),
            fill(4, 10.00, 1, liquidity=Liquidity.TAKER.value),
        ],
        book=quotes((0, 10, 10.02), (9, 10, 10.02)),
    )
    assert made.fills["maker"].to_list() == [True, True, False, False]

"""What the market is asked: the same whether a tape is whole or in pieces, and the same as looking row by row."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_studies import at, fill, order, quotes, studied, trades

from penstock.tca.study.quote_reader import QuoteAsk, QuoteReader
from penstock.tca.study.tape import Quotes, Trades
from penstock.tca.study.trade_reader import Reach, TradeAsk, TradeReader

tapes = st.lists(st.tuples(st.integers(0, 40), st.integers(3, 30), st.integers(-2, 5)), max_size=30)
questions = st.lists(st.integers(-5, 50), max_size=12).map(sorted)
cuts = st.lists(st.integers(0, 30), max_size=4).map(sorted)


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = sorted(rows, key=lambda row: row[0])
    return tuple(np.array([row[k] for row in rows], np.int64 if k == 0 else np.float64) for k in range(3))


def pieces(size: int, at_rows: list[int]) -> list[slice]:
    edges = [0, *(min(cut, size) for cut in at_rows), size]
    return [slice(a, b) for a, b in pairwise(edges)]


@given(tape=tapes, times=questions, at_rows=cuts)
@settings(deadline=None)
def test_a_quote_in_pieces_answers_as_row_by_row(tape: list, times: list[int], at_rows: list[int]) -> None:
    ts, bid, gap = columns(tape)
    ask = bid + gap
    before, onward = (
        QuoteAsk(np.array(times, np.int64), with_area=True),
        QuoteAsk(np.array(times, np.int64), onward=True),
    )
    reader = QuoteReader([before, onward])
    for piece in pieces(len(ts), at_rows):
        reader.feed(Quotes(ts[piece], bid[piece], ask[piece]))
    reader.finish()
    sound = [(t, b, a) for t, b, a in zip(ts, bid, ask, strict=True) if b <= a]
    for k, time in enumerate(times):
        earlier = [row for row in sound if row[0] < time]
        later = [row for row in sound if row[0] >= time]
        assert (before.bid[k], before.ask[k]) == earlier[-1][1:] if earlier else np.isnan(before.bid[k])
        assert (onward.bid[k], onward.stamp[k]) == (later[0][1], later[0][0]) if later else np.isnan(onward.bid[k])
        if earlier:
            steps = [*earlier, (time, 0, 0)]
            area = sum((b + a) / 2 * (n[0] - t) / 1e9 for (t, b, a), n in pairwise(steps))
            assert before.area is not None
            assert before.area[k] == pytest.approx(area, abs=1e-12)
    assert reader.faults.crossed == sum(b > a for b, a in zip(bid, ask, strict=True))


@given(tape=tapes, times=questions, at_rows=cuts, wanted=st.integers(1, 60))
@settings(deadline=None)
def test_volume_in_pieces_counts_as_row_by_row(tape: list, times: list[int], at_rows: list[int], wanted: int) -> None:
    ts, price, quantity = columns(tape)
    asked = TradeAsk(np.array(times, np.int64))
    reach = Reach(asked, np.full(len(times), float(wanted)))
    reader = TradeReader([asked], [reach])
    for piece in pieces(len(ts), at_rows):
        reader.feed(Trades(ts[piece], price[piece], quantity[piece]))
    reader.finish()
    sound = [(t, p, q) for t, p, q in zip(ts, price, quantity, strict=True) if q > 0]
    for k, time in enumerate(times):
        earlier = [row for row in sound if row[0] < time]
        assert asked.volume[k] == sum(q for _, _, q in earlier)
        assert asked.turnover[k] == sum(p * q for _, p, q in earlier)
        left, paid = float(wanted), 0.0
        for _, p, q in (row for row in sound if row[0] >= time):
            part = min(q, left)
            paid, left = paid + part * p, left - part
        assert reach.turnover[k] == pytest.approx(paid) if left == 0 else np.isnan(reach.turnover[k])


SPREADS = [  # price, side, bid, ask, mid after; effective, realised, impact, improvement against the touch
    (100.05, 1, 100.0, 100.06, 100.045, 0.04, 0.01, 0.03, 0.01),
    (99.99, -1, 99.98, 100.04, 100.0, 0.04, 0.02, 0.02, 0.01),
    (100.02, 1, 99.99, 100.03, 100.03, 0.02, -0.02, 0.04, 0.01),
    (100.0, -1, 100.0, 100.04, 100.005, 0.04, 0.01, 0.03, 0.0),
]


@pytest.mark.parametrize(("price", "side", "bid", "ask", "after", "effective", "realised", "impact", "better"), SPREADS)
def test_spreads_are_as_published(
    price: float,
    side: int,
    bid: float,
    ask: float,
    after: float,
    effective: float,
    realised: float,
    impact: float,
    better: float,
) -> None:
    book = quotes((0, bid, ask), (30, after - 0.005, after + 0.005), (90, 1, 2))
    made = studied([fill(10, price, 100, side=side, liquidity="taker")], book=book)
    row = made.fills.row(0, named=True)
    per_bps = row["mid"] / 10_000
    assert row["effective_bps"] * per_bps == pytest.approx(effective, abs=1e-11)
    assert row["realised_bps"] * per_bps == pytest.approx(realised, abs=1e-11)
    assert row["impact_bps"] * per_bps == pytest.approx(impact, abs=1e-11)
    assert row["improvement_bps"] * per_bps == pytest.approx(better, abs=1e-11)
    assert row["effective_bps"] == pytest.approx(row["realised_bps"] + row["impact_bps"], abs=1e-9)


def test_every_benchmark_of_a_small_day() -> None:
    book = quotes((-60, 9.98, 10.00), (0, 9.99, 10.01), (30, 10.01, 10.03), (60, 10.03, 10.05), (130, 10.0, 10.02))
    tape = trades((-86_400, 9.0, 5), (-50, 9.99, 10), (5, 10.0, 100), (40, 10.02, 300), (200, 10.5, 50))
    made = studied(
        [fill(10, 10.01, 20), fill(40, 10.03, 20)],
        [order(quantity=50, decision_ts=at(-30), arrival_ts=at(0), end_ts=at(60))],
        book=book,
        tape=tape,
    )
    row = made.orders.row(0, named=True)
    assert row["average_price"] == pytest.approx(10.02)
    assert (row["decision_price"], row["arrival_price"]) == (pytest.approx(9.99), pytest.approx(10.0))
    assert row["vwap_price"] == pytest.approx((10.0 * 100 + 10.02 * 300) / 400)
    assert row["twap_price"] == pytest.approx((10.0 * 30 + 10.02 * 30) / 60)
    assert row["pwp_20_price"] == pytest.approx((10.0 * 100 + 10.02 * 100) / 200), "40 filled is 20 % of 200"
    assert row["pwp_10_price"] == pytest.approx((10.0 * 100 + 10.02 * 300) / 400), "and 10 % of 400"
    assert (row["open_price"], row["close_price"], row["previous_close_price"]) == (9.99, 10.5, 9.0)
    assert row["mid_at_fill_price"] == pytest.approx((10.0 * 20 + 10.02 * 20) / 40)
    assert row["participation"] == pytest.approx(40 / 400)
    assert row["fill_rate"] == pytest.approx(0.8)
    assert row["reversion_bps"] == pytest.approx((10.04 - 10.04) / 10.04 * 1e4), "a minute after the end, at 120 s"
    assert row["arrival_bps"] == pytest.approx((10.02 - 10.0) / 10.0 * 1e4)


def test_what_lies_beyond_the_tape_or_is_too_old_is_not_known() -> None:
    made = studied([fill(10, 10.0, 1), fill(900, 10.0, 1)], book=quotes((0, 9.99, 10.01), (901, 9.99, 10.01)))
    first, late = made.fills["markout_5s"].to_list()
    assert first == pytest.approx(0.0)
    assert late is None
    assert made.fills["mid"].to_list()[1] is None, "the quote is a quarter of an hour old"
    assert made.exclusions.counts() == {"no_quote": 1}

"""Queue models against traces of hftbacktest's models of the same names, and how they guard against counting twice."""

import pytest
from depth_markets import fills_until, market, rest

from penstock.sim.queue_models import RISK_AVERSE, QueueFamily, QueueModel, share_behind

# A level of 110 when we join behind 100; then it changes, and prints come, ten seconds apart.
STORY = """
    0   level bid 1000 100, ask 1001 5
    10  level bid 1000 110
    20  level bid 1000 130
    30  sell 20 @ 1000
    40  level bid 1000 100
    50  level bid 1000 60
    60  sell 30 @ 1000
    70  level bid 1000 30
    80  sell 25 @ 1000
    90  sell 10 @ 1000
"""
SECONDS = (20, 30, 40, 50, 60, 70, 80, 90)

# Lots ahead after each of the seconds above, and lots filled by then.
TRACES = {
    "risk averse": (
        RISK_AVERSE,
        (100, 80, 80, 60, 30, 30, 5, 0),
        (0, 0, 0, 0, 0, 0, 0, 5),
    ),
    "power 1": (
        QueueModel(QueueFamily.POWER_PROB, 1),
        (100, 80, 73.846153846154, 44.307692307692, 14.307692307692, 14.307692307692, 0, 0),
        (0, 0, 0, 0, 0, 0, 11, 21),
    ),
    "power3 2": (
        QueueModel(QueueFamily.POWER_PROB_3, 2),
        (100, 80, 76.213017751479, 52.97932145233, 22.97932145233, 22.97932145233, 0, 0),
        (0, 0, 0, 0, 0, 0, 2, 12),
    ),
    "power3 3": (
        QueueModel(QueueFamily.POWER_PROB_3, 3),
        (100, 80, 77.669549385526, 58.927704123901, 28.927704123901, 28.927704123901, 3.927704123901, 0),
        (0, 0, 0, 0, 0, 0, 0, 6),
    ),
    "log": (
        QueueModel(QueueFamily.LOG_PROB),
        (100, 80, 74.722190575161, 51.935526983112, 21.935526983112, 21.935526983112, 0, 0),
        (0, 0, 0, 0, 0, 0, 3, 13),
    ),
}


@pytest.mark.parametrize("name", TRACES)
def test_a_model_follows_the_reference_trace(name):
    model, ahead, filled = TRACES[name]
    book = market(STORY, model)
    rest(book, 1, +1, 1000, 1000)
    total = 0
    for second, ahead_then, filled_then in zip(SECONDS, ahead, filled, strict=True):
        total += sum(lots for _, _, lots, _ in fills_until(book, second))
        assert book.lots_ahead(1) == pytest.approx(ahead_then, abs=1e-11)
        assert total == filled_then


SHARES = [  # front, back, and the share behind of: power 1, power 2, power3 3, log
    (1, 99, 0.99, 0.9998979800040808, 0.999999, 0.8691759793521873),
    (25, 75, 0.75, 0.9, 0.984375, 0.5706720811683309),
    (50, 50, 0.5, 0.5, 0.875, 0.5),
    (75, 25, 0.25, 0.1, 0.578125, 0.42932791883166915),
    (99, 1, 0.01, 0.00010201999591920016, 0.029700999999999977, 0.13082402064781276),
]


@pytest.mark.parametrize(("front", "back", "power1", "power2", "power3_3", "log"), SHARES)
def test_the_share_of_a_cancellation_behind_us_is_the_reference_s(front, back, power1, power2, power3_3, log):
    assert share_behind(QueueFamily.POWER_PROB, 1.0, front, back) == pytest.approx(power1, rel=1e-12)
    assert share_behind(QueueFamily.POWER_PROB, 2.0, front, back) == pytest.approx(power2, rel=1e-12)
    assert share_behind(QueueFamily.POWER_PROB_3, 3.0, front, back) == pytest.approx(power3_3, rel=1e-12)
    assert share_behind(QueueFamily.LOG_PROB, 1.0, front, back) == pytest.approx(log, rel=1e-12)
    assert share_behind(QueueFamily.RISK_AVERSE, 1.0, front, back) == 1.0


@pytest.mark.parametrize("first", ["print", "level"])
def test_a_trade_counts_once_whether_its_print_or_its_level_comes_first(first):
    messages = {"print": "sell 4 @ 100", "level": "level bid 100 6"}
    second = "level" if first == "print" else "print"
    book = market(f"""
        0     level bid 100 10, ask 101 5
        1     {messages[first]}
        1.001 {messages[second]}
    """)
    rest(book, 1, +1, 5, 100)
    fills_until(book, 2)
    assert book.lots_ahead(1) == 6


def test_a_level_s_shrinking_explains_each_lot_of_the_prints_that_follow_only_once():
    book = market("""
        0     level bid 100 10, ask 101 5
        1     level bid 100 6
        1.001 sell 3 @ 100
        1.002 sell 3 @ 100
        1.003 sell 3 @ 100
    """)
    rest(book, 1, +1, 5, 100)
    fills_until(book, 2)
    assert book.lots_ahead(1) == 1  # nine traded, four of which the level had shown


def test_a_cancellation_long_before_a_print_is_not_taken_for_it():
    book = market("""
        0 level bid 100 10, ask 101 5
        1 level bid 100 6
        2 sell 4 @ 100
    """)
    rest(book, 1, +1, 5, 100)
    fills_until(book, 2)
    assert book.lots_ahead(1) == 2

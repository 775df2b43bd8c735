"""A venue's budget to the unit: what is used, what fits, and when it fits again."""

from random import Random

import pytest

from penstock.domain.time import MILLISECOND, SECOND
from penstock.domain.venue_budget import BINANCE_SPOT, Budget, Message
from penstock.risk.venue_budgets import BUCKETS, VenueBudgets, begun, free_at, spend
from penstock.venues.loopback.rate_rules import RateRules

TEN = Budget(name="ten", most=10, window_s=10, margin_ms=0, reserved=0.2)
HALF = SECOND // 2


def spent(budget: Budget, news: int, at: int = 0) -> VenueBudgets:
    account = VenueBudgets((budget,))
    for _ in range(news):
        spend(account, Message.NEW, at)
    return account


@pytest.mark.parametrize(
    ("used", "message", "fits"),
    [
        (7, Message.NEW, True),
        (8, Message.NEW, False),  # two of ten are reserved
        (7, Message.REPLACE, True),
        (8, Message.REPLACE, False),
        (9, Message.CANCEL, True),
        (10, Message.CANCEL, False),
        (10, Message.LOOK, True),  # costs nothing
    ],
)
def test_a_message_fits_up_to_the_unit(used: int, message: Message, fits: bool) -> None:
    assert (free_at(spent(TEN, used), message, HALF, {}) == HALF) is fits


def test_a_unit_counts_for_the_whole_window_and_its_margin_and_not_longer() -> None:
    late = Budget(name="ten", most=10, window_s=10, margin_ms=500)
    for budget, span in ((TEN, 10 * SECOND), (late, 10 * SECOND + 500 * MILLISECOND)):
        account = spent(budget, 10)
        assert free_at(account, Message.CANCEL, span - 1, {}) == span
        assert free_at(account, Message.CANCEL, span, {}) == span


def test_a_budget_that_cancels_cost_nothing_of_reserves_nothing_for_them() -> None:
    orders = BINANCE_SPOT[1]
    assert orders.most_for(Message.NEW) == 100
    assert BINANCE_SPOT[0].most_for(Message.NEW) == 5400
    assert BINANCE_SPOT[0].most_for(Message.CANCEL) == 6000


def test_of_several_budgets_the_one_that_frees_last_decides() -> None:
    slow = Budget(name="slow", most=3, window_s=60, margin_ms=0, cancel=0)
    account = VenueBudgets((TEN, slow))
    for _ in range(3):
        spend(account, Message.NEW, 0)
    assert free_at(account, Message.NEW, SECOND, {}) == 60 * SECOND
    assert free_at(account, Message.CANCEL, SECOND, {}) == SECOND


def test_whatever_is_sent_when_it_fits_no_window_however_it_lies_holds_too_much_and_memory_is_bounded() -> None:
    budget = Budget(name="b", most=50, window_s=10, margin_ms=0, cancel=0)
    for seed in range(20):
        random, account, now, sent = Random(seed), VenueBudgets((budget,)), 0, list[int]()
        for _ in range(1000):
            now += random.choice((0, 1, MILLISECOND, 100 * MILLISECOND))
            if free_at(account, Message.NEW, now, {}) <= now:
                spend(account, Message.NEW, now)
                sent.append(now)
        assert all(later - first >= 10 * SECOND for first, later in zip(sent, sent[50:], strict=False))
        assert len(sent) > 100, "and the budget is used"
        assert len(account.spent["b"].times) <= BUCKETS + 2


def test_a_new_session_keeps_what_is_spent_of_a_budget_that_it_still_has() -> None:
    known = {"BX": spent(TEN, 5)}
    again = begun(known, {"BX": (Budget(name="ten", most=20, window_s=20, margin_ms=0),), "CX": ()})
    assert list(again) == ["BX"]
    assert again["BX"].spent["ten"].used(15 * SECOND, 20 * SECOND) == 5
    assert begun(known, {"BX": (Budget(name="other", most=1, window_s=1),)})["BX"].spent == {}


def test_a_venue_with_fixed_windows_refuses_the_first_that_is_too_much_and_begins_anew_with_the_next_window() -> None:
    rules = RateRules((TEN,))
    assert [rules.refusal(Message.NEW, SECOND) for _ in range(11)] == [""] * 10 + ["429: more than 10 of ten"]
    assert rules.refusal(Message.CANCEL, 10 * SECOND - 1)
    assert rules.refusal(Message.NEW, 10 * SECOND) == ""

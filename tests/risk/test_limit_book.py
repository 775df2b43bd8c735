"""Limits of every scope: read whole or refused in one line, the tightest in force, changed as a value."""

import json
import tomllib
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from penstock.domain.errors import BadInput
from penstock.domain.time import MINUTE
from penstock.risk.effective import Effectives, PositionBound, RateBound, effective
from penstock.risk.limit_book import LimitBook, plain_book, read_book, restored_book
from penstock.risk.limit_change import LimitChange, changed
from penstock.risk.limits import RULES, Limits, LimitSet
from penstock.risk.refusal import Refusal
from penstock.risk.scopes import Belongs

D = Decimal
EXAMPLE = """
position_value_max = 10_000
gross_exposure_max = 30_000
daily_loss_max = 500
order_rate_max = 20
restricted = ["EVIL"]
[account.fund1]
daily_loss_max = 100
position_value_max = 20_000
[symbol.ACME]
order_value_max = 5000
[asset_class.equity]
order_value_max = 7000
gross_exposure_max = 25_000
[sector.tech]
symbols = ["ACME", "GLOBEX"]
gross_exposure_max = 15_000
[venue.okx]
message_rate_max = 5
rate_window_s = 2.5
[user.alice]
order_rate_max = 10
[strategy.vwap]
restricted = ["DULL"]
"""


def book(text: str = EXAMPLE) -> LimitBook:
    return read_book(tomllib.loads(text, parse_float=D))


def belongs(**changes: str) -> Belongs:
    given = {"account": "fund1", "user": "alice", "strategy": "vwap", "symbol": "ACME", "asset_class": "equity"}
    return Belongs(**given | {"sector": "tech"} | changes)


def test_a_flat_document_is_the_desks_limits_and_what_it_leaves_out_keeps_its_default() -> None:
    flat = book("order_value_max = 1000\nparent_value_max = 'none'")
    assert flat == LimitBook(Limits(order_value_max=D(1000), parent_value_max=None))
    assert read_book({}) == LimitBook()


def test_every_limit_has_its_rule_and_the_desk_has_every_limit() -> None:
    assert tuple(RULES) == LimitSet.__struct_fields__ == Limits.__struct_fields__


def test_a_book_comes_back_from_the_journal_as_it_was() -> None:
    assert restored_book(json.loads(json.dumps(plain_book(book())))) == book()
    assert msgspec.json.decode(msgspec.json.encode(book()), type=LimitBook) == book()


def test_limits_that_an_older_journal_holds_are_read() -> None:
    old = {"order_value_max": "5000000", "stale_after_s": 30.0, "short_sale_restricted": [], "child_timeout_s": 60.0}
    assert restored_book(old) == LimitBook()


def test_of_limits_on_one_order_the_tightest_holds_and_says_whose_it_is() -> None:
    found = effective(book(), belongs())
    assert found.limits.order_value_max == D(5000)
    assert found.named("order_value_max") == "symbol ACME limit order_value_max 5000"
    assert effective(book(), belongs(symbol="GLOBEX")).named("order_value_max") == (
        "asset class equity limit order_value_max 7000"
    )
    assert effective(book(), belongs(symbol="X", asset_class="bond", sector="")).named("order_value_max") == (
        "desk limit order_value_max 5000000"
    )


def test_a_total_is_bounded_in_each_scope_that_limits_it() -> None:
    found = effective(book(), belongs())
    assert [(each.scope, each.owner, each.gross_exposure_max, each.daily_loss_max) for each in found.totals] == [
        ("desk", "account/fund1", D(30_000), D(500)),
        ("account/fund1", "account/fund1", None, D(100)),
        ("asset_class/equity", "account/fund1", D(25_000), None),
        ("sector/tech", "account/fund1", D(15_000), None),
    ]
    assert found.order_rate_max == (RateBound("desk", 20, MINUTE), RateBound("user/alice", 10, MINUTE))


@pytest.mark.parametrize(("own", "most", "whose"), [(50, 50, "account/fund1"), (200, 100, "desk")])
def test_the_tightest_credit_bounds_what_the_account_uses(own: int, most: int, whose: str) -> None:
    found = effective(read_book({"credit_max": 100, "account": {"fund1": {"credit_max": own}}}), belongs())
    assert [(each.scope, each.credit_max, each.credit_set_by) for each in found.totals] == [
        ("account/fund1", D(most), whose)
    ]


def test_a_position_limit_of_an_account_bounds_its_own_position_and_not_the_desks() -> None:
    found = effective(book(), belongs())
    assert found.limits.position_value_max == D(10_000)
    assert found.positions == (PositionBound("account/fund1", D(20_000), None),)


def test_a_child_is_asked_only_what_its_venue_adds() -> None:
    found = effective(book(), belongs(venue="okx"))
    assert found.totals == found.order_rate_max == found.positions == ()
    assert found.message_rate_max == (RateBound("venue/okx", 5, 2_500_000_000),)


@pytest.mark.parametrize(
    ("symbol", "strategy", "whose"), [("EVIL", "vwap", "desk"), ("DULL", "vwap", "strategy/vwap"), ("DULL", "twap", "")]
)
def test_a_symbol_is_restricted_where_any_of_the_orders_scopes_lists_it(symbol: str, strategy: str, whose: str) -> None:
    found = effective(book(), belongs(symbol=symbol, strategy=strategy))
    assert found.set_by.get("restricted", "") == whose
    assert found.limits.restricted == ((symbol,) if whose else ())


def test_effective_limits_are_found_once_for_each_combination() -> None:
    effectives = Effectives(book())
    first = effectives.of("fund1", "alice", "vwap", "ACME", "equity")
    assert effectives.of("fund1", "alice", "vwap", "ACME", "equity") is first
    assert first == effective(book(), belongs())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("order_valu_max = 1", "limits: order_valu_max: is not a known name: did you mean order_value_max?"),
        ("[acount.a]\norder_value_max = 1", "limits: acount: is not a known name: did you mean account?"),
        (
            "[account.a]\ndaily_los_max = 1",
            "limits: [account.a]: daily_los_max: is not a known name: did you mean daily",
        ),
        ("[account.a]\ndaily_loss_max = -1", "limits: [account.a]: daily_loss_max: must not be negative (got -1)"),
        ("order_rate_max = 1.5", 'limits: order_rate_max: must be a whole number, or "none" for no limit'),
        ("order_value_max = '5'", "limits: order_value_max: must be a value without quotes (got '5')"),
        ("order_value_max = inf", "limits: order_value_max: must be a finite number"),
        ("stale_after_s = 'none'", "limits: stale_after_s: must be a number"),
        ("rate_window_s = 0", "limits: rate_window_s: must be greater than zero (got 0.0)"),
        ("warn_at = 1.1", "limits: warn_at: must be at most 1: a warning beyond its limit would never be given"),
        ("restricted = 'ACME'", "limits: restricted: must be a value without quotes (got 'ACME')"),
        ("restricted = [1]", "limits: restricted: must be a list of names"),
        ("account = 5", "limits: account: must be a table of named values (got 5)"),
        ("[account]\nfund1 = 5", "limits: account.fund1: must be a table of named values (got 5)"),
        ("[account.a]\nconsecutive_rejects_max = 5", "consecutive_rejects_max: can be set for the whole desk only"),
        (
            "[symbol.A]\norder_value_max = 11\nposition_value_max = 10",
            "limits: [symbol.A]: order_value_max: must not be above position_value_max 10 of the same scope (got 11)",
        ),
        ("net_exposure_max = 11\ngross_exposure_max = 10", "net_exposure_max: must not be above gross_exposure_max 10"),
        ("[sector.a]\nsymbols=['X']\n[sector.b]\nsymbols=['X']", "symbols: X is in the sector a already (got 'X')"),
    ],
)
def test_a_document_that_is_wrong_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        book(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_limits_that_are_equal_or_stand_beside_a_default_contradict_nothing() -> None:
    book("order_value_max = 10\nposition_value_max = 10")
    book("position_value_max = 10_000\ngross_exposure_max = 30_000")  # below the default of an order's value


def test_a_scope_that_allows_more_than_the_desk_is_told_that_it_has_no_effect() -> None:
    loose = book(
        "order_value_max = 10\nduplicate_within_ms = 5\n[user.bob]\norder_value_max = 11\nduplicate_within_ms = 1"
    )
    assert loose.warnings() == [
        "user bob: order_value_max 11 has no effect: the desk allows 10",
        "user bob: duplicate_within_ms 1 has no effect: the desk allows 5",
    ]
    assert book().warnings() == []


def change(**given: Any) -> LimitChange:
    return LimitChange(
        **{"scope": "desk", "name": "daily_loss_max", "value": 400, "by": "ann", "reason": "CPI"} | given
    )


def test_a_change_makes_a_new_book_and_touches_nothing_else() -> None:
    old = book()
    new = changed(old, change(), lambda _: True)
    assert isinstance(new, LimitBook)
    assert (new.desk.daily_loss_max, old.desk.daily_loss_max) == (D(400), D(500))
    assert changed(new, change(value=500), lambda _: True) == old
    symbol = changed(old, change(scope="symbol/NEW", name="order_value_max", value=D("7.5")), lambda _: True)
    assert isinstance(symbol, LimitBook)
    assert symbol.of("symbol/NEW") == LimitSet(order_value_max=D("7.5"))
    lifted = changed(old, change(value="none"), lambda _: True)
    assert isinstance(lifted, LimitBook)
    assert lifted.desk.daily_loss_max is None


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"by": " "}, "no_authority", "a limit is changed by somebody"),
        ({"reason": ""}, "no_reason", "daily_loss_max of desk is not changed without a reason"),
        ({"by": "mallory"}, "no_authority", "mallory may not change daily_loss_max of desk"),
        ({"value": -1}, "bad_limit", "must not be negative"),
        ({"value": "400"}, "bad_limit", "must be a value without quotes"),
        ({"name": "dayly_loss_max"}, "bad_limit", "did you mean daily_loss_max?"),
        ({"scope": "acount/x"}, "bad_limit", "did you mean account?"),
        ({"scope": "symbol/ACME", "name": "position_value_max", "value": 10}, "bad_limit", "must not be above"),
        ({"name": "stale_after_s", "value": "none"}, "bad_limit", "must be a number"),
    ],
)
def test_a_change_without_authority_reason_or_sense_is_refused(given: dict[str, Any], code: str, said: str) -> None:
    refusal = changed(book(), change(**given), lambda asked: asked.by == "ann")
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert said in refusal.reason

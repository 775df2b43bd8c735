"""Every rule of an order's terms, a row each: what breaks it, and the sentence that says so."""

from decimal import Decimal
from typing import Any

import pytest

from penstock.domain.contingency import GROUP_RULES, Contingency, broken_group_rule
from penstock.domain.instructions import Instructions, OrderType, PegPrice, TimeInForce
from penstock.domain.order_rules import RULES, broken_rule
from penstock.domain.orders import OrderTerms, Side

D = Decimal
T, Tif = OrderType, TimeInForce


def order(kind: OrderType, **asked: Any) -> OrderTerms:
    """An order for 100; what is not a field of its terms is an instruction."""
    fields = {name: asked.pop(name) for name in list(asked) if name in OrderTerms.__struct_fields__}
    given = {"order_id": "P1", "symbol": "ACME", "side": Side.BUY, "quantity": D(100), "order_type": kind} | fields
    return OrderTerms(**given, instructions=Instructions(**asked))


REFUSED = [
    (order(T.LIMIT), "a limit order needs limit_price"),
    (order(T.STOP_LIMIT, stop_px=D(9)), "a stop_limit order needs limit_price"),
    (
        order(T.STOP, stop_px=D(9), limit_price=D(9)),
        "a stop order trades at the market: leave limit_price out, or use the type that has a limit",
    ),
    (order(T.STOP), "a stop order needs stop_px, the price at which it acts"),
    (order(T.MARKET_IF_TOUCHED), "a market_if_touched order needs stop_px, the price at which it acts"),
    (
        order(T.LIMIT, limit_price=D(9), stop_px=D(9)),
        "a limit order has no stop_px: use a stop or an if-touched order",
    ),
    (order(T.TRAILING_STOP), "a trailing stop needs exactly one of trail_amount and trail_bps"),
    (
        order(T.TRAILING_STOP, trail_amount=D(1), trail_bps=D(1)),
        "a trailing stop needs exactly one of trail_amount and trail_bps",
    ),
    (
        order(T.MARKET, trail_bps=D(1)),
        "a market order does not trail: trail_amount and trail_bps are for a trailing stop",
    ),
    (order(T.TRAILING_STOP, trail_bps=D(10_000)), "trail_bps must be below 10000: a stop at no price never acts"),
    (order(T.ICEBERG, limit_price=D(9)), "an iceberg order needs display_qty, the most that may be shown"),
    (
        order(T.LIMIT, limit_price=D(9), display_qty=D(9)),
        "a limit order has no display_qty: use an iceberg or a peg",
    ),
    (
        order(T.ICEBERG, limit_price=D(9), display_qty=D(101)),
        "display_qty is more than the quantity: nothing would be hidden",
    ),
    (order(T.PEG), "a peg order needs peg: primary, mid or market"),
    (
        order(T.LIMIT, limit_price=D(9), peg_offset=D(1)),
        "a limit order follows nothing: peg and peg_offset are for a peg order",
    ),
    (
        order(T.STOP, stop_px=D(0)),
        "stop_px, trail_amount, trail_bps, display_qty and min_qty must be greater than zero",
    ),
    (order(T.PEG, peg=PegPrice.MID, peg_offset=D("NaN")), "peg_offset must be a finite number"),
    (order(T.MARKET, min_qty=D(10)), "min_qty is for a market or limit order that trades at once: use IOC"),
    (order(T.MARKET, min_qty=D(101), tif=Tif.IOC), "min_qty is more than the quantity: it could never be met"),
    (
        order(T.ICEBERG, limit_price=D(9), display_qty=D(9), tif=Tif.FOK),
        "FOK fills at once or not at all, so it is for a market or limit order only",
    ),
    (
        order(T.MARKET, algorithm="twap", tif=Tif.FOK),
        "FOK fills at once or not at all, so it is for a market or limit order only",
    ),
    (
        order(T.PEG, peg=PegPrice.MID, tif=Tif.IOC),
        "a peg order waits for others to come, and IOC waits for nobody: use DAY, GTC or GTD",
    ),
    (order(T.STOP, stop_px=D(9), tif=Tif.OPG), "an auction takes market and limit orders only: stop cannot be OPG"),
    (
        order(T.LIMIT, limit_price=D(9), post_only=True, tif=Tif.IOC),
        "post-only is for an order that rests at a limit or a peg: a limit IOC order does not",
    ),
    (
        order(T.MARKET, post_only=True),
        "post-only is for an order that rests at a limit or a peg: a market DAY order does not",
    ),
    (
        order(T.HIDDEN, limit_price=D(9), post_only=True),
        "a hidden order may have to take what it meets, so it cannot be post-only",
    ),
    (order(T.MARKET, tif=Tif.GTD), "GTD needs expire_time"),
    (order(T.MARKET, expire_time=1), "expire_time is for GTD: a DAY order ends by itself"),
    (order(T.PEG, peg=PegPrice.MID, algorithm="twap"), "name an algorithm or the order type peg, not both"),
    (order(T.MARKET, located=True), "located is for a short sale: this side borrows nothing"),
    (
        order(T.MARKET, side=Side.SELL_SHORT, located=True, reduce_only=True),
        "a short sale opens a position: it cannot be reduce-only",
    ),
]


@pytest.mark.parametrize(("terms", "sentence"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_breaks_a_rule_is_refused_with_its_sentence(terms: OrderTerms, sentence: str) -> None:
    assert broken_rule(terms) == sentence


def test_every_rule_has_a_row() -> None:
    reached = {sentence for _, sentence in RULES for terms, said in REFUSED if filled(sentence, terms) == said}
    assert reached == {sentence for _, sentence in RULES}


def filled(sentence: str, terms: OrderTerms) -> str:
    return sentence.format(type=terms.order_type.value, tif=terms.tif.value)


SOUND = [
    order(T.MARKET),
    order(T.LIMIT, limit_price=D(9), post_only=True, tif=Tif.GTC),
    order(T.STOP, stop_px=D(9), tif=Tif.IOC),
    order(T.STOP, stop_px=D(9), algorithm="twap"),
    order(T.TRAILING_STOP, trail_bps=D(50), tif=Tif.GTC),
    order(T.ICEBERG, limit_price=D(9), display_qty=D(100), tif=Tif.GTD, expire_time=1),
    order(T.PEG, peg=PegPrice.PRIMARY, peg_offset=D(-1), limit_price=D(9), display_qty=D(10), post_only=True),
    order(T.MARKET, tif=Tif.CLS),
    order(T.LIMIT, limit_price=D(9), tif=Tif.FOK),
    order(T.MARKET, min_qty=D(10), tif=Tif.IOC),
    order(T.MARKET, side=Side.SELL_SHORT, located=True),
    order(T.HIDDEN, limit_price=D(9)),
]


@pytest.mark.parametrize("terms", SOUND)
def test_what_makes_sense_passes(terms: OrderTerms) -> None:
    assert broken_rule(terms) == ""


def leg(order_id: str, quantity: int = 100, **changes: Any) -> OrderTerms:
    given = {"order_type": T.LIMIT, "limit_price": D(9), "side": Side.SELL} | changes
    return OrderTerms(order_id=order_id, symbol=given.pop("symbol", "ACME"), quantity=D(quantity), **given)


ENTRY = leg("E", side=Side.BUY)
GROUPS = [
    (Contingency.OCO, (leg("A"),), "an OCO has at least two legs"),
    (Contingency.OCO, (leg("A"), leg("B", 50)), "the legs of an OCO have the same quantity: they share it"),
    (Contingency.OCO, (leg("A"), leg("B", tif=Tif.IOC)), "a leg of an OCO waits: it cannot be IOC or FOK"),
    (
        Contingency.OCO,
        (leg("A"), leg("B", symbol="X")),
        "the orders of this group (oco) trade one symbol in one account",
    ),
    (Contingency.OCO, (leg("A"), leg("A")), "the orders of a group have different order ids"),
    (Contingency.OCO, (leg("A"), leg("B", limit_price=None)), "a limit order needs limit_price"),
    (Contingency.OTO, (leg("A"),), "an OTO has a first order and at least one more"),
    (Contingency.BRACKET, (ENTRY, leg("A")), "a bracket is an entry, a take-profit and a stop-loss"),
    (Contingency.BRACKET, (ENTRY, leg("A"), leg("B", 50)), "the orders of a bracket have the same quantity"),
    (
        Contingency.BRACKET,
        (ENTRY, leg("A"), leg("B", side=Side.BUY)),
        "the exits of a bracket trade against its entry: give them the other side",
    ),
    (
        Contingency.BRACKET,
        (ENTRY, leg("A"), leg("B", tif=Tif.IOC)),
        "an exit of a bracket waits: it cannot be IOC or FOK",
    ),
]


@pytest.mark.parametrize(
    ("kind", "orders", "sentence"), GROUPS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_no_group_is_refused_with_its_sentence(
    kind: Contingency, orders: tuple[OrderTerms, ...], sentence: str
) -> None:
    assert broken_group_rule(kind, orders) == sentence


def test_every_group_rule_has_a_row() -> None:
    assert {sentence for rules in GROUP_RULES.values() for _, sentence in rules} <= {row[2] for row in GROUPS}


def test_a_bracket_that_makes_sense_passes() -> None:
    stop = order(T.STOP, stop_px=D(8), side=Side.SELL, order_id="S")
    assert broken_group_rule(Contingency.BRACKET, (ENTRY, leg("A"), stop)) == ""

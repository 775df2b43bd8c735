"""Orders that a seed's clients send: plain ones, those that an algorithm works, every other type, and groups.

All keep the rules of `penstock.domain.order_rules`: what risk would refuse for its form is not what is tried here.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from penstock.algos import ALGORITHMS
from penstock.algos.named.ending import EndPolicy
from penstock.algos.registry import window_parameter
from penstock.domain import commands as cmd
from penstock.domain.contingency import Contingency
from penstock.domain.instructions import Instructions, PegPrice
from penstock.domain.orders import OrderTerms, OrderType, Side, Strategy, TimeInForce
from penstock.domain.time import SECOND

SYMBOL = "ACME"
VENUES = ("XA", "XB")
SIDES = (Side.BUY, Side.SELL)
DAY, GTC, GTD, IOC, FOK = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK

WORKED = tuple(name for name in ALGORITHMS if name not in ("market", "limit"))

Kind = Callable[[str, Random, int], OrderTerms]


def some_price(random: Random) -> Decimal:
    return Decimal(10) + Decimal(random.randint(-5, 5)) / 100


def order(name: str, random: Random, most: int = 300, **asked: Any) -> OrderTerms:
    quantity = Decimal(random.randint(1, most))
    given: dict[str, Any] = {"side": random.choice(SIDES), "quantity": quantity, "client_order_id": name} | asked
    return OrderTerms(order_id=name, symbol=SYMBOL, **given)


def worked(name: str, random: Random, now: int) -> OrderTerms:
    """By an algorithm, over half a minute to two."""
    algorithm = random.choice(WORKED)
    fields = ALGORITHMS[algorithm].__struct_fields__
    window = window_parameter(algorithm)
    parameters: dict[str, Any] = {} if window is None else {window: random.choice([0.5, 1, 2])}
    if "num_slices" in fields:
        parameters["num_slices"] = random.choice([1, 3, 7])
    if "end_policy" in fields and random.random() < 0.5:
        parameters["end_policy"] = random.choice(list(EndPolicy)).value
    return order(
        name,
        random,
        limit_price=random.choice([None, Decimal("10.02")]),
        algorithm=algorithm,
        parameters=parameters,
        strategy=random.choice(list(Strategy)),
    )


def plain(name: str, random: Random, now: int) -> OrderTerms:
    tif = random.choice([DAY, IOC])
    return order(name, random, order_type=OrderType.LIMIT, limit_price=some_price(random), tif=tif)


def at_market(name: str, random: Random, now: int) -> OrderTerms:
    return order(name, random, most=1500, tif=random.choice([DAY, IOC]))


def at_one_venue(name: str, random: Random, now: int) -> OrderTerms:
    """A simple order that may use one venue only, so that it is sent there whole."""
    simple = random.choice([plain, plain, at_market])(name, random, now)
    return msgspec.structs.replace(simple, venues=(random.choice(VENUES),))


def special(name: str, random: Random, now: int) -> OrderTerms:
    """Of a type or a time in force that the venues do not have."""
    return random.choice(SPECIAL)(name, random, now)


def stop(name: str, random: Random, now: int) -> OrderTerms:
    kind = random.choice([OrderType.STOP, OrderType.STOP_LIMIT])
    limit = some_price(random) if kind is OrderType.STOP_LIMIT else None
    asked = Instructions(stop_px=some_price(random))
    return order(name, random, order_type=kind, limit_price=limit, instructions=asked)


def if_touched(name: str, random: Random, now: int) -> OrderTerms:
    kind = random.choice([OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED])
    limit = some_price(random) if kind is OrderType.LIMIT_IF_TOUCHED else None
    asked = Instructions(stop_px=some_price(random))
    return order(name, random, order_type=kind, limit_price=limit, instructions=asked)


def trailing_stop(name: str, random: Random, now: int) -> OrderTerms:
    asked = random.choice([Instructions(trail_amount=Decimal("0.03")), Instructions(trail_bps=Decimal(20))])
    return order(name, random, order_type=OrderType.TRAILING_STOP, instructions=asked)


def iceberg(name: str, random: Random, now: int) -> OrderTerms:
    quantity = Decimal(random.randint(20, 300))
    asked = Instructions(display_qty=Decimal(random.randint(5, 20)))
    limit = some_price(random)
    return order(name, random, quantity=quantity, order_type=OrderType.ICEBERG, limit_price=limit, instructions=asked)


def peg(name: str, random: Random, now: int) -> OrderTerms:
    asked = Instructions(peg=random.choice(list(PegPrice)), peg_offset=Decimal(random.randint(-2, 2)) / 100)
    return order(name, random, order_type=OrderType.PEG, instructions=asked)


def hidden(name: str, random: Random, now: int) -> OrderTerms:
    return order(name, random, order_type=OrderType.HIDDEN, limit_price=some_price(random))


def all_or_nothing(name: str, random: Random, now: int) -> OrderTerms:
    return order(name, random, order_type=OrderType.LIMIT, limit_price=some_price(random), tif=FOK)


def until(name: str, random: Random, now: int) -> OrderTerms:
    """For a while, or over sessions."""
    tif = random.choice([GTC, GTD])
    expires = now + random.randint(1, 90) * SECOND if tif is GTD else None
    asked = Instructions(expire_time=expires)
    limit = some_price(random)
    return order(name, random, order_type=OrderType.LIMIT, limit_price=limit, tif=tif, instructions=asked)


def reduce_only(name: str, random: Random, now: int) -> OrderTerms:
    limit = random.choice([None, some_price(random)])
    kind = OrderType.MARKET if limit is None else OrderType.LIMIT
    return order(name, random, order_type=kind, limit_price=limit, instructions=Instructions(reduce_only=True))


SPECIAL: tuple[Kind, ...] = (
    stop,
    if_touched,
    trailing_stop,
    iceberg,
    peg,
    hidden,
    all_or_nothing,
    until,
    reduce_only,
)
KINDS: tuple[Kind, ...] = (worked, worked, plain, at_market, special)


def group(name: str, random: Random, now: int) -> cmd.SubmitGroup:
    """An OCO, or an entry with what waits for it: orders `name`, `name`b and so on."""
    kind = random.choice(list(Contingency))
    side = random.choice(SIDES)
    other = Side.SELL if side is Side.BUY else Side.BUY
    quantity = Decimal(random.randint(1, 200))
    away = Decimal("0.02") * side.sign

    def leg(letter: str, side: Side, kind: OrderType, price: Decimal, asked: Instructions | None = None) -> OrderTerms:
        limit = price if kind is OrderType.LIMIT else None
        instructions = asked or (Instructions() if limit else Instructions(stop_px=price))
        return OrderTerms(
            order_id=name + letter,
            symbol=SYMBOL,
            side=side,
            quantity=quantity,
            order_type=kind,
            limit_price=limit,
            instructions=instructions,
        )

    entry = leg("", side, OrderType.LIMIT, some_price(random))
    profit = leg("b", other, OrderType.LIMIT, Decimal(10) + away)
    loss = leg("c", other, OrderType.STOP, Decimal(10) - away)
    orders = {
        Contingency.OCO: (profit, loss),
        Contingency.OTO: (entry, profit),
        Contingency.BRACKET: (entry, profit, loss),
    }[kind]
    return cmd.SubmitGroup(ts=now, group_id=f"G{name}", contingency=kind, orders=orders)

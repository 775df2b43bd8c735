"""What a user asks to have analysed: orders in words, or a file of targets; and a market, named or stated."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from penstock.app.documents import load_document
from penstock.app.inputs import read_targets
from penstock.app.risk.order_files import parse_order
from penstock.cost.candidates import Order
from penstock.cost.impact_template import DEFAULT, ImpactTemplate
from penstock.cost.market_state import EQUITY_MINUTES, MarketState
from penstock.domain.errors import BadInput
from penstock.market.volume_curve import SHAPES

FILES = (".csv", ".json", ".toml")
SIZE = re.compile(r"(\d[\d_,]*(?:\.\d+)?)(k|m|bn)?", re.ASCII)
STEPS = {None: Decimal(1), "k": Decimal(1000), "m": Decimal(10**6), "bn": Decimal(10**9)}
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?", re.ASCII)
MINUTES = {"s": 1 / 60, "m": 1.0, "min": 1.0, None: 1.0, "h": 60.0}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An order before its market is known: exactly one of `quantity` (signed) and `notional` (signed money)."""

    symbol: str
    quantity: float | None = None
    notional: float | None = None
    urgency: float | None = None
    limit_price: float | None = None
    where: str = ""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every order that does not say otherwise. `horizon` as `30`, `90m`, `2h` or `3d`."""

    urgency: float = 0.5
    horizon: str = ""
    participation_max: float = 0.25
    limit_price: float | None = None
    confidence: float = 0.90
    correlation: float = 0.0


def read_wanted(texts: Sequence[str]) -> list[Wanted]:
    """Orders as written on the command line, or the targets of the one file named there.

    Raises:
        BadInput: an order or a file that is written in another way.
    """
    if len(texts) == 1 and Path(texts[0]).suffix.lower() in FILES:
        return [
            Wanted(
                symbol=target.symbol,
                quantity=None if target.notional is not None else number(target.change or target.quantity),
                notional=number(target.notional),
                urgency=target.urgency,
                limit_price=number(target.limit_price),
                where=target.where,
            )
            for target in read_targets(texts[0])
        ]
    wanted = []
    for text in texts:
        order = parse_order(" ".join(plain_size(word) for word in text.split()))
        wanted.append(
            Wanted(
                symbol=order.symbol, quantity=float(order.side.sign * order.quantity),
                limit_price=number(order.limit_price), where=f"order {text!r}",
            )
        )  # fmt: skip
    return wanted


def plain_size(word: str) -> str:
    """`50_000`, `50,000`, `50k` and `3.1m` as plain digits; any other word as it is."""
    found = SIZE.fullmatch(word.lower())
    if found is None:
        return word
    value = Decimal(re.sub("[_,]", "", found[1])) * STEPS[found[2]]
    return f"{value.normalize():f}"


def size(option: str, text: str) -> float | None:
    """The number that an option gives as a size; None if it is left out.

    Raises:
        BadInput: no number.
    """
    if not text:
        return None
    try:
        return float(plain_size(text))
    except ValueError:
        raise BadInput(option, "", "is a number such as 250000, 250k or 3.1m", text) from None


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def orders_of(wanted: Sequence[Wanted], markets: Mapping[str, MarketState], terms: Terms) -> list[Order]:
    """The orders, with what the market says of them: quantities of notionals, horizons, correlated sizes.

    Raises:
        BadInput: a horizon that is written in another way, a number out of range.
    """
    signed = [quantity_of(each, markets[each.symbol]) for each in wanted]
    sizes = [quantity / markets[each.symbol].adv for each, quantity in zip(wanted, signed, strict=True)]
    orders = []
    for each, quantity, size in zip(wanted, signed, sizes, strict=True):
        market = markets[each.symbol]
        sign = 1 if quantity > 0 else -1
        orders.append(
            Order(
                symbol=each.symbol,
                sign=sign,
                quantity=abs(quantity),
                urgency=terms.urgency if each.urgency is None else each.urgency,
                horizon_minutes=horizon_minutes(terms.horizon, market),
                participation_max=terms.participation_max,
                limit_price=terms.limit_price if each.limit_price is None else each.limit_price,
                correlated_size=terms.correlation * sign * (sum(sizes) - size),
                confidence=terms.confidence,
            )
        )
    return orders


def quantity_of(wanted: Wanted, market: MarketState) -> float:
    """The signed quantity, in whole lots where it follows from a notional."""
    if wanted.quantity is not None:
        return wanted.quantity
    assert wanted.notional is not None, "a target says what it wants in exactly one way"
    lots = int(wanted.notional / market.value(market.lot))
    if lots == 0:
        rule = f"is less than one lot of {wanted.symbol}, worth {market.value(market.lot):,.2f}"
        raise BadInput(wanted.where, "notional", rule, wanted.notional)
    return lots * market.lot


def horizon_minutes(text: str, market: MarketState) -> float:
    """Trading minutes: as asked, or the rest of the session, or a day where trading never ends. A day is the market's.

    Raises:
        BadInput: not a number with s, m, h or d behind it, or nothing.
    """
    if not text:
        return market.day_minutes if market.lit_only else max((1 - market.elapsed) * market.day_minutes, 1.0)
    found = DURATION.fullmatch(text.strip().lower())
    if found is None or float(found[1]) == 0:
        raise BadInput("--horizon", "", "is a time such as 30m, 2h or 3d (trading days)", text)
    unit = market.day_minutes if found[2] == "d" else MINUTES[found[2]]
    return float(found[1]) * unit


def stated_market(
    symbol: str, *, price: float | None, adv: float | None, volatility: float | None, spread_bps: float | None,
    depth: float | None = None, day_minutes: float = EQUITY_MINUTES, curve: str = "flat",
) -> MarketState:  # fmt: skip
    """A market in a user's own numbers; `depth` is what the touch shows on either side.

    Raises:
        BadInput: a number that is missing, or that no market has.
    """
    given = {"--price": price, "--adv": adv, "--volatility": volatility, "--spread": spread_bps}
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise BadInput(" ".join(missing), "", "give it, or a --market that knows it")
    assert price is not None
    assert adv is not None
    assert volatility is not None
    assert spread_bps is not None
    if curve not in SHAPES:
        raise BadInput("--curve", "", f"must be one of {', '.join(SHAPES)}", curve)
    half = price * spread_bps / 2 / 1e4
    return MarketState(
        symbol=symbol,
        price=price,
        spread_bps=spread_bps,
        adv=adv,
        daily_volatility=volatility,
        bids=((price - half, depth),) if depth else (),
        asks=((price + half, depth),) if depth else (),
        curve=SHAPES[curve],
        day_minutes=day_minutes,
        notes=("the market is as you stated it",),
    )


def read_template(path: Path | None) -> ImpactTemplate:
    """The impact template of a .toml or .json file; the default without one.

    Raises:
        BadInput: a file that cannot be read, an unknown name, a number out of range.
    """
    if path is None:
        return DEFAULT
    document = load_document(path)
    known = ImpactTemplate.__struct_fields__
    for name, value in document.items():
        if name not in known:
            raise BadInput(str(path), name, f"is not a known name: known are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise BadInput(str(path), name, "must be a number", value)
    try:
        return ImpactTemplate(**{name: float(value) for name, value in document.items()})
    except BadInput as error:
        raise BadInput(str(path), error.field, error.rule, error.value) from None

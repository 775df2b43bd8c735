"""Every algorithm by its name: one row each. Forms, checks and schemas derive from the structs."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from math import isfinite
from typing import Any

import msgspec

from penstock.algos.named import Algorithm, Limit, Market
from penstock.algos.named.adaptive import Adaptive
from penstock.algos.named.arbitrage import Arbitrage
from penstock.algos.named.auto import Auto
from penstock.algos.named.close import Close
from penstock.algos.named.dark_sweep import DarkSweep
from penstock.algos.named.implementation_shortfall import ImplementationShortfall
from penstock.algos.named.mean_reversion import MeanReversion
from penstock.algos.named.momentum import Momentum
from penstock.algos.named.pov import Pov
from penstock.algos.named.quote import Quote
from penstock.algos.named.resting import Display, Hidden, Iceberg, Peg
from penstock.algos.named.sniper import Sniper
from penstock.algos.named.twap import Twap
from penstock.algos.named.vwap import Vwap
from penstock.algos.slicing import curve_points
from penstock.algos.view import Session
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.market.volume_curve import SHAPES

ALGORITHMS: dict[str, type[Algorithm]] = {
    "market": Market,
    "limit": Limit,
    "twap": Twap,
    "vwap": Vwap,
    "pov": Pov,
    "is": ImplementationShortfall,
    "adaptive": Adaptive,
    "momentum": Momentum,
    "mean_reversion": MeanReversion,
    "close": Close,
    "sniper": Sniper,
    "dark_sweep": DarkSweep,
    "iceberg": Iceberg,
    "peg": Peg,
    "hidden": Hidden,
    "display": Display,
    "arbitrage": Arbitrage,
    "quote": Quote,
    "auto": Auto,
}

PLAN_POINTS = 200
WINDOWS = ("duration_minutes", "time_horizon", "minutes")


def build(name: str, parameters: Mapping[str, Any]) -> Algorithm:
    """The algorithm called `name` with its parameters.

    Raises:
        ValueError: unknown name or parameter, or a value out of range; one sentence that says what is allowed.
    """
    kind = ALGORITHMS.get(name)
    if kind is None:
        raise ValueError(f"unknown algorithm {name!r}{suggest(name, ALGORITHMS)}; there are: {', '.join(ALGORITHMS)}")
    fields = kind.__struct_fields__
    for given in parameters:
        if given not in fields:
            there = ", ".join(fields) if fields else "none"
            raise ValueError(f"unknown parameter {given!r} of {name}{suggest(given, fields)}; it has: {there}")
        if not finite(parameters[given]):
            raise ValueError(f"parameter {given!r} of {name}: must be finite, got {parameters[given]!r}")
    try:
        algorithm = msgspec.convert({key: plain(value) for key, value in parameters.items()}, kind)
    except msgspec.ValidationError as error:
        rule, _, path = str(error).partition(" - at `$.")
        field = path.rstrip("`").partition("[")[0]
        if field not in fields:  # a rule about several parameters together
            raise ValueError(f"{name}: {rule.partition(' - at `$')[0]}") from None
        raise ValueError(
            f"parameter {field!r} of {name}: {rule[:1].lower()}{rule[1:]}, got {parameters.get(field)!r}"
        ) from None
    if isinstance(algorithm, Vwap):
        check_profile(algorithm)
    return algorithm


def window_parameter(name: str) -> str | None:
    """What an algorithm calls the length of its window in minutes; None where it has none."""
    return next((field for field in WINDOWS if field in ALGORITHMS[name].__struct_fields__), None)


def check(name: str, parameters: Mapping[str, Any]) -> None:
    """Raise what `build` would raise."""
    build(name, parameters)


def normalise(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as plain JSON values, defaults left out: what goes on record."""
    result: dict[str, Any] = msgspec.to_builtins(build(name, parameters))
    return result


def plan(
    terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
) -> list[tuple[int, float]]:
    """(time, planned fraction) over an order's window; empty where the algorithm follows no curve of its own."""
    fraction = build(terms.algorithm or "market", terms.parameters).curve(terms, asset_class, window, session)
    return [] if fraction is None else curve_points(fraction, *window, PLAN_POINTS)


def plain(value: Any) -> Any:
    """Decimals as the int or float that they are; everything else as it is."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def finite(value: Any) -> bool:
    """Whether a value holds no infinity and nothing that is not a number."""
    if isinstance(value, list | tuple):
        return all(finite(item) for item in value)
    return not isinstance(value, float | Decimal) or isfinite(value)


def check_profile(algorithm: Vwap) -> None:
    profile = algorithm.volume_profile
    if isinstance(profile, str) and profile not in SHAPES:
        known = ", ".join(SHAPES)
        raise ValueError(
            f"parameter 'volume_profile' of vwap: expected one of {known} or a list of weights, got {profile!r}"
        )
    if isinstance(profile, tuple) and sum(profile) <= 0:
        raise ValueError("parameter 'volume_profile' of vwap: the weights must sum to more than 0")


def suggest(given: str, known: Iterable[str]) -> str:
    near = get_close_matches(given.lower(), known, 1)
    return f" (did you mean {near[0]!r}?)" if near else ""

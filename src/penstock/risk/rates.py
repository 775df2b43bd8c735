"""How often each scope may send: one window for each rate that is limited, which a restart and a new limit survive."""

from collections.abc import Iterable

from penstock.risk.effective import RateBound
from penstock.risk.windows import CountWindow

Rates = dict[str, CountWindow]  # by the limit's name and the scope


def full(rates: Rates, name: str, bounds: Iterable[RateBound], now: int) -> RateBound | None:
    """The first scope in which one more would be too many."""
    for bound in bounds:
        window = rates.get(f"{name}/{bound.scope}")
        if window is None:
            if bound.most == 0:
                return bound
        elif window.is_full(now):
            return bound
    return None


def counted(rates: Rates, name: str, bounds: Iterable[RateBound], now: int) -> None:
    """One more was sent in each scope."""
    for bound in bounds:
        key = f"{name}/{bound.scope}"
        window = rates.get(key)
        if window is None:
            window = rates[key] = CountWindow(span=bound.span, most=bound.most)
        window.add(now)


def limited_anew(rates: Rates, name: str, scope: str, most: int, span: int) -> None:
    """A rate has a new limit: what was sent under the old one goes on counting, as far as its window reached."""
    key = f"{name}/{scope}"
    old = rates.get(key)
    rates[key] = CountWindow(span=span, most=most)
    if old is not None:
        for at in old.times[old.oldest :] + old.times[: old.oldest]:
            rates[key].add(at)

"""When an order lives: its time in force, as a window in the sessions of its instrument.

The sessions came with the session's first event. Without any, the span of the market on record is the one session.
"""

from functools import lru_cache

from penstock.algos.named import Algorithm
from penstock.algos.view import Session
from penstock.domain.events import SessionStarted
from penstock.domain.instructions import TimeInForce
from penstock.domain.order_rules import named
from penstock.domain.orders import OrderTerms
from penstock.domain.sessions import SessionTimes, current
from penstock.domain.time import MINUTE

AUCTION = MINUTE  # how long a synthetic order at the open or close may take

DAY = TimeInForce.DAY  # by name: looking up an enum's member takes longer than the rest of it
SURVIVE = frozenset({TimeInForce.GTC, TimeInForce.GTD})


def sessions_of(started: SessionStarted, symbol: str) -> tuple[SessionTimes, ...]:
    known = started.sessions.get(symbol)
    return known or one_session(started.market_start, started.market_end)


@lru_cache(maxsize=16)
def one_session(opens: int, closes: int) -> tuple[SessionTimes, ...]:
    return (SessionTimes(opens, closes),)


def session_at(started: SessionStarted, symbol: str, now: int) -> Session:
    """The session that `now` falls into, else the next one."""
    times = current(sessions_of(started, symbol), now)
    return Session(times.opens, times.closes, started.profiles.get(symbol))


def trades_from(started: SessionStarted, symbol: str, now: int) -> int:
    """When the symbol's exchange trades, from `now` on: `now` itself while it does."""
    return current(sessions_of(started, symbol), now).trades_from(now)


def window_of(
    terms: OrderTerms, algorithm: Algorithm, started: SessionStarted, now: int, native: str
) -> tuple[int, int]:
    """When an order received, or triggered, at `now` may work: (start, end) in ns.

    A venue that knows the time in force itself (`native`) gets the order at once. An order whose auctions are all over
    has an empty window.
    """
    sessions, tif = sessions_of(started, terms.symbol), terms.tif
    today = sessions[0] if sessions[0].closes > now else current(sessions, now)
    start, end = now if native else max(now, today.opens), today.closes
    if tif is DAY:
        pass
    elif tif is TimeInForce.GTC:
        end = sessions[-1].closes
    elif tif is TimeInForce.GTD:
        assert terms.instructions.expire_time is not None
        end = min(terms.instructions.expire_time, sessions[-1].closes)
    elif tif is TimeInForce.OPG:
        opens = next((session.opens for session in sessions if session.opens >= now), None)
        if opens is None:
            return now, now
        start, end = now if native else opens, opens + AUCTION
    elif tif is TimeInForce.CLS and not native:
        start = max(start, end - AUCTION)
    if not named(terms):
        return start, end
    begins, ends = algorithm.window(start, Session(today.opens, min(end, today.closes)))
    return begins, ends


def survives(terms: OrderTerms, end: int, now: int) -> bool:
    """Whether an order goes on after a session's close."""
    return terms.tif in SURVIVE and end > now

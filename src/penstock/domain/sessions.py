"""When a market trades: sessions as data, so that the engine never has to ask a calendar."""

from collections.abc import Sequence

import msgspec


class SessionTimes(msgspec.Struct, frozen=True):
    """One exchange session, from its opening to its close (ns)."""

    opens: int
    closes: int


def current(sessions: Sequence[SessionTimes], now: int) -> SessionTimes:
    """The session that `now` falls into, else the next one; the last where none comes after it."""
    return next((session for session in sessions if session.closes > now), sessions[-1])

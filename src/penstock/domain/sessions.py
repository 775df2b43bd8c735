"""When a market trades: sessions as data, so that the engine never has to ask a calendar."""

from collections.abc import Sequence

import msgspec


class SessionTimes(msgspec.Struct, frozen=True, omit_defaults=True):
    """One exchange session, from its opening to its close (ns), and the breaks in between: (start, end)."""

    opens: int
    closes: int
    breaks: tuple[tuple[int, int], ...] = ()

    def trades_from(self, now: int) -> int:
        """When it trades, from `now` on: `now` itself while it does (or once it is over)."""
        if now < self.opens:
            return self.opens
        if not self.breaks:
            return now
        return next((end for start, end in self.breaks if start <= now < end), now)


def current(sessions: Sequence[SessionTimes], now: int) -> SessionTimes:
    """The session that `now` falls into, else the next one; the last where none comes after it."""
    for session in sessions:
        if session.closes > now:
            return session
    return sessions[-1]

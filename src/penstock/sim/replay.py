"""Order-by-order replay: a recorded session in which our orders stand in the true queue.

The rules, and which way they err:

- An order of ours takes displayed recorded orders by price, then time. What it took stays taken; the recorded
  traders do not react to it (too kind to large orders: nobody fades, and nobody refills either).
- A resting order of ours joins the back of its level's queue and moves up as those before it trade or leave.
- A recorded execution of order X for `s` lots fills ours first where ours is better priced, or at X's price and
  ahead of X; at most `s`. X is still reduced as recorded, so that the book stays the recorded one (the flow that
  met us is then not taken from others: prints after ours come a little too early for those behind us).
- Where we took part of X earlier, what the print still wants goes to the next in the queue at that price, theirs
  or ours.
- A recorded order that arrives through the price of one of ours trades with ours first and rests with what is
  left.
- A print against a hidden order fills ours on that side at a better price, or displayed at that price (displayed
  goes before hidden; hidden ones of ours count as younger).
- No print fills more of ours than its size. A cancel of an order that we took from removes what is left.
- While trading is halted nothing of ours trades: immediate orders end unfilled, others rest, and where these
  cross when trading resumes they trade then.

Lots that came or left outside the recorded window carry no time stamp of their own: they change when the level
enters the window (see `recording_kernel`), so a queue that we joined outside the window is a guess.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.market import lobster
from penstock.market.tape import STATUS, TRADING
from penstock.sim import kept_sessions
from penstock.sim import ladder as kernels
from penstock.sim.ladder import FILLS
from penstock.sim.ladder_market import LadderMarket
from penstock.sim.recording import empty_book, explicit_tape
from penstock.sim.replay_kernel import play
from penstock.sim.session import Session


def load_session(path: Path) -> Session:
    """Read a LOBSTER recording and make it replayable, or take it as it was made before.

    Raises:
        BadInput: the files break a rule of the format.
    """
    try:
        place = kept_sessions.place_of(path)
    except OSError:
        return made_session(path)  # which says what is wrong with it
    session = kept_sessions.find(place)
    if session is None:
        session = made_session(path)
        kept_sessions.keep(place, session)
    return session


def made_session(path: Path) -> Session:
    """Read a recording and make it replayable, whatever is kept."""
    recording = lobster.load(path)
    tape, _ = explicit_tape(recording)
    return Session(recording.instrument, recording.start_ns, recording.end_ns, tape)


class OrderReplay(LadderMarket):
    """A `MarketBook` that replays a session order by order."""

    @classmethod
    def open(cls, path: Path, venue: str = "nasdaq") -> "OrderReplay":
        """Replay the LOBSTER recording at `path`; to replay it again, load the session once.

        Raises:
            BadInput: the files break a rule of the format.
        """
        return cls(load_session(path), venue)

    def __init__(self, session: Session, venue: str = "nasdaq") -> None:
        ladder, slots = empty_book(session.tape)
        super().__init__(venue, session.instrument, ladder, session.start_ns)
        self.start_ns = session.start_ns
        self.end_ns = session.end_ns
        self._tape = session.tape
        self._slots_by_order: NDArray[np.int32] = slots
        self._next = 0
        self.advance(session.start_ns)

    def next_ts(self) -> int:
        if self._next == len(self._tape.ts):
            return self.end_ns + 1
        return int(self._tape.ts[self._next])

    def advance(self, until: int) -> int:
        self.keep_fills()
        known, end = len(self._fills), len(self._tape.ts)
        while self._next < end and self._tape.ts[self._next] <= until:
            played = play(self.ladder, self._tape, self._slots_by_order, self._next, end, until, self.trading)
            if played == self._next:
                self.ladder = kernels.grown(self.ladder)
                continue
            self._next = played
            last = played - 1
            self.now = int(self._tape.ts[last])
            if self._tape.kind[last] == STATUS:
                self._change_status(int(self._tape.ticks[last]))
            self.settle()
            if self.ladder.state[FILLS] > 0 or len(self._fills) > known:
                return self.now
        self.now = max(self.now, until)
        return self.now

    def _change_status(self, status: int) -> None:
        if status != TRADING:
            self.halt()
        elif not self.trading:
            self.resume()

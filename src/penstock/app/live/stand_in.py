"""A desk that is down is killed by a stand-in: it takes up the journal, sets the mode, cancels what works, leaves.

What the dead desk had at its venues is in its journal, so nobody has to know it by heart. The mode is on record like
any other: a desk that starts on this journal again is in it until somebody resets it. A desk that still runs has the
journal to itself, and the stand-in is refused.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from penstock.app.live.answers import Ack
from penstock.app.live.clock import SystemClock
from penstock.app.live.driver import LiveDriver
from penstock.app.live.serve import venue_of
from penstock.app.live.settings import LiveSettings
from penstock.app.live.start import Listing, goes_on, next_session, take_up
from penstock.app.live.wind_down import Policy, Remains, carry_out, wind_down
from penstock.domain import commands as cmd
from penstock.domain.errors import BadInput
from penstock.engine.state import EngineState
from penstock.journal import open_record

LOOK_EVERY_S = 0.5


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """Whose journal, which venues (`[NAME=]loopback:PORT`), and how long cancelling may take."""

    journal: str
    venues: tuple[str, ...]
    deadline_s: float = 10.0
    settings: LiveSettings = LiveSettings()


async def stand_in(request: StandIn, mode: cmd.SetMode) -> tuple[Ack, Remains]:
    """Set a mode that cancels for the whole desk; returns the engine's answer, and what is left.

    Raises:
        BadInput: no journal is there, or a venue that is written in another way.
        JournalUnavailable: the desk still runs, or its database does not answer.
    """
    open_record(request.journal).close()  # one that is not there must not be made
    clock = SystemClock()
    venues = [venue_of(text, clock) for text in request.venues]
    back = take_up(request.journal, request.settings.closed_orders_max)
    try:
        state = back.engine.state
        if state.session is None:
            raise BadInput(request.journal, "", "is empty: no desk has ever traded on it")
        now = clock.now()
        opening = None
        if not goes_on(state, now):
            limits = state.risk.set
            opening = next_session(state, known_listings(state), now, hours=1.0, limits=limits)
        driver = LiveDriver(back.engine, back.journal, venues, clock=clock, settings=request.settings)
        driver.refusing = "a stand-in takes no orders"
        driver.begin(opening)
        driving, looking = asyncio.create_task(driver.run()), asyncio.create_task(look_again(driver))
        try:
            [ack] = await carry_out(driver, [msgspec.structs.replace(mode, ts=clock.now())])
            policy = Policy(cancel=ack.outcome == "accepted", deadline_s=request.deadline_s)
            return ack, await wind_down(driver, policy, mode.reason)
        finally:
            for task in (looking, driving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    finally:
        await back.journal.close()


async def look_again(driver: LiveDriver) -> None:
    """Look at the venues over and over: a picture may be too young to tell of what the dead desk sent last."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        driver.look()


def known_listings(state: EngineState) -> Sequence[Listing]:
    """What each venue of the last session trades, as that session knew it."""
    assert state.session is not None
    session = state.session
    specs = {venue.name: venue for venue in session.venues}
    return [
        Listing(
            venue=name,
            instruments=tuple(state.instruments[symbol] for symbol in symbols if symbol in state.instruments),
            fees=specs[name].fees,
            abilities=specs[name].abilities,
            budgets=specs[name].budgets,
        )
        for name, symbols in session.listings.items()
    ]

"""One seed's world: a desk, its clients, faulty venues behind a faulty network, an engine that may die at any time.

The desk keeps the shell's law: events become durable in batches, and only then the batch's effects go out. A crash
takes the batch that was not durable yet, or comes between a durable batch and some of its effects. The end is always
the same: the weather clears, the session closes, and everything has to settle.
"""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.instruments import Equity
from penstock.domain.quote import Quote
from penstock.domain.time import MILLISECOND, MINUTE, SECOND
from penstock.domain.venue import VenueSpec
from penstock.engine.effects import Look, Recall, SendCancel, VenueEffect
from penstock.engine.engine import Engine, Input
from penstock.engine.recall import Recalled
from penstock.engine.state import EngineState, execution_key
from penstock.journal.recall import MOVES, look_through
from penstock.journal.replay import replay
from penstock.risk import Limits
from penstock.sim.faults.clients import SYMBOL, Clients
from penstock.sim.faults.network import Line, Link
from penstock.sim.faults.order_kinds import VENUES
from penstock.sim.faults.venue import FaultVenue
from penstock.sim.faults.weather import CALM, Weather, weather_of

START = 1_755_500_000 * SECOND
STEPS = 150
SETTLES_WITHIN = 5 * MINUTE
PAUSES = (5 * MILLISECOND, 50 * MILLISECOND, 300 * MILLISECOND, SECOND, 3 * SECOND)
JUMPS_APART = 20 * SECOND  # a clock that is set anew again and again is no clock
CRASH_LOSES_BATCH = 0.4
MANAGED = 0.4  # of the seeds have a risk manager
# most desks' breakers are not tripped by the weather, so that there is something left to go wrong
CALM_BREAKERS = {"breaker": {name: {"threshold": 1e6} for name in ("slippage", "reject_rate", "latency", "stress")}}
CLOSED_ORDERS_MAX = (None, 0, 0, 1, 3)
FOUND_WITHIN = 2 * SECOND


class World:
    """Play it with `run`. `record` is the journal, `sent` every message that left, with the journal's length then.

    Most desks that archive do so at once with what is over, and look up slowly what they need of it later.
    """

    def __init__(
        self,
        seed: int,
        steps: int = STEPS,
        weather: Weather | None = None,
        limits: Limits | None = None,
        *,
        archives: bool = True,
    ) -> None:
        self.seed, self.steps = seed, steps
        self.random = Random(seed)
        self.weather = weather or weather_of(self.random)
        self.now = START
        self.clock_ns = 0  # how far the desk's clock is ahead of the world's
        self.record: list[ev.AnyEvent] = []
        self.sent: list[tuple[int, VenueEffect]] = []
        self.crashes = 0
        self.keeping = Random(f"archive {seed}")  # apart, so that all else is the same with and without an archive
        self.closed_orders_max = self.keeping.choice(CLOSED_ORDERS_MAX) if archives else None
        self.found: Line[Recalled] = Line()
        self.engine = Engine(closed_orders_max=self.closed_orders_max)
        managing = Random(f"risk {seed}")
        simple = Random(f"simple {seed}")
        self.clients = Clients(self.random, managing if managing.random() < MANAGED else None, simple)
        self.breakers = managing.choice([CALM_BREAKERS, CALM_BREAKERS, {}])
        self.links = {name: Link(name, self.weather, self.random) for name in VENUES}
        self.venues = {name: FaultVenue(name, self.links[name], self.weather, self.random) for name in VENUES}
        self._jumps_from = START
        self._batch: list[ev.AnyEvent] = []
        self._effects: list[VenueEffect | Recall] = []
        self._take(self.engine.open_session(self._opening(limits or some_limits(self.random))))
        self._commit()

    @property
    def clock(self) -> int:
        """The desk's clock."""
        return self.now + self.clock_ns

    def run(self) -> Iterator[None]:
        """Play to the end; yields after every step, for whoever watches."""
        for _ in range(self.steps):
            self.step()
            yield
        self.clear_up()
        yield
        while not self.is_settled and self.now < self._settled_by:
            self.play(SECOND)
            self.close()
            yield

    def step(self) -> None:
        """Let a little time pass, with all that comes of it, and then let something happen."""
        random, weather = self.random, self.weather
        self.play(random.choice(PAUSES))
        if random.random() < 0.9:
            self.trade()
        for command in self.clients.ask(self.clock):
            self.give(command)
        for venue in self.venues.values():
            venue.act(self.now)
            confirmed = self._confirmed(venue) if random.random() < weather.bust_per_step else []
            if confirmed:
                venue.amend(self.now, confirmed)
        for link in self.links.values():
            if link.connected and random.random() < weather.cut_per_step:
                link.cut(self.now, 1 + int(random.random() * weather.cut_ns))
        if random.random() < weather.jump_per_step and self.now >= self._jumps_from:
            self._jumps_from = self.now + JUMPS_APART
            self.clock_ns += random.randint(-weather.jump_ns, weather.jump_ns)
        if random.random() < weather.crash_per_step:
            self.crash()
        self._commit()

    def play(self, duration: int) -> None:
        """Let time pass: what is under way arrives in its order, and the desk is woken when it wants to be."""
        until = self.now + duration
        while (at := self._next_at()) is not None and at <= until:
            self.now = max(self.now, at)
            for link in self.links.values():
                for asked_at, effect in link.out.take(self.now):
                    self.venues[link.venue].receive(self.now, asked_at, effect)
                for told in link.arrived(self.now):
                    self.give(msgspec.structs.replace(told, ts=self.clock))
            for found in self.found.take(self.now):
                self.give(msgspec.structs.replace(found, ts=self.clock))
        self.now = until
        for link in self.links.values():
            link.mend(self.now)
        self._wake()
        self._commit()

    def trade(self) -> None:
        """Let the market move."""
        bid = Decimal(10) + Decimal(self.random.randint(-8, 8)) / 100
        size = Decimal(500)
        ask = bid + Decimal(self.random.randint(1, 3)) / 100
        quote = Quote(ts=self.clock, bid=bid, bid_qty=size, ask=ask, ask_qty=size)
        for venue in self.venues.values():
            venue.quote = quote
        self.give(cmd.MarketUpdate(ts=self.clock, quotes={SYMBOL: dict.fromkeys(VENUES, quote)}))

    def give(self, item: Input) -> None:
        """Hand the engine an input; its events may wait a little for others before they are made durable."""
        self._take(self.engine.handle(item))
        if self.random.random() < 0.7:
            self._commit()

    def crash(self) -> None:
        """Kill the engine and start another on what is durable; connections have to be made anew."""
        self.crashes += 1
        if self.random.random() < CRASH_LOSES_BATCH:
            self._batch = []
            kept = 0
        else:
            kept = self.random.randint(0, len(self._effects))
        self._effects = self._effects[:kept]
        self._commit()
        self.found.clear()
        self.engine = Engine(replay(self.record), self.closed_orders_max)
        for link in self.links.values():
            link.restart(self.now)
            self.give(rep.VenueStatus(ts=self.clock, venue=link.venue, up=False, reason="restarted"))

    def clear_up(self) -> None:
        """Let the sun shine: connections come back, nothing goes wrong any more, and the session closes."""
        for venue in self.venues.values():
            calm = msgspec.structs.replace(CALM, lists_fills=self.weather.lists_fills)
            venue.weather = venue.link.weather = calm
            venue.link.mend(self.now, at_once=True)
        self.weather = CALM
        self.close()
        self._settled_by = self.now + SETTLES_WITHIN

    def close(self) -> None:
        """Close the session, and cancel what outlives it; again where a bust made a parent work once more."""
        for command in (cmd.CloseSession(ts=self.clock), cmd.CancelAll(ts=self.clock, reason="no more sessions")):
            state = self.engine.state
            if any(not state.parents[order_id].stopped for order_id in state.working):
                self.give(command)
                self._commit()

    @property
    def is_settled(self) -> bool:
        """Whether nothing works, nothing is under way and the engine wants nothing more."""
        quiet = self._next_at() is None and self.engine.next_wake() is None
        engine = self.engine.state
        over = not engine.working and not engine.recalls
        return quiet and over and not any(venue.open for venue in self.venues.values())

    def _next_at(self) -> int | None:
        ways = [*(link.next_at for link in self.links.values()), self.found.next_at]
        return min((at for at in ways if at is not None), default=None)

    def whole(self) -> EngineState:
        """The state of a desk that had never archived anything, from the same record."""
        return replay(event for event in self.record if not isinstance(event, MOVES))

    def _wake(self) -> None:
        wake = self.engine.next_wake()
        if wake is not None and wake <= self.clock:
            self.give(cmd.Wake(ts=self.clock))

    def _confirmed(self, venue: FaultVenue) -> list[rep.Fill]:
        """Executions of a venue that the desk has booked durably."""
        booked = self.whole().executions if not self._batch else {}
        return [
            fill
            for held in venue.orders.values()
            for fill in held.fills.values()
            if execution_key(venue.name, fill.exec_id) in booked
        ]

    def _take(self, step: Any) -> None:
        self._batch += step.events
        self._effects += step.effects

    def _commit(self) -> None:
        """Make the batch durable, and only then let its effects out."""
        self.record += self._batch
        self._batch = []
        effects, self._effects = self._effects, []
        for effect in effects:
            if isinstance(effect, Recall):
                at = self.now + 1 + int(self.keeping.random() * FOUND_WITHIN)
                self.found.put(at, look_through(self.record, effect))
                continue
            self.sent.append((len(self.record), effect))
            self.links[venue_of(effect)].send(self.now, effect, self.clock)

    def _opening(self, limits: Limits) -> ev.SessionStarted:
        return ev.SessionStarted(
            ts=START,
            version="0",
            seed=self.seed,
            instruments=(Equity(symbol=SYMBOL, tick_size=Decimal("0.01"), lot_size=Decimal(1)),),
            venues=tuple(VenueSpec(name=name) for name in VENUES),
            listings=dict.fromkeys(VENUES, (SYMBOL,)),
            positions={},
            entry_prices={},
            limits=msgspec.to_builtins(limits) | self.breakers,
            market_start=START,
            market_end=START + 60 * MINUTE,
        )


def venue_of(effect: VenueEffect) -> str:
    """Where an effect goes."""
    venue = effect.venue if isinstance(effect, SendCancel | Look) else effect.approved.terms.venue
    assert venue is not None
    return venue


def some_limits(random: Random) -> Limits:
    """Limits that do not stop a seed at its first mishap; in one seed of five the first rejects halt the desk."""
    rejects = random.choice([1, 2]) if random.random() < 0.2 else 50
    return Limits(slippage_abort_bps=Decimal(1000), consecutive_rejects_max=rejects)

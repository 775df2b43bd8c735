"""Two engines on the same inputs, one that archives and one that never does: they must not differ in anything.

Their venues lose nothing, but repeat, delay, end, fill after the end, bust and correct. What the archiving engine asks
for is looked up in its record at once. Answers name no request, since those are numbered by each engine's own events.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from random import Random

import msgspec
from small_desk import START, in_words, quote

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.time import MILLISECOND, SECOND
from penstock.domain.venue import Liquidity
from penstock.engine.effects import Effect, Look, Recall
from penstock.engine.engine import Engine, Input, Step
from penstock.engine.folds import apply
from penstock.engine.state import EngineState
from penstock.journal.codec import decode, encode
from penstock.journal.recall import MOVES, look_through
from penstock.journal.replay import replay
from penstock.journal.snapshot import snapshot_of
from penstock.sim.faults.clients import SYMBOL, Clients
from penstock.sim.faults.network import Link
from penstock.sim.faults.venue import FaultVenue, Held
from penstock.sim.faults.weather import Weather
from penstock.sim.faults.world import VENUES

STEPS = 120
REQUEST = re.compile(r"P\d+-\d+\.\d+")
WEATHER = Weather(
    order_delay_ns=300 * MILLISECOND,
    report_repeated=0.3,
    report_late=0.3,
    report_delay_ns=200 * MILLISECOND,
    late_delay_ns=3 * SECOND,
    fill_per_step=0.7,
    end_per_step=0.1,
)
BUST, LATE_FILL, OLD_REPORT, LOOK, RESTART = 0.1, 0.1, 0.1, 0.4, 0.05  # per step


class Twin:
    """An engine, all it said, and the state that its record gives."""

    def __init__(self, closed_orders_max: int | None) -> None:
        self.closed_orders_max = closed_orders_max
        self.engine = Engine(closed_orders_max=closed_orders_max)
        self.events: list[ev.AnyEvent] = []
        self.mirror = EngineState()

    def give(self, item: Input) -> tuple[list[ev.AnyEvent], list[Effect]]:
        """Give it an input and whatever it recalls; returns what came of it, apart from the archive's own doings."""
        steps = [self.take(self.engine.handle(item))]
        while recalls := [effect for effect in steps[-1].effects if isinstance(effect, Recall)]:
            for recall in recalls:
                found = msgspec.structs.replace(look_through(self.events, recall), ts=item.ts)
                steps.append(self.take(self.engine.handle(found)))
        events = [event for step in steps for event in step.events if not isinstance(event, MOVES)]
        return events, [effect for step in steps for effect in step.effects if not isinstance(effect, Recall)]

    def take(self, step: Step) -> Step:
        self.events += step.events
        return step

    def follow(self) -> None:
        """The record, as it would be read, gives the live state at every event."""
        for event in self.events[self.mirror.seq :]:
            apply(self.mirror, decode(encode(event)))
        assert self.mirror.state_hash() == self.engine.state.state_hash()

    def restart(self, *, by_snapshot: bool) -> None:
        state = snapshot_of(self.engine.state, b"").state() if by_snapshot else replay(self.events)
        assert state.state_hash() == self.engine.state.state_hash()
        self.engine = Engine(state, self.closed_orders_max)


class TwinDesks:
    """Play it with `run`."""

    def __init__(self, seed: int, closed_orders_max: int, opening: ev.SessionStarted) -> None:
        self.random = Random(seed)
        self.never, self.archiving = Twin(None), Twin(closed_orders_max)
        self.now = START
        self.clients = Clients(self.random)
        links = {name: Link(name, WEATHER, self.random) for name in VENUES}
        self.venues = {name: FaultVenue(name, links[name], WEATHER, self.random) for name in VENUES}
        self.told: list[rep.VenueReport] = []
        for twin in self.twins:
            twin.take(twin.engine.open_session(opening))

    @property
    def twins(self) -> tuple[Twin, Twin]:
        return self.never, self.archiving

    def run(self) -> Iterator[None]:
        for _ in range(STEPS):
            self.step()
            yield
        self.give(cmd.CloseSession(ts=self.now))
        for _ in range(30):
            self.pass_time(SECOND)
            yield

    def step(self) -> None:
        random = self.random
        self.pass_time(random.randint(1, 2 * SECOND))
        middle = Decimal(10) + Decimal(random.randint(-8, 8)) / 100
        touch = msgspec.structs.replace(quote(str(middle), str(middle + Decimal("0.02"))), ts=self.now)
        for venue in self.venues.values():
            venue.quote = touch
        self.give(cmd.MarketUpdate(ts=self.now, quotes={SYMBOL: dict.fromkeys(VENUES, touch)}))
        for _ in range(4):
            for command in self.clients.ask(self.now):
                self.give(command)
        for venue in self.venues.values():
            venue.act(self.now)
            self.trouble(venue)
        if random.random() < RESTART:
            for twin in self.twins:
                twin.restart(by_snapshot=random.random() < 0.5)

    def trouble(self, venue: FaultVenue) -> None:
        """What a venue says of orders that are long over, or shows of them."""
        random = self.random
        over = [held for held in venue.orders.values() if held.state != "open"]
        confirmed = [
            fill
            for held in venue.orders.values()
            for fill in held.fills.values()
            if f"{venue.name}/{fill.exec_id}" in self.never.engine.state.executions
        ]
        if confirmed and random.random() < BUST:
            venue.amend(self.now, confirmed)
        if over and random.random() < LATE_FILL:
            self.fill_late(venue, random.choice(over))
        if self.told and random.random() < OLD_REPORT:
            self.give(msgspec.structs.replace(random.choice(self.told), ts=self.now))
        if random.random() < LOOK:
            shown = random.sample([held.terms.order_id for held in over], min(len(over), 2))
            self.give(venue.picture(self.now, self.now, shown))

    def fill_late(self, venue: FaultVenue, held: Held) -> None:
        """The venue finds a fill that it had forgotten: of any order, even a rejected one."""
        fill = rep.Fill(
            ts=self.now,
            venue=venue.name,
            order_id=held.terms.order_id,
            exec_id=f"late-{self.now}",
            last_qty=Decimal(1),
            last_px=Decimal(10),
            fee=Decimal("0.001"),
            liquidity=Liquidity.TAKER,
            traded_at=self.now,
        )
        held.fills[fill.exec_id] = fill
        self.give(fill)

    def pass_time(self, duration: int) -> None:
        self.now += duration
        for venue in self.venues.values():
            for asked_at, effect in venue.link.out.take(self.now):
                venue.receive(self.now, asked_at, effect)
            for told in venue.link.arrived(self.now):
                if isinstance(told, rep.VenueReport):
                    self.told.append(told)
                self.give(msgspec.structs.replace(told, ts=self.now))
        self.give(cmd.Wake(ts=self.now))

    def give(self, item: Input) -> None:
        """Give both the same: they must say the same, and send the same."""
        if "request_id" in item.__struct_fields__:
            item = msgspec.structs.replace(item, request_id="")  # type: ignore[call-arg]
        (events, effects), (others, sent) = (twin.give(item) for twin in self.twins)
        assert in_any_order(others) == in_any_order(events), set(in_any_order(others)) ^ set(in_any_order(events))
        messages = [effect for effect in effects if not isinstance(effect, Look)]
        others_sent = [in_words(effect) for effect in sent if not isinstance(effect, Look)]
        assert sorted(others_sent) == sorted(map(in_words, messages)), item
        for effect in messages:
            venue = getattr(effect, "venue", None) or effect.approved.terms.venue  # type: ignore[union-attr]
            self.venues[venue].link.send(self.now, effect, self.now)  # type: ignore[arg-type]
        for name in dict.fromkeys(effect.venue for effect in (*effects, *sent) if isinstance(effect, Look)):
            asked = [each for each in (*effects, *sent) if isinstance(each, Look) and each.venue == name]
            ids = dict.fromkeys(order_id for look in asked for order_id in look.order_ids)
            self.give(self.venues[name].picture(self.now, self.now, tuple(ids)))


def nameless(told: object) -> str:
    """What is known, was said or sent, without the names of requests."""
    return REQUEST.sub("a request", msgspec.json.encode(told).decode())


def in_any_order(events: list[ev.AnyEvent]) -> list[str]:
    """What was said on one input: of archived orders it comes last, and what a look healed is summed up in parts.

    That books differ is not compared: who restarts looks up again the ends that it remembers, and says so again.
    """
    alerts = [event for event in events if isinstance(event, ev.AlertRaised)]
    healed = sum(int(alert.text.partition(" ")[0]) for alert in alerts if alert.code == "healed")
    apart = [alert for alert in alerts if alert.code in ("healed", "books_differ")]
    return [*sorted(nameless(event) for event in events if event not in apart), f"{healed} reports healed"]

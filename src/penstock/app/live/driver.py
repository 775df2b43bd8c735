"""The live driver: inputs in, one turn of the engine, its events on disk, and only then its effects and answers out.

Two loops share the work. One hands inputs to the engine and its events to the journal, turn after turn, without waiting
for the disk; the other waits for each turn to be durable, in order, and carries it out. So while one batch is
synced the next one fills, and nothing leaves that a crash could forget.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from penstock.app.live.alarms import Alarms
from penstock.app.live.alerts import Alerts
from penstock.app.live.answers import Ack, NotTaken, answer
from penstock.app.live.clock import SystemClock
from penstock.app.live.gateway import Gateway
from penstock.app.live.inbox import Entry, Inbox, Waiter
from penstock.app.live.indexer import Indexer
from penstock.app.live.interpreter import tidy
from penstock.app.live.keeper import Keeper
from penstock.app.live.recaller import Recaller
from penstock.app.live.reference import Reference
from penstock.app.live.risk_watch import watch_risk
from penstock.app.live.settings import LiveSettings
from penstock.app.live.status import Status, status_of
from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.time import MILLISECOND, SECOND
from penstock.engine.effects import Effect, Look, Recall, SendCancel
from penstock.engine.engine import Engine, Input, Step
from penstock.engine.order_numbers import number_of
from penstock.engine.ports import LiveVenue
from penstock.engine.recall import Recalled
from penstock.engine.state import EngineState, recall_key
from penstock.journal import GroupCommit, JournalFenced

IDLE = SECOND  # without anything to do for so long, a desk may take the time for a snapshot
WAKE_PAUSE = 20 * MILLISECOND  # before asking again an engine that a wake left as it was

Listener = Callable[[Sequence[ev.AnyEvent]], None]


class Turn(NamedTuple):
    """What one turn led to, and the future that says it is durable up to event `seq`."""

    seq: int
    saved: asyncio.Future[int]
    events: list[ev.AnyEvent]
    effects: list[Effect]
    answers: list[tuple[Waiter, Ack]]


class LiveDriver:
    """One engine on the wall clock. `begin` once, then `run` until cancelled; commands by `give` at any time.

    `listeners` are called with events once they are durable. `refusing` says why new orders are not taken; empty if
    they are.
    """

    def __init__(
        self,
        engine: Engine,
        journal: GroupCommit,
        venues: Iterable[LiveVenue],
        *,
        clock: SystemClock | None = None,
        settings: LiveSettings | None = None,
        random: Random | None = None,
        reference: Reference | None = None,
    ) -> None:
        self.engine, self.journal, self.reference = engine, journal, reference
        self.state = engine.state  # it may be ahead of the disk by what is being synced
        self.clock, self.settings = clock or SystemClock(), settings or LiveSettings()
        self.alarms, self.alerts = Alarms(), Alerts()
        self.alerts.restore(engine.state.risk.alerts.values())
        self.alarms.listeners.append(lambda about, text: self.alerts.troubled(about, text, self.clock.now()))
        self.inbox = Inbox(self.settings.inbox_max)
        chance = random or Random()
        self.keeper = Keeper(journal, self.alarms, self.settings, chance)
        self.gateways = {
            venue.name: Gateway(
                venue, self.inbox, self.clock, self.alarms, self.settings, chance, lambda: self.keeper.is_writable
            )
            for venue in venues
        }
        self.indexer = Indexer(journal, self.alarms)
        self.recaller = Recaller(journal.record, self.indexer, self.inbox, self.alarms, self.settings, chance)
        self.listeners: list[Listener] = [self.alerts.take]
        self.refusing = ""
        self.pictures: dict[str, rep.Picture] = {}
        self._turns: asyncio.Queue[Turn] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._postponed: dict[str, list[Entry]] = {}  # inputs that wait for an archived order, by recall key
        self._closed = False
        self._not_before = self._heard_at = 0
        self._snapshot_seq = engine.state.seq
        self._beat_by = self._next_beat()
        self._numbered = highest_number(engine.state)

    def begin(self, opening: ev.SessionStarted | None) -> None:
        """Open a session, unless the journal has one that goes on. Every venue counts as down until it is looked at."""
        if opening is not None:
            self._commit([self.engine.open_session(opening)], [])
        assert self.state.session is not None, "a journal that is empty needs a session to begin with"
        now = self.clock.now()
        down = [
            self.engine.handle(
                rep.VenueStatus(
                    ts=now,
                    venue=venue,
                    up=False,
                    reason="not looked at yet" if venue in self.gateways else "this desk has no connection to it",
                )
            )
            for venue in self.state.venues
        ]
        self._commit(down, [])

    async def run(self) -> None:
        """Drive until cancelled.

        Raises:
            JournalFenced: another desk has the journal: this one must stop as it stands.
            ExceptionGroup: a bug; the same holds.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._decide())
                tasks.create_task(self._release())
                tasks.create_task(self.keeper.watch())
                tasks.create_task(self.recaller.run())
                tasks.create_task(self.indexer.run())
                if self.settings.risk_watch is not None:
                    tasks.create_task(watch_risk(self, self.settings.risk_watch))
                if self.reference is not None:
                    tasks.create_task(self.reference.follow(self))
                for gateway in self.gateways.values():
                    tasks.create_task(gateway.run())
        except* JournalFenced as fenced:
            raise fenced.exceptions[0] from None

    async def give(self, command: cmd.Command) -> Ack:
        """Have a command carried out; returns its answer once it is durable.

        Raises:
            NotTaken: the desk takes no new orders now, or nothing at all while its journal cannot be written.
        """
        return await (await self.put(command))

    async def put(self, command: cmd.Command) -> asyncio.Future[Ack]:
        """As `give`, in two steps: returns when the command is in line, and the future when it is durable."""
        if not self.keeper.is_writable:
            reason = f"the journal cannot be written ({self.journal.fault}): nothing is taken until it can"
            raise NotTaken("journal_unavailable", reason)
        if self.refusing and isinstance(command, cmd.SubmitOrder | cmd.AmendOrder):
            raise NotTaken("winding_down", f"no new orders: {self.refusing}")
        if self.inbox.is_full:
            self.alarms.raise_("inbox", f"{self.inbox.capacity} commands wait: clients are being delayed")
        return await self.inbox.ask(command)

    def put_now(self, order: cmd.SubmitOrder, waiter: Waiter) -> bool:
        """As `put`, for an order that is taken without waiting; False for one that is not: `give` says why, or waits.

        The waiter is told in the driver's own loop, and must not fail.
        """
        return not self.refusing and self.keeper.is_writable and self.inbox.ask_now(order, waiter)

    def heartbeat(self) -> float | None:
        """A client is alive: the dead man's switch waits on; returns within how many seconds it wants the next."""
        self._beat_by = self._next_beat()
        return self.settings.heartbeat_timeout_s

    def _next_beat(self) -> int | None:
        timeout_s = self.settings.heartbeat_timeout_s
        return None if timeout_s is None else self.clock.now() + round(timeout_s * SECOND)

    def status(self) -> Status:
        """How the desk is, for people and for probes."""
        return status_of(self)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; asked again after every turn that was carried out."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    def next_order_id(self) -> str:
        """An id for a parent that nobody has had: P001 and on, over all sessions of the journal."""
        self._numbered += 1
        return f"P{self._numbered:03d}"

    def look(self) -> list[str]:
        """Ask every connected venue for its picture; returns those that were asked."""
        asked = [gateway for gateway in self.gateways.values() if gateway.connected]
        for gateway in asked:
            self.pictures.pop(gateway.name, None)
            gateway.take(Look(gateway.name, tuple(self.state.at_venue.get(gateway.name, ()))))
        return [gateway.name for gateway in asked]

    async def _decide(self) -> None:
        """Hand what is in line to the engine, a turn at a time, for ever."""
        while True:
            await self.keeper.ready()
            await self.inbox.wait(self._until_wake())
            if not self.keeper.is_writable:
                continue
            entries = self.inbox.take(self.settings.turn_inputs_max)
            if not self.inbox.is_full:
                self.alarms.clear("inbox", "clients are no longer delayed")
            steps, answers, now = [], [], self.clock.now()
            if entries:
                self._heard_at = now
            elif now - self._heard_at >= IDLE:
                self._rest()
            for entry in entries:
                step = self._handle(entry, now)
                steps.append(step)
                if self._postponed or self.state.recalls:
                    answers += self._answers(entry, step)
                elif entry.answer is not None:
                    assert isinstance(entry.item, cmd.Command)
                    answers.append((entry.answer, answer(entry.item, step.events, self.state)))
            steps += self._timers()
            self._commit(steps, answers)

    def _handle(self, entry: Entry, now: int) -> Step:
        item: Input = msgspec.structs.replace(entry.item, ts=now)
        step = self.engine.handle(item)
        if isinstance(item, rep.Picture):
            self.pictures[item.venue] = item
            self._changed.set()
        return step

    def _answers(self, entry: Entry, step: Step) -> list[tuple[Waiter, Ack]]:
        """The answers that a step allows: to its own input and, if it brought an order back, to those that waited."""
        if not isinstance(entry.item, Recalled):
            return self._answer(entry, step.events)
        waited = self._postponed.pop(recall_key(entry.item.order_id, entry.item.client_order_id), [])
        first = self.state.seq - len(step.events) + 1
        parts = [step.events[each.start - first : each.stop - first] for each in self.engine.recalls.resumed]
        pairs = zip(reversed(waited), reversed(parts), strict=False)  # the first parts may be of an earlier life
        return [found for other, part in pairs for found in self._answer(other, part)]

    def _answer(self, entry: Entry, events: Sequence[ev.AnyEvent]) -> list[tuple[Waiter, Ack]]:
        """The answer to an input that led to these events, unless it waits for an archived order."""
        asked = [event for event in events if isinstance(event, ev.RecallAsked)]
        for event in asked:
            self._postponed.setdefault(recall_key(event.order_id, event.client_order_id), []).append(entry)
        if asked or entry.answer is None:
            return []
        assert isinstance(entry.item, cmd.Command)
        return [(entry.answer, answer(entry.item, events, self.state))]

    def _timers(self) -> list[Step]:
        """What time alone brings: a wake that is due, and the session's end."""
        now, session = self.clock.now(), self.state.session
        assert session is not None
        steps = []
        if now >= session.market_end and not self._closed:
            self._closed, self.refusing = True, "the session is over"
            steps.append(self.engine.handle(cmd.CloseSession(ts=now)))
        if self._beat_by is not None and now >= self._beat_by:
            self._beat_by = None  # one silence is one switch; the next heartbeat arms it anew
            steps.append(self.engine.handle(dead_man(self.settings, now)))
        wake = self.engine.next_wake()
        if wake is not None and wake <= now and now >= self._not_before:
            steps.append(self.engine.handle(cmd.Wake(ts=now)))
            again = self.engine.next_wake()
            self._not_before = now + WAKE_PAUSE if again is not None and again <= now else 0
        return steps

    def _until_wake(self) -> float | None:
        """Seconds until time alone brings something; None if never."""
        now, session = self.clock.now(), self.state.session
        assert session is not None
        wake = self.engine.next_wake()
        times = [] if wake is None else [max(wake, self._not_before)]
        if not self._closed:
            times.append(session.market_end)
        if self.state.seq - self._snapshot_seq >= self.settings.snapshot_idle_events:
            times.append(max(self._heard_at + IDLE, now))
        if self._beat_by is not None:
            times.append(self._beat_by)
        return (min(times) - now) / SECOND / self.clock.pace if times else None

    def _commit(self, steps: Sequence[Step], answers: list[tuple[Waiter, Ack]]) -> None:
        """Put a turn in line for the disk; `_release` carries it out."""
        events = [event for step in steps for event in step.events]
        effects = [effect for step in steps for effect in step.effects]
        if not (events or effects or answers):
            return
        saved = self.keeper.submit(events)
        self._turns.put_nowait(Turn(self.state.seq, saved, events, effects, answers))
        if self.state.seq - self._snapshot_seq >= self.settings.snapshot_events:
            self.save_snapshot()

    def _rest(self) -> None:
        """Do what nobody should wait for."""
        if self.state.seq - self._snapshot_seq >= self.settings.snapshot_idle_events:
            self.save_snapshot()
            tidy()

    def save_snapshot(self) -> None:
        """Keep the state, so that the next start need not read the journal from here back."""
        self._snapshot_seq = self.state.seq
        self.journal.save_snapshot(self.state)

    async def _release(self) -> None:
        """Carry out what is durable, in order, for ever."""
        while True:
            turn = await self._turns.get()
            await self.keeper.durable(turn.saved, turn.seq)
            for effect in turn.effects:
                if isinstance(effect, Recall):
                    self.recaller.take(effect)
                    continue
                venue = effect.venue if isinstance(effect, SendCancel | Look) else effect.approved.terms.venue
                assert venue is not None
                self.gateways[venue].take(effect)
            for waiter, ack in turn.answers:
                if not waiter.done():  # who asked may be gone
                    waiter.set_result(ack)
            for listener in self.listeners:
                listener(turn.events)
            self._changed.set()


def dead_man(settings: LiveSettings, now: int) -> cmd.SetMode:
    """What a desk does of its own accord when nobody has been heard of for too long."""
    reason = f"no heartbeat for {settings.heartbeat_timeout_s:g} s"
    return cmd.SetMode(ts=now, scope="desk", mode=settings.heartbeat_mode, by="dead man's switch", reason=reason)


def highest_number(state: EngineState) -> int:
    """The highest number among the parents' ids that `next_order_id` gave, of archived ones too."""
    return max(state.archived.highest, max(map(number_of, state.parent_ids()), default=0))

"""The simulation driver: the engine on virtual time. It waits for nothing and skips to whatever happens next.

One turn of the loop is one instant: the market is shown to the engine, reports are delivered, parents are asked; the
instant's events go to the journal, and only then its effects to the venues.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.orders import OrderTerms
from penstock.domain.time import MILLISECOND
from penstock.engine.effects import Effect, Recall
from penstock.engine.engine import Engine, Input, Step
from penstock.engine.ports import Journal
from penstock.journal.recall import look_up
from penstock.journal.record import Record
from penstock.sim.exchange import Exchange

WIND_DOWN_INSTANTS = 10_000
WIND_DOWN_PACE = 100 * MILLISECOND


class Simulation:
    """An engine, its journal and its simulated venues, from a session's first event to its last.

    `latest` holds the events of the last batch that was made durable. With `closed_orders_max` the engine archives, and
    `past`, the journal as it can be read, brings back what it asks for.
    """

    def __init__(
        self,
        opening: ev.SessionStarted,
        exchange: Exchange,
        journal: Journal,
        *,
        closed_orders_max: int | None = None,
        past: Record | None = None,
    ) -> None:
        assert closed_orders_max is None or past is not None, "what is archived must be found again"
        self.exchange = exchange
        self.journal = journal
        self.past = past
        self.engine = Engine(closed_orders_max=closed_orders_max)
        self.end = opening.market_end
        self._batch: list[ev.AnyEvent] = []
        self._effects: list[Effect] = []
        self._interrupted = ""
        self.latest: list[ev.AnyEvent] = []
        self._take(self.engine.open_session(opening))
        self._look([instrument.symbol for instrument in opening.instruments])
        self._flush()

    @property
    def now(self) -> int:
        return self.exchange.now

    @property
    def is_idle(self) -> bool:
        """Whether no parent works and nothing is under way."""
        return not self.engine.state.working and self.exchange.is_quiet

    def submit(self, parents: Iterable[tuple[OrderTerms, Decimal | None]]) -> None:
        """Hand parents to the engine now: (terms, decision price or None for the arrival price)."""
        for terms, decision_price in parents:
            self._look([terms.symbol])
            self._give(
                cmd.SubmitOrder(
                    ts=self.now, terms=terms, decision_price=decision_price, depth=self.exchange.depth(terms.symbol)
                )
            )
        self._flush()

    def give(self, command: cmd.Command) -> None:
        """Hand any other command to the engine now."""
        if isinstance(command, cmd.SubmitGroup):
            self._look({terms.symbol for terms in command.orders})
        self._give(command)
        self._flush()

    def interrupt(self, reason: str) -> None:
        """Ask for a clean stop: at the next instant everything working is cancelled. Safe in a signal handler."""
        self._interrupted = self._interrupted or reason

    def step(self) -> bool:
        """Play to the next instant at which there is something to decide; False once nothing is left to do."""
        if self._interrupted:
            return False
        if self.now >= self.end or (self.is_idle and self.engine.next_wake() is None):
            return False
        wake = self.engine.next_wake()
        self.exchange.advance(self.end if wake is None else min(max(wake, self.now), self.end))
        self._instant()
        return True

    def play_to(self, until: int) -> None:
        """Play to an instant (ns), whether there is anything to decide or not, but not beyond the market's end."""
        until = min(until, self.end)
        while self.now < until and not self._interrupted:
            wake = self.engine.next_wake()
            self.exchange.advance(until if wake is None else min(max(wake, self.now), until))
            self._instant()

    def run(self, watch: Callable[["Simulation"], None] | None = None) -> str:
        """Play until every parent is over or the session ends; returns how it ended."""
        while self.step():
            if watch is not None:
                watch(self)
        return self.finish()

    def finish(self) -> str:
        """End the session: cancel or expire what works, hear the venues out, write the last event."""
        status = "interrupted" if self._interrupted else "completed"
        if self._interrupted:
            self.give(cmd.CancelAll(ts=self.now, reason=self._interrupted))
        elif self.engine.state.working:
            self.exchange.close()
            self.give(cmd.CloseSession(ts=self.now))
        self._wind_down()
        self._look([instrument.symbol for instrument in self.engine.state.instruments.values()])
        self.give(cmd.EndSession(ts=self.now, status=status))
        return status

    def _wind_down(self) -> None:
        """Let what is under way arrive, until every order has ended."""
        for _ in range(WIND_DOWN_INSTANTS):
            if self.is_idle:
                return
            wake = self.engine.next_wake()
            self.exchange.advance(self.now + WIND_DOWN_PACE if wake is None else max(wake, self.now))
            self._instant()
        raise AssertionError("orders are still open although every venue has answered")

    def _instant(self) -> None:
        """Everything that happens at the time reached, then durable, then carried out."""
        orders = self.engine.state.orders
        self._look({orders[order_id].terms.symbol for order_id in self.engine.state.working})
        for report in self.exchange.take_reports():
            self._give(report)
        wake = self.engine.next_wake()
        if wake is not None and wake <= self.now:
            self._give(cmd.Wake(ts=self.now))
        self._flush()

    def _look(self, symbols: Iterable[str]) -> None:
        self._give(cmd.MarketUpdate(ts=self.now, quotes=self.exchange.quotes(symbols)))

    def _give(self, item: Input) -> None:
        self._take(self.engine.handle(item))

    def _take(self, step: Step) -> None:
        self._batch += step.events
        self._effects += step.effects

    def _flush(self) -> None:
        """Make the batch durable; only then let its effects out. What is recalled is back at the same instant."""
        self.latest = []
        while self._batch or self._effects:
            batch, effects = self._batch, self._effects
            self._batch, self._effects = [], []
            self.latest += batch
            self.journal.append(batch)
            self.exchange.carry_out([effect for effect in effects if not isinstance(effect, Recall)])
            for effect in effects:
                if isinstance(effect, Recall):
                    self._recall(effect)

    def _recall(self, recall: Recall) -> None:
        assert self.past is not None, "nothing is archived without it"
        self._give(msgspec.structs.replace(look_up(self.past, recall), ts=self.now))

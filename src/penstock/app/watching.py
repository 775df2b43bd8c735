"""A run as a snapshot for the progress display: taken from the engine's state, whenever the display is due."""

from penstock.app.progress import ParentProgress, Progress, RunSnapshot
from penstock.domain.events import AlertRaised, AnyEvent, BreakerTripped, OrderDenied
from penstock.engine.hours import session_at
from penstock.engine.state import EngineState
from penstock.engine.working import algorithm_of
from penstock.sim.driver import Simulation


class Watcher:
    """Shows a simulation on a display: call it after every step."""

    def __init__(self, display: Progress) -> None:
        self._display = display
        self._alerts: list[str] = []

    def __call__(self, simulation: Simulation) -> None:
        self._alerts += [text for event in simulation.latest if (text := alert_text(event))]
        if self._display.is_due():
            self.show(simulation)

    def show(self, simulation: Simulation) -> None:
        """Draw the simulation as it stands."""
        self._display.show(snapshot(simulation, tuple(self._alerts)))


def snapshot(simulation: Simulation, alerts: tuple[str, ...]) -> RunSnapshot:
    """What a display shows of a simulation now; the span is that of the parents' windows."""
    state = simulation.engine.state
    assert state.session is not None
    ends = [parent.end for parent in state.parents.values()]
    return RunSnapshot(
        now=simulation.now,
        start=min((parent.start for parent in state.parents.values()), default=state.session.market_start),
        end=max(ends, default=state.session.market_end),
        events=state.seq,
        parents=tuple(progress_of(state, order_id, simulation.now) for order_id in state.parents),
        alerts=alerts,
    )


def progress_of(state: EngineState, order_id: str, now: int) -> ParentProgress:
    order, parent = state.orders[order_id], state.parents[order_id]
    terms, average = order.terms, order.avg_px
    assert state.session is not None
    session = session_at(state.session, terms.symbol, parent.start)
    asset_class = state.instruments[terms.symbol].asset_class
    curve = algorithm_of(terms).curve(terms, asset_class, (parent.start, parent.end), session)
    cost = None
    if average is not None:
        cost = terms.side.sign * (average - parent.arrival_price) / parent.arrival_price * 10_000
    return ParentProgress(
        order_id=order_id,
        symbol=terms.symbol,
        side=terms.side,
        quantity=terms.quantity,
        filled=order.cum_qty,
        scheduled=None if curve is None else curve(now),
        avg_px=average,
        arrival_px=parent.arrival_price,
        cost_bps=cost,
        working=len(parent.open_children),
        state="working" if order_id in state.working and not parent.stopped else order.ord_status,
    )


def alert_text(event: AnyEvent) -> str:
    """What a person must be told of an event; empty for most."""
    match event:
        case AlertRaised():
            return f"{event.order_id}: {event.text}" if event.order_id else event.text
        case BreakerTripped():
            return f"{event.scope} halted: {event.reason}"
        case OrderDenied():
            return f"{event.terms.order_id} denied ({event.code}): {event.reason}"
    return ""

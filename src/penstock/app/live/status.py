"""How a desk is, in one look: for people, probes and the command line."""

from typing import TYPE_CHECKING

import msgspec

from penstock.app.live.risk_picture import budget_rows

if TYPE_CHECKING:
    from penstock.app.live.driver import LiveDriver


class VenueLine(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is the engine's: `up` may be traded on. `queued` messages wait to be sent. `guard` is what the venue
    was told to do with our orders when this desk is gone; `budgets` is how much of each of its budgets is used, and
    `waiting` how many parents wait for them.
    """

    status: str
    connected: bool
    queued: int
    guard: tuple[str, ...] = ()
    budgets: dict[str, str] = {}
    waiting: int = 0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """`taking_orders` is false while `alerts` or `refusing` say why; `durable_seq` is the last event on disk.

    `modes` are the scopes that are not active, `breakers` those that are not closed, each with why.
    """

    taking_orders: bool
    refusing: str
    alerts: tuple[str, ...]
    events: int
    durable_seq: int
    inbox: int
    clients_waiting: int
    working: int
    halted: str
    modes: dict[str, str]
    breakers: dict[str, str]
    venues: dict[str, VenueLine]


def status_of(driver: "LiveDriver") -> Status:
    state, journal = driver.state, driver.journal
    budgets = budget_rows(state, driver.engine.desk.budgets, driver.clock.now())
    venues = {
        name: VenueLine(
            status=state.venue_status.get(name, "up"),
            connected=gateway.connected,
            queued=gateway.queued,
            guard=gateway.guard.armed,
            budgets={row.budget: f"{row.used} of {row.most}" for row in budgets if row.venue == name},
            waiting=driver.engine.desk.budgets.waiting(name),
        )
        for name, gateway in driver.gateways.items()
    }
    return Status(
        taking_orders=driver.keeper.is_writable and not driver.refusing and not state.halted,
        refusing=driver.refusing,
        alerts=driver.alarms.standing,
        events=state.seq,
        durable_seq=journal.durable_seq,
        inbox=len(driver.inbox),
        clients_waiting=driver.inbox.clients_waiting,
        working=len(state.working),
        halted=state.halted,
        modes={
            scope: f"{standing.mode.value}: {standing.reason}, by {standing.by}"
            for scope, standing in state.risk.modes.items()
        },
        breakers={
            f"{name} of {scope}": reason
            for scope, tripped in state.risk.circuits.tripped.items()
            for name, reason in tripped.items()
        },
        venues=venues,
    )

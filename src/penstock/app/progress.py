"""How a run is going: a live picture on a terminal, a plain line now and then where there is none.

The display is a function of a snapshot, so that it can be tested without a run; only `Progress` knows a clock.
"""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import TracebackType

import msgspec
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from penstock.app.fitted_table import (
    NONE,
    Column,
    FittedTable,
    cost_bps,
    percent,
    price_decimals,
    price_text,
    quantity_text,
    side_text,
)
from penstock.domain.orders import Side
from penstock.domain.time import to_iso

REFRESH_S = 0.1
PLAIN_STEP = 0.1  # of the session
BAR_CELLS = 24
SESSION_CELLS = 12
WIDTH_MAX = 120
BEHIND = 0.05  # of the order: the schedule's mark turns yellow
ALERTS_SHOWN = 3
LINES_AROUND = 12  # of the screen, for everything but the rows
PARENTS_IN_LINE = 4


class ParentProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One parent now. `scheduled` is the fraction due by now, None where the market's volume sets the pace.

    `cost_bps` is the average price against arrival; positive is a cost. `working` counts open child orders.
    """

    order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    filled: Decimal
    scheduled: float | None
    avg_px: Decimal | None
    arrival_px: Decimal
    cost_bps: Decimal | float | None
    working: int
    state: str

    @property
    def done(self) -> float:
        return float(self.filled / self.quantity)


class RunSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A run at one instant: simulated times in ns, market events so far, every parent, the latest alerts."""

    now: int
    start: int
    end: int
    events: int
    parents: tuple[ParentProgress, ...]
    alerts: tuple[str, ...] = ()

    @property
    def elapsed(self) -> float:
        """The part of the session that is over, in [0, 1]."""
        if self.end <= self.start:
            return 1.0
        return min(max((self.now - self.start) / (self.end - self.start), 0.0), 1.0)


class Progress:
    """Shows snapshots on a console while it is entered; `is_due` says when the next one is worth making."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.perf_counter) -> None:
        self._console, self._clock = console, clock
        self._live = _live(console) if console.is_terminal and not console.is_dumb_terminal else None
        self._began: tuple[float, int] | None = None
        self._shown_at = float("-inf")
        self._next_line = 0.0
        self._alerts: tuple[str, ...] = ()

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def is_due(self) -> bool:
        return self._clock() - self._shown_at >= REFRESH_S

    def show(self, snapshot: RunSnapshot) -> None:
        """Draw this snapshot; without a terminal, print a line for each tenth of the session and each alert."""
        self._shown_at = self._clock()
        rate = self._rate(snapshot.events)
        if self._live:
            self._live.update(RunView(snapshot, rate), refresh=True)
        else:
            self._print(snapshot, rate)

    def _print(self, snapshot: RunSnapshot, rate: float | None) -> None:
        for alert in snapshot.alerts:
            if alert not in self._alerts:
                self._line(f"alert: {alert}")
        self._alerts = snapshot.alerts
        if snapshot.elapsed >= self._next_line:
            self._next_line = (int(snapshot.elapsed / PLAIN_STEP + 1e-9) + 1) * PLAIN_STEP
            self._line(plain_line(snapshot, rate))

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _rate(self, events: int) -> float | None:
        """Market events a second of real time, since the first snapshot."""
        now = self._clock()
        if self._began is None:
            self._began = (now, events)
        seconds = now - self._began[0]
        return (events - self._began[1]) / seconds if seconds > 0 else None


def _live(console: Console) -> Live:
    return Live(console=console, auto_refresh=False, transient=True, vertical_overflow="crop")


def plain_line(snapshot: RunSnapshot, rate: float | None) -> str:
    """One line without control codes: time, part of the session, each parent's fill and cost, events a second."""
    parents = [_in_words(parent) for parent in snapshot.parents[:PARENTS_IN_LINE]]
    more = len(snapshot.parents) - PARENTS_IN_LINE
    if more > 0:
        parents.append(f"and {more} more")
    line = f"{_clock_time(snapshot.now)}  {percent(snapshot.elapsed):>5}  {', '.join(parents)}  {_pace(rate)}"
    return line.rstrip()


def _in_words(parent: ParentProgress) -> str:
    cost = "" if parent.cost_bps is None else f" ({cost_bps(parent.cost_bps)} bps)"
    return f"{parent.symbol} {percent(parent.done)}{cost}"


class RunView:
    """A snapshot as a picture, as wide as the console allows."""

    def __init__(self, snapshot: RunSnapshot, rate: float | None) -> None:
        self.snapshot, self.rate = snapshot, rate

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(options.size.height - LINES_AROUND, 3)
        parents = list(self.snapshot.parents)
        if len(parents) > room:  # those still at work first
            parents = sorted(parents, key=lambda parent: parent.done >= 1)[:room]
        body: list[RenderableType] = [self._header(), "", FittedTable(_columns(parents)), ""]
        hidden = len(self.snapshot.parents) - len(parents)
        if hidden:
            body.append(Text(f"and {hidden} more", style="dim"))
        body += [Text(f"▲ {alert}", style="yellow", no_wrap=True, overflow="ellipsis") for alert in self._alerts()]
        yield Panel(Group(*body), title="[bold]penstock[/]", title_align="left", box=box.ROUNDED, border_style="blue")

    def _alerts(self) -> Sequence[str]:
        return self.snapshot.alerts[-ALERTS_SHOWN:]

    def _header(self) -> Table:
        header = Table.grid(expand=True)
        header.add_column(no_wrap=True)
        header.add_column(justify="right", no_wrap=True)
        elapsed = self.snapshot.elapsed
        left = Text.assemble((_clock_time(self.snapshot.now), "bold"), "  ", bar(elapsed, None, SESSION_CELLS, "blue"))
        left.append(f"  {percent(elapsed)} of the session")
        header.add_row(left, Text(_pace(self.rate), style="dim"))
        return header


def _columns(parents: Sequence[ParentProgress]) -> list[Column]:
    decimals = [price_decimals(parent.arrival_px) for parent in parents]
    return [
        Column("order", [parent.order_id for parent in parents], "left", keep=4),
        Column("symbol", [Text(parent.symbol, style="bold") for parent in parents], "left"),
        Column("side", [side_text(parent.side) for parent in parents], "left"),
        Column("done, and ┃ due by now", [_order_bar(parent) for parent in parents], "left"),
        Column("done", [percent(parent.done) for parent in parents]),
        Column("filled / quantity", [_filled(parent.filled, parent.quantity) for parent in parents], keep=2),
        Column("avg price", [price_text(p.avg_px, d) for p, d in zip(parents, decimals, strict=True)], keep=3),
        Column("vs arrival\nbps", [cost_bps(parent.cost_bps) for parent in parents]),
        Column("working", [str(parent.working or NONE) for parent in parents], keep=5),
        Column("state", [Text(parent.state, style=_state_style(parent)) for parent in parents], "left", keep=1),
    ]


def _order_bar(parent: ParentProgress) -> Text:
    return bar(parent.done, parent.scheduled, BAR_CELLS, "green" if parent.done >= 1 else "cyan")


def bar(done: float, due: float | None, cells: int, style: str) -> Text:
    """A bar of `cells` characters: what is done, and a mark where the schedule is (yellow when far behind it)."""
    halves = min(int(done * cells * 2 + 1e-9), cells * 2)
    text = Text("━" * (halves // 2), style=style)
    if halves % 2:
        text.append("╸", style=style)
    text.append("━" * (cells - len(text)), style="bright_black")
    if due is None or done >= 1:
        return text
    mark = min(int(due * cells), cells - 1)
    colour = "bold yellow" if done < due - BEHIND else "bold white"
    return Text.assemble(text[:mark], ("┃", colour), text[mark + 1 :])


def _filled(filled: Decimal, quantity: Decimal) -> str:
    return f"{quantity_text(filled)} / {quantity_text(quantity)}"


def _state_style(parent: ParentProgress) -> str:
    if parent.state in ("denied", "rejected", "expired", "canceled"):
        return "yellow"
    return "green" if parent.done >= 1 else ""


def _clock_time(ns: int) -> str:
    """Date and time to the second, UTC."""
    return to_iso(ns)[:19].replace("T", " ") + "Z"


def _pace(rate: float | None) -> str:
    return "" if rate is None else f"{rate:,.0f} events/s"

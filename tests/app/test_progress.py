"""What a person sees of a run: on a terminal, without one, on a narrow screen, and when it is over."""

from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console
from rich.text import Text

from penstock.app.fitted_table import cost_bps, percent, quantity_text
from penstock.app.outcome import OutcomeRow, final_table
from penstock.app.progress import ParentProgress, Progress, RunSnapshot, RunView, bar
from penstock.domain.orders import Side
from penstock.domain.time import MINUTE, from_iso

D = Decimal
START = from_iso("2025-08-18T13:30:00Z")


class Clock:
    """Real time as the test says."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def parent(number: int = 1, **changes: object) -> ParentProgress:
    fields: dict[str, object] = {
        "order_id": f"P{number:03d}",
        "symbol": "BTCUSDT-PERP",
        "side": Side.BUY,
        "quantity": D(6),
        "filled": D("2.55"),
        "scheduled": 0.433,
        "avg_px": D("62431.5349"),
        "arrival_px": D("62410.25"),
        "cost_bps": 3.41,
        "working": 2,
        "state": "working",
    }
    return ParentProgress(**{**fields, **changes})  # type: ignore[arg-type]


def snapshot(minute: float = 13, *parents: ParentProgress, alerts: tuple[str, ...] = ()) -> RunSnapshot:
    now = START + round(minute * MINUTE)
    return RunSnapshot(
        now=now,
        start=START,
        end=START + 30 * MINUTE,
        events=round(minute * 60_000),
        parents=parents or (parent(),),
        alerts=alerts,
    )


def seen(view: object, width: int = 120, height: int = 40) -> str:
    console = Console(width=width, height=height, file=StringIO(), record=True, color_system=None)
    console.print(view)
    return console.export_text()


def test_a_terminal_shows_each_parent_against_its_schedule_and_its_arrival() -> None:
    text = seen(RunView(snapshot(13, alerts=("okx: stale",)), 12_345.6))
    assert "2025-08-18 13:43:00Z" in text
    assert "43 % of the session" in text
    assert "12,346 events/s" in text
    assert "▲ okx: stale" in text
    [row] = [line for line in text.splitlines() if "P001" in line]
    words = row.replace("│", "").split()
    assert words == ["P001", "BTCUSDT-PERP", "buy", "━━━━━━━━━━┃━━━━━━━━━━━━━", "42", "%", "2.55", "/", "6",
                     "62,431.53", "+3.4", "2", "working"]  # fmt: skip


def test_a_parent_that_has_no_fill_yet_shows_no_price_and_no_cost() -> None:
    text = seen(RunView(snapshot(13, parent(filled=D(0), avg_px=None, cost_bps=None, working=0)), None))
    [row] = [line for line in text.splitlines() if "P001" in line]
    assert row.count("–") == 3


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_screen_and_what_matters_stays(width: int) -> None:
    text = seen(RunView(snapshot(13, alerts=("a long alert " * 20,)), 12_345.6), width)
    assert max(len(line) for line in text.splitlines()) <= width
    if width >= 80:
        assert "+3.4" in text
        assert "42 %" in text
        assert "…" not in "".join(line for line in text.splitlines() if "P001" in line)


def test_with_more_parents_than_lines_those_at_work_are_shown_and_the_rest_counted() -> None:
    parents = [parent(number, filled=D(6) if number <= 50 else D(1)) for number in range(1, 101)]
    text = seen(RunView(snapshot(13, *parents), None), height=32)
    assert "P051" in text
    assert "P001" not in text
    assert "and 80 more" in text


@pytest.mark.parametrize(
    ("done", "due", "drawn"),
    [
        (0.0, 0.0, "┃━━━━━━━━━"),
        (0.5, None, "━━━━━━━━━━"),
        (0.45, None, "━━━━╸━━━━━"),
        (0.45, 0.52, "━━━━╸┃━━━━"),
        (0.2, 1.0, "━━━━━━━━━┃"),
        (1.0, 1.0, "━━━━━━━━━━"),
        (1.5, 0.5, "━━━━━━━━━━"),
    ],
)
def test_the_bar_marks_where_the_schedule_is_until_all_is_done(done: float, due: float | None, drawn: str) -> None:
    assert bar(done, due, 10, "cyan").plain == drawn


def test_the_mark_turns_yellow_when_the_order_is_far_behind() -> None:
    def style_of_mark(done: float) -> str:
        text = bar(done, 0.5, 10, "cyan")
        return str(next(span.style for span in text.spans if text.plain[span.start] == "┃"))

    assert style_of_mark(0.44) == "bold yellow"
    assert style_of_mark(0.46) == "bold white"


@pytest.mark.parametrize(
    ("bps", "shown"),
    [
        (3.41, Text("+3.4", "red")),
        (D("-5.55"), Text("-5.5", "green")),
        (-0.04, Text("0.0")),
        (None, Text("–", "dim")),
    ],
)
def test_a_cost_is_red_and_a_gain_is_green(bps: float | Decimal | None, shown: Text) -> None:
    assert (cost_bps(bps).plain, cost_bps(bps).style) == (shown.plain, shown.style)


def test_figures_neither_round_up_to_done_nor_lose_digits() -> None:
    assert percent(D("0.9999")) == "99 %"
    assert percent(D(1)) == "100 %"
    assert quantity_text(D("12345.670")) == "12,345.67"
    assert quantity_text(D("1E+3")) == "1,000"


def test_without_a_terminal_a_line_comes_each_tenth_of_the_session_and_carries_no_control_codes() -> None:
    output, clock = StringIO(), Clock()
    with Progress(Console(file=output, width=40), clock) as progress:
        for second in range(0, 30 * 60 + 1, 10):
            progress.show(snapshot(second / 60))
            clock.now += 0.5
    lines = output.getvalue().splitlines()
    assert [line.split()[2] for line in lines] == [str(tenth) for tenth in range(0, 101, 10)]
    assert lines[1] == "2025-08-18 13:33:00Z   10 %  BTCUSDT-PERP 42 % (+3.4 bps)  20,000 events/s"
    assert "\x1b" not in output.getvalue()


def test_without_a_terminal_each_alert_is_said_once_when_it_comes() -> None:
    output = StringIO()
    with Progress(Console(file=output), Clock()) as progress:
        progress.show(snapshot(1))
        progress.show(snapshot(1, alerts=("okx: stale",)))
        progress.show(snapshot(1, alerts=("okx: stale", "[breaker] tripped")))
    assert output.getvalue().splitlines()[1:] == ["alert: okx: stale", "alert: [breaker] tripped"]


def test_without_a_terminal_a_line_names_a_few_parents_and_counts_the_rest() -> None:
    output = StringIO()
    parents = [parent(number, symbol=f"S{number}", cost_bps=None) for number in range(1, 8)]
    with Progress(Console(file=output), Clock()) as progress:
        progress.show(snapshot(13, *parents))
    assert "S1 42 %, S2 42 %, S3 42 %, S4 42 %, and 3 more" in output.getvalue()


def test_on_a_terminal_the_picture_is_drawn_in_place_and_gone_afterwards() -> None:
    output, clock = StringIO(), Clock()
    with Progress(Console(file=output, force_terminal=True, width=120, height=40), clock) as progress:
        assert progress.is_due()
        progress.show(snapshot(13))
        assert not progress.is_due()
        clock.now += 0.11
        assert progress.is_due()
    drawn = output.getvalue()
    assert "BTCUSDT-PERP" in drawn
    assert drawn.count("\x1b[?25l") == drawn.count("\x1b[?25h") == 1  # the cursor is back
    assert drawn.endswith("\x1b[2K")  # and the last thing done is to erase


def outcome(**changes: object) -> OutcomeRow:
    fields: dict[str, object] = {
        "order_id": "P001",
        "symbol": "BTCUSDT-PERP",
        "side": Side.BUY,
        "algorithm": "adaptive",
        "quantity": D(15000),
        "filled": D(14999),
        "avg_px": D("62431.534"),
        "arrival_px": D("62410.25"),
        "vs_arrival_bps": D("3.41"),
        "vs_vwap_bps": -1.24,
        "total_cost_bps": D("5.2"),
        "fees": D("112.371"),
        "passive_ratio": 0.613,
        "status": "expired",
    }
    return OutcomeRow(**{**fields, **changes})  # type: ignore[arg-type]


def test_120_columns_hold_the_whole_outcome() -> None:
    text = seen(final_table([outcome()]), 120)
    assert text.splitlines()[-1].split() == [
        "P001", "BTCUSDT-PERP", "buy", "adaptive", "14,999", "15,000", "99", "%", "62,431.53", "62,410.25",
        "+3.4", "-1.2", "+5.2", "112.37", "61", "%", "expired",
    ]  # fmt: skip


def test_80_columns_hold_what_was_filled_and_what_it_cost() -> None:
    text = seen(final_table([outcome()]), 80)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert text.splitlines()[-1].split() == [
        "P001", "BTCUSDT-PERP", "buy", "14,999", "99", "%", "62,431.53", "+3.4", "-1.2", "+5.2", "expired",
    ]  # fmt: skip


def test_a_parent_that_never_traded_has_dashes_and_no_division_by_zero() -> None:
    nothing = outcome(
        filled=D(0),
        avg_px=None,
        vs_arrival_bps=None,
        vs_vwap_bps=None,
        total_cost_bps=None,
        passive_ratio=None,
        fees=D(0),
        status="denied",
    )
    row = seen(final_table([nothing]), 120).splitlines()[-1]
    assert row.count("–") == 5
    assert "0 %" in row

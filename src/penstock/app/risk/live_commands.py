"""The switches of a running desk: kill, reset, limits, alerts. Each is one question on the desk's socket.

A kill is done when the desk says so: its answer means that the mode is on record, and that nothing that it forbids
leaves any more. What still works then is being cancelled; that is waited for, and what is left in the end is said.
"""

import time
from typing import Any

from rich.console import Console
from rich.text import Text

from penstock.app.fitted_table import Column, FittedTable
from penstock.app.risk.desk_line import ask
from penstock.domain.errors import BadInput
from penstock.risk.modes import Mode
from penstock.risk.scopes import DESK, checked_scope, in_words

LOOK_AGAIN_S = 0.1
LEFT_SHOWN = 20


def kill(address: str, scope: str, mode: str, by: str, reason: str, wait_s: float, console: Console) -> bool:
    """Set a mode, and wait until nothing of the scope works where it cancels; returns whether that came about.

    Raises:
        BadInput: no such scope or mode, or nobody and nothing to name.
        DeskSilent: the desk is not there, or did not answer.
    """
    wanted = _mode(mode)
    if wanted is Mode.ACTIVE:
        raise BadInput("--mode", "", "makes nothing stricter: `penstock risk reset` makes a scope active again", mode)
    question = {"do": "set_mode", "scope": checked_scope(scope, "--scope"), "mode": mode, **named(by, reason)}
    if not _done(ask(address, question), console, f"{in_words(scope)} is {mode}"):
        return False
    return not wanted.cancels or _until_nothing_works(address, scope, wait_s, console)


def kill_without_desk(
    journal: str,
    venues: tuple[str, ...],
    scope: str,
    mode: str,
    by: str,
    reason: str,
    wait_s: float,
    console: Console,
) -> bool:
    """The same for a desk that is down: its journal is taken up and left again; returns whether nothing is left.

    Raises:
        BadInput: a mode that cancels nothing, a scope other than the desk, no such journal, or a venue misspelt.
        JournalUnavailable: the desk is not down.
    """
    import asyncio

    from penstock.app.live.serve import in_words as left_in_words
    from penstock.app.live.stand_in import StandIn, stand_in
    from penstock.domain.commands import SetMode

    wanted, who = _mode(mode), named(by, reason)
    if not wanted.cancels or wanted.flattens:
        raise BadInput("--mode", "", "must be halted or cancel_all for a desk that is down", mode)
    if scope != DESK:
        raise BadInput("--scope", "", "must be desk for a desk that is down: all that it had is cancelled", scope)
    if not venues:
        raise BadInput("--venue", "", "is missing: name those that the desk had, as it did")
    request = StandIn(journal=journal, venues=venues, deadline_s=wait_s)
    ack, remains = asyncio.run(
        stand_in(request, SetMode(ts=0, scope=DESK, mode=mode, by=who["by"], reason=who["reason"]))
    )
    answer = {"outcome": ack.outcome, "code": ack.code, "reason": ack.reason}
    done = _done(answer, console, f"desk is {mode}, when it is started again, too")
    for line in left_in_words(remains):
        style = "green" if remains.is_clean else "red"
        console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)
    return done and remains.is_clean


def reset(address: str, scope: str, breaker: str, mode: str, by: str, reason: str, console: Console) -> bool:
    """Loosen a scope's mode, or close a breaker by hand; returns whether the desk did."""
    where = checked_scope(scope, "--scope")
    if breaker:
        closing = {"do": "reset_breaker", "scope": where, "breaker": breaker, **named(by, reason)}
        return _done(ask(address, closing), console, f"breaker {breaker} of {in_words(scope)} is closed")
    question: dict[str, Any] = {
        "do": "set_mode",
        "scope": where,
        "mode": _mode(mode).value,
        "reset": True,
        **named(by, reason),
    }
    return _done(ask(address, question), console, f"{in_words(scope)} is {mode}")


def set_limit(address: str, scope: str, name: str, value: str, by: str, reason: str, console: Console) -> bool:
    """Change one limit of one scope; returns whether the desk did. A refused one leaves all as they were."""
    where = checked_scope(scope, "--scope")
    question = {"do": "change_limit", "scope": where, "name": name, "value": plain(value), **named(by, reason)}
    return _done(ask(address, question), console, f"{name} of {in_words(scope)} is {value}")


def acknowledge(address: str, alert: int, by: str, reason: str, console: Console) -> bool:
    """Say that somebody has seen an alert; returns whether the desk took it."""
    question = {"do": "acknowledge", "alert": alert, "by": by, "reason": reason}
    return _done(ask(address, question), console, f"alert {alert} is acknowledged")


def status(address: str, console: Console) -> None:
    """Print the modes, breakers, uses of limits and open alerts of a desk."""
    desk, risk = ask(address, {"do": "status"}), ask(address, {"do": "risk"})
    alerts = ask(address, {"do": "alerts"})["alerts"]
    console.print(_headline(desk, risk))
    for name, venue in desk["venues"].items():
        if venue["status"] != "up":
            console.print(f"venue {name} is {venue['status']}", style="yellow", markup=False, highlight=False)
    for heading, rows, columns in (
        ("Modes", risk["modes"], ("scope", "mode", "since", "by", "reason")),
        ("Breakers that are not closed", risk["breakers"], ("breaker", "scope", "status", "mode", "until", "reason")),
        ("Alerts", alerts, ("id", "severity", "count", "code", "about", "last_at", "text")),
    ):
        if rows:
            console.print()
            console.print(Text(heading, style="bold"))
            console.print(_table(rows, columns))
    if risk.get("budgets"):
        console.print()
        console.print(Text("Budgets of venues", style="bold"))
        console.print(_budgets(risk["budgets"]))
    if risk["uses"]:
        console.print()
        console.print(Text("Limits in use", style="bold"))
        console.print(_uses(risk["uses"]))


def named(by: str, reason: str) -> dict[str, str]:
    """Who, and why.

    Raises:
        BadInput: one of them says nothing.
    """
    for option, said in (("--by", by), ("--reason", reason)):
        if not said.strip():
            raise BadInput(option, "", "must not be empty: it stays on record")
    return {"by": by.strip(), "reason": reason.strip()}


def plain(text: str) -> Any:
    """A limit's value as a file would say it: a number, true or false, a list of names, or "none"."""
    from penstock.app.row import NUMBER

    word = text.strip()
    if NUMBER.fullmatch(word):
        return int(word) if word.lstrip("+-").isdigit() else float(word)
    if word in ("true", "false"):
        return word == "true"
    return word if word == "none" else [name.strip() for name in word.split(",") if name.strip()]


def _mode(text: str) -> Mode:
    modes = {mode.value: mode for mode in Mode}
    if text not in modes:
        raise BadInput("--mode", "", f"must be one of {', '.join(modes)}", text)
    return modes[text]


def _done(answer: dict[str, Any], console: Console, done: str) -> bool:
    if answer.get("outcome", "accepted") == "accepted":
        console.print(f"done: {done}", style="green", markup=False, highlight=False, soft_wrap=True)
        return True
    said = f"{answer['outcome']}: {answer.get('reason', '')} ({answer.get('code', '')})"
    console.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
    return False


def _until_nothing_works(address: str, scope: str, wait_s: float, console: Console) -> bool:
    """Ask until the scope's orders are over, or time is; tells what is left."""
    deadline = time.monotonic() + wait_s
    while True:
        left = ask(address, {"do": "working", "scope": scope, "most": LEFT_SHOWN})
        if not left["count"]:
            console.print("nothing of it works any more", style="green", highlight=False)
            return True
        if time.monotonic() >= deadline:
            break
        time.sleep(LOOK_AGAIN_S)
    console.print(f"after {wait_s:g} s {left['count']} are still not over:", style="red", highlight=False)
    for order in left["orders"]:
        at = f" on {order['venue']}, which is {order['venue_status']}" if order["venue"] else ""
        words = f"  {order['order_id']} {order['side']} {order['open_qty']} {order['symbol']}{at} ({order['status']})"
        console.print(words, style="red", markup=False, highlight=False, soft_wrap=True)
    if left["count"] > len(left["orders"]):
        console.print(f"  and {left['count'] - len(left['orders'])} more", style="red", highlight=False)
    return False


def _headline(desk: dict[str, Any], risk: dict[str, Any]) -> Text:
    if desk["halted"]:
        return Text(f"halted: {desk['halted']}; {risk['working']} working", style="bold red")
    stops = len(risk["modes"]) + len(risk["breakers"])
    if stops:
        return Text(f"{stops} scopes are stopped or limited; {risk['working']} working", style="bold yellow")
    return Text(f"active, {risk['working']} working", style="bold green")


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> FittedTable:
    return FittedTable(
        [
            Column(name.replace("_", " "), [Text(str(row[name])) for row in rows], "left", keep=keep)
            for keep, name in enumerate(columns)
        ]
    )


def _uses(rows: list[dict[str, Any]]) -> FittedTable:
    ordered = sorted(rows, key=lambda row: -row["fraction"])
    styles = ["red" if row["fraction"] >= 1 else "yellow" if row["fraction"] >= 0.8 else "" for row in ordered]
    shares = [Text(f"{row['fraction'] * 100:,.1f} %", style=style) for row, style in zip(ordered, styles, strict=True)]
    return FittedTable(
        [
            Column("whose", [in_words(row["scope"]) for row in ordered], "left"),
            Column("limit", [row["limit"] for row in ordered], "left"),
            Column("used", [_number(row["used"]) for row in ordered]),
            Column("of", [_number(row["most"]) for row in ordered]),
            Column("", shares),
            Column("not known", [row["unknown"] for row in ordered], "left", keep=1),
        ]
    )


def _budgets(rows: list[dict[str, Any]]) -> FittedTable:
    left = [1 - row["used"] / row["most"] for row in rows]
    styles = ["red" if part <= 0.05 else "yellow" if part <= 0.2 else "" for part in left]
    shares = [Text(f"{part * 100:,.1f} %", style=style) for part, style in zip(left, styles, strict=True)]
    return FittedTable(
        [
            Column("venue", [row["venue"] for row in rows], "left"),
            Column("budget", [row["budget"] for row in rows], "left"),
            Column("used", [f"{row['used']:,}" for row in rows]),
            Column("of", [f"{row['most']:,}" for row in rows]),
            Column("left", shares),
            Column("waiting", [f"{row['waiting']:,}" for row in rows]),
        ]
    )


def _number(text: str) -> str:
    whole, _, rest = text.partition(".")
    shown = f"{int(whole):,}"
    return f"{shown}.{rest[:2]}" if rest.rstrip("0") else shown

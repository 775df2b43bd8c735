"""`penstock journal`: read, verify and replay the record of a run."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from penstock.domain.errors import BadInput

app = typer.Typer(help="Read, verify and replay the record of a run.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)]
FAULTY = 1


@app.command()
def show(
    out: Folder,
    order: Annotated[str, typer.Option(help="Only events of this order and its children.")] = "",
    kind: Annotated[str, typer.Option(help="Only events of this kind, such as ChildFilled.")] = "",
    last: Annotated[int, typer.Option(help="Only the last N events (0: all).", min=0)] = 0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print what happened, event by event."""
    from penstock.app.execute import recorded_events
    from penstock.domain import events as ev
    from penstock.domain.time import to_iso
    from penstock.journal.codec import encode

    kinds = {each.__name__ for each in ev.Event.__subclasses__()}
    if kind and kind not in kinds:
        raise BadInput("--kind", "", f"must be one of {', '.join(sorted(kinds))}", kind)
    chosen = [
        (seq, event)
        for seq, event in enumerate(recorded_events(out), 1)
        if (not kind or type(event).__name__ == kind) and (not order or concerns(event, order))
    ]
    console = Console()
    for seq, event in chosen[-last:] if last else chosen:
        if json:
            print(encode(event).decode())
            continue
        line = Text(f"{seq:>7} {to_iso(event.ts)} ", style="dim")
        line.append(f"{type(event).__name__:<15} ", style="bold")
        line.append(in_words(event), style="")
        console.print(line, soft_wrap=True, highlight=False)


@app.command()
def verify(out: Folder) -> None:
    """Check the chain of hashes: every event is there, in order, and says what it said when it was written."""
    from penstock.app.execute import JOURNAL
    from penstock.journal import verify as walk

    verdict = walk(out / JOURNAL)
    if verdict.fault:
        Console(stderr=True).print(f"{out / JOURNAL}: {verdict.fault}", style="red", highlight=False, soft_wrap=True)
        raise typer.Exit(FAULTY)
    Console().print(f"ok: {verdict.events} events, head {verdict.head}", highlight=False, soft_wrap=True)


@app.command()
def replay(out: Folder) -> None:
    """Rebuild the state and the report from the journal alone, and compare both with what the run left."""
    from penstock.app.execute import REPORT, recorded_events
    from penstock.domain.events import SessionEnded
    from penstock.journal import replay as fold
    from penstock.tca.execution_report import execution_report, to_json

    console = Console()
    events = recorded_events(out)
    ending = events[-1]
    faults = 0
    if isinstance(ending, SessionEnded):
        same = fold(events[:-1]).state_hash() == ending.state_hash
        faults += not same
        console.print(f"state before the last event: {'as the engine recorded it' if same else 'DIFFERENT'}")
    else:
        console.print("the run did not come to its end: the state is that of its last recorded event")
    console.print(f"state hash {fold(events).state_hash()}", highlight=False, soft_wrap=True)
    written = out / REPORT
    if written.is_file():
        same = written.read_bytes() == to_json(execution_report(events))
        faults += not same
        console.print(f"{REPORT}: {'identical' if same else 'DIFFERENT'}", highlight=False)
    else:
        console.print(f"{REPORT} is not there: 'penstock report {out}' writes it", highlight=False)
    if faults:
        raise typer.Exit(FAULTY)


def concerns(event: msgspec.Struct, order: str) -> bool:
    """Whether an event is about an order or one of its children."""
    terms = getattr(event, "terms", None)
    order_id: str = getattr(event, "order_id", "") or (terms.order_id if terms else "")
    return order_id == order or order_id.startswith(f"{order}-")


def in_words(event: msgspec.Struct) -> str:
    """The fields of an event that a reader looks for, short."""
    given = msgspec.to_builtins(event)
    terms = given.pop("terms", None)
    parts = []
    if terms:
        price = terms.get("limit_price", "market")
        where = (
            f" on {terms['venue']}" if "venue" in terms else f" by {terms.get('algorithm', terms.get('order_type'))}"
        )
        parts.append(f"{terms['order_id']} {terms['side']} {terms['quantity']} {terms['symbol']} @ {price}{where}")
    for name, value in given.items():
        if name not in ("kind", "ts") and isinstance(value, str | int | float) and value != "":
            parts.append(f"{name}={value}")
    return "  ".join(parts)

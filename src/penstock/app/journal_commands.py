"""`penstock journal`: read, verify, search, export and replay the record of a run, or of a desk's database."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from penstock.domain.errors import BadInput

if TYPE_CHECKING:
    from penstock.domain.events import AnyEvent
    from penstock.journal import Numbered, Record

app = typer.Typer(help="Read, verify, search, export and replay the record of a run.", no_args_is_help=True)

Place = Annotated[
    str,
    typer.Argument(metavar="DIR", help="A run's folder, a journal's file or a postgresql:// URL.", show_default=False),
]
Order = Annotated[str, typer.Option(help="Only events of this order and its children.")]
Kind = Annotated[str, typer.Option(help="Only events of this kind, such as ChildFilled.")]
Last = Annotated[int, typer.Option(help="Only the last N events (0: all).", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
FAULTY = 1


@app.command()
def show(place: Place, order: Order = "", kind: Kind = "", last: Last = 0, json: AsJson = False) -> None:
    """Print what happened, event by event."""
    from penstock.journal import history
    from penstock.journal.search import Wanted
    from penstock.journal.search import search as find

    check_kind(kind)
    with opened(place) as record:
        if order:
            tell((each for each in history(record, order) if not kind or type(each.event).__name__ == kind), last, json)
        else:
            tell(find(record, Wanted(kind=kind)), last, json)


@app.command()
def search(
    place: Place,
    kind: Kind = "",
    symbol: Annotated[str, typer.Option(help="Only events about this symbol, its orders included.")] = "",
    since: Annotated[str, typer.Option(help="Only from this time on, such as 2025-08-16T10:15:00Z.")] = "",
    until: Annotated[str, typer.Option(help="Only before this time.")] = "",
    text: Annotated[str, typer.Option(help="Only events that say this anywhere, in upper or lower case.")] = "",
    last: Last = 0,
    json: AsJson = False,
) -> None:
    """Print the events that match every filter given."""
    from penstock.journal.search import Wanted
    from penstock.journal.search import search as find

    check_kind(kind)
    since_ns, until_ns = time_of("--since", since), time_of("--until", until)
    with opened(place) as record:
        tell(find(record, Wanted(kind=kind, symbol=symbol, since=since_ns, until=until_ns, text=text)), last, json)


@app.command()
def verify(
    place: Place,
    anchor: Annotated[
        list[str] | None, typer.Option(help="SEQ:HEAD, or a file of them: what the record must still agree with.")
    ] = None,
) -> None:
    """Check the chain of hashes: every event is there, in order, and says what it said when it was written."""
    from penstock.journal.anchor import given_anchors
    from penstock.journal.verify import verify_record

    anchors = list(given_anchors(anchor or []))
    with opened(place) as record:
        verdict = verify_record(record, anchors)
        if verdict.fault:
            line = f"{record.name}: {verdict.fault.removeprefix(f'{record.name}: ')}"
            Console(stderr=True).print(line, style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(FAULTY)
    held = f", anchors met: {len(anchors)}" if anchors else ""
    Console().print(f"ok: {verdict.events} events, head {verdict.head}{held}", highlight=False, soft_wrap=True)


@app.command()
def anchor(
    place: Place,
    anchor_file: Annotated[
        Path | None, typer.Option(help="Also add it as a line to this file, best on another machine.")
    ] = None,
) -> None:
    """Print SEQ:HEAD of the record's end: kept elsewhere, it shows later if a tail was cut off or history rewritten."""
    from penstock.journal.anchor import Anchor, append_anchor

    with opened(place) as record:
        end = Anchor(*record.tail())
    if anchor_file is not None:
        append_anchor(anchor_file, end)
    print(end)


@app.command()
def snapshot(place: Place) -> None:
    """Keep the state after the last event beside the record, so that recovery need not begin at the first."""
    from penstock.journal import recovery, save_snapshot

    console = Console()
    with opened(place) as record:
        back = recovery(record)
        for reason in back.passed_over:
            console.print(f"passed over: {reason}", style="yellow", highlight=False)
        save_snapshot(record, back.state)
    console.print(
        f"kept the state after event {back.state.seq}; it took the snapshot at {back.snapshot_seq}"
        f" and {back.replayed} events to come to it",
        highlight=False,
    )


@app.command()
def export(
    place: Place,
    out: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    form: Annotated[str, typer.Option("--format", help="jsonl, csv or parquet.")] = "jsonl",
) -> None:
    """Write every event with its number and hash to a file for other programs."""
    from rich.progress import Progress

    from penstock.journal.export import export as write

    with opened(place) as record, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("exporting", total=record.tail()[0])
        events = write(record, form, out, lambda done: bar.update(task, completed=done))
    Console().print(f"{events} events in {out}", highlight=False, soft_wrap=True)


@app.command()
def replay(place: Place) -> None:
    """Rebuild the state and the report from the journal alone, and compare both with what the run left."""
    from penstock.app.execute import REPORT
    from penstock.domain.events import SessionEnded
    from penstock.journal import replay as fold
    from penstock.tca.execution_report import execution_report, to_json

    console = Console()
    events = sound_events(place)
    ending = events[-1]
    faults = 0
    if isinstance(ending, SessionEnded):
        same = fold(events[:-1]).state_hash() == ending.state_hash
        faults += not same
        console.print(f"state before the last event: {'as the engine recorded it' if same else 'DIFFERENT'}")
    else:
        console.print("the run did not come to its end: the state is that of its last recorded event")
    console.print(f"state hash {fold(events).state_hash()}", highlight=False, soft_wrap=True)
    written = Path(place) / REPORT
    if written.is_file():
        same = written.read_bytes() == to_json(execution_report(events))
        faults += not same
        console.print(f"{REPORT}: {'identical' if same else 'DIFFERENT'}", highlight=False)
    elif Path(place).is_dir():
        console.print(f"{REPORT} is not there: 'penstock report {place}' writes it", highlight=False)
    if faults:
        raise typer.Exit(FAULTY)


@contextmanager
def opened(place: str) -> "Iterator[Record]":
    """The journal that a user named.

    Raises:
        BadInput: there is none.
    """
    from penstock.journal import open_record

    record = open_record(place)
    try:
        yield record
    finally:
        record.close()


def sound_events(place: str) -> "list[AnyEvent]":
    """All events of a journal, verified.

    Raises:
        BadInput: no journal there, or an empty one.
        JournalCorrupt: an event was changed, or one is missing.
    """
    from penstock.journal.reading import decoded
    from penstock.journal.verify import sound_batches

    with opened(place) as record:
        events = [event for batch in sound_batches(record) for event in decoded(record, batch)]
    if not events:
        raise BadInput(place, "", "is empty: the run died before its first event")
    return events


def check_kind(kind: str) -> None:
    from penstock.domain.events import Event

    kinds = {each.__name__ for each in Event.__subclasses__()}
    if kind and kind not in kinds:
        raise BadInput("--kind", "", f"must be one of {', '.join(sorted(kinds))}", kind)


def time_of(option: str, text: str) -> int | None:
    """Nanoseconds of a time as users write it; None if they gave none."""
    from penstock.domain.time import from_iso

    if not text:
        return None
    try:
        return from_iso(text)
    except ValueError:
        raise BadInput(option, "", "must be a time with its zone, such as 2025-08-16T10:15:00Z", text) from None


def tell(found: "Iterable[Numbered]", last: int, json: bool) -> None:
    """Print events as they are found, or the last of them, as lines for people or as JSON."""
    from collections import deque

    from penstock.app.event_words import in_words
    from penstock.domain.time import to_iso
    from penstock.journal.codec import encode

    console = Console()
    for seq, event in deque(found, maxlen=last) if last else found:
        if json:
            print(encode(event).decode())
            continue
        line = Text(f"{seq:>7} {to_iso(event.ts)} ", style="dim")
        line.append(f"{type(event).__name__:<15} ", style="bold")
        line.append(in_words(event), style="")
        console.print(line, soft_wrap=True, highlight=False)

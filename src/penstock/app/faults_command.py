"""`penstock faults`: play seeds of the fault simulator; one that breaks a promise is named and can be seen again."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from penstock.domain.errors import BadInput

if TYPE_CHECKING:
    from penstock.domain.events import AnyEvent
    from penstock.sim.faults.seeds import Failure

BROKEN = 1
EVENTS_SHOWN = 20
STEPS = 150

EXAMPLES = """
Examples:

    penstock faults --seeds 0:500

    penstock faults --seeds 17:18 --show
"""


def faults(
    seeds: Annotated[str, typer.Option(help="FROM:TO, the last one not included.")] = "0:100",
    steps: Annotated[int, typer.Option(help="How long each seed goes wrong before the weather clears.", min=1)] = STEPS,
    jobs: Annotated[int, typer.Option(help="In how many processes.", min=1)] = 1,
    show: Annotated[bool, typer.Option("--show", help="Print everything that happens, event by event.")] = False,
) -> None:
    """Trade against venues and a network that do everything wrong, by seed, and check that every promise holds."""
    from penstock.sim.faults.seeds import play_all

    numbers = seeds_of(seeds)
    console = Console()
    if show:
        raise typer.Exit(shown(numbers, steps, console))
    broken = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("seeds", total=len(numbers), pace="")
        for failure in play_all(numbers, steps, jobs):
            if failure is not None:
                broken += 1
                bar.console.print(report(failure, EVENTS_SHOWN), soft_wrap=True)
            speed = bar.tasks[0].speed
            bar.update(task, advance=1, pace=f"{speed:.0f} seeds/s" if speed else "")
        elapsed = bar.tasks[0].finished_time or 0.0
    pace = len(numbers) / elapsed if elapsed else 0.0
    console.print(f"{len(numbers)} seeds, {broken} broken, {pace:.0f} seeds/s", highlight=False)
    if broken:
        raise typer.Exit(BROKEN)


def shown(seeds: range, steps: int, console: Console) -> int:
    """Play seeds one by one and print their whole records; the exit code."""
    from penstock.sim.faults.checkers import CHECKERS
    from penstock.sim.faults.seeds import played

    code = 0
    for seed in seeds:
        world, failure = played(seed, steps)
        for line in lines(world.record):
            console.print(line, soft_wrap=True, highlight=False)
        verdict = f"seed {seed}: {len(world.record)} events, all {len(CHECKERS)} promises kept"
        console.print(verdict if failure is None else report(failure, 0), soft_wrap=True, highlight=False)
        code = code if failure is None else BROKEN
    return code


def report(failure: "Failure", events: int) -> Text:
    """A broken promise in words, with the last events that led to it."""
    when = f"at step {failure.step}" if failure.step else "at the end"
    text = Text(f"seed {failure.seed} broke {failure.checker} {when}: {failure.sentence}\n", style="red")
    for line in lines(failure.events[-events:] if events else []):
        text.append_text(line).append("\n")
    return text.append(f"again: penstock faults --seeds {failure.seed}:{failure.seed + 1} --show", style="dim")


def lines(events: "list[AnyEvent]") -> list[Text]:
    """Events as lines: seconds since the world's start, kind, words."""
    from penstock.app.event_words import in_words
    from penstock.domain.time import SECOND
    from penstock.sim.faults.world import START

    return [
        Text.assemble(
            (f"{(event.ts - START) / SECOND:9.3f} ", "dim"), (f"{type(event).__name__:<20} ", "bold"), in_words(event)
        )
        for event in events
    ]


def seeds_of(text: str) -> range:
    """The seeds that FROM:TO names.

    Raises:
        BadInput: not two numbers, or none between them.
    """
    first, colon, last = text.partition(":")
    if not (colon and first.isdigit() and last.isdigit() and int(first) < int(last)):
        raise BadInput("--seeds", "", "must be FROM:TO, such as 0:500", text)
    return range(int(first), int(last))

"""Sources named on the command line, opened with a word on what is being read."""

from collections.abc import Sequence

from rich.console import Console

from penstock.market.tapes.faults import Policy
from penstock.market.tapes.kinds import parse_source
from penstock.market.tapes.sources import open_tape
from penstock.market.tapes.store import Tape


def open_sources(sources: Sequence[str], policy: Policy) -> list[Tape]:
    """The tapes; all names are checked before the first is read.

    Raises:
        BadInput: a source, or what its policy refuses.
    """
    for source in sources:
        parse_source(source)
    console = Console(stderr=True)
    tapes = []
    for number, source in enumerate(sources, 1):
        with console.status(f"reading {source} ({number} of {len(sources)})"):
            tapes.append(open_tape(source, policy))
    return tapes

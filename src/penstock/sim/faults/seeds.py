"""Play seeds and judge them: the first broken promise of a seed, with what led to it."""

from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import get_context

import msgspec

from penstock.domain import events as ev
from penstock.engine.folds import apply
from penstock.engine.state import EngineState
from penstock.sim.faults.checkers import CHECKERS, Checker
from penstock.sim.faults.world import STEPS, World

CHUNK_SEEDS = 8


class Failure(msgspec.Struct, frozen=True):
    """A broken promise: the checker's name and sentence, and the record up to then. `step` 0 is the end."""

    seed: int
    step: int
    checker: str
    sentence: str
    events: list[ev.AnyEvent]


class Watch:
    """All checkers of one world, and the state that its record gives."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.checkers: list[Checker] = [checker() for checker in CHECKERS]
        self._recorded = EngineState()

    def verdicts(self) -> Iterator[tuple[Checker, str]]:
        """What every checker says of the step just played."""
        for event in self.world.record[self._recorded.seq :]:
            apply(self._recorded, event)
            for checker in self.checkers:
                for each in ev.spelled_out(event):
                    yield checker, checker.hear(each, self._recorded)
        for checker in self.checkers:
            yield checker, checker.check(self.world)

    def last_verdicts(self) -> Iterator[tuple[Checker, str]]:
        """What every checker says of the end."""
        for checker in self.checkers:
            yield checker, checker.finish(self.world)


def play(seed: int, steps: int = STEPS) -> Failure | None:
    """Play one seed; the first promise it breaks, or None."""
    return played(seed, steps)[1]


def played(seed: int, steps: int = STEPS) -> tuple[World, Failure | None]:
    """As `play`, with the world as it was left."""
    world = World(seed, steps)
    return world, judge(world)


def judge(world: World) -> Failure | None:
    """Play a world to its end and watch it; the first promise that is broken, or None."""
    watch = Watch(world)
    step = 0
    try:
        for step, _ in enumerate(world.run(), 1):
            for checker, sentence in watch.verdicts():
                if sentence:
                    return Failure(world.seed, step, type(checker).__name__, sentence, world.record)
        for checker, sentence in watch.last_verdicts():
            if sentence:
                return Failure(world.seed, 0, type(checker).__name__, sentence, world.record)
    except Exception as error:  # the engine's own assertions are promises too
        return Failure(world.seed, step, "NoBug", f"{type(error).__name__}: {error}", world.record)
    return None


def play_all(seeds: Sequence[int], steps: int = STEPS, jobs: int = 1) -> Iterator[Failure | None]:
    """Play many seeds, in that many processes; what became of each, as they come to their ends."""
    if jobs == 1:
        yield from (play(seed, steps) for seed in seeds)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(partial(play, steps=steps), seeds, chunksize=CHUNK_SEEDS)

"""The state is what the events say: fold them, and the engine is back."""

from collections.abc import Iterable

from penstock.domain.events import AnyEvent
from penstock.engine.state import EngineState, apply


def replay(events: Iterable[AnyEvent]) -> EngineState:
    """The state that a live engine had after these events."""
    state = EngineState()
    for event in events:
        apply(state, event)
    return state

"""How a change of limits, modes or breakers is refused: as a value, and what was in force stays."""

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """A change that was not made: a machine-readable code, and a sentence that says what to change."""

    code: str
    reason: str

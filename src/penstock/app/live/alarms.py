"""What a person must know now: logged when it begins and when it ends, and shown in the status in between."""

import logging
from collections.abc import Callable

log = logging.getLogger("penstock.live")


class Alarms:
    """The troubles that last, by what they are about. `listeners` hear of each that begins: about what,
    and its text.
    """

    def __init__(self) -> None:
        self._standing: dict[str, str] = {}
        self.listeners: list[Callable[[str, str], object]] = []

    def raise_(self, about: str, text: str) -> None:
        """Say what is wrong; once, however often it is found."""
        if self._standing.get(about) != text:
            log.critical("%s", text) if about == "journal" else log.warning("%s", text)
            for listener in self.listeners:
                listener(about, text)
        self._standing[about] = text

    def clear(self, about: str, text: str) -> None:
        """Say that it is over, if it had been raised."""
        if self._standing.pop(about, None) is not None:
            log.warning("%s", text)

    @property
    def standing(self) -> tuple[str, ...]:
        return tuple(self._standing.values())

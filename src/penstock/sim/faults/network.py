"""The network between a desk and one venue: it loses, delays, repeats and reorders, and now and then it is gone.

Nothing is invented and nothing is altered; of two messages the later one may well arrive first.
"""

from heapq import heappop, heappush
from random import Random
from typing import Generic, TypeVar

from penstock.domain import reports as rep
from penstock.domain.time import MILLISECOND
from penstock.engine.effects import Look, SendCancel, SendNew, SendReplace, VenueEffect
from penstock.sim.faults.weather import Weather

Message = TypeVar("Message")
Told = rep.VenueReport | rep.Picture | rep.VenueStatus

NOTICED_WITHIN = 500 * MILLISECOND  # a connection that is gone is noticed, and one that is back is told, within this


class Line(Generic[Message]):
    """Messages under way in one direction, by the time of their arrival."""

    def __init__(self) -> None:
        self._way: list[tuple[int, int, Message]] = []
        self._number = 0

    def put(self, at: int, message: Message) -> None:
        self._number += 1
        heappush(self._way, (at, self._number, message))

    def take(self, now: int) -> list[Message]:
        """What has arrived by now."""
        arrived = []
        while self._way and self._way[0][0] <= now:
            arrived.append(heappop(self._way)[2])
        return arrived

    def clear(self) -> None:
        self._way.clear()

    @property
    def next_at(self) -> int | None:
        return self._way[0][0] if self._way else None


class Link:
    """Both directions, and whether there is a connection. Times are the world's (ns).

    `notices` is what the desk's own side tells it, `sure` what the venue tells until it is confirmed.
    """

    def __init__(self, venue: str, weather: Weather, random: Random) -> None:
        self.venue, self.weather, self.random = venue, weather, random
        self.out: Line[tuple[int, VenueEffect]] = Line()
        self.back: Line[Told] = Line()
        self.notices: Line[Told] = Line()
        self.sure: Line[Told] = Line()
        self.connected = True
        self._back_at = 0

    def send(self, now: int, effect: VenueEffect, sent_at: int) -> None:
        """Let one of our messages go at `sent_at` on our clock; the sender does not learn whether it arrives."""
        random, weather = self.random, self.weather
        gone = random.random() < (weather.look_lost if isinstance(effect, Look) else weather.order_lost)
        if self.connected and not gone:
            self.out.put(now + self._delay(weather.order_delay_ns), (sent_at, effect))
            if random.random() < weather.order_repeated:
                self.out.put(now + self._delay(weather.order_delay_ns), (sent_at, effect))
        if not isinstance(effect, Look) and random.random() < weather.no_answer:
            self.notices.put(now + self._delay(weather.order_delay_ns), self._no_answer(sent_at, effect))

    def tell(self, now: int, message: Told) -> None:
        """Let one of the venue's messages go."""
        random, weather = self.random, self.weather
        lost = weather.look_lost if isinstance(message, rep.Picture) else weather.report_lost
        if not self.connected or random.random() < lost:
            return
        for _ in range(1 + (random.random() < weather.report_repeated)):
            late = random.random() < weather.report_late
            self.back.put(now + self._delay(weather.late_delay_ns if late else weather.report_delay_ns), message)

    def tell_surely(self, now: int, message: Told) -> None:
        """Let go what a venue tells again and again until it is confirmed: it comes through, some time."""
        self.sure.put(now + self._delay(self.weather.report_delay_ns), message)

    def arrived(self, now: int) -> list[Told]:
        """What reaches the desk by now."""
        return self.notices.take(now) + self.back.take(now) + (self.sure.take(now) if self.connected else [])

    def cut(self, now: int, duration: int) -> None:
        """Lose the connection, and with it all that is under way; some of it just came through."""
        self.connected, self._back_at = False, now + duration
        self.out.clear()
        if self.random.random() < 0.7:
            self.back.clear()
        self._notice(now, up=False)

    def mend(self, now: int, *, at_once: bool = False) -> None:
        """Bring the connection back once its time has come."""
        if self.connected or (now < self._back_at and not at_once):
            return
        self.connected = True
        self._notice(now, up=True)

    def restart(self, now: int) -> None:
        """The desk's process died: what was on its way to it is gone, and its successor connects anew."""
        self.back.clear()
        self.notices.clear()
        self._notice(now, up=self.connected)

    @property
    def next_at(self) -> int | None:
        """When the next message arrives anywhere; None if nothing is under way."""
        ways = [self.out.next_at, self.back.next_at, self.notices.next_at]
        if self.connected:
            ways.append(self.sure.next_at)
        return min((at for at in ways if at is not None), default=None)

    def _notice(self, now: int, *, up: bool) -> None:
        self.notices.clear()
        at = now + self._delay(NOTICED_WITHIN)
        self.notices.put(at, rep.VenueStatus(ts=at, venue=self.venue, up=up, reason="back" if up else "lost"))

    def _no_answer(self, now: int, effect: SendNew | SendReplace | SendCancel) -> rep.NoAnswer:
        order_id = effect.order_id if isinstance(effect, SendCancel) else effect.approved.terms.order_id
        return rep.NoAnswer(ts=now, venue=self.venue, order_id=order_id, reason="the call timed out")

    def _delay(self, longest: int) -> int:
        return 1 + int(self.random.random() * longest)

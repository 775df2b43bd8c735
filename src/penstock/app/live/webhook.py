"""Alerts as JSON to a URL of the user's: never in the engine's way, tried again, bounded, and what is lost is said.

An alert is put in a queue and posted by a task of its own. What cannot be delivered is tried again with growing delays
up to `attempts_max` times; what the receiver refuses for good (4xx other than 408 and 429) is not. When the queue is
full, the new alert is dropped. What was lost is counted, logged, and told to the receiver with the next alert, as
`dropped`.
"""

import asyncio
import logging
from collections import deque
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from random import Random
from urllib.parse import SplitResult, urlsplit

import msgspec

from penstock.app.live.alerts import Alert, plain
from penstock.app.live.backoff import delays
from penstock.domain.errors import BadInput

log = logging.getLogger("penstock.alerts")

OK = range(200, 300)
TRY_AGAIN = (408, 429)


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of delivery, each with its unit."""

    queued_alerts_max: int = 1000
    attempts_max: int = 12
    retry_first_s: float = 0.5
    retry_most_s: float = 60.0
    post_timeout_s: float = 5.0


class Webhook:
    """`take` is a teller of `Alerts`; `run` delivers until it is cancelled."""

    def __init__(self, url: str, settings: WebhookSettings | None = None, random: Random | None = None) -> None:
        self._place, self._settings = checked_url(url), settings or WebhookSettings()
        self._random = random or Random()
        self._queue: deque[bytes] = deque()
        self._ring, self._empty = asyncio.Event(), asyncio.Event()
        self._empty.set()
        self.delivered = 0
        self.dropped = 0
        self._dropped_untold = 0

    @property
    def queued(self) -> int:
        return len(self._queue)

    def take(self, alert: Alert) -> None:
        """Put an alert, as it is now, in line; returns at once."""
        if len(self._queue) >= self._settings.queued_alerts_max:
            self._drop(f"{len(self._queue)} wait already")
            return
        self._queue.append(msgspec.json.encode(plain(alert)))
        self._empty.clear()
        self._ring.set()

    async def run(self) -> None:
        """Deliver, in order, for ever."""
        while True:
            while not self._queue:
                self._ring.clear()
                await self._ring.wait()
            await self._deliver(self._queue[0])
            self._queue.popleft()
            if not self._queue:
                self._empty.set()

    async def delivered_all(self) -> None:
        """Wait until nothing is in line any more: delivered, or lost."""
        await self._empty.wait()

    async def _deliver(self, alert: bytes) -> None:
        pauses = delays(self._settings.retry_first_s, self._settings.retry_most_s, self._random)
        said = ""
        for attempt in range(1, self._settings.attempts_max + 1):
            untold = self._dropped_untold
            said = await asyncio.to_thread(self._post, _with_dropped(alert, untold))
            if not said:
                self.delivered += 1
                self._dropped_untold -= untold
                return
            if said.startswith("refused"):
                break
            if attempt < self._settings.attempts_max:
                await asyncio.sleep(next(pauses))
        self._drop(said)

    def _post(self, body: bytes) -> str:
        """Post once; returns what went wrong, empty if nothing."""
        place, timeout_s = self._place, self._settings.post_timeout_s
        kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
        assert place.hostname is not None
        connection = kind(place.hostname, place.port, timeout=timeout_s)
        try:
            path = (place.path or "/") + (f"?{place.query}" if place.query else "")
            connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "penstock"})
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            connection.close()
        if status in OK:
            return ""
        return f"{'answered' if status in TRY_AGAIN or status >= 500 else 'refused it:'} {status}"

    def _drop(self, why: str) -> None:
        self.dropped += 1
        self._dropped_untold += 1
        log.error("an alert was not delivered to %s (%s); %d so far", self._place.hostname, why, self.dropped)


def checked_url(url: str) -> SplitResult:
    """The parts of a URL that alerts can be posted to.

    Raises:
        BadInput: it is none. What it says is not repeated: such addresses are often secrets.
    """
    rule = "must be an address such as https://alerts.example.com/penstock"
    try:
        place = urlsplit(url)
        sound = place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        sound = False
    if not sound or not url.isascii() or any(letter.isspace() for letter in url):
        raise BadInput("--webhook", "", rule)
    return place


def _with_dropped(alert: bytes, dropped: int) -> bytes:
    return alert[:-1] + b',"dropped":%d}' % dropped

"""What a desk's people are told: once, with a count, until somebody acknowledges it, and posted to a receiver."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from random import Random

import pytest
from live_desk import ScriptedVenue, driver_on, running, soon

from penstock.app.live.alerts import Alert, Alerts, AlertSettings
from penstock.app.live.webhook import Webhook, WebhookSettings, checked_url
from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND
from penstock.domain.venue import Liquidity
from penstock.engine.engine import Engine
from penstock.journal import MemoryJournal, replay
from penstock.risk.alerting import OPEN_MAX, OpenAlerts, found_in, noticed

PATIENCE_S = 20.0


def raised(
    second: int, code: str = "overfill", text: str = "more than asked", order_id: str = "P001-001"
) -> ev.AlertRaised:
    return ev.AlertRaised(ts=second * SECOND, severity="critical", code=code, text=text, order_id=order_id)


def told(settings: AlertSettings | None = None) -> tuple[Alerts, list[tuple[int, int]]]:
    """Alerts, and the (id, count) of each telling."""
    tellings: list[tuple[int, int]] = []
    return Alerts(settings, [lambda alert: tellings.append((alert.id, alert.count))]), tellings


def acknowledge(alerts: Alerts, number: int, by: str, at: int) -> None:
    """As the engine does it: the command leads to an event, and that to the alerts."""
    asked = alerts.acknowledgement(number, by, "seen", at)
    alerts.take([ev.AlertAcknowledged(ts=at, code=asked.code, about=asked.about, text=asked.text, by=asked.by)])


def test_the_same_alert_is_told_once_and_counted_and_told_again_with_its_count_after_a_while() -> None:
    alerts, tellings = told(AlertSettings(again_after_s=60))
    alerts.take([raised(0), raised(1), raised(59)])
    assert tellings == [(1, 1)]
    alerts.take([raised(60)])
    assert tellings == [(1, 1), (1, 4)]
    [alert] = alerts.open
    assert (alert.count, alert.first_at, alert.last_at) == (4, 0, 60 * SECOND)


@pytest.mark.parametrize("other", [{"code": "unknown_report"}, {"text": "else"}, {"order_id": "P002"}])
def test_another_code_text_or_order_is_another_alert(other: dict[str, str]) -> None:
    alerts, tellings = told()
    alerts.take([raised(0), raised(0, **other)])
    assert tellings == [(1, 1), (2, 1)]


def test_an_acknowledged_alert_is_no_longer_open_and_happens_anew() -> None:
    alerts, tellings = told()
    alerts.take([raised(0)])
    acknowledge(alerts, 1, "ann", 5)
    assert alerts.open == ()
    alerts.take([raised(1)])
    assert tellings == [(1, 1), (2, 1)]


@pytest.mark.parametrize(
    ("number", "by", "rule"), [(2, "ann", "no such alert"), (1, " ", "must say who"), (1, "bob", "by ann already")]
)
def test_an_acknowledgement_that_cannot_be_is_refused(number: int, by: str, rule: str) -> None:
    alerts, _ = told()
    alerts.take([raised(0)])
    if "already" in rule:
        acknowledge(alerts, 1, "ann", 1)
    with pytest.raises(BadInput, match=rule):
        alerts.acknowledgement(number, by, "", 2)


def test_a_tripped_breaker_is_critical_and_most_events_are_no_alert() -> None:
    trip = ev.BreakerTripped(ts=0, breaker="latency", scope="venue/XA", reason="too slow")
    found = found_in(trip)
    assert found is not None
    assert (found.severity, found.code, found.about, found.text) == (
        "critical",
        "breaker_latency",
        "venue/XA",
        "too slow",
    )
    assert found_in(ev.SessionEnded(ts=0, status="completed", quotes={})) is None


def test_memory_is_bounded_and_what_was_forgotten_unseen_is_counted() -> None:
    alerts, _ = told(AlertSettings(kept_alerts_max=2))
    alerts.take([raised(0, text="a"), raised(0, text="b")])
    acknowledge(alerts, 2, "ann", 1)
    alerts.take([raised(2, text="c")])
    assert ([alert.text for alert in alerts.open], alerts.forgotten) == (["a", "c"], 0)
    alerts.take([raised(3, text="d")])
    assert ([alert.text for alert in alerts.open], alerts.forgotten) == (["c", "d"], 1)


def test_the_log_has_one_line_of_json_at_the_alerts_level(caplog: pytest.LogCaptureFixture) -> None:
    alerts, _ = told()
    with caplog.at_level(logging.INFO, "penstock.alerts"):
        alerts.take([raised(0)])
    [record] = caplog.records
    said = json.loads(record.getMessage().removeprefix("alert "))
    assert record.levelno == logging.CRITICAL
    assert (said["code"], said["about"], said["first_at"]) == ("overfill", "P001-001", "1970-01-01T00:00:00.000Z")


class Receiver:
    """An HTTP server of this test: answers with the given statuses in their order, then with 204, and keeps bodies."""

    def __init__(self, statuses: Sequence[int] = ()) -> None:
        self.statuses = list(statuses)
        self.bodies: list[dict[str, object]] = []
        self.asked = 0
        self.changed = asyncio.Event()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        [length] = re.findall(r"(?i)content-length: (\d+)", head)
        body = json.loads(await reader.readexactly(int(length)))
        assert head.startswith("POST /hook?key=1 HTTP/1.1")
        assert "content-type: application/json" in head.lower()
        status = self.statuses.pop(0) if self.statuses else 204
        self.asked += 1
        if status == 204:
            self.bodies.append(body)
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        self.changed.set()

    async def until(self, bodies: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.bodies) < bodies:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(statuses)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?key=1"
    async with server:
        yield receiver


@asynccontextmanager
async def delivering(webhook: Webhook) -> AsyncIterator[Webhook]:
    task = asyncio.create_task(webhook.run())
    try:
        yield webhook
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


QUICK = WebhookSettings(retry_first_s=0.001, retry_most_s=0.002, attempts_max=4, queued_alerts_max=2)


def an_alert(text: str) -> Alert:
    return Alerts().happened(found_in(raised(0, text=text)), 0)  # type: ignore[arg-type]


async def test_a_receiver_that_fails_twice_and_then_takes_it_gets_the_alert_once() -> None:
    async with receiving(500, 503) as receiver, delivering(Webhook(receiver.url, QUICK, Random(0))) as webhook:
        Alerts(tellers=[webhook.take]).take([raised(7)])
        await receiver.until(1)
    [body] = receiver.bodies
    assert (body["code"], body["severity"], body["count"], body["dropped"]) == ("overfill", "critical", 1, 0)
    assert body["first_at"] == "1970-01-01T00:00:07.000Z"
    assert (receiver.asked, webhook.dropped) == (3, 0)


async def test_alerts_beyond_the_queue_are_dropped_at_once_and_the_receiver_is_told_how_many() -> None:
    async with receiving() as receiver:
        webhook = Webhook(receiver.url, QUICK, Random(0))
        for text in ("a", "b", "c", "d"):
            webhook.take(an_alert(text))
        assert (webhook.queued, webhook.dropped) == (2, 2)
        async with delivering(webhook):
            await receiver.until(2)
    assert [(body["text"], body["dropped"]) for body in receiver.bodies] == [("a", 2), ("b", 0)]


async def test_what_is_refused_for_good_is_not_tried_again_and_what_keeps_failing_is_given_up() -> None:
    async with receiving(400, 500, 429, 502, 500) as receiver:
        webhook = Webhook(receiver.url, QUICK, Random(0))
        webhook.take(an_alert("refused"))
        webhook.take(an_alert("failing"))
        async with delivering(webhook):
            async with asyncio.timeout(PATIENCE_S):
                await webhook.delivered_all()
            webhook.take(an_alert("taken"))
            await receiver.until(1)
    assert receiver.asked == 1 + QUICK.attempts_max + 1
    assert [(body["text"], body["dropped"]) for body in receiver.bodies] == [("taken", 2)]


async def test_nobody_at_the_address_is_a_failure_like_any_other() -> None:
    async with receiving() as receiver:
        url = receiver.url
    webhook = Webhook(url, WebhookSettings(retry_first_s=0.001, retry_most_s=0.002, attempts_max=2), Random(0))
    webhook.take(an_alert("lost"))
    async with delivering(webhook), asyncio.timeout(PATIENCE_S):
        await webhook.delivered_all()
    assert (webhook.delivered, webhook.dropped) == (0, 1)


@pytest.mark.parametrize("url", ["", "ftp://host/x", "http://", "https://host:port/", "http://host/a b", "host/x"])
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadInput, match="--webhook: must be an address") as refusal:
        checked_url(url)
    assert not url or url not in str(refusal.value)


async def test_a_desks_events_and_its_own_troubles_are_told_the_journals_as_critical() -> None:
    venue = ScriptedVenue("XA")
    driver = driver_on(MemoryJournal(), venue)
    told: list[Alert] = []
    driver.alerts.tellers.append(told.append)
    async with running(driver):
        driver.alarms.raise_("journal", "the disk is full")
        driver.alarms.raise_("journal", "the disk is full")
        report = rep.Fill(
            ts=0,
            venue="XA",
            order_id="nobody",
            exec_id="E1",
            last_qty=Decimal(5),
            last_px=Decimal(10),
            fee=Decimal(0),
            liquidity=Liquidity.TAKER,
            traded_at=0,
        )
        venue.say(report)
        await soon(driver.until(lambda: len(told) > 1))
    assert [(alert.code, alert.severity, alert.about) for alert in told] == [
        ("trouble", "critical", "journal"),
        ("unknown_report", "critical", "nobody"),
    ]


async def test_an_acknowledgement_is_on_record_and_a_restart_knows_what_nobody_has_seen() -> None:
    journal = MemoryJournal()
    driver = driver_on(journal, ScriptedVenue("XA"))
    async with running(driver):
        for mode in ("no_new", "cancel_all"):
            await soon(driver.give(cmd.SetMode(ts=0, scope="desk", mode=mode, by="ann", reason="rough")))
        await soon(driver.until(lambda: len(driver.alerts.open) == 2))
        first, second = driver.alerts.open
        await soon(driver.give(driver.alerts.acknowledgement(first.id, "bob", "seen", 1)))
        await soon(driver.until(lambda: driver.alerts.open == (second,)))
        state_hash = driver.state.state_hash()
    seen = [event for event in journal.events if isinstance(event, ev.AlertAcknowledged)]
    assert [(event.code, event.about, event.by, event.reason) for event in seen] == [("mode", "desk", "bob", "seen")]
    back = replay(journal.events)
    assert back.state_hash() == state_hash
    again = driver_on(MemoryJournal(), ScriptedVenue("XA"), engine=Engine(back))
    [still] = again.alerts.open
    assert (still.text, still.count, still.first_at) == (second.text, second.count, second.first_at)
    await again.journal.close()


def test_what_is_open_is_bounded_in_the_state_too_and_news_of_it_is_no_alert() -> None:
    alerts: OpenAlerts = {}
    for number in range(OPEN_MAX + 5):
        noticed(alerts, raised(number, text=f"{number}"))
    noticed(alerts, ev.ModeChanged(ts=0, scope="desk", mode="active", by="ann", reason="calm"))
    assert len(alerts) == OPEN_MAX
    assert next(iter(alerts.values())).text == "5"

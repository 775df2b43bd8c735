"""What Prometheus reads: counts and latencies as calls come, everything else from the desk at the moment of reading."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

if TYPE_CHECKING:
    from penstock.api.service import Service

QUICK = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Counts:
    """A counter by labels, which takes no lock: it is added to in the loop alone, and read wherever."""

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        self._name, self._meaning, self._labels = name, meaning, labels
        self._counts: dict[tuple[object, ...], int] = {}

    def add(self, *labels: object, count: int = 1) -> None:
        self._counts[labels] = self._counts.get(labels, 0) + count

    def collect(self) -> Iterator[Metric]:
        told = CounterMetricFamily(self._name, self._meaning, labels=self._labels)
        for labels, count in list(self._counts.items()) or ([] if self._labels else [((), 0)]):
            told.add_metric([str(label) for label in labels], count)
        yield told


class Latencies:
    """A histogram that costs a fraction of a microsecond to add to; a collector of one metric, by stage."""

    def __init__(self, name: str, meaning: str, stage: str = "") -> None:
        self._name, self._meaning, self._stage = name, meaning, stage
        self._counts = [0] * (len(QUICK) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(QUICK, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterator[Metric]:
        labels, values = (["stage"], [self._stage]) if self._stage else (None, [])
        told = HistogramMetricFamily(self._name, self._meaning, labels=labels)
        bounds = [*map(str, QUICK), "+Inf"]
        told.add_metric(values, list(zip(bounds, accumulate(self._counts), strict=True)), self._sum)
        yield told


class Stages:
    """The stages of one way, as one metric."""

    def __init__(self, *stages: Latencies) -> None:
        self._stages = stages

    def collect(self) -> Iterator[Metric]:
        first, *others = (metric for stage in self._stages for metric in stage.collect())
        for other in others:
            first.samples += other.samples
        yield first


class Metrics:
    """One registry of its own, so that two servers in one process do not meet."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.orders = Counts("penstock_orders", "Orders, by what became of them.", "outcome")
        self.rejects = Counts("penstock_order_rejects", "Orders not taken, by code.", "code")
        self.calls = Counts("penstock_calls", "Calls, by method and status.", "method", "status")
        self.call_s = Latencies("penstock_call_seconds", "From a request's head to its answer.")
        stage = "penstock_order_stage_seconds", "An order's way, by stage."
        self.checking_s = Latencies(*stage, "checking")  # body to terms
        self.durable_s = Latencies(*stage, "durable")  # in line, through the engine and onto the disk
        self.fills = Counts("penstock_fills", "Executions booked.")
        self.messages = Counts("penstock_stream_messages", "Messages for stream clients.")
        self.dropped = Counts("penstock_stream_clients_dropped", "Stream clients that were slow.")
        registry.register(Stages(self.checking_s, self.durable_s))
        for each in (self.call_s, self.orders, self.rejects, self.calls, self.fills, self.messages, self.dropped):
            registry.register(each)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class Gauges:
    """A collector: how the desk is when it is asked."""

    def __init__(self, service: "Service") -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        service = self._service
        status = service.desk.status()
        state = service.desk.state
        single = {
            "journal_events": ("Events in the journal.", status["durable_seq"]),
            "journal_lag_events": ("Events that are not durable yet.", status["events"] - status["durable_seq"]),
            "inbox_depth": ("Inputs that wait for the engine.", status["inbox"]),
            "clients_waiting": ("Commands that wait for room in the inbox.", status["clients_waiting"]),
            "working_orders": ("Parent orders at work.", status["working"]),
            "taking_orders": ("1 while new orders are taken.", int(status["taking_orders"])),
            "halted": ("1 while the whole desk is halted.", int(bool(status["halted"]))),
            "breakers_open": ("Circuit breakers that are not closed.", len(status["breakers"])),
            "alerts_open": ("Alerts that nobody acknowledged.", len(service.desk.alerts())),
            "stream_clients": ("Clients on the stream.", service.hub.clients),
            "calls_unwritten": ("Calls that are not on record yet.", service.calls.waiting),
            "calls_dropped": ("Calls that never came on record.", service.calls.dropped),
            "orders_in_memory": ("Orders, children included, in memory.", state.orders_in_memory),
        }
        for name, (meaning, value) in single.items():
            yield GaugeMetricFamily(f"penstock_{name}", meaning, value)
        queued = GaugeMetricFamily("penstock_venue_queue_depth", "Messages that wait for a venue.", labels=["venue"])
        up = GaugeMetricFamily("penstock_venue_up", "1 while a venue may be traded on.", labels=["venue"])
        for venue, line in status["venues"].items():
            queued.add_metric([venue], line["queued"])
            up.add_metric([venue], int(line["status"] == "up"))
        yield queued
        yield up

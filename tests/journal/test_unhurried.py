"""A record read beside a loop that trades: the same record, and as much rest as work."""

from collections.abc import Callable
from time import perf_counter

import pytest
from desk_day import day

from penstock.domain.events import AnyEvent
from penstock.journal import WritableRecord, unhurried
from penstock.journal.reading import events_of
from penstock.journal.search import Wanted, search
from penstock.journal.unhurried import SLICE_S, UnhurriedRecord

EVENTS: list[AnyEvent] = list(day(700))


def test_it_says_what_the_record_says_and_rests_as_long_as_its_reader_worked(
    opener: Callable[[], WritableRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr(unhurried, "sleep", rests.append)
    journal = opener()
    for begin in range(0, len(EVENTS), 100):
        journal.append(EVENTS[begin : begin + 100])
        assert journal.tail()[0] == begin + 100
    record = UnhurriedRecord(journal.reader())
    assert list(events_of(record, 250)) == EVENTS[250:]
    assert [seq for seq, _ in search(record, Wanted(kind="SessionStarted"))] == [1]
    assert record.tail() == journal.tail()

    rests.clear()
    worked_s = 0.0
    for _ in record.batches():
        began = perf_counter()
        while perf_counter() - began < 2 * SLICE_S:
            pass
        worked_s += perf_counter() - began
    assert len(rests) == 7
    assert sum(rests) >= worked_s
    record.close()
    journal.close()

"""What every journal does, whatever keeps it: SQLite, memory and PostgreSQL under the same tests."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from time import sleep

import pytest
from desk_day import cancel, day
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.events import AnyEvent
from penstock.journal import (
    ContinuedJournal,
    JournalFenced,
    MemoryJournal,
    WritableRecord,
    open_journal,
    open_record,
    read,
    recover,
    replay,
)
from penstock.journal.batch import merge, seal
from penstock.journal.codec import GENESIS, encode, link
from penstock.journal.reading import events_of, head_at
from penstock.journal.verify import verify_record

Opener = Callable[[], WritableRecord]
EVENTS = day(60)


def chain(events: Sequence[AnyEvent]) -> list[bytes]:
    """The head after each event, worked out by the definition and nothing else."""
    heads = [GENESIS]
    for seq, event in enumerate(events, 1):
        heads.append(link(heads[-1], seq, encode(event)))
    return heads


def test_what_was_appended_is_read_in_order_and_verifies(opener: Opener) -> None:
    journal = opener()
    journal.append(EVENTS[:1])
    journal.append(EVENTS[1:40])
    journal.append(EVENTS[40:])
    assert list(events_of(journal)) == EVENTS
    verdict = verify_record(journal)
    assert (verdict.events, verdict.head, verdict.fault) == (60, chain(EVENTS)[-1].hex(), "")
    journal.close()


def test_number_and_head_follow_every_append_and_survive_reopening(opener: Opener) -> None:
    heads = chain(EVENTS)
    journal = opener()
    assert (journal.seq, journal.head) == (0, GENESIS)
    for first in range(0, 60, 20):
        journal.append(EVENTS[first : first + 20])
        assert (journal.seq, journal.head) == journal.tail() == (first + 20, heads[first + 20])
    journal.close()
    journal = opener()
    assert (journal.seq, journal.head) == (60, heads[60])
    journal.append([cancel(1)])
    assert verify_record(journal).events == 61
    journal.close()


def test_an_empty_append_writes_nothing(opener: Opener) -> None:
    journal = opener()
    journal.append([])
    assert (journal.seq, list(journal.batches())) == (0, [])
    journal.close()


@pytest.mark.parametrize("after", [0, 1, 19, 20, 21, 40, 59, 60])
def test_reading_may_begin_after_any_event(opener: Opener, after: int) -> None:
    journal = opener()
    for first in range(0, 60, 20):
        journal.append(EVENTS[first : first + 20])
    assert list(events_of(journal, after)) == EVENTS[after:]
    journal.close()


def test_the_head_at_any_event_is_known(opener: Opener) -> None:
    journal = opener()
    journal.append(EVENTS[:33])
    journal.append(EVENTS[33:])
    heads = chain(EVENTS)
    assert [head_at(journal, seq) for seq in range(61)] == heads
    assert head_at(journal, 61) is None
    journal.close()


@pytest.mark.parametrize("happened", [True, False])
def test_after_a_write_whose_answer_was_lost_the_journal_says_where_it_is(opener: Opener, happened: bool) -> None:
    """The commit may have happened although its answer never came: the writer still believes in its old place."""
    journal = opener()
    journal.append(EVENTS[:10])
    before, batch = (journal.seq, journal.head), seal(journal.seq, journal.head, EVENTS[10:30])
    if happened:
        journal.write(batch)
        if not isinstance(journal, MemoryJournal):
            journal.seq, journal.head = before
    assert journal.resume() == ((30, batch.hash) if happened else before)
    journal.append(EVENTS[journal.seq :])
    assert list(events_of(journal)) == EVENTS
    assert verify_record(journal).fault == ""
    journal.close()


def test_a_second_writer_is_refused_until_the_first_lets_go(place: Path | str) -> None:
    first = open_journal(place)
    with pytest.raises(JournalFenced, match="another process is writing this journal"):
        open_journal(place)
    first.append(EVENTS)
    first.close()
    second = open_journal(place)
    assert second.seq == 60
    second.close()


def test_who_waited_for_the_writer_before_is_the_only_one(place: Path | str) -> None:
    first = open_journal(place)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(open_journal, place)
        sleep(0.3)
        first.close()
        second = waiting.result()
    with pytest.raises(JournalFenced, match="another process is writing this journal"):
        open_journal(place)
    second.close()


def test_a_writer_that_was_overtaken_is_refused(place: Path | str) -> None:
    """The lock aside, a batch goes in only right after the event that its writer wrote last."""
    journal = open_journal(place)
    journal.append(EVENTS[:10])
    journal.seq, journal.head = 0, GENESIS
    with pytest.raises(JournalFenced, match="another process has written"):
        journal.append(EVENTS[20:30])
    assert list(events_of(journal)) == EVENTS[:10]
    journal.close()


def test_readers_read_while_the_writer_writes(place: Path | str) -> None:
    journal = open_journal(place)
    journal.append(EVENTS[:30])
    reader = open_record(place)
    assert len(list(events_of(reader))) == 30
    journal.append(EVENTS[30:])
    assert list(events_of(reader, 30)) == EVENTS[30:]
    reader.close()
    journal.close()
    assert list(read(place)) == EVENTS
    assert recover(place).state_hash() == replay(EVENTS).state_hash()


def test_a_journal_that_is_not_there_is_bad_input(tmp_path: Path, database: str) -> None:
    for location in (tmp_path / "none.db", tmp_path, database):
        with pytest.raises(BadInput, match="there is no journal here"):
            open_record(location)


cuts = st.lists(st.integers(0, 60), max_size=12).map(lambda places: sorted({0, 60, *places}))


@given(cuts=cuts)
def test_any_batching_gives_the_same_head(cuts: list[int]) -> None:
    journal = MemoryJournal()
    for start, end in pairwise(cuts):
        journal.append(EVENTS[start:end])
        assert journal.head == chain(EVENTS)[end]


@given(cuts=cuts)
def test_batches_that_are_merged_are_the_batch_that_would_have_been_sealed(cuts: list[int]) -> None:
    seq, head, batches = 0, GENESIS, []
    for start, end in pairwise(cuts):
        batches.append(seal(seq, head, EVENTS[start:end]))
        seq, head = batches[-1].last_seq, batches[-1].hash
    assert merge(batches) == seal(0, GENESIS, EVENTS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(cuts=cuts, died_at=st.integers(0, 60))
def test_a_run_taken_up_again_ends_with_the_head_of_one_that_never_died(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], died_at: int
) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.db"
    journal = open_journal(path, durability="process")
    journal.append(EVENTS[:died_at])
    journal.close()
    continued = ContinuedJournal(EVENTS[:died_at], open_journal(path, durability="process"))
    for start, end in pairwise(cuts):
        continued.append(EVENTS[start:end])
    continued.close()
    record = open_record(path)
    assert record.tail() == (60, chain(EVENTS)[60])
    assert verify_record(record).fault == ""
    record.close()

"""Processes killed, disks full, databases gone: what was promised is there, once and in order."""

import asyncio
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from desk_day import cancel

from penstock.domain.errors import BadInput
from penstock.journal import GroupCommit, JournalFenced, JournalUnavailable, open_journal, open_record, read, verify
from small_disk import FullDisk, small_disk

if TYPE_CHECKING:
    from throwaway_postgres import Postgres

HERE = Path(__file__).parent


@pytest.mark.parametrize("promises", [1, 2, 50, 777, 3000])
def test_a_writer_killed_at_any_instant_has_lost_nothing_it_promised(place: Path | str, promises: int) -> None:
    for life in (1, 2):
        process = subprocess.Popen(
            [sys.executable, "busy_writer.py", str(place)], cwd=HERE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        promised = [int(process.stdout.readline()) for _ in range(promises)]
        process.send_signal(signal.SIGKILL)
        promised += [int(line) for line in process.stdout if line.endswith("\n")]
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        verdict = verify(place)
        assert verdict.fault == ""
        assert verdict.events >= promised[-1]
        assert promised == list(range(promised[0], promised[-1] + 2, 2)), f"in order, in life {life}"
    events = list(read(place))
    assert events == [cancel(number) for number in range(1, len(events) + 1)]


class FileLimit:
    """Lets no file of a journal's writer grow beyond a bound, and lifts that again."""

    def __init__(self, group: GroupCommit) -> None:
        assert group.writer is not None
        self._pid = group.writer.pid
        self._before = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)

    def squeeze(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (64 * 1024, self._before[1]))

    def release(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, self._before)


Scarcity = Callable[[GroupCommit], FullDisk | FileLimit]


@pytest.fixture(params=["full disk", "file limit"])
def scarcity(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scarcity]:
    if request.param == "file limit":
        yield FileLimit
    else:
        with small_disk(tmp_path):
            yield lambda _: FullDisk(tmp_path)


async def submit_until_it_fails(group: GroupCommit, acknowledged: list[int]) -> JournalUnavailable:
    """Submit ten events at a time until a write fails; keeps the numbers of those that were made durable."""
    while True:
        try:
            acknowledged.append(await group.submit([cancel(group.seq + number) for number in range(1, 11)]))
        except JournalUnavailable as fault:
            return fault


async def test_a_full_disk_stops_the_journal_and_loses_nothing(tmp_path: Path, scarcity: Scarcity) -> None:
    path = tmp_path / "journal.db"
    group = GroupCommit(open_journal(path))
    acknowledged = [await group.submit([cancel(1)])]
    space = scarcity(group)
    space.squeeze()
    fault = await submit_until_it_fails(group, acknowledged)
    assert f"{path}: cannot be written" in str(fault)
    assert not group.healthy
    assert group.durable_seq == acknowledged[-1]
    with pytest.raises(JournalUnavailable):
        await group.retry()
    waiting = group.submit([cancel(group.seq + 1)])
    space.release()
    last = await group.retry()
    assert await waiting == last == group.seq
    assert group.healthy
    await group.close()
    assert list(read(path)) == [cancel(number) for number in range(1, last + 1)]
    assert verify(path).fault == ""


async def test_postgresql_stopped_in_mid_flight_is_told_and_continues_in_order(
    postgres: "Postgres", database: str
) -> None:
    group = GroupCommit(open_journal(database))
    acknowledged: list[int] = []
    flow = asyncio.ensure_future(submit_until_it_fails(group, acknowledged))
    while len(acknowledged) < 20:
        await asyncio.sleep(0)
    await asyncio.to_thread(postgres.stop)
    try:
        fault = await flow
        assert "cannot be written" in str(fault)
        with pytest.raises(JournalUnavailable, match="the database does not answer"):
            await group.retry()
        with pytest.raises(JournalUnavailable, match="the database does not answer"):
            open_record(database)
    finally:
        await asyncio.to_thread(postgres.start)
    waiting = group.submit([cancel(group.seq + 1)])
    last = await group.retry()
    assert await waiting == last == group.seq
    await group.close()
    assert list(read(database)) == [cancel(number) for number in range(1, last + 1)]
    assert verify(database).fault == ""


async def test_a_writer_that_is_killed_is_told_and_another_goes_on_in_order(place: Path | str) -> None:
    group = GroupCommit(open_journal(place))
    acknowledged: list[int] = []
    for life in range(3):
        flow = asyncio.ensure_future(submit_until_it_fails(group, acknowledged))
        while len(acknowledged) < 20 * (life + 1):
            await asyncio.sleep(0)
        assert group.writer is not None
        group.writer.kill()
        assert "cannot be written: its writer died" in str(await flow)
        assert not group.healthy
        waiting = group.submit([cancel(group.seq + 1)])
        assert await group.retry() == await waiting == group.seq
        assert group.healthy
    assert acknowledged == sorted(set(acknowledged))
    await group.close()
    assert list(read(place)) == [cancel(number) for number in range(1, group.seq + 1)]
    assert verify(place).fault == ""


async def test_a_writer_takes_no_signals_which_are_meant_for_its_desk_and_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    group = GroupCommit(open_journal(tmp_path / "journal.db"))
    await group.submit([cancel(1)])
    assert group.writer is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        group.writer.send_signal(number)
    assert await group.submit([cancel(2)]) == 2
    await group.close()
    assert group.writer.returncode == 0
    assert capfd.readouterr() == ("", "")


async def test_one_desk_writes_a_journal_and_a_second_one_is_refused(place: Path | str) -> None:
    group = GroupCommit(open_journal(place))
    await group.submit([cancel(1)])
    with pytest.raises(JournalFenced, match="another process is writing this journal"):
        await asyncio.to_thread(open_journal, place)
    assert await group.submit([cancel(2)]) == 2
    await group.close()
    with closing(open_journal(place)) as journal:
        assert journal.seq == 2


def test_a_writer_that_lost_its_session_and_was_replaced_cannot_write(database: str) -> None:
    first = open_journal(database)
    first.append([cancel(1)])
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint"
            " = hashtext('penstock journal')::bigint & 4294967295 AND objid::bigint"
            " = hashtext(current_schema())::bigint & 4294967295"
        )
    with pytest.raises(JournalUnavailable, match="cannot be written"):
        first.append([cancel(2)])
    second = open_journal(database)
    second.append([cancel(3)])
    second_end = (second.seq, second.head)
    with pytest.raises(JournalFenced, match="another process is writing"):
        first.resume()
    second.close()
    assert first.resume() == second_end, "which is not where the first one was"
    first.close()
    assert list(read(database)) == [cancel(1), cancel(3)]


def test_a_session_that_was_lost_is_taken_up_again(database: str) -> None:
    journal = open_journal(database)
    journal.append([cancel(1)])
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(JournalUnavailable):
        journal.append([cancel(2)])
    assert journal.resume() == (journal.seq, journal.head)
    journal.append([cancel(2)])
    assert list(read(database)) == [cancel(1), cancel(2)]
    journal.close()


WRONG: list[tuple[str, type[Exception], str]] = [
    (
        "postgresql://nobody:secret@127.0.0.1:1/none",
        JournalUnavailable,
        "nobody@127.0.0.1:1/none: the database does not",
    ),
    ("postgresql://x?no_such_option=1", BadInput, "not a database's URL"),
]


@pytest.mark.parametrize(("url", "kind", "said"), WRONG)
@pytest.mark.parametrize("opened", [open_journal, open_record])
def test_a_database_that_is_not_there_is_one_line_without_the_password(
    opened: Callable[[str], object], url: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as error:
        opened(url)
    assert said in str(error.value)
    assert "secret" not in str(error.value)
    assert len(str(error.value).splitlines()) == 1

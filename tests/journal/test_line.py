"""The line to a journal's writer: every message arrives whole and in order, however large and however they are cut."""

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.journal.batch import Batch
from penstock.journal.line import INLINE_BYTES_MAX, Durable, Line, Message, Resume, Write

Ends = tuple[Line, Line]


def ends() -> Ends:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    return Line(ours), Line(theirs)


@pytest.fixture
def pair() -> Iterator[Ends]:
    pair = ends()
    yield pair
    for end in pair:
        end.close()


def write(size: int) -> Write:
    return Write(Batch(1, 1, 0, bytes(size), b"mark", bytes(32)))


@settings(deadline=None, max_examples=30)
@given(sizes=st.lists(st.sampled_from([0, 100, INLINE_BYTES_MAX - 200, INLINE_BYTES_MAX + 1, 1_000_000]), max_size=20))
def test_whatever_is_sent_arrives_whole_and_in_order(sizes: list[int]) -> None:
    ours, theirs = ends()
    sent: list[Message] = [write(size) for size in sizes]
    for message in sent:
        ours.send(message)
    came: list[Message] = []
    while len(came) < len(sent):
        came += theirs.receive()
        ours.flush()
    assert came == sent
    assert theirs.receive() == []
    ours.close()
    with pytest.raises(EOFError):
        theirs.receive()
    theirs.close()


def test_without_files_in_memory_a_large_message_goes_in_one_on_disk(
    pair: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    ours, theirs = pair
    assert ours.send(write(1_000_000))
    assert ours.send(Durable(7))
    came: list[Message] = []
    while len(came) < 2:
        came += theirs.receive()
    assert came == [write(1_000_000), Durable(7)]


def test_what_was_not_taken_off_the_line_leaves_no_file_open(pair: Ends) -> None:
    ours, theirs = pair
    before = len(os.listdir("/proc/self/fd"))
    while ours.send(write(INLINE_BYTES_MAX + 1)):
        pass
    theirs.receive()
    ours.close()
    theirs.close()
    assert len(os.listdir("/proc/self/fd")) == before - 2


def test_a_line_whose_other_end_is_gone_says_so(pair: Ends) -> None:
    ours, theirs = pair
    theirs.close()
    with pytest.raises(OSError, match="pipe"):
        ours.send(Resume())
    with pytest.raises(EOFError):
        ours.receive()

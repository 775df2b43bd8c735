"""The writer of a live desk's journal, a process of its own: `python -m penstock.journal.writer DESCRIPTOR`.

It takes what has gathered in the line, makes it durable in one commit and says how far it is, again and again. Beside
a desk that is nothing for a thread: the interpreter's lock would have to be waited for several times a commit. It
lives and dies with its desk: the end of the line is its end.
"""

import os
import signal
import socket
import sys

from penstock.domain.errors import PenstockError
from penstock.journal.batch import Batch, merge
from penstock.journal.line import Begin, Durable, Failed, Finish, Finished, Line, Message, OnRecord, Resume, Write
from penstock.journal.location import open_journal
from penstock.journal.record import JournalFenced, JournalUnavailable, WritableRecord


def serve(line: Line, journal: WritableRecord) -> None:
    """Write what comes down the line until it is told to finish.

    After a failure nothing is written before it is told to resume: what comes meanwhile will be sent again.

    Raises:
        EOFError, OSError: nobody is at the other end.
    """
    line.send(OnRecord(journal.seq, journal.head))
    failed = False
    while True:
        messages = line.receive()
        batches = [message.batch for message in messages if isinstance(message, Write)]
        if batches and not failed:
            failed = not told(line, tried(journal, merge(batches)))
        if any(isinstance(message, Resume) for message in messages):
            failed = not told(line, tried(journal, None))
        if any(isinstance(message, Finish) for message in messages):
            return


def told(line: Line, outcome: Message) -> bool:
    """Tell the desk; returns whether it went well."""
    line.send(outcome)
    return not isinstance(outcome, Failed)


def tried(journal: WritableRecord, batch: Batch | None) -> Message:
    """What came of writing a batch or, without one, of taking up the journal again after a failure."""
    try:
        if batch is None:
            return OnRecord(*journal.resume())
        journal.write(batch)
    except JournalUnavailable as error:
        return Failed(str(error), is_fenced=isinstance(error, JournalFenced))
    except Exception as error:  # a bug: fail-stop as well, with the desk told instead of left waiting
        return Failed(f"the journal's writer failed: {type(error).__name__}: {error}")
    return Durable(batch.last_seq)


def main(descriptor: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the desk, which has things to write until its end
        signal.signal(number, signal.SIG_IGN)
    line = Line(socket.socket(fileno=descriptor))
    try:
        [begin] = line.receive()
        assert isinstance(begin, Begin)
        try:
            journal = open_journal(begin.location, durability=begin.durability)
        except PenstockError as error:
            line.send(Failed(str(error), is_fenced=isinstance(error, JournalFenced)))
            return
        serve(line, journal)
        try:
            journal.close()
            line.send(Finished())
        except JournalUnavailable as error:
            line.send(Finished(str(error)))
    except (EOFError, OSError):
        os._exit(1)  # the desk died: another may be waiting for its journal already


if __name__ == "__main__":
    main(int(sys.argv[1]))

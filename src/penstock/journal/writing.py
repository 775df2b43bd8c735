"""A live desk's journal written by a process of its own: `python -m penstock.journal.writing DESCRIPTOR`.

Beside a desk that is nothing for a thread: the interpreter's lock would have to be waited for several times a commit.
The process lives and dies with its desk: the end of the line, whose descriptor it is given, is its end.
"""

import os
import signal
import socket
import sys

from penstock.domain.errors import PenstockError
from penstock.journal.line import Begin, Failed, Finished, Line
from penstock.journal.location import open_journal
from penstock.journal.record import JournalFenced, JournalUnavailable
from penstock.journal.writer import serve


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

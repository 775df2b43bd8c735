"""The writer of a live desk's journal: it takes what has gathered in the line, makes it durable in one commit and says
how far it is, again and again.
"""

from penstock.journal.batch import Batch, merge
from penstock.journal.line import Durable, Failed, Finish, Line, Message, OnRecord, Resume, Write
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

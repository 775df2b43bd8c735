"""A journal's index brought up to its end, by a process of its own: `python -m penstock.journal.indexing`.

Where the journal is comes on standard input, for it may hold a password. The index says which events speak of an order:
to extend it, all of them are read. Beside a desk that is nothing for a thread, which would take the interpreter from
whoever trades.
"""

import os
import sys
from contextlib import closing

from penstock.domain.errors import PenstockError
from penstock.journal.history import indexed
from penstock.journal.location import open_record

COMMAND = (sys.executable, "-m", "penstock.journal.indexing")
NICENESS = 10  # trading goes first


def main() -> str:
    """Returns what went wrong; empty if nothing did."""
    os.nice(NICENESS)
    try:
        with closing(open_record(sys.stdin.read().strip())) as record, indexed(record):
            return ""
    except PenstockError as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main() or 0)

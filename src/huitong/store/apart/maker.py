"""The process that makes a segment's files: ``python -m huitong.store.apart.maker SOCKET``, started by ``make_apart``."""

import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from huitong.store.apart.sealing import Wanted
from huitong.store.apart.wire import BEAT_SECONDS, Beat, Link, packed, sendable
from huitong.store.opening import open_log
from huitong.store.segments.sealing import make_segment
from huitong.store.starting import LogOptions
from huitong.store.writer import Answer

NICENESS = 10
"""Whoever decides and whoever writes go first."""


def make(link: Link) -> None:
    """Makes the files of the range that it is told."""
    wanted: Wanted = link.hear()
    over = threading.Event()
    threading.Thread(target=_beat, args=(link, over), name="huitong-log-pulse", daemon=True).start()
    options: LogOptions = {**wanted.opening.options, "writable": False, "signer": None, "master": None}
    try:
        with open_log(wanted.opening.address, **options) as log:
            segment = make_segment(
                log.reader, wanted.first, wanted.stop, wanted.contracts, lambda at: link.say(packed(at)), unfinished=wanted.unfinished
            )
    except Exception as error:
        link.say(packed(sendable(Answer(error=error))))
    else:
        link.say(packed(Answer(segment)))
    finally:
        over.set()


def _beat(link: Link, over: threading.Event) -> None:
    """Says that this process lives, for nothing is told of how far it is while it reads on, compresses or uploads for long."""
    with suppress(OSError):  # whoever asked is gone, which the next word of the work hears too
        while not over.wait(BEAT_SECONDS):
            link.say(packed(Beat([], [])))


def main() -> None:
    """Runs the process."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to a whole group of processes: this one ends with whoever asked it
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    with suppress(EOFError, OSError):  # whoever asked is gone
        make(Link(Connection(int(sys.argv[1]))))


if __name__ == "__main__":
    main()

"""Starts a process of this program that is told by a pair of sockets what to do, and nothing on its command line."""

import subprocess
import sys
from multiprocessing import Pipe

from huitong.store.apart.errors import not_started
from huitong.store.apart.wire import Link


def started(module: str, where: str) -> tuple[subprocess.Popen[bytes], Link]:
    """The process, and our end of the pair of sockets.

    Args:
        module: What it runs, told the number of its own end.
        where: The log's path or address, for messages.

    Raises:
        ExternalError: If the system starts no process.
    """
    ours, theirs = Pipe()
    number = theirs.fileno()
    try:
        command = [sys.executable, "-m", module, str(number)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[number])  # noqa: S603 -- our own words
    except OSError as error:
        ours.close()
        raise not_started(where, error) from error
    finally:
        theirs.close()
    return process, Link(ours)

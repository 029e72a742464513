"""Files of a segment from a process of its own: to read, check, sort and compress a hundred thousand records takes seconds of processor
time, in which whoever decides would have to share its interpreter.
"""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from huitong.contracts import DataContract
from huitong.kernel import HuitongError
from huitong.store.apart.errors import maker_ended
from huitong.store.apart.opening import Opening
from huitong.store.apart.starting import started
from huitong.store.apart.wire import packed
from huitong.store.apart.writer import ApartWriter
from huitong.store.segments.manifest import Segment
from huitong.store.segments.reading import SealedReader
from huitong.store.segments.sealer import Make
from huitong.store.segments.sealing import make_segment
from huitong.store.writer import Answer, Writes

ENDS_SECONDS_MAX = 5.0
"""How long a process that is no longer listened to may take to end by itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What such a process is told: the log, and the range of records; see ``make_segment``."""

    opening: Opening
    first: int
    stop: int
    contracts: Mapping[str, DataContract]


def maker_for(writer: Writes | None, reader: SealedReader) -> Make:
    """What makes the segments of a log: this process, or one of its own where another one writes too."""
    if isinstance(writer, ApartWriter):
        return partial(make_apart, writer.opening, reader.where)
    return partial(make_segment, reader)


def make_apart(
    opening: Opening, where: str, first: int, stop: int, contracts: Mapping[str, DataContract], told: Callable[[int], None]
) -> Segment:
    """See ``make_segment``; where ``told`` raises, the process ends, and leaves at most whole files that no segment names.

    Args:
        opening: The log, which the process only reads.
        where: Its path or address, for messages.
        first: First position.
        stop: Position after the last one.
        contracts: By kind.
        told: Told the position that was reached.

    Raises:
        ExternalError: If the system starts no process, or it ends, or says nothing for long.
        HuitongError: As ``make_segment``.
    """
    process, link = started("huitong.store.apart.maker", where)
    try:
        with suppress(EOFError, OSError):
            link.say(packed(Wanted(opening, first, stop, contracts)))
            while link.heard(opening.hung_seconds or None):
                said: int | Answer = link.hear()
                if isinstance(said, int):
                    told(said)
                elif isinstance(said.error, HuitongError):
                    raise said.error
                elif said.error is not None:  # no memory, for example
                    raise maker_ended(where) from said.error
                else:
                    segment: Segment = said.result
                    return segment
        raise maker_ended(where)
    finally:
        link.close()  # what it says next tells it that nobody listens: it takes its unfinished files with it
        try:
            process.wait(ENDS_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

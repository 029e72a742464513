"""Files of a segment from a process of its own: to read, check, sort and compress a hundred thousand records takes seconds of processor
time, in which whoever decides would have to share its interpreter.
"""

import secrets
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
from huitong.store.apart.wire import Beat, packed
from huitong.store.apart.writer import ApartWriter
from huitong.store.segments.manifest import Segment
from huitong.store.segments.places import UNFINISHED
from huitong.store.segments.reading import SealedReader
from huitong.store.segments.sealer import Make
from huitong.store.segments.sealing import drop_unfinished, make_segment
from huitong.store.writer import Answer, Writes

ENDS_SECONDS_MAX = 5.0
"""How long a process that is no longer listened to may take to end by itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What such a process is told: the log, the range of records, and how its unfinished files are called; see ``make_segment``."""

    opening: Opening
    first: int
    stop: int
    contracts: Mapping[str, DataContract]
    unfinished: str


def maker_for(writer: Writes | None, reader: SealedReader) -> Make:
    """What makes the segments of a log: this process, or one of its own where another one writes too."""
    if isinstance(writer, ApartWriter):
        return partial(make_apart, writer.opening, reader)
    return partial(make_segment, reader)


def make_apart(
    opening: Opening, reader: SealedReader, first: int, stop: int, contracts: Mapping[str, DataContract], told: Callable[[int], None]
) -> Segment:
    """See ``make_segment``; where ``told`` raises, the process ends, and leaves at most whole files that no segment names.

    Args:
        opening: The log, which the process only reads.
        reader: Of the log, and of the place that takes the files.
        first: First position.
        stop: Position after the last one.
        contracts: By kind.
        told: Told the position that was reached, and while it stays the same, each second.

    Raises:
        ExternalError: If the system starts no process, or it ends, or stands still.
        HuitongError: As ``make_segment``.
    """
    where, unfinished, at = reader.where, f"{UNFINISHED}{secrets.token_hex(8)}-", first
    process, link = started("huitong.store.apart.maker", where)
    try:
        with suppress(EOFError, OSError):
            link.say(packed(Wanted(opening, first, stop, contracts, unfinished)))
            while link.heard(opening.hung_seconds or None):
                said: int | Beat | Answer = link.hear()
                if isinstance(said, int | Beat):
                    at = at if isinstance(said, Beat) else said
                    told(at)  # also while it only lives, as in a long upload, so that whoever is told can end it
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
        with suppress(HuitongError, OSError):  # what cannot be deleted, a check of the log tells of
            drop_unfinished(reader.place, unfinished)

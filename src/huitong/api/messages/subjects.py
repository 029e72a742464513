"""The stream and its subjects: made where they are not there, left as they are where somebody made them."""

from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Subjects:
    """Where messages go.

    Attributes:
        stream: Name of the stream.
        events: Subject of events for us.
        decisions: Subject of our decisions.
        dead: Subject of events that could not be taken, each with its problem.
        durable: Name of our consumer.
    """

    stream: str = "HUITONG"
    events: str = "huitong.events"
    decisions: str = "huitong.decisions"
    dead: str = "huitong.dead"
    durable: str = "huitong"


async def ensure_stream(jetstream: JetStreamContext, subjects: Subjects) -> None:
    """Makes the stream where there is none."""
    try:
        await jetstream.stream_info(subjects.stream)
    except NotFoundError:
        wanted = [subjects.events, subjects.decisions, subjects.dead]
        await jetstream.add_stream(StreamConfig(name=subjects.stream, subjects=wanted, duplicate_window=120.0))

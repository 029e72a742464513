"""Messages: events taken from NATS JetStream and decided, decisions published there. The stream carries; the log is the record.

For whom: core systems that send events rather than ask over HTTP. How: envelopes of many events (CloudEvents batches), because one message
an event is ten times slower; a message is acknowledged after our own commit, never before; the same event twice has one effect, by its id;
what cannot be taken goes to a subject of its own with its findings. What was published last stands in the stream itself, so that a stream
that was deleted is filled again from the log. Where it fails: an answer to who waits is HTTP's business; a consumer of decisions may see
one twice and tells by its id.
"""

from huitong.api.messages.consumer import Consumer
from huitong.api.messages.envelope import CONTENT_TYPE, EVENTS_MAX, pack, pack_decisions, unpack
from huitong.api.messages.publisher import Publisher, Tail
from huitong.api.messages.subjects import Subjects, ensure_stream

__all__ = [
    "CONTENT_TYPE",
    "EVENTS_MAX",
    "Consumer",
    "Publisher",
    "Subjects",
    "Tail",
    "ensure_stream",
    "pack",
    "pack_decisions",
    "unpack",
]

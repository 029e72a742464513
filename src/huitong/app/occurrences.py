"""What happens while a bank is served, a line each on the error stream: JSON for machines, text for people.

No line says anything about a person. Ours name only what stands in ``FIELDS``. Of an exception they tell its kind and where it was raised,
not what it says, for that may quote a record; and of what libraries write, where it was written, unless its text is fixed.
"""

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Literal, TextIO

import msgspec

from huitong.kernel import HuitongError, time_text

Form = Literal["json", "text"]
FIELDS = ("request", "trace", "method", "route", "status", "ms", "code", "cause", "part", "address", "version", "subscription", "attempt")
"""What a line may name beside what happened."""
FRAMES_MAX = 20
"""Most places of an exception's way that a line names, the last ones."""
_OURS = "huitong"
_FIXED_TEXTS = frozenset({"uvicorn.error"})
"""Loggers of libraries whose texts quote nothing."""


def occurrence_of(record: logging.LogRecord) -> Mapping[str, object]:
    """What a line says."""
    said: dict[str, object] = {
        "time": time_text(int(record.created * 1e6)),
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    if record.name.partition(".")[0] == _OURS or (record.name in _FIXED_TEXTS and not record.exc_info):
        said["event"] = str(record.msg)
    else:
        said["event"] = f"{record.module}:{record.funcName}:{record.lineno}"
    said |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        said["error"] = type(error).__qualname__
        if isinstance(error, HuitongError):
            said["code"] = error.code
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        said["where"] = [f"{frame.filename.rpartition('site-packages/')[2].rpartition('/src/')[2]}:{frame.lineno}" for frame in frames]
    return said


class JsonLines(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return msgspec.json.encode(occurrence_of(record)).decode()


class PlainLines(logging.Formatter):
    """``12:00:00 INFO request route=/v1/alerts status=200``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said = dict(occurrence_of(record))
        time, level, event = str(said.pop("time"))[11:19], str(said.pop("level")).upper(), said.pop("event")
        said.pop("logger")
        return " ".join([f"{time} {level} {event}", *(f"{name}={value}" for name, value in said.items())])


def default_form(stream: TextIO | None = None) -> Form:
    """Text for a person at a terminal, JSON for whatever collects lines."""
    return "text" if (stream or sys.stderr).isatty() else "json"


def write_occurrences(form: Form, stream: TextIO | None = None) -> logging.Handler:
    """Sends what happens, from here on, to a stream; returns the handler, to be taken away again.

    Args:
        form: Of the lines.
        stream: By default the error stream.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(logging.INFO)
    return handler

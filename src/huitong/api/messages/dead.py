"""Dead letters: what could not be taken, with what is wrong with it, as long as the broker takes messages."""

import msgspec

from huitong.api.problems import problem_of
from huitong.api.service import Document
from huitong.kernel import HuitongError, InputError

_TEXT_MAX = 2_000
"""Most characters of a cause that stands beside a letter that is cut short."""


def dead_letter(event: Document, error: HuitongError, bytes_max: int) -> bytes:
    """The letter.

    Args:
        event: The event, or the message.
        error: Why it cannot be taken.
        bytes_max: Longest body that the broker takes. Of what is longer the letter has the length, its beginning as text, and the
            problem without findings.
    """
    letter = msgspec.json.encode({"event": event, "problem": problem_of(error)})
    if len(letter) <= bytes_max:
        return letter
    whole = msgspec.json.encode(event)
    begins = whole[: bytes_max // 8].decode("utf-8", "replace")  # each byte may become six: \\u00XX
    cause = {language: text[:_TEXT_MAX] for language, text in error.cause.items()}
    short = problem_of(InputError(error.code, {"en": cause["en"], "zh": cause["zh"]}, error.remedy))
    return msgspec.json.encode({"cut": {"bytes": len(whole), "begins": begins}, "problem": short})

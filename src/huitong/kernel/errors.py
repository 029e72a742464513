"""The error tree: who can fix it, what happened, what to do, in Chinese and English.

HuitongError
├── InputError      the caller can fix it (a bad value, a missing file, a wrong option)          exit 2   HTTP 422
├── DataError       data is missing, stale, inconsistent or damaged                              exit 3   HTTP 409
├── PolicyError     forbidden or made impossible by a policy, a rule, a limit or a grade         exit 4   HTTP 403
└── ExternalError   a device, a service, the network, the disk                                   exit 5   HTTP 503
    └── BusyError   more at once than is taken on; the same again a little later will do         exit 5   HTTP 429
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

Text = Mapping[Language, str]
"""One sentence in every language a person may read; both keys are always there."""
NO_JSON = (ValueError, RecursionError)
"""What decoders raise over what is no JSON or of another shape (``msgspec``'s are ``ValueError``), in no UTF-8, or nested too deeply."""


class HuitongError(Exception):
    """Base of every error that Huitong raises on purpose.

    Args:
        code: Stable dotted name, for machines and for the docs (``"payment.amount.negative"``).
        cause: What happened, with the offending values, in zh and en.
        remedy: What the reader can do about it, in zh and en.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retry_after_s: int | None = None
    """After how many seconds the same may be asked again, where that is all it takes."""

    def __init__(self, code: str, cause: Text, remedy: Text) -> None:
        for text in (cause, remedy):
            missing = [language for language in LANGUAGES if not text.get(language)]
            if missing:
                raise ValueError(f"error {code} lacks its text in {missing}")
        self.code = code
        self.cause = dict(cause)
        self.remedy = dict(remedy)
        super().__init__(self.message("en"))

    def message(self, language: Language) -> str:
        """Cause and remedy as one line in ``language``."""
        stop = "。" if language == "zh" else "; "
        return f"{self.cause[language]}{stop}{self.remedy[language]}"

    def __reduce__(self) -> tuple[type["HuitongError"], tuple[str, Text, Text]]:
        return type(self), (self.code, self.cause, self.remedy)


class InputError(HuitongError):
    """The caller sent something that cannot be used and can send something better."""

    exit_code = 2
    http_status = 422


class DataError(HuitongError):
    """Stored or received data is missing, stale, inconsistent or damaged."""

    exit_code = 3
    http_status = 409


class PolicyError(HuitongError):
    """A policy is wrong, or a policy, limit or grade forbids the act."""

    exit_code = 4
    http_status = 403


class ExternalError(HuitongError):
    """A disk, a device, a service or the network failed."""

    exit_code = 5
    http_status = 503


class BusyError(ExternalError):
    """More is asked at once than is taken on; nothing was done, and the same may be asked again after ``retry_after_s``."""

    http_status = 429
    retry_after_s = 1

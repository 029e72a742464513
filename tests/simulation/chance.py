"""What a simulation has instead of a machine: a clock that is told, a signing key of its own, and the crash that ends a process."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

START_US = 1_700_000_000_000_000


class CrashError(BaseException):
    """The process is gone: nobody hears an answer, and nothing that it holds in memory is left."""


class SimulatedClock:
    """Tells the time of day, which may jump, and the time that passes, which may not."""

    def __init__(self) -> None:
        self.day_us = START_US
        self.passed_s = 0.0

    def now_us(self) -> int:
        """See ``Clock``."""
        return self.day_us

    def passed(self) -> float:
        """Seconds since the beginning."""
        return self.passed_s

    def pause(self, seconds: float) -> None:
        """Lets time pass."""
        self.passed_s += seconds
        self.day_us += round(seconds * 1e6)

    def jump(self, microseconds: int) -> None:
        """Sets the time of day forwards or back."""
        self.day_us += microseconds


class SimulatedSigner:
    """A key made from a number."""

    def __init__(self, number: int) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
        self.public_key = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """See ``Signer``."""
        return self._key.sign(message)

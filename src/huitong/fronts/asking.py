"""What the head of a request says of its caller, read from its bytes: for requests that are passed through and not read here."""

from dataclasses import dataclass

_SAFE_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who waits for the answer to a request that is passed through.

    Attributes:
        language: What they read, as their header says.
        page: Whether it is a person at a browser, who reads pages.
        method: The request's.
    """

    language: str
    page: bool
    method: str

    @property
    def safe(self) -> bool:
        """Whether the same may be asked again without a thought."""
        return self.method in _SAFE_METHODS


def asking_of(head: bytes) -> Asking | None:
    """Who waits for the answer to a request; ``None`` where the connection becomes something else than HTTP.

    Args:
        head: The request, from its first line on.
    """
    if header_in(head, b"upgrade"):
        return None
    page = "text/html" in header_in(head, b"accept").lower()
    return Asking(header_in(head, b"accept-language"), page, head.partition(b" ")[0].decode("latin-1"))


def header_in(head: bytes, wanted: bytes) -> str:
    """A header of a request that may be no plain one; empty where it has none.

    Args:
        head: The request, from its first line on.
        wanted: The header's name in small letters.
    """
    for line in head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == wanted:
            return value.strip().decode("latin-1")
    return ""

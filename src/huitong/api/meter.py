"""What was asked over HTTP since the start, counted by route: a route is the pattern of an address, so that it names nobody."""

from collections.abc import Mapping

from huitong.kernel.histogram import Histogram

Asked = tuple[str, str, int]
"""Method, route and status."""
UNKNOWN_ROUTE = "-"
"""Stands for every address at which there is nothing."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMeter:
    """Counts requests in the thread of the event loop; any thread reads.

    Attributes:
        answered: How many requests, by method, route and status.
        seconds: How long they took, by route.
        errors: How many refusals, by the code of the error; those of a batch's rows are in its answer.
    """

    def __init__(self) -> None:
        self.answered: dict[Asked, int] = {}
        self.seconds: dict[str, Histogram] = {}
        self.errors: dict[str, int] = {}

    def take(self, method: str, route: str, status: int, seconds: float, code: str | None) -> None:
        """Counts a request; ``code`` names the error of a refusal."""
        self.add(method, route, status, code)
        found = self.seconds.get(route)
        if found is None:
            found = self.seconds[route] = Histogram()
        found.add(seconds)

    def add(self, method: str, route: str, status: int, code: str | None, count: int = 1) -> None:
        """Counts requests, however long they took."""
        asked = method if method in METHODS else "other", route, status
        self.answered[asked] = self.answered.get(asked, 0) + count
        if code is not None:
            self.errors[code] = self.errors.get(code, 0) + count

    def counts(self) -> tuple[Mapping[Asked, int], Mapping[str, int]]:
        """Requests and refusals so far."""
        return dict(self.answered), dict(self.errors)

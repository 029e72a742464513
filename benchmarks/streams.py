"""The two streams of payments on which the feature kernels are measured: E1M, wide and even, and HUB, narrow with a heavy tail.

``python benchmarks/streams.py`` prints their properties.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DAY_S = 86_400
SEED = 25
RINGS = 400
FANS = 400
PATTERN_SPAN_S = 20_000


@dataclass(frozen=True, slots=True)
class Stream:
    """Payments in order of time.

    Attributes:
        name: ``"E1M"`` or ``"HUB"``.
        sources: Account codes, int32, shape ``(n,)``; so are ``targets``.
        targets: See ``sources``.
        times_us: Whole seconds, in microseconds since the stream began; int64, rising.
        amounts_minor: Positive, log-normal, int64.
    """

    name: str
    sources: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    times_us: npt.NDArray[np.int64]
    amounts_minor: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.times_us)

    def head(self, count: int) -> "Stream":
        """The first ``count`` payments."""
        return Stream(self.name, self.sources[:count], self.targets[:count], self.times_us[:count], self.amounts_minor[:count])

    def properties(self) -> dict[str, int | str]:
        """What a reader should know before believing a figure."""
        return {
            "stream": self.name,
            "payments": len(self),
            "accounts": len(np.union1d(self.sources, self.targets)),
            "days": int(np.ceil((int(self.times_us[-1]) + 1) / (DAY_S * 1_000_000))),
            "out_degree_max": int(np.bincount(self.sources).max()),
            "in_degree_max": int(np.bincount(self.targets).max()),
        }


def e1m(count: int = 1_000_000) -> Stream:
    """One million payments among 100,000 accounts in 30 days."""
    return build("E1M", count, accounts=100_000, days=30, spread=1.0)


def hub(count: int = 300_000) -> Stream:
    """300,000 payments among 20,000 accounts in 6 days; heavy tail, the busiest account makes 7,175 of them."""
    return build("HUB", count, accounts=20_000, days=6, spread=2.0)


def build(name: str, count: int, accounts: int, days: int, spread: float) -> Stream:
    """Log-normal activity per account, paying and being paid drawn apart, with rings and fans planted among it.

    Args:
        name: Of the stream.
        count: Payments in all.
        accounts: Accounts in all.
        days: Length of the stream.
        spread: Standard deviation of log activity; 2 makes hubs.
    """
    random = np.random.default_rng([SEED, accounts])
    span_s = days * DAY_S
    planted = np.vstack([plant_rings(random, accounts, span_s), plant_fans(random, accounts, span_s)])[:count]
    rest = count - len(planted)
    payer = draw_accounts(random, accounts, rest, spread)
    payee = draw_accounts(random, accounts, rest, spread)
    payee = np.where(payer == payee, (payee + 1) % accounts, payee)
    edges = np.vstack([planted, np.column_stack([payer, payee, random.integers(0, span_s, rest)])])
    edges = edges[np.argsort(edges[:, 2], kind="stable")]
    return Stream(
        name,
        edges[:, 0].astype(np.int32),
        edges[:, 1].astype(np.int32),
        edges[:, 2] * 1_000_000,
        np.maximum(1, np.rint(100 * random.lognormal(4, 1.2, count))).astype(np.int64),
    )


def draw_accounts(random: np.random.Generator, accounts: int, count: int, spread: float) -> npt.NDArray[np.int64]:
    """``count`` accounts, each as often as its log-normal activity says."""
    activity = np.cumsum(random.lognormal(0, spread, accounts))
    drawn: npt.NDArray[np.int64] = np.searchsorted(activity, random.random(count) * activity[-1]).astype(np.int64)
    return drawn


def plant_rings(random: np.random.Generator, accounts: int, span_s: int) -> npt.NDArray[np.int64]:
    """Rings of 3 to 6 accounts, each passed through once within hours; rows of source, target, second."""
    rows = []
    for length in random.integers(3, 7, RINGS):
        ring = random.choice(accounts, length, replace=False)
        seconds = np.sort(random.integers(0, PATTERN_SPAN_S, length)) + random.integers(0, span_s - DAY_S)
        rows.append(np.column_stack([ring, np.roll(ring, -1), seconds]))
    return np.vstack(rows).astype(np.int64)


def plant_fans(random: np.random.Generator, accounts: int, span_s: int) -> npt.NDArray[np.int64]:
    """Scatter-gathers over 3 to 8 middles within hours; rows of source, target, second."""
    rows = []
    for width in random.integers(3, 9, FANS):
        first, last, *middles = random.choice(accounts, width + 2, replace=False)
        seconds = np.sort(random.integers(0, PATTERN_SPAN_S, (width, 2)), axis=1) + random.integers(0, span_s - DAY_S)
        rows.append(np.column_stack([np.full(width, first), middles, seconds[:, 0]]))
        rows.append(np.column_stack([middles, np.full(width, last), seconds[:, 1]]))
    return np.vstack(rows).astype(np.int64)


if __name__ == "__main__":
    for stream in (e1m(), hub()):
        print(stream.properties())

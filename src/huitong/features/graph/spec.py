"""What is asked of the graph: one pattern over one window is one named column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from huitong.kernel import InputError, Text

End = Literal["source", "target"]

CYCLE_LENGTHS = range(2, 7)
STEPS_PER_SEARCH = 4_000
"""Edges that one search may look at for one event: about 20 µs, so that a hub cannot hold up a payment."""
EDGES_HELD_MAX = 1 << 27
"""The most edges any state holds at once (8.6 GB); 32-bit links leave room for eight times as many."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One entry of the catalogue of patterns.

    Attributes:
        text: What the column holds, in zh and en.
        takes: Which of ``length`` and ``of`` a feature of this pattern must say.
        missing: Whether the column may be NaN (no money came in, no cycle closed) rather than zero.
    """

    text: Text
    takes: Literal["", "length", "of"] = ""
    missing: bool = False


PATTERNS: Mapping[str, Pattern] = {
    "fan_out": Pattern(
        {"en": "distinct accounts that this end paid in the window", "zh": "该端账户在窗口内付款给多少个不同账户"},
        takes="of",
    ),
    "fan_in": Pattern(
        {"en": "distinct accounts that paid this end in the window", "zh": "窗口内有多少个不同账户付款给该端账户"},
        takes="of",
    ),
    "degree_out": Pattern({"en": "payments made by this end in the window", "zh": "该端账户在窗口内付出的笔数"}, takes="of"),
    "degree_in": Pattern({"en": "payments received by this end in the window", "zh": "该端账户在窗口内收到的笔数"}, takes="of"),
    "cycles": Pattern(
        {
            "en": "rings of this many accounts that this payment closes, each payment strictly later than the one before",
            "zh": "本笔付款闭合的、由该数量账户组成的资金环的个数，环上每一笔都严格晚于前一笔",
        },
        takes="length",
    ),
    "cycle_length": Pattern({"en": "length of the shortest cycle closed; 0: none", "zh": "所闭合的最短资金环的长度；0 表示没有"}),
    "cycle_conserved": Pattern(
        {"en": "smallest over largest amount along the best cycle", "zh": "最佳资金环上最小金额与最大金额之比"}, missing=True
    ),
    "scatter_gather": Pattern(
        {
            "en": "accounts in the middle between one scattering account and this payment's target, the sender being one of them; 0: none",
            "zh": "同一分散账户与本笔收款账户之间的中间账户数（付款账户是其中之一）；0 表示没有",
        }
    ),
    "gather_scatter": Pattern(
        {
            "en": "largest k such that the sender was paid by k distinct accounts and then paid k distinct accounts, this one included",
            "zh": "最大的 k：付款账户先收到 k 个不同账户的款，之后付给 k 个不同账户（含本笔）",
        }
    ),
    "pass_through": Pattern(
        {"en": "amount sent over amount received by the sender in the window", "zh": "付款账户窗口内付出金额与收到金额之比"}, missing=True
    ),
    "share_out": Pattern(
        {"en": "share of the amount the sender received that leaves with this payment", "zh": "本笔付出占付款账户窗口内收到金额的份额"},
        missing=True,
    ),
    "dwell": Pattern(
        {
            "en": "microseconds that the money of this payment rested with the sender, newest money first, weighted by amount",
            "zh": "本笔资金在付款账户停留的微秒数，后进先出，按金额加权",
        },
        missing=True,
    ),
    "path_conserved": Pattern(
        {
            "en": "likeness of this amount and the incoming amount most like it: the smaller over the larger",
            "zh": "本笔金额与最相近的一笔收款金额之比（小者除以大者）",
        },
        missing=True,
    ),
}


def window_name(window_us: int) -> str:
    """``24 h`` as ``1d``: the window in its largest whole unit.

    >>> window_name(21_600_000_000)
    '6h'
    """
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000)):
        if window_us % size == 0:
            return f"{window_us // size}{unit}"
    return f"{window_us}us"


@dataclass(frozen=True, slots=True)
class GraphFeature:
    """One column: a pattern over the window ``(t - window_us, t]``.

    Attributes:
        pattern: A key of `PATTERNS`.
        window_us: Window in microseconds, positive.
        length: Cycle length, 2 to 6; only for ``cycles``.
        of: Which end of the payment is described; only for fans and degrees.

    Raises:
        InputError: If the pattern is unknown, or the window, length or end does not fit it.
    """

    pattern: str
    window_us: int
    length: int = 0
    of: End | None = None

    def __post_init__(self) -> None:
        known = PATTERNS.get(self.pattern)
        if known is None:
            names = ", ".join(PATTERNS)
            raise InputError(
                code="graph.pattern.unknown",
                cause={"en": f"there is no graph pattern {self.pattern!r}", "zh": f"没有名为 {self.pattern!r} 的图模式"},
                remedy={"en": f"use one of: {names}", "zh": f"请使用其中之一：{names}"},
            )
        if self.window_us <= 0:
            raise InputError(
                code="graph.window.not_positive",
                cause={
                    "en": f"the window of {self.pattern} is {self.window_us} µs",
                    "zh": f"{self.pattern} 的窗口为 {self.window_us} 微秒",
                },
                remedy={"en": "give a window longer than zero", "zh": "请给出大于零的窗口"},
            )
        if (known.takes == "length") != (self.length in CYCLE_LENGTHS) or (known.takes != "length" and self.length != 0):
            raise InputError(
                code="graph.length.wrong",
                cause={"en": f"{self.pattern} has length {self.length}", "zh": f"{self.pattern} 的长度为 {self.length}"},
                remedy={
                    "en": "cycles take a length from 2 to 6, other patterns none",
                    "zh": "资金环（cycles）的长度为 2 至 6，其他模式不带长度",
                },
            )
        if (known.takes == "of") != (self.of in ("source", "target")):
            raise InputError(
                code="graph.end.wrong",
                cause={"en": f"{self.pattern} is asked of {self.of!r}", "zh": f"{self.pattern} 指定的一端为 {self.of!r}"},
                remedy={
                    "en": 'fans and degrees are of "source" or of "target", other patterns of neither',
                    "zh": 'fan 与 degree 须注明 of 为 "source" 或 "target"，其他模式不带 of',
                },
            )

    @property
    def column(self) -> str:
        """Name of the column, such as ``cycles_3_1d`` or ``fan_in_target_1d``."""
        parts = [self.pattern, str(self.length) if self.length else "", self.of or "", window_name(self.window_us)]
        return "_".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """The columns of a graph state and its limits.

    Attributes:
        features: One column each, in this order; ``capped`` follows as the last column.
        lateness_us: How much older than the newest edge an edge may be and still get its place.
        steps: Edges that one search may look at for one event; beyond it ``capped`` is 1 and the search's
            columns hold what was found so far.
        edges_held_max: The most edges held; beyond it the oldest are forgotten early and rows that could have
            seen them are ``capped``.

    Raises:
        InputError: If two features are the same column or a limit is out of range.
    """

    features: tuple[GraphFeature, ...]
    lateness_us: int = 0
    steps: int = STEPS_PER_SEARCH
    edges_held_max: int = EDGES_HELD_MAX

    def __post_init__(self) -> None:
        if len(set(self.features)) < len(self.features):
            twice = sorted({feature.column for feature in self.features if self.features.count(feature) > 1})
            raise InputError(
                code="graph.column.twice",
                cause={"en": f"asked for twice: {', '.join(twice)}", "zh": f"重复声明：{'、'.join(twice)}"},
                remedy={"en": "declare each graph feature once", "zh": "每个图特征只声明一次"},
            )
        limits = {"lateness_us": (self.lateness_us, 0), "steps": (self.steps, 1), "edges_held_max": (self.edges_held_max, 1)}
        for name, (value, least) in limits.items():
            if value < least or (name == "edges_held_max" and value > EDGES_HELD_MAX):
                raise InputError(
                    code="graph.limit.range",
                    cause={"en": f"{name} is {value}", "zh": f"{name} 为 {value}"},
                    remedy={
                        "en": f"give at least {least}; edges_held_max is at most {EDGES_HELD_MAX}",
                        "zh": f"至少为 {least}；edges_held_max 最多为 {EDGES_HELD_MAX}",
                    },
                )

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in output order, ``capped`` last."""
        return (*(feature.column for feature in self.features), "capped")

    @property
    def window_us_max(self) -> int:
        """The longest window, zero without features."""
        return max((feature.window_us for feature in self.features), default=0)

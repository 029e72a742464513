"""What the graph patterns of a decision's evidence are called, and which part of one its edges show."""

from collections.abc import Mapping

from huitong.kernel import Text

PATTERN_TITLES: Mapping[str, Text] = {
    "cycles": {"en": "money that comes back to where it started", "zh": "资金回到起点的环"},
    "scatter_gather": {"en": "money that parts and meets again at one receiver", "zh": "资金分散后汇集到同一收款方"},
    "gather_scatter": {"en": "money from several payers that goes on to several receivers", "zh": "资金自多方汇集后再分散转出"},
    "path": {
        "en": "money that came in and goes on: of what came in, the payment most like it",
        "zh": "收到后转出的资金：收款中与本笔最相近的一笔",
    },
}
"""By the name that a pattern has in the record."""
_SINGLE: Mapping[str, Text] = {
    "scatter_gather": {
        "en": "one payer's money that reaches the receiver over one account: of what came in, the newest payment",
        "zh": "同一来源的资金经由一个账户到达收款方：收款中最近的一笔",
    },
    "gather_scatter": {"en": "money from one payer that goes on to one receiver", "zh": "资金自一方收到后转给一方"},
}
"""Of a pattern whose width is one: nothing has parted."""
_MOST: Mapping[str, tuple[int, Text]] = {
    "scatter_gather": (10, {"en": "; five ways are shown at most", "zh": "（至多显示五路）"}),
    "gather_scatter": (8, {"en": "; four payments on either side are shown at most", "zh": "（每侧至多显示四笔）"}),
}
"""How many edges evidence keeps of a pattern at most, and what is said where it keeps as many: there may be more."""


def pattern_title(name: str, edges: int) -> Text | None:
    """What a pattern is called, and of which part its edges are where they may not be all of it; ``None`` where nobody named it.

    Args:
        name: Its name in the record.
        edges: How many edges the record keeps of it, two for each width but for rings.
    """
    if edges <= 2 and name in _SINGLE:
        return _SINGLE[name]
    title = PATTERN_TITLES.get(name)
    most, more = _MOST.get(name, (0, None))
    if title is None or more is None or edges < most:
        return title
    return {"en": title["en"] + more["en"], "zh": title["zh"] + more["zh"]}

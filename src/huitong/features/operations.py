"""Every operation that a feature may name: what it takes, what it gives, what it is called. The docs and the checks read this table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from huitong.kernel import Text

Family = Literal["event", "window", "history", "derived", "graph"]
Argument = Literal["number", "boolean", "any field", "text", "true", "calendar", "list", "pattern", "features"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        name: The word in TOML.
        family: Which part of the engine computes it.
        argument: What stands on the right of the word.
        settings: Other settings it may have.
        needed: Those of them it must have.
        text: What it gives.
        title: Pattern of the default title, filled in by ``titles``.
        example: A line of TOML.
    """

    name: str
    family: Family
    argument: Argument
    text: Text
    title: Text
    example: str
    settings: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()


_WINDOW = frozenset({"by", "over", "events", "where", "as"})
_BY_OVER = frozenset({"by", "over"})
_BY = frozenset({"by"})


def _window(name: str, argument: Argument, text: Text, title: Text, example: str) -> Operation:
    return Operation(name, "window", argument, text, title, example, _WINDOW, _BY_OVER)


OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            "field",
            "event",
            "any field",
            {
                "en": "the event's own field or key; a date or timestamp as its age with `unit`",
                "zh": "事件自身的字段或键；日期与时间加 `unit` 后为其距今时长",
            },
            {"en": "{x}", "zh": "{x}"},
            'amount = { field = "amount" }',
            frozenset({"unit"}),
        ),
        Operation(
            "calendar",
            "event",
            "calendar",
            {
                "en": "a part of the event's local time in the declared zone",
                "zh": "事件在所声明时区的本地时间的某一部分",
            },
            {"en": "{x}", "zh": "{x}"},
            'hour = { calendar = "hour" }',
        ),
        Operation(
            "list",
            "event",
            "list",
            {
                "en": "whether a key or text is on a list at the event's time (1) or not (0)",
                "zh": "某个键或文本在事件发生时是否在名单上（1 为是，0 为否）",
            },
            {"en": "{of} is on the list {x}", "zh": "{of}在名单 {x} 上"},
            'on_block_list = { list = "blocked_terminals", of = "terminal" }',
            frozenset({"of"}),
            frozenset({"of"}),
        ),
        _window(
            "count",
            "true",
            {"en": "number of events in the window", "zh": "窗口内的事件数"},
            {"en": "{events}{scope}", "zh": "{scope}{events}数"},
            'payments_1h = { count = true, by = ["customer", "terminal"], over = "1h" }',
        ),
        _window(
            "sum",
            "number",
            {"en": "sum of a field; 0 over nothing", "zh": "字段之和；窗口为空时为 0"},
            {"en": "total {x}{among}{scope}", "zh": "{scope}{among}{x}合计"},
            'amount_sum_24h = { sum = "amount", by = "customer", over = "24h" }',
        ),
        _window(
            "mean",
            "number",
            {"en": "mean of a field", "zh": "字段均值"},
            {"en": "average {x}{among}{scope}", "zh": "{scope}{among}平均{x}"},
            'amount_mean_7d = { mean = "amount", by = "customer", over = "7d" }',
        ),
        _window(
            "min",
            "number",
            {"en": "least value of a field", "zh": "字段最小值"},
            {"en": "smallest {x}{among}{scope}", "zh": "{scope}{among}最小{x}"},
            'amount_min_7d = { min = "amount", by = "customer", over = "7d" }',
        ),
        _window(
            "max",
            "number",
            {"en": "greatest value of a field", "zh": "字段最大值"},
            {"en": "largest {x}{among}{scope}", "zh": "{scope}{among}最大{x}"},
            'amount_max_7d = { max = "amount", by = "customer", over = "7d" }',
        ),
        _window(
            "std",
            "number",
            {"en": "sample standard deviation of a field; needs two values", "zh": "字段的样本标准差；至少需要两个值"},
            {"en": "standard deviation of {x}{among}{scope}", "zh": "{scope}{among}{x}标准差"},
            'amount_std_30d = { std = "amount", by = "customer", over = "30d" }',
        ),
        _window(
            "distinct",
            "text",
            {"en": "number of distinct values of a key or text; not over `ever`", "zh": "键或文本不同取值的个数；不支持 `ever`"},
            {"en": "different {xs}{among}{scope}", "zh": "{scope}{among}不同{x}数"},
            'terminals_7d = { distinct = "terminal", by = "customer", over = "7d" }',
        ),
        _window(
            "rate",
            "boolean",
            {
                "en": "share of true among the events that say; over labels: as known by then, since a label arrives later",
                "zh": "窗口内该字段为真的占比；用于标签时，只计当时已到达的标签，因为标签本身就是稍后到达的事件",
            },
            {"en": "share of {x} among {events}{scope}", "zh": "{scope}{events}中{x}占比"},
            'fraud_rate_28d = { rate = "fraud", events = "payment.labelled", by = "terminal", over = "28d" }',
        ),
        Operation(
            "zscore",
            "window",
            "number",
            {
                "en": "the current value against the history before it in the window, in standard deviations",
                "zh": "当前值相对于窗口内此前历史的标准分",
            },
            {"en": "standard deviations between {x} and its average{among}{scope}", "zh": "{x}与{scope}{among}均值相差几个标准差"},
            'amount_z_30d = { zscore = "amount", by = "customer", over = "30d" }',
            frozenset({"by", "over", "where"}),
            _BY_OVER,
        ),
        Operation(
            "ratio_to_mean",
            "window",
            "number",
            {
                "en": "the current value divided by the mean of the history before it in the window",
                "zh": "当前值与窗口内此前历史均值之比",
            },
            {"en": "{x} as a multiple of its average{among}{scope}", "zh": "{x}为{scope}{among}均值的倍数"},
            'amount_ratio_30d = { ratio_to_mean = "amount", by = "customer", over = "30d" }',
            frozenset({"by", "over", "where"}),
            _BY_OVER,
        ),
        Operation(
            "since_last",
            "history",
            "true",
            {"en": "time since the previous event, ever", "zh": "距上一次事件的时长（不限窗口）"},
            {"en": "{unit} since the last {event}{scope}", "zh": "{scope}距上一次{events}的{unit}"},
            'since_last = { since_last = true, by = "customer" }',
            frozenset({"by", "events", "where", "as", "unit"}),
            _BY,
        ),
        Operation(
            "first_seen",
            "history",
            "true",
            {"en": "time since the first event, ever; 0 at the first", "zh": "距首次事件的时长（不限窗口）；首次为 0"},
            {"en": "{unit} since the first {event}{scope}", "zh": "{scope}距首次{events}的{unit}"},
            'pair_age = { first_seen = true, by = ["customer", "terminal"], unit = "days" }',
            frozenset({"by", "events", "where", "as", "unit"}),
            _BY,
        ),
        Operation(
            "profile",
            "history",
            "any field",
            {
                "en": "a field's latest value in `<role>.profile` events (or `events`) as of the event; a date as its age with `unit`",
                "zh": "截至事件时间，`<键角色>.profile`（或 `events` 所指）事件中该字段最近一次给出的值；日期加 `unit` 后为其距今时长",
            },
            {"en": "{x} of the {by}", "zh": "{by}的{x}"},
            'age_days = { profile = "opened_on", by = "customer", unit = "days" }',
            frozenset({"by", "events", "unit", "where", "as"}),
            _BY,
        ),
        Operation(
            "remaining",
            "history",
            "any field",
            {
                "en": "time until the furthest moment that a timestamp of `events` named, 0 when it is over or there was none; "
                "an event whose moment is not after itself ends it",
                "zh": "距 `events` 事件中某时间戳字段所指最远时刻的时长，已过或从无则为 0；若某事件所指时刻不晚于自身，则就此终止",
            },
            {"en": "{unit} left until “{x}”{among}{scope}", "zh": "{scope}{among}距“{x}”还剩的{unit}"},
            'locked_left = { remaining = "locked_until", by = "customer", events = "login.failed", unit = "hours" }',
            frozenset({"by", "events", "unit", "where", "as"}),
            frozenset({"by", "events"}),
        ),
        Operation(
            "holds",
            "history",
            "any field",
            {
                "en": "whether that moment still lies ahead (1) or not (0): as `remaining`, where only yes or no counts",
                "zh": "该时刻是否尚未到来（1 为是，0 为否）：同 `remaining`，但只问是否",
            },
            {"en": "“{x}” lies ahead{among}{scope}", "zh": "{scope}{among}“{x}”尚未到来"},
            'locked = { holds = "locked_until", by = "customer", events = "login.failed" }',
            frozenset({"by", "events", "where", "as"}),
            frozenset({"by", "events"}),
        ),
        Operation(
            "ratio",
            "derived",
            "features",
            {"en": "first feature divided by the second; missing if that is 0", "zh": "第一个特征除以第二个；除数为 0 时缺失"},
            {"en": "{x[0]} ÷ {x[1]}", "zh": "{x[0]} ÷ {x[1]}"},
            'share_1h = { ratio = ["amount_sum_1h", "amount_sum_24h"] }',
        ),
        Operation(
            "difference",
            "derived",
            "features",
            {"en": "first feature minus the second", "zh": "第一个特征减第二个"},
            {"en": "{x[0]} − {x[1]}", "zh": "{x[0]} − {x[1]}"},
            'jump = { difference = ["amount", "amount_max_7d"] }',
        ),
        Operation(
            "product",
            "derived",
            "features",
            {"en": "product of two features", "zh": "两个特征之积"},
            {"en": "{x[0]} × {x[1]}", "zh": "{x[0]} × {x[1]}"},
            'night_amount = { product = ["amount", "is_night"] }',
        ),
        Operation(
            "minimum",
            "derived",
            "features",
            {"en": "the lesser of two features", "zh": "两个特征中较小者"},
            {"en": "lesser of {x[0]} and {x[1]}", "zh": "{x[0]}与{x[1]}中较小者"},
            'low = { minimum = ["amount", "amount_mean_7d"] }',
        ),
        Operation(
            "maximum",
            "derived",
            "features",
            {"en": "the greater of two features", "zh": "两个特征中较大者"},
            {"en": "greater of {x[0]} and {x[1]}", "zh": "{x[0]}与{x[1]}中较大者"},
            'high = { maximum = ["amount", "amount_mean_7d"] }',
        ),
        Operation(
            "graph",
            "graph",
            "pattern",
            {
                "en": "a pattern of payments around this one; `length` for cycles, `of` for fans and degrees; `capped`: cut short",
                "zh": "以本笔付款为中心的资金图模式；cycles 需 `length`，fan 与 degree 需 `of`；`capped` 表示搜索被截断",
            },
            {"en": "{x}{scope}", "zh": "{scope}{x}"},
            'cycles_3 = { graph = "cycles", length = 3, over = "24h" }',
            frozenset({"length", "of", "over"}),
        ),
    )
}
"""Every operation, in the order of the docs."""

COMMON_SETTINGS = frozenset({"title"})

CALENDAR_PARTS: Mapping[str, Text] = {
    "hour": {"en": "hour of the day", "zh": "一天中的时刻"},
    "minute_of_day": {"en": "minute of the day", "zh": "当日第几分钟"},
    "weekday": {"en": "weekday (Monday is 1)", "zh": "星期（周一为 1）"},
    "day_of_month": {"en": "day of the month", "zh": "几号"},
    "month": {"en": "month", "zh": "月份"},
    "is_weekend": {"en": "on a weekend", "zh": "是否周末"},
    "is_night": {"en": "at night, from 0:00 up to 6:00", "zh": "是否夜间（0 点至 6 点）"},
}
"""Parts of the local time."""

UNITS_US: Mapping[str, int] = {"seconds": 10**6, "minutes": 60 * 10**6, "hours": 3_600 * 10**6, "days": 86_400 * 10**6}
"""Units of a time since something."""

UNIT_TITLES: Mapping[str, Text] = {
    "seconds": {"en": "seconds", "zh": "秒数"},
    "minutes": {"en": "minutes", "zh": "分钟数"},
    "hours": {"en": "hours", "zh": "小时数"},
    "days": {"en": "days", "zh": "天数"},
}

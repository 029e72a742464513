"""From what the service's benchmark measured to lines of the table."""

from collections.abc import Iterable

from benchmarks.lines import NOTHING, Line, Record, Text, same, thousands

QUIET_LOAD_MAX = 2.5
"""Load average up to which the machine did hardly anything else."""
_DECISIONS: Text = {"en": "decisions/s", "zh": "决策/秒"}


def service_lines(records: Iterable[Record]) -> list[Line]:
    """One line for each measure."""
    makers = {"single": _single, "overload": _overload, "batch": _batch}
    return [makers[str(record["measure"])](record) for record in records]


def _pace(record: Record) -> Text:
    return {language: f"{thousands(record['per_s'])} {word}" for language, word in _DECISIONS.items()}


def _single(record: Record) -> Line:
    pace, p99 = _pace(record), f"p50 {record['p50_ms']:.1f} ms, p99 {record['p99_ms']:.1f} ms"
    per_s, p99_max = record["goal_per_s"], record["goal_p99_ms"]
    bare = thousands(record["bare_per_s"])
    fronts, load = int(record["fronts"]), float(record["load"])
    ours_us, fronts_us, own_us = record["server_us"], record["fronts_us"], record["generator_us"]
    beside: Text = {"en": "", "zh": ""}
    if load > QUIET_LOAD_MAX:
        beside = {"en": f"; beside other work, load average {load:.0f}", "zh": f"；同时有其他任务，平均负载 {load:.0f}"}
    return Line(
        what={
            "en": "durable decisions over HTTP: windows, graph, 50 rules, 200 trees, reasons; "
            f"fronts: {fronts}, load generator on the same 2 cores{beside['en']}",
            "zh": "经 HTTP 的持久决策：窗口、图、50 条规则、200 棵树与理由；"
            f"接入进程 {fronts} 个，压测程序在同一台双核机器上{beside['zh']}",
        },
        ours={language: f"{text}, {p99}" for language, text in pace.items()},
        peer={
            "en": f"an empty Starlette route with durable group commit: {bare}/s",
            "zh": f"带持久成组提交的空 Starlette 路由：{bare}/秒",
        },
        ratio=f"{record['ratio']:.2f}×",
        goal={"en": f"≥ {per_s:,}/s at p99 ≤ {p99_max} ms", "zh": f"≥ {per_s:,}/秒且 p99 ≤ {p99_max} 毫秒"},
        met=record["per_s"] >= per_s and record["p99_ms"] <= p99_max,
        processor={
            "en": f"{ours_us:.0f} µs a decision, fronts {fronts_us:.0f} µs, generator {own_us:.0f} µs",
            "zh": f"每个决策 {ours_us:.0f} 微秒，接入进程 {fronts_us:.0f} 微秒，压测程序 {own_us:.0f} 微秒",
        },
        shown=fronts == 1 and load <= QUIET_LOAD_MAX,
    )


def _overload(record: Record) -> Line:
    said = f"p99 {record['p99_ms']:.0f} ms"
    return Line(
        what={
            "en": f"the same with {record['callers']:,} callers at once: refused {record['refused']:,}, failed {record['failed']:,}",
            "zh": f"同上，{record['callers']:,} 个调用方同时请求：拒绝 {record['refused']:,}，失败 {record['failed']:,}",
        },
        ours={
            "en": f"{_pace(record)['en']}, {said}, a single caller answered after {record['recovered_ms']:.0f} ms",
            "zh": f"{_pace(record)['zh']}，{said}，之后单个调用方 {record['recovered_ms']:.0f} 毫秒得到答复",
        },
        peer=NOTHING,
        ratio="",
        goal={"en": "none failed, recovery < 2 s", "zh": "无失败，2 秒内恢复"},
        met=record["failed"] == 0 and record["recovered_ms"] < 2_000,
        processor=NOTHING,
    )


def _batch(record: Record) -> Line:
    return Line(
        what={"en": f"one request of {record['rows']:,} lines", "zh": f"一个含 {record['rows']:,} 行的请求"},
        ours=_pace(record),
        peer=NOTHING,
        ratio="",
        goal={"en": f"≥ {record['goal_per_s']:,}/s", "zh": f"≥ {record['goal_per_s']:,}/秒"},
        met=record["per_s"] >= record["goal_per_s"],
        processor=same(""),
    )

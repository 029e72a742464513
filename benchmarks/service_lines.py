"""From what the service's benchmark measured to lines of the table."""

from collections.abc import Iterable

from benchmarks.lines import NOTHING, Line, Record, Text, same, thousands

QUIET_LOAD_MAX = 2.5
"""Load average up to which the machine did hardly anything else."""
RECOVERY_GOAL_MS = 2_000
STEP_BACK_GOAL_S = 5
WATCHER = "huitong:watch"
"""Who steps back where nobody does."""
_TIERS_EN = {
    "full": "with everything",
    "without_graph": "without graph",
    "without_graph_and_model": "without graph and model",
    "without_model": "without model",
}
_TIERS_ZH = {"full": "完整", "without_graph": "无图", "without_graph_and_model": "无图与模型", "without_model": "无模型"}
_DECISIONS: Text = {"en": "decisions/s", "zh": "决策/秒"}


def service_lines(records: Iterable[Record]) -> list[Line]:
    """One line for each measure."""
    makers = {"single": _single, "overloaded": _overloaded, "batch": _batch}
    return [makers[str(record["measure"])](record) for record in records]


def _pace(record: Record) -> Text:
    return {language: f"{thousands(record['per_s'])} {word}" for language, word in _DECISIONS.items()}


def _single(record: Record) -> Line:
    pace, p99 = _pace(record), f"p50 {record['p50_ms']:.1f} ms, p99 {record['p99_ms']:.1f} ms"
    per_s, p99_max = record["goal_per_s"], record["goal_p99_ms"]
    bare = thousands(record["bare_per_s"])
    fronts, load = int(record["fronts"]), float(record["load"])
    spent = {whose: f"{record[f'{whose}_us']:.0f}" for whose in ("decider", "writer", "fronts", "generator")}
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
            "en": "{decider} µs a decision, writer {writer} µs, fronts {fronts} µs, generator {generator} µs".format(**spent),
            "zh": "每个决策 {decider} 微秒，写入进程 {writer} 微秒，接入进程 {fronts} 微秒，压测程序 {generator} 微秒".format(**spent),
        },
        shown=fronts == 1 and load <= QUIET_LOAD_MAX,
    )


def _overloaded(record: Record) -> Line:
    decided = sum(record["tiers"].values())
    shares = {tier: number / decided for tier, number in sorted(record["tiers"].items()) if number}
    tiers: Text = {
        language: joined.join(f"{words.get(tier, tier)} {share:.1%}" for tier, share in shares.items())
        for language, joined, words in (("en", ", ", _TIERS_EN), ("zh", "、", _TIERS_ZH))
    }
    listed = sum(record["listed"].values())
    queue = f"{record['queue_max']:,} / {record['queue_bound']:,}"
    asked = listed + record["listed_passed"]
    return Line(
        what={
            "en": f"{record['times']}× the callers for {record['seconds']:.0f} s ({record['callers']:,} at once): "
            f"refused for now (429) {record['refused']:,}, failed {record['failed']:,}, longest queue {queue}; {tiers['en']}",
            "zh": f"{record['times']} 倍调用方持续 {record['seconds']:.0f} 秒（同时 {record['callers']:,} 个）："
            f"暂时拒绝（429）{record['refused']:,}，失败 {record['failed']:,}，队列最长 {queue}；{tiers['zh']}",
        },
        ours={
            "en": f"{_pace(record)['en']}, p99 {record['p99_ms']:.0f} ms; the listed customer declined {listed:,} times of {asked:,}; "
            f"a whole answer {record['recovered_ms']:.0f} ms after the end",
            "zh": f"{_pace(record)['zh']}，p99 {record['p99_ms']:.0f} 毫秒；名单客户 {asked:,} 次请求中拒绝 {listed:,} 次；"
            f"结束后 {record['recovered_ms']:.0f} 毫秒得到完整答复",
        },
        peer=NOTHING,
        ratio="",
        goal={
            "en": "none failed, queue bounded, lists always applied, recovery < 2 s",
            "zh": "无失败，队列有界，名单始终生效，2 秒内恢复",
        },
        met=record["failed"] == 0
        and record["queue_bound"] > 0
        and record["queue_max"] <= record["queue_bound"]
        and listed > 0
        and record["listed_passed"] == 0
        and record["recovered_ms"] < RECOVERY_GOAL_MS,
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


def step_back_lines(records: Iterable[Record]) -> list[Line]:
    """The one canary that was taken back, or was not."""
    return [_stepped_back(record) for record in records]


def _stepped_back(record: Record) -> Line:
    canary, decisions = record["canary_decisions"], record["decisions"]
    by_itself = record["stage"] == "replayed" and record["by"] == WATCHER
    pace = _pace(record)
    return Line(
        what={
            "en": f"a canary for half of the customers that declines everybody, under full load ({pace['en']}, "
            f"failed {record['failed']:,}): from the first call to its step back by itself",
            "zh": f"面向半数客户、拒绝所有支付的灰度版本，满负荷（{pace['zh']}，失败 {record['failed']:,}）：自首次调用至自动回退",
        },
        ours={
            "en": f"{record['seconds']:.1f} s; it decided {canary:,} payments of {decisions:,}" if by_itself else "never",
            "zh": f"{record['seconds']:.1f} 秒；共 {decisions:,} 笔支付，其决策 {canary:,} 笔" if by_itself else "未回退",
        },
        peer=NOTHING,
        ratio="",
        goal={"en": "within seconds (≤ 5 s), none failed", "zh": "数秒之内（≤ 5 秒），无失败"},
        met=by_itself and record["seconds"] <= STEP_BACK_GOAL_S and record["failed"] == 0,
        processor=same(""),
    )

"""Lines of the table about the log: see ``lines``."""

from collections.abc import Iterable

from benchmarks.lines import EVENTS, NOTHING, Line, Record, Text, same, speed, thousands

STORAGES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
INGEST_GOALS = {("sqlite", "log"): 100_000, ("sqlite", "log, two encrypted fields"): 60_000, ("postgres", "log"): 30_000}
DECISION_GOALS = {"sqlite": 8_000, "postgres": 4_000}
P99_MS_MAX = 10
DECISIONS: Text = {"en": "decisions/s", "zh": "决策/秒"}
PRICE_MAX = 2
"""Times as long as the plain peer: what proof may cost."""
NAMES: dict[str, Text] = {
    "in clear": {"en": "in clear", "zh": "为明文"},
    "encrypted": {"en": "encrypted", "zh": "已加密"},
    "encrypted, on no page": {"en": "encrypted and each opened by itself", "zh": "已加密且逐个打开"},
}
WAYS: dict[str, Text] = {
    "log": {"en": "with tree and signed heads", "zh": "含证明树与签名头"},
    "log, two encrypted fields": {"en": "with tree, signed heads and two encrypted fields", "zh": "含证明树、签名头与两个加密字段"},
}


def log_lines(records: Iterable[Record]) -> list[Line]:
    """Ingest, single decisions, length, proofs, segments."""
    records = list(records)
    lines = [line for record in records if record["measure"] == "ingest" for line in _ingest(record, records)]
    makers = {
        "decisions": _decisions,
        "memory": _memory,
        "opening": _opening,
        "proof": _proof,
        "segments, disk": _disk,
        "segments, replay": _replay,
    }
    return lines + [makers[record["measure"]](record) for record in records if record["measure"] in makers]


def _skipped(what: Text, record: Record) -> Line:
    words = {"psycopg is not installed": "未安装 psycopg", "no server answers": "没有可用的服务器"}
    ours: Text = {"en": f"skipped: {record['skipped']}", "zh": f"跳过：{words[record['skipped']]}"}
    return Line(what, ours, NOTHING, "", NOTHING, None, NOTHING)


def _ingest(record: Record, records: list[Record]) -> Iterable[Line]:
    """One line for each peer, the goal on the first."""
    if record["way"] not in WAYS:
        return
    storage, way = record["storage"], WAYS[record["way"]]
    what: Text = {
        "en": f"events into the log in {STORAGES[storage]}, {way['en']}",
        "zh": f"事件写入 {STORAGES[storage]} 日志，{way['zh']}",
    }
    if "skipped" in record:
        yield _skipped(what, record)
        return
    least = INGEST_GOALS.get((storage, record["way"]))
    ours = record["events_per_s"]
    for peer in (one for one in records if one["measure"] == "ingest" and one["storage"] == storage and one["way"] not in WAYS):
        price = peer["events_per_s"] / ours
        goals = [f"≥ {least:,} {EVENTS['en']}"] if least else []
        goals_zh = [f"≥ {least:,} {EVENTS['zh']}"] if least else []
        bounded = record["way"] == "log"
        if bounded:
            goals.append(f"at most {PRICE_MAX}× as long")
            goals_zh.append(f"耗时至多 {PRICE_MAX} 倍")
        met = (least is None or ours >= least) and (not bounded or price <= PRICE_MAX)
        theirs = speed(peer["events_per_s"], EVENTS)
        yield Line(
            what,
            speed(ours, EVENTS),
            {language: f"{peer['way']} {word}" for language, word in theirs.items()},
            f"{1 / price:.2f}×",
            {"en": ", ".join(goals), "zh": "，".join(goals_zh)},
            met if goals else None,
            same(f"{thousands(record['events_per_cpu_s'])} / {thousands(peer['events_per_cpu_s'])}"),
            storage == "sqlite" or peer["way"] == "COPY",
        )
        least = None  # told once


def _decisions(record: Record) -> Line:
    name, goal = STORAGES[record["storage"]], DECISION_GOALS[record["storage"]]
    what: Text = {
        "en": f"single durable decisions into {name}, {record['callers']} callers",
        "zh": f"单个决策落盘后应答，{name}，{record['callers']} 个并发调用者",
    }
    if "skipped" in record:
        return _skipped(what, record)
    tail = f"p50 {record['p50_ms']:g} ms, p99 {record['p99_ms']:g} ms"
    ours = {language: f"{text}, {tail}" for language, text in speed(record["decisions_per_s"], DECISIONS).items()}
    bound: Text = {language: f"≥ {goal:,} {word}, p99 ≤ {P99_MS_MAX} ms" for language, word in DECISIONS.items()}
    met = record["decisions_per_s"] >= goal and record["p99_ms"] <= P99_MS_MAX
    return Line(what, ours, NOTHING, "", bound, met, same(thousands(record["decisions_per_cpu_s"])), shown=True)


def _memory(record: Record) -> Line:
    what: Text = {
        "en": f"peak memory of the process that appends, after {record['events']:,} events",
        "zh": f"写入进程的内存峰值，{record['events']:,} 个事件之后",
    }
    first = record["first_peak_mib"]
    if first is None:
        return Line(what, same(f"{record['peak_mib']} MiB"), NOTHING, "", NOTHING, None, NOTHING)
    flat: Text = {"en": "flat: within 10 % of the first million", "zh": "不随长度增长：与首个百万时相差 10 % 以内"}
    return Line(what, same(f"{record['peak_mib']} MiB"), NOTHING, "", flat, record["peak_mib"] <= 1.1 * first, NOTHING)


def _opening(record: Record) -> Line:
    what: Text = {"en": f"opening a log of {record['events']:,} events to write", "zh": f"以写入方式打开 {record['events']:,} 个事件的日志"}
    ours: Text = {"en": f"{1_000 * record['median_s']:g} ms", "zh": f"{1_000 * record['median_s']:g} 毫秒"}
    return Line(what, ours, NOTHING, "", {"en": "≤ 2 s", "zh": "≤ 2 秒"}, record["median_s"] <= 2, NOTHING, shown=True)


def _proof(record: Record) -> Line:
    kinds = {"inclusion": "包含证明", "consistency": "一致性证明"}
    trees = {"cold": "冷启动", "warm": "已缓存"}
    what: Text = {
        "en": f"{record['kind']} proof in a tree of {record['events']:,} leaves, {record['tree']}",
        "zh": f"{kinds[record['kind']]}，{record['events']:,} 个叶子，{trees[record['tree']]}",
    }
    ours = same(f"p50 {record['p50_ms']:g} ms, p99 {record['p99_ms']:g} ms")
    return Line(what, ours, NOTHING, "", same("p50 ≤ 1 ms"), record["p50_ms"] <= 1, NOTHING, record["tree"] == "cold")


def _disk(record: Record) -> Line:
    names = NAMES[record["names"]]
    what: Text = {
        "en": f"disk for each payment in sealed segments, names {names['en']}",
        "zh": f"封存的数据段中每笔支付占用的磁盘，名称{names['zh']}",
    }
    ours: Text = {"en": f"{record['bytes_per_payment']:g} bytes", "zh": f"{record['bytes_per_payment']:g} 字节"}
    pages, bytes_in_all = record.get("bytes_per_payment_pages", 0), record["bytes_per_payment"] + record.get("bytes_per_payment_pages", 0)
    if pages:
        ours = {"en": f"{ours['en']}, {pages:g} more for names on pages", "zh": f"{ours['zh']}，名称页另占 {pages:g} 字节"}
    peer: Text = {
        "en": f"rows in SQLite {record['bytes_per_payment_rows']:g} bytes",
        "zh": f"SQLite 行 {record['bytes_per_payment_rows']:g} 字节",
    }
    goal: Text = {"en": "≤ 200 bytes", "zh": "≤ 200 字节"}
    return Line(what, ours, peer, "", goal, bytes_in_all <= 200, NOTHING, shown=True)


def _replay(record: Record) -> Line:
    names = NAMES[record["names"]]
    what: Text = {
        "en": f"columns for a replay from sealed segments, names {names['en']}",
        "zh": f"自封存的数据段读取回放所需的列，名称{names['zh']}",
    }
    peer = speed(record["parquet_per_s"], EVENTS)
    goal: Text = {"en": "at most 1.2× as long", "zh": "耗时至多 1.2 倍"} if record["names"] != "encrypted, on no page" else NOTHING
    times = record["parquet_per_s"] / record["segments_per_s"]
    theirs: Text = {"en": f"original Parquet, checked {peer['en']}", "zh": f"原始 Parquet，含校验 {peer['zh']}"}
    by_cpu = (record["segments_per_cpu_s"], record["parquet_per_cpu_s"]) if "segments_per_cpu_s" in record else None
    processor = NOTHING if by_cpu is None else same(f"{thousands(by_cpu[0])} / {thousands(by_cpu[1])} = {by_cpu[0] / by_cpu[1]:.2f}×")
    met = times <= 1.2 if goal is not NOTHING else None
    return Line(what, speed(record["segments_per_s"], EVENTS), theirs, f"{1 / times:.2f}×", goal, met, processor, shown=met is not None)

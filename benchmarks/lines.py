"""From what each benchmark measured to lines of one table, in both languages: what, ours, the peer, the ratio, the goal, met or missed.

Met or missed is judged by the clock, because that is what a bank feels; processor time stands beside it, because on a busy machine it is
the fairer figure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Text = Mapping[str, str]
Record = Mapping[str, Any]

ROWS: Text = {"en": "rows/s", "zh": "行/秒"}
EVENTS: Text = {"en": "events/s", "zh": "事件/秒"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    Attributes:
        what: What was measured.
        ours: Our figure by the clock, with its unit.
        peer: The peer and its figure; empty where there is none.
        ratio: How many times faster ours is; empty without a peer.
        goal: The goal; empty where the figure is for information.
        met: Whether it was met; ``None`` without a goal, or where the peer is not installed.
        processor: The same by processor time, where it was taken.
        shown: Whether the line is in the readme's short table too.
    """

    what: Text
    ours: Text
    peer: Text
    ratio: str
    goal: Text
    met: bool | None
    processor: Text
    shown: bool = False

    def told(self) -> str:
        """The line for a terminal, in English."""
        met = {None: "", True: ": met", False: ": missed"}[self.met]
        goal = f"goal {self.goal['en']}{met}" if self.goal["en"] else ""
        return " · ".join(part for part in (self.what["en"], self.ours["en"], self.peer["en"], self.ratio, goal) if part)


NOTHING: Text = {"en": "", "zh": ""}


def same(text: str) -> Text:
    """The same in both languages."""
    return {"en": text, "zh": text}


def thousands(number: float) -> str:
    """A count as people write it; three digits that count where it is large."""
    if number >= 100_000:
        digits = len(str(round(number))) - 3
        number = round(number, -digits)
    return f"{round(number):,}"


def speed(number: float, unit: Text) -> Text:
    """A number of rows a second."""
    return {language: f"{thousands(number)} {word}" for language, word in unit.items()}


def against(record: Record, unit: Text) -> tuple[Text, Text, str, Text]:
    """Ours, the peer's, the ratio and the figures by processor time, of a record with ``ours_per_s`` and ``peer_per_s``."""
    ours, peer = speed(record["ours_per_s"], unit), record.get("peer")
    ours_cpu = thousands(record["ours_per_cpu_s"]) if record.get("ours_per_cpu_s") else ""
    if peer is None:
        return ours, NOTHING, "", same(ours_cpu)
    if record["peer_per_s"] is None:
        return ours, {"en": f"{peer}: skipped, not installed", "zh": f"{peer}：未安装，跳过"}, "", same(ours_cpu)
    theirs = speed(record["peer_per_s"], unit)
    cpu = f"{ours_cpu} / {thousands(record['peer_per_cpu_s'])} = {record['ratio_cpu']}×"
    return ours, {language: f"{peer} {word}" for language, word in theirs.items()}, f"{record['ratio']:g}×", same(cpu)


def latency(record: Record) -> Text:
    """The two percentiles of a record."""
    return same(f"p50 {record['p50_us']:g} µs, p99 {record['p99_us']:g} µs")


def graph_lines(records: Iterable[Record]) -> list[Line]:
    """The graph kernel."""
    lines = []
    for record in records:
        stream = record["stream"]
        if "p50_us" in record:
            goal = record["goal"]
            what: Text = {"en": f"graph, one event in process, {stream}", "zh": f"图特征，进程内单个事件，{stream}"}
            met = None if goal is None else record["p99_us"] <= goal
            lines.append(Line(what, latency(record), NOTHING, "", same(f"p99 ≤ {goal} µs" if goal else ""), met, NOTHING, goal is not None))
            continue
        ours, peer, ratio, cpu = against(record, EVENTS)
        if record["peer"]:
            what = {
                "en": f"graph: fan, cycles of 2–6, scatter-gather, with evidence, 1 thread, {stream}",
                "zh": f"图特征：扇入扇出、2–6 环、分散归集，保留证据，单线程，{stream}",
            }
        else:
            what = {"en": f"graph: all patterns, with evidence, 1 thread, {stream}", "zh": f"图特征：全部模式，保留证据，单线程，{stream}"}
        met = record["ratio"] >= record["goal"] if record["goal"] and ratio else None
        lines.append(Line(what, ours, peer, ratio, same(f"≥ {record['goal']}×" if record["goal"] else ""), met, cpu, bool(record["peer"])))
    return lines


def windows_lines(records: Iterable[Record]) -> list[Line]:
    """The window kernel."""
    lines = []
    for record in records:
        if "p50_us" in record:
            met = record["p50_us"] <= 3 and record["p99_us"] <= 10
            what: Text = {"en": "17 windows, one event in process, E1M", "zh": "17 个窗口，进程内单个事件，E1M"}
            lines.append(Line(what, latency(record), NOTHING, "", same("p50 ≤ 3 µs, p99 ≤ 10 µs"), met, NOTHING, True))
            continue
        ours, peer, ratio, cpu = against(record, ROWS)
        few = record["peer"].startswith("river")
        what = {
            "en": "17 windows per account, 2 threads, E1M" + (" (river: 8 of them, one thread)" if few else ""),
            "zh": "每账户 17 个窗口，2 线程，E1M" + ("（river：其中 8 个，单线程）" if few else ""),
        }
        met = record["ratio"] >= record["goal"] if record["goal"] and ratio else None
        lines.append(Line(what, ours, peer, ratio, same(f"≥ {record['goal']:g}×" if record["goal"] else ""), met, cpu, True))
    return lines


def trees_lines(records: Iterable[Record]) -> list[Line]:
    """The scorer."""
    words = {
        "one row: probability and all reasons": "单行：概率与全部原因",
        "one row: probability": "单行：概率",
        "batch: all reasons": "批量：全部原因",
        "batch: probability": "批量：概率",
    }
    lines: list[Line] = []
    for record in records:
        if "ratio" not in record:
            continue
        model, zh = record["model"], record["model"].replace(" trees x ", " 棵树 × ").replace(" leaves", " 叶")
        what: Text = {"en": f"{record['what']}, {model}", "zh": f"{words[record['what']]}，{zh}"}
        first = not lines
        met = record["ours_us"] <= 25 and record["ratio"] >= 7 if first else None
        peer = same(f"LightGBM {record['lightgbm_us']:g} µs")
        goal = same("≤ 25 µs, ≥ 7×" if first else "")
        lines.append(Line(what, same(f"{record['ours_us']:g} µs"), peer, f"{record['ratio']:g}×", goal, met, same("all"), first))
    return lines


def tables_lines(records: Iterable[Record]) -> list[Line]:
    """Decision tables."""
    words = {
        "7-row table, one call": "7 行决策表，单次调用",
        "7-row table, batch": "7 行决策表，批量",
        "7-row Python if-chain, one call": "7 行 Python if 链，单次调用（对照）",
        "1,000-row table, load": "1,000 行决策表，加载",
        "1,000-row table, one call": "1,000 行决策表，单次调用",
        "1,000-row table, batch": "1,000 行决策表，批量",
    }
    lines = []
    for record in records:
        goal = record.get("goal")
        unit, name = record["unit"], record["name"]
        met = None if goal is None else record["value"] <= goal
        ours: Text = {"en": f"{record['value']:g} {unit}", "zh": f"{record['value']:g} {unit.replace('row', '行')}"}
        limit: Text = NOTHING if goal is None else {"en": f"≤ {goal:g} {unit}", "zh": f"≤ {goal:g} {unit.replace('row', '行')}"}
        lines.append(
            Line({"en": name, "zh": words[name]}, ours, NOTHING, "", limit, met, same("all"), goal is not None and "7-row" in name)
        )
    return lines


def decision_lines(records: Iterable[Record]) -> list[Line]:
    """Whole decisions."""
    whole: Text = {
        "en": "a whole decision in process: windows, graph, 50 rules, 200 trees, reasons",
        "zh": "进程内一次完整决策：窗口、图、50 条规则、200 棵树、原因",
    }
    more: list[Text] = [
        NOTHING,
        {"en": "; with the smallest change that would have let it through", "zh": "；并给出可使其通过的最小改变"},
        {"en": "; answered once event and decision are on the disk", "zh": "；事件与决策落盘后才答复"},
    ]
    lines = []
    for record, added in zip(records, more, strict=True):
        what = {language: whole[language] + added[language] for language in whole}
        cpu = same(f"p50 {record['cpu_p50_us']:g} µs, p99 {record['cpu_p99_us']:g} µs")
        goal = record["goal"]
        met = None if goal is None else record["p99_us"] <= goal
        lines.append(Line(what, latency(record), NOTHING, "", same(f"p99 ≤ {goal} µs" if goal else ""), met, cpu, goal is not None))
    return lines


def replay_lines(records: Iterable[Record]) -> list[Line]:
    """Replays of a quarter, half and all of the rows."""
    lines = []
    for record in records:
        rows = f"{record['rows']:,}"
        known = record["data"].startswith("Fraud")
        what: Text = {
            "en": f"replay of {rows} payments ({'handbook' if known else 'synthetic'}) through card_payments, 2 threads",
            "zh": f"card_payments 回放 {rows} 笔支付（{'手册数据' if known else '合成数据'}），2 线程",
        }
        ours: Text = {
            "en": f"{record['wall_s']:g} s, {record['peak_mib']:,} MiB",
            "zh": f"{record['wall_s']:g} 秒，{record['peak_mib']:,} MiB",
        }
        goal: Text = {"en": "≤ 10 s, ≤ 2,048 MiB", "zh": "≤ 10 秒，≤ 2,048 MiB"} if record["goal"] else NOTHING
        met = record["wall_s"] <= 10 and record["peak_mib"] <= 2048 if record["goal"] else None
        cpu: Text = {"en": f"{record['cpu_s']:g} s", "zh": f"{record['cpu_s']:g} 秒"}
        lines.append(Line(what, ours, NOTHING, "", goal, met, cpu, bool(record["goal"])))
        if record["times_half"]:
            twice: Text = {"en": f"twice the rows, up to {rows}: times as long", "zh": f"行数加倍至 {rows}：耗时倍数"}
            ok = abs(record["times_half"] - 2) <= 0.2
            cpu = same(f"{record['times_half_cpu']:g}×")
            lines.append(Line(twice, same(f"{record['times_half']:g}×"), NOTHING, "", same("2× ± 10 %"), ok, cpu))
    return lines

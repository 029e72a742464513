"""From what banks measured that decide for long to lines of the table."""

from collections.abc import Iterable, Mapping

from benchmarks.lines import NOTHING, Line, Record, Text, same, thousands

FLAT, DAY = 1.1, 24
PAGE_GOAL_MS = 1_000


def bank_lines(records: Iterable[Record]) -> list[Line]:
    """A line for the filling, one for the pages."""
    filling = [record for record in records if record["measure"] == "filling"]
    pages = [record for record in records if record["measure"] == "page"]
    return [_filled(filling[0], filling[-1]), _pages(pages)]


def _filled(first: Record, last: Record) -> Line:
    memory = f"{first['memory_mib']:,.0f} → {last['memory_mib']:,.0f} MiB"
    return Line(
        what={
            "en": f"a bank that decides {last['decisions']:,} payments (card_payments): memory "
            f"after the first {first['decisions']:,} and after all; {last['stopped']:,} not approved, log {last['log_mib']:,.0f} MiB",
            "zh": f"银行对 {last['decisions']:,} 笔支付作决策（card_payments）："
            f"前 {first['decisions']:,} 笔后与全部之后的内存；未通过 {last['stopped']:,} 笔，日志 {last['log_mib']:,.0f} MiB",
        },
        ours={
            "en": f"{memory}; {thousands(first['per_s'])} decisions/s at first, {thousands(last['per_s'])} at last",
            "zh": f"{memory}；起初 {thousands(first['per_s'])} 决策/秒，最后 {thousands(last['per_s'])} 决策/秒",
        },
        peer=NOTHING,
        ratio="",
        goal={"en": "flat: within 10 %", "zh": "平稳：不超过 10%"},
        met=last["memory_mib"] <= first["memory_mib"] * FLAT,
        processor=same(""),
    )


def _pages(pages: list[Record]) -> Line:
    slowest = max(pages, key=lambda page: page["slowest_ms"])
    middle = sorted(page["median_ms"] for page in pages)[len(pages) // 2]
    return Line(
        what={
            "en": f"pages of the console on that bank ({len(pages)} pages, to the last byte, signed in)",
            "zh": f"该银行的控制台页面（{len(pages)} 个页面，已登录，至最后一个字节）",
        },
        ours={
            "en": f"median page {middle:.0f} ms; slowest visit {slowest['slowest_ms']:.0f} ms (`{slowest['path']}`)",
            "zh": f"页面中位数 {middle:.0f} 毫秒；最慢一次 {slowest['slowest_ms']:.0f} 毫秒（`{slowest['path']}`）",
        },
        peer=NOTHING,
        ratio="",
        goal={"en": "≤ 1,000 ms each", "zh": "每页 ≤ 1,000 毫秒"},
        met=slowest["slowest_ms"] <= PAGE_GOAL_MS,
        processor=same(""),
    )


def day_lines(records: Iterable[Record]) -> list[Line]:
    """A line for the hours of the day that were gone; those before it, in which memory fills, are numbered up to 0."""
    hours = list(records)
    before = [hour for hour in hours if hour["hour"] <= 0]
    first, last, window = before[-1], hours[-1], hours[-1]["window"]
    parts = [(part, first["memory_mib"][part], last["memory_mib"][part]) for part in _PARTS]
    memory = {
        language: joined.join(f"{_PARTS[part][language]} {begun:,.0f} → {ended:,.0f} MiB" for part, begun, ended in parts)
        for language, joined in (("en", ", "), ("zh", "，"))
    }
    rate, goal, decisions = int(last["rate"]), int(last["goal_rate"]), f"{last['decisions'] - first['decisions']:,}"
    sizes, most = [hour["log_mib"] for hour in hours], max(hour["memory_most_mib"]["decider"] for hour in hours)
    pace = {language: f"{thousands(first['per_s'])} → {thousands(last['per_s'])} {word}" for language, word in _PACE.items()}
    return [
        Line(
            what={
                "en": f"{last['hour']} hours of the event clock through the batch endpoint of a served bank, {rate} payments a second "
                f"({decisions} in all, after {len(before)} such hours; windows and lateness up to {window}): memory at rest in the hour "
                f"before it and in its last; while the state is kept the decider took up to {most:,.0f} MiB; log at most "
                f"{max(sizes):,.0f} MiB",
                "zh": f"经已上线银行的批量接口走完事件时钟的 {last['hour']} 小时，每秒 {rate} 笔支付"
                f"（共 {decisions} 笔，此前另有 {len(before)} 小时；窗口与迟到上限不超过 {window}）："
                f"此前一小时与最后一小时的静息内存；保存状态期间决策进程最多 {most:,.0f} MiB；日志最大 {max(sizes):,.0f} MiB",
            },
            ours={language: f"{text}; {pace[language]}" for language, text in memory.items()},
            peer=NOTHING,
            ratio="",
            goal={"en": f"flat: within 10 %, 24 hours at {goal} a second", "zh": f"平稳：不超过 10%，每秒 {goal} 笔，24 小时"},
            met=sum(part[2] for part in parts) <= FLAT * sum(part[1] for part in parts) if rate >= goal and last["hour"] >= DAY else None,
            processor=same(""),
        )
    ]


_PACE: Text = {"en": "decisions/s", "zh": "决策/秒"}
_PARTS: Mapping[str, Text] = {
    "decider": {"en": "decider", "zh": "决策进程"},
    "writer": {"en": "writer", "zh": "写入进程"},
    "fronts": {"en": "fronts", "zh": "接入进程"},
}

"""The measured figures as pages: ``RESULTS.md`` with everything, and a short table in each readme, between its markers."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import bank_lines, lines, log_lines, service_lines
from benchmarks.lines import Line, Record
from huitong.cores import cores as cores_given

RECORDS_FILE = "results.json"
RESULTS_FILE = "RESULTS.md"
LINES: Mapping[str, Callable[[Iterable[Record]], list[Line]]] = {
    "windows": lines.windows_lines,
    "graph": lines.graph_lines,
    "decision": lines.decision_lines,
    "decision_tables": lines.tables_lines,
    "tree_scorer": lines.trees_lines,
    "replay": lines.replay_lines,
    "log": log_lines.log_lines,
    "service": service_lines.service_lines,
    "step_back": service_lines.step_back_lines,
    "full_bank": bank_lines.bank_lines,
    "steady_day": bank_lines.day_lines,
    "full_day": bank_lines.day_lines,
}
PACKAGES = ("numpy", "numba", "pyarrow", "lightgbm", "snapml", "polars", "duckdb", "river", "psycopg", "uvicorn", "uvloop", "starlette")
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
"""What stands around the short table of a readme."""
_VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
print(json.dumps({name: of(name) for name in sys.argv[1:]}))
"""

INTRODUCTION = """# Results

Written by `python benchmarks/run.py`; every benchmark in a process of its own, peers in the same run, on the same data, each at its best
setting. Of several passes the fastest counts, because other work on the machine can only slow one down. Met or missed is judged by the
clock; the last column gives the same by processor time (ours / peer = ratio), which is the fairer figure on a busy machine.

Streams: E1M is a million payments among 100,000 accounts in 30 days; HUB is 300,000 payments among 20,000 accounts in 6 days with a heavy
tail (`benchmarks/streams.py`, seeded). The handbook's payments are those of the Fraud Detection Handbook's simulator. The log's are those
of 50,000 customers with two accounts each (`benchmarks/log_payments.py`, seeded); its plain peers write the same rows, ready-made, without
proof. PostgreSQL runs on the same machine: server and client share its cores, and only the client's processor time is counted.
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when it was measured."""

    date: str
    processor: str
    cores: int
    memory_gib: int
    system: str
    python: str
    versions: Mapping[str, str]
    load: float

    @classmethod
    def here(cls, load: float, python: str) -> "Machine":
        """This machine, now.

        Args:
            load: Load average over a minute before the first benchmark.
            python: The interpreter that measured.
        """
        asked = [python, "-c", _VERSIONS, *PACKAGES]
        answer = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603 -- our own words
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            processor=_processor(),
            cores=cores_given(),
            memory_gib=round(memory / 2**30),
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            versions=json.loads(answer),
            load=round(load, 1),
        )

    def to_json(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """As a list for people."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return [
            f"* {self.date}, load average before the first benchmark {self.load}",
            f"* {self.processor}, {self.cores} cores, {self.memory_gib} GiB, {self.system}, Python {self.python}",
            f"* {versions}",
        ]


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def lines_of(records: Mapping[str, Sequence[Record]]) -> list[Line]:
    """All lines, in the order of ``LINES``."""
    return [line for name, make in LINES.items() if name in records for line in make(records[name])]


def table(rows: Sequence[Line], language: str, *, full: bool) -> str:
    """A Markdown table; ``full`` with the figures by processor time."""
    heads = {
        "en": ["what", "ours", "peer", "ratio", "goal", "", "by processor time"],
        "zh": ["测量内容", "汇通", "对照", "倍数", "目标", "", "按处理器时间"],
    }[language]
    words = {"en": {True: "met", False: "**missed**"}, "zh": {True: "达到", False: "**未达到**"}}[language]
    cells = [heads, ["---"] * len(heads)]
    for row in rows:
        met = "" if row.met is None else words[row.met]
        processor = {"en": "all of it", "zh": "全部"}[language] if row.processor[language] == "all" else row.processor[language]
        cells.append([row.what[language], row.ours[language], row.peer[language], row.ratio, row.goal[language], met, processor])
    width = len(heads) if full else len(heads) - 1
    return "\n".join("| " + " | ".join(cell[:width]) + " |" for cell in cells) + "\n"


def write_results(root: Path, records: Mapping[str, Sequence[Record]], machines: Mapping[str, Machine]) -> None:
    """Writes ``RESULTS.md``; benchmarks that were measured again by themselves say where and when."""
    measured: dict[str, list[str]] = {}
    for name in records:
        measured.setdefault("\n".join(machines[name].lines()), []).append(f"`{name}`")
    told = [f"{', '.join(names)}:\n\n{lines}\n" for lines, names in measured.items()]
    text = "\n".join([INTRODUCTION, table(lines_of(records), "en", full=True), "## Machine", "", *told])
    (root / "benchmarks" / RESULTS_FILE).write_text(text, "utf-8")


def write_readmes(root: Path, records: Mapping[str, Sequence[Record]]) -> None:
    """Puts the short table between the markers of both readmes."""
    short = [line for line in lines_of(records) if line.shown]
    for name, language in (("README.md", "en"), ("README.zh.md", "zh")):
        path = root / name
        before, begin, rest = path.read_text("utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        path.write_text(f"{before}{begin}\n{table(short, language, full=False)}{end}{after}", "utf-8")

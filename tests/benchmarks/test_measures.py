"""Every benchmark runs, at a tiny size, and what it says fits the tables, so that none of them rots between two measurements."""

import json
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import results, run
from benchmarks.lines import Line

Records = dict[str, list[dict[str, object]]]


@pytest.mark.parametrize("name", run.NAMES)
def test_a_benchmark_runs_at_a_tiny_size_and_fills_its_lines(name: str) -> None:
    # snapml switches subnormal floats off for everything beside it: not in the process of other tests
    records = run.measured(name, True) if name == "graph" else import_module(f"benchmarks.{name}").measure(True)

    lines = results.LINES[name](json.loads(json.dumps(records)))

    assert lines
    assert all(line.what["en"] and line.what["zh"] and line.ours["en"] and line.ours["zh"] for line in lines)
    assert any(line.goal["en"] for line in lines)


def test_a_peer_that_is_not_installed_is_named_as_skipped() -> None:
    record = {"stream": "E1M", "ours_per_s": 1_234_567, "ours_per_cpu_s": 1_000_000, "goal": 1.3}
    record |= {"peer": "Polars grouped rolling", "peer_per_s": None, "ratio": None, "ratio_cpu": None}

    (line,) = results.LINES["windows"]([record])

    assert line.peer["en"] == "Polars grouped rolling: skipped, not installed"
    assert line.met is None


def test_a_server_that_is_not_there_is_named_as_skipped() -> None:
    record = {"storage": "postgres", "skipped": "no server answers", "rows": 1, "callers": 64}

    lines = results.LINES["log"]([{"measure": "ingest", "way": "log", **record}, {"measure": "decisions", **record}])

    assert [(line.ours["en"], line.ours["zh"], line.met) for line in lines] == [
        ("skipped: no server answers", "跳过：没有可用的服务器", None)
    ] * 2


def test_decisions_that_come_fast_enough_but_late_have_missed_their_goal() -> None:
    record = {
        "measure": "decisions",
        "storage": "sqlite",
        "callers": 64,
        "decisions_per_s": 9_000,
        "decisions_per_cpu_s": 9_500,
        "p50_ms": 6,
    }

    in_time, late = results.LINES["log"]([{**record, "p99_ms": 9.9}, {**record, "p99_ms": 10.1}])

    assert (in_time.met, late.met) == (True, False)


def test_the_price_of_proof_is_told_beside_each_plain_way_and_bounded() -> None:
    plain = {"measure": "ingest", "storage": "postgres", "events_per_cpu_s": 1}
    ours = {**plain, "way": "log", "events_per_s": 40_000}
    peers = [{**plain, "way": "executemany", "events_per_s": 30_000}, {**plain, "way": "COPY", "events_per_s": 90_000}]

    against_rows, against_copy = results.LINES["log"]([ours, *peers])

    assert (against_rows.ratio, against_rows.met) == ("1.33×", True)
    assert (against_copy.ratio, against_copy.met) == ("0.44×", False)


def test_the_readmes_get_the_short_table_between_their_markers_and_keep_the_rest(root: Path, tmp_path: Path) -> None:
    for name in ("README.md", "README.zh.md"):
        shutil.copy(root / name, tmp_path / name)
    records: Records = {"windows": [{"p50_us": 2.5, "p99_us": 12.0}]}

    results.write_readmes(tmp_path, records)
    results.write_readmes(tmp_path, records)

    text = (tmp_path / "README.md").read_text("utf-8")
    assert text.count("| 17 windows, one event in process, E1M | p50 2.5 µs, p99 12 µs |") == 1
    assert "**missed**" in text
    assert "**未达到**" in (tmp_path / "README.zh.md").read_text("utf-8")
    before, _, after = (root / "README.md").read_text("utf-8").partition(results.BEGIN)
    assert text.startswith(before)
    assert text.endswith(after.partition(results.END)[2])


def test_only_lines_with_a_goal_say_met_or_missed() -> None:
    nothing = {"en": "", "zh": ""}
    line = Line({"en": "a", "zh": "甲"}, {"en": "1", "zh": "1"}, nothing, "", nothing, None, nothing)

    assert results.table([line], "en", full=False).splitlines()[-1] == "| a | 1 |  |  |  |  |"


def test_a_quick_run_of_one_benchmark_prints_its_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = {"name": "7-row table, one call", "value": 373.6, "unit": "ns", "goal": 1_000}
    monkeypatch.setattr(run, "measured", lambda _name, _quick: [table])

    assert run.main(["--quick", "--only", "decision_tables"]) == 0

    assert "7-row table, one call · 373.6 ns · goal ≤ 1000 ns: met\n" in capsys.readouterr().out

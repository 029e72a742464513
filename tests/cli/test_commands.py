"""The commands as people and machines use them."""

import ast
import html
import io
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from huitong.app import Bank
from huitong.cli.progress import plain_progress
from huitong.cli.words import MEASURES, OUTCOMES, WORDS
from huitong.contracts import MeasureKind
from huitong.evaluation.patterns import PATTERN_TITLES
from huitong.features import edges
from huitong.features.graph import GraphEvidence
from tests.app.small_world import changed, clock, sources_in
from tests.cli.conftest import Run
from tests.sources import python_files, tree_of

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def payment() -> str:
    """A payment as JSON that two rules speak about."""
    event = {"id": "P-1", "time": "2025-10-01T12:00:00+08:00", "customer": "C1", "amount": "250000", "currency": "CNY"}
    return json.dumps({**event, "channel": "transfer", "terminal": "T000001", "counterparty": "A2", "account": "A1"})


def test_a_decision_is_told_in_english(run: Run, root: Path, payment: str) -> None:
    ran = run("decide", payment, "--policy", "small", "--bank", root, "--lang", "en")
    assert ran.code == 0
    lines = ran.out.splitlines()
    lines = lines[next(place for place, line in enumerate(lines) if line.startswith("decline · ")) :]  # it may have told why it waits
    assert "Amount 250,000.00" in lines[1]
    assert "2025-10-01 12:00:00+08:00" in lines[1]
    assert lines[2].startswith("small@")
    reasons = [line.strip() for line in lines if line.startswith("  • ")]
    assert reasons[0] == "• the terminal is blocked  [list.blocked]"
    assert "• a huge amount  [rule.huge]" in reasons
    assert "• hold · Customer C1 → 2025-10-02 12:00:00+08:00 [list.blocked]" in reasons
    assert "blocked: T000001 skimmer found" in ran.out
    assert "Reasons" in lines
    assert not CHINESE.search(ran.out)


def test_a_decision_is_told_in_chinese(run: Run, root: Path, payment: str) -> None:
    ran = run("decide", payment, "--policy", "small", "--bank", root, "--lang", "zh")
    assert ran.code == 0
    assert ran.out.startswith("拒绝（decline）")
    assert "• 暂缓 · 客户 C1" in ran.out
    assert "• 终端在封禁名单上  [list.blocked]" in ran.out
    assert "• 金额巨大  [rule.huge]" in ran.out
    assert {"理由", "措施"} <= set(ran.out.splitlines())
    assert [line for line in ran.out.splitlines() if "（decline）" in line]
    assert "金额 250,000.00" in ran.out
    assert "贡献（对数几率）" in ran.out


def test_a_decision_from_a_file_or_from_standard_input_is_that_of_the_text(
    run: Run, root: Path, payment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = run("decide", payment, "--policy", "small", "--bank", root, "--json").document
    (tmp_path / "event.json").write_text(payment, "utf-8")
    assert run("decide", tmp_path / "event.json", "--policy", "small", "--bank", root, "--json").document == text
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(payment.encode())))
    assert run("decide", "-", "--policy", "small", "--bank", root, "--json").document == text
    explained = run("explain", "P-1", "--bank", root, "--json").document
    assert explained == text
    said = run("explain", "P-1", "--bank", root, "--lang", "zh").out
    assert f"来自日志：决策 {text['id']}" in said


def test_the_way_of_an_analyst(run: Run, root: Path, tables: list[str], tmp_path: Path) -> None:
    report = run("replay", "small", *tables, "--bank", root, "--report", tmp_path / "old.html", "--json").document
    version = report["version"]
    page = (tmp_path / "old.html").read_text("utf-8")
    assert "Small policy" in html.unescape(page)
    assert "小策略" in page
    changed(root / "policies" / "small" / "velocity.dmn", ("&gt;= 4<", "&gt;= 3<"))
    diff = run("policy", "diff", "small", f"small@{version[:8]}", "--bank", root, "--json").document
    assert diff == [{"file": "velocity.dmn", "place": "velocity, row 2, payments in an hour", "before": ">= 4", "after": ">= 3"}]
    shown = run("policy", "diff", "small", f"small@{version[:8]}", "--bank", root, "--lang", "zh").out
    assert shown == "velocity.dmn\n  velocity，第 2 行，payments in an hour：>= 4 → >= 3\n"
    against = run("replay", "small", *tables, "--bank", root, "--against", f"small@{version[:8]}", "--json").document
    assert against["comparison"]["version"] == version
    assert against["comparison"]["differing"] > 0
    subject = against["comparison"]["differences"][0]
    explained = run("explain", subject["id"], "--bank", root, "--json").document
    names = ["approve", "review", "decline"]
    assert explained["outcome"] == names[subject["after"]]
    assert explained["version"] == against["version"] != version
    told = run("replay", "small", *tables, "--bank", root, "--lang", "zh").out
    assert CHINESE.search(told)


def test_a_feature_in_one_line_and_a_new_training(run: Run, root: Path, tables: list[str]) -> None:
    features = root / "policies" / "small" / "features.toml"
    changed(features, ("cycle_length =", 'sum_7d = { sum = "amount", by = "customer", over = "7d" }\ncycle_length ='))
    changed(root / "policies" / "small" / "policy.toml", ('features = ["amount",', 'features = ["amount", "sum_7d",'))
    listed = run("features", "list", "small", "--bank", root, "--json").document
    assert [one["name"] for one in listed if one["operation"] == "sum"] == ["sum_7d"]
    assert all(one["title"]["zh"] and one["title"]["en"] for one in listed)
    refused = run("replay", "small", *tables, "--bank", root, "--json")
    assert refused.document["error"]["code"] == "policy.model.other_features"
    trained = run("train", "small", *tables, "--bank", root, "--json").document
    assert trained["frauds"] > 0
    assert set(trained["thresholds"]) == {"review", "decline"}
    replayed = run("replay", "small", *tables, "--bank", root, "--json").document
    assert replayed["version"] == trained["version"]
    told = run("train", "small", *tables, "--bank", root, "--lang", "zh").out
    assert "训练完成" in told
    assert trained["version"][:12] in told


def test_what_a_check_finds_is_shown_with_its_remedy(run: Run, root: Path) -> None:
    good = run("policy", "check", "small", "--bank", root, "--lang", "en")
    assert (good.code, "nothing found" in good.out) == (0, True)
    changed(root / "policies" / "small" / "velocity.dmn", ('id="c31"><text>-<', 'id="c31"><text>&gt; 0<'))
    (finding,) = run("policy", "check", "small", "--bank", root, "--json").document["findings"]
    assert (finding["code"], finding["where"], finding["severity"]) == ("table.gap", "velocity.dmn, table 'velocity'", "warning")
    for language in ("zh", "en"):
        shown = run("policy", "check", "small", "--bank", root, "--lang", language).out
        assert finding["text"][language] in shown
        assert finding["remedy"][language] in shown


def test_ingest_says_what_was_new_and_the_log_answers_for_itself(run: Run, root: Path, trained_bank: Path, tables: list[str]) -> None:
    first = run("ingest", *tables, "--bank", root, "--lang", "zh")
    assert first.out.startswith("新写入事件 46,420 · 已存在 0 · 隔离行数 0")
    assert run("log", "check", "--bank", root, "--lang", "zh").out.strip() == "没有发现问题"
    with Bank(root, clock=clock(), threads=2) as bank:
        of_tables = bank.replay("small", sources_in(trained_bank)).report
        of_log = run("replay", "small", "--bank", root, "--json")
        assert json.loads(of_tables.to_json())["outcomes"] == of_log.document["outcomes"]


def test_a_damaged_log_is_told_with_its_exit_code(run: Run, root: Path, payment: str) -> None:
    assert run("decide", payment, "--policy", "small", "--bank", root).code == 0
    log = root / "log" / "log.sqlite"
    content = bytearray(log.read_bytes())
    place = content.find(b'"channel":"transfer"')
    assert place > 0
    content[place] = 0xFF
    log.write_bytes(content)
    for suffix in ("-wal", "-shm"):
        log.with_name(log.name + suffix).unlink(missing_ok=True)
    ran = run("log", "check", "--bank", root, "--json")
    assert ran.code == 3
    assert ran.document


def test_the_language_is_that_of_the_option_then_of_the_environment(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def language(*more: str) -> str:
        return "zh" if CHINESE.search(run("policy", "check", "nobody", "--bank", root, *more).err) else "en"

    assert [language(), language("--lang", "zh"), language("--lang=zh_CN"), language("--lang", "en-GB")] == ["en", "zh", "zh", "en"]
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert [language(), language("--lang", "en")] == ["zh", "en"]
    monkeypatch.setenv("HUITONG_LANG", "en")
    assert [language(), language("--lang", "zh")] == ["en", "zh"]


def test_every_stage_that_work_tells_of_has_a_name_in_both_languages() -> None:
    stages = set()
    for path in python_files("src"):
        if "/app/" in path.as_posix() or "/cli/" in path.as_posix():
            for node in ast.walk(tree_of(path)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "progress":
                    stages |= {one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert {"reading", "features", "training", "replaying"} <= stages
    assert stages <= set(WORDS)
    assert set(MEASURES) == set(get_args(MeasureKind))
    assert {"approve", "review", "decline"} <= set(OUTCOMES)
    for texts in (*WORDS.values(), *PATTERN_TITLES.values(), *MEASURES.values(), *OUTCOMES.values()):
        assert set(texts) == {"zh", "en"}
        assert CHINESE.search(texts["zh"])
        assert not CHINESE.search(texts["en"])


def test_every_pattern_that_is_evidence_has_a_name() -> None:
    everything = GraphEvidence(cycle=(1, 2), scatter_gather=((1, 2),), gathered=(1,), scattered=(2,), path=(1, 2))
    assert set(edges._numbers(everything)) == set(PATTERN_TITLES)


def test_without_a_terminal_progress_is_a_line_now_and_then() -> None:
    now_s = 0.0
    lines: list[str] = []
    report = plain_progress(lines.append, "en", lambda: now_s)
    for done in range(0, 11):
        now_s = 2.0 * done
        report("training", 10 * done, 100)
    assert lines == [
        f"{WORDS['training']['en']} {line}"
        for line in ("…", "30 / 100 · 5/s · left 14 s", "60 / 100 · 5/s · left 8 s", "90 / 100 · 5/s · left 2 s")
    ]


def test_a_stage_that_begins_again_is_timed_anew() -> None:
    now_s = 0.0
    lines: list[str] = []
    report = plain_progress(lines.append, "en", lambda: now_s)
    for at_s, done in ((0.0, 0), (1.0, 100), (100.0, 0), (106.0, 12)):
        now_s = at_s
        report("training", done, 100)
    assert lines == [f"{WORDS['training']['en']} {line}" for line in ("…", "…", "12 / 100 · 2/s · left 44 s")]

"""The demonstration and the service look at what stands in their way before they write anything."""

import importlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.editing import with_threshold
from huitong.app.traffic import Traffic
from huitong.cli.words import WORDS
from huitong.contracts import Actor
from huitong.decisions.rollout import RolloutSettings
from huitong.evaluation.words import NARROW_SPACE
from huitong.fronts.sockets import HOST
from huitong.kernel import LANGUAGES, FixedClock, time_us
from tests.app.small_world import sources_in
from tests.cli.conftest import Run


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which another program listens."""
    with socket.create_server((HOST, 0)) as other:
        yield other.getsockname()[1]


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder, but what its log writes for itself."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.parent.name != "log"}


@pytest.mark.parametrize("more", [["--console", "--port", "0"], ["--no-console"]], ids=" ".join)
def test_a_demonstration_of_a_bank_that_another_process_serves_is_refused_before_it_writes(run: Run, root: Path, more: list[str]) -> None:
    with Bank(root) as bank:
        bank.log.end()
        (root / "data").mkdir()
        (root / "data" / "payments.parquet").write_bytes(b"what the other one decides on")
        before = contents(root)
        ran = run("demo", "--bank", root, "--customers", "300", "--json", *more)
        assert (ran.code, ran.document["error"]["code"]) == (5, "bank.held")
        assert contents(root) == before


def test_a_demonstration_whose_port_is_taken_is_refused_before_it_writes(run: Run, root: Path, taken: int) -> None:
    ran = run("demo", "--bank", root, "--customers", "300", "--console", "--port", str(taken), "--json")
    assert (ran.code, ran.document["error"]["code"]) == (5, "fronts.address")
    assert not (root / "data").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_without_fronts_whose_port_is_taken_says_so_with_what_to_do(run: Run, root: Path, taken: int, language: str) -> None:
    ran = run("serve", "--bank", root, "--policy", "small", "--fronts", "0", "--port", str(taken), "--lang", language)
    assert ran.code == 5
    told = {"en": (f"cannot listen at {HOST}, port {taken}: ", "--port"), "zh": (f"无法监听 {HOST} 端口 {taken}：", "请用 --host")}
    assert [words for words in told[language] if words not in ran.err] == []


def test_a_demonstration_with_too_few_frauds_to_train_on_says_that_more_customers_help(run: Run, tmp_path: Path) -> None:
    ran = run("demo", "--bank", tmp_path / "new", "--customers", "300", "--no-console", "--json")
    error = ran.document["error"]
    assert (ran.code, error["code"]) == (3, "training.slice.too_small")
    assert "--customers" in error["remedy"]["en"]
    assert "更多客户" in error["remedy"]["zh"]


@pytest.fixture
def typed(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small bank, of whose policy an analyst has typed a threshold; the demonstration is of it."""
    monkeypatch.setattr(importlib.import_module("huitong.cli.demo"), "POLICY", "small")
    settings = root / "policies" / "small" / "policy.toml"
    settings.write_text(with_threshold(settings.read_text("utf-8"), "review", 0.02), "utf-8")
    return root


def draft(bank: Bank) -> str:
    """A version of what stands in the folder."""
    return bank.rollouts.draft(bank.measures.command(Actor("li", frozenset({"analyst"}))), "small", "a lower threshold")


@pytest.mark.parametrize(
    ("language", "chosen", "stands"), [("en", "loss matrix", "stand in policy.toml"), ("zh", "损失矩阵", "写在 policy.toml 中")]
)
def test_a_threshold_that_somebody_typed_is_not_said_to_come_of_the_training(
    run: Run, typed: Path, tables: list[str], language: str, chosen: str, stands: str
) -> None:
    ran = run("demo", "--bank", typed, *tables, "--no-console", "--lang", language)
    assert ran.code == 0, ran.err
    lines = {words: next(line for line in ran.out.splitlines() if words in line) for words in (chosen, stands)}
    assert ("review" in lines[chosen], "decline" in lines[chosen]) == (False, True)
    assert {"en": f"review ≥ 2{NARROW_SPACE}%", "zh": f"人工复核（review） ≥ 2{NARROW_SPACE}%"}[language] in lines[stands]
    assert "decline" not in lines[stands]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_policy_that_has_versions_is_left_as_it_is_by_a_second_demonstration_which_says_so(
    run: Run, typed: Path, tables: list[str], language: str
) -> None:
    with Bank(typed) as bank:
        version = draft(bank)
    before = contents(typed / "policies")
    ran = run("demo", "--bank", typed, *tables, "--no-console", "--lang", language)
    assert ran.code == 0, ran.err
    assert contents(typed / "policies") == before
    assert {"en": "neither trained again nor rewritten", "zh": "不再训练，也不改写"}[language] in ran.out
    assert f"small@{version[:12]} --bank {typed} --lang {language}" in ran.out, "what to try next is about the version that is there"
    told = run("demo", "--bank", typed, *tables, "--no-console", "--json").document
    assert (told["policy"], told["version"]) == ("small", version)


def test_a_second_demonstration_is_of_the_version_that_decides_not_of_what_its_folder_was_left_with(
    run: Run, typed: Path, trained_bank: Path, tables: list[str]
) -> None:
    with Bank(typed, threads=2) as bank:
        bank.rollouts.settings = RolloutSettings(replay_decisions_min=1)
        version, analyst, approver = draft(bank), Actor("li", frozenset({"analyst"})), Actor("wang", frozenset({"approver"}))
        bank.rollouts.replayed(bank.measures.command(analyst), "small", bank.replay("small", sources_in(trained_bank)))
        bank.rollouts.forward(bank.measures.command(approver), "small", version, "live")
        settings = typed / "policies" / "small" / "policy.toml"
        settings.write_text(with_threshold(settings.read_text("utf-8"), "review", 0.03), "utf-8")
    ran = run("demo", "--bank", typed, *tables, "--no-console", "--lang", "en")
    assert ran.code == 0, ran.err
    assert f"small@{version[:12]}" in ran.out
    assert run("demo", "--bank", typed, *tables, "--no-console", "--json").document["version"] == version


def test_a_second_demonstration_replays_what_the_bank_has_decided_and_not_its_tables_of_long_ago(
    run: Run, typed: Path, trained_bank: Path
) -> None:
    with Bank(typed, clock=FixedClock(time_us("2026-03-04T10:00:00+08:00")), threads=2) as bank:
        Traffic(bank, "small", sources_in(trained_bank), decided_days=0.2).catch_up()
        draft(bank)
    ran = run("demo", "--bank", typed, "--customers", "400", "--no-console", "--lang", "en")
    assert ran.code == 0, ran.err
    assert "recorded decisions" in ran.out
    assert "replay small --against small@" in ran.out


def test_what_is_decided_now_is_told_apart_from_what_an_earlier_start_decided() -> None:
    assert "1 of the last two days were decided now, those that an earlier start decided stay" in WORDS["traffic"]["en"].format(count="1")
    assert "本次启动决策了 1 笔，此前启动时已决策的保持不变" in WORDS["traffic"]["zh"].format(count="1")

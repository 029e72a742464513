"""What the log's commands say to a person, in both languages, where they would otherwise be puzzled."""

import json
import shutil
from pathlib import Path

import pytest

from huitong.cli.demo import _enough_customers
from huitong.cli.terminal import PLACES_MAX, Terminal
from huitong.kernel import DataError, Finding, Text
from tests.cli.conftest import Run

PAYMENT = {"time": "2025-10-01T12:00:00+08:00", "customer": "C1", "amount": "2500", "currency": "CNY", "channel": "transfer"}


@pytest.fixture
def decided(run: Run, root: Path) -> Path:
    """A bank that decided one payment, P-1."""
    assert run("decide", json.dumps({"id": "P-1", **PAYMENT}), "--policy", "small", "--bank", root).code == 0
    return root


@pytest.mark.parametrize(("language", "expected"), [("en", "does not name the files of the policy"), ("zh", "证明未列出策略文件")])
def test_a_proof_without_the_policys_files_says_so_beside_the_proof(run: Run, decided: Path, language: str, expected: str) -> None:
    with_files = run("prove", "P-1", "--bank", decided, "--lang", language)
    assert "policy" in with_files.document
    assert expected not in with_files.err
    shutil.rmtree(decided / "versions")
    without = run("prove", "P-1", "--bank", decided, "--lang", language)
    assert (without.code, "policy" in without.document) == (0, False)
    assert expected in without.err


def test_a_key_file_without_a_public_key_is_not_the_proofs_fault(run: Run, decided: Path, tmp_path: Path) -> None:
    run("prove", "P-1", "--bank", decided, "--out", tmp_path / "proof.json")
    given = ("verify", tmp_path / "proof.json", "--key", decided / "keys" / "signing.pem")
    en, zh = run(*given), run("--lang", "zh", *given)
    assert (en.code, zh.code) == (2, 2)
    assert "holds no public key" in en.err
    assert "keys/public.pem" in en.err
    assert "does not hold" not in en.err
    assert "密钥文件中没有 PEM 公钥" in zh.err


def test_a_hold_that_keeps_nobody_and_an_erasure_without_a_ground_are_refused(run: Run, decided: Path) -> None:
    held = ["hold", "C1", "--as", "customer", "--ground", "case 1", "--bank", decided]
    for arguments, en, zh in (
        ([*held, "--until", "2020-01-01"], "is past", "已经过去"),
        (["forget", "C1", "--as", "customer", "--ground", "  ", "--bank", decided], "the ground is empty", "依据为空"),
    ):
        english, chinese = run(*arguments), run("--lang", "zh", *arguments)
        assert (english.code, chinese.code) == (2, 2)
        assert en in english.err
        assert zh in chinese.err
        assert "✗ 错误：" in chinese.err


def test_a_backup_to_what_ends_like_a_folder_is_a_file_in_it(run: Run, decided: Path, tmp_path: Path) -> None:
    assert run("log", "backup", f"{tmp_path}/kept/", "--bank", decided).code == 0
    assert [path.suffix for path in (tmp_path / "kept").iterdir() if path.suffix == ".sqlite"] == [".sqlite"]


def test_an_upgrade_says_that_it_is_at_work(run: Run, decided: Path) -> None:
    assert "bringing the log up to date …" in run("log", "upgrade", "--bank", decided).err
    assert "升级日志 …" in run("--lang", "zh", "log", "upgrade", "--bank", decided).err


def test_many_findings_of_one_kind_name_some_places_and_each_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    text: Text = {"en": "wrong", "zh": "有误"}
    found = [Finding("a", f"place {number}", text, {"en": "mend it", "zh": "请更正"}) for number in range(100)]
    Terminal("zh", json=False).findings([*found, Finding("a", "elsewhere", text, {"en": "update", "zh": "请升级"})])
    out = capsys.readouterr().out
    assert "同样的还有 99 处：place 1；place 2；" in out
    assert f"place {PLACES_MAX}；…" in out
    assert f"place {PLACES_MAX + 1}" not in out
    assert "请更正" in out
    assert "请升级" in out


def test_a_synthetic_bank_that_is_too_small_to_learn_from_is_told_to_be_larger() -> None:
    few: Text = {"en": "the calibration slice has 3 rows", "zh": "校准时段有 3 行"}
    with pytest.raises(DataError) as refused, _enough_customers():
        raise DataError("training.slice.too_small", few, {"en": "give more days", "zh": "请提供更长时间的数据"})
    assert (refused.value.code, refused.value.cause) == ("training.slice.too_small", few)
    assert all("--customers" in text for text in refused.value.remedy.values())

"""From a decision to a stranger who computes it again: prove, bundle, verify, as people and machines use them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.app.small_world import changed
from tests.cli.conftest import Run


@pytest.fixture
def handed_out(run: Run, root: Path, tmp_path: Path) -> Path:
    """What an auditor gets: a proof, the public keys and the bundle, in a folder of their own; the bank is gone."""
    event = {"id": "P-1", "time": "2025-10-01T12:00:00+08:00", "customer": "C1", "amount": "250000", "currency": "CNY"}
    given = json.dumps({**event, "channel": "transfer", "terminal": "T000001", "counterparty": "A2", "account": "A1"})
    out = tmp_path / "auditor"
    out.mkdir()
    assert run("decide", given, "--policy", "small", "--bank", root).code == 0
    written = run("prove", "P-1", "-o", out / "proof.json", "--bank", root, "--json").document
    assert written == {"record": "P-1", "file": str(out / "proof.json"), "key": str(root / "keys" / "public.pem")}
    assert run("prove", "P-1", "--bank", root, "--json").document == json.loads((out / "proof.json").read_bytes())
    assert run("bundle", "small", "-o", out / "small.zip", "--bank", root).code == 0
    changed(root / "policies" / "small" / "blocked.csv", ("T000001", "T000002"))
    assert run("bundle", "small", "-o", out / "later.zip", "--bank", root).code == 0
    shutil.copy(root / "keys" / "public.pem", out / "public.pem")
    shutil.rmtree(root)
    return out


def test_a_stranger_computes_a_proved_decision_again(run: Run, handed_out: Path) -> None:
    given = ("verify", handed_out / "proof.json", "--key", handed_out / "public.pem")
    for language, colon, same, features, files in (
        (
            "en",
            ": ",
            "computed again from the bundle, the same bit for bit",
            "taken from the record: features of earlier",
            "5 files, model",
        ),
        ("zh", "：", "已由策略包重算，逐位一致", "取自记录：取决于先前事件的特征", "5 个文件，模型"),
    ):
        ran = run(*given, "--recompute", handed_out / "small.zip", "--lang", language)
        assert ran.code == 0
        assert all(text in ran.out for text in (f"{same}{colon}decline · 0.", features, files)), ran.out
    document = run(*given, "--recompute", handed_out / "small.zip", "--json").document
    assert document["recomputed"]["same"] is True
    assert {"en": "the smallest change", "zh": "最小改变"} not in document["recomputed"]["taken_from_record"], "there was none"
    assert run(*given, "--json").document["recomputed"] is None


def test_what_does_not_come_out_ends_as_a_false_proof_does(run: Run, handed_out: Path) -> None:
    given = ("verify", handed_out / "proof.json", "--key", handed_out / "public.pem", "--recompute")
    ran = run(*given, handed_out / "later.zip", "--lang", "zh")
    assert (ran.code, ran.out) == (3, "")
    assert "不同之处：blocked.csv" in ran.err
    damaged = handed_out / "damaged.zip"
    whole = (handed_out / "small.zip").read_bytes()
    damaged.write_bytes(whole.replace(b"skimmer found", b"skimmer Found"))
    ran = run(*given, damaged, "--json")
    assert ran.code == 3
    assert ran.document["error"]["code"] == "bundle.damaged"
    assert run(*given, handed_out / "nowhere.zip").code == 2
    proof = handed_out / "proof.json"
    proof.write_text(proof.read_text("utf-8").replace(r"\"outcome\":\"decline\"", r"\"outcome\":\"approve\""), "utf-8")
    ran = run(*given, handed_out / "small.zip", "--json")
    assert ran.code == 3
    assert ran.document["error"]["code"] == "proof.false"


def test_a_bundle_says_which_lists_become_public_with_it(run: Run, root: Path, tmp_path: Path) -> None:
    policy = root / "policies" / "small"
    (policy / "watched.csv").write_text("value\nC1\nC2\n", "utf-8")
    with (policy / "policy.toml").open("a", encoding="utf-8") as file:
        file.write('\n[lists.watched]\nfile = "watched.csv"\nof = "customer"\n')
    ran = run("bundle", "small", "-o", tmp_path / "small.zip", "--bank", root, "--lang", "en")
    assert ran.code == 0
    assert ran.out.splitlines()[1:] == [
        "  holds the list blocked (of terminal), entries: 1",
        "  holds the list watched (of customer), entries: 2 · it names persons: publish it only where you may",
    ]
    ran = run("bundle", "small", "-o", tmp_path / "small.zip", "--bank", root, "--json")
    assert [one["names_persons"] for one in ran.document["lists"]] == [False, True]
    assert run("bundle", "nothing", "-o", tmp_path / "nothing.zip", "--bank", root).code == 2
    assert run("bundle", "small", "-o", tmp_path / "no" / "folder.zip", "--bank", root).code == 5


def test_a_proof_that_is_cut_short_is_told_in_one_language(run: Run, handed_out: Path) -> None:
    (handed_out / "proof.json").write_bytes((handed_out / "proof.json").read_bytes()[:40])
    ran = run("verify", handed_out / "proof.json", "--key", handed_out / "public.pem", "--lang", "zh")
    assert (ran.code, "不是 JSON，或不完整：内容不完整" in ran.err) == (3, True), ran.err

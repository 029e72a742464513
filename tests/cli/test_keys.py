"""Keys and witnesses from the command line: what needs no writer, a key that is lost, a witness that is away."""

import json
import subprocess
import sys
from pathlib import Path

from huitong.app import Bank
from huitong.contracts import Event
from huitong.kernel import DataError, ExternalError, InputError
from huitong.store import kept_heads, open_log
from huitong.store.turning import KEY_LOST_KIND
from huitong.verifier import read_keys, verified_note, verify
from tests.cli.conftest import Run

AWAY = "http://127.0.0.1:9/heads"


def decided(run: Run, root: Path, number: int = 1) -> str:
    """Decides a payment; what it says on standard error."""
    payment = {"id": f"P-{number}", "time": f"2025-10-01T12:00:{number:02}+08:00", "customer": "C1", "amount": "2500"}
    more = {"currency": "CNY", "channel": "transfer", "terminal": "T000009", "counterparty": "A2", "account": "A1"}
    ran = run("decide", json.dumps(payment | more), "--policy", "small", "--bank", root, "--lang", "en")
    assert ran.code == 0
    return ran.err


def with_witnesses(root: Path, *witnesses: str) -> None:
    (root / "bank.toml").write_text(f"[log]\nwitness = {json.dumps(witnesses)}\n", "utf-8")


def test_what_the_last_head_covers_is_proved_beside_a_writer_and_what_it_does_not_is_said(run: Run, root: Path) -> None:
    decided(run, root)
    with open_log(root / "log" / "log.sqlite") as writer:  # without a key, so that it signs nothing
        assert run("prove", "P-1", "--bank", root).code == 0
        shown = run("keys", "show", "--bank", root, "--json")
        assert (shown.document["records"], shown.err) == (2, "")
        writer.append_events([Event("later", "note", 1, {}, {})])
        for language, words in (("en", "and none can be signed now"), ("zh", "且目前无法签署")):
            refused = run("prove", "later", "--bank", root, "--lang", language)
            assert (refused.code, words in refused.err) == (ExternalError.exit_code, True), refused.err
            assert ("process" in refused.err, "主机" in refused.err) == (language == "en", language == "zh"), refused.err
        for language, words in (("en", "it covers 2 of 3 records"), ("zh", "它覆盖 3 条记录中的 2 条")):
            shown = run("keys", "show", "--bank", root, "--lang", language)
            assert (shown.code, words in shown.err) == (0, True), shown.err
    assert run("prove", "later", "--bank", root).code == 0, "now there is a turn to sign"
    assert run("prove", "nobody", "--bank", root).code == InputError.exit_code


def test_a_bank_on_a_disk_that_takes_no_writes_proves_and_shows(run: Run, root: Path) -> None:
    decided(run, root)
    for path in sorted(root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    root.chmod(0o555)
    for step in root.parents:
        if step.stat().st_mode & 0o1000:  # the common folder of temporary files
            break
        step.chmod(0o755)
    body = f"""
import encodings.ascii, os
from huitong.cli import main
if os.geteuid() == 0:
    os.setuid(65534)  # root may write everything, so somebody else has to try, who may not read what is not loaded yet
for command in (["prove", "P-1"], ["keys", "show"]):
    try:
        main([*command, "--bank", {str(root)!r}])
    except SystemExit as ended:
        assert not ended.code, ended.code
"""
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, check=False)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755)
    assert (done.returncode, "inclusion" in done.stdout, "public.pem" in done.stdout) == (0, True, True), done.stderr


def test_a_bank_that_lost_its_signing_key_begins_with_a_new_one_when_told_to_and_says_so(run: Run, root: Path) -> None:
    decided(run, root)
    before = run("prove", "P-1", "--bank", root).document
    refused = run("keys", "new", "--ground", "disk", "--bank", root, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (InputError.exit_code, "bank.key.there")
    (root / "keys" / "signing.pem").unlink()
    for language, words in (("en", "huitong keys new --ground"), ("zh", "若确已丢失")):
        refused = run("log", "seal", "--bank", root, "--lang", language)
        assert (refused.code, words in refused.err) == (InputError.exit_code, True), refused.err
    assert run("prove", "P-1", "--bank", root).code == 0, "what is signed stays provable"
    assert run("keys", "new", "--ground", " ", "--bank", root).code == InputError.exit_code
    done = run("keys", "new", "--ground", "disk of node 4, case 7", "--bank", root, "--lang", "zh")
    assert (done.code, "日志已记录原密钥丢失" in done.out) == (0, True)
    decided(run, root, 2)
    after, keys = run("prove", "P-2", "--bank", root).document, read_keys((root / "keys" / "public.pem").read_bytes())
    assert len(keys) == 2
    assert verify(before, keys).head.size < verify(after, keys).head.size
    with Bank(root) as bank:
        (lost,) = [one.content for one in bank.log.read(0, [KEY_LOST_KIND])]
        assert isinstance(lost, Event)
        assert lost.data["ground"] == "disk of node 4, case 7"
        public_keys = [verified_note(head.note, keys[:1]) for head in bank.log.reader.heads(0, limit=9) if head.size <= 2]
        assert public_keys, "nothing before the break is signed by the key after it"
    assert run("log", "check", "--bank", root, "--lang", "en").out.startswith("nothing found")


def test_a_bank_that_lost_all_its_keys_gets_no_other_ones_without_a_word(run: Run, root: Path) -> None:
    decided(run, root)
    (root / "keys" / "signing.pem").write_text("no key", "utf-8")
    assert run("log", "seal", "--bank", root).code == DataError.exit_code
    for name in ("signing.pem", "public.pem"):
        (root / "keys" / name).unlink()
    assert run("log", "seal", "--bank", root).code == InputError.exit_code
    assert run("keys", "new", "--ground", "fire", "--bank", root).code == 0
    assert "log.head.signature" in run("log", "check", "--bank", root, "--json").out, "heads of a public key that is gone are found"


def test_a_witness_that_is_away_is_told_of_at_the_end_and_by_a_check(run: Run, root: Path) -> None:
    with_witnesses(root, AWAY, "heads.jsonl")
    told = decided(run, root)
    assert told.count(f"! the witness {AWAY} did not take a head") == 1, told
    assert len(kept_heads(root / "heads.jsonl")) == 1, "a relative path counts from the bank"
    for language, words in (("en", "did not take a head"), ("zh", "未接收签名头")):
        checked = run("log", "check", "--bank", root, "--lang", language)
        assert (checked.code, checked.out.count(words)) == (0, 1), checked.out
        assert ("连接被拒绝" in checked.out, "urlopen" in checked.out) == (language == "zh", False), checked.out
    assert len(kept_heads(root / "heads.jsonl")) == 1, "it is handed no head twice"
    (root / "heads.jsonl").unlink()
    run("log", "check", "--bank", root)
    assert len(kept_heads(root / "heads.jsonl")) == 1, "who missed a head gets it by a check"

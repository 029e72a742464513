"""The page of the log: a check says what it does in that phase's own unit, records are counted to the last one."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from huitong.console.ports import BankPort, Checked, LogFacts
from huitong.console.views.log import PHASES, Proved, log_view
from huitong.console.views.proof import proof_lines
from huitong.console.work.look import Look
from huitong.contracts import Actor
from huitong.identity import Clearance
from huitong.kernel import Finding, Language, Severity, Text
from huitong.verifier import Note, Verified

KNOWN = LogFacts(1_234_567, "ab", (1_234_560, "cd", 1_000_000), True, "/bank/log", 1, ())


def page(language: Language, check: Checked | None, known: LogFacts = KNOWN) -> str:
    """The page's first line and body."""
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("zhao", frozenset({"auditor"})), Clearance(2))
    view = log_view(known, check, None, look)
    return f"{view.answer} {view.body}"


@pytest.mark.parametrize(("language", "said"), [("en", "reading files of cases: 4 of 4 files"), ("zh", "读取案件附件：4 / 4 个文件")])
def test_a_check_that_runs_names_its_phase_and_claims_no_share_of_the_whole(language: Language, said: str) -> None:
    shown = page(language, Checked(0, None, 4, 4, (), "zhao", "case_files"))
    assert shown.count(said) == 2, "in the first line, which is seen at once, and beside its bar"
    assert "100" not in shown
    for stage in (*PHASES, "of another day"):
        assert "%" not in page(language, Checked(0, None, 0, None, (), "zhao", stage))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_records_are_counted_to_the_last_one(language: Language) -> None:
    assert page(language, None).count("1,234,567") == 2
    assert page(language, None).count("1,234,560") == 1


def test_one_fault_is_one() -> None:
    finding = Finding("log.index", "index", {"en": "2 ids", "zh": "2 个"}, {"en": "restore", "zh": "恢复"}, Severity.ERROR)
    assert "found 1 fault." in page("en", Checked(0, 1, 1, 1, (finding,), "zhao"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "The head that vouches covers 803,171 records of huitong/bank, signed 2026-11-27 20:26.",
                "Offset 802,737: decision d1, declined.",
                "Offset 802,736: event p1, Payment.",
                f"Decided by Card payments, version {'b' * 12}: 2 files, model {'a' * 12}.",
            ],
        ),
        (
            "zh",
            [
                "签名头覆盖 huitong/bank 的 803,171 条记录，签名时间 2026-11-27 20:26。",
                "偏移 802,737：决策 d1，拒绝。",
                "偏移 802,736：事件 p1，支付。",
                f"依据策略“银行卡支付”版本 {'b' * 12}：2 个文件，模型 {'a' * 12}。",
            ],
        ),
    ],
)
def test_what_a_proof_shows_is_said_in_the_pages_words_and_counted_as_on_the_decisions_page(language: Language, said: list[str]) -> None:
    head = Note("huitong/bank", 803_171, b"", ("time 2026-11-27T12:26:56.5Z",), "", ())
    decision = {"type": "decision", "id": "d1", "outcome": "decline", "policy": "cards", "version": "b" * 64}
    records = (802_737, decision), (802_736, {"type": "event", "id": "p1", "kind": "payment.requested"})
    titles: dict[str, Text] = {"cards": {"en": "Card payments", "zh": "银行卡支付"}}
    contracts = {"payment.requested": SimpleNamespace(title={"en": "Payment", "zh": "支付"})}
    bank = cast("BankPort", SimpleNamespace(zone="Asia/Shanghai", contracts=contracts, policy_titles=lambda: titles))
    lines = proof_lines(Verified(head, records, files={"a": "", "b": ""}, engines={"model": "a" * 64}), bank)
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("zhao", frozenset({"auditor"})), Clearance(2))
    body = log_view(KNOWN, None, Proved("d1", lines), look).body
    assert [line for line in said if line not in body] == []


@pytest.mark.parametrize(
    ("witnesses", "language", "said"),
    [
        (0, "en", "no witness keeps signed heads, so only whoever has an earlier one would see a change"),
        (0, "zh", "没有见证方保存签名头"),
        (1, "en", "a change to what was signed shows against the heads that witnesses keep"),
        (1, "zh", "与见证方保存的签名头比对即可发现"),
    ],
)
def test_that_a_change_shows_is_said_only_of_what_witnesses_keep(witnesses: int, language: Language, said: str) -> None:
    assert said in page(language, None, replace(KNOWN, witnesses=witnesses))

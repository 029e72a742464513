"""The page of the log: a check says what it does in that phase's own unit, records are counted to the last one."""

import pytest

from huitong.console.ports import Checked, LogFacts
from huitong.console.views.log import PHASES, Proved, log_view
from huitong.console.work.look import Look
from huitong.contracts import Actor
from huitong.identity import Clearance
from huitong.kernel import Finding, Language, Severity, Text

KNOWN = LogFacts(1_234_567, "ab", (1_234_560, "cd", 1_000_000), True, "/bank/log", 1, ())


def page(language: Language, check: Checked | None, known: LogFacts = KNOWN) -> str:
    """The page's first line and body."""
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("zhao", frozenset({"auditor"})), Clearance(2))
    view = log_view(known, check, None, look)
    return f"{view.answer} {view.body}"


@pytest.mark.parametrize(("language", "said"), [("en", "reading files of cases: 4 of 4 files"), ("zh", "读取案件附件：4 / 4 个文件")])
def test_a_check_that_runs_names_its_phase_and_claims_no_share_of_the_whole(language: Language, said: str) -> None:
    shown = page(language, Checked(0, None, 4, 4, (), "zhao", "case_files"))
    assert said in shown
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


@pytest.mark.parametrize(("language", "word", "own"), [("en", "declined", "Holds"), ("zh", "拒绝", "成立")])
def test_what_a_proof_shows_is_said_once_and_in_the_pages_words(language: Language, word: str, own: str) -> None:
    shown: Text = {
        "en": "Holds: bank, 9 records.\n  offset 7: decision d1 decline",
        "zh": "成立：bank，共 9 条记录。\n  偏移 7：决策 d1 decline",
    }
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("zhao", frozenset({"auditor"})), Clearance(2))
    body = log_view(KNOWN, None, Proved("d1", shown), look).body
    assert f"d1 {word}" in body
    assert f"<p>{own}" not in body

"""Files of cases: kept encrypted, given back as they were, gone with whom the case is about."""

import pytest

from huitong.app import Bank
from huitong.app.case_files import CaseFiles
from huitong.app.stored_files import FOLDER
from huitong.contracts import Actor, Command, Event, Pending
from huitong.kernel import HuitongError
from huitong.operations import cases
from huitong.operations.cases import ALERT_RAISED, CASE_FILED, FILE_BYTES_MAX
from huitong.store.errors import gone

LI = Actor("li", frozenset({"investigator"}))
PDF = b"%PDF-1.7 what the branch wrote"


def by_li(bank: Bank, id_: str) -> Command:
    return Command(id_, LI, bank.clock.now_us())


@pytest.fixture
def case(bank: Bank) -> str:
    """A case about a customer."""
    now_us = bank.clock.now_us()
    raised = Event(
        "alert-1",
        ALERT_RAISED,
        now_us,
        {"customer": "C-77"},
        {"subject_role": "customer", "pattern": "rule.x", "decision": "d1", "payment": "p1", "amount": 100, "currency": "CNY"},
    )
    bank.log.append_events([raised])
    (opened,) = bank.books.desk.carry_out(by_li(bank, "case-1"), cases.open_case, "alert-1", "a ring")
    return opened.id


def test_a_file_is_given_back_as_it_was_and_lies_encrypted(bank: Bank, case: str) -> None:
    files = CaseFiles(bank)
    files.add(by_li(bank, "file-1"), case, "对账单.pdf", PDF)
    found = files.read(case, "file-1")
    assert (found.name, found.media_type, found.content) == ("对账单.pdf", "application/pdf", PDF)
    (stored,) = (bank.workspace.root / FOLDER).iterdir()
    assert PDF[9:] not in stored.read_bytes()


def test_a_file_sent_twice_or_refused_leaves_nothing_behind(bank: Bank, case: str) -> None:
    files = CaseFiles(bank)
    files.add(by_li(bank, "file-1"), case, "a.pdf", PDF)
    files.add(by_li(bank, "file-1"), case, "a.pdf", PDF)
    with pytest.raises(HuitongError):
        files.add(by_li(bank, "file-2"), "no such case", "a.pdf", PDF)
    assert len(list((bank.workspace.root / FOLDER).iterdir())) == 1
    assert files.read(case, "file-1").content == PDF
    assert sum(one.kind == CASE_FILED for one in bank.books.desk.ask(lambda desk: desk.cases[case].timeline)) == 1


class Unanswered:
    """A commit that is there, whose answer did not come."""

    def __init__(self, written: Pending) -> None:
        self._written = written

    def result(self) -> None:
        self._written.result()
        raise gone("the address", "the connection broke")


def test_a_file_whose_record_is_written_stays_though_the_answer_got_lost(bank: Bank, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files, append = CaseFiles(bank), bank.log.append_answers
    with monkeypatch.context() as patched:
        patched.setattr(bank.log, "append_answers", lambda *given: Unanswered(append(*given)))
        with pytest.raises(HuitongError, match="the connection broke"):
            files.add(by_li(bank, "file-1"), case, "a.pdf", PDF)
    files.add(by_li(bank, "file-1"), case, "a.pdf", PDF)
    assert files.read(case, "file-1").content == PDF
    assert len(list((bank.workspace.root / FOLDER).iterdir())) == 1


def test_who_gives_a_lost_file_again_puts_it_back_and_no_other(bank: Bank, case: str) -> None:
    files = CaseFiles(bank)
    files.add(by_li(bank, "file-1"), case, "a.pdf", PDF)
    (stored,) = (bank.workspace.root / FOLDER).iterdir()
    stored.unlink()
    with pytest.raises(HuitongError) as refused:
        files.add(by_li(bank, "file-1"), case, "a.pdf", PDF + b" and more")
    assert refused.value.code == "case.file.another"
    assert not list((bank.workspace.root / FOLDER).iterdir())
    files.add(by_li(bank, "file-1"), case, "a.pdf", PDF)
    assert files.read(case, "file-1").content == PDF
    assert stored.is_file()
    with pytest.raises(HuitongError) as refused:
        files.add(by_li(bank, "case-1"), case, "a.pdf", PDF)
    assert refused.value.code == "case.file.unknown", "nothing is said to be kept that another command's id stands for"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.html", b"<script>", "case.file.kind"),
        ("statement.pdf", b"MZ\x90", "case.file.kind"),
        ("none", b"x", "case.file.kind"),
        ("empty.txt", b"", "case.file.size"),
        ("large.txt", b"x" * (FILE_BYTES_MAX + 1), "case.file.size"),
    ],
)
def test_what_is_no_file_to_keep_is_refused(bank: Bank, case: str, name: str, content: bytes, code: str) -> None:
    with pytest.raises(HuitongError) as refused:
        CaseFiles(bank).add(by_li(bank, "file-1"), case, name, content)
    assert refused.value.code == code


def test_an_exchanged_or_lost_file_is_told_and_never_shown(bank: Bank, case: str) -> None:
    files = CaseFiles(bank)
    files.add(by_li(bank, "file-1"), case, "a.txt", b"what was said")
    (stored,) = (bank.workspace.root / FOLDER).iterdir()
    stored.write_bytes(stored.read_bytes()[:-1] + b"\0")
    with pytest.raises(HuitongError) as refused:
        files.read(case, "file-1")
    assert refused.value.code == "case.file.exchanged"
    stored.unlink()
    with pytest.raises(HuitongError) as refused:
        files.read(case, "file-1")
    assert refused.value.code == "case.file.lost"
    with pytest.raises(HuitongError) as refused:
        files.read("another", "file-1")
    assert refused.value.code == "case.file.unknown"


def test_whoever_is_forgotten_takes_the_files_about_them_along(bank: Bank, case: str) -> None:
    files = CaseFiles(bank)
    files.add(by_li(bank, "file-1"), case, "a.txt", b"what was said")
    bank.persons.forget("C-77", "asked for", space="customer")
    with pytest.raises(HuitongError) as refused:
        files.read(case, "file-1")
    assert refused.value.code == "case.file.erased"

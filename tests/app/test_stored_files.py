"""Files of cases beside the log: copied with a backup, brought back, and told where they are lost or were exchanged."""

from pathlib import Path

import pytest

from huitong.app import Bank, moving
from huitong.app.case_files import CaseFiles
from huitong.app.stored_files import FOLDER, beside
from huitong.contracts import Actor, Command, Event, Value
from huitong.kernel import ExternalError, Finding
from huitong.operations import cases
from huitong.operations.cases import ALERT_RAISED

LI = Actor("li", frozenset({"investigator"}))


def opened_case(bank: Bank, customer: str) -> str:
    """A case about a customer."""
    now_us = bank.clock.now_us()
    data: dict[str, Value] = {
        "subject_role": "customer",
        "pattern": "rule.x",
        "decision": "d1",
        "payment": "p1",
        "amount": 100,
        "currency": "CNY",
    }
    bank.log.append_events([Event(f"alert-{customer}", ALERT_RAISED, now_us, {"customer": customer}, data)])
    command = Command(f"case-{customer}", LI, now_us)
    (opened,) = bank.books.desk.carry_out(command, cases.open_case, f"alert-{customer}", "a ring")
    return opened.id


def file_in(bank: Bank, case: str, entry: str, content: bytes) -> Path:
    """Where a new file of a case lies."""
    folder = bank.workspace.root / FOLDER
    before = set(folder.iterdir()) if folder.exists() else set()
    CaseFiles(bank).add(Command(entry, LI, bank.clock.now_us()), case, "a.txt", content)
    (new,) = set(folder.iterdir()) - before
    return new


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(one.code, one.where.rpartition(" ")[2]) for one in findings]


def test_a_bank_that_lost_its_folder_has_its_files_again_from_the_backup(bank: Bank, tmp_path: Path) -> None:
    case, backup = opened_case(bank, "C-1"), tmp_path / "kept" / "log.sqlite"
    first = file_in(bank, case, "file-1", b"what was said")
    _, copied = moving.backup(bank, backup)
    assert (copied.new, copied.there, copied.findings) == (1, 0, ())
    second = file_in(bank, case, "file-2", b"what was said later")
    assert moving.backup(bank, backup)[1].new == 1, "what is there is not copied again"
    assert {path.name for path in beside(backup).iterdir()} == {first.name, second.name}
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1] + b"\0")
    bank.close()
    _, restored = moving.restore(bank, backup)
    assert (restored.new, restored.there, restored.findings) == (2, 0, ())
    assert [CaseFiles(bank).read(case, entry).content for entry in ("file-1", "file-2")] == [b"what was said", b"what was said later"]
    bank.close()
    assert moving.restore(bank, backup)[1].there == 2


def test_what_is_lost_or_exchanged_is_told_by_check_and_backup_and_the_rest_goes_on(bank: Bank, tmp_path: Path) -> None:
    case, backup = opened_case(bank, "C-1"), tmp_path / "log.sqlite"
    lost, exchanged, sound = (file_in(bank, case, f"file-{number}", b"%d" % number) for number in range(3))
    assert bank.check_log() == ()
    lost.unlink()
    exchanged.write_bytes(exchanged.read_bytes() + b"more")
    expected = [("case.file.lost", lost.name), ("case.file.exchanged", exchanged.name)]
    assert codes(bank.check_log()) == expected
    assert bank.check_log()[0].where == f"case {case}, file {lost.name}"
    _, copied = moving.backup(bank, backup)
    assert (copied.new, codes(copied.findings)) == (1, expected)
    assert [path.name for path in beside(backup).iterdir()] == [sound.name]
    sound.unlink()
    bank.close()
    _, restored = moving.restore(bank, backup)
    assert (restored.new, codes(restored.findings)) == (1, [("case.file.lost", lost.name), ("case.file.lost", exchanged.name)])


def test_a_file_cut_short_in_the_backup_is_copied_again(bank: Bank, tmp_path: Path) -> None:
    case, backup = opened_case(bank, "C-1"), tmp_path / "log.sqlite"
    file = file_in(bank, case, "file-1", b"what was said")
    moving.backup(bank, backup)
    (beside(backup) / file.name).write_bytes(b"what")
    assert moving.backup(bank, backup)[1].new == 1
    assert (beside(backup) / file.name).read_bytes() == file.read_bytes()


def test_files_of_whom_is_forgotten_and_that_no_record_names_are_neither_copied_nor_missed(bank: Bank, tmp_path: Path) -> None:
    kept = file_in(bank, opened_case(bank, "C-1"), "file-1", b"about one")
    gone = file_in(bank, opened_case(bank, "C-2"), "file-2", b"about another")
    (kept.parent / ("0" * 64)).write_bytes(b"of a crash")
    bank.persons.forget("C-2", "asked for", space="customer")
    gone.unlink()
    assert bank.check_log() == ()
    _, copied = moving.backup(bank, tmp_path / "log.sqlite")
    assert (copied.new, copied.findings) == (1, ())
    assert [path.name for path in beside(tmp_path / "log.sqlite").iterdir()] == [kept.name]


def test_a_backup_of_a_bank_without_files_has_no_folder_for_them(bank: Bank, tmp_path: Path) -> None:
    opened_case(bank, "C-1")
    _, copied = moving.backup(bank, tmp_path / "log.sqlite")
    assert (copied.new, copied.there, beside(tmp_path / "log.sqlite").exists()) == (0, 0, False)


def test_a_disk_that_takes_no_files_is_an_error_of_the_tree(bank: Bank, tmp_path: Path) -> None:
    file_in(bank, opened_case(bank, "C-1"), "file-1", b"what was said")
    beside(tmp_path / "log.sqlite").write_bytes(b"no folder")
    with pytest.raises(ExternalError) as refused:
        moving.backup(bank, tmp_path / "log.sqlite")
    assert refused.value.code == "disk.refused"

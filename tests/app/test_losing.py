"""A bank whose log is gone: nothing empty is begun in its place, and a restored one goes on."""

import shutil
from pathlib import Path

import pytest

from huitong.app import Bank, moving
from huitong.app.serving import BankService
from huitong.kernel import ExternalError
from tests.app.small_world import clock

PAYMENT = {"id": "l-1", "customer": "C", "amount": "1", "currency": "CNY"}


def opened(root: Path) -> Bank:
    return Bank(root, clock=clock(), threads=2)


def test_health_is_troubled_and_calls_are_refused_once_the_file_is_gone(bank: Bank, root: Path) -> None:
    given = {**PAYMENT, "time": bank.clock.now_us()}
    bank.decide(given, policy="small")
    file = root / "log" / "log.sqlite"
    file.rename(root / "elsewhere")
    health = BankService(bank, "small").health()
    assert (health.fit, health.findings[0].code) == (False, "store.vanished")
    with pytest.raises(ExternalError, match="gone from its place"):
        bank.decide({**given, "id": "l-2"}, policy="small")
    (root / "elsewhere").rename(file)
    assert bank.decide({**given, "id": "l-2"}, policy="small").event == "l-2"
    assert BankService(bank, "small").health().fit


@pytest.mark.parametrize("kept", ["keys", "state"])
def test_a_bank_that_lost_its_log_gets_no_empty_one_and_goes_on_with_a_backup(root: Path, tmp_path: Path, kept: str) -> None:
    with opened(root) as bank:
        bank.decide({**PAYMENT, "time": bank.clock.now_us()}, policy="small")
        moving.backup(bank, tmp_path / "backup.sqlite")
        end = bank.log.end()
    shutil.rmtree(root / "log")
    if kept == "keys":
        shutil.rmtree(root / "state")
    else:
        (root / "keys" / "master.key").rename(tmp_path / "master.key")
    with opened(root) as bank:
        for ask in (lambda: bank.log, bank.check_log, bank.logbook.show):
            with pytest.raises(ExternalError) as caught:
                ask()
            assert caught.value.code == "store.lost"
        assert not (root / "log" / "log.sqlite").exists()
    if kept == "state":
        (tmp_path / "master.key").rename(root / "keys" / "master.key")
    with opened(root) as bank:
        moving.restore(bank, tmp_path / "backup.sqlite")
        assert bank.log.end() == end


def test_a_first_start_that_was_cut_off_before_there_was_a_log_is_no_lost_one(root: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    shutil.copytree(root, new, ignore=shutil.ignore_patterns("log", "state", "master.key"))
    with opened(new) as bank:
        bank.logbook.custody.found()  # the signing key is made before the log
        bank.decide({**PAYMENT, "time": bank.clock.now_us()}, policy="small")

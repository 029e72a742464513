"""Erasures and rotations of keys that are cut off, refused or repeated: nobody stays named, and the bank opens."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import huitong
from huitong.app import Bank, erasing, logbook
from huitong.app.custody import Custody
from huitong.app.folding import fold
from huitong.app.progress import Progress
from huitong.app.sweeping import sweep_states
from huitong.contracts import Event
from huitong.features import FeatureEngine
from huitong.kernel import ExternalError, FixedClock, HuitongError, InputError
from huitong.store import Hold, Name, RecordLog, make_key, make_master_key, open_log
from huitong.store.turning import KEY_KIND
from huitong.verifier import read_keys, verify
from tests.app.test_persons import NOW_US, a_bank, files_with, payment


class CutOffError(BaseException):
    """The process is gone."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank that knows two customers, closed, with its feature state kept."""
    folder = tmp_path / "bank"
    with a_bank(folder) as bank:
        bank.decide(payment(1))
        bank.decide(payment(2, "Chen"))
    assert files_with(folder, "Customer-Li") != []
    return folder


def forget(bank: Bank) -> erasing.Erasure:
    return bank.persons.forget("Customer-Li", "GDPR 17")


def cut_off(*_: object, **__: object) -> None:
    raise CutOffError


def test_a_state_that_an_erasure_left_behind_is_thrown_away_when_the_bank_opens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = max((folder / "state").iterdir(), key=lambda path: path.suffix != ".book")
    content, sweep = kept.read_bytes(), sweep_states

    def of_another_process(root: Path, erased: bytes = b"") -> int:
        """Keeps a state between the two times that an erasure sweeps the folder, and the erasure is cut off before the second."""
        if erased:
            kept.write_bytes(content)
            raise CutOffError
        return sweep(root)

    with monkeypatch.context() as patched, a_bank(folder) as bank:
        patched.setattr(erasing, "sweep_states", of_another_process)
        with pytest.raises(CutOffError):
            forget(bank)
    assert files_with(folder, "Customer-Li") == [kept.name]
    with a_bank(folder) as bank:
        assert bank.log.persons.known_as("Customer-Li") == []
        assert files_with(folder, "Customer-Li") == []
        assert bank.decide(payment(2, "Chen")).event == "e2"
    with a_bank(folder) as bank:  # what is kept from now on stays
        before = kept.read_bytes()
        assert bank.log.end() > 0
        assert kept.read_bytes() == before


def test_a_state_that_was_folded_while_somebody_was_forgotten_is_folded_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetting_meanwhile(engine: FeatureEngine, log: RecordLog, offset: int, progress: Progress) -> int:
        end = fold(engine, log, offset, progress)
        if log.persons.known_as("Customer-Li"):
            log.persons.forget(Name("customer", "Customer-Li"), "GDPR 17", "f1", NOW_US)
        return end

    with a_bank(folder) as bank:
        bank.log.sign_head()
        monkeypatch.setattr("huitong.app.projections.fold", forgetting_meanwhile)
        assert [one.offset for one in bank.rebuild("card_payments")] == [5]
        assert files_with(folder, "Customer-Li") == []
        assert files_with(folder, "Customer-Chen") != []


def test_who_could_not_be_swept_is_still_known_and_can_be_forgotten_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_bank(folder) as bank:
        with monkeypatch.context() as patched:
            patched.setattr(erasing, "sweep_quarantine", cut_off)
            with pytest.raises(CutOffError):
                forget(bank)
        assert bank.log.persons.known_as("Customer-Li") == ["customer"]
        assert forget(bank).forgotten.names == 3
        with pytest.raises(InputError) as caught:
            forget(bank)
        assert caught.value.code == "vault.person.unknown"
    assert files_with(folder, "Customer-Li") == []


def test_who_is_held_keeps_also_what_was_set_aside(folder: Path) -> None:
    (folder / "quarantine" / "a.jsonl").write_text('{"customer": "Customer-Li"}\n')
    with a_bank(folder) as bank:
        bank.persons.hold("Customer-Li", Hold(NOW_US + 1, "investigation"))
        with pytest.raises(InputError, match="investigation"):
            forget(bank)
    assert "a.jsonl" in files_with(folder, "Customer-Li")


def test_of_what_was_set_aside_only_rows_go_that_name_the_person(folder: Path) -> None:
    theirs = [
        {"original": {"customer": "Customer-Li"}},
        {"original": {"line": "e9,2026-11-26,Customer-Li,5.00,,"}},
        {"findings": [{"text": {"en": "Customer 'Customer-Li' is too long"}}]},
    ]
    others = [{"original": {"customer": name}} for name in ("Customer-Lin", "Customer-Li-2", "My-Customer-Li", "Customer-Li.2", "Customer")]
    path = folder / "quarantine" / "a.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in [*theirs, *others]))
    with a_bank(folder) as bank:
        assert forget(bank).quarantined == len(theirs)
    assert [json.loads(line) for line in path.read_text().splitlines()] == others


@pytest.mark.parametrize("name", ["李娜", 'Li "Nana" Na', "back\\slash"])
def test_a_name_is_found_however_a_row_escapes_it(folder: Path, name: str) -> None:
    path = folder / "quarantine" / "a.jsonl"
    path.write_text("".join(json.dumps({"customer": name}, ensure_ascii=ascii_only) + "\n" for ascii_only in (True, False)))
    with a_bank(folder) as bank:
        bank.decide(payment(3) | {"customer": name})
        assert bank.persons.forget(name, "GDPR 17", space="customer").quarantined == 2
    assert path.read_bytes() == b""


def test_a_new_master_key_is_found_where_its_rotation_was_cut_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = folder / "keys"
    before = (keys / "master.key").read_bytes()
    with monkeypatch.context() as patched, a_bank(folder) as bank:
        patched.setattr(Custody, "take_over_master", cut_off)
        with pytest.raises(CutOffError):
            bank.logbook.rotate_master_key()
    assert (keys / "master.key").read_bytes() == before
    with a_bank(folder) as bank:  # a reader opens it and leaves the files to whoever writes
        assert bank.explain("e1").event.keys["customer"] == "Customer-Li"
    assert (keys / "master.key").read_bytes() == before
    with a_bank(folder) as bank:
        bank.decide(payment(3))
    assert sorted(path.name for path in keys.iterdir()) == ["master.key", "public.pem", "signing.pem"]
    assert (keys / "master.key").read_bytes() != before
    with a_bank(folder) as bank:
        assert bank.explain("e1").event.keys["customer"] == "Customer-Li"


def test_a_master_key_that_the_log_refused_takes_nobodys_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_bank(folder) as bank:
        with monkeypatch.context() as patched:
            patched.setattr("huitong.store.persons.LogPersons.rotate_master", cut_off)
            with pytest.raises(CutOffError):
                bank.logbook.rotate_master_key()
        bank.decide(payment(3))
    with a_bank(folder) as bank:
        assert bank.explain("e3").event.keys["customer"] == "Customer-Li"
        assert bank.logbook.rotate_master_key() > 0
    with a_bank(folder) as bank:
        assert bank.explain("e3").event.keys["customer"] == "Customer-Li"


def test_a_new_master_key_that_was_half_written_is_made_again(folder: Path) -> None:
    (folder / "keys" / "master.key.new").write_bytes(b"c2hvcnQ=")
    with a_bank(folder) as bank:
        assert bank.logbook.rotate_master_key() > 0
        assert bank.explain("e1").event.keys["customer"] == "Customer-Li"


@pytest.mark.parametrize(("where", "name"), [(logbook, "rotate_signer"), (Custody, "take_over_signer")])
def test_a_signing_key_whose_rotation_was_cut_off_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> None:
    with monkeypatch.context() as patched, a_bank(folder) as bank:
        patched.setattr(where, name, cut_off)
        with pytest.raises(CutOffError):
            bank.logbook.rotate_signing_key()
    with a_bank(folder) as bank:
        bank.decide(payment(3))
        proof = bank.prove("e3")
        bank.logbook.rotate_signing_key()
        bank.decide(payment(4))
        keys = read_keys(bank.logbook.custody.public_file.read_bytes())
        assert len(keys) == 3  # the one that was cut off signed nothing, and stays known
        assert verify(proof, keys).head.size < verify(bank.prove("e4"), keys).head.size
        assert bank.check_log() == ()


def test_the_log_is_opened_once_however_its_master_key_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real: Callable[..., RecordLog] = open_log

    def counting(address: object, **options: object) -> RecordLog:
        asked.append(address)
        return real(address, **options)

    monkeypatch.setattr(logbook, "open_log", counting)
    with a_bank(folder) as bank, bank.logbook.reading() as log:
        assert log is not None
        assert log.event("e1") is not None
    assert len(asked) == 1
    with a_bank(folder) as bank:
        bank.decide(payment(3))
    assert len(asked) == 2


def test_a_log_without_names_is_read_without_a_key(tmp_path: Path) -> None:
    with huitong.open(tmp_path / "bank", clock=FixedClock(NOW_US)) as bank, bank.logbook.reading() as log:
        assert log is None
    assert not (tmp_path / "bank" / "keys").exists()


def test_keys_and_files_with_names_are_their_owners_alone(folder: Path) -> None:
    keys = folder / "keys"
    assert {path.name: path.stat().st_mode & 0o777 for path in keys.iterdir() if path.name != "public.pem"} == {
        "master.key": 0o600,
        "signing.pem": 0o600,
    }
    assert [(folder / name).stat().st_mode & 0o777 for name in ("keys", "state", "runs", "quarantine")] == [0o700] * 4


@pytest.mark.parametrize("make", [make_key, make_master_key])
def test_half_a_key_is_never_left_in_the_way_of_a_whole_one(
    tmp_path: Path, make: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ExternalError) as caught:
            make(tmp_path / "key")
    assert caught.value.code == "store.refused"
    assert list(tmp_path.iterdir()) == []
    make(tmp_path / "key")
    with pytest.raises(HuitongError):  # and never over one that is there
        make(tmp_path / "key")


def test_a_signing_key_is_turned_in_its_own_turn_among_those_who_write(folder: Path) -> None:
    with a_bank(folder) as bank:
        bank.decide(payment(3))
        taken = bank.turn.changes
        bank.logbook.rotate_signing_key()
        assert bank.turn.changes > taken  # whoever writes ahead of the disk is waited for, and reads what was written
        bank.decide(payment(4))
        assert [record.content.id for record in bank.log.read(kinds=[KEY_KIND]) if isinstance(record.content, Event)]
        assert bank.check_log() == ()

"""What policies say is known as soon as it can be read, and never taken for nothing where it cannot."""

import asyncio
import errno
import os
import shutil
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from huitong.api.messages import Subjects
from huitong.api.messages.consumer import Consumer
from huitong.api.service import Search
from huitong.app import Bank
from huitong.app.acting import BankWork
from huitong.app.consoling import ConsoleBank
from huitong.app.measured_roles import measured_roles
from huitong.app.serving import BankService, list_grades
from huitong.identity import GRADE_UNKNOWN
from huitong.kernel import LANGUAGES, ExternalError, HuitongError
from tests.app.small_world import changed

KNOWN = (["payment.requested"], ["payment.labelled"])


def said(bank: Bank) -> tuple[list[str], list[str]]:
    return sorted(bank.policies_say.decided_kinds()), bank.policies_say.label_kinds()


def taken(service: BankService, number: int) -> HuitongError | None:
    """What becomes of a payment that comes as a message: ``None`` where it is acknowledged."""
    consumer = Consumer(JetStreamContext(Client()), service, Subjects(), None, lambda: 1_048_576)
    given = {"time": "2025-12-05T09:30:00Z", "amount": "1.00", "currency": "CNY", "customer": "C1"}
    (outcome,) = asyncio.run(consumer._outcomes([{"id": f"M-{number}", "kind": "payment.requested", **given}]))
    return outcome


def refuse_once(patch: pytest.MonkeyPatch, how: str) -> None:
    """Lets the system refuse the next call of one of ``Path``'s methods on what lies in ``policies/small``."""
    allowed, left = getattr(Path, how), [1]

    def refused(path: Path, *given: object, **named: object) -> object:
        if path.match("small/policy.toml" if how == "read_bytes" else "policies") and left:
            left.pop()
            raise OSError(errno.EMFILE, "Too many open files")
        return allowed(path, *given, **named)

    patch.setattr(Path, how, refused)


@pytest.mark.parametrize("how", ["read_bytes", "iterdir"])
def test_a_file_that_the_system_refuses_once_is_an_error_once_and_known_again_at_the_next_look(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    assert said(bank) == KNOWN
    os.utime(bank.workspace.policy_folder("small") / "policy.toml")  # as if somebody had saved it
    refuse_once(monkeypatch, how)
    with pytest.raises(ExternalError):
        bank.policies_say.decided_kinds()
    assert said(bank) == KNOWN


def test_a_payment_that_comes_while_settings_cannot_be_read_waits_and_is_decided_then(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    service = BankService(bank, "small")
    os.utime(bank.workspace.policy_folder("small") / "policy.toml")
    refuse_once(monkeypatch, "read_bytes")
    with pytest.raises(ExternalError):
        taken(service, 1)
    assert bank.log.event("M-1") is None
    assert taken(service, 1) is None
    assert len(bank.log.decisions_of("M-1")) == 1


def test_what_lies_beside_the_settings_hides_nothing_that_they_say(bank: Bank) -> None:
    (bank.workspace.policy_folder("small") / "notes.csv").symlink_to("/etc/hostname")
    assert said(bank) == KNOWN
    assert list_grades(bank, "small") == {"blocked.csv": 2, "notes.csv": GRADE_UNKNOWN}


def test_a_list_that_the_settings_no_longer_name_is_shown_to_nobody(bank: Bank) -> None:
    settings = bank.workspace.policy_folder("small") / "policy.toml"
    before = settings.read_text("utf-8")
    assert 'file = "blocked.csv"\n' in before
    settings.write_text(before.replace('file = "blocked.csv"\n', ""), "utf-8")
    assert list_grades(bank, "small") == {"blocked.csv": GRADE_UNKNOWN}


def test_what_is_live_decides_messages_too_while_its_folder_is_wrong_and_health_says_what_is(bank: Bank) -> None:
    service, settings = BankService(bank, "small"), bank.workspace.policy_folder("small") / "policy.toml"
    shutil.rmtree(bank.workspace.policy_folder("card_payments"))
    whole = settings.read_text("utf-8")
    settings.write_text("[policy]\n", "utf-8")
    assert said(bank) == ([], [])
    assert taken(service, 2) is None
    assert len(bank.log.decisions_of("M-2")) == 1
    (found,) = service.health().findings
    assert (found.code, found.where, service.health().fit) == ("policy.wrong", "small", True)
    assert all("policy.toml" in found.text[language] and found.remedy[language] for language in LANGUAGES)
    settings.write_text(whole, "utf-8")
    assert said(bank) == KNOWN
    assert service.health().findings == ()


def test_a_policy_that_decides_what_has_no_contract_is_told_and_keeps_nothing_from_its_work(root: Path) -> None:
    shutil.copytree(root / "policies" / "small", root / "policies" / "loans")
    changed(root / "policies" / "loans" / "policy.toml", ('decides = "payment.requested"', 'decides = "loan.applied"'))
    with Bank(root, threads=2) as bank:
        service = BankService(bank, "small")
        console, people = ConsoleBank(bank, service), BankWork(bank, "small")
        assert service.decided_kinds() == ["payment.requested"]
        assert service.search(Search()).found == []
        assert console.policy_titles()["loans"]["en"] == "Small policy"
        assert people.channels
        (found,) = service.health().findings
        assert (found.code, found.where) == ("policy.wrong", "loans")
        assert all("loan.applied" in found.text[language] and found.remedy[language] for language in LANGUAGES)


def test_a_policy_of_wrong_features_hides_no_measures_that_others_look_at(bank: Bank) -> None:
    looked_at = measured_roles(bank)
    assert "customer" in looked_at
    (bank.workspace.policy_folder("small") / "features.toml").write_text("[features", "utf-8")
    assert measured_roles(bank) == looked_at

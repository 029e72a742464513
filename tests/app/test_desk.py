"""A bank's desk: its settings file holds for what is raised, worked, shown and counted; the demonstration's says what its people can do."""

import shutil
from pathlib import Path
from typing import get_args

import pytest

from huitong.app import Bank
from huitong.app.acting import BankWork
from huitong.app.demo_users import DEMO_PASSWORD, DEMO_USERS, make_demo_users
from huitong.app.serving import BankService
from huitong.app.working import WorkBank
from huitong.contracts import Role
from huitong.kernel import PolicyError, time_us
from huitong.operations import cases
from huitong.operations.cases import Investigator
from huitong.risk import disposition
from tests.app.small_world import clock

OWN = """
answer_within = "48h"
urgent_from = "1000000"

[people."wang.fang"]
skills = ["networks"]
"""
PAYMENT = {"id": "desk-1", "time": "2025-12-05T09:30:00Z", "amount": "300000.00", "currency": "CNY", "channel": "online"}


@pytest.fixture
def root(trained_bank: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained_bank / "bank", tmp_path / "bank")


def test_its_own_settings_hold_everywhere(root: Path) -> None:
    (root / "cases").mkdir(exist_ok=True)
    (root / "cases" / "desk.toml").write_text(OWN, "utf-8")
    with Bank(root, clock=clock(), threads=2) as bank:
        make_demo_users(bank)
        systems, people = BankWork(bank, "small"), WorkBank(bank, BankService(bank, "small"))
        wang = Investigator("wang.fang", frozenset({"networks"}))
        assert list(systems.investigators()) == list(people.investigators()) == [wang]
        assert list(systems.workers()) == list(people.workers())
        assert {one.id: "approver" in one.roles for one in systems.workers()} == {"sun.yue": True, "wang.fang": False, "zhao.min": True}
        assert systems.desk_settings is people.desk_settings is bank.desk_settings
        bank.decide(PAYMENT | {"customer": "Shen", "account": "A-Shen"}, policy="small")
        (waiting,) = bank.books.desk.ask(lambda desk: cases.queue(desk, bank.desk_settings, clock().now_us()))
        assert waiting.alert.due_us == time_us("2025-12-07T09:30:00Z")


def test_what_one_approver_of_the_demonstration_proposes_waits_for_the_other_and_for_nobody_else(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        make_demo_users(bank)
        console, now_us = WorkBank(bank, BankService(bank, "small")), bank.clock.now_us()
        persons = {one.id: one for one in console.signers().known}
        assert not console.signers().beyond
        wanted = disposition.Wanted(disposition.Subject("account", "A1"), "freeze", now_us + 3_600_000_000, "investigation")
        proposing = bank.measures.command(persons["zhao.min"])
        bank.measures.impose(proposing, wanted)
        assert {name: console.counts(one)["/measures"] for name, one in persons.items()} == {
            "chen.jing": 0,
            "li.wei": 0,
            "sun.yue": 1,
            "wang.fang": 0,
            "zhao.min": 0,
            "zhou.lan": 0,
        }


def test_the_demonstration_has_somebody_for_each_role_that_a_person_can_have(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        make_demo_users(bank)
        signed = [bank.people.desk.sign_in(user.id, DEMO_PASSWORD, "", "here", bank.clock.now_us()).signed for user in DEMO_USERS]
        assert {role for one in signed for role in one.actor.roles} == set(get_args(Role)) - {"machine"}


def test_the_demonstration_says_what_its_investigator_can_do(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        make_demo_users(bank)
        known = bank.desk_settings
        assert set(known.skills.values()) == known.people["wang.fang"].skills
    with Bank(root, clock=clock(), threads=2) as again:
        assert again.desk_settings == known


def test_a_bank_whose_settings_mean_nothing_does_not_open(root: Path) -> None:
    (root / "cases").mkdir(exist_ok=True)
    (root / "cases" / "desk.toml").write_text("skilz = {}", "utf-8")
    with pytest.raises(PolicyError, match=r"desk\.toml"):
        Bank(root, clock=clock(), threads=2)

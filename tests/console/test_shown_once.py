"""An act whose answer was lost, sent again: what was made is not made twice, and that it cannot be shown any more is said."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.access_acts import ACCESS_ACTS
from tests.identity.build import World, world_in

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as found:
        yield found


def test_a_secret_that_was_made_already_is_said_to_be_lost_with_what_to_do(world: World) -> None:
    admin = world.first()
    bank = cast("WorkPort", SimpleNamespace(office=world.office))  # acts on access ask for nothing else
    key = {"name": ["core"], "scopes": ["decide"], "grade": ["3"], "until": ["2027-01-01T00:00"]}
    asked = [
        ("access.add", {"user": ["zhao"], "title": ["赵敏"]}, "One-time password of zhao", "Make another with “New password”"),
        ("access.recover", {"user": ["zhao"]}, "One-time password of zhao", "Make another with “New password”"),
        ("access.make_key", key, "API key of core", "Revoke the newest key of that name and make another"),
    ]
    for name, values, said, todo in asked:
        command, given = world.by(admin), Given(values, "Asia/Shanghai", "CNY")
        first, again = (ACCESS_ACTS[name](bank, command, given) for _ in range(2))
        assert (first.said["en"], bool(first.shown_once)) == (said, True)
        assert again.shown_once == ""
        assert f"cannot be shown again. {todo}." in again.said["en"]
        assert "无法再次显示" in again.said["zh"]
        assert not CHINESE.search(again.said["en"])


def test_of_a_new_password_that_waits_for_a_second_person_it_is_said_to_take_that_back(world: World) -> None:
    admin = world.first()
    world.add(admin, "wang", "approver")
    bank = cast("WorkPort", SimpleNamespace(office=world.office))
    command, given = world.by(admin), Given({"user": ["wang"]}, "Asia/Shanghai", "CNY")
    first, again = (ACCESS_ACTS["access.recover"](bank, command, given) for _ in range(2))
    assert (bool(first.shown_once), again.shown_once) == (True, "")
    assert again.said["en"].endswith("Take back what waits, then ask anew.")
    assert again.said["zh"].endswith("请先撤回待复核的申请，再重新提交。")

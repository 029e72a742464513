"""A list that no policy reads says so wherever somebody acts on it: what stands on it changes no decision."""

from dataclasses import replace
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.lists_read import reads_list
from huitong.console.work.lists import all_lists, list_view, lists_view, one_list
from huitong.console.work.look import Look
from huitong.contracts import Actor, Role
from huitong.identity import Clearance
from huitong.kernel import FixedClock, Language
from tests.risk.lists.build import CHEN, CONTRACTS, GROUNDS, NOW, Office

SAID = {"en": "No policy reads this list", "zh": "没有策略读取此名单"}
MARKED = {"en": "no policy reads it", "zh": "没有策略读取"}


def look(language: Language, name: str, role: Role) -> Look:
    return Look(language, "UTC", "CNY", NOW, Actor(name, frozenset({role})), Clearance(3), contracts=CONTRACTS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_list_that_no_policy_reads_says_so_where_it_is_shown_filled_and_signed(language: Language) -> None:
    office = Office()
    office.open(second=True)
    office.add("a1", by=CHEN)
    found = one_list(office.state, "cards", {}, NOW)
    for seen in (look(language, "li.wei", "steward"), look(language, "wang.fang", "approver")):
        unread = list_view(replace(found, read=False), seen, lambda _kind, _act: GROUNDS)
        forms = {form.act: form for form in (*unread.forms, *unread.inline)}
        warned = {act for act, form in forms.items() if form.note is not None and SAID[language] in form.note[language]}
        assert warned == forms.keys() & {"list.add", "list.import", "list.confirm"} != set()
        assert SAID[language] in unread.body
        assert SAID[language] not in str((read := list_view(found, seen, lambda _kind, _act: GROUNDS)).body) + str(read.dialogs(language))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_all_lists_marks_those_that_no_policy_reads(language: Language) -> None:
    office = Office()
    office.open()
    found = all_lists(office.state, NOW)
    seen = look(language, "li.wei", "steward")
    assert MARKED[language] in lists_view(replace(found, unread=["cards"]), seen).body
    assert MARKED[language] not in lists_view(found, seen).body


def test_a_list_is_read_by_a_policy_that_names_it_and_asks_it_about_what_stands_on_it(tmp_path: Path) -> None:
    with Bank(tmp_path, clock=FixedClock(NOW), threads=1) as bank:
        inside = tmp_path / "policies" / "small"
        inside.mkdir(parents=True)
        assert not reads_list(bank, "cards", "card"), "there is no policy"
        (inside / "policy.toml").write_text(
            """
[policy]
name = "small"
title = { zh = "小策略", en = "Small" }
owner = "tests"
decides = "payment.requested"
currency = "CNY"
outcomes = ["approve", "decline"]

[lists.cards]
of = "card"
outcome = "decline"
reason = { zh = "在名单上", en = "on the list" }

[lists.filed]
of = "card"
file = "filed.csv"
outcome = "decline"
reason = { zh = "在名单上", en = "on the list" }
""",
            "utf-8",
        )
        (inside / "filed.csv").write_text("value\n", "utf-8")
        (inside / "features.toml").write_text(
            '[features]\nown = { count = true, by = "device", events = "list.entry_changed", where = { list = "counted" } }\n', "utf-8"
        )
        assert reads_list(bank, "cards", "card")
        assert not reads_list(bank, "cards", "device"), "asked about cards, it holds devices"
        assert not reads_list(bank, "filed", "card"), "the policy reads its own file"
        assert not reads_list(bank, "others", "card")
        assert reads_list(bank, "counted", "device"), "by a feature of its own"

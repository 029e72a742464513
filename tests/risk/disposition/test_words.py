"""Settings and notices: what ships is complete in both languages, and what cannot mean anything is refused with its place."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from huitong.kernel import PolicyError
from huitong.risk.disposition import (
    KIND_TITLES,
    KINDS,
    SUBJECT_ROLES,
    SUBJECT_TITLES,
    Change,
    Channels,
    Scope,
    Stretch,
    event_of,
    every_stretch,
    notice,
    read_notices,
    read_settings,
)
from tests.risk.disposition.build import DAY, HOUR, NOTICES, NOW, SETTINGS, SHIPPED, change, folded

MEASURES, WORDS = (SHIPPED / "measures.toml").read_text("utf-8"), (SHIPPED / "notices.toml").read_text("utf-8")


def one(*changes: Change) -> Stretch:
    (stretch,) = every_stretch(folded(*(event_of(each) for each in changes)))
    return stretch


def test_a_notice_says_what_how_long_and_why_in_both_languages() -> None:
    said = notice(one(change("c", NOW, NOW + DAY, "limit", amount_minor=200_000)), NOTICES, "Asia/Shanghai")
    assert said is not None
    assert "您的账户" in said["zh"]
    assert "2,000.00 元" in said["zh"]
    assert "2026年11月27日 10:00" in said["zh"]
    assert "your account" in said["en"]
    assert "27 November 2026, 10:00" in said["en"]
    assert "任意 24 小时内" in said["zh"], "what the shipped policy counts"
    assert "within any 24 hours" in said["en"]
    yen = notice(one(change("c", NOW, NOW + DAY, "limit", amount_minor=2_000)), NOTICES, currency="JPY")
    assert yen is not None
    assert "JPY 2,000 为限" in yen["zh"]
    assert "limited to JPY 2,000 within" in yen["en"]
    said = notice(one(change("c", NOW, NOW + DAY, "freeze")), NOTICES)
    assert said is not None
    assert "Reason: odd" in said["en"]
    assert "原因：异常" in said["zh"]


def test_a_notice_of_a_narrowed_measure_says_what_it_reaches_and_names_no_receiving_account() -> None:
    whole = change("c", NOW, NOW + DAY, "freeze", amount_minor=50_000)
    narrow = replace(whole, place=replace(whole.place, scope=Scope("online", "A-payee")))
    lifted = replace(narrow, id="l", time_us=NOW + HOUR, lifts=True)
    channels: Channels = {"online": {"zh": "网上支付", "en": "online"}}
    for changes in ((narrow,), (narrow, lifted)):
        said = notice(one(*changes), NOTICES, channels=channels)
        assert said is not None
        assert "您的账户（仅限渠道为“网上支付”、单笔 500.00 元及以上、付给特定收款账户的支付）" in said["zh"]
        assert "your account (only payments over the channel “online”, of CNY 500.00 or more, to a certain receiving account)" in said["en"]
        assert "A-payee" not in said["zh"] + said["en"]
    limit = change("c", NOW, NOW + DAY, "limit", amount_minor=50_000)
    for of_limit in (limit, replace(limit, place=replace(limit.place, scope=Scope("app")))):
        said = notice(one(of_limit), NOTICES)
        assert said is not None
        assert ("only payments over the channel “app”)" in said["en"]) is (of_limit is not limit)
        assert "or more" not in said["en"], "a limit's amount is no amount to begin from"


def test_who_was_told_is_told_of_the_end_and_who_is_watched_learns_nothing() -> None:
    hold, lifted = change("c", NOW, NOW + DAY), change("l", NOW + HOUR, 0, lifts=True)
    said = notice(one(hold, lifted), NOTICES)
    assert said is not None
    assert "back to normal" in said["en"]
    watch, over = change("c", NOW, NOW + DAY, "watch"), change("l", NOW + HOUR, 0, "watch", lifts=True)
    assert notice(one(watch), NOTICES) is None
    assert notice(one(watch, over), NOTICES) is None


def test_a_grounds_own_words_stand_before_the_kinds_and_empty_ones_tell_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notices.toml"
    path.write_text('[hold]\nzh = "甲"\nen = "a"\n[hold."rule.odd"]\nzh = "乙"\nen = "b"\n[freeze]\nzh = ""\nen = ""\n', "utf-8")
    notices = read_notices(path)
    assert notice(one(change("c", NOW, NOW + DAY)), notices) == {"zh": "乙", "en": "b"}
    assert notice(one(change("c", NOW, NOW + DAY, "freeze")), notices) is None


def test_every_kind_subject_and_ground_has_its_words_in_both_languages() -> None:
    texts = [*(KIND_TITLES[kind] for kind in KINDS), *(SUBJECT_TITLES[role] for role in SUBJECT_ROLES), *SETTINGS.grounds.values()]
    assert all(text["zh"] and text["en"] for text in texts)
    assert set(NOTICES) == {*KINDS, "lifted"} - {"watch"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('automatic_up_to = "hold"', 'automatic_up_to = "jail"'),
        ('automatic_up_to = "hold"', 'automatic = "hold"'),
        ('longest = "7d"', 'longest = "a week"'),
        ('amount = "2000.00"', 'amount = "2000.001"'),
        ('amount = "2000.00"', ""),
        ('amount = "2000.00"', 'amount = "NaN"'),
        ('confirmed_by = ["approver"]', "confirmed_by = []"),
        ('confirmed_by = ["approver"]', 'confirmed_by = ["boss"]'),
        ('zh = "误采取", ', ""),
        ('only_for = "lift"', 'only_for = "love"'),
        ("[kinds.watch]", "[kinds.watch"),
        ('role = "account"\n', 'role = "region"\n'),
    ],
)
def test_settings_that_cannot_mean_anything_are_refused(tmp_path: Path, old: str, new: str) -> None:
    assert old in MEASURES
    path = tmp_path / "measures.toml"
    path.write_text(MEASURES.replace(old, new, 1), "utf-8")
    with pytest.raises(PolicyError) as refused:
        read_settings(path, "CNY")
    assert refused.value.code == "measures.settings.wrong"
    assert refused.value.cause["zh"].startswith("measures.toml：")


def test_a_ground_is_for_imposing_or_for_lifting_and_for_both_where_an_older_file_does_not_say(tmp_path: Path) -> None:
    shipped = read_settings(SHIPPED / "measures.toml", "CNY")
    assert list(shipped.grounds_for("impose")) == ["customer_report", "investigation", "court_order"]
    assert list(shipped.grounds_for("lift")) == ["verified", "mistaken", "over", "investigation", "court_order"]
    path = tmp_path / "measures.toml"
    path.write_text(re.sub(', only_for = "[a-z]+"', "", MEASURES), "utf-8")
    older = read_settings(path, "CNY")
    assert older.grounds_for("impose") == older.grounds_for("lift") == shipped.grounds


def test_a_missing_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "measures.toml"
    path.write_text(MEASURES.replace("[kinds.watch]\nlongest", "[kinds.step_up_]\nlongest"), "utf-8")
    with pytest.raises(PolicyError):
        read_settings(path, "CNY")
    start, end = MEASURES.index("[kinds.watch]"), MEASURES.index("[kinds.step_up]")
    path.write_text(MEASURES[:start] + MEASURES[end:], "utf-8")
    with pytest.raises(PolicyError, match="watch"):
        read_settings(path, "CNY")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[hold]", "[jail]"),
        ("{until} 前支付时", "{when} 前支付时"),
        ('en = "Payments from your {subject}{scope} are back', 'fr = "Payments {subject}'),
        ("[hold]", "[hold"),
        ("[hold]", "[hold]\nnonsense = 1"),
    ],
)
def test_notices_that_cannot_mean_anything_are_refused(tmp_path: Path, old: str, new: str) -> None:
    assert old in WORDS
    path = tmp_path / "notices.toml"
    path.write_text(WORDS.replace(old, new, 1), "utf-8")
    with pytest.raises(PolicyError) as refused:
        read_notices(path)
    assert refused.value.code == "measures.notices.wrong"

"""Replays in a table: which version, where it stands, against what and on what, whatever the folder holds by now."""

from dataclasses import replace

import pytest

from huitong.console.ports_replay import Uploaded
from huitong.console.work.look import Look
from huitong.console.work.replay_jobs import job_says
from huitong.console.work.replays import Replays, replays_view
from huitong.contracts import Actor, ReplayJob
from huitong.decisions.rollout import PolicyRollout, Version
from huitong.identity import Clearance
from huitong.kernel import InputError, Language, Text

TITLE: Text = {"en": "Card payments", "zh": "银行卡支付"}
LIVE = Version("a" * 64, "li.wei", "first", None, 0, "live")
SHADOW = Version("b" * 64, "li.wei", "second", LIVE.hash, 0, "shadow")
ROLLOUT = PolicyRollout({one.hash: one for one in (LIVE, SHADOW)}, [LIVE.hash])


def shown(job: ReplayJob, language: Language = "en") -> str:
    """The page of replays with one of them."""
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))
    return replays_view(Replays([job], [("cards", TITLE)], titles={"cards": TITLE}, rollouts={"cards": ROLLOUT}), look).body


@pytest.mark.parametrize(("language", "said"), [("en", ("shadow", "against", "the log")), ("zh", ("影子", "对比", "日志"))])
def test_a_replay_of_a_version_says_which_where_it_stands_against_what_and_that_it_was_the_log(
    language: Language, said: tuple[str, ...]
) -> None:
    job = ReplayJob("j1", f"cards@{SHADOW.hash}", SHADOW.hash, "li", 0, "done", against="cards", against_version=LIVE.hash)
    page = shown(job, language)
    for one in (TITLE[language], "bbbbbbbbbbbb…", "aaaaaaaaaaaa…", *said):
        assert one in page
    assert "cards@" not in page
    assert "folder" not in page


def test_a_replay_of_the_folder_keeps_the_version_it_had_and_the_name_of_the_file() -> None:
    page = shown(ReplayJob("j1", "cards", "c" * 64, "li", 0, "runs", table="payments of spring.csv"))
    assert "cccccccccccc…" in page
    assert "in the folder, no version yet" in page
    assert "payments of spring.csv" in page
    assert "shadow" in shown(ReplayJob("j1", "cards", SHADOW.hash, "li", 0, "runs")), "the folder held what is a version"
    assert "1 replay since" in str(replays_view(Replays([ReplayJob("j", "cards", "", "li", 0, "runs")], []), look_of_li()).answer)


@pytest.mark.parametrize(
    ("language", "done", "said"),
    [
        ("en", 26, "26.0\u202f%; about 2 h 50 min left in this step"),
        ("zh", 26, "26.0\u202f%；本步骤约剩 2 小时 50 分"),
        ("en", 99, "99.0\u202f%; this step ends within a minute"),
    ],
)
def test_a_replay_that_runs_says_how_far_it_is_and_how_long_it_still_takes(language: Language, done: int, said: str) -> None:
    hour_us = 3_600 * 1_000_000
    look = replace(look_of_li(), language=language, now_us=(11 if done == 26 else 10) * hour_us + (0 if done == 26 else 60_000_000))
    job = ReplayJob("j", "cards", "", "li", 0, "runs", stage="features", done=done, total=100, stage_us=10 * hour_us)
    assert said in str(job_says(job, look))


def test_nothing_is_said_of_the_time_left_before_anything_is_done() -> None:
    for total in (None, 100):
        said = str(job_says(ReplayJob("j", "cards", "", "li", 0, "runs", stage="log", done=0, total=total), look_of_li()))
        assert "left" not in said
        assert "within" not in said


def look_of_li() -> Look:
    """How an analyst looks at replays."""
    return Look("en", "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))


@pytest.mark.parametrize(("language", "said"), [("en", ["Customer (customer)", ">Our bank<"]), ("zh", ["客户（customer）", ">本行<"])])
def test_columns_and_mappings_are_called_by_their_titles(language: Language, said: list[str]) -> None:
    titles: dict[str, Text] = {"ours": {"en": "Our bank", "zh": "本行"}}
    fields: dict[str, Text] = {"customer": {"en": "Customer", "zh": "客户"}}
    table = Uploaded("1", "spring.csv", ["kunde"], {"ours": {"customer": "kunde"}}, "ours", titles, {"ours": fields})
    page = replays_view(Replays([], [("cards", TITLE)], table), replace(look_of_li(), language=language)).body
    assert [one for one in said if one not in page] == []


@pytest.mark.parametrize(("language", "said"), [("en", "The file has no rows. <span"), ("zh", "文件没有数据行。 <span")])
def test_why_a_replay_failed_ends_before_what_to_do_begins(language: Language, said: str) -> None:
    error = InputError("a.b", {"en": "the file has no rows", "zh": "文件没有数据行"}, {"en": "give another", "zh": "请另选文件"})
    assert said in str(job_says(ReplayJob("j1", "cards", "", "li", 0, "failed", error=error), replace(look_of_li(), language=language)))

"""What a policy's page offers of its versions: each step by the version that it is about, none that would be refused anyway."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import pytest

from huitong.console.forms import Form
from huitong.console.ports_work import PolicyFiles
from huitong.console.work.look import Look
from huitong.console.work.policies import OnePolicy, policy_view
from huitong.console.work.policy_content import ROWS_SHOWN, Changed, difference_view
from huitong.console.work.policy_forms import drafting, forms_of_version, replaying
from huitong.console.work.version_evidence import evidence_listed
from huitong.contracts import Actor, ReplayJob
from huitong.decisions.compare import LISTED, Difference
from huitong.decisions.policy import read_settings
from huitong.decisions.rollout import PolicyRollout, RolloutSettings, Stage, Step, Version
from huitong.decisions.rollout.book import Comparison, Evidence
from huitong.identity import Clearance
from huitong.kernel import Language

FIRST = Version("a" * 64, "li.wei", "first", None, 1, "live")
SECOND = Version("b" * 64, "li.wei", "second", FIRST.hash, 2, "canary", 50_000)
POLICY = files("huitong.risk.transactions") / "policies" / "card_payments" / "policy.toml"
WANG = Actor("wang.fang", frozenset({"analyst", "approver"}))


def look(language: Language = "en") -> Look:
    return Look(language, "Asia/Shanghai", "CNY", 3, WANG, Clearance(3))


def forms(version: Version, *lives: Version, language: Language = "en") -> dict[str, Form]:
    """What is offered, by the words before the colon."""
    rollout = PolicyRollout({one.hash: one for one in (*lives, version)}, [one.hash for one in lives])
    found = forms_of_version("cards", version, rollout, look(language))
    return {one.title[language].replace("：", ": ").partition(": ")[0]: one for one in found}


def test_a_first_version_is_made_live_and_cannot_be_taken_back_to_nothing() -> None:
    assert set(forms(replace(FIRST, stage="replayed"))) == {"Make it live", "Refuse"}
    assert "Step back" not in forms(FIRST, FIRST)
    live = replace(SECOND, stage="live", share_ppm=0)
    note = forms(live, replace(FIRST, stage="retired"), live)["Step back"].note
    assert note is not None
    assert "aaaaaaaaaaaa, which was live before it, decides again" in note["en"]


@pytest.mark.parametrize(("language", "refuse", "give_up"), [("en", "Refuse", "Give up"), ("zh", "驳回", "放弃该版本")])
def test_who_could_sign_a_versions_next_step_may_refuse_it_with_a_reason_and_its_author_give_it_up(
    language: Language, refuse: str, give_up: str
) -> None:
    theirs, mine = (replace(SECOND, stage="replayed", share_ppm=0, author=name) for name in ("li.wei", WANG.id))
    refusing = forms(theirs, FIRST, language=language)[refuse]
    assert ([one.required for one in refusing.fields], refusing.note and "li.wei" in refusing.note[language]) == ([True], True)
    assert give_up in forms(mine, FIRST, language=language)


def page(rollout: PolicyRollout, language: Language = "en", jobs: Sequence[ReplayJob] = ()) -> str:
    settings = read_settings({"policy.toml": POLICY.read_bytes()}, "card_payments", trained=False)
    known = OnePolicy("card_payments", PolicyFiles("f" * 64, settings, (), ()), rollout, None, RolloutSettings(), jobs)
    view = policy_view(known, look(language))
    return f"{view.answer} {view.body}"


def test_what_another_version_caused_is_told_with_that_version() -> None:
    steps = [
        Step("1", 1, "wang.fang", "live", "approved"),
        Step("2", 2, "wang.fang", "retired", "approved", caused_by=SECOND.hash),
        Step("3", 3, "li.wei", "live", "too many declines", caused_by=SECOND.hash),
    ]
    rollout = PolicyRollout({FIRST.hash: replace(FIRST, steps=steps)}, [FIRST.hash])
    english, chinese = page(rollout), page(rollout, "zh")
    assert "retired · wang.fang · " in english
    assert "version bbbbbbbbbbbb took its place" in english
    assert "live again · li.wei · " in english
    assert "version bbbbbbbbbbbb, which decided until then, was stepped back: too many declines" in english
    assert "由版本 bbbbbbbbbbbb 接替" in chinese
    assert "恢复生效 · li.wei" in chinese


def test_a_version_that_was_taken_back_is_said_to_be_that_and_not_replayed_once_more() -> None:
    steps = [Step("1", 1, "wang.fang", "replayed", "drafted"), Step("2", 2, "wang.fang", "live", "approved")]
    rollout = PolicyRollout({FIRST.hash: replace(FIRST, steps=[*steps, Step("3", 3, "sun.yue", "replayed", "too many declines")])}, [])
    english, chinese = page(rollout), page(rollout, "zh")
    assert "stepped back from live · sun.yue · " in english
    assert "由生效回退 · sun.yue" in chinese
    assert ("replayed · wang.fang · " in english, "live · wang.fang · " in english) == (True, True)


def test_the_answer_names_the_shares_and_who_decides_before_a_first_version() -> None:
    half = PolicyRollout({FIRST.hash: FIRST, SECOND.hash: replace(SECOND, share_ppm=500_000)}, [FIRST.hash])
    assert "li.wei decides for 50 % of the customers; bbbbbbbbbbbb decides for 50 %." in page(half)
    assert "li.wei 的版本 aaaaaaaaaaaa 决策 50% 的客户；bbbbbbbbbbbb 决策其余 50%。" in page(half, "zh")
    assert "What stands in the folder decides until a version is live." in page(PolicyRollout())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_signed_names_version_author_and_share_in_button_and_dialog(language: Language) -> None:
    shadow, retired = replace(SECOND, stage="shadow", share_ppm=0), replace(SECOND, stage="retired", share_ppm=0)
    for version in (SECOND, shadow, retired):
        offered = [one for one in forms(version, FIRST, language=language).values() if one.act in ("policy.forward", "policy.back")]
        assert offered
        for form in offered:
            assert form.note is not None
            assert all("b" * 12 in text for text in (form.title[language], form.note[language]))
            assert form.act == "policy.back" or "li.wei" in form.note[language]
            assert version is not SECOND or "5%" in form.title[language].replace(" ", "")


def test_each_step_has_a_dialog_of_its_own_and_only_one_that_is_next_is_a_pages_first_act() -> None:
    shadow, retired = replace(SECOND, stage="shadow", share_ppm=0), replace(SECOND, stage="retired", share_ppm=0)
    first, larger = forms(shadow, FIRST)["To canary"], forms(SECOND, FIRST)["Larger share"]
    assert first.dialog != larger.dialog, "whoever signed the one is not led to the other"
    assert (first.tone, forms(SECOND, FIRST)["Make it live"].tone) == ("primary", "primary")
    assert forms(retired, FIRST)["To shadow"].tone == "plain"


@pytest.mark.parametrize(
    ("stage", "live", "steps"),
    [("draft", False, ("live",)), ("replayed", False, ("live",)), ("replayed", True, ("shadow",)), ("canary", True, ("canary", "live"))],
)
def test_the_next_step_is_one_that_is_allowed(stage: Stage, live: bool, steps: tuple[str, ...]) -> None:
    version = replace(SECOND, stage=stage)
    rollout = PolicyRollout({FIRST.hash: FIRST, version.hash: version}, [FIRST.hash] if live else [])
    assert rollout.next_steps(version) == steps


@pytest.mark.parametrize(("label_delay_days", "days"), [(0.0, "7"), (4.0, "7"), (7.0, "28"), (20.0, "28"), (30.0, "0")])
def test_a_replay_is_proposed_of_a_period_that_reaches_past_the_time_that_labels_take(label_delay_days: float, days: str) -> None:
    form = replaying("cards", PolicyRollout({}, []), label_delay_days)
    assert [one.initial for one in form.fields if one.name == "days"] == [days]


def test_what_the_next_step_rests_on_is_listed_first_and_a_canary_that_was_taken_back_counts_no_more() -> None:
    def evidence(sort: str, decided: int) -> Evidence:
        return Evidence(sort, 0, 1, decided, 1, id=f"{sort}-{decided}", time_us=decided, by="li.wei")

    found = [evidence("replay", 7_001), *(evidence("canary", number) for number in range(101, 108))]
    back = replace(SECOND, stage="replayed", share_ppm=0, evidence=found, comparison=Comparison("1", 1, None, len(found)))
    english, chinese = (str(evidence_listed(back, look(language))) for language in ("en", "zh"))
    rows = english.split("<li>")[1:]
    assert "7,001 decisions" in rows[0]
    assert "the next step rests on this" in rows[0]
    assert [f"{number} decisions" in row for number, row in zip(range(107, 100, -1), rows[1:], strict=True)] == [True] * 7
    assert all("does not count for the next step" in row for row in rows[1:])
    assert "2 earlier" in english
    assert "回退、扩大灰度或更换生效版本之前的统计不计入下一步" in chinese
    runs = replace(back, stage="canary", share_ppm=50_000, comparison=Comparison("1", 1, None, 4))
    rows = str(evidence_listed(runs, look())).split("<li>")[1:]
    assert "107 decisions" in rows[0]
    assert "the next step rests on this" in rows[0]
    assert sum("does not count" in row.partition("</ul>")[0] for row in rows) == 3
    live = str(evidence_listed(replace(back, stage="live"), look()))
    assert ("rests on" in live, "does not count" in live) == (False, False)


@pytest.mark.parametrize(("language", "watch", "desk"), [("en", "roll-out watch", "fraud desk"), ("zh", "发布监察", "反欺诈岗")])
def test_what_is_no_person_stands_by_what_it_is_called_and_its_code_on_hover(language: Language, watch: str, desk: str) -> None:
    steps = [Step("1", 1, "wang.fang", "live", "approved"), Step("2", 2, "huitong:watch", "replayed", "too many declines")]
    shown = page(PolicyRollout({FIRST.hash: replace(FIRST, stage="replayed", steps=steps)}, []), language)
    assert f'<span title="huitong:watch">{watch}</span>' in shown
    assert f'<span title="fraud.desk">{desk}</span>' in shown
    assert ">huitong:watch" not in shown


def test_a_draft_of_what_decides_already_is_not_said_to_decide_nothing() -> None:
    first, later = drafting("cards", PolicyRollout()).note, drafting("cards", PolicyRollout({FIRST.hash: FIRST}, [FIRST.hash])).note
    assert first is not None
    assert later is not None
    assert "decides for everybody already" in first["en"]
    assert "目前已为全部客户决策" in first["zh"]
    assert ("decides nothing before an approver lets it" in later["en"], "不参与任何决策" in later["zh"]) == (True, True)


@pytest.mark.parametrize(
    ("language", "said"), [("en", ' <a href="#replays">A replay runs</a>.'), ("zh", '<a href="#replays">回放正在运行</a>。')]
)
def test_a_replay_that_runs_is_said_first_with_the_way_to_how_far_it_is(language: Language, said: str) -> None:
    rollout, job = PolicyRollout({FIRST.hash: FIRST}, [FIRST.hash]), ReplayJob("j1", "card_payments", FIRST.hash, "li.wei", 0, "runs")
    running = page(rollout, language, [job])
    assert said in running
    assert 'id="replays"' in running
    assert said not in page(rollout, language, [replace(job, state="done")])


def test_of_a_list_with_many_changes_the_first_are_shown_and_no_other_file_is_hidden() -> None:
    rows = [f"K{number}" for number in range(ROWS_SHOWN + 3)]
    listed = [Changed(Difference("payers.csv", row, None, LISTED, {"en": row, "zh": row}), 1) for row in rows]
    other = Changed(Difference("policy.toml", "rules", "1", "2", {"en": "rules", "zh": "规则"}), 1)
    for one, said in (("en", "</code>: 3 more changes."), ("zh", "</code>：另有 3 处改动。")):
        view = difference_view("cards", "Cards", "b" * 64, "a" * 64, [*listed, other], look("zh" if one == "zh" else "en"))
        body = str(view.body)
        assert said in body
        assert body.count("payers.csv") == ROWS_SHOWN + 1
        assert "policy.toml" in body
        assert f"{ROWS_SHOWN + 4:,}" in str(view.answer)

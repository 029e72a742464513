"""Views of measures and of champion beside challenger: who is offered the second signature, what the interval says."""

import re
from dataclasses import replace

import pytest

from huitong.app.house import house_contracts
from huitong.console.forms import dialog_of
from huitong.console.ports_work import Contest, Differs
from huitong.console.work.contests import contest_of, with_counted
from huitong.console.work.look import Look
from huitong.console.work.measure_subject import one_subject, subject_view
from huitong.console.work.measures import measure_list, measures_view
from huitong.contracts import Actor, Signers
from huitong.decisions.rollout import RolloutSettings, Tally, Version, missing
from huitong.identity import Clearance
from huitong.kernel import InputError, Language, Text
from huitong.risk import disposition
from huitong.risk.disposition import Channels, Ledger, MeasuresBook
from huitong.risk.disposition.settings import CoreSetting
from tests.risk.disposition.build import ACCOUNT, DAY, LI, NOW, SETTINGS, WANG, command, folded, wanted

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CONTRACTS = house_contracts()


def look(actor: Actor = LI, language: Language = "en", grade: int = 3) -> Look:
    """How somebody looks at measures."""
    return Look(language, "Asia/Shanghai", "CNY", NOW + 1, actor, Clearance(grade), CONTRACTS, lambda _decision, _code: 1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_proposed_a_freeze_can_take_it_back_and_only_another_confirms(language: Language) -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("freeze"), SETTINGS)(folded()))
    found = measure_list(ledger, {}, NOW + 1)
    mine = measures_view(found, look(LI, language), SETTINGS)
    others = measures_view(found, look(WANG, language), SETTINGS)
    assert [form.act for form in mine.inline] == ["measure.refuse"]
    assert [form.act for form in others.inline] == ["measure.confirm", "measure.refuse"]
    assert bool(CHINESE.search(others.body)) is (language == "zh")
    assert ("待第二人复核 1 项" if language == "zh" else "1 waits for a second person") in str(others.answer)


SUN = Actor("sun.yue", frozenset({"approver"}))
ALONE = Signers((LI, WANG), beyond=False)
TWO = Signers((LI, SUN, WANG), beyond=False)


def frozen() -> Ledger:
    """An account that one person froze and another confirmed."""
    proposed = disposition.impose(command("m1"), wanted("freeze"), SETTINGS)(folded())
    done = disposition.confirm(command("m2", WANG), "m1", SETTINGS)(folded(*proposed))
    return folded(*proposed, *done)


@pytest.mark.parametrize(
    ("by", "signers", "en", "zh"),
    [
        (WANG, ALONE, "nobody but you is an approver: proposed by you, it waits until it lapses", "除您之外无人是审批人"),
        (WANG, TWO, "It takes a second person to lift it: sun.yue.", "解除须由第二人复核：sun.yue。"),
        (LI, ALONE, "It takes a second person to lift it: wang.fang.", "解除须由第二人复核：wang.fang。"),
        (LI, Signers((LI,), beyond=False), "nobody is an approver: it waits until it lapses", "目前无人是审批人"),
        (WANG, Signers(), "It takes a second person to lift it, who is an approver.", "解除须由第二人复核（须为审批人）。"),
    ],
)
def test_who_may_sign_the_lifting_stands_in_its_form_before_it_is_sent(by: Actor, signers: Signers, en: str, zh: str) -> None:
    found = replace(measure_list(frozen(), {}, NOW + 1), signers=signers)
    languages: tuple[tuple[Language, str], ...] = (("en", en), ("zh", zh))
    for language, said in languages:
        (lifting,) = measures_view(found, look(by, language), SETTINGS).inline
        assert said in dialog_of(lifting, language)


def test_a_freeze_that_nobody_else_may_sign_says_so_before_it_is_proposed() -> None:
    for signers, said in ((ALONE, "nobody but you is an approver"), (TWO, "Anything stronger than a hold needs a second person: sun.yue.")):
        found = replace(measure_list(folded(), {}, NOW + 1), signers=signers)
        assert said in measures_view(found, look(WANG), SETTINGS).dialogs("en")


def test_where_kinds_are_confirmed_by_others_each_says_by_whom() -> None:
    rules = {**SETTINGS.kinds, "hold": replace(SETTINGS.rule("hold"), confirmed_by=("investigator",))}
    settings = replace(SETTINGS, alone_up_to="limit", kinds=rules)
    found = replace(measure_list(folded(), {}, NOW + 1), signers=TWO)
    told: tuple[tuple[Language, str], ...] = (
        ("en", "A hold needs a second person: li.wei. A freeze needs a second person: sun.yue."),
        ("zh", "“暂缓”须由第二人复核后生效：li.wei。“冻结”须由第二人复核后生效：sun.yue。"),
    )
    for language, both in told:
        assert both in measures_view(found, look(WANG, language), settings).dialogs(language)


@pytest.mark.parametrize(
    ("reader", "signers", "en", "zh"),
    [
        (LI, TWO, "may be signed by sun.yue", "可由 sun.yue 复核"),
        (WANG, TWO, "may be signed by sun.yue", "可由 sun.yue 复核"),
        (LI, ALONE, "nobody may sign it: no other person is an approver", "无人可以复核：没有其他审批人"),
        (LI, Signers(), "may be signed by another person who is an approver", "可由另一位审批人复核"),
    ],
)
def test_what_waits_says_who_may_sign_it_to_whom_it_offers_nothing(reader: Actor, signers: Signers, en: str, zh: str) -> None:
    proposed = disposition.lift(command("m3", WANG, NOW + 1), "m2/1", "mistaken", SETTINGS)
    ledger = frozen()
    for event in proposed(ledger):
        MeasuresBook().enter(ledger, event)
    found = replace(measure_list(ledger, {}, NOW + 2), signers=signers)
    languages: tuple[tuple[Language, str], ...] = (("en", en), ("zh", zh))
    for language, said in languages:
        assert said in measures_view(found, look(reader, language), SETTINGS).body
    assert "may be signed" not in measures_view(found, look(SUN), SETTINGS).body, "they have the button"


def test_a_measure_in_force_can_be_lifted_and_one_that_is_over_cannot() -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()))
    view = subject_view(one_subject(ledger, ACCOUNT, NOW + 1, NOW), replace(look(), now_us=NOW + 1), SETTINGS)
    assert "measure.lift" in [form.act for form in view.inline]
    assert "1 in force, the strongest a hold" in str(view.answer)
    later = replace(look(), now_us=NOW + 2 * DAY)
    over = subject_view(one_subject(ledger, ACCOUNT, later.now_us, NOW), later, SETTINGS)
    assert [form.act for form in over.inline] == []
    assert "Nothing is in force; 1 measure so far." in str(over.answer)


@pytest.mark.parametrize(("language", "said"), [("zh", "解除账户 A1 的暂缓"), ("en", "Lift the hold on account A1")])
def test_a_dialog_names_what_it_lifts_and_offers_the_grounds_for_that(language: Language, said: str) -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()))
    view = measures_view(measure_list(ledger, {}, NOW + 1), look(WANG, language), SETTINGS)
    (lifting,) = view.inline
    shown = dialog_of(lifting, language)
    assert shown.count(f">{said}<") == 2, "as its title and on its button"
    assert "mistaken" in shown
    assert "customer_report" not in shown
    assert "mistaken" not in dialog_of(view.forms[0], language)


def test_a_subject_above_the_readers_grade_is_nowhere_in_the_page() -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()))
    view = measures_view(measure_list(ledger, {}, NOW + 1), look(grade=2), SETTINGS)
    assert "A1" not in view.body + view.dialogs("en")


@pytest.mark.parametrize(("language", "said"), [("zh", "策略“银行卡支付”"), ("en", "“Card payments”")])
def test_a_policy_that_imposed_a_measure_is_called_by_its_title(language: Language, said: str) -> None:
    machine = replace(command("m1"), by=Actor("cards@0123", frozenset({"investigator"}), person=False))
    ledger = folded(*disposition.impose(machine, wanted("hold"), SETTINGS)(folded()))
    titles: dict[str, Text] = {"cards": {"en": "Card payments", "zh": "银行卡支付"}}
    found = replace(measure_list(ledger, {}, NOW + 1), policies=titles)
    assert said in measures_view(found, look(language=language), SETTINGS).body
    known = replace(one_subject(ledger, ACCOUNT, NOW + 1, NOW), policies=titles)
    assert said in subject_view(known, look(language=language), SETTINGS).body
    assert "cards" not in subject_view(known, look(language=language), SETTINGS).body


@pytest.mark.parametrize(("language", "said"), [("zh", "网上支付"), ("en", "online payments")])
def test_a_channel_is_chosen_by_its_title_where_contracts_say_which_there_are_and_typed_where_not(language: Language, said: str) -> None:
    channels: Channels = {"online": {"zh": "网上支付", "en": "online payments"}}
    found = measure_list(folded(), {}, NOW + 1)
    chosen = measures_view(replace(found, channels=channels), look(language=language), SETTINGS).dialogs(language)
    assert f'<option value="online">{said}</option>' in chosen
    assert re.search('<input[^>]* name="channel"', measures_view(found, look(language=language), SETTINGS).dialogs(language))


@pytest.mark.parametrize(("language", "said"), [("zh", "渠道“网上支付”"), ("en", "channel online payments")])
def test_how_far_a_measure_reaches_is_said_by_the_channels_title(language: Language, said: str) -> None:
    channels: Channels = {"online": {"zh": "网上支付", "en": "online payments"}}
    ledger = folded(
        *disposition.impose(command("m1"), wanted("hold", channel="online"), SETTINGS)(folded()),
        *disposition.impose(command("m2"), wanted("freeze", channel="online"), SETTINGS)(folded()),
    )
    found = replace(measure_list(ledger, {}, NOW + 1), channels=channels)
    known = replace(one_subject(ledger, ACCOUNT, NOW + 1, NOW), channels=channels)
    for view in (measures_view(found, look(language=language), SETTINGS), subject_view(known, look(language=language), SETTINGS)):
        assert view.body.count(said) == 2, "in force, and waiting for a second person"


def tally(decided: int, declined: int) -> Tally:
    """Counts of an arm."""
    return Tally(decided=decided, declined=declined)


LIVE = Version("a" * 64, "li.wei", "first", None, NOW, "live")
CANARY = Version("b" * 64, "li.wei", "second", LIVE.hash, NOW, "canary", 50_000)


@pytest.mark.parametrize(
    ("declined", "said_en", "said_zh"),
    [
        (3_000, "certainly within what is allowed for declines (up to +2.00 points)", "确定在拒绝率的允许范围（最多 +2.00 个百分点）内"),
        (9_000, "certainly beyond what is allowed for declines (up to +2.00 points)", "确定超出拒绝率的允许范围"),
        (4_950, "not certain yet to be within what is allowed", "尚不能确定是否在拒绝率的允许范围"),
    ],
)
def test_the_difference_says_whether_the_challenger_is_within_what_is_allowed(declined: int, said_en: str, said_zh: str) -> None:
    contest = Contest(tally(100_000, 3_000), tally(100_000, declined), [])
    assert said_en in contest_of(contest, LIVE, CANARY, RolloutSettings(), look())
    assert said_zh in contest_of(contest, LIVE, CANARY, RolloutSettings(), look(language="zh"))


def test_decisions_that_differ_lead_to_the_decisions() -> None:
    shadow = replace(CANARY, stage="shadow", share_ppm=0)
    contest = Contest(tally(10, 1), tally(10, 2), [Differs("E/1", NOW, "approve", "decline")])
    assert 'href="/decisions/E%2F1"' in contest_of(contest, LIVE, shadow, RolloutSettings(), look())


def test_what_a_running_challenger_lacks_is_told_by_what_was_counted() -> None:
    shadow = replace(CANARY, stage="shadow", share_ppm=0)
    settings, now_us = RolloutSettings(), NOW + 2 * DAY
    assert missing(shadow, "canary", settings, now_us) != []
    counted = with_counted(shadow, Contest(tally(2_000, 1), tally(2_000, 1), []), now_us)
    assert missing(counted, "canary", settings, now_us) == []
    few = with_counted(shadow, Contest(tally(10, 1), tally(10, 1), []), now_us)
    assert "10 events" in missing(few, "canary", settings, now_us)[0]["en"]
    assert with_counted(LIVE, None, now_us) is LIVE


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_of_two_measures_of_a_subject_have_names_of_their_own(language: Language) -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()))
    ledger = folded(
        *disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()),
        *disposition.impose(command("m2"), wanted("hold", channel="online"), SETTINGS)(ledger),
    )
    body = subject_view(one_subject(ledger, ACCOUNT, NOW + 1, NOW), look(language=language), SETTINGS).body
    names = re.findall('role="region" aria-label="([^"]*)"', body)
    assert len(names) == len(set(names)) >= 2


@pytest.mark.parametrize(("language", "none", "waits"), [("zh", "未接入核心系统", "待发送"), ("en", "no core system set up", "to be sent")])
def test_a_command_waits_to_be_sent_only_where_a_core_system_is_set_up(language: Language, none: str, waits: str) -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()))
    known, connected = one_subject(ledger, ACCOUNT, NOW + 1, NOW), replace(SETTINGS, core=CoreSetting(address="https://core.example"))
    without, with_one = (subject_view(known, look(language=language), settings).body for settings in (SETTINGS, connected))
    assert (none in without, waits in without) == (True, False)
    assert (none in with_one, waits in with_one) == (False, True)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ["近 30 天的限额、暂缓与冻结", "欺诈 0 项", "尚无定论 0 项"]),
        ("en", ["Limits, holds and freezes of the last 30 days", "0 on fraud"]),
    ],
)
def test_what_measures_turned_out_to_be_says_of_which_and_of_when(language: Language, said: list[str]) -> None:
    found = replace(measure_list(folded(), {}, NOW + 1), figures=disposition.figures(folded(), {}, NOW))
    body = measures_view(found, look(language=language), SETTINGS).body
    assert [one for one in said if one not in body] == []


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "近 30 天引发暂缓或冻结的支付金额"), ("en", "Payments that led to holds and freezes, last 30 days")]
)
def test_money_is_that_of_the_payments_that_led_to_measures_and_leads_to_those_in_force(language: Language, said: str) -> None:
    figures = disposition.figures(folded(), {}, NOW)
    found = replace(measure_list(folded(), {}, NOW + 1), figures=figures)
    body = measures_view(found, look(language=language), SETTINGS).body
    assert said in body
    assert '<a href="/measures?kind=stopping#in-force">' in body


def test_a_kind_of_measure_that_there_is_not_is_passed_over_and_told() -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()))
    found = measure_list(ledger, {"kind": "jail", "role": "moon"}, NOW + 1)
    assert [(one.label["en"], one.value) for one in found.passed] == [("Kind", "jail"), ("Subject", "moon")]
    assert found.total == 1
    assert "jail</span>” is not understood" in measures_view(found, look(), SETTINGS).body


def test_holds_and_freezes_are_found_together() -> None:
    ledger = folded(
        *disposition.impose(command("m1"), wanted("hold"), SETTINGS)(folded()),
        *disposition.impose(command("m2"), wanted("watch"), SETTINGS)(folded()),
    )
    found = measure_list(ledger, {"kind": "stopping"}, NOW + 1)
    assert [one.kind for one in found.rows] == ["hold"]
    assert '<option value="stopping" selected>hold or freeze · 1</option>' in measures_view(found, look(), SETTINGS).body


def test_the_interval_is_drawn_for_a_phone_too_and_names_its_ends() -> None:
    contest = Contest(tally(1_000, 30), tally(1_000, 31), [])
    shown = contest_of(contest, LIVE, CANARY, RolloutSettings(), look())
    drawn = re.findall("<svg.*?</svg>", shown, re.DOTALL)
    assert [one.split('viewBox="0 0 ')[1].split()[0] for one in drawn] == ["640", "360"]
    low, high = re.findall(r"between (\S+) and (\S+) percentage", shown)[0]
    assert all(f">{value}</text>" in one for one in drawn for value in (low, high))


@pytest.mark.parametrize(("language", "said"), [("en", "lift awaits a second person"), ("zh", "解除待复核")])
def test_while_a_lifting_waits_its_measure_says_so_and_offers_no_other(language: Language, said: str) -> None:
    held = frozen()
    (measure,) = disposition.in_force(held, NOW + 1)
    proposed = disposition.lift(command("m3", now_us=NOW + 1), measure.id, "verified", SETTINGS)(held)
    book = MeasuresBook()
    for event in proposed:
        book.enter(held, event)
    reader = replace(look(WANG, language), now_us=NOW + 2)
    everything = measures_view(measure_list(held, {}, NOW + 2), reader, SETTINGS)
    one = one_subject(held, ACCOUNT, NOW + 2, NOW)
    for view in (everything, subject_view(one, reader, SETTINGS), subject_view(replace(one, chosen=measure), reader, SETTINGS)):
        assert said in view.body
        assert "measure.lift" not in [form.act for form in (*view.forms, *view.inline)]


@pytest.mark.parametrize(("language", "by", "note"), [("en", "Proposed by: li.wei.", "Note: "), ("zh", "提议人：li.wei。", "备注：")])
def test_who_confirms_reads_who_proposed_it_and_what_they_noted(language: Language, by: str, note: str) -> None:
    asked = replace(wanted("freeze"), note="<called> the branch")
    ledger = folded(*disposition.impose(command("m1"), asked, SETTINGS)(folded()))
    found = measure_list(ledger, {}, NOW + 1)
    (confirming, _) = measures_view(found, look(WANG, language), SETTINGS).inline
    assert by in dialog_of(confirming, language)
    assert f"{note}&lt;called&gt; the branch" in dialog_of(confirming, language)
    (confirming, _) = measures_view(found, look(WANG, language, grade=1), SETTINGS).inline
    assert "the branch" not in dialog_of(confirming, language), "what is above the reader's grade"


@pytest.mark.parametrize(("language", "said"), [("en", "within any 24 hours"), ("zh", "任意 24 小时内")])
def test_what_a_limit_counts_is_said_alike_by_the_form_and_by_its_refusal(language: Language, said: str) -> None:
    (imposing,) = measures_view(measure_list(folded(), {}, NOW + 1), look(LI, language), SETTINGS).forms
    assert said in dialog_of(imposing, language)
    with pytest.raises(InputError) as refused:
        disposition.impose(command("m1"), wanted("limit"), SETTINGS)(folded())
    assert said in refused.value.remedy[language]


@pytest.mark.parametrize(("language", "said"), [("en", "No policy acts on measures on: account."), ("zh", "现有策略不读取对账户的措施")])
def test_that_no_policy_acts_on_such_a_subject_is_said_before_it_is_proposed_and_before_it_is_confirmed(
    language: Language, said: str
) -> None:
    ledger = folded(*disposition.impose(command("m1"), wanted("freeze"), SETTINGS)(folded()))
    for read, times in ((("customer",), 1), (("customer", "account"), 0), ((), 0)):
        everything = replace(measure_list(ledger, {}, NOW + 1), read=read)
        confirming = next(
            form for form in measures_view(everything, look(WANG, language), SETTINGS).inline if form.act == "measure.confirm"
        )
        assert dialog_of(confirming, language).count(said) == times
        one = replace(one_subject(ledger, ACCOUNT, NOW + 1, NOW), read=read)
        imposing = next(form for form in subject_view(one, look(LI, language), SETTINGS).forms if form.act == "measure.impose")
        assert dialog_of(imposing, language).count(said) == times
        (imposing,) = measures_view(everything, look(LI, language), SETTINGS).forms
        hint = {"en": "Such a measure would stop no payment.", "zh": "对其采取措施不会拦下支付。"}[language]
        assert dialog_of(imposing, language).count(hint) == bool(read)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Payments for which innocent customers were held or frozen"), ("zh", "正常客户因此被暂缓或冻结的支付")],
)
def test_the_tile_of_what_innocent_customers_suffered_is_true_at_nothing(language: Language, said: str) -> None:
    none = disposition.figures(folded(), {}, NOW + 1)
    body = measures_view(replace(measure_list(folded(), {}, NOW + 1), figures=none), look(language=language), SETTINGS).body
    assert said in body
    assert "for which somebody innocent was held" not in body

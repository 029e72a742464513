"""What a measure by a person rests on: the alert or case that it was imposed for, shown to whoever signs second; and how it is judged."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from huitong.console.forms import dialog_of
from huitong.console.work.measure_subject import one_subject, subject_view
from huitong.console.work.measures import measure_list, measures_view
from huitong.identity import Purpose
from huitong.kernel import Language
from huitong.risk import disposition
from tests.console.test_work_measures import frozen, look
from tests.risk.disposition.build import ACCOUNT, LI, NOW, SETTINGS, WANG, command, folded, wanted


@pytest.mark.parametrize(
    ("language", "opens", "nothing"),
    [("en", "Open the alert that it is for", "names no alert or case"), ("zh", "打开所涉预警", "未指明预警或案件")],
)
def test_who_signs_second_is_led_to_the_alert_it_rests_on_or_told_that_it_names_none(language: Language, opens: str, nothing: str) -> None:
    for asked, door in ((replace(wanted("freeze"), alert="alert:1"), True), (wanted("freeze"), False)):
        ledger = folded(*disposition.impose(command("m1"), asked, SETTINGS)(folded()))
        view = measures_view(measure_list(ledger, {}, NOW + 1), look(WANG, language), SETTINGS)
        (confirming, _) = view.inline
        dialog = dialog_of(confirming, language)
        assert (f'<a href="/alerts/alert%3A1">{opens}</a>' in dialog) is door
        assert ('href="/alerts/alert%3A1"' in view.body) is door
        assert (nothing in dialog, nothing in view.body) == (not door, not door)


def test_the_second_signature_keeps_the_case_and_the_history_shows_it() -> None:
    asked = replace(wanted("freeze"), case="case:7")
    proposed = disposition.impose(command("m1"), asked, SETTINGS)(folded())
    done = disposition.confirm(command("m2", WANG), "m1", SETTINGS)(folded(*proposed))
    ledger = folded(*proposed, *done)
    assert [one.changes[0].case for one in disposition.in_force(ledger, NOW + 1)] == ["case:7"]
    lift = disposition.lift(command("m3", LI, NOW + 1), "m2/1", "verified", SETTINGS, alert="alert:1")
    assert [event.data["alert"] for event in lift(ledger)] == ["alert:1"]
    body = subject_view(one_subject(ledger, ACCOUNT, NOW + 1, NOW), look(), SETTINGS).body
    assert '<a href="/cases/case%3A7">case</a>' in body


def test_forms_carry_the_case_that_one_comes_from_and_none_that_one_only_looked_at() -> None:
    known = replace(one_subject(frozen(), ACCOUNT, NOW + 1, NOW), purpose=Purpose("case", "case:7"))
    forms = subject_view(known, look(WANG), SETTINGS).forms
    assert {form.fixed.get("case") for form in forms} == {"case:7"}
    view = measures_view(measure_list(frozen(), {}, NOW + 1), look(WANG), SETTINGS)
    assert {form.fixed.get("case") for form in (*view.forms, *view.inline)} == {None}


@pytest.mark.parametrize(
    ("language", "judged", "none", "left_out"),
    [
        ("en", "nobody innocent was limited", "no measure has a verdict yet", "1 measure by a person is not judged"),
        ("zh", "没有正常客户被限额", "尚无措施有结论", "另有人员采取的措施 1 项未计入"),
    ],
)
def test_that_nobody_innocent_was_held_is_said_only_of_what_is_judged(language: Language, judged: str, none: str, left_out: str) -> None:
    ledger = folded(*disposition.impose(command("m1"), replace(wanted("hold"), alert="alert:1"), SETTINGS)(folded()))

    def said(verdicts: Mapping[str, bool]) -> list[bool]:
        figures = disposition.figures(ledger, {}, NOW + 1, verdicts=verdicts)
        body = measures_view(replace(measure_list(ledger, {}, NOW + 1), figures=figures), look(language=language), SETTINGS).body
        return [one in body for one in (judged, none, left_out)]

    assert said({}) == [False, True, True]
    assert said({"alert:1": True}) == [True, False, False]
    assert said({"alert:1": False}) == [False, False, False], "the time until release stands there"


def test_a_proposed_lifting_has_a_space_before_its_sign() -> None:
    ledger = frozen()
    for event in disposition.lift(command("m3", LI, NOW + 1), "m2/1", "verified", SETTINGS)(ledger):
        disposition.MeasuresBook().enter(ledger, event)
    body = measures_view(measure_list(ledger, {}, NOW + 2), look(WANG, "zh"), SETTINGS).body
    assert '解除 <span class="mark mark-freeze">' in body

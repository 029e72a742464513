"""One alert: what is suspected of whom, its payments with decisions and reasons, its clock, and everything that can be done about it."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from huitong.console.forms import Field, Form
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports import Found, Story
from huitong.console.work.alert_words import VERDICT_WORDS, closing_name
from huitong.console.work.alerts import (
    case_title,
    certainty_of,
    clock_of,
    pattern_grade,
    pattern_of,
    pattern_title,
    standing,
    subject_of,
    with_certainty,
    worth_of,
)
from huitong.console.work.evidence import PAYMENTS_SHOWN, About, evidence_shown, payments_of
from huitong.console.work.look import Look, View, facts, path_to, section, table, typed
from huitong.console.work.measures_about import measures_section
from huitong.console.work.parts import veiled_text
from huitong.contracts import Standing, as_told
from huitong.evaluation.words import plural
from huitong.identity import Hidden, Purpose
from huitong.kernel import Text
from huitong.operations import cases
from huitong.operations.cases import (
    ALERT_CLOSED,
    ALERT_ESCALATED,
    ALERT_RAISED,
    CASE_OPENED,
    Alert,
    Case,
    Desk,
    DeskSettings,
    Investigator,
    Worker,
)
from huitong.risk.disposition import Stretch

OTHERS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class OneAlert:
    """What the page of an alert knows.

    Attributes:
        alert: The alert.
        minutes: How long it will take.
        proposed: Id of who should have it.
        review: Whether it was drawn for a second look, and waits for it.
        others: Other alerts about the same subject, newest first.
        case: Its case.
        cases: Open cases that it could be added to.
        found: Decisions and events of its latest payments, as the reader may see them, newest first.
        measures: Measures in force on its subject and on all whom its payments name.
        workers: Who may have it.
        titles: Names of patterns.
        story: Its latest payment with the evidence, as the reader may see it.
        policies: What policies are called, by name.
        skilled: Who has the skill that its pattern asks for; ``None`` where it asks for none.
    """

    alert: Alert
    minutes: float
    proposed: str | None
    review: bool
    others: Sequence[Alert]
    case: Case | None
    cases: Sequence[tuple[str, str]]
    found: Sequence[Found] = ()
    measures: Sequence[Stretch] = ()
    workers: Sequence[Worker] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)
    story: Story | None = None
    policies: Mapping[str, Text] = field(default_factory=dict)
    skilled: frozenset[str] | None = None


def one_alert(desk: Desk, settings: DeskSettings, alert_id: str, people: Sequence[Investigator], now_us: int) -> OneAlert:
    """An alert from the state of the desk.

    Args:
        desk: The desk.
        settings: Its settings.
        alert_id: The alert.
        people: Who works alerts.
        now_us: The present.

    Raises:
        InputError: If there is none (``alert.unknown``).
    """
    alert = cases.alert_of(desk, alert_id)
    same = [one for one in desk.alerts.values() if (one.role, one.subject) == (alert.role, alert.subject) and one.id != alert.id]
    best = cases.best_for(desk, people, settings, now_us)(alert)
    review = not alert.open and alert.reviewed is None and cases.drawn_for_review(alert_id, settings)
    return OneAlert(
        deepcopy(alert),
        cases.minutes_of(desk, alert.pattern, settings),
        None if best is None else best.id,
        review,
        deepcopy(sorted(same, key=lambda one: (-one.last_us, one.id))[:OTHERS_SHOWN]),
        deepcopy(desk.cases.get(alert.case or "")),
        [(one, desk.cases[one].title) for one in desk.open_cases],
        skilled=_skilled(alert, settings),
    )


def _skilled(alert: Alert, settings: DeskSettings) -> frozenset[str] | None:
    if cases.skilled(alert, settings, ""):
        return None
    return frozenset(one for one in settings.people if cases.skilled(alert, settings, one))


def alert_view(known: OneAlert, look: Look) -> View:
    """The page of an alert."""
    alert = known.alert
    seen, about = pattern_grade(alert, look) <= look.clearance.grade, About("alert", alert.id)
    title = pattern_title(alert.pattern, known.titles, look) if seen else look.pick("Alert", "预警")
    body = markup(
        _facts(known, look),
        payments_of(known.found, alert.count, about, look),
        section(look.pick("Why", "触发原因"), _reasons(known, look)) if known.found else None,
        evidence_shown(known.story, about, look),
        section(
            look.pick("Measures in force on this subject and on all whom its payments name", "该主体及相关支付所涉主体的有效管控措施"),
            measures_section(alert.role, alert.subject, known.found, known.measures, Purpose("alert", alert.id), known.policies, look),
            anchor="measures",
        ),
        section(look.pick("Other alerts of this subject", "该主体的其他预警"), _others(known, look)) if known.others else None,
    )
    trail = link("/alerts", look.pick("Alerts", "预警"))
    return View(title, _answer(known, look), body, _forms(known, look), trail=trail)


def _answer(known: OneAlert, look: Look) -> Markup:
    alert = known.alert
    about = subject_of(alert.id, alert.role, alert.subject, look, begins=True)
    span = look.span(alert.last_us - alert.raised_us)
    amount = look.shown(alert.id, ALERT_RAISED, "amount", look.money(alert.amount_minor))
    if alert.count == 1:
        said = markup(look.pick(": one payment of ", "：一笔支付，"), amount, look.pick(". ", "。"))
    else:
        many = look.pick(f": {alert.count:,} payments, ", f"：{alert.count:,} 笔支付，合计 ")
        said = markup(many, amount, look.pick(f", within {span}. ", f"，历时 {span}。"))
    if not alert.open and alert.verdict:
        by, verdict = alert.closed_by or "", look.text(closing_name(alert.verdict))
        reason = look.shown(alert.id, ALERT_CLOSED, "reason", typed(alert.reason or ""))
        return markup(about, said, look.pick(f"{by} closed it as {verdict}: ", f"{by} 判定为{verdict}："), reason)
    return markup(about, said, _worth(known, look), clock_of(alert, look), _stuck(known, look))


def _stuck(known: OneAlert, look: Look) -> Markup | None:
    """That it waits for a case that is closed, and the way out."""
    if known.case is None or known.case.closed_us is None:
        return None
    case = link(path_to("cases", known.case.id), look.pick("its case", "所属案件"))
    before = look.pick(". It is closed with ", "。该预警随")
    return markup(before, case, look.pick(", which is closed: reopen the case first.", "一并关闭，而案件已结：请先重新打开案件。"))


def _worth(known: OneAlert, look: Look) -> Markup:
    """What a minute on it avoids; where all its payments were stopped, that nothing of them can be lost."""
    alert = known.alert
    if alert.expected_loss_minor or not look.sees(ALERT_RAISED, "expected_loss", pattern_grade(alert, look)):
        minute = look.money(round(alert.expected_loss_minor / known.minutes))
        worth = worth_of(alert, with_certainty(minute, alert, look), look)
        return markup(look.pick("A minute on it avoids ", "处理每分钟可避免损失 "), worth, look.pick("; ", "；"))
    stopped = look.pick("Every payment was stopped, nothing of them can be lost; ", "所涉支付均已拦下，不再有可避免的损失；")
    return markup(worth_of(alert, stopped, look))


def _facts(known: OneAlert, look: Look) -> Markup:
    alert = known.alert
    reviewed = None if alert.reviewed is None else look.text(closing_name(alert.reviewed))
    asleep = look.moment(alert.snoozed_until_us) if alert.open and alert.snoozed_until_us > look.now_us else None
    case = None if known.case is None else link(path_to("cases", known.case.id), case_title(known.case.id, known.case.title, look))
    minutes = look.pick(f"{known.minutes:.0f} min", f"{known.minutes:.0f} 分钟")
    loss = look.shown(alert.id, ALERT_RAISED, "expected_loss", _loss(alert, look))
    escalated = None if alert.escalated is None else look.shown(alert.id, ALERT_ESCALATED, "reason", typed(alert.escalated))
    return facts(
        (look.pick("Status", "状态"), standing(alert, look)),
        (look.pick("Assigned to", "处理人"), alert.assignee or look.pick("nobody yet", "未分配")),
        (look.pick("Proposed", "建议处理人"), None if alert.assignee else known.proposed),
        (look.pick("In work since", "开始处理"), None if alert.begun_us is None else look.moment(alert.begun_us)),
        (look.pick("Deadline", "时限"), look.moment(alert.due_us)),
        (look.pick("Closed", "关闭时间"), None if alert.open else look.moment(alert.closed_us)),
        (look.pick("Snoozed until", "稍后处理，至"), asleep),
        (look.pick("Escalated", "升级原因"), escalated),
        (look.pick("Expected loss", "预期损失"), loss),
        (look.pick("Estimated time", "预计用时"), look.graded(alert.id, "pattern", minutes, pattern_grade(alert, look))),
        (look.pick("Case", "案件"), case),
        (look.pick("Second look", "质检结果"), reviewed),
        (look.pick("Raised", "产生时间"), look.moment(alert.raised_us)),
        (look.pick("Id", "编号"), tag("span", alert.id, class_="hash")),
    )


def _loss(alert: Alert, look: Look) -> Part:
    certainty = certainty_of(alert, look)
    if 0 < alert.certain_minor < alert.expected_loss_minor:
        part = look.money(alert.certain_minor)
        certainty = look.pick(f"{part} of it counted as certain: decided without the model", f"其中 {part}按确定计：决策时无模型参与")
    return markup(look.money(alert.expected_loss_minor), markup(" ", tag("span", certainty, class_="muted")) if certainty else None)


def _reasons(known: OneAlert, look: Look) -> Markup:
    """Reasons of all its payments, the most frequent first; of those as frequent as each other the one that stood first in a decision.

    What had no part in any outcome stands behind all others. Where payments were told the same reason with different figures, the newest
    stands there as an example: a count beside it is not of that figure.
    """
    seen: dict[str, tuple[bool, int, int, list[Part]]] = {}
    for one in known.found:
        for rank, reason in enumerate(as_told(one.decision.reasons)):
            if not isinstance(reason.code, Hidden):
                noted, number, best, texts = seen.get(reason.code, (True, 0, rank, []))
                noted = noted and reason.standing is Standing.NOTED
                seen[reason.code] = noted, number + 1, min(best, rank), [*texts, veiled_text(reason.text, look)]
    ordered = sorted(seen.values(), key=lambda found: (found[0], -found[1], found[2]))
    rows: list[list[Part]] = [[_told_once(texts, look), look.count(number)] for _, number, _, texts in ordered]
    return table(look.pick("Reasons", "原因"), [look.pick("Reason", "原因"), look.pick("Payments", "笔数")], rows, figures_in=(1,))


def _told_once(texts: Sequence[Part], look: Look) -> Part:
    first, *others = texts
    return first if all(one == first for one in others) else markup(look.pick("e.g. ", "例如："), first)


def _others(known: OneAlert, look: Look) -> Markup:
    heads = [look.pick("Pattern", "模式"), look.pick("Payments", "笔数"), look.pick("Amount", "金额"), look.pick("Status", "状态")]
    rows: list[list[Part]] = [
        [
            pattern_of(one, known.titles, look),
            look.count(one.count),
            look.shown(one.id, ALERT_RAISED, "amount", look.money(one.amount_minor)),
            standing(one, look),
        ]
        for one in known.others
    ]
    hrefs = [path_to("alerts", one.id) for one in known.others]
    return table(look.pick("Other alerts", "其他预警"), heads, rows, figures_in=(1, 2), hrefs=hrefs)


_REASON = Field("reason", {"en": "Why", "zh": "理由"}, "lines")


def _verdict(label: Text) -> Field:
    return Field("verdict", label, "choice", [(name, text) for name, text in VERDICT_WORDS.items()])


def _forms(known: OneAlert, look: Look) -> list[Form]:
    alert, about = known.alert, {"alert": known.alert.id}
    if not alert.open:
        return _forms_of_closed(known, look, about)
    forms: list[Form] = []
    investigates = look.is_a("investigator")
    if cases.may_begin(alert, look.actor):
        forms.append(Form("alert.begin", {"en": "Begin", "zh": "开始处理"}, fixed=about, tone="primary"))
    if known.case is not None and known.case.closed_us is not None and look.is_a("investigator", "approver"):
        again: Text = {"en": "Reopen its case", "zh": "重新打开所属案件"}
        then: Text = {"en": "Closing the case anew closes this alert with it.", "zh": "案件再次结案时，该预警随之关闭。"}
        forms.append(Form("case.reopen", again, [_REASON], {"case": known.case.id}, then))
    if alert.case is None and cases.may_work(alert, look.actor.roles):
        forms.append(_closing(alert, about, first=not forms))
    if look.is_a("investigator", "approver"):
        forms.append(_assigning(known, about))
    own = investigates and alert.assignee in (None, look.actor.id) and not alert.escalated
    if own or look.is_a("approver"):
        until = Field("until", {"en": "Until", "zh": "稍后至"}, "moment")
        stays: Text = {"en": "A new payment wakes it; its deadline does not move.", "zh": "有新的支付时自动恢复；处理时限不会顺延。"}
        forms.append(Form("alert.snooze", {"en": "Snooze", "zh": "稍后处理"}, [until, _REASON], about, stays))
    if investigates and not alert.escalated:
        up: Text = {"en": "An approver closes it then.", "zh": "升级后由审批人关闭。"}
        forms.append(Form("alert.escalate", {"en": "Escalate", "zh": "升级"}, [_REASON], about, up))
    if investigates and alert.case is None:
        forms += _casing(known, look, about)
    return forms


def _closing(alert: Alert, about: Mapping[str, str], *, first: bool) -> Form:
    labels: Text = {
        "en": f"{plural(alert.count, 'payment gets', 'payments get')} this verdict as a label; features and models learn from it.",
        "zh": f"该结论将作为其 {alert.count:,} 笔支付的标签，供特征与模型学习。",
    }
    fields = [_verdict({"en": "It turned out to be", "zh": "结论"}), _REASON]
    seen = {**about, "seen": str(alert.count)}
    return Form("alert.close", {"en": "Close", "zh": "关闭预警"}, fields, seen, labels, "primary" if first else "plain")


def _assigning(known: OneAlert, about: Mapping[str, str]) -> Form:
    label: Text = {"en": "To", "zh": "分配给"}
    if known.workers:
        able = [one for one in known.workers if cases.may_work(known.alert, one.roles)]
        to = Field("to", label, "choice", [(one.id, _named(one, known)) for one in able], known.proposed or "")
    else:
        to = Field("to", label)
    return Form("alert.assign", {"en": "Assign", "zh": "分配"}, [to], about)


def _named(one: Worker, known: OneAlert) -> Text:
    """Somebody who may have it, and whether they lack the skill that it asks for."""
    if known.skilled is None or one.id in known.skilled:
        return {"en": one.id, "zh": f"{one.name}（{one.id}）"}
    return {"en": f"{one.id} (lacks the skill)", "zh": f"{one.name}（{one.id}，无所需技能）"}


def _casing(known: OneAlert, look: Look, about: Mapping[str, str]) -> list[Form]:
    seen = pattern_grade(known.alert, look) <= look.clearance.grade
    initial = pattern_title(known.alert.pattern, known.titles, look)[:200] if seen else ""
    title = Field("title", {"en": "What it is about", "zh": "案件标题"}, initial=initial, length_max=200)
    forms = [Form("case.open", {"en": "Open a case", "zh": "立案"}, [title], about)]
    if known.cases:
        named = [(one, look.said(one, CASE_OPENED, "title", title, one)) for one, title in known.cases[-200:]]
        chosen = Field("case", {"en": "Case", "zh": "案件"}, "choice", [(one, {"en": name, "zh": name}) for one, name in named], own=True)
        forms.append(Form("case.link", {"en": "Add to a case", "zh": "并入案件"}, [chosen], {"other": known.alert.id}))
    return forms


def _forms_of_closed(known: OneAlert, look: Look, about: Mapping[str, str]) -> list[Form]:
    forms: list[Form] = []
    judged = any(look.actor.stands_behind(one or "") for one in (known.alert.closed_by, known.alert.proposed_by))
    if known.review and not judged and look.is_a("investigator", "approver"):
        drawn: Text = {
            "en": "It was drawn by chance for a second look. Judge by the evidence, before you read the first verdict again.",
            "zh": "该预警被随机抽中质检。请先依据证据独立判断，再对照首次结论。",
        }
        title: Text = {"en": "Second look", "zh": "质检"}
        forms.append(Form("alert.review", title, [_verdict({"en": "Your verdict", "zh": "您的结论"})], about, drawn, "primary"))
    if look.is_a("investigator", "approver"):
        stuck: Text | None = None
        if known.case is not None and known.case.closed_us is not None:
            stuck = {
                "en": "Its case is closed: the alert can be closed again only with the case, once that is reopened too.",
                "zh": "所属案件已结：须同时重新打开案件，该预警才能随案件再次关闭。",
            }
        forms.append(Form("alert.reopen", {"en": "Reopen", "zh": "重新打开"}, [_REASON], about, stuck))
    return forms


def latest_decisions(alert: Alert) -> Sequence[str]:
    """Ids of the decisions that the page shows, newest first."""
    return list(reversed(alert.decisions[-PAYMENTS_SHOWN:]))

"""The queue of alerts: what to look at first, how many hours it holds, what is late, and what is looked at a second time."""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

from huitong.console.forms import Form
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.work.alert_words import UNEXPLAINED, VERDICT_LOOKS, closing_name, standing_of
from huitong.console.work.look import Look, View, figures, filters, mark, nothing, paging, path_to, table, typed, within
from huitong.console.work.passed import Passed, not_among, passed_over
from huitong.contracts import Actor
from huitong.evaluation.words import plural, share
from huitong.kernel import Text
from huitong.operations import cases
from huitong.operations.cases import ALERT_RAISED, CASE_OPENED, Alert, Desk, DeskSettings, QueueFigures, Waiting

STEP = 50
"""Alerts of one page."""
SHOWN = ("queue", "late", "asleep", "closed", "review")
PATTERN: Text = {"en": "Pattern", "zh": "模式"}
_SHOW: Text = {"en": "Show", "zh": "显示"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the alerts is looked at, as the address says.

    Attributes:
        show: The queue, those past their deadline, those that sleep, those that are closed, those that wait for a second look.
        who: Only those of this person; ``"-"`` for nobody's.
        pattern: Only those of this pattern.
        start: Rows before the page.
        passed: What the address cannot mean.
    """

    show: str = "queue"
    who: str = ""
    pattern: str = ""
    start: int = 0
    passed: tuple[Passed, ...] = ()

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """What an address asks for; what it cannot mean is passed over, and told."""
        show, start = query.get("show", "queue"), query.get("from", "0")
        at = int(start) if start.isascii() and start.isdecimal() and len(start) < 9 else 0
        passed = tuple(not_among(query, {"show": (_SHOW, SHOWN)}))
        return cls(show if show in SHOWN else "queue", query.get("who", ""), query.get("pattern", ""), at, passed)

    def among(self, patterns: Collection[str]) -> "Asked":
        """Without a pattern that no open alert shows, or that the reader may not see; which it tells."""
        passed = not_among({"pattern": self.pattern}, {"pattern": (PATTERN, patterns)})
        return replace(self, pattern="" if passed else self.pattern, passed=(*self.passed, *passed))

    @property
    def query(self) -> Mapping[str, str]:
        """As an address carries it, without the start."""
        given = {"show": "" if self.show == "queue" else self.show, "who": self.who, "pattern": self.pattern}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Queue:
    """What the page of alerts knows.

    Attributes:
        asked: What is looked at.
        rows: The page's alerts, in their order.
        total: How many there are in all.
        figures: What the whole queue holds.
        agreed: Second looks, and how many of them agreed with the first.
        patterns: Patterns of alerts that are open, with how many.
        people: Who has some.
        review: How many wait for a second look.
        titles: Names of patterns.
        begins: Id of the first alert, of all that is looked at, with which the reader may begin and for whose pattern they have the skill.
    """

    asked: Asked
    rows: Sequence[Waiting]
    total: int
    figures: QueueFigures
    agreed: tuple[int, int]
    patterns: Mapping[str, int]
    people: Sequence[str]
    review: int
    titles: Mapping[str, Text] = field(default_factory=dict)
    begins: str | None = None


def queue_of(
    desk: Desk, settings: DeskSettings, asked: Asked, now_us: int, reader: Actor | None = None, *, losses: bool = True, due: bool = True
) -> Queue:
    """The page of alerts, from the state of the desk.

    Args:
        desk: The desk.
        settings: Its settings.
        asked: What is looked at.
        now_us: The present.
        reader: Who looks; without one nobody may begin.
        losses: Whether the reader may see expected losses, and hence an order by them.
        due: Whether they may see deadlines.
    """
    review = cases.to_review(desk, settings)
    waiting = _wanted(desk, settings, asked, now_us, review, losses=losses, due=due)
    asked = replace(asked, start=within(asked.start, STEP, len(waiting)))
    patterns: dict[str, int] = {}
    for alert in cases.open_alerts(desk):
        patterns[alert.pattern] = patterns.get(alert.pattern, 0) + 1
    people = sorted({alert.assignee for alert in cases.open_alerts(desk) if alert.assignee})
    page = waiting[asked.start : asked.start + STEP]
    return Queue(
        asked,
        [Waiting(deepcopy(one.alert), one.minutes, one.value_minor_a_minute, one.late) for one in page],
        len(waiting),
        cases.figures(desk, settings, now_us),
        cases.agreement(desk),
        dict(sorted(patterns.items())),
        people,
        len(review),
        begins=None if reader is None or asked.show != "queue" else _first_for(reader, waiting, settings),
    )


def _first_for(reader: Actor, waiting: Sequence[Waiting], settings: DeskSettings) -> str | None:
    theirs = (one.alert for one in waiting if cases.may_begin(one.alert, reader))
    return next((one.id for one in theirs if one.assignee == reader.id or cases.skilled(one, settings, reader.id)), None)


def _wanted(
    desk: Desk, settings: DeskSettings, asked: Asked, now_us: int, review: Sequence[Alert], *, losses: bool, due: bool
) -> list[Waiting]:
    if asked.show == "queue":
        found = cases.ordered_for(cases.awake(desk, settings, now_us), losses=losses, due=due)
    else:
        of = {
            "late": sorted((one for one in cases.open_alerts(desk) if due and one.due_us < now_us), key=lambda one: (one.due_us, one.id)),
            "asleep": [one for one in cases.open_alerts(desk) if one.snoozed_until_us > now_us],
            "closed": sorted((one for one in desk.alerts.values() if not one.open), key=lambda one: (-(one.closed_us or 0), one.id)),
            "review": list(review),
        }[asked.show]
        found = [_waiting(desk, alert, settings, now_us) for alert in of]
    return [
        one for one in found if asked.pattern in ("", one.alert.pattern) and (not asked.who or (one.alert.assignee or "-") == asked.who)
    ]


def _waiting(desk: Desk, alert: Alert, settings: DeskSettings, now_us: int) -> Waiting:
    minutes = cases.minutes_of(desk, alert.pattern, settings)
    return Waiting(alert, minutes, alert.expected_loss_minor / minutes, alert.open and alert.due_us < now_us)


def alerts_view(found: Queue, look: Look) -> View:
    """The page of alerts.

    Args:
        found: What it knows.
        look: Who looks.
    """
    body = markup(_figures(found, look), _filters(found, look), passed_over(found.asked.passed, look), _table(found, look))
    forms = [] if found.begins is None else [_beginning(found, found.begins)]
    return View(look.pick("Alerts", "预警"), _answer(found, look), body, forms)


def _beginning(found: Queue, alert: str) -> Form:
    first = not found.asked.start and bool(found.rows) and found.rows[0].alert.id == alert
    title: Text = {"en": "Begin with the first", "zh": "从第一条开始"}
    if not first:  # those before it are somebody else's, or ask for another role or skill
        title = {"en": "Begin with the first that you can take", "zh": "从可处理的第一条开始"}
    return Form("alert.begin", title, fixed={"alert": alert}, tone="primary")


def _answer(found: Queue, look: Look) -> Part:
    figures = found.figures
    if not figures.alerts and figures.late:
        return look.pick(
            f"Nothing waits, but {plural(figures.late, 'alert sleeps', 'alerts sleep')} past the deadline.",
            f"没有待处理的预警，但有 {figures.late:,} 条稍后处理的预警已超时。",
        )
    if not figures.alerts:
        return look.pick("Nothing waits: every alert is answered or snoozed.", "没有待处理的预警：均已处理或稍后处理。")
    top = found.rows[0] if found.asked.show == "queue" and found.rows and not found.asked.start else None
    en = f"{plural(figures.alerts, 'alert waits', 'alerts wait')}, {figures.hours:.1f} hours of work"
    zh = f"{figures.alerts:,} 条预警待处理，约需 {figures.hours:.1f} 小时"
    if figures.late:
        en, zh = f"{en}; {plural(figures.late, 'is', 'are')} late", f"{zh}；其中 {figures.late:,} 条已超时"
    if top is None or not top.alert.expected_loss_minor or not look.sees(ALERT_RAISED, "expected_loss", pattern_grade(top.alert, look)):
        return look.pick(f"{en}.", f"{zh}。")
    worth = worth_of(top.alert, with_certainty(look.money(round(top.value_minor_a_minute)), top.alert, look), look)
    return markup(look.pick(f"{en}; a minute on the first avoids ", f"{zh}；处理首条每分钟可避免损失 "), worth, look.pick(".", "。"))


def certainty_of(alert: Alert, look: Look) -> str:
    """That an expected loss takes fraud for certain, or a part of it does; empty where all of it has a model's probability."""
    if not alert.certain_minor:
        return ""
    if alert.certain_minor == alert.expected_loss_minor:
        return look.pick("counted as certain: it was decided without the model", "按确定计：决策时无模型参与")
    return look.pick("in part counted as certain: decided without the model", "部分按确定计：决策时无模型参与")


def with_certainty(worth: str, alert: Alert, look: Look) -> str:
    """What an alert is worth, in a sentence, with what of it is counted as certain."""
    return look.pick(", ", "，").join(one for one in (worth, certainty_of(alert, look)) if one)


def worth_of(alert: Alert, worth: Part, look: Look) -> Part:
    """What a minute on an alert avoids: it says what is expected to be lost, and by the minutes which pattern it shows."""
    return look.shown(alert.id, ALERT_RAISED, "expected_loss", worth, pattern_grade(alert, look))


def _figures(found: Queue, look: Look) -> Markup:
    given, (looks, agreed) = found.figures, found.agreed
    loss = look.shown("", ALERT_RAISED, "expected_loss", look.money(given.expected_loss_minor))  # of a short queue it is one alert's
    asleep = _door("asleep", look.pick(f"{given.asleep:,} snoozed", f"另有 {given.asleep:,} 条稍后处理"))
    late: Part = look.pick(f"{given.late:,} past their deadline", f"{given.late:,} 条已超时")
    if look.sees(ALERT_RAISED, "due"):
        late = _door("late", late)
    each = look.pick(
        "amounts not stopped × probability of fraud, which is certain where no model decided",
        "未拦下的金额 × 欺诈概率；无模型参与决策的按确定计",
    )
    agrees = look.pick("none so far", "尚无") if not looks else share(agreed / looks)
    waits = _door(
        "review", look.pick(f"{looks:,} checked for quality, {found.review:,} to check", f"已质检 {looks:,} 条，待质检 {found.review:,} 条")
    )
    return figures(
        (look.pick("Waiting", "待处理"), link("/alerts", look.count(given.alerts)), asleep),
        (look.pick("Work", "所需工时"), look.pick(f"{given.hours:.1f} h", f"{given.hours:.1f} 小时"), late),
        (look.pick("Lost if nobody looks", "不处理的预期损失"), loss, each),
        (look.pick("Second look agrees", "质检一致率"), agrees, waits),
    )


def _door(show: str, said: Part) -> Markup:
    """A figure, and the way to the alerts that it counts."""
    return link(path_to("alerts", show=show), said)


def _filters(found: Queue, look: Look) -> Markup:
    shown = [
        ("", look.pick("Queue", "待处理")),
        ("late", look.pick("Past their deadline", "已超时")),
        ("asleep", look.pick("Snoozed", "稍后处理")),
        ("closed", look.pick("Closed", "已关闭")),
        ("review", look.pick("For a second look", "待质检")),
    ]
    people = [("", look.pick("Everybody", "全部")), ("-", look.pick("Nobody", "未分配")), *((one, one) for one in found.people)]
    if found.asked.who not in ("", "-", look.actor.id, *found.people):
        people.append((found.asked.who, found.asked.who))
    if look.actor.id not in found.people:
        people.append((look.actor.id, look.pick(f"{look.actor.id} (you)", f"{look.actor.id}（本人）")))
    patterns = [("", look.pick("Every pattern", "全部模式"))]
    patterns += [(code, f"{pattern_title(code, found.titles, look)} · {number:,}") for code, number in found.patterns.items()]
    show = "" if found.asked.show == "queue" else found.asked.show
    return filters(
        look,
        "/alerts",
        {
            "show": (look.text(_SHOW), show, shown),
            "who": (look.pick("Whose", "处理人"), found.asked.who, people),
            "pattern": (look.text(PATTERN), found.asked.pattern, patterns),
        },
    )


def pattern_title(code: str, titles: Mapping[str, Text], look: Look) -> str:
    """A pattern for people; its code where nobody named it."""
    title = look.text(UNEXPLAINED) if code == "unexplained" else look.text(titles[code]) if code in titles else code
    return title[:1].upper() + title[1:]


def pattern_grade(alert: Alert, look: Look) -> int:
    """The grade of what the pattern of an alert says: it is the code of a reason."""
    return max(look.grade(ALERT_RAISED, "pattern"), look.grade_of_code(alert.decisions[-1] if alert.decisions else None, alert.pattern))


def pattern_of(alert: Alert, titles: Mapping[str, Text], look: Look) -> Part:
    """The pattern of an alert, as the reader may see it."""
    return look.graded(alert.id, "pattern", pattern_title(alert.pattern, titles, look), pattern_grade(alert, look))


def _table(found: Queue, look: Look) -> Markup:
    if not found.rows:
        what = look.pick("No alerts here", "没有符合条件的预警")
        why = look.pick(
            "Decisions that somebody has to look at raise alerts by themselves; these filters find none.",
            "需要人工处理的决策会自动产生预警；当前筛选条件下没有。",
        )
        return nothing(what, why, tag("a", look.pick("Show the queue", "查看全部待处理"), href="/alerts", class_="button"))
    closed = not any(one.alert.open for one in found.rows)
    heads = [
        look.pick("Pattern", "模式"),
        look.pick("Subject", "主体"),
        look.pick("Payments", "笔数"),
        look.pick("Amount", "金额"),
        look.pick("Avoided a minute", "每分钟避免损失"),
        look.pick("Closed", "关闭时间") if closed else look.pick("Deadline", "时限"),
        look.pick("Who", "处理人"),
        look.pick("Status", "状态"),
    ]
    rows = [_row(one, found, look) for one in found.rows]
    hrefs = [path_to("alerts", one.alert.id) for one in found.rows]
    return markup(
        table(look.pick("Alerts", "预警"), heads, rows, figures_in=(2, 3, 4), hrefs=hrefs),
        paging(look, found.asked.query, "/alerts", found.asked.start, STEP, found.total),
    )


def _row(one: Waiting, found: Queue, look: Look) -> list[Part]:
    alert = one.alert
    return [
        pattern_of(alert, found.titles, look),
        subject_of(alert.id, alert.role, alert.subject, look),
        look.count(alert.count),
        look.shown(alert.id, ALERT_RAISED, "amount", look.exact(alert.amount_minor)),
        worth_of(alert, _at_most(look.exact(round(one.value_minor_a_minute)), alert, look), look),
        clock_of(alert, look),
        alert.assignee or look.pick("nobody", "未分配"),
        standing(alert, look),
    ]


def _at_most(worth: str, alert: Alert, look: Look) -> Part:
    """A figure that takes fraud for certain is one that is not exceeded; why it does is its title."""
    certainty = certainty_of(alert, look)
    return tag("span", "≤ ", worth, title=certainty) if certainty else worth


def subject_of(record: str, role: str, subject: str, look: Look, *, begins: bool = False) -> Markup:
    """Whom an alert or a case is about, as the reader may see it; ``begins`` where a sentence begins with it."""
    names: dict[str, tuple[str, str]] = {
        "customer": ("customer", "客户"),
        "account": ("account", "账户"),
        "counterparty": ("receiving account", "收款账户"),
        "device": ("device", "设备"),
        "terminal": ("terminal", "终端"),
        "merchant": ("merchant", "商户"),
        "card": ("card", "卡"),
        "payment": ("payment", "支付"),
    }
    name = look.pick(*names.get(role, (role, role)))
    shown = tag("span", name[:1].upper() + name[1:] if begins else name, class_="muted")
    return tag("span", shown, " ", look.shown(record, ALERT_RAISED, role, typed(subject)), class_=None if begins else "nowrap")


def case_title(case: str, title: str, look: Look) -> Part:
    """What a case is about, as the reader may see it."""
    return look.shown(case, CASE_OPENED, "title", typed(title))


def clock_of(alert: Alert, look: Look) -> Markup:
    """How long there is until the deadline, or since it was missed."""
    if not alert.open:
        return look.moment(alert.closed_us)
    left_us = alert.due_us - look.now_us
    if left_us < 0:
        return mark(look.pick(f"late by {look.span(left_us)}", f"超时 {look.span(left_us)}"), "decline", "!")
    return tag("span", look.pick(f"{look.span(left_us)} left", f"剩余 {look.span(left_us)}"), class_="nowrap")


def standing(alert: Alert, look: Look) -> Markup:
    """How an alert stands; of a closed one what it turned out to be."""
    if not alert.open and alert.verdict:
        kind, sign = VERDICT_LOOKS.get(alert.verdict, ("other", "·"))
        return mark(look.text(closing_name(alert.verdict)), kind, sign)
    kind = "review" if alert.escalated else "other"
    return mark(look.text(standing_of(alert, look.now_us)), kind, "↑" if alert.escalated else "·")

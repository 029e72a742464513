"""The list of cases: which are open, which wait for a second person, what is at stake."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from huitong.console.markup import Markup, Part, link, markup
from huitong.console.work.alert_words import VERDICT_LOOKS, closing_name
from huitong.console.work.alerts import case_title, subject_of
from huitong.console.work.look import Look, View, figures, filters, mark, nothing, paging, path_to, table, within
from huitong.console.work.passed import Passed, not_among, passed_over
from huitong.evaluation.words import plural
from huitong.kernel import Text
from huitong.operations.cases import ALERT_RAISED, Case, Desk, DeskSettings

STEP = 50
SHOWN = ("open", "proposed", "closed")
_SHOW: Text = {"en": "Show", "zh": "显示"}


@dataclass(frozen=True, slots=True)
class CaseList:
    """What the list of cases knows.

    Attributes:
        show: Which are shown.
        rows: The page's cases with the sum of their alerts' payments, minor units.
        start: Rows before the page.
        total: How many of these there are.
        counts: How many there are of each kind.
        at_stake_minor: Sum of the payments of open cases, minor units.
        checks: How many items the checklist has.
        passed: What the address cannot mean.
    """

    show: str
    rows: Sequence[tuple[Case, int]]
    start: int
    total: int
    counts: Mapping[str, int]
    at_stake_minor: int
    checks: int
    passed: Sequence[Passed] = ()


def case_list(desk: Desk, settings: DeskSettings, query: Mapping[str, str]) -> CaseList:
    """The list of cases, the latest first; those that wait for a second person before the others.

    Args:
        desk: The desk.
        settings: How cases are worked on.
        query: What the address asks for.
    """
    show, passed = query.get("show", "open"), not_among(query, {"show": (_SHOW, SHOWN)})
    show = show if show in SHOWN else "open"
    start = query.get("from", "0")
    at = int(start) if start.isascii() and start.isdecimal() and len(start) < 9 else 0
    kinds: dict[str, list[Case]] = {name: [] for name in SHOWN}
    for case in desk.cases.values():
        kinds["closed" if case.closed_us is not None else "open"].append(case)
        if case.closed_us is None and case.proposed is not None:
            kinds["proposed"].append(case)
    ordered = sorted(kinds[show], key=lambda case: (case.proposed is None, -case.opened_us, case.id))
    at = within(at, STEP, len(ordered))
    rows = [(deepcopy(case), _amount(desk, case)) for case in ordered[at : at + STEP]]
    stake = sum(_amount(desk, case) for case in kinds["open"])
    return CaseList(
        show, rows, at, len(ordered), {name: len(those) for name, those in kinds.items()}, stake, len(settings.checklist), passed
    )


def _amount(desk: Desk, case: Case) -> int:
    return sum(desk.alerts[one].amount_minor for one in case.alerts if one in desk.alerts)


def cases_view(found: CaseList, look: Look) -> View:
    """The page of cases."""
    opened, proposed, closed = (found.counts[name] for name in SHOWN)
    if not opened:
        answer = look.pick("No case is open.", "没有未结案件。")
    else:
        waits = (
            look.pick(f"; {plural(proposed, 'waits', 'wait')} for a second person", f"；其中 {proposed:,} 件待第二人结案")
            if proposed
            else ""
        )
        answer = look.pick(f"{plural(opened, 'case is', 'cases are')} open{waits}.", f"未结案件 {opened:,} 件{waits}。")
    names = {"open": ("Open", "未结"), "proposed": ("Waiting for a second person", "待第二人结案"), "closed": ("Closed", "已结")}
    options = [("" if name == "open" else name, look.pick(*names[name])) for name in SHOWN]
    stake = look.shown("", ALERT_RAISED, "amount", look.money(found.at_stake_minor))  # of a single case it is that case's
    body = markup(
        figures(
            (look.pick("Open", "未结"), link("/cases", look.count(opened)), None),
            (look.pick("Waiting for a second person", "待第二人结案"), link("/cases?show=proposed", look.count(proposed)), None),
            (look.pick("Closed", "已结"), link("/cases?show=closed", look.count(closed)), None),
            (look.pick("Payments in open cases", "未结案件涉及金额"), link("/cases", stake), None),
        ),
        filters(look, "/cases", {"show": (look.text(_SHOW), "" if found.show == "open" else found.show, options)}),
        passed_over(found.passed, look),
        _list(found, look),
    )
    return View(look.pick("Cases", "案件"), answer, body)


def _list(found: CaseList, look: Look) -> Markup:
    if not found.rows:
        what, why = look.pick("No cases here", "没有符合条件的案件"), look.pick("A case is opened from an alert.", "案件由预警立案产生。")
        return nothing(what, why, link("/alerts", look.pick("To the alerts", "查看预警"), class_="button"))
    heads = [
        look.pick("Case", "案件"),
        look.pick("Subject", "主体"),
        look.pick("Alerts", "预警数"),
        look.pick("Amount", "金额"),
        look.pick("Checklist", "检查清单"),
        look.pick("Opened", "立案时间"),
        look.pick("By", "立案人"),
        look.pick("Status", "状态"),
    ]
    rows: list[list[Part]] = [
        [
            case_title(case.id, case.title, look),
            subject_of(case.id, case.role, case.subject, look),
            look.count(len(case.alerts)),
            look.shown(case.id, ALERT_RAISED, "amount", look.exact(amount)),
            f"{len(case.checked)} / {found.checks}",
            look.moment(case.opened_us),
            case.opened_by,
            standing_of_case(case, look),
        ]
        for case, amount in found.rows
    ]
    hrefs = [path_to("cases", case.id) for case, _ in found.rows]
    query = {} if found.show == "open" else {"show": found.show}
    return markup(
        table(look.pick("Cases", "案件"), heads, rows, figures_in=(2, 3, 4), hrefs=hrefs),
        paging(look, query, "/cases", found.start, STEP, found.total),
    )


def standing_of_case(case: Case, look: Look) -> Markup:
    """How a case stands; of a closed or proposed one the verdict."""
    if case.proposed is None:
        return mark(look.pick("open", "调查中"), "other", "·")
    kind, sign = VERDICT_LOOKS.get(case.proposed, ("other", "?"))
    name = look.text(closing_name(case.proposed))
    if case.closed_us is None:
        return mark(look.pick(f"proposed: {name}", f"建议：{name}"), "review", "?")
    return mark(name, kind, sign)

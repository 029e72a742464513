"""Sections on what the policy does: trade-off, alerts, weeks, groups, rules."""

from huitong.evaluation.answer import still_open, thresholds_in_words
from huitong.evaluation.contents import GroupTable, ReplayReport
from huitong.evaluation.days import DAYS_PER_WEEK
from huitong.evaluation.report.markup import Cell, Row, both, chart, empty, esc, number_cell, outcome_mark, section, table, words
from huitong.evaluation.thresholds import CurvePoint
from huitong.evaluation.words import MISSING, chance, count, day, figure, major, money, money_unit, plural, ratio, share

_TABLE_POINTS = 16


def money_head(report: ReplayReport, en: str, zh: str) -> str:
    """Head of a column of money: the unit stands here, so that the figures below it stand on each other."""
    return both(f"{en}, {money_unit(report.currency, 'en')}", f"{zh}（{money_unit(report.currency, 'zh')}）")


def amount(report: ReplayReport, amount_minor: int | None, *, whole: bool = True) -> Cell:
    """Money under such a head, right-aligned: sums in whole units, a payment to the last digit."""
    return number_cell(MISSING if amount_minor is None else major(amount_minor, report.currency, whole=whole), amount_minor)


def integer(number: float | None) -> Cell:
    """A count, right-aligned; in full, since 万 above ones would not stand digit on digit."""
    return number_cell(MISSING if number is None else f"{number:,.0f}", number)


def told(report: ReplayReport, number: int) -> Cell:
    """A count that labels tell: missing, not 0, while there is none."""
    return integer(None if report.unlabelled else number)


def percent(value: float | None) -> Cell:
    """A share, right-aligned."""
    return number_cell(esc(share(value)), value)


def tradeoff(report: ReplayReport) -> str:
    """The curve from flagging nothing to flagging everything, with two thresholds to drag."""
    choice = report.choice
    title = both("What a threshold buys", "阈值的取舍")
    if choice is None:
        what = both("No trade-off to show", "没有可展示的取舍曲线")
        return section("tradeoff", title, both("Nothing to weigh yet.", "暂无可权衡的内容。"), empty(what, *_no_choice(report)))
    if choice.curve[-1].frauds == 0:
        what, why = (
            both("No known fraud to weigh", "没有可供权衡的已知欺诈"),
            both("A threshold is worth what it stops.", "阈值的价值在于它所截住的欺诈。"),
        )
        todo = both("Replay again when the labels are in.", "请在标签到齐后重新回放。")
        return section("tradeoff", title, both("Nothing to weigh yet.", "暂无可权衡的内容。"), empty(what, why, todo))
    own = thresholds_in_words(report.review_from, report.decline_from)
    if choice.review is None:
        lead = both(
            "On these costs nothing is worth reviewing or declining: every threshold costs more than it saves.",
            "按这些成本，复核或拒绝都不划算：任何阈值的成本都高于所避免的损失。",
        )
    else:
        pair, saved = thresholds_in_words(choice.review, choice.decline), choice.cost_of_nothing_minor - choice.cost_minor
        lead = both(
            f"Cheapest within the team's hours: {pair['en']}; saves {money(saved, report.currency, 'en')} against letting everything pass. "
            f"This policy: {own['en']}.",
            f"处理能力之内成本最低：{pair['zh']}；较全部放行节省 {money(saved, report.currency, 'zh')}。本策略：{own['zh']}。",
        )
    note = both(
        "Drag the two lines, or use the sliders: every figure follows. The band is what the team can review. "
        "The curve knows the score only; the dots are whole policies as replayed, rules and lists included.",
        "拖动两条线或使用滑块，各项数字随之变化；阴影带为团队可复核的范围。曲线只看分数；圆点为实际回放的完整策略，含规则与名单。",
    )
    drawn = chart(
        "tradeoff",
        both("Fraud money caught, and total cost, by payments flagged a day", "每日标记笔数对应的截住金额与总成本"),
        _curve_table(report, choice.curve),
        note=note,
    )
    return section("tradeoff", title, lead, drawn)


def _no_choice(report: ReplayReport) -> tuple[str, str]:
    """Why there is no trade-off, and what to do about it: the first thing that lacks."""
    if report.costs is None:
        why = both("The policy names no capacity and costs.", "策略未声明处理能力与成本。")
        return why, both("Add [thresholds] to policy.toml and replay again.", "请在 policy.toml 中加入 [thresholds] 后重新回放。")
    if not report.scores:
        why = both("No payment has a score: no trained model decided.", "没有支付带分数：没有训练好的模型参与决策。")
        return why, both("Train one with huitong train, then replay again.", "请用 huitong train 训练模型后重新回放。")
    if report.unlabelled:
        why = both("No payment has a label that says how it turned out.", "没有支付带有说明其事实的标签。")
        return why, both("Replay again when the labels are in.", "请在标签到齐后重新回放。")
    return too_little_known(report)


def too_little_known(report: ReplayReport) -> tuple[str, str]:
    """Why nothing that rests on honest payments is said, and what to do about it."""
    unknown = still_open(report)
    why = both(
        f"Known are mostly frauds, which are reported first; {unknown['en']}, so that every rate and cost would flatter.",
        f"已知的多为最先被报告的欺诈；{unknown['zh']}，任何比率与成本都会偏于乐观。",
    )
    return why, both(
        "Replay a longer period, or again once the time that a label takes has passed.", "请回放更长的时段，或在标签延迟期过后重新回放。"
    )


def _curve_table(report: ReplayReport, curve: tuple[CurvePoint, ...]) -> str:
    days = report.choice.days if report.choice else report.length_days
    step = max(1, len(curve) // _TABLE_POINTS)
    heads = [
        both("score from", "分数不低于"),
        both("flagged a day", "每日标记"),
        both("frauds caught", "截住欺诈"),
        money_head(report, "money caught", "截住金额"),
        both("honest customers", "正常客户"),
        money_head(report, "cost if reviewed", "全部复核的成本"),
    ]
    rows: list[Row] = [
        [
            number_cell(both("never", "不启用") if point.threshold is None else chance(point.threshold), point.threshold),
            number_cell(f"{point.flagged / days:,.1f}", point.flagged),
            integer(point.frauds),
            amount(report, point.fraud_minor),
            integer(point.honest_customers),
            amount(report, point.cost_minor),
        ]
        for point in curve[::step]
    ]
    return table(heads, rows, caption=both("Trade-off curve", "取舍曲线"))


def alerts(report: ReplayReport) -> str:
    """Alerts day by day against capacity."""
    effect, costs = report.effect, report.costs
    title = both("Alerts against the team's hours", "预警与处理能力")
    if effect.alerts == 0:
        what = both("No payment was sent to review", "没有支付转入复核")
        why = both("No rule and no score reached the review threshold in this period.", "本期间没有规则命中，也没有分数达到复核阈值。")
        todo = both("Lower the review threshold if the team has hours to spare.", "如团队尚有余力，可下调复核阈值。")
        return section("alerts", title, both("A quiet period.", "期间平静。"), empty(what, why, todo))
    busiest = max(report.days, key=lambda one: one.alerts)
    en = f"{effect.alerts_per_day:,.1f} alerts a day on average, {busiest.alerts:,} on the busiest, {day(busiest.date, 'en')}"
    zh = f"日均 {effect.alerts_per_day:,.1f} 条，最多的一天（{day(busiest.date, 'zh')}）{busiest.alerts:,} 条"
    if costs:
        en += f"; capacity {costs.alerts_per_day:,.0f}"
        zh += f"；处理能力每日 {costs.alerts_per_day:,.0f} 条"
    heads = [
        both("day", "日期"),
        both("payments", "支付"),
        both("alerts", "预警"),
        both("declined", "拒绝"),
        both("frauds", "欺诈"),
        both("caught", "截住"),
    ]
    rows: list[Row] = [
        [
            esc(one.date),
            integer(one.payments),
            integer(one.alerts),
            integer(one.declined),
            told(report, one.frauds),
            told(report, one.frauds_caught),
        ]
        for one in report.days
    ]
    fallback = table(heads, rows, caption=both("Alerts by day", "每日预警"))
    return section("alerts", title, both(en + ".", zh + "。"), chart("alerts", both("Alerts by day", "每日预警条数"), fallback))


def outcomes(report: ReplayReport) -> str:
    """Decisions by outcome, and how they hold week by week."""
    heads = [both("outcome", "决策结果"), both("payments", "支付笔数"), both("share", "占比"), money_head(report, "money", "金额")]
    heads += [
        both("of these fraud", "其中欺诈"),
        money_head(report, "fraud money", "欺诈金额"),
        both("honest", "正常"),
        both("not known", "未知"),
    ]
    rows: list[Row] = [
        [
            outcome_mark(one.name, one.title),
            integer(one.payments.count),
            percent(ratio(one.payments.count, report.effect.payments.count)),
            amount(report, one.payments.amount_minor),
            told(report, one.fraud.count),
            amount(report, None if report.unlabelled else one.fraud.amount_minor),
            told(report, one.honest.count),
            integer(one.unknown.count),
        ]
        for one in report.outcomes
    ]
    known = [week for week in report.weeks if week.frauds]
    lead = both("In no week is a fraud known.", "各周均无已知欺诈。")
    if report.unlabelled:
        lead = both("Which payments were fraud is not known yet.", "哪些支付是欺诈尚未可知。")
    if known and report.too_early:
        frauds, caught = sum(week.frauds for week in known), sum(week.frauds_caught for week in known)
        lead = both(
            f"Of {plural(frauds, 'fraud', 'frauds')} known so far {caught:,} are caught; too early for rates.",
            f"目前已知欺诈 {frauds:,} 笔，其中截住 {caught:,} 笔；尚不能给出比率。",
        )
    elif known:
        rates = [week.frauds_caught / week.frauds for week in known]
        low, high = share(min(rates)), share(max(rates))
        lead = both(f"Between {low} and {high} of a week's frauds are caught.", f"各周截住的欺诈笔数占比在 {low} 与 {high} 之间。")
        if low == high:
            lead = both(f"{low} of each week's frauds are caught.", f"各周截住的欺诈笔数占比均为 {low}。")
    return section(
        "weeks",
        both("Outcomes, and how they hold", "决策结果与稳定性"),
        lead,
        table(heads, rows, caption=both("Decisions by outcome", "按结果统计的决策")),
        f'<div class="grid">{"".join(_weekly(report))}</div>',
    )


def _weekly(report: ReplayReport) -> list[str]:
    fallback = _week_table(report)
    psi_note = both("below 0.10 stable, above 0.25 shifted", "低于 0.10 为稳定，高于 0.25 为偏移")
    last = report.weeks[-1].days
    short = (
        both(f"pale: the last week has {plural(last, 'day', 'days')} only", f"浅色：最后一周仅 {last} 天") if last < DAYS_PER_WEEK else ""
    )
    charts = [
        chart("weekly_outcomes", both("Reviewed and declined, per 1,000 payments", "每千笔支付中的复核与拒绝"), fallback, note=short),
    ]
    if not report.unlabelled:
        charts.append(chart("weekly_missed", both("Fraud money missed, by week", "每周漏过的欺诈金额"), ""))
    if report.quality:
        charts += [
            chart("weekly_ap", both("Average precision by week, 95 % interval", "每周平均精确率及 95% 区间"), ""),
            chart(
                "weekly_psi",
                both("Stability of the score (PSI) against the first weeks", "评分稳定性（PSI，对比最初几周）"),
                "",
                note=psi_note,
            ),
        ]
    return charts


def _week_table(report: ReplayReport) -> str:
    heads = [both("week from", "周起始"), both("payments", "支付"), *(words(one.title) for one in report.outcomes)]
    heads += [
        both("frauds", "欺诈"),
        both("caught", "截住"),
        money_head(report, "money missed", "漏过金额"),
        both("AP", "平均精确率"),
        "PSI",
    ]
    rows: list[Row] = [
        [
            esc(week.start),
            integer(week.payments),
            *(integer(number) for number in week.outcomes),
            told(report, week.frauds),
            told(report, week.frauds_caught),
            amount(report, None if report.unlabelled else week.fraud_missed_minor),
            number_cell(figure(week.average_precision.value if week.average_precision else None), None),
            number_cell(figure(week.psi), week.psi),
        ]
        for week in report.weeks
    ]
    return table(heads, rows, caption=both("Weeks", "各周"))


def groups_shown(report: ReplayReport) -> list[GroupTable]:
    """Groupings that tell where fraud is; a single part would say what the whole says already."""
    return [group for group in report.groups if len(group.rows) > 1 and any(row.fraud.count for row in group.rows)]


def groups(report: ReplayReport) -> str:
    """The payments parted: where fraud is caught and where it is missed."""
    shown = groups_shown(report)
    if not shown:
        return ""
    worst = [max(group.rows, key=lambda row: row.missed.amount_minor) for group in shown]
    worst = [row for row in worst if row.missed.count]
    parts_en = [f"{row.title['en']} ({money(row.missed.amount_minor, report.currency, 'en')})" for row in worst]
    parts_zh = [f"{row.title['zh']}（{money(row.missed.amount_minor, report.currency, 'zh')}）" for row in worst]
    lead = both("No fraud is missed in any of them.", "各组均未漏过欺诈。")
    if worst:
        lead = both(f"Most is missed in {' and in '.join(parts_en)}.", f"漏过最多的是{'、'.join(parts_zh)}。")
    note = both("the figure is the share caught", "右侧为截住金额的占比")
    if report.too_early:
        note = both("the figure is how many are caught of the frauds known so far", "右侧为目前已知欺诈中截住的笔数")
    drawn = [
        chart(
            "group",
            both(f"Fraud money by {group.title['en']}", f"按{group.title['zh']}统计的欺诈金额"),
            _group_table(report, group),
            note=note,
            data=group.name,
        )
        for group in shown
    ]
    return section(
        "groups",
        both("Where fraud is caught and missed", "欺诈在何处被截住、在何处漏过"),
        lead,
        f'<div class="grid">{"".join(drawn)}</div>',
    )


def _group_table(report: ReplayReport, group: GroupTable) -> str:
    heads = [words(group.title), both("payments", "支付"), both("frauds", "欺诈"), money_head(report, "fraud money", "欺诈金额")]
    heads += [
        money_head(report, "caught", "截住金额"),
        money_head(report, "missed", "漏过金额"),
        both("honest touched", "打扰的正常支付"),
        both("alerts", "预警"),
    ]
    rows: list[Row] = [
        [
            words(row.title),
            integer(row.payments.count),
            integer(row.fraud.count),
            amount(report, row.fraud.amount_minor),
            amount(report, row.caught.amount_minor),
            amount(report, row.missed.amount_minor),
            integer(row.honest_payments_touched),
            integer(row.alerts),
        ]
        for row in group.rows
    ]
    return table(heads, rows, caption=words(group.title))


def rules(report: ReplayReport) -> str:
    """Rules and lists by hits, with their precision."""
    if not report.rules:
        return ""
    first = report.rules[0]
    if first.precision is None:
        rightly_en, rightly_zh = "how many of them were fraud is not known yet", "其中多少是欺诈尚未可知"
        if first.frauds:
            rightly_en, rightly_zh = (
                f"{plural(first.frauds, 'fraud', 'frauds')} known among them so far",
                f"其中目前已知欺诈 {first.frauds:,} 笔",
            )
    else:
        rightly_en, rightly_zh = f"{share(first.precision.value)} of them fraud", f"其中欺诈占 {share(first.precision.value)}"
    lead = both(
        f"Most hits: {count(first.hits, 'en')} by “{first.title['en']}”; {rightly_en}.",
        f"命中最多：“{first.title['zh']}”，{count(first.hits, 'zh')} 次，{rightly_zh}。",
    )
    heads = [both("rule", "规则"), both("hits", "命中"), both("frauds", "欺诈"), money_head(report, "fraud money", "欺诈金额")]
    heads += [both("precision", "精确率"), both("95 % interval", "95% 区间"), both("honest customers", "正常客户")]
    rows: list[Row] = [
        [
            f'{words(rule.title)} <code class="meta">{esc(rule.name)}</code>',
            integer(rule.hits),
            told(report, rule.frauds),
            amount(report, None if report.unlabelled else rule.fraud_minor),
            percent(rule.precision.value if rule.precision else None),
            number_cell(f"{share(rule.precision.low)} – {share(rule.precision.high)}" if rule.precision else MISSING, None),
            integer(rule.honest_customers),
        ]
        for rule in report.rules
    ]
    listing = table(heads, rows, caption=both("Rules", "规则"), sortable=True, filterable=len(rows) > 12)
    return section("rules", both("Rules and lists that hit", "命中的规则与名单"), lead, listing)

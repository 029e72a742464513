"""Sections on single payments: who would be decided differently, and some decisions explained in full."""

from collections.abc import Mapping
from math import asinh

from huitong.contracts import as_told, main_reason
from huitong.evaluation.contents import Comparison, Difference, ReplayReport
from huitong.evaluation.report.effect_sections import amount, integer, money_head, percent
from huitong.evaluation.report.markup import Cell, Row, both, chart, esc, number_cell, outcome_mark, section, table, term, words
from huitong.evaluation.sample_contents import FeatureLine, MeasureLine, SampleDecision
from huitong.evaluation.words import MISSING, count, exact_money, moment, money, plural, quantity, share
from huitong.kernel import currency_exponent

DIFFERENCES_SHOWN = 100
_TRUTH = {1: ("fraud", "欺诈"), 0: ("honest", "正常"), -1: ("not known", "未知")}


def _mark(report: ReplayReport, code: int) -> str:
    return outcome_mark(report.outcomes[code].name, report.outcomes[code].title)


def _time(report: ReplayReport, time_us: int) -> str:
    return f'<time title="{esc(report.zone)}">{esc(moment(time_us, report.zone))}</time>'


def difference(report: ReplayReport, decisions: Mapping[str, str]) -> str:
    """Who is decided differently than by the other version, and who of them was right; ``decisions`` leads to decisions, by payment."""
    other = report.comparison
    if other is None:
        return ""
    title = both("Who would be decided differently", "决策有何不同")
    if other.differing == 0:
        same = both(
            f"Nobody: {other.title['en']} decides every payment of this period the same way.",
            f"没有：“{other.title['zh']}”对本期间每笔支付的决策完全相同。",
        )
        return section("difference", title, same, _transitions(report, other))
    if report.unlabelled:
        lead = both(
            f"{plural(other.differing, 'payment differs', 'payments differ')} from {other.title['en']}; who is right is not known yet.",
            f"与“{other.title['zh']}”有 {count(other.differing, 'zh')} 笔不同；谁对谁错尚未可知。",
        )
        return section("difference", title, lead, _pair(report, other), _differences(report, other, decisions))
    open_en, open_zh = "", ""
    if unknown := other.undecided.count:
        open_en, open_zh = f"; of {count(unknown, 'en')} it is not known yet", f"，{count(unknown, 'zh')} 笔尚未可知"
    gained, lost = (
        (money(one, report.currency, "en"), money(one, report.currency, "zh")) for one in (other.gained_minor, other.lost_minor)
    )
    lead = both(
        f"{plural(other.differing, 'payment', 'payments')} differ from {other.title['en']}: this version is right in "
        f"{count(other.this_right.count, 'en')}, the other in {count(other.other_right.count, 'en')}{open_en}. "
        f"Only this version catches {gained[0]} "
        f"of fraud, only the other {lost[0]}.",
        f"与“{other.title['zh']}”有 {count(other.differing, 'zh')} 笔不同：本版本正确 {count(other.this_right.count, 'zh')} 笔，"
        f"对方正确 {count(other.other_right.count, 'zh')} 笔{open_zh}。仅本版本截住欺诈 {gained[1]}，仅对方截住 {lost[1]}。",
    )
    return section("difference", title, lead, _pair(report, other), _differences(report, other, decisions))


def _pair(report: ReplayReport, other: Comparison) -> str:
    return f'<div class="grid pair">{_both_ways(report, other)}{_transitions(report, other)}</div>'


def _both_ways(report: ReplayReport, other: Comparison) -> str:
    mine, theirs = report.effect, other.effect
    pairs = [
        (
            money_head(report, "fraud caught", "截住的欺诈"),
            amount(report, None if report.unlabelled else mine.caught.amount_minor),
            amount(report, None if report.unlabelled else theirs.caught.amount_minor),
        ),
        (
            money_head(report, "fraud missed", "漏过的欺诈"),
            amount(report, None if report.unlabelled else mine.missed.amount_minor),
            amount(report, None if report.unlabelled else theirs.missed.amount_minor),
        ),
        (
            both("honest customers touched", "被打扰的正常客户"),
            integer(mine.honest_customers_touched),
            integer(theirs.honest_customers_touched),
        ),
        (
            both("honest customers declined", "被拒绝的正常客户"),
            integer(mine.honest_customers_declined),
            integer(theirs.honest_customers_declined),
        ),
        (
            both("alerts a day", "日均预警"),
            number_cell(f"{mine.alerts_per_day:,.1f}", None),
            number_cell(f"{theirs.alerts_per_day:,.1f}", None),
        ),
        (money_head(report, "total cost", "总成本"), amount(report, mine.cost_minor), amount(report, theirs.cost_minor)),
    ]
    heads = [both("figure", "指标"), both("this version", "本版本"), words(other.title)]
    return (
        f"<div><h3>{both('What each was worth', '各自的价值')}</h3>{table(heads, pairs, caption=both('Both versions', '两个版本'))}</div>"
    )


def _transitions(report: ReplayReport, other: Comparison) -> str:
    found = {(one.before, one.after): one for one in other.transitions}
    most = max((one.payments.count for one in other.transitions if one.before != one.after), default=0)
    rows: list[Row] = []
    for before, word in enumerate(report.outcomes):
        row: Row = [f"{both('before:', '原为：')} {outcome_mark(word.name, word.title)}"]
        for after in range(len(report.outcomes)):
            one = found.get((before, after))
            if one is None:
                row.append(number_cell(MISSING, 0))
                continue
            number, frauds = one.payments.count, one.frauds.count
            shade = round(8 + 32 * number / most) if before != after and most else 0
            html = f"{number:,}" if report.unlabelled else f"{number:,}<br><small>{both(f'{frauds:,} fraud', f'欺诈 {frauds:,}')}</small>"
            style = f"background:color-mix(in srgb,var(--accent) {shade}%,transparent)" if shade else ""
            row.append(Cell(html, number, figure=True, style=style))
        rows.append(row)
    heads = [
        both("the other version's outcome", "对方结果"),
        *(f"{both('now:', '现为：')} {outcome_mark(one.name, one.title)}" for one in report.outcomes),
    ]
    listing = table(heads, rows, caption=both("Transitions", "变化"))
    return f"<div><h3>{both('From one outcome to the other', '决策结果的变化')}</h3>{listing}</div>"


def _differences(report: ReplayReport, other: Comparison, decisions: Mapping[str, str]) -> str:
    shown = other.differences[:DIFFERENCES_SHOWN]
    named = any(one.customer is not None for one in shown)
    heads = [
        both("payment", "支付"),
        both("time", "时间"),
        *([_role(report, "customer")] if named else []),
        money_head(report, "amount", "金额"),
        both("before", "原结果"),
        both("now", "现结果"),
    ]
    heads += [both("score before", "原分数"), both("score now", "现分数"), both("turned out", "事实"), both("who was right", "谁对")]
    rows: list[Row] = [_difference(report, one, decisions.get(one.id), named=named) for one in shown]
    listing = table(heads, rows, caption=both("Differing payments", "决策不同的支付"), sortable=True, filterable=True)
    note = both(
        f"The {len(shown):,} with the most money of {other.differing:,}.",
        f"共 {other.differing:,} 笔，此处列出金额最大的 {len(shown):,} 笔。",
    )
    if any(one.id in decisions for one in shown):
        note += " " + both("A payment with a link leads to the decision on it.", "带链接的支付可打开其决策。")
    return f'<h3>{both("The payments", "具体支付")}</h3><p class="note">{note}</p>{listing}'


def _difference(report: ReplayReport, one: Difference, href: str | None, *, named: bool) -> Row:
    right = {"this": ("this version", "本版本"), "other": ("the other", "对方"), "unknown": ("not known", "未知")}[one.right]
    payment = f"<code>{esc(one.id)}</code>"
    return [
        payment if href is None else f'<a href="{esc(href)}">{payment}</a>',
        _time(report, one.time_us),
        *([f"<code>{esc(one.customer)}</code>" if one.customer is not None else MISSING] if named else []),
        amount(report, one.amount_minor, whole=False),
        Cell(_mark(report, one.before), one.before),
        Cell(_mark(report, one.after), one.after),
        percent(one.score_before),
        percent(one.score_after),
        both(*_TRUTH[one.label]),
        both(*right),
    ]


def decisions(report: ReplayReport) -> str:
    """Some decisions in full."""
    if not report.samples:
        return ""
    en, zh = "why, and on what evidence", "为何如此、依据什么"
    if any(one.change for one in report.samples):
        en, zh = "why, on what evidence, and what would have changed it", "为何如此、依据什么、怎样会不同"
    lead = both(
        f"{plural(len(report.samples), 'decision', 'decisions')} in full: {en}.",
        f"完整展示 {len(report.samples)} 个决策：{zh}。",
    )
    return section(
        "decisions", both("Decisions, explained", "决策解释"), lead, *(_decision(report, place) for place in range(len(report.samples)))
    )


def _decision(report: ReplayReport, place: int) -> str:
    one = report.samples[place]
    outcome, data = report.outcomes[one.outcome], str(place)
    sum_en, sum_zh = exact_money(one.amount_minor, report.currency, "en"), exact_money(one.amount_minor, report.currency, "zh")
    main = main_reason(one.reasons)
    first = main.text if main is not None else {"en": "no reason was needed", "zh": "无需理由"}
    sentence = both(f"{sum_en} — {first['en']}", f"{sum_zh}——{first['zh']}")
    score = share(one.score)
    facts = "\u00a0· ".join(
        [
            _time(report, one.time_us),
            f"<code>{esc(one.event)}</code>",
            both(f"score {score}", f"分数 {score}"),
            both(f"turned out {_TRUTH[one.label][0]}", f"事实：{_TRUTH[one.label][1]}"),
            *([both(f"decided in {one.latency_us:,.0f} µs", f"用时 {one.latency_us:,.0f} 微秒")] if one.latency_us else []),
            *(f"{_role(report, role)} <code>{esc(value)}</code>" for role, value in one.keys.items()),
        ]
    )
    return (
        f'<article class="decision" id="decision-{place + 1}"><h3>{outcome_mark(outcome.name, outcome.title)} {sentence}</h3>'
        f'<p class="facts">{facts}</p>'
        f'<div class="grid"><div>{_reasons(report, one)}{_feature_table(report, one)}</div>'
        f"<div>{_pictures(report, one, data)}</div></div></article>"
    )


def _reasons(report: ReplayReport, one: SampleDecision) -> str:
    items = "".join(f'<li>{words(reason.text)} <code class="meta">{esc(reason.code)}</code></li>' for reason in as_told(one.reasons)[:8])
    lines = [f"<ol>{items}</ol>" if items else ""]
    lines += [f"<p>{both('On a list: ', '名单：')}<code>{esc(entry)}</code></p>" for entry in one.lists]
    lines += [f"<p>{_measure(report, measure)}</p>" for measure in one.measures]
    if one.change:
        lines.append(f'<p class="change">{both("What would have changed it: ", "怎样会不同：")}{words(one.change)}</p>')
    return f"<h4>{both('Reasons, the main one first', '理由（主要理由在前）')}</h4>" + "".join(lines)


def _measure(report: ReplayReport, measure: MeasureLine) -> str:
    whom, until = f"{_role(report, measure.role)} <code>{esc(measure.subject)}</code>", _time(report, measure.until_us)
    return f"{both('Measure: ', '措施：')}{term(measure.kind)} · {whom} · {both('until', '至')} {until}"


def _role(report: ReplayReport, role: str) -> str:
    """Whom a key names: the data contract's title, in the middle of a line."""
    title = report.roles.get(role)
    return both(title["en"].lower(), title["zh"]) if title else term(role)


def _feature_table(report: ReplayReport, one: SampleDecision) -> str:
    heads = [both("feature", "特征"), both("value", "数值"), both("usually (5–95 %)", "通常（5–95%）"), both("log-odds", "对数几率")]
    rows: list[Row] = [
        [
            words(line.title),
            number_cell(_value(report, line), None),
            _usual(report, line),
            number_cell(_contribution(line), line.contribution),
        ]
        for line in one.features[:10]
    ]
    if not rows:
        return ""
    # On a phone each feature takes two lines, its name above its figures: nothing is cut, and no name is a column of single words.
    return f'<div class="stack">{table(heads, rows, caption=both("Features of this decision", "本决策的特征"))}</div>'


def _value(report: ReplayReport, line: FeatureLine) -> str:
    if line.said:
        return words(line.said)
    if line.value is None:
        return both("missing", "缺失")
    return _quantity(report, line, line.value) if isinstance(line.value, float | int) else esc(line.value)


def _quantity(report: ReplayReport, line: FeatureLine, value: float) -> str:
    return both(quantity(value, line.unit, report.currency, "en"), quantity(value, line.unit, report.currency, "zh"))


def _contribution(line: FeatureLine) -> str:
    return MISSING if line.contribution is None else f"{line.contribution:+.2f}".replace("-", "−")


def _usual(report: ReplayReport, line: FeatureLine) -> str:
    """The usual range as a bar with the value's place marked, on a scale that keeps the far value in sight."""
    if line.usual is None or not isinstance(line.value, float | int):
        return MISSING
    points = [asinh(point) for point in (*line.usual, line.value)]
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    left, middle, right, here = (round(4 + 92 * (point - low) / span) for point in points)
    least, most = line.usual[0], line.usual[2]
    if line.usually:
        text = words(line.usually)
    elif line.unit == report.currency:
        text = f"{least:,.{currency_exponent(report.currency)}f} – {most:,.{currency_exponent(report.currency)}f}"
    else:
        ends = [_quantity(report, line, one) for one in (least, most)]
        text = " – ".join(dict.fromkeys(f'<span class="nobr">{end}</span>' for end in ends))
    parts = f'<i style="left:{left}%;width:{max(2, right - left)}%"></i><u style="left:{middle}%"></u><b style="left:{here}%"></b>'
    return f'<span class="range" aria-hidden="true">{parts}</span><small>{text}</small>'


def _history_note(report: ReplayReport, one: SampleDecision) -> str:
    """What the picture shows, in words: it has no table, which would be long."""
    amounts = sorted(past for _, past in one.history)
    middle, most = amounts[len(amounts) // 2], amounts[-1]
    en = f"{plural(len(amounts), 'earlier payment', 'earlier payments')}, usually {exact_money(middle, report.currency, 'en')}, "
    zh = f"此前 {len(amounts)} 笔，通常 {exact_money(middle, report.currency, 'zh')}，"
    return both(
        f"{en}at most {exact_money(most, report.currency, 'en')}; this one {exact_money(one.amount_minor, report.currency, 'en')}",
        f"{zh}最多 {exact_money(most, report.currency, 'zh')}；本笔 {exact_money(one.amount_minor, report.currency, 'zh')}",
    )


def _edges(report: ReplayReport, one: SampleDecision) -> str:
    heads = [both("from", "付款方"), both("to", "收款方"), money_head(report, "amount", "金额"), both("time", "时间")]
    tables = []
    for pattern in one.patterns:
        rows: list[Row] = [
            [
                f"<code>{esc(edge.source)}</code>",
                f"<code>{esc(edge.target)}</code>",
                amount(report, edge.amount_minor, whole=False),
                _time(report, edge.time_us),
            ]
            for edge in pattern.edges
        ]
        tables.append(table(heads, rows, caption=words(pattern.title)))
    return "".join(tables)


def _pictures(report: ReplayReport, one: SampleDecision, data: str) -> str:
    drawn = []
    if one.base is not None and any(line.contribution for line in one.features):
        drawn.append(chart("waterfall", both("From the usual case to this score", "从一般情况到本分数"), "", data=data))
    if one.history:
        title = both("This customer's earlier payments, and this one", "该客户的历史支付与本笔")
        drawn.append(chart("history", title, "", note=_history_note(report, one), data=data))
    if one.patterns:
        drawn.append(chart("pattern", both("The pattern, with its amounts", "资金路径与金额"), _edges(report, one), data=data))
    return "".join(drawn)

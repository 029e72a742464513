"""The top of the report: the answer in words, then the few figures that carry it, each beside something to compare with."""

from huitong.evaluation.answer import answer, caution, versus, whom_so_far
from huitong.evaluation.contents import Effect, ReplayReport
from huitong.evaluation.report.effect_sections import groups_shown
from huitong.evaluation.report.markup import both, words
from huitong.evaluation.words import MISSING, count, moment, money, ratio, share


def headline(report: ReplayReport) -> str:
    """The answer and its figures."""
    figures = [_caught(report), _missed(report), _touched(report), _alerts(report), _cost(report)]
    said, warned = versus(report), caution(report)
    compared = f'<p class="verdict">{words(said)}</p>' if said else ""
    warning = f'<p class="warning">{words(warned)}</p>' if warned else ""
    return (
        f'<section id="answer" class="answer"><p class="verdict">{words(answer(report))}</p>{compared}{warning}'
        f'<dl class="figures">{"".join(figures)}</dl>{_basis(report)}</section>'
    )


def _figure(anchor: str, title: str, value: str, comparison: str) -> str:
    """A figure is a door: its name leads to the section with what is behind it."""
    return f'<div><dt><a href="#{anchor}">{title}</a></dt><dd class="value">{value}</dd><dd class="beside">{comparison}</dd></div>'


def _money(report: ReplayReport, amount_minor: int) -> str:
    return both(money(amount_minor, report.currency, "en"), money(amount_minor, report.currency, "zh"))


def _rival(report: ReplayReport) -> tuple[Effect, str, str] | None:
    other = report.comparison
    return None if other is None else (other.effect, other.title["en"], other.title["zh"])


def _no_fraud(anchor: str, title: str) -> str:
    return _figure(anchor, title, MISSING, both("no known fraud in this period", "本期间没有已知欺诈"))


def _not_known(anchor: str, title: str) -> str:
    return _figure(anchor, title, MISSING, both("not known yet: no payment has a label", "尚未可知：没有支付带标签"))


def _known_so_far(part: int, frauds: int) -> tuple[str, str]:
    """How many of the frauds, where more will become known."""
    return (
        f"in {count(part, 'en')} of {count(frauds, 'en')} frauds known so far",
        f"目前已知 {count(frauds, 'zh')} 笔欺诈中的 {count(part, 'zh')} 笔",
    )


def _caught(report: ReplayReport) -> str:
    effect, other = report.effect, _rival(report)
    title = both("fraud caught", "截住的欺诈")
    if report.unlabelled:
        return _not_known("tradeoff", title)
    if effect.fraud.count == 0:
        return _no_fraud("tradeoff", title)
    if report.too_early:
        en, zh = _known_so_far(effect.caught.count, effect.fraud.count)
        en, zh = f"{en}; too early for rates", f"{zh}；尚不能给出比率"
        if other:
            en += f"; {other[1]}: {money(other[0].caught.amount_minor, report.currency, 'en')}"
            zh += f"；{other[2]}：{money(other[0].caught.amount_minor, report.currency, 'zh')}"
        return _figure("tradeoff", title, _money(report, effect.caught.amount_minor), both(en, zh))
    part = share(ratio(effect.caught.amount_minor, effect.fraud.amount_minor))
    en, zh = f"{part} of known fraud by money", f"占已知欺诈金额 {part}"
    if other:
        that = share(ratio(other[0].caught.amount_minor, other[0].fraud.amount_minor))
        en, zh = f"{en}; {other[1]}: {that}", f"{zh}；{other[2]}：{that}"
    return _figure("tradeoff", title, _money(report, effect.caught.amount_minor), both(en, zh))


def _missed(report: ReplayReport) -> str:
    effect, other = report.effect, _rival(report)
    title = both("fraud missed", "漏过的欺诈")
    if report.unlabelled:
        return _not_known("weeks", title)
    if effect.fraud.count == 0:
        return _no_fraud("weeks", title)
    en = f"in {count(effect.missed.count, 'en')} of {count(effect.fraud.count, 'en')} frauds"
    zh = f"{count(effect.fraud.count, 'zh')} 笔欺诈中的 {count(effect.missed.count, 'zh')} 笔"
    if report.too_early:
        en, zh = _known_so_far(effect.missed.count, effect.fraud.count)
    if other:
        en += f"; {other[1]}: {money(other[0].missed.amount_minor, report.currency, 'en')}"
        zh += f"；{other[2]}：{money(other[0].missed.amount_minor, report.currency, 'zh')}"
    return _figure("groups" if groups_shown(report) else "weeks", title, _money(report, effect.missed.amount_minor), both(en, zh))


def _touched(report: ReplayReport) -> str:
    effect, other, title = report.effect, _rival(report), both("honest customers touched", "被打扰的正常客户")
    touched, declined = effect.honest_customers_touched, effect.honest_customers_declined
    if report.unlabelled:
        return _not_known("weeks", title)
    if touched is None or declined is None:
        known = whom_so_far(report)
        return _figure("weeks", title, MISSING, both(f"not known yet: {known['en']}", f"尚未可知：{known['zh']}"))
    part = share(ratio(touched, effect.customers))
    en = f"{part} of {count(effect.customers, 'en')} customers; {count(declined, 'en')} declined"
    zh = f"占 {count(effect.customers, 'zh')} 名客户的 {part}；{count(declined, 'zh')} 名被拒绝"
    if other and other[0].honest_customers_touched is not None:
        en += f"; {other[1]}: {count(other[0].honest_customers_touched, 'en')}"
        zh += f"；{other[2]}：{count(other[0].honest_customers_touched, 'zh')} 名"
    return _figure("weeks", title, both(count(touched, "en"), f"{count(touched, 'zh')} 名"), both(en, zh))


def _alerts(report: ReplayReport) -> str:
    effect, costs, other, days = report.effect, report.costs, _rival(report), len(report.days)
    if costs is None:
        en, zh = (
            f"{count(effect.alerts, 'en')} in {days} days; no capacity given",
            f"{days} 天共 {count(effect.alerts, 'zh')} 条；未给出处理能力",
        )
    else:
        over, capacity = effect.days_over_capacity or 0, f"{costs.alerts_per_day:,.0f}"
        en, zh = (
            f"of {capacity} the team can work; more on {over} of {days} days",
            f"团队每日可处理 {capacity} 条；{days} 天中 {over} 天超出",
        )
    if other:
        en, zh = f"{en}; {other[1]}: {other[0].alerts_per_day:,.1f}", f"{zh}；{other[2]}：{other[0].alerts_per_day:,.1f} 条"
    return _figure(
        "alerts", both("alerts a day", "日均预警"), both(f"{effect.alerts_per_day:,.1f}", f"{effect.alerts_per_day:,.1f} 条"), both(en, zh)
    )


def _cost(report: ReplayReport) -> str:
    effect, other, nothing = report.effect, _rival(report), report.effect.cost_of_nothing_minor
    if effect.cost_minor is None or nothing is None:
        return ""
    en = f"{money(nothing, report.currency, 'en')} if every payment passed"
    zh = f"若全部放行则为 {money(nothing, report.currency, 'zh')}"
    if other:
        en += f"; {other[1]}: {money(other[0].cost_minor, report.currency, 'en')}"
        zh += f"；{other[2]}：{money(other[0].cost_minor, report.currency, 'zh')}"
    return _figure("tradeoff", both("losses, reviews and harm", "损失、复核与误伤总成本"), _money(report, effect.cost_minor), both(en, zh))


def _basis(report: ReplayReport) -> str:
    effect, method = report.effect, report.method
    everything, days = effect.payments, f"{report.length_days:.1f}".removesuffix(".0")
    amount = money(everything.amount_minor, report.currency, "en")
    en = f"{count(everything.count, 'en')} payments of {amount} in {days} {'day' if days == '1' else 'days'}"
    zh = f"{days} 天，{count(everything.count, 'zh')} 笔支付，{money(everything.amount_minor, report.currency, 'zh')}"
    if method.labels_unknown and not report.unlabelled:
        en += f"; {count(method.labels_unknown, 'en')} of them with an outcome not yet known count as neither fraud nor honest"
        zh += f"；其中 {count(method.labels_unknown, 'zh')} 笔结果未知，既不计为欺诈也不计为正常"
    en, zh = en + ".", zh + "。"
    if (settled := _settled(report)) and not report.unlabelled:
        en, zh = f"{en} {settled[0]}", f"{zh}{settled[1]}"
    return f'<p class="note">{both(en, zh)}</p>'


def _settled(report: ReplayReport) -> tuple[str, str] | None:
    """Whom the report takes for honest, where a label's delay decides it."""
    until_us = report.method.settled_before_us
    if until_us is None:
        return None
    until = f"{moment(until_us, report.zone)[:16]} ({report.zone})"
    return (
        f"Honest is a payment whose label says so, or that is from before {until}: within the time that a label takes, nobody reported it "
        "as fraud. Rates, costs and thresholds rest on payments from before then.",
        f"标签为正常的支付计为正常；{until} 之前的支付已过标签延迟期而无人报告欺诈，也计为正常。比率、成本与阈值仅以此前的支付计算。",
    )

"""The answer first: what a replay says, in one sentence of each language."""

from huitong.evaluation.contents import ReplayReport
from huitong.evaluation.sample_contents import Words
from huitong.evaluation.words import count, day, money, plural, ratio, share


def answer(report: ReplayReport) -> Words:
    """One sentence: what was stopped, what was missed, at whose cost, and whether the team can work it."""
    return {"en": _english(report), "zh": _chinese(report)}


def thresholds_in_words(review_from: float | None, decline_from: float | None) -> Words:
    """A pair of thresholds as people say it, whichever of the two is used."""
    review, decline = (None if one is None else f"{one:.3g}" for one in (review_from, decline_from))
    if review is None and decline is None:
        return {"en": "review nothing, decline nothing", "zh": "不复核，也不拒绝"}
    if decline is None:
        return {"en": f"review from {review}, decline nothing", "zh": f"{review} 起复核，不设拒绝"}
    if review is None or review_from == decline_from:
        return {"en": f"decline from {decline}, review nothing", "zh": f"{decline} 起拒绝，不设复核"}
    return {"en": f"review from {review}, decline from {decline}", "zh": f"{review} 起复核，{decline} 起拒绝"}


def _english(report: ReplayReport) -> str:
    effect, currency = report.effect, report.currency
    first, last = day(report.first_date, "en"), day(report.last_date, "en")
    period = f"From {first} to {last}" if first != last else f"On {first}"
    touched = plural(effect.honest_customers_touched, "customer", "customers")
    if report.method.labels_unknown == effect.payments.count:
        return f"{period} nobody has yet said which payments were fraud, so what was stopped or missed cannot be told. {_load_en(report)}."
    if effect.fraud.count == 0:
        harm = f"the policy stopped or reviewed payments of {touched} who did no wrong"
        return f"{period} no payment turned out to be fraud; {harm}. {_load_en(report)}."
    caught = share(ratio(effect.caught.amount_minor, effect.fraud.amount_minor))
    return (
        f"{period} the policy caught {caught} of the money that fraud went for: {money(effect.caught.amount_minor, currency, 'en')} in "
        f"{count(effect.caught.count, 'en')} of {plural(effect.fraud.count, 'fraud', 'frauds')}. It missed "
        f"{money(effect.missed.amount_minor, currency, 'en')} and touched {touched} who did no wrong. {_load_en(report)}."
    )


def _load_en(report: ReplayReport) -> str:
    effect, choice = report.effect, report.choice
    if choice is None:
        return f"It raised {effect.alerts_per_day:,.1f} alerts a day"
    over, days = effect.days_over_capacity or 0, len(report.days)
    capacity = f"The team's {choice.costs.alerts_per_day:,.0f} reviews a day"
    if effect.alerts == 0:
        return f"{capacity} were not called on: nothing was sent to review"
    if over == 0:
        return f"{capacity} were enough on every day"
    return f"{capacity} were not enough on {over} of {plural(days, 'day', 'days')}"


def _chinese(report: ReplayReport) -> str:
    effect, currency = report.effect, report.currency
    first, last = day(report.first_date, "zh"), day(report.last_date, "zh")
    period = f"{first}至{last}" if first != last else first
    touched = f"{count(effect.honest_customers_touched, 'zh')} 名无辜客户"
    if report.method.labels_unknown == effect.payments.count:
        return f"{period}的支付尚无欺诈标签，无法判断拦截与漏过了多少。{_load_zh(report)}。"
    if effect.fraud.count == 0:
        return f"{period}没有支付被确认为欺诈；策略复核或拒绝了 {touched}的支付。{_load_zh(report)}。"
    caught = share(ratio(effect.caught.amount_minor, effect.fraud.amount_minor))
    return (
        f"{period}，策略按金额截住了 {caught} 的欺诈：{count(effect.fraud.count, 'zh')} 笔欺诈中截住 "
        f"{count(effect.caught.count, 'zh')} 笔，计 {money(effect.caught.amount_minor, currency, 'zh')}；漏过 "
        f"{money(effect.missed.amount_minor, currency, 'zh')}，打扰了 {touched}。{_load_zh(report)}。"
    )


def _load_zh(report: ReplayReport) -> str:
    effect, choice = report.effect, report.choice
    if choice is None:
        return f"日均产生 {effect.alerts_per_day:,.1f} 条预警"
    capacity = f"团队每日可复核 {choice.costs.alerts_per_day:,.0f} 笔"
    over, days = effect.days_over_capacity or 0, len(report.days)
    if effect.alerts == 0:
        return f"{capacity}，期间没有支付转入复核"
    if over == 0:
        return f"{capacity}，每天都够用"
    return f"{capacity}，{days} 天中有 {over} 天不够用"

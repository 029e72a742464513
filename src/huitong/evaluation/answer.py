"""The answer first: what a replay says, in one sentence of each language."""

from collections.abc import Iterator

from huitong.evaluation.contents import Comparison, Effect, ReplayReport
from huitong.evaluation.sample_contents import Words
from huitong.evaluation.words import chance, count, day, moment, money, plural, ratio, share


def answer(report: ReplayReport) -> Words:
    """One sentence: what was stopped, what was missed, at whose cost, and whether the team can work it."""
    return {"en": _english(report), "zh": _chinese(report)}


def caution(report: ReplayReport) -> Words | None:
    """What makes the figures look better than they are: the model has learned from the time of these payments."""
    how = report.method
    seen, until_us = how.payments_seen_in_training, how.trained_until_us
    if not seen or until_us is None or how.scores_missing == how.rows_judged:
        return None
    until = moment(until_us, report.zone)[:10]
    until_en, until_zh = day(until, "en"), day(until, "zh")
    if seen == how.rows_judged:
        return {
            "en": f"The model has learned from the time of all these payments (until {until_en}), so every figure flatters it. "
            "Judge it by later payments.",
            "zh": f"模型训练所用数据截至{until_zh}，这些支付全部在此之前，各项数字都偏于乐观；请以其后的支付评判。",
        }
    part = share(seen / how.rows_judged)
    return {
        "en": f"The model has learned from the time of the first {part} of these payments (until {until_en}), so figures of the whole "
        "period flatter it. Judge it by the payments after that.",
        "zh": f"模型训练所用数据截至{until_zh}，其中最早的 {part} 支付在此之前，整段期间的数字偏于乐观；请以其后的支付评判。",
    }


def versus(report: ReplayReport) -> Words | None:
    """One sentence: what this version does better or worse than the other; ``None`` where there is no other."""
    other = report.comparison
    if other is None:
        return None
    that_en, that_zh = other.title["en"], other.title["zh"]
    if other.differing == 0:
        return {
            "en": f"{that_en[:1].upper()}{that_en[1:]} decides every payment of this period the same way.",
            "zh": f"“{that_zh}”对本期间每笔支付的决策完全相同。",
        }
    if report.unlabelled:
        differ = plural(other.differing, "payment is", "payments are")
        return {
            "en": f"{differ} decided otherwise than by {that_en}; who is right is not known yet.",
            "zh": f"与“{that_zh}”有 {count(other.differing, 'zh')} 笔决策不同；谁对谁错尚未可知。",
        }
    parts = list(_changes(report, other))
    english = [part["en"] for part in parts]
    return {
        "en": f"Against {that_en} it {', '.join(english[:-1])} and {english[-1]}.",
        "zh": f"与“{that_zh}”相比，{'，'.join(part['zh'] for part in parts)}。",
    }


def _changes(report: ReplayReport, other: Comparison) -> Iterator[Words]:
    mine, theirs, currency = report.effect, other.effect, report.currency
    if mine.fraud.count:
        more = mine.caught.amount_minor - theirs.caught.amount_minor
        en, zh = money(abs(more), currency, "en"), money(abs(more), currency, "zh")
        yield {
            "en": f"catches {en} {'more' if more > 0 else 'less'} of fraud" if more else "catches as much fraud",
            "zh": f"{'多' if more > 0 else '少'}截住欺诈 {zh}" if more else "截住的欺诈金额相同",
        }
    yield from _changes_of_harm(mine, theirs)
    if mine.cost_minor is not None and theirs.cost_minor is not None:
        more = mine.cost_minor - theirs.cost_minor
        en, zh = money(abs(more), currency, "en"), money(abs(more), currency, "zh")
        yield {
            "en": f"costs {en} {'more' if more > 0 else 'less'}" if more else "costs the same",
            "zh": f"总成本{'高' if more > 0 else '低'} {zh}" if more else "总成本相同",
        }
    else:
        yield {
            "en": f"raises {mine.alerts_per_day:,.1f} alerts a day instead of {theirs.alerts_per_day:,.1f}",
            "zh": f"日均预警 {mine.alerts_per_day:,.1f} 条（对方 {theirs.alerts_per_day:,.1f} 条）",
        }


def _changes_of_harm(mine: Effect, theirs: Effect) -> Iterator[Words]:
    """Honest customers declined, where that differs, then all that were touched: a review that became a decline leaves these as many."""
    if mine.honest_customers_declined is None or theirs.honest_customers_declined is None:
        return
    if mine.honest_customers_touched is None or theirs.honest_customers_touched is None:
        return
    declined = mine.honest_customers_declined - theirs.honest_customers_declined
    touched = mine.honest_customers_touched - theirs.honest_customers_touched
    if declined:
        yield {
            "en": f"declines {_more_customers(declined)} who did no wrong",
            "zh": f"{'多' if declined > 0 else '少'}拒绝 {count(abs(declined), 'zh')} 名正常客户",
        }
    in_all_en, in_all_zh = (" in all", "总共") if declined else ("", "")
    if touched:
        zh = f"{in_all_zh}{'多' if touched > 0 else '少'}打扰 {count(abs(touched), 'zh')} 名正常客户"
    else:
        zh = f"{in_all_zh}打扰的正常客户数相同"
    yield {"en": f"touches {_more_customers(touched)} who did no wrong{in_all_en}", "zh": zh}


def _more_customers(more: int) -> str:
    if not more:
        return "as many customers"
    return f"{abs(more):,} {'more' if more > 0 else 'fewer'} {'customer' if abs(more) == 1 else 'customers'}"


def still_open(report: ReplayReport) -> Words:
    """Of how many payments the outcome is not known."""
    unknown, everything = report.method.labels_unknown, report.effect.payments.count
    return {
        "en": f"the outcome of {count(unknown, 'en')} of {plural(everything, 'payment', 'payments')} is open",
        "zh": f"{count(everything, 'zh')} 笔支付中 {count(unknown, 'zh')} 笔结果未知",
    }


def whom_so_far(report: ReplayReport) -> Words:
    """What is known of the payments stopped or reviewed, where too few outcomes are known to count the honest customers behind them."""
    unknown, touched, honest = report.touched_unknown, report.touched, report.touched_honest
    whom = f"{plural(touched, 'payment', 'payments')} stopped or reviewed"
    if unknown:
        return {
            "en": f"the outcome of {count(unknown, 'en')} of the {whom} is still open",
            "zh": f"被拒绝或复核的 {count(touched, 'zh')} 笔支付中有 {count(unknown, 'zh')} 笔结果未知",
        }
    return {
        "en": f"of the {whom} {count(honest, 'en')} {'is' if honest == 1 else 'are'} known to be honest so far",
        "zh": f"被拒绝或复核的 {count(touched, 'zh')} 笔支付中，目前已知 {count(honest, 'zh')} 笔正常",
    }


def thresholds_in_words(review_from: float | None, decline_from: float | None) -> Words:
    """A pair of thresholds as people say it, whichever of the two is used."""
    review, decline = (None if one is None else chance(one) for one in (review_from, decline_from))
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
    if report.unlabelled:
        return f"{period} nobody has yet said which payments were fraud, so what was stopped or missed cannot be told. {_load_en(report)}."
    if report.too_early:
        return f"{period} {_so_far_en(report)} {_harm_en(report)} {_load_en(report)}."
    if effect.fraud.count == 0:
        return f"{period} no payment turned out to be fraud. {_harm_en(report)} {_load_en(report)}."
    caught = share(ratio(effect.caught.amount_minor, effect.fraud.amount_minor))
    frauds = plural(effect.fraud.count, "fraud", "frauds")
    return (
        f"{period} the policy caught {caught} of the money that known fraud went for: "
        f"{money(effect.caught.amount_minor, currency, 'en')} in "
        f"{count(effect.caught.count, 'en')} of {frauds}. It missed {money(effect.missed.amount_minor, currency, 'en')}. "
        f"{_harm_en(report)} {_load_en(report)}."
    )


def _so_far_en(report: ReplayReport) -> str:
    """Amounts and counts known so far, and why there is no rate yet."""
    effect, early = report.effect, f"It is too early for rates: {still_open(report)['en']}."
    if effect.fraud.count == 0:
        return f"no payment is known to be fraud so far. {early}"
    caught, missed = (money(one.amount_minor, report.currency, "en") for one in (effect.caught, effect.missed))
    frauds = f"{count(effect.caught.count, 'en')} of {plural(effect.fraud.count, 'fraud', 'frauds')}"
    return f"the policy caught {caught} of the fraud known so far, in {frauds}, and missed {missed}. {early}"


def _harm_en(report: ReplayReport) -> str:
    touched, unknown = report.effect.honest_customers_touched, report.touched_unknown
    if touched is None:
        if not unknown and not report.touched_honest:
            return "It stopped or reviewed nobody else."
        return f"Whom else it touched is not known in full: {whom_so_far(report)['en']}."
    said = f"It touched {plural(touched, 'customer', 'customers')} who did no wrong"
    return f"{said}; {whom_so_far(report)['en']}." if unknown else f"{said}."


def _load_en(report: ReplayReport) -> str:
    effect, costs = report.effect, report.costs
    if costs is None:
        return f"It raised {effect.alerts_per_day:,.1f} alerts a day"
    over, days = effect.days_over_capacity or 0, len(report.days)
    capacity = f"The team's {costs.alerts_per_day:,.0f} reviews a day"
    if effect.alerts == 0:
        return f"{capacity} were not called on: nothing was sent to review"
    if over == 0:
        return f"{capacity} were enough on every day"
    return f"{capacity} were not enough on {over} of {plural(days, 'day', 'days')}"


def _chinese(report: ReplayReport) -> str:
    effect, currency = report.effect, report.currency
    first, last = day(report.first_date, "zh"), day(report.last_date, "zh")
    period = f"{first}至{last}" if first != last else first
    if report.unlabelled:
        return f"{period}的支付尚无欺诈标签，无法判断拦截与漏过了多少。{_load_zh(report)}。"
    if report.too_early:
        return f"{period}，{_so_far_zh(report)}{_harm_zh(report)}{_load_zh(report)}。"
    if effect.fraud.count == 0:
        return f"{period}没有支付被确认为欺诈。{_harm_zh(report)}{_load_zh(report)}。"
    caught = share(ratio(effect.caught.amount_minor, effect.fraud.amount_minor))
    return (
        f"{period}，策略按金额截住了 {caught} 的已知欺诈：{count(effect.fraud.count, 'zh')} 笔欺诈中截住 "
        f"{count(effect.caught.count, 'zh')} 笔，计 {money(effect.caught.amount_minor, currency, 'zh')}；漏过 "
        f"{money(effect.missed.amount_minor, currency, 'zh')}。{_harm_zh(report)}{_load_zh(report)}。"
    )


def _so_far_zh(report: ReplayReport) -> str:
    effect, early = report.effect, f"{still_open(report)['zh']}，尚不能给出比率。"
    if effect.fraud.count == 0:
        return f"目前没有已知欺诈。{early}"
    caught, missed = (money(one.amount_minor, report.currency, "zh") for one in (effect.caught, effect.missed))
    frauds = f"目前已知欺诈 {count(effect.fraud.count, 'zh')} 笔，策略截住 {count(effect.caught.count, 'zh')} 笔"
    return f"{frauds}，计 {caught}；漏过 {missed}。{early}"


def _harm_zh(report: ReplayReport) -> str:
    touched, unknown = report.effect.honest_customers_touched, report.touched_unknown
    if touched is None:
        if not unknown and not report.touched_honest:
            return "除此之外未打扰任何客户。"
        return f"另外打扰了谁尚未完全可知：{whom_so_far(report)['zh']}。"
    said = f"打扰了 {count(touched, 'zh')} 名正常客户"
    return f"{said}；{whom_so_far(report)['zh']}。" if unknown else f"{said}。"


def _load_zh(report: ReplayReport) -> str:
    effect, costs = report.effect, report.costs
    if costs is None:
        return f"日均产生 {effect.alerts_per_day:,.1f} 条预警"
    capacity = f"团队每日可复核 {costs.alerts_per_day:,.0f} 笔"
    over, days = effect.days_over_capacity or 0, len(report.days)
    if effect.alerts == 0:
        return f"{capacity}，期间没有支付转入复核"
    if over == 0:
        return f"{capacity}，每天都够用"
    return f"{capacity}，{days} 天中有 {over} 天不够用"

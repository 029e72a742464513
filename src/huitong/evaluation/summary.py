"""A report in a few lines of plain words, for the terminal."""

from huitong.evaluation.answer import answer, thresholds_in_words, versus, whom_so_far
from huitong.evaluation.contents import ReplayReport
from huitong.evaluation.words import NARROW_SPACE, count, figure, joined, money, plural, ratio, share
from huitong.kernel import Language


def summary(report: ReplayReport, language: Language) -> list[str]:
    """The answer, then one line each on outcomes, people, score, thresholds and the other version, where there are such.

    Args:
        report: The report.
        language: ``"zh"`` or ``"en"``.

    Returns:
        Plain lines without markup; the first is the answer.
    """
    lines = [answer(report)[language], _outcomes(report, language), _people(report, language)]
    lines += [line for line in (_score(report, language), _thresholds(report, language)) if line]
    lines += [line for line in (_against(report, language), _quarantine(report, language)) if line]
    return [line.replace(NARROW_SPACE, " ") if language == "en" else joined(line.replace(NARROW_SPACE, "")) for line in lines]


def _outcomes(report: ReplayReport, language: Language) -> str:
    parts = []
    for one in report.outcomes:
        rate = share(ratio(one.payments.count, report.effect.payments.count))
        number, amount = count(one.payments.count, language), money(one.payments.amount_minor, report.currency, language)
        parts.append(
            f"{one.title[language]} {number} ({rate}, {amount})"
            if language == "en"
            else f"{one.title['zh']} {number} 笔（{rate}，{amount}）"
        )
    return f"Outcomes: {', '.join(parts)}" if language == "en" else f"决策结果：{'，'.join(parts)}"


def _people(report: ReplayReport, language: Language) -> str:
    effect = report.effect
    if effect.honest_customers_touched is None or effect.honest_customers_declined is None:
        why = whom_so_far(report)[language]
        if language == "en":
            return f"Honest customers touched: not known yet, {why}; {effect.alerts_per_day:,.1f} alerts a day"
        return f"被打扰的正常客户：尚未可知，{why}；日均预警 {effect.alerts_per_day:,.1f} 条"
    touched, declined = count(effect.honest_customers_touched, language), count(effect.honest_customers_declined, language)
    rate = share(ratio(effect.honest_customers_touched, effect.customers))
    if language == "en":
        return (
            f"Honest customers touched: {touched} ({rate} of all), {declined} of them declined; {effect.alerts_per_day:,.1f} alerts a day"
        )
    return f"被打扰的正常客户：{touched} 名（占全部客户 {rate}），其中 {declined} 名被拒绝；日均预警 {effect.alerts_per_day:,.1f} 条"


def _score(report: ReplayReport, language: Language) -> str | None:
    quality = report.quality
    if quality is None:
        return None
    ap, auc = (estimate.value if estimate else None for estimate in (quality.average_precision, quality.roc_auc))
    values = (figure(ap), figure(auc), figure(quality.card_precision_100))
    if language == "en":
        return "Score: average precision {}, AUC {}, card precision@100 {}".format(*values)
    return "评分：平均精确率 {}，AUC {}，卡片精确率@100 {}".format(*values)


def _thresholds(report: ReplayReport, language: Language) -> str | None:
    choice = report.choice
    if choice is None:
        return None
    cost, nothing = (money(amount, report.currency, language) for amount in (choice.cost_minor, choice.cost_of_nothing_minor))
    pair = thresholds_in_words(choice.review, choice.decline)[language]
    if language == "en":
        return f"Cheapest thresholds within capacity: {pair}; cost {cost} against {nothing} without a policy"
    return f"处理能力之内成本最低的阈值：{pair}；成本 {cost}，不设策略则为 {nothing}"


def _against(report: ReplayReport, language: Language) -> str | None:
    other, said = report.comparison, versus(report)
    if other is None or said is None:
        return None
    if report.unlabelled or other.differing == 0:
        return said[language]
    right, wrong = count(other.this_right.count, language), count(other.other_right.count, language)
    gained, lost = (money(amount, report.currency, language) for amount in (other.gained_minor, other.lost_minor))
    if language == "en":
        return (
            f"{said['en']} {plural(other.differing, 'payment', 'payments')} decided differently: this version right in {right}, "
            f"the other in {wrong}; fraud caught only by this version {gained}, only by the other {lost}"
        )
    return (
        f"{said['zh']}{count(other.differing, 'zh')} 笔决策不同：本版本正确 {right} 笔，对方正确 {wrong} 笔；"
        f"仅本版本截住的欺诈 {gained}，仅对方截住的 {lost}"
    )


def _quarantine(report: ReplayReport, language: Language) -> str | None:
    rows = report.method.rows_quarantined
    if rows == 0:
        return None
    if language == "en":
        return f"In quarantine, not judged: {count(rows, 'en')} of {count(report.method.rows_read, 'en')} rows"
    return f"隔离区（未参与评估）：{count(report.method.rows_read, 'zh')} 行中的 {count(rows, 'zh')} 行"

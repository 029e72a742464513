"""The last section: how the report was made, and how to make it again."""

from huitong.evaluation.contents import ReplayReport
from huitong.evaluation.report.effect_sections import integer
from huitong.evaluation.report.markup import Row, both, esc, section, table, term, words
from huitong.evaluation.words import MISSING, count, moment, plural


def method(report: ReplayReport) -> str:
    """Data, versions, hashes, seeds, definitions, the command."""
    how = report.method
    others = how.rows_read - how.rows_judged - how.rows_quarantined
    en, zh = "", ""
    if others > 0:
        en = f"; the other {count(others, 'en')} are what features and judgement rest on: earlier payments, labels, profiles"
        zh = f"；其余 {count(others, 'zh')} 行是特征与评估的依据：更早的支付、标签与画像"
    lead = both(
        f"Of {count(how.rows_read, 'en')} rows {plural(how.rows_judged, 'payment was', 'payments were')} judged, "
        f"{count(how.rows_quarantined, 'en')} put in quarantine{en}.",
        f"共读入 {count(how.rows_read, 'zh')} 行，评估 {count(how.rows_judged, 'zh')} 笔支付，"
        f"隔离 {count(how.rows_quarantined, 'zh')} 行{zh}。",
    )
    command = f"<p>{both('To make this report again:', '重新生成本报告：')}</p><pre>{esc(how.command)}</pre>" if how.command else ""
    return section(
        "method",
        both("Method, data, and how to repeat it", "方法、数据与复现"),
        lead,
        command,
        _pins(report),
        _quarantine(report),
        _features(report),
        _definitions(),
    )


def _pins(report: ReplayReport) -> str:
    how = report.method
    delay = MISSING if how.label_delay_days is None else f"{how.label_delay_days:,.1f}"
    trained = MISSING if how.trained_until_us is None else moment(how.trained_until_us, report.zone)
    rows: list[Row] = [
        [both("policy", "策略"), f"{esc(report.policy)} <code>{esc(report.version)}</code>"],
        [both("made", "生成时间"), esc(moment(how.made_at_us, report.zone))],
        [both("time zone", "时区"), esc(report.zone)],
        [both("currency", "币种"), esc(report.currency)],
        [both("training saw data until", "训练数据截至"), esc(trained)],
        [both("median days until a fraud is known", "欺诈被确认的中位天数"), delay],
        [both("payments without a score", "无分数的支付"), both(count(how.scores_missing, "en"), count(how.scores_missing, "zh"))],
    ]
    rows += [[f"{both('hash', '哈希')} · {term(name)}", f"<code>{esc(value)}</code>"] for name, value in how.hashes.items()]
    rows += [[f"{both('seed', '随机种子')} · {term(name)}", esc(value)] for name, value in how.seeds.items()]
    rows += [[esc(name), esc(value)] for name, value in how.software.items()]
    listing = table([both("what", "项目"), both("value", "内容")], rows, caption=both("What pins this run", "固定本次运行的内容"))
    return f'<div class="wrap">{listing}</div>'


def _quarantine(report: ReplayReport) -> str:
    if not report.method.quarantine:
        return ""
    heads = [both("in quarantine because", "隔离原因"), both("rows", "行数"), both("example", "示例")]
    rows: list[Row] = [
        [f'{words(one.text)} <code class="meta">{esc(one.code)}</code>', integer(one.rows), esc(one.example)]
        for one in report.method.quarantine
    ]
    return f"<h3>{both('Quarantine', '隔离区')}</h3>" + table(heads, rows, caption=both("Quarantine", "隔离区"))


def _features(report: ReplayReport) -> str:
    if not report.features:
        return ""
    heads = [both("feature", "特征"), both("what it says", "含义"), both("unit", "单位")]
    rows: list[Row] = [[f"<code>{esc(one.name)}</code>", words(one.title), esc(one.unit)] for one in report.features]
    listing = table(heads, rows, caption=both("Features", "特征"), filterable=len(rows) > 12)
    return (
        f"<details><summary>{both(f'Features of the policy ({len(rows)})', f'策略所用特征（{len(rows)} 个）')}</summary>{listing}</details>"
    )


_DEFINITIONS = (
    (
        "caught",
        "截住",
        "A fraud that was declined, or sent to review: a person who looks is taken to see it.",
        "被拒绝或转人工复核的欺诈；假定复核人员能识别。",
    ),
    (
        "honest customer touched",
        "被打扰的正常客户",
        "A distinct customer with at least one honest payment reviewed or declined in the period.",
        "期间内至少有一笔正常支付被复核或拒绝的客户（去重）。",
    ),
    (
        "honest",
        "正常",
        "A payment whose label says so; and, where the policy names how long a label takes, one that nobody reported as fraud within it. "
        "Rates, costs and thresholds rest on payments that had this time, and are left out where the outcomes of fewer than a quarter are "
        "known: frauds are known first.",
        "标签为正常的支付；策略给出标签延迟时，还包括在延迟期内无人报告欺诈的支付。比率、成本与阈值仅以已过延迟期的支付计算；"
        "结果已知的支付不足四分之一时不予给出，因为最先知道的是欺诈。",
    ),
    (
        "total cost",
        "总成本",
        "Loss of frauds let through + reviews × cost of one + honest customers declined × cost of one, once a day each.",
        "放行欺诈的损失 + 复核数 × 单次成本 + 被拒正常客户数（每人每日计一次）× 单位成本。",
    ),
    (
        "card precision@100",
        "卡片精确率@100",
        "Each day the 100 customers with the highest score; share of them defrauded that day; those found are left out later "
        "(Fraud Detection Handbook, chapter 4).",
        "每日取分数最高的 100 名客户，其中当日确实受害的占比；已发现者其后不再计入（《欺诈检测手册》第 4 章）。",
    ),
    (
        "intervals",
        "区间",
        "95 %: average precision by the logit interval, AUC after Hanley and McNeil, shares after Wilson. "
        "They take payments as independent.",
        "95%：平均精确率用 logit 区间，AUC 用 Hanley–McNeil 法，占比用 Wilson 法；均假定各笔支付相互独立。",
    ),
    (
        "PSI",
        "PSI",
        "Population stability index over ten bins of equal mass in the first quarter of the weeks.",
        "总体稳定性指数，按最初四分之一各周的十等分分箱计算。",
    ),
)


def _definitions() -> str:
    items = "".join(f"<dt>{both(en, zh)}</dt><dd>{both(text_en, text_zh)}</dd>" for en, zh, text_en, text_zh in _DEFINITIONS)
    return f'<h3>{both("What the words mean", "用语说明")}</h3><dl class="terms">{items}</dl>'

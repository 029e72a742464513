"""Sections on the score: its quality, calibration, spread, drift, and the prequential evaluation."""

from huitong.evaluation.contents import DriftRow, PrequentialTable, ReplayReport, ScoreQuality
from huitong.evaluation.metrics import PSI_ALARM, PSI_WATCH, Estimate
from huitong.evaluation.report.effect_sections import integer, percent, too_little_known
from huitong.evaluation.report.markup import Cell, Row, both, chart, empty, esc, number_cell, section, table, words
from huitong.evaluation.words import MISSING, chance, day, figure, plain, quantity, share

_WELL_CALIBRATED = 0.2
"""Greatest calibration error that counts as close, as a share of the share that came true: where fraud is rare, every error is small."""


def score(report: ReplayReport) -> str:
    """How good the score is."""
    title = both("How good the score is", "评分质量")
    if not report.scores:
        what, why = (
            both("No trained model decided", "没有训练好的模型参与决策"),
            both("Only rules, tables and lists did.", "仅由规则、决策表与名单决策。"),
        )
        todo = both("Train one with huitong train, then replay again.", "请用 huitong train 训练模型后重新回放。")
        return section("score", title, both("There is no score to judge.", "没有可评估的分数。"), empty(what, why, todo))
    if report.quality is None:
        what = both("No known fraud to judge by", "没有已知欺诈可供评估")
        why = both("Labels arrive late; in this period none says fraud yet.", "标签会延迟到达；本期间尚无欺诈标签。")
        todo = both("Replay again when the labels are in.", "请在标签到齐后重新回放。")
        if report.effect.fraud.count:
            what, (why, todo) = both("Too few outcomes are known to judge by", "已知结果太少，无法评估"), too_little_known(report)
        lead = both("The score cannot be judged yet.", "暂无法评估分数。")
        return section("score", title, lead, empty(what, why, todo), _spread(report))
    return section(
        "score",
        title,
        _lead(report, report.quality),
        _measures(report, report.quality),
        f'<div class="grid">{_calibration(report.quality)}{_spread(report)}</div>',
    )


def _lead(report: ReplayReport, quality: ScoreQuality) -> str:
    ap = figure(quality.average_precision.value if quality.average_precision else None)
    true = quality.wrongs / quality.cases
    foretold = sum(one.cases * one.score_mean for one in quality.calibration) / quality.cases
    good = (quality.calibration_error or 0.0) <= _WELL_CALIBRATED * true
    basis_en, basis_zh = _basis(report, quality)
    chance, foreseen, came = plain(true), plain(100 * foretold), plain(100 * true)
    return both(
        f"Average precision {ap} where chance would give {chance}; read as a probability, the score foretold {foreseen} % "
        f"fraud and {came} % came true{', close' if good else ': re-calibrate before using it as one'}.{basis_en}",
        f"平均精确率 {ap}（随机排序为 {chance}）；作为概率，分数预测欺诈占 {foreseen}%，实际为 {came}%"
        f"{'，较为准确' if good else '，用作概率前请重新校准'}。{basis_zh}",
    )


def _basis(report: ReplayReport, quality: ScoreQuality) -> tuple[str, str]:
    """On which payments the score was judged, where training saw some of them."""
    if quality.judged_from:
        en, zh = day(quality.judged_from, "en"), day(quality.judged_from, "zh")
        return f" Judged on payments from {en} on, which training had not seen.", f"仅以{zh}起、训练未见过的支付评估。"
    if report.method.payments_seen_in_training:
        return " Training has seen these payments, so the figures flatter it.", "训练已见过这些支付，各项数字偏于乐观。"
    return "", ""


def _measure(name: str, estimate: Estimate | None, beside: str) -> Row:
    value, interval = (MISSING, MISSING) if estimate is None else (figure(estimate.value), f"{estimate.low:.3f} – {estimate.high:.3f}")
    return [name, number_cell(value, None), number_cell(interval, None), beside]


def _bare(name: str, value: float | None, decimals: int, beside: str) -> Row:
    return [name, number_cell(figure(value, decimals), None), number_cell(MISSING, None), beside]


def _measures(report: ReplayReport, quality: ScoreQuality) -> str:
    best, lower = figure(quality.card_precision_possible), both("lower is better", "越低越好")
    possible = both(f"at most {best} was possible here", f"本数据中至多为 {best}")
    rows = [
        _measure(
            both("average precision", "平均精确率"), quality.average_precision, both("chance: the share of fraud", "随机水平：欺诈占比")
        ),
        _measure(both("area under the ROC curve", "ROC 曲线下面积"), quality.roc_auc, both("chance: 0.5", "随机水平：0.5")),
        _bare(both("card precision@100", "卡片精确率@100"), quality.card_precision_100, 3, possible),
        _bare(both("log loss", "对数损失"), quality.log_loss, 4, lower),
        _bare(both("Brier score", "Brier 分数"), quality.brier, 4, lower),
        _bare(both("calibration error", "校准误差"), quality.calibration_error, 4, both("10 bins of equal cases", "10 个等样本量分箱")),
    ]
    heads = [both("measure", "指标"), both("value", "数值"), both("95 % interval", "95% 区间"), both("beside", "参照")]
    listing = table(heads, rows, caption=both("Quality of the score", "评分质量"))
    return f'<div class="grid pair"><div>{listing}</div><div>{_at_thresholds(report, quality)}</div></div>'


def _at_thresholds(report: ReplayReport, quality: ScoreQuality) -> str:
    marks = [
        (both("review", "复核"), report.review_from, quality.review_precision, quality.review_recall),
        (both("decline", "拒绝"), report.decline_from, quality.decline_precision, quality.decline_recall),
    ]
    rows: list[Row] = [
        [name, number_cell(chance(at), at), percent(precision), percent(recall)] for name, at, precision, recall in marks if at is not None
    ]
    if not rows:
        return ""
    heads = [both("threshold", "阈值"), both("score from", "分数不低于"), both("precision", "精确率"), both("recall", "召回率")]
    return table(heads, rows, caption=both("Thresholds of the policy", "策略的阈值"))


def _calibration(quality: ScoreQuality) -> str:
    heads = [both("score", "分数"), both("foretold", "预测"), both("came true", "实际"), both("95 % interval", "95% 区间")]
    heads += [both("payments", "支付"), both("frauds", "欺诈")]
    rows: list[Row] = [
        [
            number_cell(f"{chance(one.score_low)} – {chance(one.score_high)}", one.score_low),
            percent(one.score_mean),
            percent(one.share),
            number_cell(f"{share(one.share_low)} – {share(one.share_high)}", None),
            integer(one.cases),
            integer(one.wrongs),
        ]
        for one in quality.calibration
    ]
    note = both(
        "on the diagonal the score is a true probability; each point holds the same expected fraud",
        "落在对角线上即为真实概率；每点包含相同的预期欺诈数",
    )
    title = both("Calibration, 95 % interval", "校准曲线及 95% 区间")
    return chart("calibration", title, table(heads, rows, caption=both("Calibration", "校准")), note=note)


def _spread(report: ReplayReport) -> str:
    heads = [both("score", "分数"), both("honest", "正常"), both("fraud", "欺诈"), both("not known", "未知")]
    rows: list[Row] = [
        [number_cell(f"{chance(one.low)} – {chance(one.high)}", one.low), integer(one.honest), integer(one.frauds), integer(one.unknown)]
        for one in report.scores
    ]
    title = both("Payments by score, with the thresholds", "按分数统计的支付与阈值")
    note = both("logarithmic: each step up is ten times as many", "对数刻度：每上一格为十倍")
    return chart("scores", title, table(heads, rows, caption=both("Payments by score", "按分数统计的支付")), note=note)


def drift(report: ReplayReport) -> str:
    """Features whose distribution moved."""
    title = both("Where the features drift", "特征漂移")
    if not report.drift:
        return ""
    moved = [row for row in report.drift if (row.psi or 0.0) > PSI_WATCH]
    shifted = [row for row in moved if (row.psi or 0.0) > PSI_ALARM]
    lead = both(
        f"{len(report.drift)} features, first weeks against last: {len(shifted)} shifted, {len(moved) - len(shifted)} to watch.",
        f"{len(report.drift)} 个特征，最初几周对比最后几周：{len(shifted)} 个偏移，{len(moved) - len(shifted)} 个需关注。",
    )
    heads = [both("feature", "特征"), "PSI", both("median, first weeks", "最初中位数"), both("last weeks", "最后中位数")]
    heads += [both("missing, first weeks", "最初缺失"), both("last weeks", "最后缺失")]
    rows: list[Row] = [
        [
            f'{words(row.title)} <code class="meta">{esc(row.name)}</code>',
            number_cell(figure(row.psi), row.psi),
            _median(report, row, row.median_before),
            _median(report, row, row.median_after),
            percent(row.missing_before),
            percent(row.missing_after),
        ]
        for row in report.drift
    ]
    listing = table(heads, rows, caption=both("Features by drift", "按漂移排序的特征"), sortable=True, filterable=len(rows) > 12)
    note = both(
        "below 0.10 stable, above 0.25 shifted; bars beyond 1.00 are cut short, their figures are not",
        "低于 0.10 为稳定，高于 0.25 为偏移；超过 1.00 的条形截断显示，数值如实标注",
    )
    name = both("Population stability index of the most shifted features", "漂移最大的特征的总体稳定性指数（PSI）")
    drawn = chart("drift", name, listing, note=note)
    return section("drift", title, lead, drawn)


def _median(report: ReplayReport, row: DriftRow, value: float | None) -> Cell:
    if value is None:
        return number_cell(MISSING, None)
    unit = next((one.unit for one in report.features if one.name == row.name), "")
    return number_cell(both(quantity(value, unit, report.currency, "en"), quantity(value, unit, report.currency, "zh")), value)


# Source: Le Borgne et al. (2022), Fraud Detection Handbook, chapter 5 (simulated data) and chapter 6 (real cards).
BOOK_AVERAGE_PRECISION, BOOK_CARD_PRECISION = 0.687, 0.303


def prequential(report: ReplayReport) -> str:
    """Our folds beside the book's figures, and the book's warning."""
    if not report.prequential:
        return ""
    best = max(report.prequential, key=lambda one: one.average_precision)
    lead = both(
        f"Trained on the past, tested on the week that follows the label delay: average precision {best.average_precision:.3f}; "
        f"the Fraud Detection Handbook's best is {BOOK_AVERAGE_PRECISION}.",
        f"以过去训练、以标签延迟之后的一周检验：平均精确率 {best.average_precision:.3f}；"
        f"《欺诈检测手册》的最好结果为 {BOOK_AVERAGE_PRECISION}。",
    )
    warning = both(
        "The book warns: these are simulated cards. On real cards the same models had 7 to 15 times less average precision.",
        "书中提醒：这是模拟数据。在真实银行卡数据上，同样的模型的平均精确率只有其七分之一至十五分之一。",
    )
    content = "".join(_protocol(one) for one in report.prequential)
    return section(
        "prequential", both("Tested on weeks it had never seen", "以未见过的各周检验"), lead, content, f'<p class="warning">{warning}</p>'
    )


def _span(start: str, end: str) -> str:
    return f'<span class="nobr">{esc(start)} – {esc(end)}</span>'


def _protocol(protocol: PrequentialTable) -> str:
    heads = [both("trained on", "训练期"), both("tested on", "检验期"), both("payments", "支付"), both("frauds", "欺诈")]
    heads += [both("average precision", "平均精确率"), "AUC", both("card precision@100", "卡片精确率@100")]
    rows: list[Row] = [
        [
            _span(fold.train_from, fold.train_to),
            _span(fold.test_from, fold.test_to),
            integer(fold.payments),
            integer(fold.frauds),
            number_cell(figure(fold.average_precision), None),
            number_cell(figure(fold.roc_auc), None),
            number_cell(figure(fold.card_precision_100), None),
        ]
        for fold in protocol.folds
    ]
    mean = (protocol.average_precision, protocol.roc_auc, protocol.card_precision_100)
    nothing = number_cell("", None)
    rows.append(
        [
            f"<strong>{both('mean', '均值')}</strong>",
            "",
            nothing,
            nothing,
            *(number_cell(f"<strong>{figure(one)}</strong>", None) for one in mean),
        ]
    )
    book = [figure(BOOK_AVERAGE_PRECISION), MISSING, figure(BOOK_CARD_PRECISION)]
    rows.append(
        [both("the book's best (chapter 5)", "书中最好结果（第 5 章）"), "", nothing, nothing, *(number_cell(one, None) for one in book)]
    )
    return f"<h3>{words(protocol.title)}</h3>" + table(heads, rows, caption=words(protocol.title))

"""Figures that others published for the same data and protocol, to be printed beside ours, and their warning."""

from dataclasses import dataclass

from huitong.kernel import Text


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """One published result; ``None`` where the source gives no figure.

    Attributes:
        model: What was trained.
        average_precision: Mean over the folds.
        average_precision_std: Standard deviation over the folds.
        roc_auc: Area under the ROC curve.
        card_precision_100: Card precision top-100.
        source: Where it stands.
    """

    model: Text
    average_precision: float
    average_precision_std: float | None
    roc_auc: float | None
    card_precision_100: float | None
    source: str


_BOOK = "Le Borgne, Siblini, Lebichot & Bontempi (2022), Reproducible Machine Learning for Credit Card Fraud Detection"

PUBLISHED = (
    PublishedResult({"en": "logistic regression, 1 fold", "zh": "逻辑回归，单折"}, 0.606, None, None, None, f"{_BOOK}, chapter 3"),
    PublishedResult({"en": "random forest, 1 fold", "zh": "随机森林，单折"}, 0.658, None, 0.867, 0.287, f"{_BOOK}, chapter 3"),
    PublishedResult({"en": "XGBoost, 4 folds", "zh": "XGBoost，四折"}, 0.687, 0.01, None, 0.303, f"{_BOOK}, chapter 5"),
    PublishedResult({"en": "neural network", "zh": "神经网络"}, 0.675, None, None, 0.303, f"{_BOOK}, chapter 7"),
)
"""On the book's simulated payments, 7 days of training, 7 of delay, 7 of test, known compromised customers removed."""

REAL_CARDS_WARNING: Text = {
    "en": "These payments are simulated. On the authors' real cards the same models reached an average precision of 0.045 to 0.097, "
    "7 to 15 times less (chapter 6); expect no more of yours before you have measured it.",
    "zh": "以上支付数据为模拟生成。作者在真实银行卡数据上用同样的模型，平均精度仅为 0.045 至 0.097，低 7 至 15 倍（第 6 章）；"
    "在您自己的数据上实测之前，请勿有更高期待。",
}
"""The book's own warning; a report that prints figures on these payments prints it beside them."""

"""The answer in words."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from huitong.evaluation import evaluate_replay, summary
from huitong.evaluation.answer import caution, versus
from huitong.evaluation.words import count, exact_money, money, share
from huitong.kernel import LANGUAGES, Language
from tests.evaluation.sample_bank import sample_columns


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_summary_says_what_was_caught_missed_and_touched(language: Language) -> None:
    report = evaluate_replay(sample_columns(4_000))
    lines = summary(report, language)
    assert len(lines) == 7
    for amount in (report.effect.caught.amount_minor, report.effect.missed.amount_minor):
        assert money(amount, "CNY", language) in lines[0]
    assert all(line == line.strip() and "\u202f" not in line for line in lines)


def test_a_chinese_summary_has_no_english_sentence() -> None:
    text = " ".join(summary(evaluate_replay(sample_columns(4_000)), "zh"))
    assert not [word for word in text.split() if word.isascii() and word.isalpha() and word.islower()]


def test_without_fraud_or_labels_the_summary_does_not_pretend() -> None:
    columns = sample_columns(2_000)
    nobody = evaluate_replay(replace(columns, label=np.zeros(2_000, np.int8)))
    assert "no payment turned out to be fraud" in summary(nobody, "en")[0]
    assert "没有支付被确认为欺诈" in summary(nobody, "zh")[0]
    unknown = evaluate_replay(replace(columns, label=np.full(2_000, -1, np.int8)))
    assert "cannot be told" in summary(unknown, "en")[0]
    assert "无法判断" in summary(unknown, "zh")[0]


def test_a_caution_tells_of_payments_that_training_has_seen_and_only_then() -> None:
    columns = sample_columns(4_000)
    part, everything = (
        caution(evaluate_replay(replace(columns, trained_until_us=until))) for until in (columns.trained_until_us, int(columns.time_us[-1]))
    )
    assert part is not None
    assert "from the time of the first " in part["en"]
    assert "(until 31 Jul 2026)" in part["en"]
    assert everything is not None
    assert "from the time of all these payments" in everything["en"]
    assert "全部在此之前" in everything["zh"]
    for fair in (int(columns.time_us[0]) - 1, None):
        assert caution(evaluate_replay(replace(columns, trained_until_us=fair))) is None
    assert caution(evaluate_replay(replace(columns, score=np.full(4_000, np.nan)))) is None  # no model decided


def test_without_labels_no_line_gives_a_figure_that_only_labels_could_tell() -> None:
    report = evaluate_replay(replace(sample_columns(2_000), label=np.full(2_000, -1, np.int8), score=np.full(2_000, np.nan)))
    english, chinese = summary(report, "en"), summary(report, "zh")
    assert "not known yet" in english[2]
    assert "尚未可知" in chinese[2]
    assert "reviews a day" in english[0]  # the team has its hours whether a model decides or not
    assert "who is right is not known" in english[3]
    assert not [line for line in english if "right in" in line or "Cheapest" in line]


def test_a_comparison_says_what_is_better_and_what_is_worse() -> None:
    columns = sample_columns(6_000)
    report = evaluate_replay(columns)
    other = report.comparison
    assert other is not None
    assert report.effect.cost_minor is not None
    assert other.effect.cost_minor is not None
    english = next(line for line in summary(report, "en") if "Against" in line)
    chinese = next(line for line in summary(report, "zh") if "相比" in line)
    caught = report.effect.caught.amount_minor - other.effect.caught.amount_minor
    cost = report.effect.cost_minor - other.effect.cost_minor
    assert f"catches {money(abs(caught), 'CNY', 'en')} {'more' if caught > 0 else 'less'}" in english
    assert f"costs {money(abs(cost), 'CNY', 'en')} {'more' if cost > 0 else 'less'}" in english
    assert f"{'多' if caught > 0 else '少'}截住欺诈 {money(abs(caught), 'CNY', 'zh')}" in chinese
    assert columns.rival is not None
    back = evaluate_replay(replace(columns, outcome=columns.rival.outcome, rival=replace(columns.rival, outcome=columns.outcome)))
    said = next(line for line in summary(back, "en") if "Against" in line)
    assert f"catches {money(abs(caught), 'CNY', 'en')} {'less' if caught > 0 else 'more'}" in said
    same = evaluate_replay(replace(columns, rival=replace(columns.rival, outcome=columns.outcome)))
    assert "Live policy of June decides every payment of this period the same way." in summary(same, "en")


@pytest.mark.parametrize(
    ("declined", "touched", "english", "chinese"),
    [
        (1, 0, "declines 1 more customer who did no wrong, touches as many customers who did no wrong in all", "多拒绝 1 名正常客户"),
        (-2, 3, "declines 2 fewer customers who did no wrong, touches 3 more customers who did no wrong in all", "少拒绝 2 名正常客户"),
        (0, 0, "fraud, touches as many customers who did no wrong", "打扰的正常客户数相同"),
    ],
)
def test_a_comparison_names_honest_customers_declined_where_these_differ(declined: int, touched: int, english: str, chinese: str) -> None:
    report = evaluate_replay(sample_columns(6_000))
    assert report.comparison is not None
    theirs = msgspec.structs.replace(report.effect, honest_customers_declined=18, honest_customers_touched=40)
    mine = msgspec.structs.replace(theirs, honest_customers_declined=18 + declined, honest_customers_touched=40 + touched)
    other = msgspec.structs.replace(report.comparison, effect=theirs)
    said = versus(msgspec.structs.replace(report, effect=mine, comparison=other))
    assert said is not None
    assert english in said["en"]
    assert chinese in said["zh"]
    assert ("in all" in said["en"], "总共" in said["zh"]) == (declined != 0, declined != 0)


def test_money_is_said_as_people_say_it() -> None:
    assert [money(one, "CNY", "zh") for one in (99, 999_999, 1_000_000, 12_345_678_900)] == [
        "0.99\u00a0元",
        "9,999.99\u00a0元",
        "1.00\u00a0万元",
        "1.23\u00a0亿元",
    ]
    assert [money(one, "CNY", "en") for one in (99, 99_999, 1_000_000)] == ["CNY\u00a00.99", "CNY\u00a0999.99", "CNY\u00a010,000"]
    assert money(1_500, "JPY", "en") == "JPY\u00a01,500"
    assert money(12_345, "CHF", "zh") == "123.45\u00a0CHF"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("currency", ["CNY", "CHF"])
def test_no_line_breaks_between_an_amount_and_its_currency(currency: str, language: Language) -> None:
    for amount in (0, 99, 999_999, 12_345_678_900):
        for said in (money(amount, currency, language), exact_money(amount, currency, language)):
            assert " " not in said
    assert (count(99_999, "zh"), count(100_000, "zh"), count(100_000, "en")) == ("99,999", "10.00 万", "100,000")
    assert share(0.00001) == "< 0.1\u202f%"

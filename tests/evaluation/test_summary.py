"""The answer in words."""

from dataclasses import replace

import numpy as np
import pytest

from huitong.evaluation import evaluate_replay, summary
from huitong.evaluation.words import count, money, share
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


def test_money_is_said_as_people_say_it() -> None:
    assert [money(one, "CNY", "zh") for one in (99, 999_999, 1_000_000, 12_345_678_900)] == [
        "0.99 元",
        "9,999.99 元",
        "1.00 万元",
        "1.23 亿元",
    ]
    assert [money(one, "CNY", "en") for one in (99, 99_999, 1_000_000)] == ["CNY 0.99", "CNY 999.99", "CNY 10,000"]
    assert money(1_500, "JPY", "en") == "JPY 1,500"
    assert money(12_345, "CHF", "zh") == "123.45 CHF"
    assert (count(99_999, "zh"), count(100_000, "zh"), count(100_000, "en")) == ("99,999", "10.00 万", "100,000")
    assert share(0.00001) == "< 0.1\u202f%"

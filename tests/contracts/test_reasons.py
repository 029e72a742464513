"""What people are told first of a decision asked for its outcome; what is only told of stands last and never for the decision."""

from huitong.contracts import Reason, as_told, main_reason

STEP_UP = Reason("measure.step_up.customer", {"en": "verify", "zh": "验证"}, 1_500.0, "measure")
SHARE = Reason("model.amount", {"en": "amount", "zh": "金额"}, 2.5, "model")
RULE = Reason("rule.large", {"en": "large", "zh": "大额"}, 11_001.0, "rule")
OVERRULED = Reason("rule.night", {"en": "night", "zh": "夜间"}, 1_001.0, "rule")
FREEZE = Reason("measure.freeze.account", {"en": "frozen", "zh": "冻结"}, 11_502.0, "measure")
BESIDE = Reason("measure.limit.account", {"en": "limited", "zh": "限额"}, 1_501.0, "measure")
LATE = Reason("features.late", {"en": "late", "zh": "迟到"}, 0.0, "features")


def test_a_score_that_decided_stands_before_a_measure_that_is_only_told() -> None:
    assert main_reason((STEP_UP, SHARE, LATE)) == SHARE
    assert as_told((STEP_UP, SHARE, LATE)) == (SHARE, STEP_UP, LATE)


def test_a_payment_that_passed_has_no_main_reason_in_what_is_only_told() -> None:
    assert main_reason((STEP_UP, LATE)) is None
    assert main_reason(()) is None


def test_a_measure_that_alone_stopped_a_payment_is_its_main_reason() -> None:
    assert main_reason((FREEZE, STEP_UP, SHARE)) == FREEZE


def test_what_asked_for_the_outcome_stands_before_what_was_overruled_and_measures_behind_both() -> None:
    assert as_told((RULE, BESIDE, STEP_UP, OVERRULED, SHARE)) == (RULE, SHARE, OVERRULED, BESIDE, STEP_UP)


def test_a_score_that_decided_stands_before_a_rule_that_asked_for_less() -> None:
    assert main_reason((OVERRULED, SHARE)) == SHARE

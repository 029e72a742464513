"""Errors and findings: who can fix it, what happened, what to do, in both languages."""

import copy
import pickle

import pytest

from huitong.kernel import LANGUAGES, DataError, ExternalError, Finding, HuitongError, InputError, PolicyError, Severity

CAUSE = {"en": "amount is -5", "zh": "金额为 -5"}
REMEDY = {"en": "send a positive amount", "zh": "请给出正数金额"}
KINDS = [InputError, DataError, PolicyError, ExternalError]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_cause_and_remedy_in_each_language(kind: type[HuitongError]) -> None:
    error = kind("payment.amount.negative", CAUSE, REMEDY)  # type: ignore[arg-type]  # dict keys are plain str here
    assert error.message("en") == "amount is -5; send a positive amount"
    assert error.message("zh") == "金额为 -5。请给出正数金额"
    assert str(error) == error.message("en")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_crosses_process_borders_whole(kind: type[HuitongError]) -> None:
    error = kind("payment.amount.negative", CAUSE, REMEDY)  # type: ignore[arg-type]  # dict keys are plain str here
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert (twin.code, twin.cause, twin.remedy) == (error.code, CAUSE, REMEDY)


def test_each_kind_has_its_own_exit_code_and_http_status() -> None:
    assert len({kind.exit_code for kind in KINDS}) == len(KINDS)
    assert len({kind.http_status for kind in KINDS}) == len(KINDS)
    assert all(kind.exit_code > 1 and 400 <= kind.http_status < 600 for kind in KINDS)
    assert all(issubclass(kind, HuitongError) for kind in KINDS)


def test_later_changes_to_the_caller_s_dictionary_do_not_reach_the_error() -> None:
    cause = {"en": "first", "zh": "起初"}
    error = InputError("some.code", cause, REMEDY)  # type: ignore[arg-type]  # dict keys are plain str here
    cause["en"] = "second"
    assert error.cause["en"] == "first"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_lacking_a_language_cannot_be_made(language: str) -> None:
    half = {key: text for key, text in CAUSE.items() if key != language}
    with pytest.raises(ValueError, match="lacks a language"):
        Finding("field.range", "row 1", half, REMEDY)  # type: ignore[arg-type]  # the wrong shape is the point


def test_a_finding_stops_what_was_checked_unless_it_says_otherwise() -> None:
    assert Finding("field.range", "row 1", CAUSE, REMEDY).severity is Severity.ERROR  # type: ignore[arg-type]  # dict keys are plain str here

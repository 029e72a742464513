"""Ids of decisions: one for each question, in the order of their events."""

import hashlib
from dataclasses import replace

from huitong.contracts import Event
from huitong.decisions.policy import decision_id

EVENT = Event("P-1", "payment.requested", 1_700_000_000_999_999, {}, {})


def test_the_same_question_has_one_id_and_another_one_another() -> None:
    asked = [
        decision_id(EVENT, "cards", "v1"),
        decision_id(EVENT, "cards", "v2"),
        decision_id(EVENT, "loans", "v1"),
        decision_id(replace(EVENT, id="P-2"), "cards", "v1"),
    ]
    assert len({*asked}) == 4
    assert decision_id(replace(EVENT, data={"amount": 1}), "cards", "v1") == asked[0]
    assert all(len(bytes.fromhex(one)) == 16 for one in asked)


def test_an_id_begins_with_the_second_of_its_event_so_that_later_ones_sort_behind() -> None:
    times_s = [0, 1, 1_699_999_999, 1_700_000_000, 4_294_967_295]
    ids = [decision_id(replace(EVENT, time_us=second * 1_000_000), "cards", "v1") for second in times_s]
    assert [int(one[:8], 16) for one in ids] == times_s
    assert ids == sorted(ids)


def test_times_beyond_eight_digits_still_have_ids() -> None:
    for second in (-1, 4_294_967_296, 253_402_300_799):
        assert len(decision_id(replace(EVENT, time_us=second * 1_000_000), "cards", "v1")) == 32


def test_a_version_of_the_first_engine_keeps_the_ids_that_it_gave() -> None:
    assert decision_id(EVENT, "cards", "v1", engine=1) == hashlib.sha256(b"cards\nv1\nP-1").hexdigest()[:32]
    assert decision_id(EVENT, "cards", "v1", engine=2) == decision_id(EVENT, "cards", "v1")

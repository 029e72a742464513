"""Who may put whom on a list and take them off: alone, or as two persons; and what an entry is over time."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huitong.contracts import Act
from huitong.kernel import HuitongError, PolicyError
from huitong.risk import lists
from huitong.risk.lists import HOLDS, LIST_EVENTS, Lists, Wanted
from tests.risk.lists.build import CHEN, CONTRACTS, DAY, GROUNDS, HOUR, LI, NOW, ROBOT, WANG, Office, command, described


def refused(office: Office, act: Act[Lists]) -> str:
    before = len(office.events)
    with pytest.raises(HuitongError) as error:
        office.do(act)
    assert all(error.value.cause[language] and error.value.remedy[language] for language in ("zh", "en"))
    assert len(office.events) == before
    return error.value.code


def test_an_entry_holds_from_its_adding_until_its_end_and_is_prolonged_never_shortened() -> None:
    office = Office()
    office.open()
    office.add("a1")
    assert [office.on("K1", at) for at in (NOW - 1, NOW, NOW + DAY - 1, NOW + DAY)] == [False, True, True, False]
    office.add("a2", at_us=NOW + HOUR, until_us=NOW + 2 * HOUR)
    assert office.on("K1", NOW + DAY - 1)
    office.add("a3", at_us=NOW + HOUR, until_us=NOW + 3 * DAY)
    (entry,) = lists.entries_of(office.state.lists["cards"], NOW + 2 * DAY)
    assert (entry.id, [one.id for one in entry.changes], entry.over_us) == ("a1", ["a1", "a2", "a3"], NOW + 3 * DAY)


def test_lifting_leaves_a_trace_and_the_value_can_come_again() -> None:
    office = Office()
    office.open()
    office.add("a1")
    office.do(lists.lift(command("l1", CHEN, NOW + HOUR), "a1", "found", GROUNDS, "in the office"))
    assert not office.on("K1", NOW + HOUR)
    assert refused(office, lists.lift(command("l2", LI, NOW + HOUR), "a1", "found", GROUNDS)) == "list.entry.over"
    office.add("a4", at_us=NOW + 2 * HOUR)
    newest, oldest = lists.entries_of(office.state.lists["cards"], NOW + 2 * HOUR, over=True)
    assert (newest.id, oldest.id) == ("a4", "a1")
    assert oldest.ended_by is not None
    assert (oldest.ended_by.by, oldest.ended_by.reason) == ("chen.jing", "in the office")


def test_from_a_full_list_that_takes_two_persons_somebody_can_still_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.risk.lists.acts.ENTRIES_MAX", 1)
    office = Office()
    office.open(second=True)
    office.add("a1", by=CHEN)
    office.do(lists.confirm(command("c1", WANG, NOW), "a1"))
    assert refused(office, lists.add(command("a2", CHEN, NOW), "cards", Wanted("K2", NOW + DAY, "found"), GROUNDS)) == "list.full"
    (entry,) = lists.entries_of(office.state.lists["cards"], NOW)
    office.do(lists.lift(command("l1", CHEN, NOW + HOUR), entry.id, "found", GROUNDS))
    office.do(lists.confirm(command("c2", WANG, NOW + HOUR), "l1"))
    assert not office.on("K1", NOW + HOUR)


@pytest.mark.parametrize(("kind", "second"), [("allow", False), ("block", True)])
def test_where_two_are_asked_for_adding_waits_for_another_natural_person(kind: lists.ListKind, second: bool) -> None:
    office = Office()
    office.open(kind=kind, second=second)
    with pytest.raises(PolicyError, match="takes two persons"):
        office.add("a0", by=ROBOT)
    office.add("a1", by=CHEN)
    assert not office.on("K1", NOW)
    assert [one.id for one in lists.waiting(office.state, NOW)] == ["a1"]
    assert refused(office, lists.confirm(command("c0", CHEN), "a1")) == "access.four_eyes"
    assert refused(office, lists.confirm(command("c0", ROBOT), "a1")) == "access.four_eyes"
    assert refused(office, lists.confirm(command("c0", LI), "a1")) == "access.role"
    office.do(lists.confirm(command("c1", WANG, NOW + HOUR), "a1"))
    (entry,) = lists.entries_of(office.state.lists["cards"], NOW + HOUR)
    assert (entry.id, entry.from_us, entry.last.by, entry.last.second) == ("c1/1", NOW + HOUR, "chen.jing", "wang.fang")
    assert refused(office, lists.confirm(command("c2", WANG, NOW + HOUR), "a1")) == "list.proposal.over"
    office.do(lists.lift(command("l1", LI, NOW + 2 * HOUR), "c1/1", "found", GROUNDS))
    assert office.on("K1", NOW + 2 * HOUR) is (kind == "block")  # to trust nobody any more needs no second opinion
    if kind == "block":
        assert refused(office, lists.lift(command("l2", LI, NOW + 2 * HOUR), "c1/1", "found", GROUNDS)) == "list.lift.proposed"
        office.do(lists.confirm(command("c3", WANG, NOW + 3 * HOUR), "l1"))
        assert not office.on("K1", NOW + 3 * HOUR)


def test_an_old_proposal_to_lift_takes_nothing_off_that_came_after_it() -> None:
    office = Office()
    office.open(second=True)

    def add(name: str, at_us: int, until_us: int) -> None:
        office.add(name, at_us=at_us, until_us=until_us)
        office.do(lists.confirm(command(f"{name}/c", WANG, at_us), name))

    add("one", NOW, NOW + DAY)
    office.do(lists.lift(command("l1", LI, NOW + HOUR), "one/c/1", "found", GROUNDS))
    assert refused(office, lists.confirm(command("x", WANG, NOW + DAY), "l1")) == "list.lift.past"
    add("two", NOW + DAY + HOUR, NOW + 9 * DAY)
    assert refused(office, lists.confirm(command("x", WANG, NOW + DAY + 2 * HOUR), "l1")) == "list.lift.past"
    office.do(lists.lift(command("l2", LI, NOW + DAY + 2 * HOUR), "two/c/1", "found", GROUNDS))
    add("three", NOW + DAY + 3 * HOUR, NOW + 20 * DAY)
    assert refused(office, lists.confirm(command("x", WANG, NOW + DAY + 4 * HOUR), "l2")) == "list.lift.past"
    office.do(lists.lift(command("l3", LI, NOW + DAY + 4 * HOUR), "two/c/1", "found", GROUNDS))
    office.do(lists.confirm(command("l3/c", WANG, NOW + DAY + 5 * HOUR), "l3"))
    assert not office.on("K1", NOW + DAY + 5 * HOUR)


def test_a_refusal_and_the_end_of_waiting_add_nothing() -> None:
    office = Office()
    office.open(kind="allow")
    office.add("a1", by=CHEN)
    office.do(lists.refuse(command("r1", CHEN), "a1", "a mistake"))
    office.add("a2", until_us=NOW + 9 * DAY)
    assert refused(office, lists.confirm(command("c1", WANG, NOW + 3 * DAY), "a2")) == "list.proposal.over"
    assert not lists.waiting(office.state, NOW + 3 * DAY)
    assert not office.on("K1", NOW + 3 * DAY)


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("list.wrong", lambda: lists.describe(command("x", CHEN), described("no name"), anew=False)),
        ("list.wrong", lambda: lists.describe(command("x", CHEN), described("waiting"), anew=False)),
        ("list.wrong", lambda: lists.describe(command("x", CHEN), described("cards"), anew=False)),
        ("list.wrong", lambda: lists.describe(command("x", CHEN), replace(described("other"), purpose=" "), anew=False)),
        ("list.wrong", lambda: lists.describe(command("x", CHEN), described("cards", holds="device"), anew=True)),
        ("list.unknown", lambda: lists.describe(command("x", CHEN), described("other"), anew=True)),
        ("access.role", lambda: lists.describe(command("x", LI), described("other"), anew=False)),
        ("access.role", lambda: lists.add(command("x", WANG), "cards", Wanted("K", NOW + DAY, "stolen"), GROUNDS)),
        ("list.unknown", lambda: lists.add(command("x"), "other", Wanted("K", NOW + DAY, "stolen"), GROUNDS)),
        ("list.value", lambda: lists.add(command("x"), "cards", Wanted(" K", NOW + DAY, "stolen"), GROUNDS)),
        ("list.value", lambda: lists.add(command("x"), "cards", Wanted("K" * 65, NOW + DAY, "stolen"), GROUNDS)),
        ("list.until", lambda: lists.add(command("x"), "cards", Wanted("K", NOW, "stolen"), GROUNDS)),
        ("list.until", lambda: lists.add(command("x"), "cards", Wanted("K", NOW + 4_000 * DAY, "stolen"), GROUNDS)),
        ("list.ground", lambda: lists.add(command("x"), "cards", Wanted("K", NOW + DAY, "whim"), GROUNDS)),
        ("list.reason.long", lambda: lists.add(command("x"), "cards", Wanted("K", NOW + DAY, "stolen", "x" * 1_001), GROUNDS)),
        ("list.entry.unknown", lambda: lists.lift(command("x"), "none", "found", GROUNDS)),
        ("list.proposal.unknown", lambda: lists.confirm(command("x", WANG), "none")),
        ("list.import.empty", lambda: lists.take_in(command("x"), "cards", [], 3, GROUNDS)),
    ],
)
def test_what_cannot_be_is_refused_with_cause_and_remedy(code: str, act: Callable[[], Act[Lists]]) -> None:
    office = Office()
    office.open()
    assert refused(office, act()) == code


def test_what_takes_two_persons_cannot_be_made_to_take_one() -> None:
    office = Office()
    office.open(second=True)
    assert refused(office, lists.describe(command("d1", CHEN), described("cards", second=False), anew=True)) == "list.second"
    office.do(lists.describe(command("d2", CHEN), replace(described("cards", second=True), owner="card.desk"), anew=True))
    assert office.state.lists["cards"].owner == "card.desk"


def test_an_import_that_waits_is_confirmed_as_one_and_rows_that_ended_meanwhile_are_left_out() -> None:
    office = Office()
    office.open(kind="allow", holds="account")
    rows = [Wanted("X1", NOW + DAY, "found"), Wanted("X2", NOW + HOUR, "found"), Wanted("X3", NOW + DAY, "found")]
    office.do(lists.take_in(command("i1", CHEN), "cards", rows, 0, GROUNDS))
    (proposal,) = lists.waiting(office.state, NOW)
    assert [one.value for one in proposal.changes] == ["X1", "X2", "X3"]
    office.do(lists.confirm(command("c1", WANG, NOW + 2 * HOUR), proposal.id))
    assert [office.on(value, NOW + 2 * HOUR) for value in ("X1", "X2", "X3")] == [True, False, True]


def test_every_event_keeps_its_data_contract_and_the_state_survives_being_written() -> None:
    office = Office()
    for number, holds in enumerate(HOLDS):
        office.open(f"list_{holds}", holds=holds, second=number % 2 == 1)
        wanted = Wanted("V", NOW + DAY, "stolen", "why", "C1")
        office.do(lists.add(command(f"a-{holds}"), f"list_{holds}", wanted, GROUNDS))
    office.do(lists.take_in(command("i"), "list_card", [Wanted("K2", NOW + DAY, "stolen")], 1, GROUNDS))
    office.do(lists.confirm(command("c", WANG), "a-account"))
    office.do(lists.refuse(command("r", WANG), "a-device", "no"))
    assert office.events[-1].keys == {"customer": "C1"}, "what is said of whoever is forgotten goes with them"
    office.do(lists.lift(command("l"), "a-card", "found", GROUNDS, "why"))
    assert {event.kind for event in office.events} == set(LIST_EVENTS)
    for event in office.events:
        contract = CONTRACTS[event.kind]
        known = {spec.key or spec.name: spec for spec in contract.fields}
        said = {**event.keys, **event.data}
        assert set(said) <= set(known), event
        assert all(name in said for name, spec in known.items() if spec.required)
        assert all(not spec.one_of or said[name] in spec.one_of for name, spec in known.items() if name in said)
        assert all(name in event.keys for name in event.keys if known[name].key == name)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(office.state), type=Lists)
    assert again == office.state


def test_what_is_long_over_is_forgotten_and_what_holds_is_not() -> None:
    office = Office()
    office.open()
    for number in range(50):
        office.add(f"a{number}", f"K{number}")
    late_us = NOW + 500 * DAY
    for number in range(50):
        office.add(f"b{number}", "L", at_us=late_us, until_us=late_us + DAY)
    assert set(office.state.lists["cards"].entries) == {"L"}
    assert set(office.state.place_of) == {"b0"}


acts = st.lists(st.tuples(st.sampled_from("ABC"), st.booleans(), st.integers(0, 30), st.integers(1, 40)), max_size=30)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts)
def test_the_book_is_what_a_plain_account_of_the_same_acts_says(given_acts: list[tuple[str, bool, int, int]]) -> None:
    office, holds_until, now_us = Office(), dict[str, int](), NOW
    office.open()
    for number, (value, adds, wait, lasts) in enumerate(given_acts):
        now_us += wait * HOUR
        held = holds_until.get(value, 0) > now_us
        if adds:
            office.add(f"a{number}", value, now_us, now_us + lasts * HOUR)
            holds_until[value] = max(holds_until[value] if held else 0, now_us + lasts * HOUR)
        elif held:
            (entry,) = (one for _, one in lists.holding(office.state, value, now_us))
            office.do(lists.lift(command(f"l{number}", LI, now_us), entry.id, "found", GROUNDS))
            holds_until[value] = now_us
        for at_us in (now_us, now_us + 7 * HOUR):
            assert {one for one in "ABC" if office.on(one, at_us)} == {one for one, until in holds_until.items() if until > at_us}


def test_machines_may_add_and_never_confirm() -> None:
    office = Office()
    office.open()
    office.add("a1", by=ROBOT)
    assert office.on("K1", NOW)
